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
    if let Outcome::Refused(why) = &reason.outcome {
        return format!(
            "{line}:{column}\t{value}\n\t{} ({}): refused, {why}",
            reason.kind,
            reason.recognizers.join(", ")
        );
    }
    format!(
        "{line}:{column}\t{value}\n\t{} ({}), {}, score {} of at least {}: {}",
        reason.kind,
        reason.recognizers.join(", "),
        evidence(reason.evidence),
        reason.score,
        reason.threshold,
        outcome(&reason.outcome),
    )
}

fn as_json(text: &str, reason: &Reason) -> serde_json::Value {
    let (line, column) = report::place(text, reason.range.start);
    let (action, why) = match &reason.outcome {
        Outcome::Masked(action) => (Some(action.name()), None),
        Outcome::Refused(why) => (None, Some(why.as_str())),
        _ => (None, None),
    };
    json!({
        "line": line, "column": column, "start": reason.range.start, "end": reason.range.end,
        "value": text.get(reason.range.clone()), "type": reason.kind.name(), "recognizers": reason.recognizers,
        "evidence": evidence(reason.evidence), "score": reason.score, "threshold": reason.threshold,
        "outcome": outcome(&reason.outcome), "action": action, "why": why,
    })
}

const fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::ValueAlone => "by the value alone",
        Evidence::ContextFor => "with the words around it",
        Evidence::ContextAgainst => "against the words around it",
    }
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Masked(action) => format!("masked ({})", action.name()),
        Outcome::TooWeak => "left, too unsure".to_owned(),
        Outcome::Covered => "left, another finding covers it".to_owned(),
        Outcome::Refused(_) => "refused".to_owned(),
        Outcome::NotWanted => "left, this type is not masked".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_programs_are_told_why() {
        let text = "mail ada@example.com, card 4111 1111 1111 1112";
        let reasons = Scanner::new(Config::default()).explain(text);
        let lines: Vec<String> = reasons.iter().map(|reason| line(text, reason)).collect();
        assert!(
            lines[0].starts_with("1:6\tada@example.com\n\tEMAIL_ADDRESS (email), by the value alone, score"),
            "{lines:?}"
        );
        assert!(lines[0].ends_with("masked (label)"), "{lines:?}");
        assert_eq!(
            lines[1],
            "1:28\t4111 1111 1111 1112\n\tCREDIT_CARD (card): refused, its check digit is wrong (Luhn)"
        );
        let json = as_json(text, &reasons[1]);
        assert_eq!((&json["outcome"], &json["why"]), (&json!("refused"), &json!("its check digit is wrong (Luhn)")));
        assert_eq!(as_json(text, &reasons[0])["why"], json!(null));
    }
}
