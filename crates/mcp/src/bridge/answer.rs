//! What comes back, in the era of the client that waits for it.

use super::{
    observe::error_code,
    request::{Wishes, to_stateful},
    splice::{self, Object},
};
use crate::{
    Message, ParseError,
    error::{self, code},
};

/// The answers of these carry how long they may be kept (MCP 2026-07-28, caching).
const CACHED: [&str; 5] =
    ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"];
/// An error of 2025-11-25 that 2026-07-28 must not see: the client should open a page first.
const URL_ELICITATION_REQUIRED: i64 = -32042;

/// Who waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Toward {
    /// A client with a session; its server has none.
    Stateful,
    /// A client without, whose server has one.
    Stateless(Wishes),
}

/// One request under way.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Who waits.
    pub toward: Toward,
    /// The method.
    pub method: String,
    /// The id under which the client waits, as raw JSON text.
    pub id: String,
}

impl Exchange {
    /// The same request, which its client without a session now makes again, with the input that it was asked for.
    ///
    /// # Errors
    /// [`ParseError`] never, unless the message is no request.
    pub fn continued(self, retry: &Message) -> Result<Self, ParseError> {
        let Toward::Stateless(wishes) = self.toward else { return Ok(self) };
        let (_, newer) = to_stateful(retry, 0)?;
        let id = retry.id().unwrap_or_default().to_owned();
        Ok(Self { toward: Toward::Stateless(wishes.renewed(newer)), id, ..self })
    }

    /// A message of the server, for the client; `None` when it is not for this client: requests, which are not carried
    /// between the eras yet, and notifications that it did not ask for.
    ///
    /// # Errors
    /// [`ParseError`] when it is not one object of strict JSON.
    pub fn translate(&self, message: &[u8]) -> Result<Option<Vec<u8>>, ParseError> {
        let whole = Object::parse(message)?;
        if whole.get("method").is_some() {
            // What a server asks is not part of the answer.
            return if whole.get("id").is_some() { Ok(None) } else { self.notification(&whole, message) };
        }
        let text = match (whole.get("result"), whole.get("error")) {
            (Some(result), None) => match self.result(result)? {
                Ok(result) => whole.with("result", &result),
                Err(error) => return Ok(Some(error)),
            },
            (None, Some(error)) => whole.with("error", &self.error(error)),
            _ => return Err(ParseError::NotRpc("a response has a result or an error".to_owned())),
        };
        Ok(Some(splice::with(&text, "id", &self.id).into()))
    }

    /// MCP 2026-07-28, receiving messages: only notifications that belong to the request; log messages only when asked;
    /// progress under the client's own token.
    fn notification(&self, whole: &Object<'_>, message: &[u8]) -> Result<Option<Vec<u8>>, ParseError> {
        let method = whole.string("method").unwrap_or_default();
        let changes = method.ends_with("/list_changed") || method == "notifications/resources/updated";
        match (&self.toward, method.as_str()) {
            _ if changes => Ok(None),
            (Toward::Stateless(wishes), "notifications/message") if !wishes.logs => Ok(None),
            (Toward::Stateless(wishes), "notifications/progress") => {
                let params = Object::parse(whole.get("params").unwrap_or("{}").as_bytes())?;
                let own =
                    wishes.progress.as_ref().filter(|(sent, _)| params.get("progressToken") == Some(sent.as_str()));
                Ok(own.map(|(_, theirs)| whole.with("params", &params.with("progressToken", theirs)).into()))
            }
            _ => Ok(Some(message.to_vec())),
        }
    }

    /// The result, or the error that stands for it.
    fn result(&self, result: &str) -> Result<Result<String, Vec<u8>>, ParseError> {
        let object = Object::parse(result.as_bytes())?;
        if self.toward == Toward::Stateful {
            let complete =
                object.get("resultType").is_none() || object.string("resultType").as_deref() == Some("complete");
            let text = "The server asks for further input, which this protocol version cannot give it here.";
            let refused = || error::error_body(Some(&self.id), code::INVALID_REQUEST, text, None);
            return Ok(if complete { Ok(result.to_owned()) } else { Err(refused()) });
        }
        let mut text = result.to_owned();
        let mut add = |name, raw| {
            if object.get(name).is_none() {
                text = splice::with(&text, name, raw);
            }
        };
        add("resultType", "\"complete\"");
        if CACHED.contains(&self.method.as_str()) {
            add("ttlMs", "0");
            add("cacheScope", "\"private\"");
        }
        Ok(Ok(text))
    }

    /// The error, its code one that the client's era has (MCP 2026-07-28, error codes).
    fn error(&self, error: &str) -> String {
        let old = error_code(error);
        let reads = self.method == "resources/read";
        let new = match (&self.toward, old) {
            (Toward::Stateful, Some(code::HEADER_MISMATCH | code::MISSING_CAPABILITY)) => code::INVALID_REQUEST,
            (Toward::Stateful, Some(code::UNSUPPORTED_VERSION)) => code::INVALID_PARAMS,
            (Toward::Stateful, Some(code::INVALID_PARAMS)) if reads => code::RESOURCE_NOT_FOUND_LEGACY,
            (Toward::Stateless(_), Some(code::RESOURCE_NOT_FOUND_LEGACY)) => code::INVALID_PARAMS,
            (Toward::Stateless(_), Some(URL_ELICITATION_REQUIRED)) => code::INVALID_REQUEST,
            _ => return error.to_owned(),
        };
        splice::with(error, "code", &new.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(toward: Toward, method: &str) -> Exchange {
        Exchange { toward, method: method.to_owned(), id: "\"mine\"".to_owned() }
    }

    fn translated(exchange: &Exchange, text: &str) -> Option<String> {
        exchange.translate(text.as_bytes()).unwrap().map(|body| String::from_utf8(body).unwrap())
    }

    const SILENT: Toward = Toward::Stateless(Wishes { logs: false, progress: None });

    #[test]
    fn results_gain_what_the_stateless_era_requires() {
        let result = r#" {"jsonrpc":"2.0","id":7,"x":1e2,"result":{"tools":[ ],"n":18446744073709551616}} "#;
        assert_eq!(
            translated(&exchange(SILENT, "tools/list"), result).unwrap(),
            r#" {"jsonrpc":"2.0","id":"mine","x":1e2,"result":{"tools":[ ],"n":18446744073709551616,"resultType":"complete","ttlMs":0,"cacheScope":"private"}} "#
        );
        assert_eq!(
            translated(&exchange(SILENT, "tools/call"), r#"{"id":7,"result":{}}"#).unwrap(),
            r#"{"id":"mine","result":{"resultType":"complete"}}"#
        );
        assert_eq!(
            translated(
                &exchange(SILENT, "tools/list"),
                r#"{"id":7,"result":{"resultType":"complete","ttlMs":5,"cacheScope":"public"}}"#
            )
            .unwrap(),
            r#"{"id":"mine","result":{"resultType":"complete","ttlMs":5,"cacheScope":"public"}}"#
        );
    }

    #[test]
    fn results_for_a_session_stay_and_what_needs_more_is_an_error() {
        let stateful = exchange(Toward::Stateful, "tools/call");
        let complete = r#"{"id":"mine","result":{"resultType":"complete","content":[]}}"#;
        assert_eq!(translated(&stateful, complete).unwrap(), complete);
        for asks in [r#""input_required""#, r#""other""#, "7"] {
            let text =
                translated(&stateful, &format!(r#"{{"id":1,"result":{{"resultType":{asks},"requestState":"s"}}}}"#));
            let text = text.unwrap();
            assert!(
                text.contains("-32600") && text.contains("further input") && !text.contains("requestState"),
                "{text}"
            );
        }
    }

    #[test]
    fn errors_have_codes_of_the_clients_era() {
        let code = |toward, method: &str, code: i64| {
            let text = format!(r#"{{"id":1,"error":{{"code":{code},"message":"m","data":{{"n":1.0}}}}}}"#);
            let text = translated(&exchange(toward, method), &text).unwrap();
            assert!(text.contains(r#""message":"m","data":{"n":1.0}"#), "{text}");
            error_code(Object::parse(text.as_bytes()).unwrap().get("error").unwrap()).unwrap()
        };
        assert_eq!(code(Toward::Stateful, "tools/call", -32020), -32600);
        assert_eq!(code(Toward::Stateful, "tools/call", -32021), -32600);
        assert_eq!(code(Toward::Stateful, "tools/call", -32022), -32602);
        assert_eq!(code(Toward::Stateful, "tools/call", -32602), -32602);
        assert_eq!(code(Toward::Stateful, "resources/read", -32602), -32002);
        assert_eq!(code(SILENT, "resources/read", -32002), -32602);
        assert_eq!(code(SILENT, "tools/call", -32042), -32600);
        assert_eq!(code(SILENT, "tools/call", -32601), -32601);
    }

    #[test]
    fn only_what_belongs_to_the_request_is_told() {
        let told = |toward, text: &str| translated(&exchange(toward, "tools/call"), text).is_some();
        let logs = || Toward::Stateless(Wishes { logs: true, progress: None });
        let message = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#;
        assert!(told(Toward::Stateful, message) && told(logs(), message) && !told(SILENT, message));
        let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"n":1.0}}"#;
        assert!(told(Toward::Stateful, progress) && !told(SILENT, progress));
        let wishes = |sent: &str| Wishes { logs: false, progress: Some((sent.to_owned(), "\"p\"".to_owned())) };
        assert!(!told(Toward::Stateless(wishes("8")), progress), "another request's");
        assert_eq!(
            translated(&exchange(Toward::Stateless(wishes("7")), "tools/call"), progress).unwrap(),
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","n":1.0}}"#
        );
        for never in [
            r#"{"jsonrpc":"2.0","id":3,"method":"sampling/createMessage","params":{}}"#,
            r#"{"jsonrpc":"2.0","id":3,"method":7}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/resources/updated"}"#,
        ] {
            assert!(!told(Toward::Stateful, never) && !told(logs(), never), "{never}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for bad in ["", "[]", "{}", r#"{"result":{},"error":{}}"#, r#"{"result":{},"result":{}}"#, r#"{"result":7}"#] {
            assert!(exchange(SILENT, "tools/call").translate(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
