//! What every kind must hold to.

use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderMap, Request};
use vestibule_model::{
    Acr, Authentication, ClientId, CredentialSpec, GrantId, OrgId, Principal, ResourceUri, ScopeSet, Server, TokenId,
    Upstream, User, UserId,
    clock::{ManualClock, SeededRandom, Timestamp},
    principal::Subject,
};
use vestibule_oauth::keys::{Algorithm, KeyRing, SigningKey};

use super::{CredentialError, Ingredients, Kind, signed_jwt::Signer};
use crate::origin::Origin;

pub(crate) const UPSTREAM: &str = "https://hr.internal:8443/mcp";
pub(crate) const CANARY: &str = "canary-5f2c1e";
/// When the clock of the suite stands.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Bound to its origin, spent nowhere else, and never printed.
pub(crate) async fn run(kind: &dyn Kind, secret: &str) {
    for elsewhere in [
        "http://hr.internal:8443/mcp",
        "https://hr.internal/mcp",
        "https://hr.internal:8444/mcp",
        "https://hr.internal.evil:8443/mcp",
        "https://evil.hr.internal:8443/mcp",
        "https://hr.internal:8443@evil.example/mcp",
        "https://evil@hr.internal:8443/mcp",
    ] {
        let error = spend(kind, &caller("ana"), elsewhere).await.unwrap_err();
        assert!(matches!(error, CredentialError::Origin), "{elsewhere}: {error}");
        assert!(!format!("{error:?}{error}").contains(secret));
    }
    let headers = spend(kind, &caller("ana"), UPSTREAM).await.unwrap();
    assert!(headers.values().any(|value| value.to_str().unwrap().contains(secret)), "it is really there");
    assert!(!format!("{headers:?}").contains(secret), "and it does not print");
}

/// What a request to `url` carries after the credential was spent on it.
pub(crate) async fn spend(kind: &dyn Kind, caller: &Principal, url: &str) -> Result<HeaderMap, CredentialError> {
    let mut request = Request::post(url).body(Bytes::new()).unwrap();
    let spent = kind.open(caller).await.unwrap().spend(&mut request);
    assert!(spent.is_ok() || request.headers().is_empty(), "a refused credential leaves no trace");
    spent.map(|()| request.into_parts().0.headers)
}

pub(crate) fn caller(name: &str) -> Principal {
    Principal {
        subject: Subject::User(Arc::new(user(name))),
        org: OrgId::from("org_acme"),
        client: ClientId::from("cli_editor"),
        grant: GrantId::from("grt_1"),
        scopes: ScopeSet::parse("tools:*").unwrap(),
        authentication: Authentication { acr: Acr::Single, amr: vec!["pwd".to_owned()], auth_time: START },
        token: TokenId::from("jti_1"),
        expires_at: Timestamp::from_seconds(1_900_000_000),
    }
}

/// A server without credential.
pub(crate) fn server(upstream: Upstream) -> Server {
    Server {
        name: "hr".into(),
        title: "HR".to_owned(),
        resource: ResourceUri::new("https://mcp.acme.example/mcp/hr"),
        upstream,
        credential: CredentialSpec::None,
        scope_groups: Vec::new(),
        allowed_origins: Vec::new(),
        protocol: vestibule_model::Protocol::default(),
    }
}

pub(crate) fn user(name: &str) -> User {
    User {
        id: UserId::from(format!("usr_{name}")),
        org: OrgId::from("org_acme"),
        email: format!("{name}@acme.example"),
        name: name.to_owned(),
        roles: vec!["EMPLOYEE".to_owned()],
        groups: Vec::new(),
        department: Some("Sales".to_owned()),
        manager: None,
        attributes: [("employee_id", "E7"), ("iss", "https://evil.example"), ("secret_note", "hush")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        disabled: false,
    }
}

pub(crate) fn ingredients() -> Ingredients {
    Ingredients { origin: Origin::of(&UPSTREAM.parse().unwrap()).unwrap(), secret: None, signer: Arc::new(signer().0) }
}

/// A signer with one key, and its clock.
pub(crate) fn signer() -> (Signer, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    let signer = Signer {
        issuer: "https://mcp.acme.example".to_owned(),
        keys: Arc::new(ArcSwap::from_pointee(key_ring(1))),
        clock: clock.clone(),
        random: Arc::new(SeededRandom::new(7)),
    };
    (signer, clock)
}

pub(crate) fn key_ring(seed: u64) -> KeyRing {
    let id = format!("key_{seed}").into();
    let key = SigningKey::generate(id, Algorithm::EdDsa, START, &SeededRandom::new(seed)).unwrap();
    let forever = Timestamp::from_seconds(4_000_000_000);
    KeyRing::new(vec![SigningKey { sign_until: forever, verify_until: forever, ..key }]).unwrap()
}
