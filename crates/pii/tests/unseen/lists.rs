//! The lists of `data/`, and the patterns that their entries are.

use std::collections::HashMap;

use vestibule_pii::Kind;

use crate::{numbers, random::Random};

/// A list: what its entries are, and the entries.
struct List {
    kind: Option<Kind>,
    entries: Vec<&'static str>,
}

/// All lists by name.
pub(crate) struct Lists(HashMap<&'static str, List>);

static FILES: [&str; 3] =
    [include_str!("data/people.txt"), include_str!("data/values.txt"), include_str!("data/streets.txt")];

impl Lists {
    pub(crate) fn read() -> Self {
        let mut lists = HashMap::new();
        let mut name = "";
        for line in FILES.iter().flat_map(|file| file.lines()) {
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            if let Some(head) = line.strip_prefix('@') {
                let (list, kind) = head.split_once(' ').unwrap_or((head, ""));
                name = list;
                lists.insert(name, List { kind: Kind::from_name(kind), entries: Vec::new() });
                continue;
            }
            lists.get_mut(name).expect("an entry is in a list").entries.push(line);
        }
        Self(lists)
    }

    /// A value of a list, or one that is computed; and what it is.
    pub(crate) fn value(&self, name: &str, random: &mut Random) -> (String, Option<Kind>) {
        if let Some((value, kind)) = numbers::computed(name, random) {
            return (value, Some(kind));
        }
        let list = self.0.get(name).unwrap_or_else(|| unreachable!("no list is called {name}"));
        let entry = random.pick(&list.entries);
        let mut value = String::new();
        self.expand(entry, random, &mut value);
        (value, list.kind)
    }

    /// Writes what the pattern stands for.
    fn expand(&self, pattern: &str, random: &mut Random, out: &mut String) {
        let mut rest = pattern;
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            match letter {
                '#' => out.push(char::from(b'0' + random.digit())),
                '%' => out.push(char::from(b'1' + random.below(9) as u8)),
                '?' => out.push(char::from(b'2' + random.below(8) as u8)),
                '^' => out.push(char::from(b'A' + random.below(26) as u8)),
                '~' => out.push(char::from(b"0123456789abcdef"[random.below(16)])),
                '⏎' => out.push('\n'),
                '\\' => {
                    let next = rest.chars().next().expect("something follows a backslash");
                    out.push(next);
                    rest = &rest[next.len_utf8()..];
                }
                '[' => {
                    let (choices, after) = rest.split_once(']').expect("a choice is closed");
                    let choices: Vec<&str> = choices.split('|').collect();
                    self.expand(random.pick(&choices), random, out);
                    rest = after;
                }
                '{' => {
                    let (name, after) = rest.split_once('}').expect("a name is closed");
                    out.push_str(&self.value(name, random).0);
                    rest = after;
                }
                _ => out.push(letter),
            }
        }
    }
}
