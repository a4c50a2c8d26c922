//! Where a client may speak of values by their labels: arguments, and answers to what the server asked for.

use std::ops::Range;

use crate::{Message, ParseError, scan::Scanner};

/// The members of `params` that hold such values (MCP: tools, prompts, completion; 2026-07-28, multi round-trip requests).
const GIVEN: [&str; 3] = ["arguments", "argument", "inputResponses"];
/// Besides, in a completion: the arguments that are there already.
const COMPLETED: &str = "context";

impl Message {
    /// The same message with other values. `replace` gets the raw JSON text of each and gives another one, or `None` to
    /// leave it; everything else stays byte for byte. `None`: it left all of them.
    ///
    /// # Errors
    /// [`ParseError`] when what it gave makes no message.
    pub fn with_values(&self, mut replace: impl FnMut(&str) -> Option<String>) -> Result<Option<Self>, ParseError> {
        let bytes = self.bytes();
        let (mut out, mut done, mut changed) = (Vec::new(), 0, false);
        for span in places(bytes, self.method())? {
            let Some(text) = bytes.get(span.clone()).and_then(|raw| std::str::from_utf8(raw).ok()) else { continue };
            let Some(other) = replace(text) else { continue };
            out.extend_from_slice(bytes.get(done..span.start).unwrap_or_default());
            out.extend_from_slice(other.as_bytes());
            (done, changed) = (span.end, true);
        }
        if !changed {
            return Ok(None);
        }
        out.extend_from_slice(bytes.get(done..).unwrap_or_default());
        Self::parse(out.into()).map(Some)
    }
}

/// In the order in which they stand.
fn places(bytes: &[u8], method: &str) -> Result<Vec<Range<usize>>, ParseError> {
    let mut found = Vec::new();
    let mut scanner = Scanner::new(bytes)?;
    scanner.object(|scanner, key| match key.as_ref() {
        "result" => {
            found.push(scanner.value()?.span);
            Ok(())
        }
        "params" if scanner.peek() == Some(b'{') => scanner
            .object(|scanner, key| {
                let span = scanner.value()?.span;
                let key = key.as_ref();
                if GIVEN.contains(&key) || (key == COMPLETED && method == "completion/complete") {
                    found.push(span);
                }
                Ok(())
            })
            .map(drop),
        _ => scanner.value().map(drop),
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::parse(text.to_owned().into()).unwrap()
    }

    #[test]
    fn values_are_replaced_and_nothing_else() {
        let call = message(
            r#"{ "jsonrpc":"2.0", "id":1e0 ,"method":"tools/call","params":{"name":"x","arguments":{"a":"x"},"inputResponses":{"k":{"x":"x"}}}}"#.replace("1e0", "1").as_str(),
        );
        let other = call.with_values(|raw| Some(raw.replace("\"x\"", "\"yy\""))).unwrap().unwrap();
        assert_eq!(
            other.bytes().as_ref(),
            br#"{ "jsonrpc":"2.0", "id":1 ,"method":"tools/call","params":{"name":"x","arguments":{"a":"yy"},"inputResponses":{"k":{"yy":"yy"}}}}"#
        );
        assert_eq!(other.argument("a"), Some("\"yy\""));
        assert!(call.with_values(|_| None).unwrap().is_none());
        let completion = message(
            r#"{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"n","value":"x"},"context":{"arguments":{"a":"x"}}}}"#,
        );
        let other = completion.with_values(|raw| Some(raw.replace("\"x\"", "\"y\""))).unwrap().unwrap();
        assert!(
            other.bytes().ends_with(br#""context":{"arguments":{"a":"y"}}}}"#)
                && other.target() == crate::Target::Prompt("x")
        );
        let answer = message(r#"{"jsonrpc":"2.0","id":"a","result":{"content":{"to":"x"}}}"#);
        let other = answer.with_values(|raw| Some(raw.replace("\"x\"", "\"y\""))).unwrap().unwrap();
        assert_eq!(other.bytes().as_ref(), br#"{"jsonrpc":"2.0","id":"a","result":{"content":{"to":"y"}}}"#);
    }

    #[test]
    fn what_breaks_the_message_is_refused() {
        let call =
            message(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":1}}}"#);
        assert!(call.with_values(|_| Some(r#"{"a":1,"a":2}"#.to_owned())).is_err());
        assert!(call.with_values(|_| Some("[]".to_owned())).is_err());
    }
}
