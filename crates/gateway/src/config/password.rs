//! `[sign_in]`: passwords and browser sessions.

use std::time::Duration;

use vestibule_identity::{browser::SessionLife, password::HashSettings, password_policy::PasswordPolicy};

use super::{check::Checker, raw};

/// OWASP ASVS 5.0 appendix C: argon2id with at least 19 MiB and two passes.
pub(super) fn cost(checker: &mut Checker<'_>, raw: &raw::SignIn) -> HashSettings {
    let memory = raw.argon2_memory_mib.as_ref().map_or(64, |mib| *mib.get_ref());
    let passes = raw.argon2_passes.as_ref().map_or(3, |passes| *passes.get_ref());
    let settings = HashSettings::new(memory.saturating_mul(1024), passes);
    if settings.is_none()
        && let Some(span) = raw
            .argon2_memory_mib
            .as_ref()
            .map(toml::Spanned::span)
            .or_else(|| raw.argon2_passes.as_ref().map(toml::Spanned::span))
    {
        let what = "password hashing needs 19 to 1024 MiB and 2 to 16 passes";
        checker.mistake(span, what, "argon2_memory_mib = 64 and argon2_passes = 3 are good values");
    }
    settings.unwrap_or(HashSettings::STANDARD)
}

/// Which new passwords are accepted.
pub(super) fn policy(raw: &raw::SignIn) -> PasswordPolicy {
    PasswordPolicy { min_length: raw.min_password_length.unwrap_or(PasswordPolicy::default().min_length) }
}

/// How long browser sessions live.
pub(super) fn sessions(raw: &raw::SignIn) -> SessionLife {
    let usual = SessionLife::default();
    SessionLife {
        idle: raw.session_idle_minutes.map_or(usual.idle, |minutes| Duration::from_secs(minutes * 60)),
        absolute: raw.session_hours.map_or(usual.absolute, |hours| Duration::from_secs(hours * 3600)),
    }
}
