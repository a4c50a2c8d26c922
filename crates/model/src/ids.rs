//! Typed identifiers: a [`UserId`] cannot be passed where a [`GrantId`] is wanted.
//!
//! Ids that we make are `prefix_` + UUIDv7 in hexadecimal: sortable by creation, never reused, and no
//! secret (they reveal their creation time). Ids that others choose ([`ClientId`], [`ServerName`]) are
//! kept as the exact string and compared as such.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Random, Timestamp};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps an identifier that came from our store, configuration or a verified token.
            pub fn new(value: impl Into<Arc<str>>) -> Self {
                Self(value.into())
            }

            /// The identifier as text, exactly as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(value.into())
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(value.into())
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        id!($(#[$doc])* $name);

        impl $name {
            /// Makes a fresh id: prefix and UUIDv7.
            pub fn generate(clock: &dyn Clock, random: &dyn Random) -> Self {
                let mut bits = [0u8; 10];
                random.fill(&mut bits);
                let millis = u64::try_from(clock.now().as_millis()).unwrap_or(0);
                let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &bits).into_uuid();
                let mut text = String::with_capacity($prefix.len() + 33);
                text.push_str(concat!($prefix, "_"));
                text.push_str(uuid.simple().encode_lower(&mut [0; 32]));
                Self(text.into())
            }

            /// When it was made, if it was made by us.
            pub fn made_at(&self) -> Option<Timestamp> {
                let uuid = uuid::Uuid::try_parse(self.0.strip_prefix(concat!($prefix, "_"))?).ok()?;
                let (seconds, nanos) = uuid.get_timestamp()?.to_unix();
                let millis = i64::try_from(seconds).ok()?.checked_mul(1000)?;
                Some(Timestamp::from_millis(millis + i64::from(nanos / 1_000_000)))
            }
        }
    };
}

id!(
    /// A person or service account in our directory.
    UserId,
    "usr"
);
id!(
    /// A tenant (`org_id` in every token).
    OrgId,
    "org"
);
id!(
    /// A browser session of a signed-in user.
    SessionId,
    "ses"
);
id!(
    /// A consent given to a client; every token hangs off one.
    GrantId,
    "grt"
);
id!(
    /// A chain of refresh tokens that descend from one authorization.
    FamilyId,
    "fam"
);
id!(
    /// The `jti` of an access token (RFC 7519 section 4.1.7).
    TokenId,
    "jti"
);
id!(
    /// One incoming request; the thread through logs and audit.
    RequestId,
    "req"
);
id!(
    /// The `kid` of a signing key (RFC 7517 section 4.5).
    KeyId,
    "key"
);
id!(
    /// An OAuth `client_id`: ours for registered clients, an `https` URL for metadata-document clients.
    /// Compared as a raw string, never normalised.
    ClientId,
    "cli"
);
id!(
    /// The configured name of an MCP server, the last path segment of its public URL.
    ServerName
);
