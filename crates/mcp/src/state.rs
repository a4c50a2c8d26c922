//! The opaque `requestState` of an input-required round trip (MCP 2026-07-28, multi round-trip requests), found and
//! replaced in the bytes as they came. Everything around it stays byte for byte.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use memchr::memmem::{self, Finder};

use crate::{
    error::ParseError,
    params::refuse_variant,
    scan::{Kind, Scanner, Value},
};

const KEY: &str = "requestState";
const ASKS: &str = "inputRequests";
/// What stands before `equest` in either of them, at most.
const LEAD: usize = "inputR".len();

/// A state and where it stands, with its quotes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// Unescaped.
    pub text: String,
    span: Range<usize>,
}

impl State {
    /// The message with another state in its place.
    pub fn replace(&self, body: &[u8], state: &str) -> Vec<u8> {
        replace(body, &self.span, state)
    }
}

/// Puts a JSON string in the place of another.
pub(crate) fn replace(body: &[u8], span: &Range<usize>, text: &str) -> Vec<u8> {
    let (before, rest) = body.split_at_checked(span.start).unwrap_or((body, &[]));
    let after = rest.get(span.len()..).unwrap_or_default();
    // A string always becomes JSON.
    let text = serde_json::to_vec(text).unwrap_or_default();
    [before, &text, after].concat()
}

/// Whether these bytes could be a result that asks for input: nearly none are, and the others pay for one look.
pub fn may_ask(body: &[u8]) -> bool {
    static SHARED: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("equest"));
    static ESCAPE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("\\u"));
    // Both keys have it; only with an escape could they be written without.
    SHARED.find(body).is_some_and(|at| {
        let from = body.get(at.saturating_sub(LEAD)..).unwrap_or_default();
        memmem::find(from, KEY.as_bytes()).is_some() || memmem::find(from, ASKS.as_bytes()).is_some()
    }) || ESCAPE.find(body).is_some()
}

/// `result.requestState` of a response.
///
/// # Errors
/// [`ParseError`] when the message is not strict JSON, or could be read as holding two states.
pub fn in_result(body: &[u8]) -> Result<Option<State>, ParseError> {
    let mut scanner = Scanner::new(body)?;
    let mut found = None;
    members(&mut scanner, |scanner, key| {
        if key != "result" {
            refuse_variant(key, &["result"])?;
            return scanner.value().map(drop);
        }
        members(scanner, |scanner, key| {
            let Value { kind, span } = scanner.value()?;
            match kind {
                Kind::String { escaped } if key == KEY => {
                    found = Some(State { text: scanner.text_of(&span, escaped).into_owned(), span });
                }
                _ => refuse_variant(key, &[KEY])?,
            }
            Ok(())
        })
    })?;
    scanner.end()?;
    Ok(found)
}

/// The methods of `result.inputRequests`: what the server asks its client for.
///
/// # Errors
/// [`ParseError`] when the message is not strict JSON, or could be read in two ways.
pub fn input_requests(body: &[u8]) -> Result<Vec<String>, ParseError> {
    let mut scanner = Scanner::new(body)?;
    let mut methods = Vec::new();
    members(&mut scanner, |scanner, key| {
        if key != "result" {
            refuse_variant(key, &["result"])?;
            return scanner.value().map(drop);
        }
        members(scanner, |scanner, key| {
            if key != ASKS {
                refuse_variant(key, &[ASKS])?;
                return scanner.value().map(drop);
            }
            members(scanner, |scanner, _| {
                members(scanner, |scanner, key| {
                    let Value { kind, span } = scanner.value()?;
                    match kind {
                        Kind::String { escaped } if key == "method" => {
                            methods.push(scanner.text_of(&span, escaped).into_owned());
                        }
                        _ => refuse_variant(key, &["method"])?,
                    }
                    Ok(())
                })
            })
        })
    })?;
    scanner.end()?;
    Ok(methods)
}

/// The members of an object; of anything else there are none.
fn members<'a>(
    scanner: &mut Scanner<'a>,
    mut member: impl FnMut(&mut Scanner<'a>, &str) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    if scanner.peek() != Some(b'{') {
        return scanner.value().map(drop);
    }
    scanner.object(|scanner, key| member(scanner, key.as_ref())).map(drop)
}

/// The strings of an array; `None` when something else stands in it.
pub(crate) fn strings<'a>(scanner: &mut Scanner<'a>) -> Result<Option<Vec<Cow<'a, str>>>, ParseError> {
    if scanner.peek() != Some(b'[') {
        scanner.value()?;
        return Ok(None);
    }
    let mut all = Some(Vec::new());
    scanner.array(|scanner| {
        let Value { kind, span } = scanner.value()?;
        match (kind, &mut all) {
            (Kind::String { escaped }, Some(strings)) => strings.push(scanner.text_of(&span, escaped)),
            _ => all = None,
        }
        Ok(())
    })?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_replaced_and_nothing_else() {
        let body = br#"{ "jsonrpc":"2.0", "id":18446744073709551615,"result":{"z":1.0,"requestState":"a\"b","inputRequests":{"requestState":"inner"}} }"#;
        let state = in_result(body).unwrap().unwrap();
        assert_eq!(state.text, "a\"b");
        let replaced = state.replace(body, "new\n");
        assert_eq!(
            String::from_utf8(replaced).unwrap(),
            r#"{ "jsonrpc":"2.0", "id":18446744073709551615,"result":{"z":1.0,"requestState":"new\n","inputRequests":{"requestState":"inner"}} }"#
        );
    }

    #[test]
    fn a_look_is_enough_for_most() {
        for body in [r#"{"requestState":"x"}"#, r#"{"a":"request","inputRequests":{}}"#, r#"{"input\u0052equests":{}}"#]
        {
            assert!(may_ask(body.as_bytes()), "{body}");
        }
        for body in [r#"{"text":"a \"request\" for you"}"#, r#"{"requests":"State"}"#, "{}", "equest"] {
            assert!(!may_ask(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn only_the_result_has_a_state() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"text":"requestState"}]}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"requestState":"x"}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"data":{"requestState":"x"}}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"requestState":"x"}}"#,
            r#"[{"result":{"requestState":"x"}}]"#,
        ] {
            assert_eq!(in_result(body.as_bytes()).unwrap(), None, "{body}");
        }
    }

    #[test]
    fn the_methods_a_server_asks_for_are_found() {
        let body = br#"{"result":{"inputRequests":{"a":{"method":"elicitation/create","params":{"method":"x"}},"b":{"m\u0065thod":"roots/list"},"c":1},"method":"y"}}"#;
        assert_eq!(input_requests(body).unwrap(), ["elicitation/create", "roots/list"]);
        assert!(input_requests(br#"{"result":{"InputRequests":{}}}"#).is_err());
        assert!(input_requests(br#"{"result":{"inputRequests":{"a":{"Method":"x"}}}}"#).is_err());
    }

    #[test]
    fn what_could_be_read_as_two_states_is_refused() {
        for body in [
            r#"{"result":{"requestState":"x","requestState":"y"}}"#,
            r#"{"result":{"requestState":"x","RequestState":"y"}}"#,
            r#"{"result":{"requestState":"x"},"result":{"requestState":"y"}}"#,
            r#"{"result":{"requestState":"x"},"Result":{"requestState":"y"}}"#,
        ] {
            assert!(in_result(body.as_bytes()).is_err(), "{body}");
        }
    }
}
