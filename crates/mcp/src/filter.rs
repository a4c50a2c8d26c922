//! Filtering list results by splicing the original bytes: what is kept stays byte for byte as it came.

use std::{borrow::Cow, ops::Range};

use crate::{
    Era, Target,
    error::ParseError,
    params::refuse_variant,
    scan::{Kind, Scanner, Value},
};

/// A filtered response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filtered {
    /// The whole message.
    pub body: Vec<u8>,
    /// How many entries remain.
    pub kept: usize,
    /// How many were taken out, among them those without a name.
    pub removed: usize,
}

/// Filters `result.tools`, `prompts`, `resources` or `resourceTemplates` of a response to `list`. `keep` gets the
/// entry's `name` (tools, prompts), `uri` (resources) or `uriTemplate`; an entry without one is taken out.
/// A filtered list is for one caller only, so `cacheScope` becomes "private", and is added in the stateless era.
///
/// `None` when the message has no result (an error, a notification, a request) or `list` is not a list: it may pass.
///
/// # Errors
/// [`ParseError`] when the message is not strict JSON or its result has no such list: it must not pass.
pub fn filter_list(
    body: &[u8],
    list: &Target<'_>,
    era: Era,
    mut keep: impl FnMut(&str) -> bool,
) -> Result<Option<Filtered>, ParseError> {
    let Some((list_key, name_key)) = keys_of(list) else { return Ok(None) };
    let mut scanner = Scanner::new(body)?;
    let mut found = Found::default();
    let mut result = None;
    object(&mut scanner, |scanner, key| {
        if key != "result" {
            refuse_variant(key, &["result"])?;
            return scanner.value().map(drop);
        }
        result = Some(object(scanner, |scanner, key| match key {
            "cacheScope" => scanner.value().map(|value| found.cache_scope = Some(value.span)),
            key if key == list_key => found.entries(scanner, name_key, &mut keep),
            key => {
                refuse_variant(key, &[list_key, "cacheScope"])?;
                scanner.value().map(drop)
            }
        })?);
        Ok(())
    })?;
    scanner.end()?;
    match (result, &found.array) {
        (None, _) => Ok(None),
        (Some(result), Some(array)) => Ok(Some(found.splice(&scanner, &result, array, era))),
        (Some(_), None) => Err(ParseError::NotRpc(format!("the result has no list {list_key:?}"))),
    }
}

/// The members that hold lists.
pub(crate) const LISTS: [(&str, Target<'static>); 4] = [
    ("tools", Target::ToolList),
    ("prompts", Target::PromptList),
    ("resources", Target::ResourceList),
    ("resourceTemplates", Target::ResourceTemplateList),
];

/// Which list a response holds; for streams that bring back answers to requests of which nothing is known any more.
///
/// # Errors
/// [`ParseError`] when the message is not strict JSON, or could be read as more than one list: it must not pass.
pub fn list_in(body: &[u8]) -> Result<Option<Target<'static>>, ParseError> {
    let mut scanner = Scanner::new(body)?;
    let mut found = Vec::new();
    object(&mut scanner, |scanner, key| {
        if key != "result" || scanner.peek() != Some(b'{') {
            refuse_variant(key, &["result"])?;
            return scanner.value().map(drop);
        }
        object(scanner, |scanner, key| {
            refuse_variant(key, &LISTS.map(|(name, _)| name))?;
            found.extend(LISTS.iter().find(|(name, _)| *name == key).map(|(_, list)| list.clone()));
            scanner.value().map(drop)
        })
        .map(drop)
    })?;
    scanner.end()?;
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => Err(ParseError::NotRpc("the result holds more than one list".to_owned())),
    }
}

/// The member that holds the list, and the member of an entry that names it.
fn keys_of(list: &Target<'_>) -> Option<(&'static str, &'static str)> {
    match list {
        Target::ToolList => Some(("tools", "name")),
        Target::PromptList => Some(("prompts", "name")),
        Target::ResourceList => Some(("resources", "uri")),
        Target::ResourceTemplateList => Some(("resourceTemplates", "uriTemplate")),
        _ => None,
    }
}

/// Scans an object and refuses anything else.
fn object<'a>(
    scanner: &mut Scanner<'a>,
    mut member: impl FnMut(&mut Scanner<'a>, &str) -> Result<(), ParseError>,
) -> Result<Range<usize>, ParseError> {
    if scanner.peek() != Some(b'{') {
        scanner.value()?;
        return Err(ParseError::NotRpc("an object was expected".to_owned()));
    }
    scanner.object(|scanner, key| member(scanner, key.as_ref()))
}

/// What the result holds.
#[derive(Default)]
struct Found {
    array: Option<Range<usize>>,
    kept: Vec<Range<usize>>,
    removed: usize,
    cache_scope: Option<Range<usize>>,
}

impl Found {
    fn entries(
        &mut self,
        scanner: &mut Scanner<'_>,
        name_key: &'static str,
        keep: &mut impl FnMut(&str) -> bool,
    ) -> Result<(), ParseError> {
        if scanner.peek() != Some(b'[') {
            scanner.value()?;
            return Ok(());
        }
        self.array = Some(scanner.array(|scanner| {
            let mut name: Option<Cow<'_, str>> = None;
            let span = object(scanner, |scanner, key| {
                refuse_variant(key, &[name_key])?;
                let Value { kind, span } = scanner.value()?;
                if let (true, Kind::String { escaped }) = (key == name_key, kind) {
                    name = Some(scanner.text_of(&span, escaped));
                }
                Ok(())
            })?;
            match name {
                Some(name) if keep(&name) => self.kept.push(span),
                _ => self.removed += 1,
            }
            Ok(())
        })?);
        Ok(())
    }

    /// Puts the message together from pieces of the old one.
    fn splice(&self, old: &Scanner<'_>, result: &Range<usize>, array: &Range<usize>, era: Era) -> Filtered {
        let entries = self.kept.iter().map(|span| old.slice(span)).collect::<Vec<_>>().join(",");
        let mut edits = vec![(array.start + 1..array.end - 1, entries)];
        match &self.cache_scope {
            Some(span) => edits.push((span.clone(), r#""private""#.to_owned())),
            None if era == Era::Stateless => {
                edits.push((result.end - 1..result.end - 1, r#","cacheScope":"private""#.to_owned()));
            }
            None => {}
        }
        edits.sort_by_key(|(span, _)| span.start);
        let mut body = Vec::with_capacity(result.end);
        let mut from = 0;
        for (span, text) in edits {
            body.extend_from_slice(old.slice(&(from..span.start)).as_bytes());
            body.extend_from_slice(text.as_bytes());
            from = span.end;
        }
        body.extend_from_slice(old.rest(from).as_bytes());
        Filtered { body, kept: self.kept.len(), removed: self.removed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: &str = r#" {"jsonrpc":"2.0","x":[1],"id":1,"result":{"nextCursor":"c","tools":[ {"name":"a","n":12345678901234567890123} ,
        {"inputSchema":{},"name":"\u0062"},{"name":"c"}, {"title":"a"} ],"cacheScope":"public","_meta":{"k":1e2}}} "#;

    fn filter(body: &str, era: Era, keep: &[&str]) -> Result<Option<Filtered>, ParseError> {
        filter_list(body.as_bytes(), &Target::ToolList, era, |name| keep.contains(&name))
    }

    fn text(filtered: &Filtered) -> &str {
        std::str::from_utf8(&filtered.body).unwrap()
    }

    #[test]
    fn kept_entries_and_everything_else_stay_as_they_came() {
        let filtered = filter(TOOLS, Era::Stateful, &["a", "b"]).unwrap().unwrap();
        assert_eq!((filtered.kept, filtered.removed), (2, 2));
        assert_eq!(
            text(&filtered),
            r#" {"jsonrpc":"2.0","x":[1],"id":1,"result":{"nextCursor":"c","tools":[{"name":"a","n":12345678901234567890123},{"inputSchema":{},"name":"\u0062"}],"cacheScope":"private","_meta":{"k":1e2}}} "#
        );
    }

    #[test]
    fn the_stateless_era_always_gets_a_private_scope() {
        let body = r#"{"result":{"tools":[]},"id":1}"#;
        assert_eq!(text(&filter(body, Era::Stateful, &[]).unwrap().unwrap()), body);
        let filtered = filter(body, Era::Stateless, &[]).unwrap().unwrap();
        assert_eq!(text(&filtered), r#"{"result":{"tools":[],"cacheScope":"private"},"id":1}"#);
    }

    #[test]
    fn a_scope_before_the_list_is_replaced_too() {
        let body = r#"{"result":{"cacheScope":7,"tools":[{"name":"a"},{"name":"b"}]}}"#;
        let filtered = filter(body, Era::Stateless, &["b"]).unwrap().unwrap();
        assert_eq!(text(&filtered), r#"{"result":{"cacheScope":"private","tools":[{"name":"b"}]}}"#);
    }

    #[test]
    fn other_messages_pass_and_ambiguous_ones_do_not() {
        for passes in [r#"{"id":1,"error":{"code":1}}"#, r#"{"method":"notifications/progress"}"#] {
            assert_eq!(filter(passes, Era::Stateful, &[]), Ok(None), "{passes}");
        }
        let refused = [
            r#"{"result":{"tools":[]}} x"#,
            r#"{"result":{"tools":[]},"Result":{"tools":[{"name":"x"}]}}"#,
            r#"{"result":{"tools":[],"Tools":[{"name":"x"}]}}"#,
            r#"{"result":{"tools":[],"tools":[{"name":"x"}]}}"#,
            r#"{"result":{"tools":[{"name":"a","Name":"x"}]}}"#,
            r#"{"result":{"tools":{"name":"x"}}}"#,
            r#"{"result":{"tools":["x"]}}"#,
            r#"{"result":{}}"#,
            r#"{"result":[]}"#,
            "[]",
            "",
        ];
        for body in refused {
            assert!(filter(body, Era::Stateful, &["a", "x"]).is_err(), "{body}");
        }
    }

    #[test]
    fn a_list_is_found_whatever_was_asked() {
        let find = |body: &str| list_in(body.as_bytes());
        assert_eq!(find(TOOLS), Ok(Some(Target::ToolList)));
        assert_eq!(find(r#"{"id":1,"result":{"resourceTemplates":[]}}"#), Ok(Some(Target::ResourceTemplateList)));
        for none in [r#"{"id":1,"result":{"content":[{"tools":[]}]}}"#, r#"{"method":"x"}"#, r#"{"result":[]}"#, "{}"] {
            assert_eq!(find(none), Ok(None), "{none}");
        }
        for refused in [
            r#"{"result":{"tools":[],"prompts":[]}}"#,
            r#"{"result":{"Tools":[]}}"#,
            r#"{"result":{},"RESULT":{"tools":[]}}"#,
            r#"{"result":{"tools":[]}} {}"#,
            "[]",
            "x",
        ] {
            assert!(find(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn each_list_is_named_by_its_own_member() {
        let cases = [
            (Target::PromptList, r#"{"result":{"prompts":[{"name":"keep"},{"name":"no"}]}}"#),
            (
                Target::ResourceList,
                r#"{"result":{"resources":[{"uri":"keep","name":"no"},{"uri":"no","name":"keep"}]}}"#,
            ),
            (
                Target::ResourceTemplateList,
                r#"{"result":{"resourceTemplates":[{"uriTemplate":"keep"},{"uriTemplate":"no"}]}}"#,
            ),
        ];
        for (list, body) in cases {
            let filtered = filter_list(body.as_bytes(), &list, Era::Stateful, |name| name == "keep").unwrap().unwrap();
            assert_eq!((filtered.kept, filtered.removed), (1, 1), "{list:?}");
        }
        assert_eq!(filter_list(b"{", &Target::Session, Era::Stateful, |_| true), Ok(None));
    }
}
