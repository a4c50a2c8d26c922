//! Places in messages of a known form whose values are treated in another way: names and cursors that must come back as
//! they were, and files in base64.
//!
//! A place counts only in the messages that have it: where a message asks for something, those of its method; where it
//! answers, those of what was asked.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    lexer::{Lexer, Token},
    shape::Shape,
};
use crate::chars::at;

/// What is done with the values at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Treatment {
    /// They are looked at, as everywhere.
    #[default]
    Look,
    /// They pass as they are.
    Spare,
    /// They are base64. What is text inside is looked at, what is not passes.
    Encoded,
}

/// Which messages have a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form<'a> {
    /// Every message.
    All,
    /// Requests and notifications of a method.
    Asks(&'a str),
    /// Answers to a method.
    Answers(&'a str),
    /// Answers to a method whose member `resultType` says this.
    Answered(&'a str, &'a str),
}

/// The keys on the way to a value; `[]` is an element of an array, and `*` is every key.
pub type Way<'a> = &'a [&'a str];

/// Tables of places by the form of the message. A batch has only the places that every message has.
///
/// Keys are compared as they are written: one with escapes is none of the table, and its value is looked at.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    nodes: Arc<[Node]>,
    roots: Arc<[Root]>,
    /// Which of the roots is that of answers here.
    answers: usize,
    /// The keys behind which base64 may be, each once.
    encoded: Arc<[Box<str>]>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    children: Vec<(Box<str>, u16)>,
    shape: Option<Shape>,
}

/// Where the messages of a form begin. The first is for messages that have no table of their own.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Root {
    asks: bool,
    method: Box<str>,
    result_type: Option<Box<str>>,
    node: u16,
}

impl Root {
    fn of(form: Form<'_>, node: u16) -> Self {
        let (asks, method, result_type) = match form {
            // A method without a name has no table of its own either.
            Form::All => (true, "", None),
            Form::Asks(method) => (true, method, None),
            Form::Answers(method) => (false, method, None),
            Form::Answered(method, result_type) => (false, method, Some(result_type)),
        };
        Self { asks, method: method.into(), result_type: result_type.map(Into::into), node }
    }

    fn is(&self, form: Form<'_>) -> bool {
        *self == Self::of(form, self.node)
    }
}

/// Where a walk is in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// At a node.
    At(u16),
    /// Below something that passes with all that is in it.
    Spared,
    /// Off the table.
    Off,
}

const ELEMENT: &str = "[]";
const ANY: &str = "*";

impl Paths {
    /// Tables of places. Several may be for one form; what is said of every message goes into all of them.
    pub fn new(tables: &[(Form<'_>, &[(Way<'_>, Shape)])]) -> Self {
        let mut nodes = vec![Node::default()];
        let mut roots = vec![Root::of(Form::All, 0)];
        for (form, _) in tables {
            if !roots.iter().any(|root| root.is(*form)) {
                let node = u16::try_from(nodes.len()).unwrap_or(u16::MAX);
                nodes.push(Node::default());
                roots.push(Root::of(*form, node));
            }
        }
        for root in &roots {
            for (form, places) in tables {
                // What answers of a type have, they have besides what all answers have.
                let plain = Form::Answers(&root.method);
                if *form == Form::All || root.is(*form) || (root.result_type.is_some() && *form == plain) {
                    places.iter().for_each(|(way, shape)| plant(&mut nodes, root.node, way, *shape));
                }
            }
        }
        let is_encoded = |node: u16| nodes.get(usize::from(node)).is_some_and(|node| node.shape == Some(Shape::Base64));
        let children = nodes.iter().flat_map(|node| &node.children);
        let encoded: BTreeSet<Box<str>> =
            children.filter(|(_, node)| is_encoded(*node)).map(|(key, _)| key.clone()).collect();
        Self { encoded: encoded.into_iter().collect(), nodes: nodes.into(), roots: roots.into(), answers: 0 }
    }

    /// For answers to a method. One without a table has what every message has.
    #[must_use]
    pub fn answering(&self, method: &str) -> Self {
        Self { answers: self.root_of(Form::Answers(method)).unwrap_or(0), ..self.clone() }
    }

    /// Whether both treat messages alike.
    pub fn is(&self, other: &Self) -> bool {
        let same = Arc::ptr_eq(&self.nodes, &other.nodes) || (self.nodes.is_empty() && other.nodes.is_empty());
        same && self.answers == other.answers
    }

    /// For the message: what it says of itself decides.
    pub(crate) fn of(&self, message: &[u8]) -> Self {
        let has = |word: &str| memchr::memmem::find(message, word.as_bytes()).is_some();
        let told = self.roots.iter().filter_map(|root| root.result_type.as_deref()).any(has);
        if self.roots.len() < 2 || !(told || has("method") || message.trim_ascii_start().first() == Some(&b'[')) {
            return self.clone();
        }
        let answers = match said(message) {
            Said::Asks(method) => self.root_of(Form::Asks(method)).unwrap_or(0),
            Said::Answers(Some(result_type)) => {
                let method = self.roots.get(self.answers).map_or("", |root| &root.method);
                self.root_of(Form::Answered(method, result_type)).unwrap_or(self.answers)
            }
            Said::Answers(None) => self.answers,
            Said::Nothing => 0,
        };
        Self { answers, ..self.clone() }
    }

    fn root_of(&self, form: Form<'_>) -> Option<usize> {
        self.roots.iter().position(|root| root.is(form))
    }

    /// Whether the raw document has a key in it behind which a table says that base64 may be.
    pub(crate) fn may_be_encoded(&self, bytes: &[u8]) -> bool {
        if self.encoded.is_empty() {
            return false;
        }
        let Ok(document) = std::str::from_utf8(bytes) else { return true };
        self.encoded.iter().any(|key| **key == *ELEMENT || document.contains(&**key))
    }

    /// Where a document begins.
    pub(crate) fn root(&self) -> Place {
        self.roots.get(self.answers).map_or(Place::Off, |root| Place::At(root.node))
    }

    /// The value of a key.
    pub(crate) fn member(&self, place: Place, key: &[u8]) -> Place {
        self.child(place, |have| have.as_bytes() == key || have == ANY)
    }

    /// An element of an array. What every message has, each message of a batch has.
    pub(crate) fn element(&self, place: Place) -> Place {
        match self.roots.first() {
            Some(root) if place == Place::At(root.node) => place,
            _ => self.child(place, |have| have == ELEMENT),
        }
    }

    /// What is done with a value here: the inside of a string, or a number. `None` stands for one that is too long to be
    /// anything the protocol needs.
    pub(crate) fn treatment(&self, place: Place, value: Option<&[u8]>) -> Treatment {
        let node = match place {
            Place::At(node) => self.nodes.get(usize::from(node)),
            Place::Spared => return Treatment::Spare,
            Place::Off => None,
        };
        match node.and_then(|node| node.shape) {
            None => Treatment::Look,
            Some(Shape::Base64) => Treatment::Encoded,
            Some(Shape::Whole) => Treatment::Spare,
            Some(shape) if value.is_some_and(|value| shape.fits(value)) => Treatment::Spare,
            Some(_) => Treatment::Look,
        }
    }

    fn child(&self, place: Place, fits: impl Fn(&str) -> bool) -> Place {
        let Place::At(node) = place else { return place };
        let Some(node) = self.nodes.get(usize::from(node)) else { return Place::Off };
        if node.shape == Some(Shape::Whole) {
            return Place::Spared;
        }
        let found = node.children.iter().find(|(have, _)| fits(have));
        found.map_or(Place::Off, |(_, child)| Place::At(*child))
    }
}

fn plant(nodes: &mut Vec<Node>, root: u16, way: Way<'_>, shape: Shape) {
    let at = way.iter().fold(root, |at, key| descend(nodes, at, key));
    if let Some(node) = nodes.get_mut(usize::from(at)) {
        node.shape = Some(shape);
    }
}

fn descend(nodes: &mut Vec<Node>, at: u16, key: &str) -> u16 {
    let next = u16::try_from(nodes.len()).unwrap_or(u16::MAX);
    let Some(node) = nodes.get_mut(usize::from(at)) else { return at };
    if let Some((_, child)) = node.children.iter().find(|(have, _)| **have == *key) {
        return *child;
    }
    node.children.push((key.into(), next));
    nodes.push(Node::default());
    next
}

/// What a message says it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Said<'a> {
    Asks(&'a str),
    /// With its `resultType`.
    Answers(Option<&'a str>),
    /// It is no message, or says it in two ways: readers may take the one or the other.
    Nothing,
}

/// Reads the `method` of a message, and the `resultType` of its result.
fn said(message: &[u8]) -> Said<'_> {
    let (mut lexer, mut depth) = (Lexer::new(message, 0), 0_usize);
    let (mut method, mut result_type, mut results, mut in_result) = (None, None, 0, false);
    loop {
        match lexer.next() {
            Ok(Token::Open(_)) if depth == 0 && at(message, lexer.place.saturating_sub(1)) == b'[' => {
                return Said::Nothing;
            }
            Ok(Token::Open(_)) => depth += 1,
            Ok(Token::Close(_)) => depth = depth.saturating_sub(1),
            Ok(Token::String) if depth == 1 || (depth == 2 && in_result) => {
                let key = lexer.last.of(message);
                let before = lexer.place;
                if lexer.next() != Ok(Token::Colon) {
                    lexer.place = before;
                    continue;
                }
                let seen = match (depth, key) {
                    (1, b"method") => &mut method,
                    (2, b"resultType") => &mut result_type,
                    (1, _) => {
                        in_result = key == b"result";
                        results += usize::from(in_result);
                        continue;
                    }
                    _ => continue,
                };
                let value = match lexer.next() {
                    Ok(Token::String) if !lexer.last.escaped => std::str::from_utf8(lexer.last.of(message)).ok(),
                    _ => None,
                };
                let (Some(value), None) = (value, seen.replace(value.unwrap_or(""))) else { return Said::Nothing };
                *seen = Some(value);
            }
            Ok(Token::End) => break,
            Ok(_) => (),
            Err(_) => return Said::Nothing,
        }
    }
    match (method, results) {
        (Some(method), 0) => Said::Asks(method),
        (None, 0 | 1) => Said::Answers(result_type),
        _ => Said::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Paths {
        Paths::new(&[
            (Form::All, &[(&["id"], Shape::Token), (&["result", "_meta", "token"], Shape::Token)]),
            (Form::Answers("tools/list"), &[(&["result", "tools"], Shape::Whole)]),
            (Form::Answers("tools/call"), &[(&["result", "content", "[]", "data"], Shape::Base64)]),
            (Form::Answered("tools/call", "task"), &[(&["result", "taskId"], Shape::Token)]),
            (Form::Asks("notifications/resources/updated"), &[(&["params", "uri"], Shape::Uri)]),
        ])
    }

    fn walk(paths: &Paths, keys: &[&str], value: &str) -> Treatment {
        let mut place = paths.root();
        for key in keys {
            place = if *key == ELEMENT { paths.element(place) } else { paths.member(place, key.as_bytes()) };
        }
        paths.treatment(place, Some(value.as_bytes()))
    }

    #[test]
    fn places_count_only_where_their_method_has_them() {
        let paths = paths();
        let (list, call) = (paths.answering("tools/list"), paths.answering("tools/call"));
        assert_eq!(walk(&list, &["result", "tools", "[]", "name"], "a b"), Treatment::Spare);
        assert_eq!(walk(&call, &["result", "content", "[]", "data"], "x"), Treatment::Encoded);
        for (paths, way) in [
            (&call, &["result", "tools", "[]", "name"][..]),
            (&paths, &["result", "tools", "[]", "name"]),
            (&list, &["tools"]),
            (&list, &["[]", "result", "tools"]),
            (&call, &["result", "content", "data"]),
            (&call, &["result", "taskId"]),
            (&call, &["id", "x"]),
        ] {
            assert_eq!(walk(paths, way, "x"), Treatment::Look, "{way:?}");
        }
        for paths in [&paths, &list, &call, &paths.answering("x")] {
            assert_eq!(walk(paths, &["id"], "4155552671"), Treatment::Spare);
            assert_eq!(walk(paths, &["id"], "12 Main Street"), Treatment::Look, "not a token");
            assert_eq!(walk(paths, &["result", "_meta", "token"], "x"), Treatment::Spare);
        }
        assert_eq!(walk(&paths, &["[]", "id"], "x"), Treatment::Spare, "a batch");
        assert_eq!(walk(&Paths::default(), &["id"], "x"), Treatment::Look);
    }

    #[test]
    fn a_message_says_what_it_is_only_in_one_way() {
        let call = paths().answering("tools/call");
        let task = |message: &str| walk(&call.of(message.as_bytes()), &["result", "taskId"], "x") == Treatment::Spare;
        let uri = |message: &str| walk(&call.of(message.as_bytes()), &["params", "uri"], "a:x") == Treatment::Spare;
        assert!(task(r#"{"id":1,"result":{"resultType":"task","taskId":"x"}}"#));
        assert!(uri(r#"{"method":"notifications/resources/updated","params":{"uri":"a:x"}}"#));
        for message in [
            r#"{"id":1,"result":{"resultType":"complete","taskId":"x","task":1}}"#,
            r#"{"id":1,"resultType":"task","result":{"taskId":"x"}}"#,
            r#"{"id":1,"result":{"content":{"resultType":"task"},"taskId":"x"}}"#,
            r#"{"id":1,"result":{"resultType":"task","taskId":"x","resultType":"complete"}}"#,
            r#"{"id":1,"result":{"resultType":"task"},"result":{"taskId":"x"}}"#,
            r#"{"id":1,"method":"tools/call","result":{"resultType":"task","taskId":"x"}}"#,
            r#"[{"id":1,"result":{"resultType":"task","taskId":"x"}}]"#,
        ] {
            assert!(!task(message), "{message}");
        }
        for message in [
            r#"{"method":"notifications/other","params":{"uri":"a:x"}}"#,
            r#"{"method":"notifications/resources/updated","params":{"uri":"a:x"},"method":"x"}"#,
            r#"{"method":"notifications/resources/updated","params":{"uri":"a:x"},"result":{}}"#,
            r#"{"method":"notifications/resources\u002fupdated","params":{"uri":"a:x"}}"#,
            r#"{"params":{"method":"notifications/resources/updated","uri":"a:x"}}"#,
            r#"{"method":"notifications/resources/updated","params":{"uri":"a:x"#,
        ] {
            assert!(!uri(message), "{message}");
        }
    }

    #[test]
    fn base64_without_a_digit_is_looked_at() {
        let text = r#"{"result":{"content":[{"type":"resource","data":"eGplIGJqQGNqLmNvbQ=="}]}}"#;
        assert!(!text.bytes().any(|byte| byte.is_ascii_digit()));
        let masker = |paths: Paths| {
            let masker = crate::Masker::new(crate::Config::default(), vestibule_model::Secret::new([7; 32]));
            masker.with_paths(paths)
        };
        assert!(!masker(paths().answering("tools/call")).look(text.as_bytes()).is_empty());
        assert!(masker(paths()).look(text.as_bytes()).is_empty());
    }
}
