//! What a caller brings back and is none of theirs: the id of a session, of an event, of a task, or a state. They are told
//! that it is unknown, and it leaves a line in the journal: whoever tries what belongs to others is seen.

use axum::response::Response;
use vestibule_mcp::Message;
use vestibule_model::{AuditEvent, EventKind, Verdict};
use vestibule_vault::screen::wish::Wishes;

use crate::{Proxy, answer, arrival::Arrival};

/// The longest name of a method that is written down, in characters.
const MOST: usize = 64;

/// What it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    Session,
    Event,
    State,
    Task,
}

impl What {
    /// A stable code for the audit journal.
    const fn code(self) -> &'static str {
        match self {
            Self::Session => "unknown_session",
            Self::Event => "unknown_event",
            Self::State => "unknown_state",
            Self::Task => "unknown_task",
        }
    }
}

/// Goes with the refusal to where it is recorded.
#[derive(Clone)]
struct Unknown {
    what: What,
    method: Option<String>,
}

/// The refusal of a request that brought something unknown.
pub(crate) fn refusal(what: What, message: Option<&Message>, mut response: Response) -> Response {
    let method = message.map(|message| message.method().chars().take(MOST).collect());
    response.extensions_mut().insert(Unknown { what, method });
    response
}

/// Records such a refusal. It is an answer too: its record is on the disk first.
pub(crate) async fn recorded(proxy: &Proxy, arrival: &Arrival, said: Wishes, mut response: Response) -> Response {
    match response.extensions_mut().remove() {
        None => response,
        // Few calls come here; the others need not make room for it.
        Some(unknown) => Box::pin(record(proxy, arrival, said, unknown, response)).await,
    }
}

async fn record(
    proxy: &Proxy,
    arrival: &Arrival,
    said: Wishes,
    Unknown { what, method }: Unknown,
    response: Response,
) -> Response {
    let mut event = AuditEvent::new(proxy.clock.now(), EventKind::Call, arrival.request.clone());
    let principal = arrival.principal();
    event.org = Some(principal.org.clone());
    event.user = principal.user_id().cloned();
    event.client = Some(principal.client.clone());
    event.grant = Some(principal.grant.clone());
    event.server = Some(arrival.server.name.clone());
    event.action = method.map(Into::into);
    event.verdict = Some(Verdict::Deny);
    event.reason = Some(what.code().into());
    event.status = Some(response.status().as_u16());
    event.address = arrival.address;
    event.masking = proxy.vault.log_wish(said);
    let Ok(receipt) = proxy.journal.append(&event) else { return answer::journal_down(None) };
    match receipt.durable().await {
        Ok(_) => response,
        Err(_) => answer::journal_down(None),
    }
}
