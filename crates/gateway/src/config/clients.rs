//! `[[client]]`: pre-registered OAuth clients.

use vestibule_model::{
    ApplicationType, Client, ClientAuthMethod, ClientId, ClientKind, Digest, RedirectUri, ScopeSet, Timestamp,
};
use vestibule_oauth::{
    jwk::KeySet,
    redirect_uri::{self, PrivateUseSchemes},
};

use super::{check::Checker, raw};

const GRANTS: [&str; 3] = ["authorization_code", "refresh_token", "client_credentials"];

/// Checks all clients.
pub(super) fn check(checker: &mut Checker<'_>, given: Vec<raw::Client>) -> Vec<(Client, Option<Digest>)> {
    let mut clients: Vec<(Client, Option<Digest>)> = Vec::new();
    for raw in given {
        if clients.iter().any(|(have, _)| have.id.as_str() == raw.id.get_ref()) {
            checker.mistake(
                raw.id.span(),
                format!("two clients have the id `{}`", raw.id.get_ref()),
                "give each its own id",
            );
        }
        if let Some(client) = one(checker, &raw) {
            clients.push(client);
        }
    }
    clients
}

fn one(checker: &mut Checker<'_>, raw: &raw::Client) -> Option<(Client, Option<Digest>)> {
    let id = raw.id.get_ref();
    if id.is_empty() || id.starts_with("https://") || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        checker.mistake(
            raw.id.span(),
            format!("`{id}` cannot be a client id"),
            "use printable ASCII, and no https URL",
        );
        return None;
    }
    let secret = match &raw.secret {
        Some(reference) => Some(secret(checker, reference)?),
        None => None,
    };
    let jwks = match &raw.jwks_file {
        Some(path) => Some(keys(checker, path)?),
        None => None,
    };
    let grant_types = grant_types(checker, raw);
    proofs(checker, raw, &grant_types);
    let redirect_uris = redirect_uris(checker, raw);
    let client = Client {
        id: ClientId::new(id.as_str()),
        kind: ClientKind::Preregistered,
        name: raw.name.clone().unwrap_or_else(|| id.clone()),
        uri: None,
        auth_method: match (&secret, &jwks) {
            (_, Some(_)) => ClientAuthMethod::PrivateKeyJwt,
            (Some(_), None) => ClientAuthMethod::ClientSecretBasic,
            (None, None) => ClientAuthMethod::None,
        },
        grant_types,
        application_type: ApplicationType::Web,
        scope: scope(checker, raw)?,
        jwks,
        roles: raw.roles.clone(),
        disabled: false,
        created_at: Timestamp::from_millis(0),
        expires_at: None,
        redirect_uris,
    };
    Some((client, secret))
}

fn redirect_uris(checker: &mut Checker<'_>, raw: &raw::Client) -> Vec<RedirectUri> {
    for given in &raw.redirect_uris {
        if let Err(error) = redirect_uri::check(given.get_ref(), PrivateUseSchemes::Allowed) {
            let what = format!("`{}` cannot be a redirect URI", given.get_ref());
            checker.mistake(given.span(), what, error.to_string());
        }
    }
    raw.redirect_uris.iter().map(|uri| RedirectUri(uri.get_ref().clone())).collect()
}

/// One way to prove itself, and some way if it acts for itself.
fn proofs(checker: &mut Checker<'_>, raw: &raw::Client, grant_types: &[String]) {
    let for_itself = grant_types.iter().any(|grant| grant == "client_credentials");
    match (&raw.secret, &raw.jwks_file) {
        (Some(secret), Some(_)) => {
            checker.mistake(secret.span(), "a client proves itself by a secret or by keys", "leave one of them out");
        }
        (None, None) if for_itself => checker.mistake(
            raw.id.span(),
            "a client that acts for itself must prove who it is",
            "give it a `secret` or a `jwks_file`, or `redirect_uris` if people sign in with it",
        ),
        _ => {}
    }
}

fn keys(checker: &mut Checker<'_>, path: &toml::Spanned<std::path::PathBuf>) -> Option<String> {
    let text = checker.read(path.get_ref(), path.span())?;
    if let Err(error) = KeySet::parse(&text) {
        checker.mistake(
            path.span(),
            format!("the keys cannot be used: {error}"),
            "give a JWK Set with public keys only",
        );
        return None;
    }
    Some(text)
}

fn secret(checker: &mut Checker<'_>, reference: &toml::Spanned<raw::SecretRef>) -> Option<Digest> {
    let secret = checker.secret(reference.get_ref(), reference.span())?;
    // Secrets are stored as a plain SHA-256, which is only sound for long random ones.
    if secret.expose().len() < 32 {
        checker.mistake(reference.span(), "the client secret is too short", "make one with: openssl rand -base64 32");
        return None;
    }
    Some(Digest::of(secret.expose().as_bytes()))
}

fn grant_types(checker: &mut Checker<'_>, raw: &raw::Client) -> Vec<String> {
    for grant in &raw.grant_types {
        if !GRANTS.contains(&grant.get_ref().as_str()) {
            let what = format!("`{}` is no grant type of ours", grant.get_ref());
            checker.mistake(grant.span(), what, format!("use one of: {}", GRANTS.join(", ")));
        }
    }
    if !raw.grant_types.is_empty() {
        return raw.grant_types.iter().map(|grant| grant.get_ref().clone()).collect();
    }
    let own = if raw.redirect_uris.is_empty() {
        &["client_credentials"][..]
    } else {
        &["authorization_code", "refresh_token"][..]
    };
    own.iter().map(|grant| (*grant).to_owned()).collect()
}

fn scope(checker: &mut Checker<'_>, raw: &raw::Client) -> Option<Option<ScopeSet>> {
    let Some(text) = &raw.scope else { return Some(None) };
    let parsed = ScopeSet::parse(text.get_ref());
    if parsed.is_none() {
        checker.mistake(text.span(), "this is no list of scopes", "separate scopes by single spaces");
    }
    parsed.map(Some)
}
