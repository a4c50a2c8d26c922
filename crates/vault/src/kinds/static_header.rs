//! `static`: a fixed header, for example the API key of a service account.

use std::sync::Arc;

use futures_util::future::{BoxFuture, ready};
use http::{HeaderName, HeaderValue};
use vestibule_model::Principal;

use super::{CredentialError, Ingredients, Kind, OpenCredential};
use crate::{headers, origin::Origin};

/// Calls carry one header whose value the configuration resolved.
pub(super) struct StaticHeader {
    origin: Arc<Origin>,
    name: HeaderName,
    value: HeaderValue,
}

impl StaticHeader {
    pub(super) fn new(header: &str, with: Ingredients) -> Result<Self, CredentialError> {
        let unusable = |why: &str| CredentialError::Unusable(why.to_owned());
        let name: HeaderName =
            header.parse().map_err(|_| unusable("the header of the credential has no valid name"))?;
        if !headers::may_hold_credential(&name) {
            return Err(unusable("the header of the credential belongs to the protocol"));
        }
        let secret = with.secret.ok_or_else(|| unusable("the secret of the credential is missing"))?;
        let mut value = HeaderValue::from_str(secret.expose())
            .map_err(|_| unusable("the secret of the credential cannot be a header value"))?;
        value.set_sensitive(true);
        Ok(Self { origin: Arc::new(with.origin), name, value })
    }
}

impl Kind for StaticHeader {
    fn open<'a>(&'a self, _: &'a Principal) -> BoxFuture<'a, Result<OpenCredential, CredentialError>> {
        let credential = OpenCredential::header(Arc::clone(&self.origin), self.name.clone(), self.value.clone());
        Box::pin(ready(Ok(credential)))
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::{CredentialSpec, Secret};

    use super::*;
    use crate::kinds::{make, suite};

    fn make_with(header: &str, secret: Option<&str>) -> Result<Box<dyn Kind>, CredentialError> {
        let secret = secret.map(|secret| Secret::new(secret.to_owned()));
        make(&CredentialSpec::Static { header: header.to_owned() }, Ingredients { secret, ..suite::ingredients() })
    }

    #[tokio::test]
    async fn passes_the_suite() {
        let kind = make_with("X-Api-Key", Some(suite::CANARY)).unwrap();
        suite::run(&*kind, suite::CANARY).await;
        let headers = suite::spend(&*kind, &suite::caller("ana"), suite::UPSTREAM).await.unwrap();
        assert_eq!(headers.get("x-api-key").unwrap(), suite::CANARY);
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn what_cannot_be_sent_is_refused_when_it_is_loaded() {
        for header in ["", "a b", "host", "Content-Length", "connection", "transfer-encoding", "mcp-name", "accept"] {
            assert!(make_with(header, Some("k")).is_err(), "{header}");
        }
        assert!(make_with("authorization", None).is_err());
        let Err(error) = make_with("authorization", Some("hunter2\r\nx: y")) else { panic!("it was taken") };
        assert!(!error.to_string().contains("hunter2"));
    }
}
