//! What a client asks for, by two headers. They stay here: no server sees them.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::settings::Switch;

/// Whether answers are masked before the model sees them.
pub const BEFORE_LLM: &str = "x-mask-pii-before-llm";
/// Whether logs are.
pub const IN_LOGS: &str = "x-mask-pii-in-logs";

/// The same, read already: every request is asked for them several times.
static NAMES: [HeaderName; 2] = [HeaderName::from_static(BEFORE_LLM), HeaderName::from_static(IN_LOGS)];

/// What a client wishes; `None` where it says nothing. In JSON it is what a session remembers.
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
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the header {0} is one of: true, false, 1, 0, on, off")]
pub struct BadWish(pub &'static str);

impl Wishes {
    /// Reads both headers.
    ///
    /// # Errors
    /// [`BadWish`] for any other value, and for two that differ: a guess could show what was to be hidden.
    pub fn read(headers: &HeaderMap) -> Result<Self, BadWish> {
        let [before_llm, in_logs] = &NAMES;
        Ok(Self { before_llm: one(headers, before_llm, BEFORE_LLM)?, in_logs: one(headers, in_logs, IN_LOGS)? })
    }

    /// Reads headers that were let in at the door. What cannot be read hides.
    pub fn of(headers: &HeaderMap) -> Self {
        Self::read(headers).unwrap_or(Self { before_llm: Some(Switch::On), in_logs: Some(Switch::On) })
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

    /// Says it in the headers of a request, where they say nothing themselves. It is worth there what the same header
    /// would be worth.
    pub fn where_unsaid(self, headers: &mut HeaderMap) {
        for (name, wish) in NAMES.iter().zip([self.before_llm, self.in_logs]) {
            let Some(switch) = wish.filter(|_| !headers.contains_key(name)) else { continue };
            let text = if switch == Switch::On { "on" } else { "off" };
            headers.insert(name.clone(), HeaderValue::from_static(text));
        }
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
        let mut silent = HeaderMap::new();
        remembered.where_unsaid(&mut silent);
        assert_eq!(Wishes::read(&silent), Ok(remembered));
        let mut said = HeaderMap::new();
        said.insert(BEFORE_LLM, HeaderValue::from_static("0"));
        remembered.where_unsaid(&mut said);
        assert_eq!(Wishes::read(&said), Ok(Wishes { before_llm: Some(Switch::Off), in_logs: Some(Switch::Off) }));
        assert_eq!(remembered.tightening(), Wishes { before_llm: Some(Switch::On), in_logs: None });
        let json = serde_json::to_string(&remembered).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str(&json).unwrap()), (r#"{"a":"on","l":"off"}"#, remembered));
        assert!(serde_json::from_str::<Wishes>(r#"{"a":"maybe"}"#).is_err());
        // What cannot be read was refused at the door; if it comes here all the same, it hides.
        silent.insert(BEFORE_LLM, HeaderValue::from_static("maybe"));
        assert_eq!(Wishes::of(&silent), Wishes { before_llm: Some(Switch::On), in_logs: Some(Switch::On) });
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
