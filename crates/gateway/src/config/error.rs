//! Configuration mistakes: file, line, what is wrong, what to do.

use std::fmt;

/// One mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// The file, as it was named.
    pub file: String,
    /// Counted from one; `None` when the mistake is that something is missing altogether.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}\n  remedy: {}", self.file, self.what, self.remedy),
            None => write!(f, "{}: {}\n  remedy: {}", self.file, self.what, self.remedy),
        }
    }
}

/// All mistakes of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// Just one.
    pub fn one(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The line of a byte offset, counted from one.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// A mistake that the TOML reader or serde found.
pub(super) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let message = error.message().trim().to_owned();
    ConfigError {
        file: file.to_owned(),
        line: error.span().map(|span| line_of(text, span.start)),
        remedy: remedy_for(&message),
        what: message,
    }
}

fn remedy_for(message: &str) -> String {
    if let Some((unknown, known)) = unknown_field(message) {
        return match nearest(unknown, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("use one of: {}", known.join(", ")),
        };
    }
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("add a line `{} = …`", field.trim_matches('`'));
    }
    if message.starts_with("a secret ") {
        return "write { env = \"NAME\" } or { file = \"path\" }, and put the secret there".to_owned();
    }
    if message.starts_with("a mask is ") {
        return "write `mask = true`, `mask = \"pseudonym\"` or `mask = { CREDIT_CARD = \"block\" }`".to_owned();
    }
    if message.starts_with("unknown variant") {
        return "use one of the values named".to_owned();
    }
    "see docs/configuration.md for the form of this entry".to_owned()
}

/// Serde says: unknown field `x`, expected one of `a`, `b`.
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    Some((unknown, quoted.collect()))
}

fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let best = known.iter().map(|name| (distance(word, name), *name)).min()?;
    (best.0 <= 1 + word.len() / 4).then_some(best.1)
}

/// Levenshtein distance, one row at a time.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let next = (before + usize::from(x != y)).min(left + 1).min(*cell + 1);
            before = *cell;
            *cell = next;
            left = next;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn a_misspelt_key_is_recognised() {
        let message = "unknown field `publik_url`, expected one of `public_url`, `listen`";
        assert_eq!(remedy_for(message), "did you mean `public_url`?");
    }
}
