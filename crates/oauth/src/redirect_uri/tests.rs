//! A corpus of redirect URIs, most of them tricks that fooled somebody.

use super::*;

/// What real clients register.
const REGISTERED: [&str; 9] = [
    "https://claude.ai/api/mcp/auth_callback",
    "https://good.example/cb",
    "https://good.example/cb?a=1&b=2",
    "https://good.example:8443/cb",
    "http://localhost/callback",
    "http://127.0.0.1/callback",
    "http://[::1]/callback",
    "http://localhost:6274/oauth/callback",
    "cursor://anysphere.cursor-mcp/oauth/callback",
];

/// Requests that mean one of them, beside the registered strings themselves.
const ACCEPTED: [&str; 10] = [
    "http://localhost:1/callback",
    "http://localhost:49152/callback",
    "http://localhost:65535/callback",
    "http://127.0.0.1:8080/callback",
    "http://127.0.0.1:65535/callback",
    "http://[::1]:3000/callback",
    "http://localhost/oauth/callback",
    "http://localhost:6274/callback",
    "http://localhost:80/callback",
    "http://localhost:1234/oauth/callback",
];

const REFUSED: [&str; 162] = [
    // another host
    "https://evil.example/cb",
    "https://good.example.evil.example/cb",
    "https://evilgood.example/cb",
    "https://good.example./cb",
    "https://GOOD.example/cb",
    "https://goo.example/cb",
    "https://good.examplee/cb",
    "https://sub.good.example/cb",
    "https://good-example/cb",
    "https://xn--god-0na.example/cb",
    "https://g\u{f6}od.example/cb",
    "https://good.ex\u{430}mple/cb",
    "https://good\u{3002}example/cb",
    "https://\u{ff47}ood.example/cb",
    "https://good.example%2f@evil.example/cb",
    "https://good%2eexample/cb",
    "https://good.example%00.evil.example/cb",
    // user information and other ways to hide the host
    "https://good.example@evil.example/cb",
    "https://good.example:443@evil.example/cb",
    "https://good.example:pass@evil.example/cb",
    "https://evil.example@good.example/cb",
    "https://@good.example/cb",
    "https://:@good.example/cb",
    "https://good.example\\@evil.example/cb",
    "https://evil.example\\.good.example/cb",
    "https://evil.example#@good.example/cb",
    "https://evil.example?@good.example/cb",
    "https://evil.example/@good.example/cb",
    "https:\\\\good.example\\cb",
    "https:/good.example/cb",
    "https:///good.example/cb",
    "https:good.example/cb",
    "https:////good.example/cb",
    "//good.example/cb",
    "/\\good.example/cb",
    "///good.example/cb",
    "/cb",
    "cb",
    "",
    "good.example/cb",
    // scheme
    "http://good.example/cb",
    "HTTPS://good.example/cb",
    "Https://good.example/cb",
    "ftp://good.example/cb",
    "ws://good.example/cb",
    "httpss://good.example/cb",
    "https//good.example/cb",
    "javascript:alert(1)",
    "javascript://good.example/cb%0aalert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "data:text/html;base64,PHNjcmlwdD4=",
    "file:///etc/passwd",
    "vbscript:x",
    "about:blank",
    "blob:https://good.example/x",
    "view-source:https://good.example/cb",
    "filesystem:https://good.example/cb",
    "intent://good.example/cb#Intent;end",
    // port
    "https://good.example:443/cb",
    "https://good.example:8443/cb2",
    "https://good.example:8444/cb",
    "https://good.example:/cb",
    "https://good.example:08443/cb",
    "https://good.example:8443:8443/cb",
    "https://good.example:84430/cb",
    "https://good.example:99999/cb",
    "https://good.example:-1/cb",
    "https://good.example:8443@evil.example/cb",
    // path
    "https://good.example/cb/",
    "https://good.example/CB",
    "https://good.example/cb/..",
    "https://good.example/cb/../evil",
    "https://good.example/cb/./",
    "https://good.example/x/../cb",
    "https://good.example/./cb",
    "https://good.example//cb",
    "https://good.example/cb//",
    "https://good.example/%63b",
    "https://good.example/c%62",
    "https://good.example/cb%2f..%2fevil",
    "https://good.example/cb/%2e%2e/evil",
    "https://good.example/cb/%2E%2E/evil",
    "https://good.example/cb;x=1",
    "https://good.example/cb%00",
    "https://good.example/cb%0d%0aSet-Cookie:x",
    "https://good.example/cb%09",
    "https://good.example/cb\r\nSet-Cookie:x",
    "https://good.example/cb\n",
    "https://good.example/cb\t",
    "https://good.example/cb ",
    " https://good.example/cb",
    "\thttps://good.example/cb",
    "https://good.exam\tple/cb",
    "https://good.example/cb\0",
    "https://good.example/cbx",
    "https://good.example/c",
    "https://good.example/",
    "https://good.example",
    "https://good.example/*",
    "https://*.example/cb",
    // query and fragment
    "https://good.example/cb?",
    "https://good.example/cb?a=1",
    "https://good.example/cb?b=2&a=1",
    "https://good.example/cb?a=1&b=2&c=3",
    "https://good.example/cb?a=1&b=2#",
    "https://good.example/cb?a=1&amp;b=2",
    "https://good.example/cb?next=https://evil.example",
    "https://good.example/cb#",
    "https://good.example/cb#x",
    "https://good.example/cb%23",
    "https://good.example/cb%3Fa=1&b=2",
    "https://good.example/cb?code=stolen",
    // loopback, nearly
    "http://localhost.evil.example/callback",
    "http://localhost.evil.example:80/callback",
    "http://localhost@evil.example/callback",
    "http://localhost:80@evil.example/callback",
    "http://evil.example@localhost/callback",
    "http://localhost:/callback",
    "http://localhost:0/callback",
    "http://localhost:00080/callback",
    "http://localhost:65536/callback",
    "http://localhost:99999999999/callback",
    "http://localhost:80a/callback",
    "http://localhost:+80/callback",
    "http://localhost: 80/callback",
    "http://localhost:80:80/callback",
    "http://localhost./callback",
    "http://LOCALHOST/callback",
    "http://localhost/callback/",
    "http://localhost/callback?x=1",
    "http://localhost/callback#x",
    "http://localhost//callback",
    "http://localhost/Callback",
    "http://localhost\\callback",
    "http://localhost",
    "http://localhostx/callback",
    "http://localhost%2eevil.example/callback",
    "http://sub.localhost/callback",
    "https://localhost/callback",
    "https://127.0.0.1/callback",
    "http://127.0.0.1.evil.example/callback",
    "http://127.0.0.1@evil.example/callback",
    "http://127.1/callback",
    "http://127.0.0.2/callback",
    "http://2130706433/callback",
    "http://0x7f000001/callback",
    "http://0177.0.0.1/callback",
    "http://0.0.0.0/callback",
    "http://127.0.0.1:6274/oauth/callback",
    "http://[::1]:6274/oauth/callback",
    "http://[0:0:0:0:0:0:0:1]/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "http://[::1%25lo]/callback",
    "http://::1/callback",
    // private use
    "cursor://anysphere.cursor-mcp/oauth/callback/",
    "cursor://anysphere.cursor-mcp:1/oauth/callback",
    "cursor://evil/oauth/callback",
    "cursor:anysphere.cursor-mcp/oauth/callback",
    "CURSOR://anysphere.cursor-mcp/oauth/callback",
    "cursors://anysphere.cursor-mcp/oauth/callback",
];

fn client() -> Client {
    serde_json::from_value(serde_json::json!({
        "id": "cli_1", "kind": "registered", "name": "x", "uri": null, "auth_method": "none", "grant_types": [],
        "redirect_uris": REGISTERED, "application_type": "native", "scope": null, "jwks": null, "roles": [],
        "disabled": false, "created_at": 0, "expires_at": null
    }))
    .unwrap()
}

#[test]
fn the_corpus_is_accepted_and_refused_as_written() {
    let client = client();
    for good in REGISTERED.iter().chain(&ACCEPTED) {
        let proven = ProvenRedirect::prove(&client, good, PrivateUseSchemes::Allowed).unwrap();
        assert_eq!(proven.as_str(), *good);
    }
    for bad in REFUSED {
        assert!(ProvenRedirect::prove(&client, bad, PrivateUseSchemes::Allowed).is_err(), "{bad:?}");
    }
    assert!(REGISTERED.len() + ACCEPTED.len() + REFUSED.len() >= 150);
}

/// Where a browser would really go agrees with what people are shown.
#[test]
fn the_shown_host_is_where_a_browser_goes() {
    let client = client();
    for good in REGISTERED.iter().chain(&ACCEPTED) {
        let proven = ProvenRedirect::prove(&client, good, PrivateUseSchemes::Allowed).unwrap();
        let browser = url::Url::parse(good).unwrap();
        match proven.kind() {
            RedirectKind::PrivateUse => assert_eq!(proven.host(), format!("{}:", browser.scheme())),
            _ => assert_eq!(Some(proven.host()), browser.host_str()),
        }
    }
}

/// Nothing of the corpus that a person could misread can be registered either.
#[test]
fn dangerous_uris_cannot_be_registered() {
    for bad in REFUSED {
        let readers_disagree = url::Url::parse(bad).map_or(true, |url| {
            !url.username().is_empty()
                || url.fragment().is_some()
                || (url.as_str() != bad && format!("{bad}/") != url.as_str())
        });
        let plain_http = bad.starts_with("http://") && loopback(bad).is_none();
        let forbidden = FORBIDDEN_SCHEMES.iter().any(|scheme| bad.starts_with(&format!("{scheme}:")));
        // A browser drops a default port and a leading zero; the string is still one origin and one path.
        let harmless = ["https://good.example:443/cb", "http://localhost:80/callback"].contains(&bad);
        if (readers_disagree || plain_http || forbidden) && !harmless {
            assert!(check(bad, PrivateUseSchemes::Allowed).is_err(), "{bad:?}");
        }
    }
}

/// Handlers of an operating system that do more than receive an answer; one of them ran commands (CVE-2022-30190).
#[test]
fn schemes_that_start_something_powerful_cannot_be_registered() {
    for uri in
        ["ms-msdt:/id", "search-ms:query=x", "itms-services://x", "shell:x", "ldap://x/y", "smb://x/y", "ssh://x"]
    {
        assert_eq!(check(uri, PrivateUseSchemes::Allowed), Err(RedirectError::Scheme), "{uri}");
    }
}

#[test]
fn answers_cannot_collide_with_registered_parameters() {
    for name in ["code", "state", "iss", "error", "%63ode"] {
        let uri = format!("https://good.example/cb?{name}=x");
        assert_eq!(check(&uri, PrivateUseSchemes::Allowed), Err(RedirectError::Query), "{uri}");
    }
}

#[test]
fn private_use_schemes_can_be_switched_off() {
    let cursor = "cursor://anysphere.cursor-mcp/oauth/callback";
    assert_eq!(check(cursor, PrivateUseSchemes::Allowed), Ok(RedirectKind::PrivateUse));
    assert_eq!(check(cursor, PrivateUseSchemes::Refused), Err(RedirectError::Scheme));
    assert!(ProvenRedirect::prove(&client(), cursor, PrivateUseSchemes::Refused).is_err());
    assert_eq!(check("com.example.app:/oauth", PrivateUseSchemes::Allowed), Ok(RedirectKind::PrivateUse));
    for bad in ["c:/x", "1a:/x", "a_b:/x", "app:", "app://u@h/x", "app:/../x", "app:/x%zz"] {
        assert!(check(bad, PrivateUseSchemes::Allowed).is_err(), "{bad}");
    }
}
