//! Browser sessions: cookie → signed-in user. And what protects forms from other sites.

use std::{net::IpAddr, sync::Arc, time::Duration};

use http::{HeaderMap, header};
use vestibule_model::{
    Authentication, Clock, Digest, OpaqueToken, Random, SessionId, TokenKind, User, UserId, secret::constant_time_eq,
};
use vestibule_store::{Store, StoreError, sessions::SessionRecord};

/// `__Host-`: no other host, path or plain-text connection can have set it (RFC 6265bis section 4.1.3.2).
pub const SESSION_COOKIE: &str = "__Host-vestibule";

/// The address of the peer, as the listener saw it; an extension of every request. No header has a say in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeerAddress(pub IpAddr);

/// How long sessions last (NIST SP 800-63B-4 section 2.2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionLife {
    /// Without a request for this long, it ends.
    pub idle: Duration,
    /// After this it ends in any case.
    pub absolute: Duration,
}

impl Default for SessionLife {
    fn default() -> Self {
        Self { idle: Duration::from_secs(60 * 60), absolute: Duration::from_secs(24 * 60 * 60) }
    }
}

/// The session is moved on at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(60);
const LONGEST_USER_AGENT: usize = 256;

/// Somebody who is signed in, in this browser.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: SessionRecord,
    /// The user, as the directory knows them now.
    pub user: Arc<User>,
}

/// Where a browser is, for the list of sessions.
#[derive(Clone, Debug, Default)]
pub struct Whereabouts {
    /// The peer's address.
    pub address: Option<IpAddr>,
    /// What it calls itself.
    pub user_agent: Option<String>,
}

impl Whereabouts {
    /// From a request: printable ASCII of `User-Agent`, cut.
    pub fn of(headers: &HeaderMap, address: Option<IpAddr>) -> Self {
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Self { address, user_agent: agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect()) }
    }
}

/// Finds, starts and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    life: SessionLife,
}

impl Sessions {
    /// Sessions in this store.
    pub fn new(store: Store, clock: Arc<dyn Clock>, random: Arc<dyn Random>, life: SessionLife) -> Self {
        Self { store, clock, random, life }
    }

    /// Who is signed in; nobody when there is no cookie, two of them, a malformed, unknown or ended one, or when the
    /// user is disabled.
    pub async fn find(&self, headers: &HeaderMap) -> Result<Option<SignedIn>, StoreError> {
        let presented =
            find_cookie(headers, SESSION_COOKIE).and_then(|value| OpaqueToken::parse(TokenKind::Session, value));
        let Some(digest) = presented else { return Ok(None) };
        let Some(session) = self.store.find_session(digest).await? else { return Ok(None) };
        let user = self.store.directory().find(&session.user).cloned();
        let Some(user) = user.filter(|user| !user.disabled && user.org == session.org) else { return Ok(None) };
        let now = self.clock.now();
        if now.since(session.last_seen_at) >= TOUCH_EVERY {
            self.store.touch_session(&session.id, now, now + self.life.idle).await?;
        }
        Ok(Some(SignedIn { session, user }))
    }

    /// Starts a session; the token goes into the cookie.
    pub async fn start(
        &self,
        user: &User,
        authentication: Authentication,
        whereabouts: Whereabouts,
    ) -> Result<(OpaqueToken, SessionRecord), StoreError> {
        let now = self.clock.now();
        let token = OpaqueToken::generate(TokenKind::Session, &*self.random);
        let session = SessionRecord {
            id: SessionId::generate(&*self.clock, &*self.random),
            user: user.id.clone(),
            org: user.org.clone(),
            digest: token.digest(),
            authentication,
            created_at: now,
            last_seen_at: now,
            idle_expires_at: now + self.life.idle,
            expires_at: now + self.life.absolute,
            address: whereabouts.address,
            user_agent: whereabouts.user_agent,
        };
        self.store.create_session(&session).await?;
        Ok((token, session))
    }

    /// A new cookie for the same session, at every change of what it may do; the old one is dead from here on. `None`
    /// when the session has ended meanwhile.
    pub async fn renew(
        &self,
        session: &SessionRecord,
        authentication: &Authentication,
    ) -> Result<Option<OpaqueToken>, StoreError> {
        let token = OpaqueToken::generate(TokenKind::Session, &*self.random);
        let renewed = self.store.rotate_session(&session.id, session.digest, token.digest(), authentication).await?;
        Ok(renewed.then_some(token))
    }

    /// Ends all sessions of a user but one.
    pub async fn end_others(&self, user: &UserId, but: &SessionId) -> Result<(), StoreError> {
        for session in self.store.list_sessions(user).await?.iter().filter(|session| session.id != *but) {
            self.store.end_session(user, &session.id).await?;
        }
        Ok(())
    }
}

/// The `Set-Cookie` value of a session. It ends with the browser; the limits that count are in the store.
pub fn session_cookie(token: &OpaqueToken) -> String {
    format!("{SESSION_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax", token.expose())
}

/// The `Set-Cookie` value that removes one of our cookies.
pub fn expired_cookie(name: &str) -> String {
    format!("{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
}

/// The value of a cookie; `None` when it is absent or sent twice (a planted one beside the real one).
pub fn find_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim_matches(' ').split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// The token that every form of ours carries: bound to the browser's cookie and, once signed in, to the session's, so
/// that a form drawn before a sign-in is worthless after it. Neither cookie can be computed from it.
pub fn csrf_token(browser: Digest, session: Option<&SessionRecord>) -> String {
    let session = session.map_or(&[][..], |session| session.digest.as_bytes().as_slice());
    Digest::of_parts([b"vestibule form".as_slice(), browser.as_bytes(), session]).to_base64url()
}

/// Whether a posted token is the one of this browser and session, in constant time.
pub fn csrf_matches(presented: &str, browser: Digest, session: Option<&SessionRecord>) -> bool {
    constant_time_eq(presented.as_bytes(), csrf_token(browser, session).as_bytes())
}

/// Whether the browser says that a POST came from our own pages. Browsers say it in `Sec-Fetch-Site`; `Origin` is
/// `null` on our own forms, because our pages send no referrer, so it speaks only when it names somebody.
/// With neither header the form token alone decides.
pub fn is_same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return false;
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => origin == "null" || origin.as_bytes() == origin_of(public_url).as_bytes(),
        (Some(_), Some(_)) => false,
    }
}

/// Scheme, host and port of a URL, as `Origin` spells them (RFC 6454 section 6.1).
fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(start..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(url.len(), |at| start + at);
    url.get(..end).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_only_when_it_is_the_only_one() {
        let found = |lines: &[&str]| {
            let pairs: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
            find_cookie(&headers(&pairs), SESSION_COOKIE).map(str::to_owned)
        };
        assert_eq!(found(&["a=b; __Host-vestibule=v1; c=d"]), Some("v1".into()));
        assert_eq!(found(&["__Host-vestibule=v1; __Host-vestibule=v2"]), None);
        assert_eq!(found(&["__Host-vestibule=v1", "__Host-vestibule=v1"]), None);
        for other in ["__host-vestibule=v1", "x__Host-vestibule=v1", "__Host-vestibule =v1", "__Host-vestibule", ""] {
            assert_eq!(found(&[other]), None, "{other}");
        }
    }

    #[test]
    fn only_our_own_pages_may_post() {
        let own = "https://mcp.example.com/base";
        let fine = |pairs: &[(&'static str, &str)]| is_same_origin(&headers(pairs), own);
        assert!(fine(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(fine(&[("origin", "https://mcp.example.com")]));
        assert!(fine(&[]));
        for site in ["cross-site", "same-site", "", "SAME-ORIGIN"] {
            assert!(!fine(&[("sec-fetch-site", site)]), "{site}");
        }
        for origin in [
            "https://evil.example",
            "http://mcp.example.com",
            "https://mcp.example.com:444",
            "https://mcp.example.com.evil.example",
            "https://mcp.example.com/",
        ] {
            assert!(!fine(&[("origin", origin)]), "{origin}");
        }
        assert!(!fine(&[("origin", "null"), ("origin", "https://mcp.example.com")]));
    }

    #[test]
    fn a_form_token_is_of_one_browser_only() {
        let (mine, theirs) = (Digest::of(b"mine"), Digest::of(b"theirs"));
        let token = csrf_token(mine, None);
        assert!(csrf_matches(&token, mine, None));
        assert!(!csrf_matches(&token, theirs, None));
        assert!(!csrf_matches("", mine, None));
        assert!(!csrf_matches(&token[1..], mine, None));
    }
}
