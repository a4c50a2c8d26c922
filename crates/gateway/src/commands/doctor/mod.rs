//! `vestibule doctor URL`: plays a new MCP client that knows nothing but the URL, and says what it stumbles over.
//!
//! It goes the way of a real client: challenge, protected-resource metadata, authorization-server metadata,
//! registration, the first step of authorization. Each step is one file; each finding has its remedy.

mod authorize;
mod challenge;
mod guard;
mod metadata;
mod probe;
mod register;

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use crate::cli;

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Grade {
    /// As it should be.
    Good,
    /// Works, but some clients or attackers would find a way.
    Warning,
    /// A client cannot get in, or an attacker can.
    Bad,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    grade: Grade,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// All findings, in the order they were made.
#[derive(Default)]
struct Report(Vec<Finding>);

impl Report {
    fn good(&mut self, what: impl Into<String>) {
        self.0.push(Finding { grade: Grade::Good, what: what.into(), remedy: None });
    }

    fn warn(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { grade: Grade::Warning, what: what.into(), remedy: Some(remedy.into()) });
    }

    fn bad(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { grade: Grade::Bad, what: what.into(), remedy: Some(remedy.into()) });
    }

    /// Good when it holds, bad with a remedy when it does not.
    fn check(&mut self, holds: Holds, what: &str, remedy: &str) {
        match holds {
            Holds::Yes => self.good(what),
            Holds::No(seen) => self.bad(format!("not so: {what} ({seen})"), remedy),
        }
    }
}

/// Whether something holds, and what was seen when it does not.
enum Holds {
    Yes,
    No(String),
}

impl Holds {
    fn when(condition: bool, seen: impl FnOnce() -> String) -> Self {
        if condition { Self::Yes } else { Self::No(seen()) }
    }
}

pub(super) async fn run(args: cli::Doctor) -> Result<ExitCode> {
    let report = examine(&args.url).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report.0)?);
    } else {
        print(&args.url, &report);
    }
    let sick = report.0.iter().any(|finding| finding.grade == Grade::Bad);
    Ok(if sick { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn examine(url: &str) -> Result<Report> {
    let probe = probe::Probe::new()?;
    let mut report = Report::default();
    if !guard::url(&mut report, url) {
        return Ok(report);
    }
    let Some(resource) = challenge::examine(&probe, &mut report, url).await else { return Ok(report) };
    guard::examine(&probe, &mut report, url).await;
    let Some(server) = metadata::examine(&probe, &mut report, &resource).await else { return Ok(report) };
    if let Some(client) = register::examine(&probe, &mut report, &server).await {
        authorize::examine(&probe, &mut report, &server, &client, &resource).await;
    }
    Ok(report)
}

fn print(url: &str, report: &Report) {
    println!("A new MCP client meets {url}\n");
    for finding in &report.0 {
        let mark = match finding.grade {
            Grade::Good => "  ok  ",
            Grade::Warning => " WARN ",
            Grade::Bad => " FAIL ",
        };
        println!("{mark} {}", finding.what);
        if let Some(remedy) = &finding.remedy {
            println!("       remedy: {remedy}");
        }
    }
    let count = |grade| report.0.iter().filter(|finding| finding.grade == grade).count();
    println!("\n{} good, {} warnings, {} failures", count(Grade::Good), count(Grade::Warning), count(Grade::Bad));
}
