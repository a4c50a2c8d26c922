//! What a client asks for, by two headers. They stay here: no server sees them.

use http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};

use super::settings::Switch;

/// Whether answers are masked before the model sees them.
pub const BEFORE_LLM: &str = "x-mask-pii-before-llm";
/// Whether logs are.
pub const IN_LOGS: &str = "x-mask-pii-in-logs";

/// The same, made already.
static NAMES: [HeaderName; 2] = [HeaderName::from_static(BEFORE_LLM), HeaderName::from_static(IN_LOGS)];

/// What a client wishes; `None` where it says nothing. It is read once, where a request arrives, and goes with it. In JSON it
/// is what a session remembers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Wishes {
    /// For answers.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub before_llm: Option<Switch>,
    /// For logs.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub in_logs: Option<Switch>,
}

/// A header that says neither on nor off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the header {0} is one of: true, false, 1, 0, on, off")]
pub struct BadWish(pub &'static str);

impl Wishes {
    /// What is hidden of a request whose wishes cannot be read.
    pub const HIDING: Self = Self { before_llm: Some(Switch::On), in_logs: Some(Switch::On) };

    /// Reads both headers.
    ///
    /// # Errors
    /// [`BadWish`] for any other value, and for two that differ: a guess could show what was to be hidden.
    pub fn read(headers: &HeaderMap) -> Result<Self, BadWish> {
        let [before_llm, in_logs] = &NAMES;
        Ok(Self { before_llm: one(headers, before_llm, BEFORE_LLM)?, in_logs: one(headers, in_logs, IN_LOGS)? })
    }

    /// Reads them where nobody refuses: what cannot be read hides.
    pub fn of(headers: &HeaderMap) -> Self {
        Self::read(headers).unwrap_or(Self::HIDING)
    }

    /// Whether nothing is wished.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What of it hides more.
    #[must_use]
    pub fn tightening(self) -> Self {
        let on = |wish: Option<Switch>| wish.filter(|switch| *switch == Switch::On);
        Self { before_llm: on(self.before_llm), in_logs: on(self.in_logs) }
    }

    /// These, for a stream that goes on: what was hidden when it began stays hidden.
    #[must_use]
    pub fn going_on_from(self, begun: Self) -> Self {
        let hides = begun.before_llm.filter(|switch| *switch == Switch::On);
        Self { before_llm: hides.or(self.before_llm), ..self.or(begun) }
    }

    /// These where they say something, the others where they do not.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self { before_llm: self.before_llm.or(others.before_llm), in_logs: self.in_logs.or(others.in_logs) }
    }
}

fn one(headers: &HeaderMap, name: &HeaderName, said: &'static str) -> Result<Option<Switch>, BadWish> {
    let mut found = None;
    for value in headers.get_all(name) {
        let wish = value.to_str().ok().and_then(read).ok_or(BadWish(said))?;
        if found.is_some_and(|other| other != wish) {
            return Err(BadWish(said));
        }
        found = Some(wish);
    }
    Ok(found)
}

/// A switch as people write it; the environment has the same words.
pub fn read(text: &str) -> Option<Switch> {
    let is = |word: &&str| text.trim_ascii().eq_ignore_ascii_case(word);
    if ["true", "1", "on"].iter().any(is) {
        Some(Switch::On)
    } else {
        ["false", "0", "off"].iter().any(is).then_some(Switch::Off)
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
    fn what_is_remembered_stands_where_nothing_is_said() {
        let remembered = Wishes { before_llm: Some(Switch::On), in_logs: Some(Switch::Off) };
        assert_eq!(Wishes::default().or(remembered), remembered);
        let said = Wishes { before_llm: Some(Switch::Off), in_logs: None };
        assert_eq!(said.or(remembered), Wishes { before_llm: Some(Switch::Off), in_logs: Some(Switch::Off) });
        assert_eq!(said.going_on_from(remembered), remembered.or(said), "a stream hides what it hid");
        assert_eq!(remembered.going_on_from(said), remembered);
        assert_eq!(remembered.tightening(), Wishes { before_llm: Some(Switch::On), in_logs: None });
        let json = serde_json::to_string(&remembered).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str(&json).unwrap()), (r#"{"a":"on","l":"off"}"#, remembered));
        assert!(serde_json::from_str::<Wishes>(r#"{"a":"maybe"}"#).is_err());
    }

    #[test]
    fn what_cannot_be_read_hides() {
        let mut headers = HeaderMap::new();
        headers.insert(IN_LOGS, HeaderValue::from_static("off"));
        assert_eq!(Wishes::of(&headers), Wishes { before_llm: None, in_logs: Some(Switch::Off) });
        headers.insert(BEFORE_LLM, HeaderValue::from_static("maybe"));
        assert_eq!(Wishes::of(&headers), Wishes::HIDING);
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
