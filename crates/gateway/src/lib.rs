//! The binary: commands, configuration, wiring and listeners.
//!
//! [`wire`] is the only place that knows all parts; [`commands`] has one file per command.

pub mod cli;
pub mod commands;
pub mod config;
mod handover;
pub mod jobs;
mod keys;
pub mod listen;
pub mod logs;
mod nowhere;
pub mod operators;
mod people;
pub mod state;
pub mod telemetry;
mod terminal;
mod unread;
pub mod wire;

use std::process::ExitCode;

/// Runs a command. Errors go to standard error, with what to do about them; the exit code is 1.
pub fn run(cli: cli::Cli) -> ExitCode {
    // Every TLS user takes the process default; without one they fail at run time.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider was already installed");
    }
    let logs = telemetry::start();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("vestibule: the runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run_logged(cli.command, &logs)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("vestibule: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// As many workers as the machine has cores, or `VESTIBULE_WORKERS`.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = std::env::var("VESTIBULE_WORKERS").ok().and_then(|text| text.parse().ok()) {
        builder.worker_threads(std::cmp::max(1, workers));
    }
    builder.enable_all().build()
}
