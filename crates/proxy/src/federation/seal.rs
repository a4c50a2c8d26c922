//! What we hand out and take back: nobody else can open it, and it opens nothing else.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Proxy, call::Arrival, session};

/// What is sealed.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// The sessions at all parts.
    Sessions,
    /// The cursors at all parts, of one method.
    Cursor(&'a str),
    /// The `requestState` of one part.
    State(&'a str),
}

impl Purpose<'_> {
    fn column(self) -> String {
        match self {
            Self::Sessions => "sessions".to_owned(),
            Self::Cursor(method) => format!("cursor {method}"),
            Self::State(part) => format!("state {part}"),
        }
    }
}

/// Seals something for the caller at this door.
pub(super) fn seal(proxy: &Proxy, door: &Arrival, purpose: Purpose<'_>, plain: &[u8]) -> String {
    let (column, owner) = (purpose.column(), session::owner(door));
    let sealed = proxy.store.sealer().seal("mcp_federation", &column, &owner, plain, &*proxy.random);
    URL_SAFE_NO_PAD.encode(sealed)
}

/// Opens what was sealed for the same caller and purpose.
pub(super) fn open(proxy: &Proxy, door: &Arrival, purpose: Purpose<'_>, sealed: &str) -> Option<Vec<u8>> {
    let (column, owner) = (purpose.column(), session::owner(door));
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let plain = proxy.store.sealer().open("mcp_federation", &column, &owner, &sealed).ok()?;
    Some(plain.expose().clone())
}
