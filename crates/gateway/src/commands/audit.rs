//! `vestibule audit tail|verify`.

use std::{process::ExitCode, time::Duration};

use anyhow::Result;
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
    let mut reader = journal::Tail::open(&folder, args.lines)?;
    loop {
        for line in reader.read_new()? {
            if args.json {
                println!("{line}");
            } else if let Some(text) = readable(&line) {
                println!("{text}");
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
