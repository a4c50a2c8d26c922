//! What every page has in common: the frame it is drawn in, and the headers it goes out with.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::settings::AuthSettings;

/// What the base template needs.
pub(crate) struct Shell {
    /// The name of the installation.
    pub(crate) product: String,
    /// The token that every form carries.
    pub(crate) csrf: String,
}

/// Where forms of a page may lead, for `form-action`. Chromium applies it to every redirect that follows a form too,
/// so a page on the way to a client must allow the client's answer, and where that client sends people next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Leads {
    /// Only to ourselves.
    Home,
    /// In the end to a redirect URI of this scheme.
    ToClient(String),
}

impl Leads {
    /// For a proven redirect URI.
    pub(crate) fn to(redirect_uri: &str) -> Self {
        let scheme = redirect_uri.split_once(':').map_or("", |(scheme, _)| scheme);
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let fine = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(legal);
        if fine { Self::ToClient(scheme.to_ascii_lowercase()) } else { Self::Home }
    }

    fn form_action(&self) -> String {
        match self {
            Self::Home => "'self'".to_owned(),
            Self::ToClient(scheme) if scheme == "https" => "'self' https:".to_owned(),
            Self::ToClient(scheme) => format!("'self' https: {scheme}:"),
        }
    }
}

/// A page with all its headers (OWASP ASVS 5 section 3.4, RFC 9700 section 4.16).
pub(crate) fn page(settings: &AuthSettings, status: StatusCode, html: String, leads: &Leads) -> Response {
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action {}; frame-ancestors 'none'; base-uri 'none'",
        leads.form_action()
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if *leads == Leads::Home {
        // Not on the way to a client: a web client that opened us in a window of its own waits for that window, and
        // this header would cut the two apart.
        headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    }
    guard(settings, &mut response);
    response
}

/// The headers that every answer to a browser carries, redirects too.
pub(crate) fn guard(settings: &AuthSettings, response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if settings.public_url.starts_with("https://") {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_on_the_way_to_a_client_may_lead_there() {
        let action = |uri: &str| Leads::to(uri).form_action();
        assert_eq!(action("https://app.example.com/cb"), "'self' https:");
        assert_eq!(action("http://127.0.0.1:4000/cb"), "'self' https: http:");
        assert_eq!(action("cursor://anysphere/cb"), "'self' https: cursor:");
        for odd in ["", "no scheme", "; script-src *:x", "1a:b"] {
            assert_eq!(action(odd), "'self'", "{odd}");
        }
    }
}
