//! Places in documents of a known form whose values are treated in another way: names and cursors that must come back as
//! they were, and files in base64.

use std::{collections::BTreeSet, sync::Arc};

/// What is done with the values at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Treatment {
    /// They are looked at, as everywhere.
    #[default]
    Look,
    /// They pass as they are, with all that is in them.
    Spare,
    /// A string or a number passes as it is. In an object or an array, which have no place there, all is looked at.
    SpareAlone,
    /// They are base64. What is text inside is looked at, what is not passes.
    Encoded,
}

/// A table of places. Each is the keys on the way to it; `[]` is an element of an array, and a key that ends in `*` is every
/// key that begins so. A batch of documents is treated like each of them.
///
/// Keys are compared as they are written: one with escapes is none of the table, and its value is looked at.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    nodes: Arc<[Node]>,
    /// The keys behind which base64 may be, each once.
    encoded: Arc<[Box<str>]>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    children: Vec<Child>,
    treatment: Treatment,
}

/// Where a key leads.
#[derive(Clone, Debug)]
struct Child {
    key: Box<str>,
    /// Whether it is every key that begins so.
    begins: bool,
    node: u16,
}

/// Where a walk is in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// At a node.
    At(u16),
    /// Below something that passes.
    Spared,
    /// Off the table.
    Off,
}

const ELEMENT: &str = "[]";

impl Paths {
    /// A table. Where two entries name one place, the later one counts.
    pub fn new(entries: &[(&[&str], Treatment)]) -> Self {
        let mut nodes = vec![Node::default()];
        for (path, treatment) in entries {
            let mut at = 0;
            for key in *path {
                at = descend(&mut nodes, at, key);
            }
            if let Some(node) = nodes.get_mut(usize::from(at)) {
                node.treatment = *treatment;
            }
        }
        let is_encoded = |child: &&Child| {
            nodes.get(usize::from(child.node)).is_some_and(|node| node.treatment == Treatment::Encoded)
        };
        let encoded = nodes.iter().flat_map(|node| &node.children).filter(is_encoded);
        let encoded: BTreeSet<Box<str>> = encoded.map(|child| child.key.clone()).collect();
        Self { encoded: encoded.into_iter().collect(), nodes: nodes.into() }
    }

    /// Whether the raw document has a key in it behind which the table says that base64 may be.
    pub(crate) fn may_be_encoded(&self, bytes: &[u8]) -> bool {
        if self.encoded.is_empty() {
            return false;
        }
        let Ok(document) = std::str::from_utf8(bytes) else { return true };
        self.encoded.iter().any(|key| **key == *ELEMENT || document.contains(&**key))
    }

    /// Where a document begins.
    pub(crate) fn root(&self) -> Place {
        if self.nodes.is_empty() { Place::Off } else { Place::At(0) }
    }

    /// The value of a key.
    pub(crate) fn member(&self, place: Place, key: &[u8]) -> Place {
        self.child(place, |child| {
            let have = child.key.as_bytes();
            if child.begins { key.starts_with(have) } else { key == have }
        })
    }

    /// An element of an array.
    pub(crate) fn element(&self, place: Place) -> Place {
        match place {
            Place::At(0) => place,
            _ => self.child(place, |child| *child.key == *ELEMENT),
        }
    }

    pub(crate) fn treatment(&self, place: Place) -> Treatment {
        match place {
            Place::At(node) => match self.nodes.get(usize::from(node)).map(|node| node.treatment) {
                // What is below has another place.
                Some(Treatment::SpareAlone) => Treatment::Spare,
                found => found.unwrap_or_default(),
            },
            Place::Spared => Treatment::Spare,
            Place::Off => Treatment::Look,
        }
    }

    fn child(&self, place: Place, fits: impl Fn(&Child) -> bool) -> Place {
        let Place::At(node) = place else { return place };
        let Some(node) = self.nodes.get(usize::from(node)) else { return Place::Off };
        if node.treatment == Treatment::Spare {
            return Place::Spared;
        }
        let found = node.children.iter().find(|child| fits(child));
        found.map_or(Place::Off, |child| Place::At(child.node))
    }
}

fn descend(nodes: &mut Vec<Node>, at: u16, key: &str) -> u16 {
    let next = u16::try_from(nodes.len()).unwrap_or(u16::MAX);
    let Some(node) = nodes.get_mut(usize::from(at)) else { return at };
    let (key, begins) = key.strip_suffix('*').map_or((key, false), |start| (start, true));
    if let Some(child) = node.children.iter().find(|child| *child.key == *key && child.begins == begins) {
        return child.node;
    }
    node.children.push(Child { key: key.into(), begins, node: next });
    nodes.push(Node::default());
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found() {
        let paths = Paths::new(&[
            (&["result", "tools"], Treatment::Spare),
            (&["result", "content", "[]", "data"], Treatment::Encoded),
            (&["result", "_meta", "io.example/*"], Treatment::Spare),
            (&["id"], Treatment::SpareAlone),
        ]);
        let walk = |keys: &[&str]| {
            let mut place = paths.root();
            for key in keys {
                place = if *key == ELEMENT { paths.element(place) } else { paths.member(place, key.as_bytes()) };
            }
            paths.treatment(place)
        };
        assert_eq!(walk(&["result", "tools", "[]", "name"]), Treatment::Spare);
        assert_eq!(walk(&["[]", "result", "tools"]), Treatment::Spare);
        assert_eq!(walk(&["result", "content", "[]", "data"]), Treatment::Encoded);
        assert_eq!(walk(&["id"]), Treatment::Spare);
        assert_eq!([walk(&["id", "x"]), walk(&["id", "[]"]), walk(&["id", "[]", "x"])], [Treatment::Look; 3]);
        assert_eq!(walk(&["result", "_meta", "io.example/token"]), Treatment::Spare);
        for looked in [&["tools"][..], &["result", "content", "data"], &["result", "_meta", "other"], &["result"]] {
            assert_eq!(walk(looked), Treatment::Look, "{looked:?}");
        }
        assert_eq!(Paths::default().treatment(Paths::default().root()), Treatment::Look);
    }

    #[test]
    fn base64_without_a_digit_is_looked_at() {
        let text = r#"{"result":{"content":[{"type":"resource","data":"eGplIGJqQGNqLmNvbQ=="}]}}"#;
        assert!(!text.bytes().any(|byte| byte.is_ascii_digit()));
        let paths = Paths::new(&[(&["result", "content", "[]", "data"], Treatment::Encoded)]);
        let scanner = crate::Scanner::new(crate::Config::default()).with_paths(paths);
        assert_eq!(scanner.scan(text).len(), 1);
        assert_eq!(crate::Scanner::new(crate::Config::default()).scan(text).len(), 0);
    }
}
