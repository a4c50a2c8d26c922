//! The head file: how far the journal has certainly come, signed. It is what makes a dropped tail visible.
//!
//! One line of a fixed length, rewritten in place (within one disk sector) after a sync, at the latest ten
//! milliseconds later. It never runs ahead of the disk, so a journal that is shorter has lost records.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

use serde::{Deserialize, Serialize};
use vestibule_model::Digest;

use super::{
    record::{Link, read_hex, write_hex},
    sign::{Signer, head_is_signed},
};

/// One disk sector: it is written whole or not at all.
const LENGTH: usize = 512;

/// Where the journal's end is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) link: Link,
    /// The first record of the segment that holds the end.
    pub(super) segment: u64,
    /// The length of that segment.
    pub(super) offset: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    seq: u64,
    hash: String,
    segment: u64,
    offset: u64,
    signature: String,
}

impl Head {
    /// Of a journal without records.
    pub(super) const EMPTY: Self = Self { link: Link::GENESIS, segment: 1, offset: 0 };

    fn signed_text(&self) -> String {
        format!("{} {} {} {}", self.link.seq, self.link.hash.to_hex(), self.segment, self.offset)
    }

    /// Reads a head file; `None` when it is empty (just made).
    pub(super) fn read(path: &Path) -> io::Result<Option<Unproven>> {
        let mut text = std::fs::read_to_string(path)?;
        // A running journal rewrites the line: take it only when two looks agree.
        for _ in 0..100 {
            let again = std::fs::read_to_string(path)?;
            if std::mem::replace(&mut text, again) == text {
                break;
            }
        }
        if text.is_empty() {
            return Ok(None);
        }
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, format!("{} is damaged", path.display()));
        parse(&text).map(Some).ok_or_else(damaged)
    }
}

/// What a head file says, before its signature is checked.
pub(super) struct Unproven {
    claimed: Head,
    signature: Vec<u8>,
}

impl Unproven {
    /// The record it claims to be the last; good for nothing but knowing which hash to remember.
    pub(super) fn claimed_seq(&self) -> u64 {
        self.claimed.link.seq
    }

    /// The head, when this key signed it.
    pub(super) fn prove(self, public_key: &[u8]) -> Option<Head> {
        head_is_signed(public_key, self.claimed.signed_text().as_bytes(), &self.signature).then_some(self.claimed)
    }
}

fn parse(text: &str) -> Option<Unproven> {
    let text: Text = serde_json::from_str(text).ok()?;
    let link = Link { seq: text.seq, hash: Digest::from_hex(&text.hash)? };
    let claimed = Head { link, segment: text.segment, offset: text.offset };
    Some(Unproven { claimed, signature: read_hex(&text.signature)? })
}

/// The head file of the process that writes the journal; holding it locked keeps every other one out.
pub(super) struct HeadFile(File);

impl HeadFile {
    /// Opens or makes it, and locks it until dropped.
    pub(super) fn lock(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(io::Error::new(
                io::ErrorKind::ResourceBusy,
                format!("another process writes the journal of {}", path.display()),
            )),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Replaces the line.
    pub(super) fn write(&self, head: &Head, signer: &Signer) -> io::Result<()> {
        let mut signature = Vec::with_capacity(128);
        write_hex(&mut signature, &signer.sign_head(head.signed_text().as_bytes()));
        let text = Text {
            seq: head.link.seq,
            hash: head.link.hash.to_hex(),
            segment: head.segment,
            offset: head.offset,
            signature: String::from_utf8_lossy(&signature).into_owned(),
        };
        let mut line = serde_json::to_vec(&text)?;
        line.resize(LENGTH - 1, b' ');
        line.push(b'\n');
        self.0.write_all_at(&line, 0)
    }

    /// Makes the line survive a power cut.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}
