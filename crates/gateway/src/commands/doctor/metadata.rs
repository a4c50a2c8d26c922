//! The authorization server's metadata (RFC 8414, OpenID Connect Discovery).

use serde_json::Value;

use super::{Holds, Report, challenge::Resource, probe::Probe};

/// What a client needs of it.
pub(super) struct Server {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) registration_endpoint: Option<String>,
}

pub(super) async fn examine(probe: &Probe, report: &mut Report, resource: &Resource) -> Option<Server> {
    let issuer = &resource.issuer;
    let (origin, path) = split(issuer)?;
    let places = [
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
        format!("{issuer}/.well-known/openid-configuration"),
    ];
    let mut found = None;
    for place in &places {
        let document = probe.get(place, &[]).await.ok().filter(|seen| seen.status == 200).and_then(|seen| seen.json());
        found = found.or(document);
    }
    let Some(document) = found else {
        report.bad("the authorization server has no metadata", format!("serve it at {}", places.first()?));
        return None;
    };
    report.good("the authorization server's metadata can be read");
    judge(report, issuer, &document);
    keys(probe, report, &document).await;
    Some(Server {
        issuer: issuer.clone(),
        authorization_endpoint: text(&document, "authorization_endpoint")?,
        registration_endpoint: text(&document, "registration_endpoint"),
    })
}

fn judge(report: &mut Report, issuer: &str, document: &Value) {
    let own = text(document, "issuer").unwrap_or_default();
    report.check(
        Holds::when(own == issuer, || format!("it says `{own}`")),
        "its issuer is identical to the one named",
        "clients MUST refuse a difference (RFC 8414 section 3.3)",
    );
    report.check(
        Holds::when(lists(document, "code_challenge_methods_supported", "S256"), || "not advertised".to_owned()),
        "PKCE with S256 is advertised",
        "clients refuse to go on without it: add code_challenge_methods_supported",
    );
    for endpoint in ["authorization_endpoint", "token_endpoint"] {
        let given = text(document, endpoint).unwrap_or_default();
        report.check(
            Holds::when(!given.is_empty(), || "missing".to_owned()),
            &format!("it names its {endpoint}"),
            "add it",
        );
    }
    if document.get("authorization_response_iss_parameter_supported") != Some(&Value::Bool(true)) {
        report.warn("answers do not carry `iss`", "send it and advertise it (RFC 9207): it stops mix-up attacks");
    }
    let documents = document.get("client_id_metadata_document_supported") == Some(&Value::Bool(true));
    match (documents, text(document, "registration_endpoint").is_some()) {
        (true, true) => report.good("clients can introduce themselves by metadata document and by registration"),
        (true, false) => {
            report.warn("there is no registration", "clients older than 2025-11-25 cannot introduce themselves")
        }
        (false, true) => {
            report.warn("metadata documents are not supported", "newer clients prefer them: registration is deprecated")
        }
        (false, false) => report.bad(
            "clients cannot introduce themselves",
            "each must be registered by hand; offer registration or metadata documents",
        ),
    }
}

async fn keys(probe: &Probe, report: &mut Report, document: &Value) {
    let Some(url) = text(document, "jwks_uri") else {
        report.warn("there is no jwks_uri", "servers cannot check tokens themselves");
        return;
    };
    let count = probe
        .get(&url, &[])
        .await
        .ok()
        .and_then(|seen| seen.json())
        .and_then(|set| set.get("keys")?.as_array().map(Vec::len));
    report.check(
        Holds::when(count.unwrap_or(0) > 0, || "none".to_owned()),
        "the key set has keys",
        "serve the public keys at jwks_uri",
    );
}

fn text(document: &Value, name: &str) -> Option<String> {
    document.get(name)?.as_str().map(str::to_owned)
}

fn lists(document: &Value, name: &str, wanted: &str) -> bool {
    document.get(name).and_then(Value::as_array).is_some_and(|list| list.iter().any(|value| value == wanted))
}

fn split(issuer: &str) -> Option<(&str, &str)> {
    let start = issuer.find("://")? + 3;
    let end = issuer.get(start..)?.find('/').map_or(issuer.len(), |at| start + at);
    issuer.split_at_checked(end)
}
