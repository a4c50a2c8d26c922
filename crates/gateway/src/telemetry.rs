//! Logs, on standard error. `RUST_LOG` chooses what; the default is warnings and our own information. Personal data in them
//! is masked ([`crate::logs`]).

use tracing_subscriber::{EnvFilter, fmt};

use crate::{
    config,
    logs::{LogSwitch, MaskedFormat},
    terminal::Colours,
};

/// Starts logging; JSON lines when `VESTIBULE_LOG=json`. A panic is logged too, so that it is masked like everything else.
pub fn start() -> LogSwitch {
    let switch = LogSwitch::new(config::logs_by_environment());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,vestibule=info"));
    let colour = Colours::of(&std::io::stderr()) == Colours::On;
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(colour)
        .log_internal_errors(false);
    let json = std::env::var("VESTIBULE_LOG").is_ok_and(|format| format == "json");
    let started = if json {
        builder.json().map_event_format(|format| MaskedFormat::new(format, switch.clone())).try_init()
    } else {
        // Fields of spans are written before a line is masked, so they have no colours either.
        let builder = builder.compact().with_ansi(false);
        builder.map_event_format(|format| MaskedFormat::new(format, switch.clone())).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was already started");
    }
    let lines = switch.clone();
    std::panic::set_hook(Box::new(move |panic| {
        // Written by hand: whoever panics may hold the logger.
        eprintln!("vestibule: {}", lines.masked(&panic.to_string()));
    }));
    switch
}
