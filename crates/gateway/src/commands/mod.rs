//! One file per command.

mod audit;
mod check;
mod client;
pub mod demo;
mod doctor;
mod evidence;
mod generated;
mod passwords;
mod pii;
mod pin;
mod place;
mod policy;
mod protect;
mod ready;
pub mod running;
mod serve;
mod stdio;
mod user;

use std::process::ExitCode;

use anyhow::Result;

use crate::{cli::Command, config, logs::LogSwitch};

/// Runs a command to its end, where nobody listens to its logs.
///
/// # Errors
/// As [`run_logged`].
pub async fn run(command: Command) -> Result<ExitCode> {
    run_logged(command, &LogSwitch::new(config::logs_by_environment())).await
}

/// Runs a command to its end. What its configuration says about masking logs holds for `logs`.
///
/// # Errors
/// With a text for the person at the terminal: what is wrong and what to do.
pub async fn run_logged(command: Command, logs: &LogSwitch) -> Result<ExitCode> {
    match command {
        Command::Demo(args) => demo::run(args, logs).await,
        Command::Protect(args) => protect::run(args, logs).await,
        Command::Serve(args) => serve::run(args, logs).await,
        Command::Check(args) => check::run(&args),
        Command::User(command) => user::run(command).await,
        Command::Client(command) => client::run(command).await,
        Command::Policy(command) => policy::run(command).await,
        Command::Pin(command) => pin::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Pii(command) => pii::run(command),
        Command::Stdio(args) => stdio::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
    }
}
