//! TLS towards others: the roots of the system, and those that the operator adds.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

/// Why no TLS configuration could be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A configured root is not a PEM certificate.
    #[error("a configured root certificate is not valid PEM")]
    BadRoot,
    /// The provider offers none of the protocol versions.
    #[error("no TLS version is available")]
    NoVersion,
}

/// TLS 1.2 and 1.3, verified against the system's roots and the given ones. A system without roots is no error:
/// plain-HTTP upstreams still work, and every HTTPS one fails its verification.
pub(crate) fn config(extra_roots_pem: &[String]) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for pem in extra_roots_pem {
        add_pem(&mut roots, pem)?;
    }
    if roots.is_empty() {
        tracing::warn!("the system has no root certificates: HTTPS upstreams cannot be verified");
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|_| TlsError::NoVersion)?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn add_pem(roots: &mut RootCertStore, pem: &str) -> Result<(), TlsError> {
    let mut found = false;
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.map_err(|_| TlsError::BadRoot)?).map_err(|_| TlsError::BadRoot)?;
        found = true;
    }
    if found { Ok(()) } else { Err(TlsError::BadRoot) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(config(&[pem.to_owned()]).is_err(), "{pem:?}");
        }
    }
}
