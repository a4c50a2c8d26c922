//! `cargo xtask bench`: what a guarded call and a token cost, beside what is physically possible.
//!
//! The method is in bench/README.md. Nothing here passes or fails: it prints figures.

mod candidates;
mod load;
mod masking;
mod proc;
mod setup;
mod streams;

use anyhow::Context;

use crate::{
    install,
    process::{self, command},
    workspace::{self, Workspace},
};
use candidates::Candidate;
use load::{Load, Measured};
use setup::Bench;

const ROUNDS: usize = 3;
const CONNECTIONS: u32 = 32;
const TOKEN_CONNECTIONS: u32 = 16;

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// How long the start takes, and how much memory an idle gateway has.
    Start,
    /// CPU per guarded call.
    Calls,
    /// Tokens per CPU second.
    Tokens,
    /// The first event of a stream, a large one, and many idle ones.
    Streams,
    /// How fast personal data is looked for.
    Pii,
    /// What masking adds to a call and to an event.
    Masking,
}

/// Builds everything, measures these parts, or all when none is named; prints.
pub(crate) fn run(workspace: &Workspace, parts: &[Part]) -> anyhow::Result<()> {
    let all = [Part::Pii, Part::Start, Part::Calls, Part::Tokens, Part::Streams, Part::Masking];
    let parts = if parts.is_empty() { &all } else { parts };
    if parts.contains(&Part::Pii) {
        pii(workspace)?;
    }
    let others = || parts.iter().filter(|part| **part != Part::Pii);
    if others().next().is_none() {
        return Ok(());
    }
    install::debian(workspace, install::BENCH)?;
    if parts.contains(&Part::Tokens) {
        install::npm(workspace)?;
    }
    build(workspace)?;
    let bench = Bench::new(workspace)?;
    for part in others() {
        match part {
            Part::Pii => (),
            Part::Start => start_and_memory(&bench)?,
            Part::Calls => calls(&bench)?,
            Part::Tokens => tokens(&bench)?,
            Part::Streams => streams::measure(&bench)?,
            Part::Masking => masking::measure(&bench)?,
        }
    }
    Ok(())
}

/// Scans documents, code and hostile input; needs no gateway.
fn pii(workspace: &Workspace) -> anyhow::Result<()> {
    println!("\n=== looking for personal data, one core");
    for bench in [&["scanning"][..], &["mutations", "--", "1000000"]] {
        let arguments = [&["bench", "--locked", "--quiet", "-p", "vestibule-pii", "--bench"][..], bench].concat();
        let outcome = process::run(command(workspace.root(), workspace::cargo(), &arguments))?;
        anyhow::ensure!(outcome.success, "the measurement failed");
    }
    Ok(())
}

fn build(workspace: &Workspace) -> anyhow::Result<()> {
    let root = workspace.root();
    for arguments in [
        &["build", "--locked", "--release", "--bin", "vestibule"][..],
        &["build", "--locked", "--release", "--manifest-path", "bench/Cargo.toml", "--target-dir", "target/bench"][..],
    ] {
        let outcome = process::run(command(root, workspace::cargo(), arguments))?;
        anyhow::ensure!(outcome.success, "the build failed");
    }
    Ok(())
}

fn start_and_memory(bench: &Bench) -> anyhow::Result<()> {
    println!("\n=== start and memory");
    let gateway = bench.vestibule()?;
    println!("`serve` answers after {:.0} ms (at most 300)", gateway.started_in.as_secs_f64() * 1000.0);
    std::thread::sleep(std::time::Duration::from_secs(2));
    println!("idle memory: {:.1} MB (at most 40)", gateway.process.resident_megabytes()?);
    Ok(())
}

/// CPU per proxied `tools/call`, beside the floor and a proxy that checks nothing.
fn calls(bench: &Bench) -> anyhow::Result<()> {
    println!("\n=== tools/call, {CONNECTIONS} connections, {ROUNDS} rounds of {} s", load::SECONDS);
    let upstream = bench.upstream()?;
    let candidates = [bench.nginx()?, bench.floor()?, bench.vestibule()?];
    let rounds = rounds(&candidates, |candidate| candidate.call_load(CONNECTIONS))?;
    drop(upstream);
    table(&candidates, &rounds, "CPU µs/call", |measured| measured.micros_per_request());
    ratio(&rounds, 2, 1, "vestibule : floor (at most 2.5)", |measured| measured.micros_per_request());
    ratio(&rounds, 2, 0, "vestibule : nginx, which checks nothing", |measured| measured.micros_per_request());
    Ok(())
}

/// Tokens per CPU second, beside npm oidc-provider, which keeps its state in memory only.
fn tokens(bench: &Bench) -> anyhow::Result<()> {
    println!(
        "\n=== /token, client_credentials, {TOKEN_CONNECTIONS} connections, {ROUNDS} rounds of {} s",
        load::SECONDS
    );
    let candidates = [bench.oidc_provider()?, bench.vestibule()?];
    let rounds = rounds(&candidates, |candidate| candidate.token_load(TOKEN_CONNECTIONS))?;
    table(&candidates, &rounds, "tokens per CPU s", |measured| measured.per_cpu_second());
    ratio(&rounds, 1, 0, "vestibule : oidc-provider (at least 1.5)", |measured| measured.per_cpu_second());
    Ok(())
}

/// Measures every candidate in each round; the order is reversed every other round.
fn rounds(candidates: &[Candidate], load: impl Fn(&Candidate) -> Load) -> anyhow::Result<Vec<Vec<Measured>>> {
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        let mut results = vec![None; candidates.len()];
        for index in order {
            let candidate = candidates.get(index).context("an index of our own")?;
            let measured = load(candidate).measure(&candidate.process).with_context(|| candidate.name)?;
            if let Some(place) = results.get_mut(index) {
                *place = Some(measured);
            }
        }
        rounds.push(results.into_iter().flatten().collect());
    }
    Ok(rounds)
}

fn table(candidates: &[Candidate], rounds: &[Vec<Measured>], unit: &str, figure: impl Fn(&Measured) -> f64) {
    println!("{:<16} {unit:>18} {:>10} {:>10}  by round", "", "req/s", "p99 ms");
    for (index, candidate) in candidates.iter().enumerate() {
        let of = |get: &dyn Fn(&Measured) -> f64| -> Vec<f64> {
            rounds.iter().filter_map(|r| r.get(index)).map(get).collect()
        };
        let figures = of(&figure);
        let each: Vec<String> = figures.iter().map(|value| format!("{value:.1}")).collect();
        let (rate, p99) = (median(of(&Measured::per_second)), median(of(&|measured| measured.p99_millis)));
        println!("{:<16} {:>18.1} {rate:>10.0} {p99:>10.1}  {}", candidate.name, median(figures), each.join(" "));
    }
}

/// The median of the ratios inside each round: what else the machine did touches both alike.
fn ratio(rounds: &[Vec<Measured>], of: usize, to: usize, label: &str, figure: impl Fn(&Measured) -> f64) {
    let ratios = rounds.iter().filter_map(|round| Some(figure(round.get(of)?) / figure(round.get(to)?))).collect();
    println!("{label}: {:.2}", median(ratios));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
