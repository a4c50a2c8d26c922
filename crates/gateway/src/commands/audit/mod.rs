//! `vestibule audit tail|verify`.

mod line;
mod tail;
mod verify;

use std::process::ExitCode;

use anyhow::Result;

use crate::cli;

pub(super) async fn run(command: cli::Audit) -> Result<ExitCode> {
    match command {
        cli::Audit::Tail(args) => tail::tail(args).await,
        cli::Audit::Verify(args) => verify::verify(&args),
    }
}
