//! Keeps personal data out of a client's sight: what a server says is masked on its way to the client, and labels are turned
//! back on the way to the server that the values came from.
//!
//! ```text
//! settings   what is masked, and how                  as configured
//! wish       what the client asks for                 two headers
//! plan       both, and the policy's obligations, for one call
//! readers    the numbers in labels; what they stand for
//! arguments  the way to the server, before policy looks
//! answer     the way to the client, behind everything else
//! tables     what of a message the protocol needs as it is
//! tally      how often, by kind
//! ```
//!
//! It stands behind the permit, so nothing that leaves the vault goes around it: JSON, streams, answers that were put
//! together for a client of the other era.

mod answer;
mod arguments;
mod plan;
mod readers;
pub mod settings;
mod tables;
mod tally;
pub mod wish;

use std::sync::{Arc, Mutex, PoisonError};

use vestibule_model::{Clock, Masking as LogMasking, Principal, Random, Server, ServerName};
use vestibule_pii::{Config, HashKey, Masker, Sensitivity};
use vestibule_policy::mask::Mask;

pub(crate) use self::answer::{Masking, Screen, Withheld};
pub use self::{arguments::Unfit, tally::Tally};
use self::{
    readers::Readers,
    settings::{ClientSwitch, MaskSettings, Switch},
    tables::{Table, Tables},
    wish::Wishes,
};
use crate::McpCall;

/// How many configurations are kept ready, each for documents of one form. There are only as many as rules and roles make.
const MOST_MASKERS: usize = 128;

/// Everything that masking needs. One for the vault.
pub(crate) struct Screening {
    settings: MaskSettings,
    key: HashKey,
    tables: Tables,
    maskers: Mutex<Vec<(Table, Arc<Masker>)>>,
    readers: Readers,
    tally: Arc<Tally>,
}

impl Screening {
    pub(crate) fn new(settings: MaskSettings, key: HashKey, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            readers: Readers::new(settings.memory, clock, random),
            settings,
            key,
            tables: Tables::new(),
            maskers: Mutex::default(),
            tally: Arc::default(),
        }
    }

    pub(crate) fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// Whether an answer of this server may give labels that stand for values.
    pub(crate) fn may_give_pseudonyms(&self, server: &Server, demanded: &[Mask]) -> bool {
        self.settings.may_give_pseudonyms(server, demanded)
    }

    /// Whether any answer of this server to this caller may be masked.
    pub(crate) fn may_mask(&self, caller: &Principal, server: &Server, wishes: Wishes, demanded: &[Mask]) -> bool {
        self.settings.may_mask(caller, server, wishes.before_llm, demanded)
    }

    /// What is done to the answer of a call; `None`: it passes as it is.
    pub(crate) fn begin(
        self: &Arc<Self>,
        caller: &Arc<Principal>,
        server: &Arc<Server>,
        call: &McpCall,
        demanded: &[Mask],
    ) -> Option<Screen> {
        let config = self.settings.for_answer(caller, server, call, demanded);
        let sample = self.settings.proof.is_some_and(|one_in| self.tally.is_sample(one_in));
        let proof = sample.then(|| self.masker(Config::default().with_sensitivity(Sensitivity::Eager), Table::Answer));
        let config = config.or_else(|| sample.then(Config::none))?;
        Some(Screen::new(self, config, proof, caller, server, call))
    }

    /// What a client wishes for logs, where it has a say.
    pub(crate) fn log_wish(&self, wishes: Wishes) -> LogMasking {
        match (wishes.in_logs, self.settings.clients) {
            (Some(Switch::On), _) => LogMasking::On,
            (Some(Switch::Off), ClientSwitch::Override) => LogMasking::Off,
            _ => LogMasking::AsConfigured,
        }
    }

    /// The masker of a configuration, for documents of a form.
    fn masker(&self, config: Config, table: Table) -> Arc<Masker> {
        let mut maskers = self.maskers.lock().unwrap_or_else(PoisonError::into_inner);
        // They are few, and to compare two costs less than to hash one.
        if let Some((_, masker)) =
            maskers.iter().find(|(of, masker)| *of == table && *masker.scanner().config() == config)
        {
            return Arc::clone(masker);
        }
        if maskers.len() >= MOST_MASKERS {
            maskers.clear();
        }
        let masker = Arc::new(Masker::new(config, self.key.clone()).with_paths(self.tables.of(table)));
        maskers.push((table, Arc::clone(&masker)));
        masker
    }
}

/// Where a value was seen: a server, and the session when there is one. No server has a `#` in its name.
fn place(server: &Server, session: Option<&str>) -> ServerName {
    match session {
        Some(session) => {
            let session = vestibule_model::Digest::of(session.as_bytes()).to_hex();
            ServerName::new(format!("{}#{session}", server.name))
        }
        None => server.name.clone(),
    }
}
