//! Developer commands: `cargo xtask layers | tidy | test | clients | bench | fuzz`.

mod bans;
mod bench;
mod findings;
mod fuzz;
mod install;
mod layers;
mod process;
mod suite;
mod tidy;
mod workspace;

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use findings::Findings;
use workspace::Workspace;

/// Developer commands of Vestibule.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check that every crate imports only from lower floors, and that deny.toml's wrappers hold.
    Layers,
    /// Check sizes, module docs, words, routes and links.
    Tidy,
    /// Install what the tests need and run every check there is.
    Test,
    /// Only the real clients of `test`.
    Clients,
    /// Measure what a guarded call and a token cost.
    Bench {
        /// Only these parts.
        parts: Vec<bench::Part>,
    },
    /// Feed the parsers bytes that nobody thought of, guided by coverage.
    Fuzz {
        /// Only these targets.
        targets: Vec<fuzz::Target>,
        /// How long each is fuzzed.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find()?;
    match command {
        Command::Layers => Ok(report("layers", &layers(&workspace)?)),
        Command::Tidy => Ok(report("tidy", &tidy::check(&workspace)?)),
        Command::Test => Ok(suite::all(&workspace)),
        Command::Clients => Ok(suite::only_clients(&workspace)),
        Command::Bench { parts } => bench::run(&workspace, parts).map(|()| ExitCode::SUCCESS),
        Command::Fuzz { targets, seconds } => {
            fuzz::run(&workspace, targets, Duration::from_secs(*seconds)).map(|()| ExitCode::SUCCESS)
        }
    }
}

fn layers(workspace: &Workspace) -> anyhow::Result<Findings> {
    let metadata = workspace.metadata()?;
    let mut findings = layers::check(&metadata);
    findings.extend(bans::check(&bans::Bans::read(workspace)?, &metadata));
    Ok(findings)
}

fn report(name: &str, findings: &Findings) -> ExitCode {
    findings.print();
    if findings.is_empty() {
        println!("{name}: nothing to mend");
        ExitCode::SUCCESS
    } else {
        println!("{name}: {} to mend", findings.len());
        ExitCode::FAILURE
    }
}
