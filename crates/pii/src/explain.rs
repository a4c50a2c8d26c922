//! Why each span was found, or was not: what the recognizers proposed, what the context said, and how it was settled; and
//! what a validator refused before.

mod refused;

use std::ops::Range;

use crate::{
    config::Config,
    finding::Finding,
    json::{Origin, looks_like_json},
    kind::Kind,
    mask::Action,
    recognizers,
    scanner::Scanner,
};

/// One span that somebody looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// Where, in bytes of the text.
    pub range: Range<usize>,
    /// What it was proposed to be.
    pub kind: Kind,
    /// The recognizers of this kind.
    pub recognizers: Vec<&'static str>,
    /// How sure they were.
    pub score: u8,
    /// How sure they had to be.
    pub threshold: i16,
    /// What the context around it said.
    pub evidence: Evidence,
    /// What became of it.
    pub outcome: Outcome,
}

/// What the context said about a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// Without its context it is as sure.
    ValueAlone,
    /// The context made it surer.
    ContextFor,
    /// The context spoke against it.
    ContextAgainst,
}

/// What became of a span.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is replaced in this way.
    Masked(Action),
    /// It was not sure enough.
    TooWeak,
    /// Another finding covers it.
    Covered,
    /// Its kind is not masked.
    NotWanted,
    /// It has the shape and cannot be one; why, in words that end a sentence.
    Refused(String),
}

impl Scanner {
    /// Everything that was proposed for a text, and what has the shape of it and was refused, in order.
    pub fn explain(&self, text: &str) -> Vec<Reason> {
        let found = self.scan(text);
        // The most suspicious look tells what was proposed at all.
        let suspicious = Scanner::new(Config::default().with_everything());
        let mut all = suspicious.scan(text);
        for finding in &found {
            if !all.iter().any(|other| other.range == finding.range && other.kind == finding.kind) {
                all.push(finding.clone());
            }
        }
        let mut reasons: Vec<Reason> = all.iter().map(|finding| self.reason(text, finding, &found)).collect();
        let meets =
            |range: &Range<usize>, other: &Finding| other.range.start < range.end && range.start < other.range.end;
        for refusal in refused::all(text.as_bytes()) {
            let proposed = all.iter().any(|other| other.kind == refusal.kind && meets(&refusal.range, other));
            if !proposed && !found.iter().any(|other| meets(&refusal.range, other)) {
                reasons.push(self.refused(refusal));
            }
        }
        reasons.sort_by_key(|reason| (reason.range.start, reason.range.end));
        reasons
    }

    fn refused(&self, refusal: refused::Refusal) -> Reason {
        let refused::Refusal { range, kind, recognizer, why } = refusal;
        let (recognizers, outcome, threshold) = (vec![recognizer], Outcome::Refused(why), self.threshold(kind));
        Reason { range, kind, recognizers, score: 0, threshold, evidence: Evidence::ValueAlone, outcome }
    }

    fn threshold(&self, kind: Kind) -> i16 {
        self.config().threshold(kind).unwrap_or_else(|| Config::default().threshold(kind).unwrap_or(0))
    }

    fn reason(&self, text: &str, finding: &Finding, found: &[Finding]) -> Reason {
        let Finding { range, kind, score, .. } = finding.clone();
        let rule = self.config().rule(kind);
        let threshold = self.threshold(kind);
        let is = |other: &&Finding| other.range == range && other.kind == kind;
        let covers = |other: &&Finding| other.range.start < range.end && range.start < other.range.end;
        let outcome = match (found.iter().find(is), rule) {
            (Some(_), Some(rule)) => Outcome::Masked(rule.action),
            (_, None) => Outcome::NotWanted,
            (None, Some(_)) if found.iter().any(|other| covers(&other)) => Outcome::Covered,
            (None, Some(_)) => Outcome::TooWeak,
        };
        let recognizers = recognizers::names().filter(|(_, of)| *of == kind).map(|(name, _)| name).collect();
        Reason { evidence: evidence(text, finding), range, kind, recognizers, score, threshold, outcome }
    }
}

/// Compares with the value alone.
fn evidence(text: &str, finding: &Finding) -> Evidence {
    let value = finding.value(text);
    let alone = Scanner::new(Config::default().with_everything());
    let scored = if looks_like_json(value.as_bytes()) {
        None
    } else {
        let all = alone.plain(value.as_bytes(), &Origin::ROOT, crate::context::Surroundings::default());
        all.into_iter().filter(|other| other.kind == finding.kind).map(|other| other.score).max()
    };
    match scored {
        Some(score) if score == finding.score => Evidence::ValueAlone,
        Some(score) if score > finding.score => Evidence::ContextAgainst,
        _ => Evidence::ContextFor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_span_has_its_reason() {
        let scanner = Scanner::new(Config::default().without(Kind::Ip));
        let text = "mail jane.doe@example.com from 203.0.113.9, passport C01X00T47, order 4155552671";
        let reasons = scanner.explain(text);
        let of = |value: &str| {
            let start = text.find(value).unwrap();
            reasons.iter().find(|reason| reason.range.start == start).unwrap_or_else(|| panic!("{value}: {reasons:?}"))
        };
        assert_eq!(of("jane").outcome, Outcome::Masked(Action::Label));
        assert_eq!((of("jane").evidence, of("jane").recognizers.as_slice()), (Evidence::ValueAlone, &["email"][..]));
        assert_eq!(of("203").outcome, Outcome::NotWanted);
        assert_eq!((&of("C01X").outcome, of("C01X").evidence), (&Outcome::Masked(Action::Label), Evidence::ContextFor));
        let order = reasons.iter().find(|reason| text[reason.range.clone()].starts_with("4155552671"));
        if let Some(order) = order {
            assert_eq!(order.outcome, Outcome::TooWeak);
            assert!(i16::from(order.score) < order.threshold);
        }
        assert!(scanner.explain("nothing here").is_empty());
    }
}
