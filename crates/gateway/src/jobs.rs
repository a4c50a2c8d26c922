//! Background tasks: key rotation and sweeping.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::sync::watch;
use vestibule_model::{Clock, Random};
use vestibule_oauth::keys::{Algorithm, KeyRing, RotationPlan};
use vestibule_store::{Store, changes::Change};

use crate::{keys, listen};

/// What the tasks work on.
pub struct Jobs {
    /// The database.
    pub store: Store,
    /// The ring that signs and verifies.
    pub keys: Arc<ArcSwap<KeyRing>>,
    /// How signing keys rotate.
    pub rotation: RotationPlan,
    /// Which algorithm new keys have.
    pub algorithm: Algorithm,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Jobs {
    /// Starts all tasks; each ends when `stop` turns true.
    pub fn start(self, stop: &watch::Receiver<bool>) {
        let jobs = Arc::new(self);
        tokio::spawn(until(stop.clone(), Arc::clone(&jobs).rotate_keys()));
        tokio::spawn(until(stop.clone(), jobs.sweep()));
    }

    /// Every ten minutes, and whenever another node changed a key.
    async fn rotate_keys(self: Arc<Self>) {
        let mut changes = self.store.subscribe();
        let mut tick = tokio::time::interval(Duration::from_secs(600));
        tick.tick().await;
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                changed = changes.recv() => match changed {
                    Ok(numbered) if numbered.change == Change::SigningKeys => {}
                    Ok(_) => continue,
                    Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                },
            }
            match keys::rotate(&self.store, &self.rotation, self.algorithm, &*self.clock, &*self.random).await {
                Ok(ring) => self.keys.store(Arc::new(ring)),
                // The ring in use stays: a stalled rotation must never take the current key away.
                Err(error) => tracing::error!(error = %format!("{error:#}"), "signing keys could not be rotated"),
            }
        }
    }

    /// Every minute: what has ended is removed.
    async fn sweep(self: Arc<Self>) {
        let mut tick = tokio::time::interval(Duration::from_secs(60));
        loop {
            tick.tick().await;
            if let Err(error) = self.store.sweep(self.clock.now()).await {
                tracing::warn!(%error, "ended rows could not be removed");
            }
        }
    }
}

async fn until(mut stop: watch::Receiver<bool>, task: impl Future<Output = ()>) {
    tokio::select! {
        () = task => {}
        () = listen::asked_to_stop(&mut stop) => {}
    }
}
