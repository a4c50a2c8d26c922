//! `vestibule audit tail|verify`.

use std::{collections::HashMap, fmt::Write, path::Path, process::ExitCode, sync::Arc, time::Duration};

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
    let place = place::find(&args.place)?;
    let folder = state::journal_path(&place.directory);
    let names = if args.json { Names::default() } else { Names::load(place).await };
    let mut seen = None;
    loop {
        for line in newer(&folder, seen, args.lines)? {
            seen = seq(&line).or(seen);
            match readable(&line, &names) {
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
    let directory = place::find(&args.place)?.directory;
    let key = state::journal_public_key(&directory)?;
    if key.is_none() {
        println!("note: the key that signs the journal is not here, so the one it names itself is believed");
    }
    match journal::verify(&state::journal_path(&directory), key.as_deref()) {
        Ok(proof) => {
            println!("sound: {} records in an unbroken chain, {} signed checkpoints", proof.records, proof.checkpoints);
            println!("head:  {}", proof.head.to_hex());
            if proof.unsealed > 0 || proof.unfinished > 0 {
                println!("end:   {} lines after the signed head, {} bytes of an unfinished line: a hard stop leaves this, or a gateway that is writing", proof.unsealed, proof.unfinished);
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            println!("BROKEN: {broken}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What ids stand for, as far as the database tells.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    /// The evidence holds ids only; e-mail addresses and client names make it readable. Without a database it is
    /// shown as it is.
    async fn load(place: place::Place) -> Self {
        let Ok(store) = place.store().await else { return Self::default() };
        let users = store.list_users(None).await.unwrap_or_default();
        let clients = store.list_clients().await.unwrap_or_default();
        let users = users.into_iter().map(|user| (user.id.to_string(), user.email));
        let clients = clients.into_iter().map(|client| (client.id.to_string(), client.name));
        Self(users.chain(clients).collect())
    }

    fn of<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.get(id).map_or(id, String::as_str)
    }
}

/// What a line shows, in this order, with its label.
const SHOWN: [(&str, &str); 7] = [
    ("server", ""),
    ("action", ""),
    ("target", ""),
    ("user", "by "),
    ("subject", "about "),
    ("client", "with "),
    ("reason", "because "),
];

/// One record as one line for people; checkpoints are left out.
fn readable(line: &str, names: &Names) -> Option<String> {
    let record: Value = serde_json::from_str(line).ok()?;
    let event = record.get("event")?;
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or("");
    let mark = match text("verdict") {
        "allow" => "ALLOW",
        "deny" => "DENY ",
        _ => "     ",
    };
    let at = vestibule_model::Timestamp::from_millis(event.get("at").and_then(Value::as_i64).unwrap_or(0));
    let mut out = format!("{at} {mark} {:<15}", text("kind"));
    for (field, label) in SHOWN {
        let value = names.of(text(field));
        if !value.is_empty() {
            // What others chose must not steer the terminal.
            let _ = write!(out, " {label}{}", value.escape_debug());
        }
    }
    if let Some(policies) = event.get("policies").and_then(Value::as_array) {
        let ids: Vec<&str> = policies.iter().filter_map(Value::as_str).collect();
        let _ = write!(out, " under {}", ids.join(", ").escape_debug());
    }
    if let (Some(status), Some(micros)) = (number(event, "status"), number(event, "micros")) {
        let _ = write!(out, " status {status} in {}.{} ms", micros / 1000, micros % 1000 / 100);
    }
    Some(out)
}

fn number(event: &Value, name: &str) -> Option<u64> {
    event.get(name)?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_chose_cannot_steer_the_terminal() {
        let line = r#"{"seq":7,"event":{"at":0,"kind":"call","verdict":"deny","target":"a\u001b[2J\r\nALLOW\u202e","policies":["p\u0007"]}}"#;
        let text = readable(line, &Names::default()).unwrap();
        assert!(text.contains("DENY") && text.contains("a\\u{1b}[2J\\r\\nALLOW\\u{202e}"), "{text}");
        assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
    }
}
