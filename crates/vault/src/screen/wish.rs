//! What a client asks for, by two headers. They stay here: no server sees them.

use http::HeaderMap;

use super::settings::Switch;

/// Whether answers are masked before the model sees them.
pub const BEFORE_LLM: &str = "x-mask-pii-before-llm";
/// Whether logs are.
pub const IN_LOGS: &str = "x-mask-pii-in-logs";

/// What a client wishes; `None` where it says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wishes {
    /// For answers.
    pub before_llm: Option<Switch>,
    /// For logs.
    pub in_logs: Option<Switch>,
}

/// A header that says neither on nor off.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the header {0} is one of: true, false, 1, 0, on, off")]
pub struct BadWish(pub &'static str);

impl Wishes {
    /// Reads both headers.
    ///
    /// # Errors
    /// [`BadWish`] for any other value, and for two that differ: a guess could show what was to be hidden.
    pub fn read(headers: &HeaderMap) -> Result<Self, BadWish> {
        Ok(Self { before_llm: one(headers, BEFORE_LLM)?, in_logs: one(headers, IN_LOGS)? })
    }
}

fn one(headers: &HeaderMap, name: &'static str) -> Result<Option<Switch>, BadWish> {
    let mut found = None;
    for value in headers.get_all(name) {
        let wish = value.to_str().ok().and_then(read).ok_or(BadWish(name))?;
        if found.is_some_and(|other| other != wish) {
            return Err(BadWish(name));
        }
        found = Some(wish);
    }
    Ok(found)
}

/// A switch as people write it; the environment has the same words.
pub fn read(text: &str) -> Option<Switch> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "on" => Some(Switch::On),
        "false" | "0" | "off" => Some(Switch::Off),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn wishes(values: &[&str]) -> Result<Option<Switch>, BadWish> {
        let name = HeaderName::from_static(BEFORE_LLM);
        let headers = values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        Wishes::read(&map).map(|wishes| wishes.before_llm)
    }

    #[test]
    fn a_wish_is_plain_or_refused() {
        for on in ["true", "1", "on", " TRUE ", "On"] {
            assert_eq!(wishes(&[on]), Ok(Some(Switch::On)), "{on}");
        }
        for off in ["false", "0", "OFF"] {
            assert_eq!(wishes(&[off]), Ok(Some(Switch::Off)), "{off}");
        }
        assert_eq!(wishes(&[]), Ok(None));
        assert_eq!(wishes(&["on", "true"]), Ok(Some(Switch::On)));
        for bad in [&["yes"][..], &[""], &["on, off"], &["on", "off"], &["tru"]] {
            assert_eq!(wishes(bad), Err(BadWish(BEFORE_LLM)), "{bad:?}");
        }
    }
}
