//! Makes one permitted call happen: open the credential → send → Reply, overlapping the journal's sync.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::HeaderMap;
use vestibule_egress::client::Client;
use vestibule_mcp::Message;
use vestibule_model::{Clock, Principal, Random, Server};
use vestibule_oauth::keys::KeyRing;
use vestibule_pii::HashKey;
use vestibule_policy::{Permit, mask::Mask};
use vestibule_store::journal::{Journal, Receipt};

use crate::{
    McpCall, Reply,
    answer::Answer,
    bridge::{self, Passage, Reach},
    kinds::Signer,
    outcome::Outcome,
    registry::{Credentials, Registry, RegistryError},
    screen::{Screening, Tally, Unfit, settings::MaskSettings, wish::Wishes},
    sessions::{SessionLimits, Sessions},
};

/// Why an allowed call has no answer. The texts are for our log; what a client reads is written where its era is known.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The server behind us cannot be reached, or answered something that is not MCP.
    #[error("the upstream failed: {0}")]
    Upstream(String),
    /// The server behind us refused our credential with this status. Its challenge stays here.
    #[error("the upstream refused our credential with {0}")]
    Refused(u16),
    /// It did not answer in time.
    #[error("the upstream did not answer in time")]
    Timeout,
    /// The call is not on the disk, so its answer must not leave.
    #[error("the audit journal cannot be written")]
    Journal,
    /// There is no usable credential.
    #[error("the credential is unavailable: {0}")]
    Credential(String),
    /// The session has ended, or never was.
    #[error("the session is unknown")]
    SessionGone,
    /// The server speaks only the stateful era.
    #[error("the server does not speak this protocol version")]
    UnsupportedEra,
    /// More than we pass on.
    #[error("{0} are too large")]
    TooLarge(String),
    /// As many sessions as there may be.
    #[error("too many sessions are open")]
    Busy,
    /// A request with this id waits already.
    #[error("a request with this id is in flight")]
    DuplicateId,
}

impl DispatchError {
    /// A stable code for the audit journal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Upstream(_) => "upstream",
            Self::Refused(_) => "upstream_refused",
            Self::Timeout => "upstream_timeout",
            Self::Journal => "journal",
            Self::Credential(_) => "credential",
            Self::SessionGone => "session_gone",
            Self::UnsupportedEra => "unsupported_era",
            Self::TooLarge(_) => "too_large",
            Self::Busy => "busy",
            Self::DuplicateId => "duplicate_id",
        }
    }
}

/// What a vault is built from.
pub struct VaultParts {
    /// Our public URL, the `iss` of what we sign.
    pub issuer: String,
    /// Reaches HTTP upstreams.
    pub client: Client,
    /// Signing keys, swapped whole when they rotate.
    pub keys: Arc<ArcSwap<KeyRing>>,
    /// Where outcomes are written.
    pub journal: Journal,
    /// Servers and secrets.
    pub credentials: Credentials,
    /// How many children, and how long.
    pub children: SessionLimits,
    /// How many sessions over HTTP+SSE, and how long.
    pub streams: SessionLimits,
    /// What is masked.
    pub masking: MaskSettings,
    /// The key of masks that are the same wherever a value stands.
    pub mask_key: HashKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// The only door to an upstream.
pub struct Vault {
    reach: Arc<Reach>,
    signer: Arc<Signer>,
    registry: ArcSwap<Registry>,
    screening: Arc<Screening>,
    journal: Journal,
    clock: Arc<dyn Clock>,
}

impl Vault {
    /// Builds the vault; fails when a server cannot be reached as it is configured.
    pub fn new(parts: VaultParts) -> Result<Self, RegistryError> {
        let (issuer, keys) = (parts.issuer, parts.keys);
        let (clock, random) = (parts.clock, parts.random);
        let signer = Signer { issuer, keys, clock: Arc::clone(&clock), random: Arc::clone(&random) };
        let signer = Arc::new(signer);
        Ok(Self {
            registry: ArcSwap::from_pointee(Registry::load(parts.credentials, &signer)?),
            signer,
            screening: Arc::new(Screening::new(parts.masking, parts.mask_key, Arc::clone(&clock), Arc::clone(&random))),
            reach: Arc::new(Reach::new(
                parts.client,
                Sessions::new(parts.children, Arc::clone(&random)),
                Sessions::new(parts.streams, Arc::clone(&random)),
                random,
            )),
            journal: parts.journal,
            clock,
        })
    }

    /// Takes a new configuration, whole or not at all. Calls on their way keep the old one.
    pub fn replace(&self, credentials: Credentials) -> Result<(), RegistryError> {
        self.registry.store(Arc::new(Registry::load(credentials, &self.signer)?));
        Ok(())
    }

    /// How often something was masked.
    pub fn tally(&self) -> &Arc<Tally> {
        self.screening.tally()
    }

    /// Whether what is logged of a request is masked, where its client has a say.
    pub fn log_wish(&self, wishes: Wishes) -> vestibule_model::Masking {
        self.screening.log_wish(wishes)
    }

    /// Whether an answer of this server may give labels that stand for values; then its client has to have a session that
    /// they belong to. `demanded` is all that any policy of the server demands.
    pub fn may_give_pseudonyms(&self, server: &Server, demanded: &[Mask]) -> bool {
        self.screening.may_give_pseudonyms(server, demanded)
    }

    /// Whether any answer of this server to this caller may be masked, so that a promise about its results need not hold.
    /// `demanded` is all that any policy of the server demands.
    pub fn may_mask(&self, caller: &Principal, server: &Server, wishes: Wishes, demanded: &[Mask]) -> bool {
        self.screening.may_mask(caller, server, wishes, demanded)
    }

    /// A message as it goes on to its server, before it is decided: labels that the caller was given stand for their values
    /// again, and what is kept from servers is masked. `None`: as it is. Headers that mirror it change with it. `session` is
    /// what the client's is called here, or else the upstream's id.
    ///
    /// # Errors
    /// [`Unfit`] when it must go no further.
    pub fn screen_arguments(
        &self,
        caller: &Principal,
        server: &Server,
        session: Option<&str>,
        message: Option<&Message>,
        headers: &mut HeaderMap,
    ) -> Result<Option<Message>, Unfit> {
        self.screening.arguments(caller, server, session, message, headers)
    }

    /// Makes the call, once. Permit and receipt are taken by value and must name the same request:
    ///
    /// ```
    /// # use vestibule_vault::*; use vestibule_policy::Permit; use vestibule_store::journal::Receipt;
    /// async fn call(vault: &Vault, permit: Permit<McpCall>, receipt: Receipt) -> Result<Reply, DispatchError> {
    ///     vault.dispatch(permit, receipt).await
    /// }
    /// ```
    /// There is no call without its record,
    /// ```compile_fail,E0061
    /// # use vestibule_vault::*; use vestibule_policy::Permit; use vestibule_store::journal::Receipt;
    /// async fn call(vault: &Vault, permit: Permit<McpCall>, receipt: Receipt) -> Result<Reply, DispatchError> {
    ///     vault.dispatch(permit).await
    /// }
    /// ```
    /// none without its permit,
    /// ```compile_fail,E0308
    /// # use vestibule_vault::*; use vestibule_policy::Permit; use vestibule_store::journal::Receipt;
    /// async fn call(vault: &Vault, call: McpCall, receipt: Receipt) -> Result<Reply, DispatchError> {
    ///     vault.dispatch(call, receipt).await
    /// }
    /// ```
    /// and no permit serves twice.
    /// ```compile_fail,E0382
    /// # use vestibule_vault::*; use vestibule_policy::Permit; use vestibule_store::journal::Receipt;
    /// async fn call(vault: &Vault, permit: Permit<McpCall>, a: Receipt, b: Receipt) -> Result<Reply, DispatchError> {
    ///     vault.dispatch(permit, a).await?;
    ///     vault.dispatch(permit, b).await
    /// }
    /// ```
    pub async fn dispatch(&self, permit: Permit<McpCall>, receipt: Receipt) -> Result<Reply, DispatchError> {
        let mut outcome =
            Outcome::begin(&self.journal, &self.clock, permit.request(), permit.server(), permit.principal());
        if permit.request() != receipt.request() {
            outcome.failed("receipt_mismatch");
            return Err(DispatchError::Journal);
        }
        let screen = self.screening.begin(permit.principal(), permit.server(), permit.call(), permit.masks());
        // Both at once. An upstream that fails first still waits for the journal, since a refusal is an answer too;
        // a journal that fails first drops the exchange, and no byte of the answer leaves.
        let answered = async { Ok(self.send(permit).await) };
        let recorded = async { receipt.durable().await.map_err(|_| DispatchError::Journal) };
        match tokio::try_join!(answered, recorded) {
            Ok((Ok(answer), recorded)) => Ok(Reply::new(answer, recorded, outcome, screen).await),
            Ok((Err(error), _)) | Err(error) => {
                outcome.failed(error.code());
                Err(error)
            }
        }
    }

    async fn send(&self, permit: Permit<McpCall>) -> Result<Answer, DispatchError> {
        let entry = Arc::clone(self.registry.load().find(permit.server())?);
        let caller = Arc::clone(permit.principal());
        // Others who arrived with this call are decided first: then the upstream gets the calls together and is woken
        // once, not once for each.
        tokio::task::yield_now().await;
        let way = Passage { reach: Arc::clone(&self.reach), entry, caller };
        bridge::exchange(&way, permit.into_call()).await
    }
}
