//! One page of a list, in pieces: to join the pages of several servers without reading what they hold.

use std::borrow::Cow;

use crate::{
    error::ParseError,
    params::refuse_variant,
    scan::{Kind, Scanner},
};

/// What one answer to a list holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListPage<'a> {
    /// Each entry as it came, as JSON text.
    pub entries: Vec<&'a str>,
    /// Where the next page begins.
    pub next_cursor: Option<Cow<'a, str>>,
    /// For how long the page may be kept, in milliseconds.
    pub ttl_ms: Option<u64>,
}

impl<'a> ListPage<'a> {
    /// Reads the result of a response whose list is called `key`. `None` when the response is an error.
    ///
    /// # Errors
    /// [`ParseError`] when it is no strict JSON, or holds no such list.
    pub fn of(body: &'a [u8], key: &str) -> Result<Option<Self>, ParseError> {
        let mut scanner = Scanner::new(body)?;
        let (mut page, mut found, mut is_result) = (Self::default(), false, false);
        if scanner.peek() != Some(b'{') {
            return Err(ParseError::NotRpc("a response is an object".to_owned()));
        }
        scanner.object(|scanner, name| {
            refuse_variant(name.as_ref(), &["result"])?;
            if name.as_ref() != "result" || scanner.peek() != Some(b'{') {
                return scanner.value().map(drop);
            }
            is_result = true;
            scanner.object(|scanner, name| page.member(scanner, name.as_ref(), key, &mut found)).map(drop)
        })?;
        scanner.end()?;
        match (is_result, found) {
            (false, _) => Ok(None),
            (true, true) => Ok(Some(page)),
            (true, false) => Err(ParseError::NotRpc(format!("the result has no list {key:?}"))),
        }
    }

    fn member(&mut self, scanner: &mut Scanner<'a>, name: &str, key: &str, found: &mut bool) -> Result<(), ParseError> {
        refuse_variant(name, &[key, "nextCursor"])?;
        if name == key && scanner.peek() == Some(b'[') {
            *found = true;
            return scanner
                .array(|scanner| {
                    let span = scanner.value()?.span;
                    self.entries.push(scanner.slice(&span));
                    Ok(())
                })
                .map(drop);
        }
        let value = scanner.value()?;
        match (name, value.kind) {
            ("nextCursor", Kind::String { escaped }) => {
                self.next_cursor = Some(scanner.text_of(&value.span, escaped));
            }
            ("ttlMs", Kind::Number) => self.ttl_ms = scanner.slice(&value.span).parse().ok(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart() {
        let body = br#"{"id":1,"result":{"x":1,"tools":[ {"n":12345678901234567890123},{"b":[]} ],"nextCursor":"a\u0062","ttlMs":5}}"#;
        let page = ListPage::of(body, "tools").unwrap().unwrap();
        assert_eq!(page.entries, [r#"{"n":12345678901234567890123}"#, r#"{"b":[]}"#]);
        assert_eq!((page.next_cursor.as_deref(), page.ttl_ms), (Some("ab"), Some(5)));
        assert_eq!(ListPage::of(br#"{"id":1,"error":{"code":1}}"#, "tools"), Ok(None));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for body in [
            r#"{"result":{"prompts":[]}}"#,
            r#"{"result":{"tools":{}}}"#,
            r#"{"result":{"tools":[],"Tools":[1]}}"#,
            r#"{"result":{"tools":[],"NextCursor":"x"}}"#,
            r#"{"result":{"tools":[]},"Result":{}}"#,
            r#"{"result":{"tools":[]}} x"#,
            "[]",
        ] {
            assert!(ListPage::of(body.as_bytes(), "tools").is_err(), "{body}");
        }
    }
}
