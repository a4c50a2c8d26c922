//! `cargo xtask fuzz`: libFuzzer on the parsers, guided by coverage. Works with the stable compiler: the coverage passes
//! are ordinary code generation options, and the sanitizers, which are not, find nothing in safe code.

use std::{fs, process::Command, time::Duration};

use anyhow::{Context, ensure};

use crate::{
    install,
    process::{self, command},
    workspace::{self, Workspace},
};

/// What can be fuzzed; each is a file in `fuzz/targets`.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Target {
    /// Messages of clients.
    Message,
    /// Event streams of servers.
    Events,
    /// JSON answers of servers.
    Answer,
    /// Text with personal data.
    Personal,
}

const ALL: [Target; 4] = [Target::Message, Target::Events, Target::Answer, Target::Personal];

const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

impl Target {
    const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Events => "events",
            Self::Answer => "answer",
            Self::Personal => "personal",
        }
    }
}

/// Fuzzes these targets, or all when none is named, each for so long. What was found before is kept in `target/corpus`
/// and built on.
pub(crate) fn run(workspace: &Workspace, targets: &[Target], each: Duration) -> anyhow::Result<()> {
    install::debian(workspace, install::FUZZ)?;
    let host = host()?;
    for target in if targets.is_empty() { &ALL } else { targets } {
        println!("\n=== {}, {} s", target.name(), each.as_secs());
        let corpus = workspace.root().join("target/corpus").join(target.name());
        fs::create_dir_all(&corpus)?;
        let mut run = command(
            workspace.root(),
            workspace::cargo(),
            &["run", "--release", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target/fuzz"],
        );
        // With a target named, the flags leave build scripts alone.
        run.args(["--target", &host, "--bin", target.name(), "--"]).arg(&corpus);
        run.arg(workspace.root().join("fuzz/seeds").join(target.name()));
        run.arg(format!("-max_total_time={}", each.as_secs())).args(["-rss_limit_mb=4096", "-print_final_stats=1"]);
        run.env("RUSTFLAGS", COVERAGE);
        let outcome = process::run(run)?;
        ensure!(outcome.success, "{} fails; the input is in the file that is named above", target.name());
    }
    Ok(())
}

/// What this machine's compiler compiles for.
fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}
