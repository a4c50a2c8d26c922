//! Whether the credential of an open stream still holds. A stream may last for days; a revoked grant, a disabled user or
//! the end of the token must not have to wait for its end.

use std::{sync::Arc, time::Duration};

use http::{HeaderValue, Request, header};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Instant,
};
use vestibule_model::{Server, Timestamp};
use vestibule_store::changes::Numbered;

use crate::{Proxy, arrival::Arrival};

/// Changes come in bursts; one look serves for all that come within this time.
const SETTLE: Duration = Duration::from_millis(100);
/// A timer is not set further ahead; a clock that is set forward is noticed after this at the latest.
const LONGEST: Duration = Duration::from_secs(60);

/// Looks at the credential again whenever something changed, and at its end.
pub(crate) struct Watch {
    proxy: Arc<Proxy>,
    server: Arc<Server>,
    credential: Option<HeaderValue>,
    changes: Receiver<Numbered>,
    /// When to look again because of a change.
    look_at: Option<Instant>,
    /// The state of the store that was looked at last.
    epoch: u64,
    ends: Timestamp,
}

impl Watch {
    pub(crate) fn new(proxy: &Arc<Proxy>, arrival: &Arrival) -> Self {
        Self {
            proxy: Arc::clone(proxy),
            server: Arc::clone(arrival.door()),
            credential: arrival.credential.clone(),
            changes: proxy.store.subscribe(),
            look_at: None,
            // Nothing may have changed since the caller was authenticated; the first look costs little.
            epoch: u64::MAX,
            ends: arrival.principal().expires_at,
        }
    }

    /// Whether the credential holds now. Asked before each piece that passes; looks only when something changed.
    pub(crate) async fn holds(&mut self) -> bool {
        let epoch = self.proxy.store.epoch();
        if epoch == self.epoch && self.proxy.clock.now() < self.ends && self.proxy.store.is_current() {
            return true;
        }
        // Boxed: it is rare and large, and thousands of idle streams would each hold room for it.
        let holds = Box::pin(self.authenticate()).await;
        if holds {
            (self.epoch, self.look_at) = (epoch, None);
        }
        holds
    }

    /// Returns when the credential no longer holds; for a stream on which nothing passes. May be dropped and called
    /// again: nothing that was seen is forgotten.
    pub(crate) async fn lost(&mut self) {
        loop {
            let left = self.ends.since(self.proxy.clock.now()).min(LONGEST);
            let wake = self.look_at.unwrap_or_else(|| Instant::now() + left);
            tokio::select! {
                change = self.changes.recv() => match change {
                    Ok(_) | Err(RecvError::Lagged(_)) => {
                        self.look_at.get_or_insert_with(|| Instant::now() + SETTLE);
                        continue;
                    }
                    Err(RecvError::Closed) => return,
                },
                () = tokio::time::sleep_until(wake) => {}
            }
            if !self.holds().await {
                return;
            }
        }
    }

    async fn authenticate(&self) -> bool {
        let mut request = Request::new(());
        if let Some(credential) = &self.credential {
            request.headers_mut().insert(header::AUTHORIZATION, credential.clone());
        }
        let (parts, ()) = request.into_parts();
        self.proxy.authenticator.authenticate(&parts, &self.server).await.is_ok()
    }
}
