//! `vestibule audit tail|verify`.

use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use serde_json::Value;
use vestibule_store::journal;

use super::place;
use crate::{cli, state};

pub(super) async fn run(command: cli::Audit) -> Result<ExitCode> {
    match command {
        cli::Audit::Tail(args) => tail(args).await,
        cli::Audit::Verify(args) => verify(&args),
    }
}

/// Reads the files, not the database: what is printed is the evidence itself.
async fn tail(args: cli::AuditTail) -> Result<ExitCode> {
    let folder = state::journal_path(&place::find(&args.place)?.directory);
    let mut seen = None;
    loop {
        for line in newer(&folder, seen, args.lines)? {
            seen = seq(&line).or(seen);
            match readable(&line) {
                _ if args.json => println!("{line}"),
                Some(text) => println!("{text}"),
                None => {}
            }
        }
        if args.no_follow {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

/// The records after `seen`, oldest first; at the start the last `count`.
fn newer(folder: &Path, seen: Option<u64>, count: usize) -> Result<Vec<Arc<str>>> {
    let newest = journal::NewestFirst::open(folder, None)
        .with_context(|| format!("reading the audit journal in {}", folder.display()))?;
    let mut lines = Vec::new();
    for line in newest {
        let line = line?;
        let known = seen.is_some_and(|seen| seq(&line).is_some_and(|seq| seq <= seen));
        if known || (seen.is_none() && lines.len() == count) {
            break;
        }
        lines.push(line);
    }
    lines.reverse();
    Ok(lines)
}

fn seq(line: &str) -> Option<u64> {
    serde_json::from_str::<Value>(line).ok()?.get("seq")?.as_u64()
}

fn verify(args: &cli::AuditVerify) -> Result<ExitCode> {
    let folder = state::journal_path(&place::find(&args.place)?.directory);
    match journal::verify(&folder, None) {
        Ok(proof) => {
            println!("sound: {} records in an unbroken chain, {} signed checkpoints", proof.records, proof.checkpoints);
            println!("head:  {}", proof.head.to_hex());
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            println!("BROKEN: {broken}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// One record as one line for people; checkpoints are left out.
fn readable(line: &str) -> Option<String> {
    let record: Value = serde_json::from_str(line).ok()?;
    let event = record.get("event")?;
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or("");
    let at = event.get("at").and_then(Value::as_i64).unwrap_or(0);
    let mark = match text("verdict") {
        "allow" => "ALLOW",
        "deny" => "DENY ",
        _ => "     ",
    };
    let mut out = format!("{} {:>6} {mark} {:<15}", vestibule_model::Timestamp::from_millis(at), record.get("seq").and_then(Value::as_u64).unwrap_or(0), text("kind"));
    for (label, name) in [("", "server"), ("", "action"), ("", "target"), ("user=", "user"), ("about=", "subject"), ("client=", "client"), ("because=", "reason")] {
        if !text(name).is_empty() {
            out.push(' ');
            out.push_str(label);
            out.push_str(text(name));
        }
    }
    for (label, name) in [("status=", "status"), ("us=", "micros")] {
        if let Some(number) = event.get(name).and_then(Value::as_u64) {
            out.push_str(&format!(" {label}{number}"));
        }
    }
    if let Some(policies) = event.get("policies").and_then(Value::as_array) {
        let ids: Vec<&str> = policies.iter().filter_map(Value::as_str).collect();
        out.push_str(&format!(" by={}", ids.join(",")));
    }
    Some(out)
}
