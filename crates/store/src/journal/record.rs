//! One line of the journal: how it is written, and how it is read back strictly.
//!
//! ```text
//! {"seq":7,"prev":"<64 hex>","event":{…},"hash":"<64 hex>"}
//! {"seq":8,"prev":"<64 hex>","checkpoint":{"at":…,"key":"<64 hex>"},"signature":"<128 hex>","hash":"<64 hex>"}
//! ```
//!
//! `hash` is SHA-256 over: `seq` as eight bytes big-endian, the 32 bytes of `prev`, the word `event` or
//! `checkpoint`, and the very bytes of its value as they stand in the line. Nothing is re-serialised to
//! check it. `signature` is Ed25519 over a fixed label and `hash`.

use std::io::Write;

use serde::{Deserialize, de::IgnoredAny};
use vestibule_model::{Digest, Timestamp, digest::Hasher};

use super::sign::{SIGNATURE_LEN, Signer};

const SEQ: &str = "{\"seq\":";
const PREV: &str = ",\"prev\":\"";
const EVENT: &str = "\",\"event\":";
const CHECKPOINT: &str = "\",\"checkpoint\":";
const SIGNATURE: &str = ",\"signature\":\"";
const SIGNED_HASH: &str = "\",\"hash\":\"";
const HASH: &str = ",\"hash\":\"";
const END: &str = "\"}";

/// The end of the chain so far: the last number and its hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Link {
    pub(super) seq: u64,
    pub(super) hash: Digest,
}

impl Link {
    /// Before the first record.
    pub(super) const GENESIS: Self = Self { seq: 0, hash: Digest::from_bytes([0; 32]) };

    fn next(self, word: &str, body: &[u8]) -> Self {
        let seq = self.seq + 1;
        let mut hasher = Hasher::new();
        hasher.update(&seq.to_be_bytes());
        hasher.update(self.hash.as_bytes());
        hasher.update(word.as_bytes());
        hasher.update(body);
        Self { seq, hash: hasher.finish() }
    }

    /// Writes the line of an event, whose JSON is `body`, and gives the new end.
    pub(super) fn write_event(self, out: &mut Vec<u8>, body: &[u8]) -> Self {
        let next = self.next("event", body);
        self.write_start(out, EVENT, body);
        out.extend_from_slice(HASH.as_bytes());
        next.write_end(out);
        next
    }

    /// Writes a signed checkpoint, and gives the new end.
    pub(super) fn write_checkpoint(self, out: &mut Vec<u8>, at: Timestamp, signer: &Signer) -> Self {
        let body = format!("{{\"at\":{},\"key\":\"{}\"}}", at.as_millis(), signer.public_hex());
        let next = self.next("checkpoint", body.as_bytes());
        self.write_start(out, CHECKPOINT, body.as_bytes());
        out.extend_from_slice(SIGNATURE.as_bytes());
        write_hex(out, &signer.sign_checkpoint(next.hash));
        out.extend_from_slice(SIGNED_HASH.as_bytes());
        next.write_end(out);
        next
    }

    fn write_start(self, out: &mut Vec<u8>, word: &str, body: &[u8]) {
        out.extend_from_slice(SEQ.as_bytes());
        // Writing to a Vec cannot fail.
        let _ = write!(out, "{}", self.seq + 1);
        out.extend_from_slice(PREV.as_bytes());
        out.extend_from_slice(&self.hash.hex());
        out.extend_from_slice(word.as_bytes());
        out.extend_from_slice(body);
    }

    fn write_end(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.hash.hex());
        out.extend_from_slice(END.as_bytes());
        out.push(b'\n');
    }
}

/// What a line carries.
pub(super) enum Body<'a> {
    Event(&'a str),
    Checkpoint { text: &'a str, key: Vec<u8>, signature: [u8; SIGNATURE_LEN] },
}

/// A line in its exact form; what it claims is not checked yet.
pub(super) struct Line<'a> {
    pub(super) seq: u64,
    prev: Digest,
    pub(super) body: Body<'a>,
    hash: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointBody<'a> {
    #[serde(rename = "at")]
    _at: i64,
    key: &'a str,
}

impl<'a> Line<'a> {
    /// Reads a line without its newline; `None` unless it has the one exact form.
    pub(super) fn parse(raw: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(raw).ok()?;
        let (seq, rest) = text.strip_prefix(SEQ)?.split_once(PREV)?;
        let (prev, rest) = rest.split_at_checked(64)?;
        let rest = rest.strip_suffix(END)?;
        let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
        let body = match rest.strip_prefix(EVENT) {
            Some(event) => Body::Event(event.strip_suffix(HASH)?),
            None => parse_checkpoint(rest.strip_prefix(CHECKPOINT)?.strip_suffix(SIGNED_HASH)?)?,
        };
        Some(Self { seq: canonical_number(seq)?, prev: canonical_digest(prev)?, body, hash: canonical_digest(hash)? })
    }

    /// Whether this line is the next after `end`; gives the new end, or what is wrong.
    pub(super) fn follow(&self, end: Link) -> Result<Link, String> {
        let expected = end.seq + 1;
        if self.seq > expected {
            return Err(format!("record {expected} is missing: this line is record {}", self.seq));
        }
        if self.seq < expected {
            return Err(format!("record {} stands here, repeated or out of order", self.seq));
        }
        if self.prev != end.hash {
            return Err("it does not follow the record before it".to_owned());
        }
        let next = match &self.body {
            Body::Event(text) => end.next("event", text.as_bytes()),
            Body::Checkpoint { text, .. } => end.next("checkpoint", text.as_bytes()),
        };
        if next.hash != self.hash {
            return Err("its hash does not fit: the record was changed".to_owned());
        }
        if matches!(self.body, Body::Event(text) if serde_json::from_str::<IgnoredAny>(text).is_err()) {
            return Err("its event is not JSON".to_owned());
        }
        Ok(next)
    }
}

fn parse_checkpoint(rest: &str) -> Option<Body<'_>> {
    let (rest, signature) = rest.split_at_checked(rest.len().checked_sub(2 * SIGNATURE_LEN)?)?;
    let text = rest.strip_suffix(SIGNATURE)?;
    let body: CheckpointBody<'_> = serde_json::from_str(text).ok()?;
    let signature = read_hex(signature)?.try_into().ok()?;
    Some(Body::Checkpoint { text, key: read_hex(body.key)?, signature })
}

/// The number at the start of a line, for finding a place in a file.
pub(super) fn seq_of(raw: &[u8]) -> Option<u64> {
    let digits = raw.strip_prefix(SEQ.as_bytes())?.split(|byte| *byte == b',').next()?;
    canonical_number(std::str::from_utf8(digits).ok()?)
}

/// Whether a line carries an event (and not a checkpoint).
pub(super) fn is_event(raw: &[u8]) -> bool {
    Line::parse(raw).is_some_and(|line| matches!(line.body, Body::Event(_)))
}

fn canonical_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if digits { text.parse().ok() } else { None }
}

fn canonical_digest(text: &str) -> Option<Digest> {
    Digest::from_hex(text).filter(|_| !text.bytes().any(|byte| byte.is_ascii_uppercase()))
}

/// Lower-case hexadecimal.
pub(super) fn write_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
}

/// Only lower-case hexadecimal of whole bytes.
pub(super) fn read_hex(text: &str) -> Option<Vec<u8>> {
    let mut nibbles = text.bytes().map(|digit| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    });
    let mut out = Vec::with_capacity(text.len() / 2);
    while let Some(high) = nibbles.next() {
        out.push((high? << 4) | nibbles.next()??);
    }
    Some(out)
}
