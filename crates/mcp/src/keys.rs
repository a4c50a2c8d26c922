//! Keys that differ only by letter case. Some readers ignore case (Go's `encoding/json`, Java's
//! `equalsIgnoreCase`), so a variant beside or instead of a known key would be read in two ways.

use std::borrow::Cow;

/// Whether `key` is a case variant of one of the known ASCII keys, without being one of them.
pub(crate) fn is_variant_of(key: &str, known: &[&str]) -> bool {
    if known.contains(&key) {
        return false;
    }
    let folded = fold(key);
    known.iter().any(|name| name.eq_ignore_ascii_case(&folded))
}

/// Up to this many plain keys are compared pair by pair, which needs no memory.
const FEW: usize = 8;

/// Two of the keys that differ only by letter case.
pub(crate) fn variant_pair<'k>(keys: impl Iterator<Item = &'k str> + Clone) -> Option<(&'k str, &'k str)> {
    if keys.clone().take(FEW + 1).count() <= FEW && keys.clone().all(str::is_ascii) {
        let earlier = |at: usize, key: &str| keys.clone().take(at).find(|other| other.eq_ignore_ascii_case(key));
        return keys.clone().enumerate().find_map(|(at, key)| Some((earlier(at, key)?, key)));
    }
    let mut folded: Vec<(Cow<'k, str>, &'k str)> = keys.map(|key| (lower(key), key)).collect();
    folded.sort_unstable();
    folded.iter().zip(folded.iter().skip(1)).find(|(a, b)| a.0 == b.0).map(|(a, b)| (a.1, b.1))
}

fn lower(key: &str) -> Cow<'_, str> {
    match fold(key) {
        Cow::Borrowed(same) if same.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            Cow::Owned(same.to_ascii_lowercase())
        }
        other => other,
    }
}

/// Folds what is not ASCII: upper case, then lower case, so that K (U+212A), ſ (U+017F) and the Turkish i's meet
/// their ASCII letters. It folds more than the simple folding of Unicode; the cost is refusing odd siblings.
fn fold(key: &str) -> Cow<'_, str> {
    if key.is_ascii() {
        return Cow::Borrowed(key);
    }
    let dotless = |letter: char| if letter == '\u{130}' { 'i' } else { letter };
    Cow::Owned(key.chars().map(dotless).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_known_keys_are_seen() {
        let known = ["jsonrpc", "id", "method", "params"];
        for variant in ["Method", "METHOD", "Id", "\u{131}d", "\u{130}D", "param\u{17f}", "P\u{41}rams"] {
            assert!(is_variant_of(variant, &known), "{variant}");
        }
        assert!(is_variant_of("to\u{212a}en", &["token"]));
        for other in ["method", "methods", "metho", "", "m\u{e9}thod"] {
            assert!(!is_variant_of(other, &known), "{other}");
        }
    }

    #[test]
    fn siblings_that_differ_by_case_are_seen() {
        assert_eq!(variant_pair(["a", "b", "A"].into_iter()), Some(("a", "A")));
        let many = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "a", "b", "A"];
        assert_eq!(variant_pair(many.into_iter()), Some(("A", "a")));
        assert!(variant_pair(["k", "\u{212a}"].into_iter()).is_some());
        assert!(variant_pair(["\u{c9}", "\u{e9}"].into_iter()).is_some());
        assert_eq!(variant_pair(["a", "b", "ab"].into_iter()), None);
    }
}
