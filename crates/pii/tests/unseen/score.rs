//! How well findings fit: the same kind and exactly the same bounds.

use std::{collections::BTreeMap, fmt};

use vestibule_pii::{Finding, Kind};

use crate::document::Document;

/// The kinds that the figures are about, each with its least F1.
pub(crate) static FLOORS: &[(Kind, f64)] = &[
    (Kind::Email, 0.99),
    (Kind::Phone, 0.95),
    (Kind::Ssn, 0.96),
    (Kind::Card, 0.98),
    (Kind::Ip, 0.97),
    (Kind::Street, 0.93),
    (Kind::Passport, 0.95),
];

/// Whether the kind of this name is one of them.
pub(crate) fn is_scored(name: &str) -> bool {
    FLOORS.iter().any(|(kind, _)| kind.name() == name)
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Counts {
    fn f1(self) -> f64 {
        2.0 * self.right as f64 / (2 * self.right + self.wrong + self.missed).max(1) as f64
    }
}

/// What was right, wrong and missed over many documents.
#[derive(Debug, Default)]
pub(crate) struct Score {
    kinds: BTreeMap<Kind, Counts>,
    clean: usize,
    clean_hit: usize,
    personal: usize,
    leaked: usize,
}

impl Score {
    pub(crate) fn add(&mut self, document: &Document, found: &[Finding]) {
        let found: Vec<&Finding> = found.iter().filter(|finding| is_scored(finding.kind.name())).collect();
        let gold: Vec<_> = document.gold.iter().filter(|gold| is_scored(gold.kind.name())).collect();
        let mut taken = vec![false; found.len()];
        for gold in &gold {
            let fits = |finding: &Finding| {
                finding.kind == gold.kind
                    && finding.range.start == gold.range.start
                    && (finding.range.end == gold.range.end || Some(finding.range.end) == gold.short)
            };
            let counts = self.kinds.entry(gold.kind).or_default();
            match found.iter().position(|finding| fits(finding)) {
                Some(index) => {
                    taken[index] = true;
                    counts.right += 1;
                }
                None => counts.missed += 1,
            }
            let end = gold.short.unwrap_or(gold.range.end);
            self.personal += end - gold.range.start;
            self.leaked += (gold.range.start..end)
                .filter(|place| !found.iter().any(|finding| finding.range.contains(place)))
                .count();
        }
        for (finding, _) in found.iter().zip(&taken).filter(|(_, taken)| !**taken) {
            self.kinds.entry(finding.kind).or_default().wrong += 1;
        }
        if gold.is_empty() {
            self.clean += 1;
            self.clean_hit += usize::from(!found.is_empty());
        }
    }

    pub(crate) fn f1(&self, kind: Kind) -> f64 {
        self.kinds.get(&kind).copied().unwrap_or_default().f1()
    }

    pub(crate) fn macro_f1(&self) -> f64 {
        FLOORS.iter().map(|(kind, _)| self.f1(*kind)).sum::<f64>() / FLOORS.len() as f64
    }

    /// The share of documents without personal data in which something was found.
    pub(crate) fn clean_hit(&self) -> f64 {
        self.clean_hit as f64 / self.clean.max(1) as f64
    }

    /// The share of personal bytes that no finding covers.
    pub(crate) fn leaked(&self) -> f64 {
        self.leaked as f64 / self.personal.max(1) as f64
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, counts) in &self.kinds {
            let Counts { right, wrong, missed } = *counts;
            writeln!(f, "{kind:<16} F1 {:.4}  right {right} wrong {wrong} missed {missed}", counts.f1())?;
        }
        let (clean, leaked) = (100.0 * self.clean_hit(), 100.0 * self.leaked());
        write!(f, "macro F1 {:.4}, clean documents hit {clean:.2} %, leaked {leaked:.2} %", self.macro_f1())
    }
}
