//! Running a gateway until it is asked to stop; shared by `serve`, `demo` and `protect`.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use vestibule_model::{AuditEvent, Clock, EventKind, Random, RequestId};
use vestibule_store::{Store, journal::Journal};

use crate::{
    config::Config,
    listen,
    wire::{self, Senses},
};

/// A gateway that is up.
pub struct Running {
    /// The database.
    pub store: Store,
    /// Hashes passwords.
    pub passwords: Arc<vestibule_identity::password::PasswordPool>,
    /// The evidence.
    pub journal: Journal,
    senses: Senses,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
}

/// Ctrl-C and SIGTERM. Heard from the moment it is made: before anything is served, so that no stop goes unrecorded.
pub(super) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    pub(super) fn hear() -> Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Binds an address, with a remedy when it is taken.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; stop what listens there, or choose another address with --listen")
    })
}

/// Binds what was asked for; otherwise the usual port, or any free one when that is taken.
pub(super) async fn bind_or_free(asked: Option<SocketAddr>) -> Result<TcpListener> {
    if let Some(address) = asked {
        return bind(address).await;
    }
    match TcpListener::bind(("127.0.0.1", 8808)).await {
        Ok(listener) => Ok(listener),
        Err(_) => bind(SocketAddr::from(([127, 0, 0, 1], 0))).await,
    }
}

/// Wires the house and starts to serve on listeners that are already bound.
pub(super) async fn start(config: Config, public: TcpListener, admin: Option<TcpListener>) -> Result<Running> {
    start_with(config, public, admin, wire::senses()).await
}

/// As the commands do it, with time and randomness from outside.
///
/// # Errors
/// When a part cannot be built, or the start cannot be recorded.
pub async fn start_with(
    config: Config,
    public: TcpListener,
    admin: Option<TcpListener>,
    senses: Senses,
) -> Result<Running> {
    let (clock, random) = &senses;
    let trusted: Arc<[ipnet::IpNet]> = config.trusted_proxies.clone().into();
    let house = wire::build(config, Arc::clone(clock), Arc::clone(random)).await?;
    note(&house.journal, "started", &**clock, &**random)?;

    let (stop, stopped) = watch::channel(false);
    house.jobs.start(&stopped);
    if let Some(listener) = admin {
        tokio::spawn(listen::serve(listener, house.operators.router(), Arc::from([]), stopped.clone()));
    }
    let served = tokio::spawn(listen::serve(public, house.public, trusted, stopped));
    Ok(Running { store: house.store, passwords: house.passwords, journal: house.journal, senses, stop, served })
}

impl Running {
    /// Waits for Ctrl-C or SIGTERM, then stops.
    pub(super) async fn until(self, mut asked: StopSignals) -> Result<()> {
        asked.wait().await;
        tracing::info!("stopping");
        self.stop().await
    }

    /// Stops: no new connections, running ones finish, the journal is closed.
    ///
    /// # Errors
    /// When the stop cannot be recorded.
    pub async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        self.served.await?;
        let (clock, random) = &self.senses;
        note(&self.journal, "stopped", &**clock, &**random)?;
        self.store.close().await;
        self.journal.close().await;
        Ok(())
    }
}

fn note(journal: &Journal, what: &'static str, clock: &dyn Clock, random: &dyn Random) -> Result<()> {
    let mut event = AuditEvent::new(clock.now(), EventKind::System, RequestId::generate(clock, random));
    event.action = Some(what.into());
    event.detail = Some(concat!("vestibule ", env!("CARGO_PKG_VERSION")).into());
    journal.append(&event).map(drop).context("the audit journal cannot be written")
}
