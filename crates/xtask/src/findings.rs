//! What a check found: a place and a sentence each.

/// A list of things to mend.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<String>);

impl Findings {
    /// Notes one: where, and what is wrong with it.
    pub(crate) fn note(&mut self, place: impl std::fmt::Display, wrong: impl std::fmt::Display) {
        self.0.push(format!("{place}: {wrong}"));
    }

    /// Takes over what another check found.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Nothing to mend?
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// One line each, on standard output.
    pub(crate) fn print(&self) {
        for line in &self.0 {
            println!("{line}");
        }
    }

    /// Whether one of them contains these words; for tests.
    #[cfg(test)]
    pub(crate) fn mention(&self, words: &str) -> bool {
        self.0.iter().any(|line| line.contains(words))
    }
}
