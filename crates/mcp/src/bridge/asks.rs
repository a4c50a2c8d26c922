//! What a server asks its client for. With a session it is a request of the server; without, it is part of a result, and
//! the client calls again with what it was asked for (MCP 2026-07-28, multi round-trip requests).

use super::{
    opening::Client,
    request::to_stateless,
    splice::{self, Object},
};
use crate::{Message, ParseError};

/// The most that one result may ask for.
const MOST: usize = 64;
const REQUESTS: &str = "inputRequests";
const RESPONSES: &str = "inputResponses";
const STATE: &str = "requestState";

/// One thing that is asked: an object with a method and parameters, raw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    method: String,
    object: String,
}

impl Ask {
    fn read(object: &str) -> Result<Self, ParseError> {
        let parsed = Object::parse(object.as_bytes())?;
        let method = parsed.string("method").ok_or_else(|| unsound("what is asked has no method"))?;
        let object = parsed.without(&["jsonrpc", "id"]);
        Ok(Self { method, object: object.trim().to_owned() })
    }

    /// What is asked for.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Whether a client with these capabilities said that it can be asked this (MCP 2026-07-28, multi round-trip requests:
    /// a server MUST NOT ask for what the client did not declare).
    pub fn is_declared(&self, client: &Client) -> bool {
        let capabilities = Object::parse(client.capabilities().as_bytes()).ok();
        let declared = |name| capabilities.as_ref().and_then(|capabilities| capabilities.get(name));
        match self.method.as_str() {
            "sampling/createMessage" => declared("sampling").is_some(),
            "roots/list" => declared("roots").is_some(),
            "elicitation/create" => declared("elicitation").is_some_and(|declared| self.is_a_mode_of(declared)),
            _ => false,
        }
    }

    /// A client that names no mode has forms (MCP 2025-11-25, elicitation).
    fn is_a_mode_of(&self, declared: &str) -> bool {
        let names = |mode| Object::parse(declared.as_bytes()).is_ok_and(|declared| declared.get(mode).is_some());
        match self.param("mode").as_deref() {
            None | Some("form") => names("form") || !names("url"),
            Some("url") => names("url"),
            Some(_) => false,
        }
    }

    fn param(&self, name: &str) -> Option<String> {
        Object::parse(Object::parse(self.object.as_bytes()).ok()?.get("params")?.as_bytes()).ok()?.string(name)
    }

    /// As a request of the server to a client with a session. `id` is raw JSON text.
    pub fn request(&self, id: &str) -> Vec<u8> {
        let text = splice::with(&self.object, "jsonrpc", "\"2.0\"");
        splice::with(&text, "id", id).into()
    }
}

/// A request that a server with sessions sends while a call runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerRequest {
    /// Its id, as raw JSON text.
    pub id: String,
    /// What is asked.
    pub ask: Ask,
}

impl ServerRequest {
    /// Reads it; `None` when the message is anything else.
    pub fn read(message: &[u8]) -> Option<Self> {
        let whole = Object::parse(message).ok()?;
        let id = whole.get("id").filter(|id| !id.starts_with(['{', '[', 'n', 't', 'f']))?.to_owned();
        whole.get("method")?;
        Some(Self { id, ask: Ask::read(whole.source()).ok()? })
    }

    /// The client's result, as the answer.
    ///
    /// # Errors
    /// [`ParseError`] when it nests too deep.
    pub fn response(&self, result: &str) -> Result<Message, ParseError> {
        Message::parse(format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, self.id).into())
    }
}

/// A result that asks for input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InputRequired {
    /// What is asked for, each under the server's own key.
    pub asks: Vec<(String, Ask)>,
    /// The opaque state, as raw JSON text.
    state: Option<String>,
}

impl InputRequired {
    /// Reads it from a response; `None` when that is anything else.
    ///
    /// # Errors
    /// [`ParseError`] when it asks for nothing that could be understood.
    pub fn read(body: &[u8]) -> Result<Option<Self>, ParseError> {
        let Some(result) = Object::parse(body)?.get("result") else { return Ok(None) };
        let Ok(result) = Object::parse(result.as_bytes()) else { return Ok(None) };
        if result.string("resultType").as_deref() != Some("input_required") {
            return Ok(None);
        }
        let asks = result.get(REQUESTS).map_or(Ok(Vec::new()), |requests| {
            let requests = Object::parse(requests.as_bytes())?;
            requests.entries().map(|(key, object)| Ok((key.to_owned(), Ask::read(object)?))).collect()
        })?;
        let state = result.get(STATE).filter(|state| state.starts_with('"')).map(str::to_owned);
        if asks.len() > MOST || (asks.is_empty() && state.is_none()) {
            return Err(unsound("a result that asks for input names what it asks for"));
        }
        Ok(Some(Self { asks, state }))
    }

    /// The call again, with what was asked for and the state exactly as it came. `id` is raw JSON text: a retry is another
    /// request (MCP 2026-07-28, multi round-trip requests: it MUST have a new id).
    ///
    /// # Errors
    /// [`ParseError`] when the answers nest too deep.
    pub fn again(
        &self,
        message: &Message,
        client: &Client,
        id: &str,
        results: &[(String, String)],
    ) -> Result<Message, ParseError> {
        let mut responses = "{}".to_owned();
        for (key, result) in results {
            responses = splice::with(&responses, key, result);
        }
        let call = to_stateless(message, client)?;
        let whole = Object::parse(call.bytes())?;
        let params = splice::without(whole.get("params").unwrap_or("{}"), &[RESPONSES, STATE]);
        let params = splice::with(&params, RESPONSES, &responses);
        let params = self.state.as_ref().map_or(params.clone(), |state| splice::with(&params, STATE, state));
        Message::parse(splice::with(&whole.with("params", &params), "id", id).into())
    }
}

/// A result that asks a client without a session for all of these. `id` and `state` are raw JSON text and a plain string.
pub fn input_required(id: &str, asks: &[(String, Ask)], state: &str) -> Vec<u8> {
    let mut requests = "{}".to_owned();
    for (key, ask) in asks {
        requests = splice::with(&requests, key, &ask.object);
    }
    let state = serde_json::Value::from(state).to_string();
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"input_required","{REQUESTS}":{requests},"{STATE}":{state}}}}}"#
    )
    .into()
}

/// What a client brings along when it calls again: each answer under its key, raw.
pub fn input_responses(message: &Message) -> Vec<(String, String)> {
    let params = Object::parse(message.bytes()).ok().and_then(|whole| whole.get("params"));
    let params = params.and_then(|params| Object::parse(params.as_bytes()).ok());
    let responses = params.and_then(|params| Object::parse(params.get(RESPONSES)?.as_bytes()).ok());
    responses.map_or(Vec::new(), |responses| {
        responses.entries().map(|(key, raw)| (key.to_owned(), raw.to_owned())).collect()
    })
}

/// What a client answered to a request: a result or an error, each raw.
pub fn outcome_of(response: &Message) -> Option<Result<String, String>> {
    let whole = Object::parse(response.bytes()).ok()?;
    match (whole.get("result"), whole.get("error")) {
        (Some(result), None) => Some(Ok(result.to_owned())),
        (None, Some(error)) => Some(Err(error.to_owned())),
        _ => None,
    }
}

/// An error response with an error as it came. Both are raw JSON text.
pub fn failed(id: &str, error: &str) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#).into()
}

fn unsound(what: &str) -> ParseError {
    ParseError::NotRpc(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(capabilities: &str) -> Client {
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"protocolVersion":"2025-11-25","capabilities":{capabilities}}}}}"#
        );
        Client::of_initialize(&Message::parse(text.into()).unwrap())
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    const RESULT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"s\u0041","inputRequests":{"a b":{"method":"elicitation/create","params":{"n":12345678901234567890123,"message":"?"}}}}}"#;

    #[test]
    fn a_result_becomes_requests_and_their_answers_the_call_again() {
        let asked = InputRequired::read(RESULT.as_bytes()).unwrap().unwrap();
        let (key, ask) = &asked.asks[0];
        assert_eq!((key.as_str(), ask.method()), ("a b", "elicitation/create"));
        assert_eq!(
            text(ask.request("\"q\"")),
            r#"{"method":"elicitation/create","params":{"n":12345678901234567890123,"message":"?"},"jsonrpc":"2.0","id":"q"}"#
        );
        let call = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":{"n":1.0},"requestState":"forged"}}"#;
        let call = Message::parse(call.into()).unwrap();
        let again = asked.again(&call, &client("{}"), "\"r\"", &[(key.clone(), r#"{"action":"accept"}"#.to_owned())]);
        let again = String::from_utf8(again.unwrap().bytes().to_vec()).unwrap();
        assert!(again.starts_with(
            r#"{"jsonrpc":"2.0","id":"r","method":"tools/call","params":{"name":"x","arguments":{"n":1.0},"#
        ));
        assert!(again.contains(r#""inputResponses":{"a b":{"action":"accept"}},"requestState":"s\u0041""#), "{again}");
        assert!(!again.contains("forged"));
    }

    #[test]
    fn requests_become_a_result_and_its_answers_responses() {
        let request = r#"{"id":18446744073709551615,"jsonrpc":"2.0","method":"roots/list","x":1e2}"#;
        let request = ServerRequest::read(request.as_bytes()).unwrap();
        assert_eq!(
            text(input_required("\"c\"", &[("1\"".to_owned(), request.ask.clone())], "s\"")),
            r#"{"jsonrpc":"2.0","id":"c","result":{"resultType":"input_required","inputRequests":{"1\"":{"method":"roots/list","x":1e2}},"requestState":"s\""}}"#
        );
        let retry = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","inputResponses":{"1\"":{"roots":[1.0]}}}}"#;
        let responses = input_responses(&Message::parse(retry.into()).unwrap());
        assert_eq!(responses, [("1\"".to_owned(), r#"{"roots":[1.0]}"#.to_owned())]);
        let response = request.response(&responses[0].1).unwrap();
        assert_eq!(response.bytes(), r#"{"jsonrpc":"2.0","id":18446744073709551615,"result":{"roots":[1.0]}}"#);
    }

    #[test]
    fn nothing_is_asked_that_was_not_declared() {
        let ask = |text: &str| Ask::read(text).unwrap();
        let form = ask(r#"{"method":"elicitation/create","params":{}}"#);
        let page = ask(r#"{"method":"elicitation/create","params":{"mode":"url"}}"#);
        let sampling = ask(r#"{"method":"sampling/createMessage","params":{}}"#);
        let of = |capabilities: &str| {
            let client = client(capabilities);
            [&form, &page, &sampling].map(|ask| ask.is_declared(&client))
        };
        assert_eq!(of("{}"), [false, false, false]);
        assert_eq!(of(r#"{"elicitation":{}}"#), [true, false, false]);
        assert_eq!(of(r#"{"elicitation":{"url":{}},"sampling":{}}"#), [false, true, true]);
        assert_eq!(of(r#"{"elicitation":{"form":{},"url":{}}}"#), [true, true, false]);
        let other = ask(r#"{"method":"tasks/get"}"#);
        assert!(!other.is_declared(&client(r#"{"tasks":{},"roots":{}}"#)));
        assert!(ask(r#"{"method":"roots/list"}"#).is_declared(&client(r#"{"roots":{}}"#)));
    }

    #[test]
    fn other_messages_ask_for_nothing() {
        for other in [
            r#"{"id":1,"result":{"resultType":"complete"}}"#,
            r#"{"id":1,"result":7}"#,
            r#"{"id":1,"error":{}}"#,
            r#"{"method":"x","id":1}"#,
        ] {
            assert_eq!(InputRequired::read(other.as_bytes()), Ok(None), "{other}");
        }
        for unsound in [
            r#"{"id":1,"result":{"resultType":"input_required"}}"#,
            r#"{"id":1,"result":{"resultType":"input_required","inputRequests":{"a":7}}}"#,
            r#"{"id":1,"result":{"resultType":"input_required","inputRequests":{"a":{}}}}"#,
            "[]",
        ] {
            assert!(InputRequired::read(unsound.as_bytes()).is_err(), "{unsound}");
        }
        for none in [r#"{"method":"x"}"#, r#"{"id":null,"method":"x"}"#, r#"{"id":1,"result":{}}"#, "{}", "["] {
            assert_eq!(ServerRequest::read(none.as_bytes()), None, "{none}");
        }
    }
}
