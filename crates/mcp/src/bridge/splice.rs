//! Objects as raw text.

use std::{borrow::Cow, ops::Range};

use crate::{error::ParseError, scan::Scanner};

/// An object, its members found and nothing inside them looked at.
pub(super) struct Object<'a> {
    text: &'a str,
    span: Range<usize>,
    members: Vec<Member<'a>>,
}

struct Member<'a> {
    name: Cow<'a, str>,
    whole: Range<usize>,
    value: Range<usize>,
}

impl<'a> Object<'a> {
    /// Scans the whole text.
    ///
    /// # Errors
    /// [`ParseError`] unless it is exactly one object of strict JSON.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut scanner = Scanner::new(bytes)?;
        if scanner.peek() != Some(b'{') {
            return Err(ParseError::NotRpc("an object was expected".to_owned()));
        }
        let mut members = Vec::new();
        let span = scanner.object(|scanner, key| {
            let value = scanner.value()?.span;
            members.push(Member { name: key.text.clone(), whole: key.span.start..value.end, value });
            Ok(())
        })?;
        scanner.end()?;
        Ok(Self { text: scanner.rest(0), span, members })
    }

    /// The value of a member, as it is written.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let member = self.members.iter().find(|member| member.name == name)?;
        self.text.get(member.value.clone())
    }

    /// The text it was read from.
    pub(super) fn source(&self) -> &'a str {
        self.text
    }

    /// All members in their order, unescaped names and raw values.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &'a str)> {
        let text = self.text;
        self.members.iter().filter_map(move |member| Some((member.name.as_ref(), text.get(member.value.clone())?)))
    }

    /// The string that a member holds.
    pub(super) fn string(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// The same object with this raw value in a member: in its place when it has one, last otherwise.
    pub(super) fn with(&self, name: &str, raw: &str) -> String {
        match self.members.iter().find(|member| member.name == name) {
            Some(member) => self.replaced(&member.value, raw),
            None => {
                let end = self.span.end.saturating_sub(1);
                let comma = if self.members.is_empty() { "" } else { "," };
                self.replaced(&(end..end), &format!("{comma}{}:{raw}", quoted(name)))
            }
        }
    }

    /// The same object without these members.
    pub(super) fn without(&self, names: &[&str]) -> String {
        if !self.members.iter().any(|member| names.contains(&member.name.as_ref())) {
            return self.text.to_owned();
        }
        let kept = self.members.iter().filter(|member| !names.contains(&member.name.as_ref()));
        let kept: Vec<&str> = kept.filter_map(|member| self.text.get(member.whole.clone())).collect();
        self.replaced(&self.span, &format!("{{{}}}", kept.join(",")))
    }

    fn replaced(&self, span: &Range<usize>, raw: &str) -> String {
        let before = self.text.get(..span.start).unwrap_or_default();
        let after = self.text.get(span.end..).unwrap_or_default();
        [before, raw, after].concat()
    }
}

/// An object with a raw value in a member; an object with only that when the text is none.
pub(super) fn with(text: &str, name: &str, raw: &str) -> String {
    match Object::parse(text.as_bytes()) {
        Ok(object) => object.with(name, raw),
        Err(_) => format!("{{{}:{raw}}}", quoted(name)),
    }
}

fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// An object without these members; an empty one when the text is none.
pub(super) fn without(text: &str, names: &[&str]) -> String {
    Object::parse(text.as_bytes()).map_or_else(|_| "{}".to_owned(), |object| object.without(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#" { "z" : 1e2, "\u0061":{"n":18446744073709551616} ,"b":[ ] } "#;

    #[test]
    fn members_are_set_in_their_place_or_last() {
        let object = Object::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(object.get("a"), Some(r#"{"n":18446744073709551616}"#));
        assert_eq!(object.with("z", "0"), r#" { "z" : 0, "\u0061":{"n":18446744073709551616} ,"b":[ ] } "#);
        assert_eq!(
            object.with("new", "true"),
            r#" { "z" : 1e2, "\u0061":{"n":18446744073709551616} ,"b":[ ] ,"new":true} "#
        );
        assert_eq!(with("{}", "a", "1"), r#"{"a":1}"#);
        assert_eq!(with("[]", "a", "1"), r#"{"a":1}"#);
    }

    #[test]
    fn members_are_taken_out_and_the_rest_stays() {
        let object = Object::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(object.without(&["z", "b"]), r#" {"\u0061":{"n":18446744073709551616}} "#);
        assert_eq!(object.without(&["a", "b", "z"]), " {} ");
        assert_eq!(object.without(&["c"]), TEXT);
    }

    #[test]
    fn what_two_readers_could_read_otherwise_is_no_object() {
        for bad in [r#"{"a":1,"\u0061":2}"#, "{} {}", "[]", "", r#"{"a":}"#] {
            assert!(Object::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
