//! Tool definitions as they are pinned: everything of an entry that a model or a person may read, in one spelling.

use vestibule_model::Digest;

use crate::{
    canonical,
    error::ParseError,
    scan::{Kind, Scanner},
};

/// The member that is left out. It is for programs, differs from call to call, and no model reads it (MCP, base
/// protocol, `_meta`).
const LEFT_OUT: &str = "_meta";

/// One tool as a server lists it. Every member counts but `_meta`, those too that nobody knows yet: what is not
/// understood must not change unseen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition {
    name: String,
    canonical: String,
    digest: Digest,
}

impl Definition {
    /// Reads one definition.
    ///
    /// # Errors
    /// [`ParseError`] when it is not one strict JSON object with a name.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut scanner = Scanner::new(text.as_bytes())?;
        let definition = Self::scan(&mut scanner)?;
        scanner.end()?;
        definition.ok_or_else(|| ParseError::NotRpc("a definition is an object with a name".to_owned()))
    }

    /// `None` for an entry that is no object or has no name: nobody can call it.
    fn scan(scanner: &mut Scanner<'_>) -> Result<Option<Self>, ParseError> {
        if scanner.peek() != Some(b'{') {
            scanner.value()?;
            return Ok(None);
        }
        let mut name = None;
        let members = canonical::members(scanner, |key| key != LEFT_OUT)?;
        if let Some((_, text)) = members.iter().find(|(key, _)| key == "name") {
            name = serde_json::from_str::<String>(text).ok();
        }
        Ok(name.map(|name| {
            let canonical = canonical::object(members);
            Self { digest: Digest::of(canonical.as_bytes()), name, canonical }
        }))
    }

    /// The name by which it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The canonical text.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The SHA-256 of the canonical text.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// The definitions in `result.tools` of a response, in their order, the same name twice when it stands there twice.
/// A message without such a list has none; whether it may pass is for [`crate::filter`] to say.
///
/// # Errors
/// [`ParseError`] when the message is not strict JSON.
pub fn tools_in(body: &[u8]) -> Result<Vec<Definition>, ParseError> {
    let mut scanner = Scanner::new(body)?;
    let mut found = Vec::new();
    member(&mut scanner, "result", |scanner| {
        member(scanner, "tools", |scanner| {
            if scanner.peek() != Some(b'[') {
                return scanner.value().map(drop);
            }
            scanner
                .array(|scanner| {
                    found.extend(Definition::scan(scanner)?);
                    Ok(())
                })
                .map(drop)
        })
    })?;
    scanner.end()?;
    Ok(found)
}

/// Scans what comes next; when it is an object with this member, `read` scans the member's value.
fn member<'a>(
    scanner: &mut Scanner<'a>,
    name: &str,
    mut read: impl FnMut(&mut Scanner<'a>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    if scanner.peek() != Some(b'{') {
        return scanner.value().map(drop);
    }
    scanner
        .object(|scanner, key| if key.as_ref() == name { read(scanner) } else { scanner.value().map(drop) })
        .map(drop)
}

/// The leaves of a canonical definition: where each stands, and what it says. Strings stand in quotes but without
/// escapes, so that people can read them; an array of plain values is one leaf.
pub(crate) fn leaves(canonical: &str) -> Result<Vec<(String, String)>, ParseError> {
    let mut scanner = Scanner::new(canonical.as_bytes())?;
    let mut found = Vec::new();
    walk(&mut scanner, "", &mut found)?;
    scanner.end()?;
    Ok(found)
}

fn walk(scanner: &mut Scanner<'_>, path: &str, found: &mut Vec<(String, String)>) -> Result<(), ParseError> {
    match scanner.peek() {
        Some(b'{') => {
            let before = found.len();
            let span = scanner.object(|scanner, key| {
                let dot = if path.is_empty() { "" } else { "." };
                walk(scanner, &format!("{path}{dot}{}", key.as_ref()), found)
            })?;
            if found.len() == before {
                found.push((path.to_owned(), scanner.slice(&span).to_owned()));
            }
        }
        Some(b'[') => {
            let (before, mut number, mut nested) = (found.len(), 0, false);
            let span = scanner.array(|scanner| {
                nested |= matches!(scanner.peek(), Some(b'{' | b'['));
                number += 1;
                walk(scanner, &format!("{path}[{number}]"), found)
            })?;
            if !nested {
                found.truncate(before);
                found.push((path.to_owned(), scanner.slice(&span).to_owned()));
            }
        }
        _ => {
            let scanned = scanner.value()?;
            let text = match scanned.kind {
                Kind::String { escaped } => format!("\"{}\"", scanner.text_of(&scanned.span, escaped)),
                _ => scanner.slice(&scanned.span).to_owned(),
            };
            found.push((path.to_owned(), text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(text: &str) -> Digest {
        Definition::parse(text).unwrap().digest()
    }

    #[test]
    fn order_space_escapes_and_meta_do_not_count_and_everything_else_does() {
        let plain =
            r#"{"name":"a","description":"Réad","inputSchema":{"type":"object","maximum":10},"annotations":{}}"#;
        for same in [
            " {\n\"inputSchema\":{ \"maximum\" : 1e1 , \"type\":\"object\"},\"annotations\":{}, \"description\":\"R\\u00e9ad\",\"name\":\"\\u0061\"} ",
            r#"{"_meta":{"seen":7},"name":"a","description":"Réad","inputSchema":{"type":"object","maximum":10},"annotations":{}}"#,
        ] {
            assert_eq!(digest(plain), digest(same), "{same}");
        }
        for other in [
            plain.replace("Réad", "Read"),
            plain.replace("10", "11"),
            plain.replace("10", "10.0000000000000000000000001"),
            plain.replace("\"annotations\":{}", "\"annotations\":{\"destructiveHint\":true}"),
            plain.replace("\"annotations\":{}", "\"annotations\":{},\"title\":\"A\""),
            plain.replace("\"annotations\":{}", "\"annotations\":{},\"Description\":\"hidden\""),
            plain.replace("\"annotations\":{}", "\"annotations\":{},\"icons\":[]"),
            plain.replace("\"annotations\":{}", "\"annotations\":{},\"outputSchema\":null"),
            plain.replace("{\"type\"", "{\"_meta\":1,\"type\""),
        ] {
            assert_ne!(digest(plain), digest(&other), "{other}");
        }
    }

    #[test]
    fn definitions_are_found_where_the_filter_looks() {
        let body = br#" {"id":1,"result":{"tools":[{"name":"a"},{"name":7},{},"x",{"name":"a","description":"again"}],"x":1}} "#;
        let names: Vec<_> = tools_in(body).unwrap().iter().map(|one| one.canonical().to_owned()).collect();
        assert_eq!(names, [r#"{"name":"a"}"#, r#"{"description":"again","name":"a"}"#]);
        for none in [r#"{"result":[]}"#, r#"{"result":{"tools":{}}}"#, r#"{"tools":[{"name":"a"}]}"#, "[]", "7"] {
            assert_eq!(tools_in(none.as_bytes()), Ok(vec![]), "{none}");
        }
        for refused in
            [r#"{"result":{"tools":[{"name":"a","name":"b"}]}}"#, r#"{"result":{"tools":[{"name":"a"}]}"#, ""]
        {
            assert!(tools_in(refused.as_bytes()).is_err(), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_members_never_counts_and_their_values_do(
            members in prop::collection::btree_map("[a-c]{1,2}", "[xy]{0,2}", 1..5), other in "[xy]{0,2}"
        ) {
            let text = |pairs: &mut dyn Iterator<Item = (&String, &String)>| {
                let pairs: Vec<String> = pairs.map(|(key, value)| format!(" \"{key}\" :\"{value}\"")).collect();
                format!("{{\"name\":\"n\",\"deep\":[{{{}}}]}}", pairs.join(","))
            };
            let forward = digest(&text(&mut members.iter()));
            prop_assert_eq!(forward, digest(&text(&mut members.iter().rev())));
            let mut changed = members.clone();
            if let Some(value) = changed.values_mut().next() {
                *value = other;
            }
            prop_assert_eq!(forward == digest(&text(&mut changed.iter())), changed == members);
        }
    }

    #[test]
    fn what_is_no_definition_is_refused() {
        for text in ["{}", "[]", r#"{"name":1}"#, r#"{"name":"a"}x"#, ""] {
            assert!(Definition::parse(text).is_err(), "{text}");
        }
    }
}
