//! `vestibule pii explain`: why each span was found, or was not.

use std::{io::Write, process::ExitCode};

use anyhow::{Context, Result};
use serde_json::json;
use vestibule_pii::{
    Config, Scanner,
    explain::{Evidence, Outcome, Reason},
};

use super::{
    name, read,
    report::{self, Places},
};
use crate::{cli, config};

pub(super) fn run(args: &cli::PiiExplain) -> Result<ExitCode> {
    let text = String::from_utf8(read(&args.file)?)
        .with_context(|| format!("{} is no text in UTF-8; iconv -t UTF-8 makes one of it", name(&args.file)))?;
    let rules = match &args.config {
        Some(path) => config::load(path)?.masking.settings.usual,
        None => Config::default(),
    };
    let reasons = Scanner::new(rules).explain(&text);
    let (mut out, mut places) = (std::io::stdout().lock(), Places::new(text.as_bytes()));
    for reason in &reasons {
        let place = places.of(reason.range.start);
        if args.json {
            writeln!(out, "{}", as_json(&text, place, reason))?;
        } else {
            writeln!(out, "{}", line(&text, place, reason))?;
        }
    }
    if reasons.is_empty() && !args.json {
        writeln!(out, "nothing looks like personal data")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// For people.
fn line(text: &str, (line, column): (usize, usize), reason: &Reason) -> String {
    let value = report::shown(text.get(reason.range.clone()).unwrap_or_default());
    let brief = match &reason.outcome {
        Outcome::Refused(why) => Some(format!("refused, {why}")),
        Outcome::Unlabelled => Some(format!("{}, no word beside it names it", outcome(&Outcome::Unlabelled))),
        _ => None,
    };
    if let Some(brief) = brief {
        let recognizers = reason.recognizers.join(", ");
        return format!("{line}:{column}\t{value}\n\t{} ({recognizers}): {brief}", reason.kind);
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

fn as_json(text: &str, (line, column): (usize, usize), reason: &Reason) -> serde_json::Value {
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
        Outcome::Unlabelled => "left, it could be one behind a label".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_programs_are_told_why() {
        let text = "mail ada@example.com, card 4111 1111 1111 1112";
        let reasons = Scanner::new(Config::default()).explain(text);
        let mut places = Places::new(text.as_bytes());
        let lines: Vec<String> =
            reasons.iter().map(|reason| line(text, places.of(reason.range.start), reason)).collect();
        assert!(
            lines[0].starts_with("1:6\tada@example.com\n\tEMAIL_ADDRESS (email), by the value alone, score"),
            "{lines:?}"
        );
        assert!(lines[0].ends_with("masked (label)"), "{lines:?}");
        assert_eq!(
            lines[1],
            "1:28\t4111 1111 1111 1112\n\tCREDIT_CARD (card): refused, its check digit is wrong (Luhn)"
        );
        let json = as_json(text, (1, 28), &reasons[1]);
        assert_eq!((&json["outcome"], &json["why"]), (&json!("refused"), &json!("its check digit is wrong (Luhn)")));
        assert_eq!(as_json(text, (1, 6), &reasons[0])["why"], json!(null));
    }
}
