//! Streams: the first event beside the upstream's own, a gibibyte in one event, and thousands on which nothing happens.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Context, ensure};

use super::{candidates::Candidate, median, setup::Bench};

/// How often the first event is waited for, in each of the rounds.
const CALLS: &str = "30";
const ROUNDS: usize = 3;
/// A stream takes two file descriptors here; a usual limit is 20,000.
const IDLE: usize = 8000;

pub(super) fn measure(bench: &Bench) -> anyhow::Result<()> {
    println!("\n=== streams");
    let upstream = bench.streamer()?;
    let gateway = bench.vestibule()?;
    first(bench, &gateway)?;
    big(bench, &gateway)?;
    idle(bench, &gateway)?;
    drop(upstream);
    Ok(())
}

fn first(bench: &Bench, gateway: &Candidate) -> anyhow::Result<()> {
    let (mut direct, mut through) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        direct.push(number(&mut bench.listener(&["first", &bench.direct_url(), "none", CALLS]))?);
        through.push(number(&mut bench.listener(&["first", &url(gateway), &gateway.bearer, CALLS]))?);
    }
    let (direct, through) = (median(direct), median(through));
    println!(
        "first event: direct {direct:.0} µs, through {through:.0} µs: {:.2} ms later (at most 2)",
        (through - direct) / 1000.0
    );
    Ok(())
}

fn big(bench: &Bench, gateway: &Candidate) -> anyhow::Result<()> {
    let before = gateway.process.resident_megabytes()?;
    let bytes = number(&mut bench.listener(&["big", &url(gateway), &gateway.bearer]))?;
    let most = gateway.process.peak_megabytes()?;
    println!("{:.2} GiB in one event: memory {before:.1} MB before, at most {most:.1} MB", bytes / f64::from(1 << 30));
    Ok(())
}

fn idle(bench: &Bench, gateway: &Candidate) -> anyhow::Result<()> {
    let before = gateway.process.resident_megabytes()?;
    let mut command = bench.listener(&["idle", &url(gateway), &gateway.bearer, &IDLE.to_string()]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("listener")?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
    ensure!(line.trim() == "open", "the streams did not open");
    let after = gateway.process.resident_megabytes()?;
    // The end of its input is the end of the streams.
    drop(child.stdin.take());
    child.wait()?;
    println!("{IDLE} idle streams: {:.1} KB each (at most 12)", (after - before) * 1024.0 / IDLE as f64);
    Ok(())
}

pub(super) fn url(gateway: &Candidate) -> String {
    format!("{}{}", gateway.origin, gateway.path)
}

pub(super) fn number(command: &mut Command) -> anyhow::Result<f64> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("listener")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}
