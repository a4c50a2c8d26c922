//! The first step of authorization: a sign-in page for a sound request, no redirect for an unsound one.

use vestibule_model::Digest;

use super::{
    Holds, Report,
    challenge::Resource,
    metadata::Server,
    probe::Probe,
    register::{REDIRECT, Registered},
};

pub(super) async fn examine(
    probe: &Probe,
    report: &mut Report,
    server: &Server,
    client: &Registered,
    resource: &Resource,
) {
    // Any verifier will do: the code is never asked for.
    let challenge = Digest::of(b"vestibule doctor").to_base64url();
    let url = |redirect: &str, pkce: &str, resource: Option<&str>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", redirect)
            .append_pair("state", "doctor");
        if !pkce.is_empty() {
            query.append_pair("code_challenge", pkce).append_pair("code_challenge_method", "S256");
        }
        if let Some(resource) = resource {
            query.append_pair("resource", resource);
        }
        format!("{}?{}", server.authorization_endpoint, query.finish())
    };

    let sound = probe.get(&url(REDIRECT, &challenge, Some(&resource.resource)), &[]).await;
    let goes_on = sound
        .as_ref()
        .is_ok_and(|seen| seen.status.is_success() || (seen.status.is_redirection() && !leads_to_client(seen)));
    report.check(
        Holds::when(goes_on, || "an error".to_owned()),
        "a sound authorization request leads to sign-in",
        "check the client's redirect URI and the resource",
    );

    let older = probe.get(&url(REDIRECT, &challenge, None), &[]).await;
    let goes_on = older
        .as_ref()
        .is_ok_and(|seen| seen.status.is_success() || (seen.status.is_redirection() && !leads_to_client(seen)));
    report.check(
        Holds::when(goes_on, || "an error".to_owned()),
        "a request without `resource` and `scope` leads to sign-in too",
        "clients of 2025-03-26 send neither: use defaults",
    );

    let stranger = probe.get(&url("https://evil.example/callback", &challenge, None), &[]).await;
    let stays =
        stranger.as_ref().is_ok_and(|seen| !seen.header("location").is_some_and(|to| to.contains("evil.example")));
    report.check(
        Holds::when(stays, || "it redirects".to_owned()),
        "an unregistered redirect URI is never redirected to",
        "compare redirect URIs exactly, and show errors instead of redirecting",
    );

    let bare = probe.get(&url(REDIRECT, "", None), &[]).await;
    let refused = bare.as_ref().is_ok_and(|seen| {
        seen.status.is_client_error() || seen.header("location").is_some_and(|to| to.contains("error="))
    });
    report.check(
        Holds::when(refused, || "it is accepted".to_owned()),
        "a request without PKCE is refused",
        "require code_challenge with S256 for every client",
    );

    let named = bare.is_ok_and(|seen| seen.header("location").is_none_or(|to| to.contains("iss=")));
    report.check(
        Holds::when(named, || "no iss".to_owned()),
        "error answers carry `iss`",
        format!("send iss={} with every answer (RFC 9207)", server.issuer).as_str(),
    );
    if !resource.scopes.is_empty() {
        report.good(format!("scopes to ask for: {}", resource.scopes.join(" ")));
    }
}

fn leads_to_client(seen: &super::probe::Seen) -> bool {
    seen.header("location").is_some_and(|to| to.starts_with(REDIRECT))
}
