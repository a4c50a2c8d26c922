//! Why each span was found, or was not: what the recognizers proposed, what the context said, and how it was settled; and
//! what a validator refused before.

mod refused;
mod unlabelled;

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
    /// It could be one behind a label, and no label names it.
    Unlabelled,
    /// It has the shape and cannot be one; why, in words that end a sentence.
    Refused(String),
}

impl Scanner {
    /// Everything that was proposed for a text, what has the shape of it and was refused, and what only lacks a label; in
    /// order.
    pub fn explain(&self, text: &str) -> Vec<Reason> {
        let found = Ordered(self.scan(text));
        // The most suspicious look tells what was proposed at all.
        let suspicious = Scanner::new(Config::default().with_everything());
        let proposed = Ordered(suspicious.scan(text));
        let only_found = found.0.iter().filter(|finding| !proposed.has(finding));
        let all = proposed.0.iter().chain(only_found);
        let mut reasons: Vec<Reason> = all.map(|finding| self.reason(text, finding, &found, &suspicious)).collect();
        for refusal in refused::all(text.as_bytes()) {
            let same_kind = |other: &Finding| other.kind == refusal.kind;
            if !proposed.meeting(&refusal.range).any(same_kind) && found.meeting(&refusal.range).next().is_none() {
                reasons.push(self.refused(refusal));
            }
        }
        let unlabelled = unlabelled::all(text, &suspicious, |range| {
            proposed.meeting(range).next().is_some() || found.meeting(range).next().is_some()
        });
        reasons.extend(unlabelled.into_iter().map(|(range, kind)| self.unlabelled(range, kind)));
        reasons.sort_by_key(|reason| (reason.range.start, reason.range.end));
        reasons
    }

    fn refused(&self, refusal: refused::Refusal) -> Reason {
        let refused::Refusal { range, kind, recognizer, why } = refusal;
        let (recognizers, outcome, threshold) = (vec![recognizer], Outcome::Refused(why), self.threshold(kind));
        Reason { range, kind, recognizers, score: 0, threshold, evidence: Evidence::ValueAlone, outcome }
    }

    fn unlabelled(&self, range: Range<usize>, kind: Kind) -> Reason {
        let (recognizers, threshold) = (names_of(kind), self.threshold(kind));
        let outcome = Outcome::Unlabelled;
        Reason { range, kind, recognizers, score: 0, threshold, evidence: Evidence::ValueAlone, outcome }
    }

    fn threshold(&self, kind: Kind) -> i16 {
        self.config().threshold(kind).unwrap_or_else(|| Config::default().threshold(kind).unwrap_or(0))
    }

    fn reason(&self, text: &str, finding: &Finding, found: &Ordered, suspicious: &Scanner) -> Reason {
        let Finding { range, kind, score, .. } = finding.clone();
        let rule = self.config().rule(kind);
        let threshold = self.threshold(kind);
        let outcome = match (found.has(finding), rule) {
            (true, Some(rule)) => Outcome::Masked(rule.action),
            (_, None) => Outcome::NotWanted,
            (false, Some(_)) if found.meeting(&range).next().is_some() => Outcome::Covered,
            (false, Some(_)) => Outcome::TooWeak,
        };
        let evidence = evidence(text, finding, suspicious);
        Reason { evidence, range, kind, recognizers: names_of(kind), score, threshold, outcome }
    }
}

fn names_of(kind: Kind) -> Vec<&'static str> {
    recognizers::names().filter(|(_, of)| *of == kind).map(|(name, _)| name).collect()
}

/// Findings in order that do not overlap, as a scan gives them.
struct Ordered(Vec<Finding>);

impl Ordered {
    /// Those that share a byte with the range.
    fn meeting(&self, range: &Range<usize>) -> impl Iterator<Item = &Finding> {
        let first = self.0.partition_point(|finding| finding.range.end <= range.start);
        let end = range.end;
        self.0.iter().skip(first).take_while(move |finding| finding.range.start < end)
    }

    /// Whether the same is among them.
    fn has(&self, finding: &Finding) -> bool {
        self.meeting(&finding.range).any(|other| other.range == finding.range && other.kind == finding.kind)
    }
}

/// Compares with the value alone.
fn evidence(text: &str, finding: &Finding, suspicious: &Scanner) -> Evidence {
    let value = finding.value(text);
    let scored = if looks_like_json(value.as_bytes()) {
        None
    } else {
        let all = suspicious.plain(value.as_bytes(), &Origin::ROOT, crate::context::Surroundings::default());
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
        assert_eq!(of("4155552671").outcome, Outcome::Unlabelled);
        assert!(scanner.explain("nothing here, 12 of 34").is_empty());
        let bare = scanner.explain("item 4155552671 or A1234567.");
        let bare: Vec<_> = bare.iter().map(|reason| (reason.range.clone(), reason.kind, &reason.outcome)).collect();
        assert_eq!(bare, [(5..15, Kind::Phone, &Outcome::Unlabelled), (19..27, Kind::Passport, &Outcome::Unlabelled)]);
    }
}
