//! Proving a journal: every line, every checkpoint, and that nothing is missing at the end.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use vestibule_model::Digest;

use super::{
    disk::Files,
    head::{Head, Unproven},
    record::{Body, Line, Link},
    sign::checkpoint_is_signed,
};

/// No line is longer: an event has a limit far below.
const LONGEST_LINE: u64 = 1 << 20;

/// What [`verify`] found in a journal that is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Events.
    pub records: u64,
    /// Signed checkpoints.
    pub checkpoints: u64,
    /// The hash of the last line.
    pub head: Digest,
    /// Lines after the signed head: only what a killed process wrote in its last milliseconds.
    pub unsealed: u64,
    /// Bytes of an unfinished line at the end, left by a killed process; the next start cuts them off.
    pub unfinished: u64,
}

/// What is wrong with a journal.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// A line is not what it must be.
    #[error("{file}, line {line}, where record {seq} is expected: {what}")]
    Record {
        /// The file.
        file: String,
        /// The record expected there.
        seq: u64,
        /// The line, from 1.
        line: u64,
        /// What was found.
        what: String,
    },
    /// Records are missing at the end, or the proof of the end is.
    #[error("{0}")]
    End(String),
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

/// Reads the journal in a directory (or the one that a file belongs to), segment after segment, and
/// proves the chain, the checkpoints and the end. Checkpoints must be signed with `public_key` (32 bytes,
/// Ed25519), or when none is given with the key that the first one names: give it when whoever could write the files
/// could have replaced them all.
pub fn verify(path: &Path, public_key: Option<&[u8]>) -> Result<Verified, Broken> {
    let files = Files::meant_by(path).map_err(unreadable)?;
    // Before the records, because the head of a running journal moves on.
    let head = Head::read(&files.head())
        .map_err(|error| Broken::End(format!("the head file is missing or damaged: {error}")))?;
    let claimed = head.as_ref().map_or(0, Unproven::claimed_seq);
    let mut checker = Checker::new(Link::GENESIS, public_key.map(<[u8]>::to_vec), claimed);
    let mut unfinished = 0;
    for first in files.segments().map_err(unreadable)? {
        if unfinished > 0 {
            return Err(Broken::End(format!("the segment before record {first} ends in the middle of a line")));
        }
        unfinished = checker.segment(&files, first)?.unfinished;
    }
    checker.covers(head)?;
    Ok(Verified {
        records: checker.records,
        checkpoints: checker.checkpoints,
        head: checker.end.hash,
        unsealed: checker.end.seq.saturating_sub(claimed),
        unfinished,
    })
}

/// Walks along a chain.
pub(super) struct Checker {
    /// The end reached.
    pub(super) end: Link,
    key: Option<Vec<u8>>,
    /// The record whose hash to remember, and the hash.
    watched: u64,
    seen: Option<Digest>,
    records: u64,
    checkpoints: u64,
}

/// How far a segment was read.
pub(super) struct Walked {
    /// Bytes of whole lines.
    pub(super) length: u64,
    /// Bytes after the last whole line.
    pub(super) unfinished: u64,
}

impl Checker {
    /// Starts after `end`; with no key the first checkpoint's is taken.
    pub(super) fn new(end: Link, key: Option<Vec<u8>>, watched: u64) -> Self {
        let seen = (end.seq == watched).then_some(end.hash);
        Self { end, key, watched, seen, records: 0, checkpoints: 0 }
    }

    fn segment(&mut self, files: &Files, first: u64) -> Result<Walked, Broken> {
        if first != self.end.seq + 1 {
            let what =
                format!("the file starts with record {first}: records are missing before it, or files were renamed");
            return Err(self.broken(&files.segment(first), 1, what));
        }
        self.walk(&files.segment(first), 0)
    }

    /// Checks the lines of a file from an offset on.
    pub(super) fn walk(&mut self, path: &Path, from: u64) -> Result<Walked, Broken> {
        let mut file = File::open(path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(from)).map_err(unreadable)?;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let (mut length, mut raw) = (from, Vec::new());
        for number in 1.. {
            raw.clear();
            let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut raw).map_err(unreadable)?;
            let Some(line) = raw.strip_suffix(b"\n") else {
                // What has no end is either the torn last write of a killed process, or no line of ours.
                return match read as u64 {
                    LONGEST_LINE => Err(self.broken(path, number, "the line is too long".to_owned())),
                    unfinished => Ok(Walked { length, unfinished }),
                };
            };
            self.line(line).map_err(|what| self.broken(path, number, what))?;
            length += read as u64;
        }
        Ok(Walked { length, unfinished: 0 })
    }

    /// Checks one line, without its newline.
    pub(super) fn line(&mut self, raw: &[u8]) -> Result<(), String> {
        let line = Line::parse(raw).ok_or("this is not a journal line")?;
        let next = line.follow(self.end)?;
        match line.body {
            Body::Event(_) => self.records += 1,
            Body::Checkpoint { key, signature, .. } => self.checkpoint(key, next.hash, &signature)?,
        }
        self.end = next;
        if next.seq == self.watched {
            self.seen = Some(next.hash);
        }
        Ok(())
    }

    fn checkpoint(&mut self, key: Vec<u8>, hash: Digest, signature: &[u8]) -> Result<(), String> {
        if *self.key.get_or_insert_with(|| key.clone()) != key {
            return Err("the checkpoint is signed with another key".to_owned());
        }
        if !checkpoint_is_signed(&key, hash, signature) {
            return Err("the signature of the checkpoint is wrong".to_owned());
        }
        self.checkpoints += 1;
        Ok(())
    }

    /// Whether the chain comes as far as its signed head says.
    fn covers(&self, head: Option<Unproven>) -> Result<(), Broken> {
        let Some(head) = head else {
            return if self.end == Link::GENESIS {
                Ok(())
            } else {
                Err(Broken::End("the head file is empty".to_owned()))
            };
        };
        let (last, claimed) = (self.end.seq, head.claimed_seq());
        if last < claimed {
            return Err(Broken::End(format!("records {} to {claimed} are missing at the end", last + 1)));
        }
        let proven =
            self.key.as_ref().is_none_or(|key| head.prove(key).is_some_and(|head| Some(head.link.hash) == self.seen));
        if proven {
            Ok(())
        } else {
            Err(Broken::End(format!("the head file does not fit record {claimed}, or is signed with another key")))
        }
    }

    fn broken(&self, path: &Path, line: u64, what: String) -> Broken {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Broken::Record { file, seq: self.end.seq + 1, line, what }
    }
}

fn unreadable(error: io::Error) -> Broken {
    Broken::Unreadable(error.to_string())
}
