//! The second half of the evidence: what came of an allowed call. Written when its answer has passed, or was cut off.

use std::sync::Arc;

use tokio::time::Instant;
use vestibule_model::{AuditEvent, Clock, EventKind, Principal, RequestId, Server, Verdict, digest::Hasher};
use vestibule_store::journal::Journal;

/// Writes one `outcome` event when it is dropped, whatever happened. The decision was recorded before and waited for;
/// this line is not waited for, and holds the digest of the answer as the upstream sent it, or as it was translated for a
/// client of the other era.
pub(crate) struct Outcome {
    journal: Journal,
    clock: Arc<dyn Clock>,
    request: RequestId,
    server: Arc<Server>,
    principal: Arc<Principal>,
    started: Instant,
    hasher: Option<Hasher>,
    status: Option<u16>,
    verdict: Verdict,
    reason: Option<&'static str>,
    withheld: bool,
}

impl Outcome {
    /// Starts the stopwatch. Until something else is said, the call was cut off.
    pub(crate) fn begin(
        journal: &Journal,
        clock: &Arc<dyn Clock>,
        request: &RequestId,
        server: &Arc<Server>,
        principal: &Arc<Principal>,
    ) -> Self {
        Self {
            journal: journal.clone(),
            clock: Arc::clone(clock),
            request: request.clone(),
            server: Arc::clone(server),
            principal: Arc::clone(principal),
            started: Instant::now(),
            hasher: None,
            status: None,
            verdict: Verdict::Deny,
            reason: Some("cut_off"),
            withheld: false,
        }
    }

    /// No answer can be given.
    pub(crate) fn failed(&mut self, reason: &'static str) {
        self.reason = Some(reason);
    }

    /// The answer is kept from the client, whatever becomes of the rest of it.
    pub(crate) fn withheld(&mut self, reason: &'static str) {
        self.failed(reason);
        (self.withheld, self.verdict) = (true, Verdict::Deny);
    }

    /// The answer begins.
    pub(crate) fn answered(&mut self, status: u16) {
        self.status = Some(status);
        self.hasher = Some(Hasher::new());
    }

    /// Bytes of it pass.
    pub(crate) fn passed(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
    }

    /// All of it has passed.
    pub(crate) fn ended(&mut self) {
        if self.withheld {
            return;
        }
        let succeeded = self.status.is_some_and(|status| (200..300).contains(&status));
        (self.verdict, self.reason) =
            if succeeded { (Verdict::Allow, None) } else { (Verdict::Deny, Some("upstream_status")) };
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        let mut event = AuditEvent::new(self.clock.now(), EventKind::Outcome, self.request.clone());
        event.org = Some(self.principal.org.clone());
        event.user = self.principal.user_id().cloned();
        event.client = Some(self.principal.client.clone());
        event.server = Some(self.server.name.clone());
        event.verdict = Some(self.verdict);
        event.reason = self.reason.map(Into::into);
        event.result = self.hasher.take().map(Hasher::finish);
        event.status = self.status;
        event.micros = Some(u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX));
        self.journal.note(&event);
    }
}
