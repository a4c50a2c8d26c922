//! The query of a request, read leniently: an absent, empty or repeated field is none.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

/// The fields of a query.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// The trimmed value of a field.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim());
        let first = values.next().filter(|value| !value.is_empty())?;
        values.next().is_none().then_some(first)
    }

    /// A number, or its name when it is none.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<u64>, &'static str> {
        self.text(name).map(|text| text.parse().map_err(|_| name)).transpose()
    }

    /// One of some words, or its name when it is another.
    pub(crate) fn one_of(&self, name: &'static str, words: &[&str]) -> Result<Option<String>, &'static str> {
        match self.text(name) {
            Some(word) if !words.contains(&word) => Err(name),
            other => Ok(other.map(str::to_owned)),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let text = parts.uri.query().unwrap_or("");
        Ok(Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect()))
    }
}
