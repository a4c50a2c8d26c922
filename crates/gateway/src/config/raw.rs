//! The configuration file as it is written. Every key is documented here; the JSON Schema is made from it.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};
use toml::Spanned;

/// The configuration of Vestibule.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Our origin as clients know it, for example `https://mcp.example.com`. It is the OAuth issuer.
    #[schemars(with = "String")]
    pub public_url: Spanned<String>,
    /// Address to listen on. Default: `127.0.0.1:8080`.
    #[schemars(with = "Option<String>")]
    pub listen: Option<Spanned<String>>,
    /// Address of the operators' listener (`/livez`, `/readyz`). Default: none.
    #[schemars(with = "Option<String>")]
    pub admin_listen: Option<Spanned<String>>,
    /// Peers whose `X-Forwarded-For` is believed, as networks. Default: none.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<Spanned<String>>,
    /// `memory`, or the directory for database, keys and audit journal. Default: `vestibule-data` beside this file.
    pub state: Option<String>,
    /// 32 bytes in base64 that encrypt secrets at rest. Default: a key file in the state directory, made at the first start.
    #[schemars(with = "Option<SecretRef>")]
    pub master_key: Option<Spanned<SecretRef>>,
    /// The largest request body in bytes. Default: 4 MiB.
    pub max_body: Option<usize>,
    /// Seconds until an upstream's answer must begin. Default: 60.
    pub upstream_timeout_seconds: Option<u64>,
    /// Files with further certificate authorities (PEM) for outgoing TLS.
    #[serde(default)]
    #[schemars(with = "Vec<PathBuf>")]
    pub extra_roots: Vec<Spanned<PathBuf>>,
    /// Origins of browser-based clients, for example `http://localhost:6274`.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// How people sign in.
    #[serde(default)]
    pub sign_in: SignIn,
    /// How long things live.
    #[serde(default)]
    pub tokens: Tokens,
    /// Which OAuth clients are let in.
    #[serde(default)]
    pub clients: Clients,
    /// Masking of personal data.
    #[serde(default)]
    pub masking: Masking,
    /// The MCP servers behind us.
    #[serde(default, rename = "server")]
    pub servers: Vec<Server>,
    /// One endpoint `/mcp` that joins several servers. Without this table there is none.
    #[schemars(with = "Option<Federation>")]
    pub federation: Option<Spanned<Federation>>,
    /// Pre-registered OAuth clients.
    #[serde(default, rename = "client")]
    pub preregistered: Vec<Client>,
    /// People who may sign in from the first start on.
    #[serde(default, rename = "user")]
    pub users: Vec<User>,
}

/// How people sign in.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The shortest password, in characters. Default: 12.
    pub min_password_length: Option<usize>,
    /// Memory of one password hash, in MiB (argon2id). Default: 64; at least 19.
    #[schemars(with = "Option<u32>")]
    pub argon2_memory_mib: Option<Spanned<u32>>,
    /// Passes of one password hash. Default: 3; at least 2.
    #[schemars(with = "Option<u32>")]
    pub argon2_passes: Option<Spanned<u32>>,
    /// Minutes after which an idle browser session ends. Default: 60.
    pub session_idle_minutes: Option<u64>,
    /// Hours after which a browser session ends. Default: 24.
    pub session_hours: Option<u64>,
}

/// How long tokens live, and how they are signed.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Minutes of an access token, 5 to 15. Default: 10.
    #[schemars(with = "Option<u64>")]
    pub access_minutes: Option<Spanned<u64>>,
    /// Days after which an unused refresh token ends. Default: 14.
    pub refresh_idle_days: Option<u64>,
    /// Days after which a consent ends at the latest. Default: 30.
    pub refresh_days: Option<u64>,
    /// `EdDSA` or `ES256`. Default: `EdDSA`.
    pub algorithm: Option<SigningAlgorithm>,
    /// Days for which a key signs. Default: 30.
    pub rotate_keys_days: Option<u64>,
}

/// How tokens are signed.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
pub enum SigningAlgorithm {
    /// Ed25519 (RFC 8037).
    EdDSA,
    /// ECDSA with P-256 and SHA-256 (RFC 7518).
    ES256,
}

/// Which OAuth clients are let in.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// Whether clients may register themselves (RFC 7591). Default: true.
    pub registration: Option<bool>,
    /// How many self-registered clients there may be. Default: 10,000.
    pub max_registered: Option<u64>,
    /// How many registrations an address may make in an hour. Default: 30.
    pub registrations_per_hour: Option<u32>,
    /// Whether a `client_id` may be the URL of a metadata document. Default: true.
    pub metadata_documents: Option<bool>,
    /// Whether such a document may lie on a loopback address; for development. Default: false.
    pub danger_loopback_documents: Option<bool>,
    /// Whether redirect URIs with private-use schemes (`cursor://…`) are accepted. Default: true.
    pub private_use_schemes: Option<bool>,
}

/// Masking of personal data: e-mail addresses, telephone numbers, cards and the like.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct Masking {
    /// Whether what servers answer is masked before a client sees it. The environment's `MASK_PII_BEFORE_LLM` overrides it.
    /// Default: false.
    pub before_llm: Option<bool>,
    /// Whether logs and the audit journal are masked. The environment's `MASK_PII_IN_LOGS` overrides it. Default: true.
    pub logs: Option<bool>,
    /// What a client's headers `X-Mask-PII-Before-LLM` and `X-Mask-PII-In-Logs` may do: `tighten` (switch masking on), or
    /// `override` (switch it off too, except what a policy demands). Default: `tighten`.
    pub headers: Option<MaskHeaders>,
    /// What stands in the place of a value. Default: `label`.
    #[schemars(with = "Option<MaskAction>")]
    pub action: Option<Spanned<MaskAction>>,
    /// How sure a finding must be. Default: `balanced`.
    pub sensitivity: Option<MaskSensitivity>,
    /// The types that are masked, for example `["EMAIL_ADDRESS", "CREDIT_CARD"]`. Default: all.
    #[schemars(with = "Option<Vec<String>>")]
    pub types: Option<Listed>,
    /// Another action for some types, for example `{ CREDIT_CARD = "block" }`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, MaskAction>")]
    pub actions: BTreeMap<Spanned<String>, Spanned<MaskAction>>,
    /// 32 bytes in base64 for the action `hash`. Default: made at each start.
    #[schemars(with = "Option<SecretRef>")]
    pub hash_key: Option<Spanned<SecretRef>>,
    /// One answer in so many is looked at once more on its way out; what is still in it is counted in the metrics and the log,
    /// by type, and kept nowhere. Answers that are not masked are sampled too. Default: none.
    #[schemars(with = "Option<u64>")]
    pub proof_one_in: Option<Spanned<u64>>,
    /// Hours for which labels are remembered of somebody who is not seen. Default: 12.
    #[schemars(with = "Option<u64>")]
    pub remember_hours: Option<Spanned<u64>>,
    /// Exceptions by type, server, tool, role and direction. The first that fits decides about a type.
    #[serde(default, rename = "rule")]
    pub rules: Vec<MaskRule>,
}

/// What the headers of a client may do.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum MaskHeaders {
    /// Switch masking on.
    Tighten,
    /// Switch it off too.
    Override,
}

/// What stands in the place of a value.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum MaskAction {
    /// The value itself.
    Pass,
    /// Its last digits or first letter.
    Partial,
    /// A keyed hash.
    Hash,
    /// A numbered label that stands for the value again in arguments toward the server it came from.
    Pseudonym,
    /// A numbered label, `[EMAIL_1]`.
    Label,
    /// Nothing: the message is withheld.
    Block,
}

/// How sure a finding must be.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum MaskSensitivity {
    /// Only what is hardly anything else.
    Strict,
    /// The middle.
    Balanced,
    /// Rather too much than too little.
    Eager,
}

/// Which way values go.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum MaskDirection {
    /// From a server to its client.
    Results,
    /// From a client to a server.
    Arguments,
}

/// Names, each with its place, and the place of the list.
pub type Listed = Spanned<Vec<Spanned<String>>>;

/// An exception. A list that is left out is no condition.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaskRule {
    /// The types.
    #[schemars(with = "Option<Vec<String>>")]
    pub types: Option<Listed>,
    /// The servers.
    #[schemars(with = "Option<Vec<String>>")]
    pub servers: Option<Listed>,
    /// The tools.
    #[schemars(with = "Option<Vec<String>>")]
    pub tools: Option<Listed>,
    /// The roles of the caller, one of which is enough.
    #[schemars(with = "Option<Vec<String>>")]
    pub roles: Option<Listed>,
    /// Which way. Default: `results`.
    pub direction: Option<MaskDirection>,
    /// What stands in the place of a value.
    #[schemars(with = "MaskAction")]
    pub action: Spanned<MaskAction>,
    /// How sure a finding must be. Default: as in `[masking]`.
    pub sensitivity: Option<MaskSensitivity>,
}

/// How the answers of one server are masked: on or off, one action for all types, or actions by type.
#[derive(Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a mask is true, false, one of the actions label, partial, hash, pseudonym, block and pass, or a table of them by type"
)]
pub enum ServerMask {
    /// On or off.
    Switch(bool),
    /// On, with this action.
    Action(MaskAction),
    /// On, with these actions; the other types are masked as in `[masking]`.
    Actions(BTreeMap<String, MaskAction>),
}

/// An MCP server behind us.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its name in the public URL `/mcp/<name>`: lower-case letters, digits, `-` and `_`.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Its name for people. Default: the name.
    pub title: Option<String>,
    /// Where it is: the URL of a streamable HTTP endpoint, or of the stream when `transport` is `sse`.
    #[schemars(with = "Option<String>")]
    pub url: Option<Spanned<String>>,
    /// What is spoken at the URL: `streamable-http`, or `sse` for a server of 2024-11-05. Default: `streamable-http`.
    #[schemars(with = "Option<Transport>")]
    pub transport: Option<Spanned<Transport>>,
    /// Or the command to run, program and arguments.
    #[schemars(with = "Option<Vec<String>>")]
    pub command: Option<Spanned<Vec<String>>>,
    /// The environment of the command.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The most memory that the command, and each process it starts, may have for itself, in MiB. Default: no limit.
    #[schemars(with = "Option<u64>")]
    pub max_memory_mib: Option<Spanned<u64>>,
    /// Which era of MCP it speaks. Default: `auto`, found out by its first answers.
    #[schemars(with = "Option<Protocol>")]
    pub protocol: Option<Spanned<Protocol>>,
    /// Which credential calls carry. Default: none.
    #[schemars(with = "Option<Credential>")]
    pub credential: Option<Spanned<Credential>>,
    /// Its policy files: permission tables (`.toml`) and Cedar (`.cedar`). Without one everything is denied.
    #[schemars(with = "Option<OneOrMany>")]
    pub policy: Option<Spanned<OneOrMany>>,
    /// What happens when the definition of a tool changes, or a tool looks like another: `off`, `warn`, or `hold` it until
    /// `vestibule pin approve`. Default: `warn`.
    pub pin: Option<PinMode>,
    /// How personal data in its answers is masked: true, false, an action, or actions by type. Default: as in `[masking]`.
    #[schemars(with = "Option<ServerMask>")]
    pub mask: Option<Spanned<ServerMask>>,
    /// Groups of tools that people can give or keep back as one.
    #[serde(default, rename = "scope")]
    pub scopes: Vec<Scope>,
}

/// What is spoken at a URL.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// Streamable HTTP (2025-03-26 and later).
    StreamableHttp,
    /// HTTP+SSE (2024-11-05).
    Sse,
}

/// How tool definitions are guarded.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum PinMode {
    /// Nothing is recorded.
    Off,
    /// It is recorded and reported, and passes.
    Warn,
    /// The tool is out of service until an administrator has approved it.
    Hold,
}

/// Which era of MCP a server speaks.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Found out by its first answers.
    Auto,
    /// Sessions: up to 2025-11-25.
    Stateful,
    /// No sessions: from 2026-07-28.
    Stateless,
}

/// One endpoint that joins several servers, each under its own policy and credential.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Federation {
    /// The names of the servers, in the order in which clients see them. Default: all.
    #[schemars(with = "Option<Vec<String>>")]
    pub servers: Option<Vec<Spanned<String>>>,
    /// Its name for people. Default: `All servers`.
    pub title: Option<String>,
    /// Seconds that a server may take to answer a question that goes to all of them. Default: 10.
    #[schemars(with = "Option<u64>")]
    pub timeout_seconds: Option<Spanned<u64>>,
}

/// A group of tools.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The scope, for example `leave:read`.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// What it allows, in plain words, for the consent page.
    pub description: String,
    /// The tools it covers.
    pub tools: Vec<String>,
}

/// One file or several.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(PathBuf),
    /// Several.
    Many(Vec<PathBuf>),
}

/// Which credential calls to a server carry.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Credential {
    /// None.
    None,
    /// A fixed header.
    Static {
        /// The header. Default: `Authorization`.
        header: Option<String>,
        /// Its value.
        value: SecretRef,
    },
    /// A short-lived JWT of ours that names the user; the server checks it against our key set.
    SignedJwt {
        /// The `aud` claim. Default: the server's URL.
        audience: Option<String>,
        /// Directory attributes to include as claims, for example `["employee_id"]`.
        #[serde(default)]
        claims: Vec<String>,
    },
}

/// A secret by reference: exactly one of the two.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// An environment variable.
    pub env: Option<String>,
    /// A file.
    pub file: Option<PathBuf>,
}

/// What may stand where a secret is wanted. A secret itself must not, and no message repeats it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Reference(Reference),
    Other(toml::Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    env: Option<String>,
    file: Option<PathBuf>,
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Reference(Reference { env, file }) => Ok(Self { env, file }),
            Written::Other(toml::Value::String(_)) => Err(D::Error::custom("a secret must not stand in this file")),
            Written::Other(_) => Err(D::Error::custom("a secret has the form { env = … } or { file = … }")),
        }
    }
}

/// A person who may sign in. They are added at the start when nobody has the address yet.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The e-mail address, for sign-in.
    #[schemars(with = "String")]
    pub email: Spanned<String>,
    /// The password.
    #[schemars(with = "SecretRef")]
    pub password: Spanned<SecretRef>,
    /// The full name. Default: what stands before the `@`.
    pub name: Option<String>,
    /// The roles.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The department.
    pub department: Option<String>,
    /// Directory attributes, for example `{ employee_id = "E1" }`.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The organization. Default: `default`.
    pub org: Option<String>,
}

/// A pre-registered OAuth client.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// The `client_id`.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Its name for people. Default: the id.
    pub name: Option<String>,
    /// Its redirect URIs, exactly.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub redirect_uris: Vec<Spanned<String>>,
    /// Its secret (at least 32 characters). Without secret and `jwks_file` it is a public client.
    #[schemars(with = "Option<SecretRef>")]
    pub secret: Option<Spanned<SecretRef>>,
    /// A file with its public keys (JWK Set), for `private_key_jwt`.
    #[schemars(with = "Option<PathBuf>")]
    pub jwks_file: Option<Spanned<PathBuf>>,
    /// `authorization_code`, `refresh_token`, `client_credentials`. Default: by its redirect URIs and secret.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub grant_types: Vec<Spanned<String>>,
    /// The most it may ask for, separated by spaces. Default: whatever the server offers.
    #[schemars(with = "Option<String>")]
    pub scope: Option<Spanned<String>>,
    /// Its roles when it acts for itself.
    #[serde(default)]
    pub roles: Vec<String>,
}
