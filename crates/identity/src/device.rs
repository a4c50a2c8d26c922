//! Browsers that have signed in to an account before. Somebody else's failures do not lock them out.
//!
//! The cookie is sealed for one account: for any other account it is worth nothing, and it signs nobody in.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderMap;
use vestibule_model::{Digest, Random};
use vestibule_store::Store;

use crate::browser::find_cookie;

/// The name of the cookie.
pub const DEVICE_COOKIE: &str = "__Host-vestibule-device";
const DEVICE_LIFE_SECONDS: u32 = 365 * 86_400;

/// A browser that has signed in to one account before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownDevice(String);

impl KnownDevice {
    /// The device's cookie, when it is for this canonical account.
    pub fn find(headers: &HeaderMap, store: &Store, account: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(find_cookie(headers, DEVICE_COOKIE)?).ok()?;
        let id = store.sealer().open("device", "cookie", account, &sealed).ok()?;
        Some(Self(format!("{account}#{}", Digest::of(id.expose()).to_hex())))
    }

    /// What its failures are counted under.
    pub(crate) fn counter(&self) -> &str {
        &self.0
    }

    /// The `Set-Cookie` value that makes a browser known to an account.
    pub fn set_cookie(store: &Store, account: &str, random: &Arc<dyn Random>) -> String {
        let mut id = [0u8; 16];
        random.fill(&mut id);
        let sealed = store.sealer().seal("device", "cookie", account, &id, &**random);
        let value = URL_SAFE_NO_PAD.encode(sealed);
        format!("{DEVICE_COOKIE}={value}; Path=/; Max-Age={DEVICE_LIFE_SECONDS}; Secure; HttpOnly; SameSite=Lax")
    }
}
