//! Evidence of what administrators do at the terminal.
//!
//! The gateway that runs holds its journal locked, so the terminal has one of its own, in the same state directory and
//! signed with the same key. The record is on the disk before the change is made.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use vestibule_model::{AuditEvent, EventKind, RequestId, Verdict};

use crate::{state, wire};

/// Writes that an administrator is about to do something to `target`.
pub(super) async fn record(directory: &Path, action: &'static str, target: &str) -> Result<()> {
    let (clock, random) = wire::senses();
    let mut event = AuditEvent::new(clock.now(), EventKind::Admin, RequestId::generate(&*clock, &*random));
    event.action = Some(action.into());
    event.target = Some(target.into());
    event.verdict = Some(Verdict::Allow);
    event.detail = Some("at the terminal".into());

    let mut tries = 0;
    let journal = loop {
        match state::open_terminal_journal(directory, &clock, &*random) {
            Ok(journal) => break journal,
            // Another command may be writing at this very moment.
            Err(_) if tries < 20 => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(error),
        }
    };
    journal.append(&event)?.durable().await.context("the change cannot be recorded, so it is not made")?;
    journal.close().await;
    Ok(())
}
