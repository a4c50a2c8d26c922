//! `vestibule audit tail`: the newest records of all journals of a state directory, and what follows.
//!
//! It reads the files, not the running gateway: what is printed is the evidence itself.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::Value;
use vestibule_store::journal;

use super::{
    super::place,
    line::{Names, Shown, readable},
};
use crate::{cli, state};

pub(super) async fn tail(args: cli::AuditTail) -> Result<ExitCode> {
    let place = place::find(&args.place)?;
    let mut sources: Vec<Source> = state::journals(&place.directory).map(Source::new).collect();
    let names = if args.json {
        Names::default()
    } else {
        Names::load(place, if args.names { Shown::InFull } else { Shown::InPart }).await
    };
    let mut count = Some(args.lines);
    loop {
        for line in newer(&mut sources, count.take())? {
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

/// One journal, and how far it was read.
struct Source {
    folder: PathBuf,
    seen: Option<u64>,
}

impl Source {
    fn new(folder: PathBuf) -> Self {
        Self { folder, seen: None }
    }

    /// The records after the last one seen, oldest first; at most `count` at the start.
    fn read(&mut self, count: Option<usize>) -> Result<Vec<Arc<str>>> {
        let mut lines = newest_first(&self.folder, self.seen, count.unwrap_or(usize::MAX))?;
        lines.reverse();
        self.seen = lines.last().and_then(|line| number(line, "/seq")).or(self.seen);
        Ok(lines)
    }
}

fn newest_first(folder: &Path, seen: Option<u64>, count: usize) -> Result<Vec<Arc<str>>> {
    let newest = journal::NewestFirst::open(folder, None)
        .with_context(|| format!("reading the audit journal in {}", folder.display()))?;
    let mut lines = Vec::new();
    for line in newest.take(count) {
        let line = line?;
        if seen.is_some_and(|seen| number(&line, "/seq").is_some_and(|seq| seq <= seen)) {
            break;
        }
        lines.push(line);
    }
    Ok(lines)
}

/// What is new in all journals, in the order of time.
fn newer(sources: &mut [Source], count: Option<usize>) -> Result<Vec<Arc<str>>> {
    let mut lines = Vec::new();
    for source in sources {
        lines.extend(source.read(count)?);
    }
    lines.sort_by_key(|line| number(line, "/event/at"));
    let surplus = lines.len().saturating_sub(count.unwrap_or(usize::MAX));
    lines.drain(..surplus);
    Ok(lines)
}

fn number(line: &str, pointer: &str) -> Option<u64> {
    serde_json::from_str::<Value>(line).ok()?.pointer(pointer)?.as_u64()
}
