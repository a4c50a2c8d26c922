//! Where somebody goes after signing in: back to an authorization request, or to a page of ours.

use form_urlencoded::Serializer;

/// The way on; travels from page to page in the query and in hidden fields.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Onward {
    /// The token of an authorization request that waits.
    pub(crate) flow: Option<String>,
    /// A path of ours.
    pub(crate) return_to: Option<String>,
}

/// Longer than any token or path of ours.
const LONGEST: usize = 512;

impl Onward {
    /// From untrusted values. What is not fit is dropped: then the account page is next.
    pub(crate) fn parse(flow: Option<&str>, return_to: Option<&str>) -> Self {
        let token = |text: &&str| {
            text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        };
        Self {
            flow: flow.filter(|text| !text.is_empty()).filter(token).map(str::to_owned),
            return_to: return_to.filter(|path| is_own_path(path)).map(str::to_owned),
        }
    }

    /// From the query of a request.
    pub(crate) fn from_query(query: Option<&str>) -> Self {
        let query = query.unwrap_or("").as_bytes();
        let find = |name: &str| form_urlencoded::parse(query).find(|(key, _)| key == name).map(|(_, value)| value);
        Self::parse(find("flow").as_deref(), find("return_to").as_deref())
    }

    /// As a query, without the question mark; may be empty.
    pub(crate) fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        if let Some(flow) = &self.flow {
            query.append_pair("flow", flow);
        }
        if let Some(path) = &self.return_to {
            query.append_pair("return_to", path);
        }
        query.finish()
    }

    /// A page of ours with this way on in its query.
    pub(crate) fn on(&self, path: &str) -> String {
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Where to go once signed in.
    pub(crate) fn destination(&self) -> String {
        match (&self.flow, &self.return_to) {
            (Some(_), _) => self.on("/consent"),
            (None, Some(path)) => path.clone(),
            (None, None) => "/account".to_owned(),
        }
    }
}

/// Whether a text is an absolute path on our own origin, whatever a browser makes of it: no second slash or backslash
/// that would start a host, nothing that a browser strips or decodes into one.
fn is_own_path(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~?=&".contains(&byte);
    let (only_path, _) = path.split_once('?').unwrap_or((path, ""));
    path.len() <= LONGEST
        && path.starts_with('/')
        && !path.contains("//")
        && path.bytes().all(plain)
        && !only_path.split('/').any(|segment| segment == "." || segment == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_to_stays_at_home() {
        for own in ["/account", "/console/users?page=2&q=a.b", "/connect/github", "/"] {
            assert_eq!(Onward::parse(None, Some(own)).destination(), own);
        }
    }

    #[test]
    fn open_redirect_corpus_is_refused() {
        for evil in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https:evil.example",
            "https://evil.example",
            "///evil",
            "/\t/evil",
            "/\n/evil",
            "/%0d%0aSet-Cookie:x",
            "/\r\nSet-Cookie: x=y",
            "javascript:alert(1)",
            "data:text/html,x",
            "evil.example",
            "",
            "/%2f/evil",
            "/%5cevil",
            "/..//evil",
            "/../account",
            "/./x",
            "/a//evil.example",
            "/@evil.example",
            "/account#x",
            " /account",
            "/account ",
            "/\u{ff0f}evil.example",
            "/:8080",
            "?x",
            "/x?y=//evil.example",
        ] {
            assert_eq!(Onward::parse(None, Some(evil)).destination(), "/account", "{evil:?}");
        }
    }

    #[test]
    fn the_way_on_survives_the_query() {
        let onward = Onward::parse(Some("vfl_abc-DEF"), Some("/account"));
        assert_eq!(Onward::from_query(Some(&onward.query())), onward);
        assert_eq!(Onward::from_query(None), Onward::default());
        assert_eq!(Onward::parse(Some("a&b=c"), None).flow, None);
    }
}
