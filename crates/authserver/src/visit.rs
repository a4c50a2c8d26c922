//! The request an endpoint answers, as evidence needs it.

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use axum::extract::FromRequestParts;
use http::request::Parts;
use vestibule_identity::browser::PeerAddress;
use vestibule_model::{AuditEvent, EventKind, RequestId};

use crate::AuthServer;

/// Who asked, as far as the connection tells. The listener puts a [`RequestId`] and a [`PeerAddress`] among the
/// request's extensions.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The thread through logs and audit.
    pub request: RequestId,
    /// The client's address.
    pub address: Option<IpAddr>,
}

impl Visit {
    /// An audit event about this request.
    pub fn event(&self, server: &AuthServer, kind: EventKind) -> AuditEvent {
        let mut event = AuditEvent::new(server.clock.now(), kind, self.request.clone());
        event.address = self.address;
        event
    }
}

impl FromRequestParts<Arc<AuthServer>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<AuthServer>) -> Result<Self, Infallible> {
        let given = parts.extensions.get::<RequestId>().cloned();
        let request = given.unwrap_or_else(|| RequestId::generate(&*server.clock, &*server.random));
        Ok(Self { request, address: parts.extensions.get::<PeerAddress>().map(|peer| peer.0) })
    }
}
