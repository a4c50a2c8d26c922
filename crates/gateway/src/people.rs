//! The users of the configuration, added at the start.

use std::sync::Arc;

use anyhow::{Context, Result};
use vestibule_identity::password::PasswordPool;
use vestibule_model::{AuditEvent, Clock, EventKind, OrgId, Random, RequestId, User, UserId, Verdict};
use vestibule_store::{Store, journal::Journal};

use crate::config::ConfiguredUser;

/// Adds those whom nobody knows yet. Whoever is there stays as they are: they may have changed their password, or been
/// disabled.
///
/// # Errors
/// When the database or the journal fails.
pub(crate) async fn add(
    users: &[ConfiguredUser],
    store: &Store,
    journal: &Journal,
    passwords: &PasswordPool,
    (clock, random): (&Arc<dyn Clock>, &Arc<dyn Random>),
) -> Result<()> {
    for configured in users {
        if store.find_user_by_email(&configured.email).await?.is_some() {
            continue;
        }
        let user = user(configured, UserId::generate(&**clock, &**random));
        let mut event = AuditEvent::new(clock.now(), EventKind::Admin, RequestId::generate(&**clock, &**random));
        event.action = Some("user add".into());
        event.target = Some(user.id.as_str().into());
        event.verdict = Some(Verdict::Allow);
        event.detail = Some("from the configuration".into());
        let phc = passwords.hash(&configured.password).await?;
        journal.append(&event)?.durable().await.context("the audit journal cannot be written")?;
        store.create_user(&user, Some(&phc)).await.with_context(|| format!("adding the user {}", user.email))?;
    }
    Ok(())
}

fn user(configured: &ConfiguredUser, id: UserId) -> User {
    User {
        id,
        org: OrgId::new(configured.org.as_str()),
        email: configured.email.clone(),
        name: configured.name.clone(),
        roles: configured.roles.clone(),
        groups: Vec::new(),
        department: configured.department.clone(),
        manager: None,
        attributes: configured.attributes.clone(),
        disabled: false,
    }
}
