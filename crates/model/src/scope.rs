//! Scopes: what a person gave to a client (RFC 6749 section 3.3).

use std::{collections::BTreeSet, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One scope token: visible ASCII without space, `"` and `\` (RFC 6749 appendix A.4).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Scope(Arc<str>);

impl Scope {
    /// Checks the characters; `None` for an empty or illegal token, or one of more than 128 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let legal = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        (!text.is_empty() && text.len() <= 128 && text.bytes().all(legal)).then(|| Self(text.into()))
    }

    /// The scope as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of scopes; its text form is sorted and separated by single spaces. Shared: a clone copies a pointer.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ScopeSet(Arc<BTreeSet<Scope>>);

impl ScopeSet {
    /// Parses the `scope` parameter. `None` for an illegal token or more than 64 of them.
    pub fn parse(text: &str) -> Option<Self> {
        let scopes =
            text.split(' ').filter(|part| !part.is_empty()).map(Scope::parse).collect::<Option<BTreeSet<_>>>()?;
        (scopes.len() <= 64).then(|| Self(Arc::new(scopes)))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether this exact scope is in the set.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|have| have.as_str() == scope)
    }

    /// In sorted order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// Adds one.
    pub fn insert(&mut self, scope: Scope) {
        Arc::make_mut(&mut self.0).insert(scope);
    }

    /// What both have.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.0.intersection(&other.0).cloned().collect()
    }

    /// What either has.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.0.union(&other.0).cloned().collect()
    }

    /// Whether all of these are in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(Arc::new(scopes.into_iter().collect()))
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, scope) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("illegal scope"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sorted_and_deduplicated() {
        let set = ScopeSet::parse("tools:* a  b a").unwrap();
        assert_eq!(set.to_string(), "a b tools:*");
    }

    #[test]
    fn illegal_tokens_are_refused() {
        for bad in ["a\"b", "a\\b", "a\tb", "a\u{e9}", "a\u{7f}"] {
            assert_eq!(ScopeSet::parse(bad), None, "{bad:?}");
        }
    }
}
