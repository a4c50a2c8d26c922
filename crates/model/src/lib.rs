//! The vocabulary of Vestibule: one word per idea, no sockets, no SQL, no wire formats.
//!
//! | word | meaning | type |
//! |---|---|---|
//! | principal | subject + the client acting for it + the grant it acts under | [`Principal`] |
//! | client | an OAuth client | [`Client`] |
//! | server | an MCP server we stand before; its URL here is the OAuth *resource* | [`Server`], [`ResourceUri`] |
//! | federation | several servers behind one endpoint | [`Federation`] |
//! | upstream | where that server really is | [`Upstream`] |
//! | credential / token | theirs / ours | [`CredentialSpec`], [`OpaqueToken`] |
//! | grant / permit | consent given to a client / one allowed call | [`GrantId`], `policy::Permit` |
//! | audit event | one line of evidence | [`AuditEvent`] |
//!
//! This is the only crate that reads the clock or draws random numbers ([`clock`]).

pub mod audit;
pub mod client;
pub mod clock;
pub mod digest;
pub mod directory;
pub mod federation;
pub mod ids;
pub mod pin;
pub mod principal;
pub mod problem;
pub mod resource;
pub mod scope;
pub mod secret;
pub mod server;
pub mod spelling;
pub mod token;
pub mod user;

pub use audit::{AuditEvent, EventKind, Masking, Verdict};
pub use client::{ApplicationType, Client, ClientAuthMethod, ClientKind, RedirectUri};
pub use clock::{Clock, Random, SystemClock, SystemRandom, Timestamp};
pub use digest::Digest;
pub use directory::Directory;
pub use federation::Federation;
pub use ids::{ClientId, FamilyId, GrantId, KeyId, OrgId, RequestId, ServerName, SessionId, TokenId, UserId};
pub use pin::PinMode;
pub use principal::{Acr, Authentication, Principal, Subject};
pub use problem::{Fault, Problem};
pub use resource::ResourceUri;
pub use scope::{Scope, ScopeSet};
pub use secret::Secret;
pub use server::{CredentialSpec, Protocol, ScopeGroup, Server, Upstream};
pub use token::{OpaqueToken, TokenKind};
pub use user::User;
