//! What the protocol needs as it is, told to the masker.

use http::HeaderName;
use vestibule_mcp::untouched::{self, Value};
use vestibule_pii::{Form, Paths, Shape, Way};

use crate::McpCall;

/// The header of a stream that goes on.
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
/// What stands for the method of a stream that answers nothing. No method is called so.
const NOTHING: &str = " ";

/// The method whose answers come. An answer of a client has none, and is no stream that goes on.
pub(super) fn asked(call: &McpCall) -> &str {
    match &call.message {
        Some(message) => Some(message.method()).filter(|method| *method != untouched::RESUMED).unwrap_or(NOTHING),
        None if call.headers.contains_key(&LAST_EVENT) => untouched::RESUMED,
        None => NOTHING,
    }
}

/// The tables of the protocol.
pub(super) fn paths() -> Paths {
    let mut forms: Vec<(Form<'_>, Vec<(Way<'_>, Shape)>)> = Vec::new();
    for (form, places) in untouched::TABLES {
        let places: Vec<_> = places.iter().map(|(place, value)| (*place, shape(*value))).collect();
        match form {
            untouched::Form::All => forms.push((Form::All, places)),
            untouched::Form::Asks(methods) => {
                forms.extend(methods.iter().map(|method| (Form::Asks(method), places.clone())));
            }
            untouched::Form::Answers(methods) => {
                forms.extend(methods.iter().map(|method| (Form::Answers(method), places.clone())));
            }
            untouched::Form::Answered(methods, kind) => {
                forms.extend(methods.iter().map(|method| (Form::Answered(method, kind), places.clone())));
            }
        }
    }
    let tables: Vec<_> = forms.iter().map(|(form, places)| (*form, places.as_slice())).collect();
    Paths::new(&tables)
}

fn shape(value: Value) -> Shape {
    match value {
        Value::Token => Shape::Token,
        Value::Uri => Shape::Uri,
        Value::Time => Shape::Time,
        Value::Picture => Shape::Picture,
        Value::Trace => Shape::Trace,
        Value::File => Shape::Base64,
        Value::Whole => Shape::Whole,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};
    use vestibule_mcp::{Era, Message};

    use super::*;
    use crate::screen::wish::Wishes;

    #[test]
    fn only_a_stream_that_goes_on_may_bring_any_answer() {
        let call = |message: Option<&str>, last: Option<&'static str>| McpCall {
            method: if message.is_some() { Method::POST } else { Method::GET },
            era: Era::Stateful,
            message: message.map(|text| Message::parse(text.to_owned().into()).unwrap()),
            upstream_session: None,
            mark: None,
            wishes: Wishes::default(),
            headers: last.map(|id| (LAST_EVENT, HeaderValue::from_static(id))).into_iter().collect::<HeaderMap>(),
        };
        assert_eq!(asked(&call(None, Some("7"))), untouched::RESUMED);
        assert_eq!(asked(&call(None, None)), NOTHING);
        assert_eq!(asked(&call(Some(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#), Some("7"))), "tools/list");
        for answer in
            [r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#]
        {
            assert_eq!(asked(&call(Some(answer), Some("7"))), NOTHING, "{answer}");
        }
    }
}
