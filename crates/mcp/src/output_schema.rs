//! What tools promise of their results, for clients whose results are masked.
//!
//! A client refuses a structured result that does not fit its schema (MCP 2025-06-18, tools, output schema: clients SHOULD
//! validate). A masked card number is no integer and a label is no e-mail address, so the promise is not kept any more: in
//! its place stands that the result is an object.

use std::ops::Range;

use crate::{error::ParseError, scan::Scanner};

/// Anything that a structured result may be.
const ANY: &[u8] = br#"{"type":"object"}"#;

/// A list of tools whose output schemas take every object; `None` when none of them has one. All else stays byte for byte.
///
/// # Errors
/// [`ParseError`] when the message is not strict JSON: it must not pass.
pub fn opened(body: &[u8]) -> Result<Option<Vec<u8>>, ParseError> {
    let mut scanner = Scanner::new(body)?;
    let mut schemas: Vec<Range<usize>> = Vec::new();
    members(&mut scanner, "result", |scanner| {
        members(scanner, "tools", |scanner| {
            if scanner.peek() != Some(b'[') {
                return scanner.value().map(drop);
            }
            let tool = |scanner: &mut Scanner<'_>| {
                members(scanner, "outputSchema", |scanner| scanner.value().map(|value| schemas.push(value.span)))
            };
            scanner.array(tool).map(drop)
        })
    })?;
    scanner.end()?;
    if schemas.is_empty() {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(body.len());
    let mut from = 0;
    for span in schemas {
        out.extend_from_slice(body.get(from..span.start).unwrap_or_default());
        out.extend_from_slice(ANY);
        from = span.end;
    }
    out.extend_from_slice(body.get(from..).unwrap_or_default());
    Ok(Some(out))
}

/// Looks at the members of this name in the object that comes next; something else is passed over.
fn members<'a>(
    scanner: &mut Scanner<'a>,
    name: &str,
    mut look: impl FnMut(&mut Scanner<'a>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    if scanner.peek() != Some(b'{') {
        return scanner.value().map(drop);
    }
    scanner
        .object(|scanner, key| if key.as_ref() == name { look(scanner) } else { scanner.value().map(drop) })
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_of_results_take_every_object_and_the_rest_stays() {
        let list = r#"{"id":1, "result":{"tools":[{"name":"a","inputSchema":{"outputSchema":1},"output\u0053chema" : {"type":"object","properties":{"card":{"type":"integer"}}},"n":1e2},{"name":"b"}],"outputSchema":2}}"#;
        let expected = r#"{"id":1, "result":{"tools":[{"name":"a","inputSchema":{"outputSchema":1},"output\u0053chema" : {"type":"object"},"n":1e2},{"name":"b"}],"outputSchema":2}}"#;
        assert_eq!(opened(list.as_bytes()).unwrap().as_deref(), Some(expected.as_bytes()));
        for none in [r#"{"result":{"tools":[{"name":"b"}]}}"#, r#"{"result":{"tools":7}}"#, r#"{"error":{}}"#] {
            assert_eq!(opened(none.as_bytes()).unwrap(), None);
        }
        assert!(opened(b"{\"result\":").is_err());
    }
}
