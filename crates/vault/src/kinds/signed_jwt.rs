//! `signed-jwt`: a short-lived JWT of ours that names the user. The upstream checks it against our JWKS.
//!
//! The same person at the same client gets the same JWT until shortly before its end, so that a call costs a look-up
//! and no signature. A change of the person's facts in the directory, or of the keys, makes a new one at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use futures_util::future::{BoxFuture, ready};
use http::{HeaderValue, header};
use serde::Serialize;
use vestibule_model::{
    ClientId, Clock, OrgId, Principal, Random, Timestamp, TokenId, User, UserId, principal::Subject,
};
use vestibule_oauth::{issue::sign_claims, keys::KeyRing};

use super::{CredentialError, Ingredients, Kind, OpenCredential};
use crate::origin::Origin;

/// How long a JWT lives.
const LIFE: Duration = Duration::from_secs(300);
/// How long before its end it is not used any more.
const MARGIN: Duration = Duration::from_secs(60);
/// The most JWTs kept per server.
const MAX_KEPT: usize = 4096;

/// Names that directory attributes cannot take: what they mean is fixed by a standard, or by us.
const RESERVED: [&str; 27] = [
    "acr",
    "act",
    "amr",
    "aud",
    "auth_time",
    "azp",
    "client_id",
    "cnf",
    "department",
    "email",
    "email_verified",
    "exp",
    "grant_id",
    "groups",
    "iat",
    "iss",
    "jti",
    "may_act",
    "name",
    "nbf",
    "nonce",
    "org_id",
    "roles",
    "scope",
    "sid",
    "sub",
    "typ",
];

/// Signs as us.
pub(crate) struct Signer {
    /// `iss`: our public URL.
    pub(crate) issuer: String,
    /// The keys, swapped whole when they rotate.
    pub(crate) keys: Arc<ArcSwap<KeyRing>>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// For `jti`.
    pub(crate) random: Arc<dyn Random>,
}

/// Calls carry `Authorization: Bearer` with a JWT.
pub(super) struct SignedJwt {
    origin: Arc<Origin>,
    audience: String,
    attributes: Vec<String>,
    signer: Arc<Signer>,
    kept: Mutex<HashMap<Key, Kept>>,
}

/// The user (none when a client acts for itself) and the client.
type Key = (Option<UserId>, ClientId);

/// A JWT and all that it depends on. The references keep their targets alive, so an equal address is the same thing.
struct Kept {
    subject: Subject,
    org: OrgId,
    keys: Arc<KeyRing>,
    value: HeaderValue,
    until: Timestamp,
}

/// What the upstream learns. Attributes come last and cannot repeat one of the others.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    client_id: &'a str,
    org_id: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a TokenId,
    roles: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<&'a str>,
    #[serde(flatten)]
    attributes: HashMap<&'a str, &'a str>,
}

impl SignedJwt {
    pub(super) fn new(audience: &str, attributes: &[String], with: Ingredients) -> Result<Self, CredentialError> {
        if let Some(name) = attributes.iter().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(CredentialError::Unusable(format!(
                "the claim `{name}` is reserved and cannot be an attribute"
            )));
        }
        if audience.is_empty() {
            return Err(CredentialError::Unusable("the audience of the JWT is empty".to_owned()));
        }
        Ok(Self {
            origin: Arc::new(with.origin),
            audience: audience.to_owned(),
            attributes: attributes.to_vec(),
            signer: with.signer,
            kept: Mutex::default(),
        })
    }

    fn value_for(&self, caller: &Principal) -> Result<HeaderValue, CredentialError> {
        let now = self.signer.clock.now();
        let keys = self.signer.keys.load_full();
        let key = (caller.user_id().cloned(), caller.client.clone());
        if let Some(value) = self.find(&key, caller, &keys, now) {
            return Ok(value);
        }
        let value = self.mint(caller, &keys, now)?;
        let kept = Kept {
            subject: caller.subject.clone(),
            org: caller.org.clone(),
            keys,
            value: value.clone(),
            until: now + (LIFE - MARGIN),
        };
        self.keep(key, kept, now);
        Ok(value)
    }

    fn find(&self, key: &Key, caller: &Principal, keys: &Arc<KeyRing>, now: Timestamp) -> Option<HeaderValue> {
        let all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(key)?;
        let same =
            Arc::ptr_eq(&kept.keys, keys) && kept.org == caller.org && same_facts(&kept.subject, &caller.subject);
        (same && now < kept.until).then(|| kept.value.clone())
    }

    fn keep(&self, key: Key, kept: Kept, now: Timestamp) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_KEPT {
            all.retain(|_, kept| now < kept.until);
        }
        if all.len() >= MAX_KEPT {
            all.clear();
        }
        all.insert(key, kept);
    }

    fn mint(&self, caller: &Principal, keys: &KeyRing, now: Timestamp) -> Result<HeaderValue, CredentialError> {
        let user = caller.user();
        let claims = Claims {
            iss: &self.signer.issuer,
            aud: &self.audience,
            sub: caller.subject_id(),
            client_id: caller.client.as_str(),
            org_id: caller.org.as_str(),
            iat: now.as_seconds(),
            exp: (now + LIFE).as_seconds(),
            jti: &TokenId::generate(&*self.signer.clock, &*self.signer.random),
            roles: caller.roles(),
            email: user.map(|user| user.email.as_str()),
            name: user.map(|user| user.name.as_str()),
            department: user.and_then(|user| user.department.as_deref()),
            attributes: user.map_or_else(HashMap::new, |user| self.attributes_of(user)),
        };
        let jwt = sign_claims(keys, "JWT", &claims, now).map_err(CredentialError::Sign)?;
        HeaderValue::try_from(format!("Bearer {jwt}"))
            .map_err(|_| CredentialError::Unusable("the JWT cannot be a header value".to_owned()))
    }
}

impl SignedJwt {
    /// The configured attributes that this user has.
    fn attributes_of<'a>(&'a self, user: &'a User) -> HashMap<&'a str, &'a str> {
        let attribute = |name: &'a String| Some((name.as_str(), user.attributes.get(name)?.as_str()));
        self.attributes.iter().filter_map(attribute).collect()
    }
}

impl Kind for SignedJwt {
    fn open<'a>(&'a self, caller: &'a Principal) -> BoxFuture<'a, Result<OpenCredential, CredentialError>> {
        let open = |value| OpenCredential::header(Arc::clone(&self.origin), header::AUTHORIZATION, value);
        Box::pin(ready(self.value_for(caller).map(open)))
    }
}

fn same_facts(a: &Subject, b: &Subject) -> bool {
    match (a, b) {
        (Subject::User(a), Subject::User(b)) => Arc::ptr_eq(a, b) || a == b,
        (Subject::Service { client: a, roles: x }, Subject::Service { client: b, roles: y }) => a == b && x == y,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use vestibule_model::{CredentialSpec, clock::ManualClock};

    use super::*;
    use crate::kinds::{make, suite};

    fn kind(claims: &[&str]) -> (Box<dyn Kind>, Arc<Signer>, Arc<ManualClock>) {
        let (signer, clock) = suite::signer();
        let signer = Arc::new(signer);
        let claims = claims.iter().map(|claim| (*claim).to_owned()).collect();
        let spec = CredentialSpec::SignedJwt { audience: "https://hr.internal/mcp".to_owned(), claims };
        let with = Ingredients { signer: Arc::clone(&signer), ..suite::ingredients() };
        (make(&spec, with).unwrap(), signer, clock)
    }

    async fn jwt(kind: &dyn Kind, caller: &Principal) -> String {
        let headers = suite::spend(kind, caller, suite::UPSTREAM).await.unwrap();
        headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned()
    }

    fn claims(jwt: &str) -> serde_json::Value {
        let body = jwt.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn passes_the_suite() {
        let (kind, ..) = kind(&[]);
        let secret = jwt(&*kind, &suite::caller("ana")).await;
        suite::run(&*kind, &secret).await;
    }

    #[tokio::test]
    async fn names_the_user_and_only_configured_attributes() {
        let (kind, ..) = kind(&["employee_id", "shoe_size"]);
        let jwt = jwt(&*kind, &suite::caller("ana")).await;
        let header: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!((&header["typ"], &header["alg"]), (&"JWT".into(), &"EdDSA".into()));
        let mut claims = claims(&jwt);
        assert!(claims["jti"].as_str().unwrap().starts_with("jti_"));
        claims.as_object_mut().unwrap().remove("jti");
        let start = suite::START.as_seconds();
        let expected = serde_json::json!({
            "iss": "https://mcp.acme.example", "aud": "https://hr.internal/mcp", "sub": "usr_ana",
            "client_id": "cli_editor", "org_id": "org_acme", "iat": start, "exp": start + 300,
            "roles": ["EMPLOYEE"], "email": "ana@acme.example", "name": "ana", "department": "Sales",
            "employee_id": "E7",
        });
        assert_eq!(claims, expected);
    }

    #[tokio::test]
    async fn a_service_is_itself_and_no_user() {
        let (kind, ..) = kind(&["employee_id"]);
        let subject = Subject::Service { client: "cli_robot".into(), roles: vec!["SYNC".to_owned()] };
        let claims =
            claims(&jwt(&*kind, &Principal { subject, client: "cli_robot".into(), ..suite::caller("ana") }).await);
        assert_eq!((&claims["sub"], &claims["roles"]), (&"cli_robot".into(), &serde_json::json!(["SYNC"])));
        assert!(claims.get("email").is_none() && claims.get("employee_id").is_none());
    }

    #[test]
    fn attributes_cannot_take_a_reserved_name() {
        for name in RESERVED {
            let spec = CredentialSpec::SignedJwt { audience: "x".to_owned(), claims: vec![name.to_owned()] };
            assert!(make(&spec, suite::ingredients()).is_err(), "{name}");
        }
    }

    #[tokio::test]
    async fn a_jwt_is_kept_until_shortly_before_its_end() {
        let (kind, _, clock) = kind(&[]);
        let first = jwt(&*kind, &suite::caller("ana")).await;
        clock.advance(Duration::from_secs(239));
        assert_eq!(jwt(&*kind, &suite::caller("ana")).await, first);
        clock.advance(Duration::from_secs(1));
        assert_ne!(jwt(&*kind, &suite::caller("ana")).await, first);
    }

    #[tokio::test]
    async fn a_change_of_facts_person_client_tenant_or_keys_makes_another() {
        let (kind, signer, _) = kind(&["employee_id"]);
        let ana = suite::caller("ana");
        let first = jwt(&*kind, &ana).await;
        let mut changed = suite::user("ana");
        changed.roles.clear();
        let demoted = Principal { subject: Subject::User(Arc::new(changed)), ..ana.clone() };
        for other in [
            suite::caller("bob"),
            demoted.clone(),
            Principal { client: "cli_other".into(), ..ana.clone() },
            Principal { org: "org_other".into(), ..ana.clone() },
        ] {
            assert_ne!(jwt(&*kind, &other).await, first, "{other:?}");
        }
        assert_eq!(claims(&jwt(&*kind, &demoted).await)["roles"], serde_json::json!([]));
        let before = jwt(&*kind, &ana).await;
        signer.keys.store(Arc::new(suite::key_ring(2)));
        assert_ne!(jwt(&*kind, &ana).await, before, "a key that was replaced may have been stolen");
    }

    #[tokio::test]
    async fn interleaved_callers_never_get_each_others() {
        let (kind, ..) = kind(&[]);
        for turn in 0..3 * MAX_KEPT {
            let name = format!("u{}", turn % (MAX_KEPT + 10));
            let claims = claims(&jwt(&*kind, &suite::caller(&name)).await);
            assert_eq!(claims["sub"], format!("usr_{name}"));
        }
    }
}
