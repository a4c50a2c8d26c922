//! Files in base64 inside a document: what is text in them is looked at like any other text.

pub(crate) use super::form::{Course, is_cut};
use super::{
    charset::{Charset, SAMPLE},
    form::{Form, Written},
    machine::{Leaf, Machine},
    walk::Origin,
};
use crate::{
    chars::part,
    context::Surroundings,
    finding::{Finding, Site},
    look::Look,
    scanner::Scanner,
};

/// Shorter ones are looked at as they are too: sixteen digits are base64 as well.
const SURELY: usize = 64;
/// So much of a string tells whether it holds something else than text: room for a sample with every letter as an escape.
pub(crate) const START: usize = 32 << 10;
/// A text inside is a document of its own: the table of places is not for it.
const INSIDE: Origin<'static> = Origin { nested: 1, ..Origin::ROOT };

/// How files begin that are no text, whatever alphabet their base64 has.
static MARKS: [&[u8]; 13] = [
    b"\x89PNG",
    b"\xFF\xD8\xFF",
    b"GIF8",
    b"RIFF",
    b"%PDF-",
    b"PK\x03\x04",
    b"\x1F\x8B",
    b"OggS",
    b"ID3",
    b"fLaC",
    b"\x1A\x45\xDF\xA3",
    b"\0\0\0\x18ftyp",
    b"\0\0\0\x20ftyp",
];
/// Its lines may be text, but what stands in it is found by where it stands.
const PDF: &[u8] = b"%PDF-";

/// A text in base64 with something in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Encoded {
    pub(crate) form: Form,
    pub(crate) charset: Charset,
    /// What the base64 stands for.
    pub(crate) bytes: Vec<u8>,
    /// What was found, at its places in these bytes.
    pub(crate) findings: Vec<Finding>,
}

/// Adds one finding for the whole string when something is in it.
pub(crate) fn scan(
    scanner: &Scanner,
    leaf: &Leaf,
    machine: &Machine,
    bytes: &[u8],
    origin: &Origin<'_>,
    look: &mut Look,
) {
    let range = leaf.range();
    let raw = part(bytes, range.start, range.end);
    let sure = match inside(scanner, raw) {
        Inside::Text(encoded) => {
            if let Some(first) = encoded.findings.first() {
                let (kind, score) = (first.kind, first.score);
                let range = origin.raw(range.start)..origin.raw(range.end);
                let inside = Some(Box::new(encoded));
                look.found.push(Finding { range, kind, score, site: Site::Encoded, value: None, inside });
                return;
            }
            encoded.form.is_sure()
        }
        Inside::Binary(form) => form.is_sure(),
        Inside::Marked => true,
        Inside::Nothing => false,
    };
    if !sure || raw.len() < SURELY {
        leaf.scan(scanner, machine, bytes, origin, look);
    }
}

/// What base64 holds.
enum Inside {
    Text(Encoded),
    /// No text.
    Binary(Form),
    /// A file of a known sort that is no text.
    Marked,
    /// It is no base64.
    Nothing,
}

/// Whether a string that begins so holds no text, as long as it goes on as base64: then so many of its bytes are known to be
/// some, and how it may go on behind them. Of more than [`START`] the rest does not count.
pub(crate) fn begins_as_no_text(raw: &[u8]) -> Option<(usize, Course)> {
    let start = part(raw, 0, START.min(raw.len()));
    let written = Written::start(start, SAMPLE / 3 * 4)?;
    let bytes = written.bytes()?;
    let marked = MARKS.iter().any(|mark| bytes.starts_with(mark));
    let pdf = bytes.starts_with(PDF);
    let no_text = pdf || (Charset::is_none(&bytes) && (marked || written.form.is_sure()));
    no_text.then_some((written.read, written.course))
}

fn inside(scanner: &Scanner, raw: &[u8]) -> Inside {
    let no_text = begins_as_no_text(raw).is_some();
    let Some(written) = Written::read(raw) else { return Inside::Nothing };
    if no_text {
        return Inside::Marked;
    }
    let Some(bytes) = written.bytes() else { return Inside::Nothing };
    match Charset::of(&bytes) {
        Some(charset) => {
            let findings = findings(scanner, charset, &bytes);
            Inside::Text(Encoded { form: written.form, charset, bytes, findings })
        }
        None => Inside::Binary(written.form),
    }
}

/// What is in the text, at its places in the bytes.
fn findings(scanner: &Scanner, charset: Charset, bytes: &[u8]) -> Vec<Finding> {
    let text = charset.decode(bytes);
    let mut findings = scanner.document(&text, &INSIDE, Surroundings::default());
    let offsets = findings.iter().flat_map(|finding| [finding.range.start, finding.range.end]);
    let places = charset.places(bytes, offsets);
    for (finding, place) in findings.iter_mut().zip(places.chunks_exact(2)) {
        // Its quotes are those of the text inside.
        if let Site::Number { depth } = finding.site {
            finding.site = Site::Number { depth: depth.saturating_sub(INSIDE.nested) };
        }
        if let (&[start, end], true) = (place, charset != Charset::Utf8) {
            let value = part(&text, finding.range.start, finding.range.end);
            finding.value.get_or_insert_with(|| String::from_utf8_lossy(value).into());
            finding.range = start..end;
        }
    }
    findings
}
