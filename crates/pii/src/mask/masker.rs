//! Finds, replaces, seals.

use std::borrow::Cow;

use super::{
    Action,
    replace::{self, HashKey, Naming},
    screened::{Counts, Screened},
};
use crate::{
    chars::part,
    config::Config,
    disguise::may_hold,
    finding::Finding,
    json::{Charset, Origin, Paths, encoded::Encoded},
    kind::Kind,
    scanner::Scanner,
};

/// The configuration refuses what was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a value of kind {0} must not pass")]
pub struct Blocked(pub Kind);

/// Masks text and JSON. Build one per configuration and share it.
pub struct Masker {
    scanner: Scanner,
    key: HashKey,
}

/// Bytes, and what is in them.
#[derive(Debug)]
pub struct Found<'t> {
    raw: &'t [u8],
    findings: Vec<Finding>,
}

impl Found<'_> {
    /// What it is, in order.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Masker {
    /// A masker for a configuration; the key serves the action [`Hash`](Action::Hash).
    pub fn new(config: Config, key: HashKey) -> Self {
        Self { scanner: Scanner::new(config), key }
    }

    /// The same for messages of a known form.
    #[must_use]
    pub fn with_paths(self, paths: Paths) -> Self {
        Self { scanner: self.scanner.with_paths(paths), key: self.key }
    }

    /// The scanner inside.
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// The text with everything replaced that was found. JSON stays JSON; what was not found stays as it is, byte for
    /// byte. A text without findings is not copied.
    ///
    /// # Errors
    /// [`Blocked`] when something was found whose action is [`Block`](Action::Block).
    pub fn mask<'t>(&self, text: &'t str, naming: &mut Naming<'_>) -> Result<Screened<Cow<'t, str>>, Blocked> {
        // Most texts of a log have nothing in them at which anything could begin.
        let findings = if may_hold(text.as_bytes()) { self.scanner.scan(text) } else { Vec::new() };
        if findings.is_empty() {
            return Ok(Screened::new(Cow::Borrowed(text), Counts::default()));
        }
        let mut counts = Counts::default();
        let out = self.splice(text.as_bytes(), 0, text.len(), &findings, naming, &mut counts)?;
        let out =
            String::from_utf8(out).unwrap_or_else(|broken| String::from_utf8_lossy(broken.as_bytes()).into_owned());
        Ok(Screened::new(Cow::Owned(out), counts))
    }

    /// The same for a message, of which it is not known yet whether it is UTF-8.
    ///
    /// # Errors
    /// As [`mask`](Self::mask).
    pub fn mask_bytes(&self, raw: &[u8], naming: &mut Naming<'_>) -> Result<Screened<Option<Vec<u8>>>, Blocked> {
        self.mask_found(&self.look(raw), naming)
    }

    /// Looks what is in the bytes. It is the larger part of the work, and needs no names yet.
    pub fn look<'t>(&self, raw: &'t [u8]) -> Found<'t> {
        Found { raw, findings: self.scanner.message(raw, &Origin::ROOT) }
    }

    /// Replaces what was found.
    ///
    /// # Errors
    /// As [`mask`](Self::mask).
    pub fn mask_found(&self, found: &Found<'_>, naming: &mut Naming<'_>) -> Result<Screened<Option<Vec<u8>>>, Blocked> {
        let mut counts = Counts::default();
        if found.is_empty() {
            return Ok(Screened::new(None, counts));
        }
        let out = self.splice(found.raw, 0, found.raw.len(), &found.findings, naming, &mut counts)?;
        Ok(Screened::new(Some(out), counts))
    }

    /// The part `from..to` of the raw bytes with its findings replaced; the findings lie inside.
    pub(crate) fn splice(
        &self,
        raw: &[u8],
        from: usize,
        to: usize,
        findings: &[Finding],
        naming: &mut Naming<'_>,
        counts: &mut Counts,
    ) -> Result<Vec<u8>, Blocked> {
        self.splice_in(Charset::Utf8, part(raw, 0, to), from, findings, naming, counts)
    }

    /// The same for text of any charset, from a place on.
    fn splice_in(
        &self,
        charset: Charset,
        raw: &[u8],
        from: usize,
        findings: &[Finding],
        naming: &mut Naming<'_>,
        counts: &mut Counts,
    ) -> Result<Vec<u8>, Blocked> {
        let mut out = Vec::with_capacity(raw.len().saturating_sub(from));
        let mut place = from;
        for finding in findings {
            // A finding that begins before the last one ended is covered already.
            let Some(before) = raw.get(place..finding.range.start) else { continue };
            out.extend_from_slice(before);
            let start = out.len();
            match &finding.inside {
                Some(encoded) => {
                    let Encoded { form, charset, bytes, findings } = &**encoded;
                    out.extend(form.write(&self.splice_in(*charset, bytes, 0, findings, naming, counts)?));
                }
                None => self.replace(&mut out, finding, &finding.value_in(raw), naming, counts)?,
            }
            charset.turn(&mut out, start);
            place = finding.range.end;
        }
        out.extend_from_slice(raw.get(place..).unwrap_or_default());
        Ok(out)
    }

    /// Writes what stands in the place of a finding.
    fn replace(
        &self,
        out: &mut Vec<u8>,
        finding: &Finding,
        value: &str,
        naming: &mut Naming<'_>,
        counts: &mut Counts,
    ) -> Result<(), Blocked> {
        let action = self.scanner.config().rule(finding.kind).map_or(Action::Label, |rule| rule.action);
        if action == Action::Block {
            return Err(Blocked(finding.kind));
        }
        replace::write(out, finding, value, action, &self.key, naming);
        counts.add(finding.kind);
        Ok(())
    }
}
