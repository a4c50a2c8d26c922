//! Whose data does a call touch? Answered here, before any policy is asked.
//!
//! A permission table names the argument that says so. The upstream will read that argument in its own
//! way, so only a value that can be read in one way is taken: one plain JSON string that is, byte for
//! byte, the directory attribute of that name of exactly one user of the caller's organization.

use std::{borrow::Cow, sync::Arc};

use vestibule_model::{Directory, User};

use crate::{call::Call, facts::Asker};

/// The user whose data the call touches: the one the argument names, or the caller when it is absent. A
/// client that acts for itself has no data of its own, so for it absent means nobody in particular.
///
/// A disabled user is still a subject: their data does not become free.
///
/// # Errors
/// A sentence for people. It never says whether a value exists in another organization.
pub(crate) fn resolve<'a>(
    argument: &str,
    asker: &Asker<'a>,
    directory: &'a Directory,
    call: &dyn Call,
) -> Result<Option<&'a Arc<User>>, String> {
    if call.has_variant_of(argument) {
        return Err(format!("The argument must be spelled exactly “{argument}”."));
    }
    let Some(raw) = call.argument(argument) else {
        return Ok(asker.user());
    };
    let Some(value) = plain_string(raw).filter(|value| !value.is_empty()) else {
        return Err(format!(
            "The argument “{argument}” must be one plain text value, or be left out to mean yourself."
        ));
    };
    match directory.find_by_attribute(asker.org.as_str(), argument, &value) {
        Some(user) => Ok(Some(user)),
        None => Err(format!("The argument “{argument}” names nobody known here.")),
    }
}

/// Decodes a JSON string: escapes are read, half surrogate pairs refused.
fn plain_string(raw: &str) -> Option<Cow<'_, str>> {
    match serde_json::from_str::<&str>(raw) {
        Ok(borrowed) => Some(Cow::Borrowed(borrowed)),
        Err(_) => serde_json::from_str::<String>(raw).ok().map(Cow::Owned),
    }
}
