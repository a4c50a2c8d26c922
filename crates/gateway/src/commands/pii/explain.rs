//! `vestibule pii explain`: why each span was found, or was not.

use std::{io::Write, process::ExitCode};

use anyhow::Result;
use serde_json::json;
use vestibule_pii::{
    Config, Scanner,
    explain::{Evidence, Outcome, Reason},
};

use super::{read, report};
use crate::{cli, config};

pub(super) fn run(args: &cli::PiiExplain) -> Result<ExitCode> {
    let text = read(&args.file)?;
    let rules = match &args.config {
        Some(path) => config::load(path)?.masking.settings.usual,
        None => Config::default(),
    };
    let reasons = Scanner::new(rules).explain(&text);
    let mut out = std::io::stdout().lock();
    for reason in &reasons {
        if args.json {
            writeln!(out, "{}", as_json(&text, reason))?;
        } else {
            writeln!(out, "{}", line(&text, reason))?;
        }
    }
    if reasons.is_empty() && !args.json {
        writeln!(out, "nothing looks like personal data")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// For people.
fn line(text: &str, reason: &Reason) -> String {
    let (line, column) = report::place(text, reason.range.start);
    let value = report::shown(text.get(reason.range.clone()).unwrap_or_default());
    format!(
        "{line}:{column}\t{value}\n\t{} ({}), {}, score {} of at least {}: {}",
        reason.kind,
        reason.recognizers.join(", "),
        evidence(reason.evidence),
        reason.score,
        reason.threshold,
        outcome(reason.outcome),
    )
}

fn as_json(text: &str, reason: &Reason) -> serde_json::Value {
    let (line, column) = report::place(text, reason.range.start);
    let action = match reason.outcome {
        Outcome::Masked(action) => Some(action.name()),
        _ => None,
    };
    json!({
        "line": line, "column": column, "start": reason.range.start, "end": reason.range.end,
        "value": text.get(reason.range.clone()), "type": reason.kind.name(), "recognizers": reason.recognizers,
        "evidence": evidence(reason.evidence), "score": reason.score, "threshold": reason.threshold,
        "outcome": outcome(reason.outcome), "action": action,
    })
}

const fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::ValueAlone => "by the value alone",
        Evidence::ContextFor => "with the words around it",
        Evidence::ContextAgainst => "against the words around it",
    }
}

fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Masked(action) => format!("masked ({})", action.name()),
        Outcome::TooWeak => "left, too unsure".to_owned(),
        Outcome::Covered => "left, another finding covers it".to_owned(),
        Outcome::NotWanted => "left, this type is not masked".to_owned(),
    }
}
