//! Logs, on standard error. `RUST_LOG` chooses what; the default is warnings and our own information.

use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging; JSON lines when `VESTIBULE_LOG=json`.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,vestibule=info"));
    let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(colour)
        .log_internal_errors(false);
    let json = std::env::var("VESTIBULE_LOG").is_ok_and(|format| format == "json");
    let started = if json { builder.json().try_init() } else { builder.compact().try_init() };
    if started.is_err() {
        tracing::debug!("logging was already started");
    }
}
