//! The first knock without a token: it must be a 401 that says where to go (RFC 9728 section 5.1).

use super::{Holds, Report, probe::Probe};

/// The protected resource, as its metadata describes it.
pub(super) struct Resource {
    pub(super) resource: String,
    pub(super) issuer: String,
    pub(super) scopes: Vec<String>,
}

pub(super) async fn examine(probe: &Probe, report: &mut Report, url: &str) -> Option<Resource> {
    let seen = match probe.initialize(url, &[]).await {
        Ok(seen) => seen,
        Err(error) => {
            report.bad(
                format!("nothing answers: {error:#}"),
                "check the URL, and that the server runs and is reachable from here",
            );
            return None;
        }
    };
    if seen.status.is_success() {
        report.bad(
            "the server answers without any token",
            "everybody who finds the URL can use it: put `vestibule protect` before it",
        );
        return None;
    }
    let status = seen.status;
    if status == 404 || status == 405 {
        report.bad(format!("no MCP server is at this URL ({status})"), remedy_elsewhere(probe, url).await);
        return None;
    }
    report.check(
        Holds::when(status == 401, || status.to_string()),
        "a request without a token is answered 401",
        "answer 401 before anything else is looked at; other codes make clients fall back or give up",
    );
    let challenge = seen.header("www-authenticate").unwrap_or("").to_owned();
    let named = parameter(&challenge, "resource_metadata");
    match &named {
        Some(_) => report.good("the challenge names the resource metadata"),
        None => report.bad(
            "the 401 has no resource_metadata in WWW-Authenticate",
            "clients of 2025-06-18 look nowhere else: add resource_metadata=\"…\" (RFC 9728 section 5.1)",
        ),
    }
    if parameter(&challenge, "scope").is_none() {
        report.warn("the challenge names no scope", "add scope=\"…\" so that clients ask for what they need");
    }
    let well_known = well_known(url)?;
    let document = fetch(probe, report, named.as_deref().unwrap_or(&well_known)).await?;
    if named.as_deref().is_some_and(|named| named != well_known)
        && probe.get(&well_known, &[]).await.map_or(true, |seen| seen.status != 200)
    {
        report.warn(
            format!("{well_known} has no metadata"),
            "serve it at the well-known place too: not all clients read the header",
        );
    }
    describe(report, url, &document)
}

/// The host may say where its server is.
async fn remedy_elsewhere(probe: &Probe, url: &str) -> String {
    let there = url::Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let root = probe.get(&format!("{there}/.well-known/oauth-protected-resource"), &[]).await.ok();
    let named = root.filter(|seen| seen.status == 200).and_then(|seen| seen.json());
    match named.as_ref().and_then(|document| document.get("resource")).and_then(|resource| resource.as_str()) {
        Some(resource) => format!("check the path; this host names {resource}"),
        None => "check the path; give the URL that clients are given".to_owned(),
    }
}

async fn fetch(probe: &Probe, report: &mut Report, url: &str) -> Option<serde_json::Value> {
    let seen = probe.get(url, &[("origin", "https://inspector.example")]).await.ok();
    let document = seen.as_ref().filter(|seen| seen.status == 200).and_then(super::probe::Seen::json);
    match &document {
        Some(_) => report.good("the resource metadata can be read"),
        None => report
            .bad(format!("{url} is no JSON document"), "serve protected-resource metadata there (RFC 9728 section 3)"),
    }
    if seen.is_some_and(|seen| seen.header("access-control-allow-origin").is_none()) {
        report.warn(
            "browser-based clients cannot read the resource metadata",
            "send Access-Control-Allow-Origin: * with it",
        );
    }
    document
}

fn describe(report: &mut Report, url: &str, document: &serde_json::Value) -> Option<Resource> {
    let resource = document.get("resource").and_then(|value| value.as_str()).unwrap_or("").to_owned();
    report.check(
        Holds::when(resource == url, || format!("it says `{resource}`")),
        "the metadata's resource is exactly this URL",
        "clients compare the strings and refuse a difference, a trailing slash included",
    );
    let issuers: Vec<&str> = document
        .get("authorization_servers")
        .and_then(|value| value.as_array())
        .into_iter()
        .flatten()
        .filter_map(|value| value.as_str())
        .collect();
    let Some(issuer) = issuers.first() else {
        report.bad("the metadata names no authorization server", "add authorization_servers with at least one issuer");
        return None;
    };
    report.good(format!("the authorization server is {issuer}"));
    let scopes = document.get("scopes_supported").and_then(|value| value.as_array()).into_iter().flatten();
    let scopes: Vec<String> = scopes.filter_map(|value| value.as_str()).map(str::to_owned).collect();
    if scopes.iter().any(|scope| scope == "offline_access") {
        report.warn(
            "scopes_supported lists offline_access",
            "it belongs into the authorization server's metadata only (SEP-2207)",
        );
    }
    Some(Resource { resource, issuer: (*issuer).to_owned(), scopes })
}

/// Where RFC 9728 section 3.1 puts the metadata of a URL.
fn well_known(url: &str) -> Option<String> {
    let start = url.find("://")? + 3;
    let path = url.get(start..)?.find('/').map(|at| start + at);
    let (origin, path) = url.split_at_checked(path.unwrap_or(url.len()))?;
    Some(format!("{origin}/.well-known/oauth-protected-resource{}", path.trim_end_matches('/')))
}

/// A parameter of a challenge, quoted or not.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let at = challenge.find(&format!("{name}="))?;
    let value = challenge.get(at + name.len() + 1..)?;
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().map(str::to_owned),
        None => value.split([',', ' ']).next().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_place_keeps_the_path() {
        let place = |url| well_known(url).unwrap();
        assert_eq!(place("https://h/mcp/hr"), "https://h/.well-known/oauth-protected-resource/mcp/hr");
        assert_eq!(place("https://h"), "https://h/.well-known/oauth-protected-resource");
        assert_eq!(place("https://h/"), "https://h/.well-known/oauth-protected-resource");
    }

    #[test]
    fn parameters_are_found() {
        let challenge = r#"Bearer resource_metadata="https://h/x", scope="a b", error=invalid_token"#;
        assert_eq!(parameter(challenge, "resource_metadata").as_deref(), Some("https://h/x"));
        assert_eq!(parameter(challenge, "scope").as_deref(), Some("a b"));
        assert_eq!(parameter(challenge, "error").as_deref(), Some("invalid_token"));
        assert_eq!(parameter(challenge, "realm"), None);
    }
}
