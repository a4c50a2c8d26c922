//! Names that a person or a model takes for another: `query_Ieaves` for `query_leaves`.
//!
//! Two foldings, both small. *Style*: letter case and everything but letters and digits is dropped, so `getUser`,
//! `get-user` and `get_user` are one. *Skeleton* (Unicode technical standard 39, section 4): each character becomes the
//! one it looks like (`0` and `O`, `1`, `l` and `I`, Cyrillic `а` and Latin `a`), then style is dropped as well. `i`
//! counts as `l` too, because dropping the case makes one of `I`.

use unicode_security::confusable_detection::skeleton as confusable;

/// What of a name is compared with others. Two different names with the same `look` can be taken for one another; when
/// their `style` is the same too, they differ in case and separators only.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Skeleton {
    /// Without case and separators.
    pub style: String,
    /// The same, of the characters that each character looks like.
    pub look: String,
}

impl Skeleton {
    /// Of a name.
    pub fn of(name: &str) -> Self {
        let style = fold(name.chars());
        // The style goes through it once more, so that equal styles always have equal looks.
        let look = |name: &str| fold(confusable(name)).replace('i', "l");
        Self { look: look(&look(name)), style }
    }
}

/// Letters and digits without case. A name without any stays as it is, or all such names would be one.
fn fold(name: impl Iterator<Item = char>) -> String {
    let all: String = name.collect();
    let kept: String =
        all.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if kept.is_empty() { all } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(PartialEq, Eq, Debug)]
    enum Likeness {
        Look,
        Style,
    }
    use Likeness::{Look, Style};

    fn likeness(one: &str, other: &str) -> Option<Likeness> {
        let (one, other) = (Skeleton::of(one), Skeleton::of(other));
        match (one.look == other.look, one.style == other.style) {
            (true, true) => Some(Style),
            (true, false) => Some(Look),
            (false, same_style) => {
                assert!(!same_style, "equal styles have equal looks: {one:?} {other:?}");
                None
            }
        }
    }

    #[test]
    fn what_looks_alike_is_found() {
        for (one, other) in [
            ("query_leaves", "query_Ieaves"),
            ("query_leaves", "query_1eaves"),
            ("get_org_info", "get_0rg_info"),
            ("LIST", "1ist"),
            ("read_file", "re\u{430}d_file"),
            ("read_file", "read_\u{ff46}ile"),
            ("list", "li\u{15b}t"),
            ("normal", "norrnal"),
        ] {
            assert_eq!(likeness(one, other), Some(Look), "{one} {other}");
        }
        for (one, other) in
            [("query_leaves", "queryLeaves"), ("a-b", "A_B"), ("read", "read\u{200b}"), ("read", " read"), ("a", "A")]
        {
            assert_eq!(likeness(one, other), Some(Style), "{one} {other}");
        }
    }

    #[test]
    fn names_of_their_own_are_left_alone() {
        let names = [
            "query_leaves",
            "get_leave_balance",
            "query_expenses",
            "create_leave_request",
            "clock_action",
            "get_team_members",
            "list_projects",
            "list_project",
            "publish_schedule",
            "read",
            "write",
            "--",
            "__",
            "",
        ];
        for (at, one) in names.iter().enumerate() {
            for other in names.iter().skip(at + 1) {
                assert_eq!(likeness(one, other), None, "{one} {other}");
            }
        }
    }
}
