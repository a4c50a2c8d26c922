//! What the configuration says about the authorization server. Defaults carry their source.

use std::time::Duration;

use vestibule_model::OrgId;
use vestibule_oauth::issue::ACCESS_TOKEN_LIFE;
pub use vestibule_oauth::{metadata::MetadataDocuments, redirect_uri::PrivateUseSchemes};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Settings of the authorization server.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// The public URL and issuer: exactly this string, without a trailing slash. Never taken from a request.
    pub public_url: String,
    /// The name of the installation, for pages.
    pub product: String,
    /// Life of an access token (5 to 15 minutes).
    pub access_token_life: Duration,
    /// Life of an authorization code (ASVS 10.4.3: at most one minute at level 3).
    pub code_life: Duration,
    /// How long an authorization request waits for its user.
    pub flow_life: Duration,
    /// Authorization requests that one address may begin in an hour: each is kept until its user answers, and anybody
    /// may begin one.
    pub flows_per_hour: u32,
    /// A refresh token unused for this long ends.
    pub refresh_idle: Duration,
    /// A family of refresh tokens ends after this, used or not.
    pub refresh_absolute: Duration,
    /// A retry of a rotation inside this window gets the same successor.
    pub retry_window: Duration,
    /// The lifetimes a person can choose on the consent page, shortest first; a grant ends with it.
    pub consent_lifetimes: Vec<Duration>,
    /// Which of `consent_lifetimes` is chosen beforehand.
    pub default_consent_lifetime: Duration,
    /// Dynamic registration (RFC 7591).
    pub registration: RegistrationSettings,
    /// Whether clients may introduce themselves by a metadata document.
    pub metadata_documents: MetadataDocuments,
    /// Whether clients may register private-use schemes such as `cursor:` (RFC 8252 section 7.1).
    pub private_use_schemes: PrivateUseSchemes,
    /// The tenant of clients that act for themselves.
    pub service_org: OrgId,
    /// Which `aud` a client assertion may carry.
    pub assertion_audience: AssertionAudience,
}

/// Limits of dynamic registration.
#[derive(Clone, Debug)]
pub struct RegistrationSettings {
    /// Off: `/register` answers 403 and the metadata does not name it.
    pub enabled: bool,
    /// The most registered clients kept at once.
    pub max_clients: u64,
    /// Registrations per address and hour.
    pub per_address_per_hour: u32,
    /// A registration that is never used ends after this.
    pub unused_ttl: Duration,
}

/// Which audience a `private_key_jwt` assertion may name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssertionAudience {
    /// The issuer, as one string (RFC 7523bis).
    IssuerOnly,
    /// The token endpoint's URL too, for older clients. It allows audience injection by a malicious server.
    IssuerOrTokenEndpoint,
}

impl AuthSettings {
    /// The defaults, for a public URL without trailing slash.
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            product: "Vestibule".to_owned(),
            access_token_life: ACCESS_TOKEN_LIFE,
            code_life: Duration::from_secs(60),
            flow_life: Duration::from_secs(30 * MINUTE),
            flows_per_hour: 3000,
            refresh_idle: Duration::from_secs(14 * DAY),
            refresh_absolute: Duration::from_secs(30 * DAY),
            retry_window: Duration::from_secs(10),
            consent_lifetimes: [HOUR, DAY, 7 * DAY, 30 * DAY].map(Duration::from_secs).to_vec(),
            default_consent_lifetime: Duration::from_secs(30 * DAY),
            registration: RegistrationSettings {
                enabled: true,
                max_clients: 10_000,
                per_address_per_hour: 30,
                unused_ttl: Duration::from_secs(DAY),
            },
            metadata_documents: MetadataDocuments::Accepted,
            private_use_schemes: PrivateUseSchemes::Allowed,
            service_org: OrgId::new("default"),
            assertion_audience: AssertionAudience::IssuerOnly,
        }
    }

    /// Our own URL for a path that starts with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }
}
