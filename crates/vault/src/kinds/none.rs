//! `none`: the upstream asks for no credential.

use futures_util::future::{BoxFuture, ready};
use vestibule_model::Principal;

use super::{CredentialError, Kind, OpenCredential};

/// Calls carry nothing.
pub(super) struct None;

impl Kind for None {
    fn open<'a>(&'a self, _: &'a Principal) -> BoxFuture<'a, Result<OpenCredential, CredentialError>> {
        Box::pin(ready(Ok(OpenCredential::none())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::suite;

    #[tokio::test]
    async fn calls_carry_nothing() {
        let headers = suite::spend(&None, &suite::caller("ana"), suite::UPSTREAM).await.unwrap();
        assert!(headers.is_empty());
    }
}
