//! Opening: finds the end of the chain, and mends what a killed process left.

use std::{io, path::Path, sync::Arc};

use vestibule_model::Clock;

use super::{
    disk::{Disk, Files},
    head::{Head, HeadFile},
    sign::Signer,
    verify::{Broken, Checker},
    writer::Parts,
};

/// The parts of a writer, and what had to be mended.
pub(super) fn resume(
    files: &Files,
    mut disk: Box<dyn Disk>,
    signer: Signer,
    clock: Arc<dyn Clock>,
    segment_bytes: u64,
) -> io::Result<(Parts, Option<String>)> {
    files.make_directory()?;
    let head_file = HeadFile::lock(&files.head())?;
    let (end, mended) = match Head::read(&files.head())? {
        Some(head) => {
            let head =
                head.prove(signer.public()).ok_or_else(|| refused("the head file is signed with another key"))?;
            find_end(files, &signer, head)?
        }
        None => (begin(files, &head_file, &signer)?, None),
    };
    let mut segment = disk.open(end.segment)?;
    segment.truncate(end.offset)?;
    let parts = Parts { disk, segment, head_file, signer, clock, segment_bytes, end };
    Ok((parts, mended))
}

/// A new journal: its head stands before its first record, so that a missing head is never innocent.
fn begin(files: &Files, head_file: &HeadFile, signer: &Signer) -> io::Result<Head> {
    if let Some(first) = files.segments()?.first() {
        return Err(refused(&format!("{} is there, but no head file", files.segment(*first).display())));
    }
    head_file.write(&Head::EMPTY, signer)?;
    head_file.sync()?;
    files.sync_directory()?;
    Ok(Head::EMPTY)
}

/// Reads on from the signed head: a killed process may have written further, and torn its last line.
fn find_end(files: &Files, signer: &Signer, head: Head) -> io::Result<(Head, Option<String>)> {
    let mut checker = Checker::new(head.link, Some(signer.public().to_vec()), head.link.seq);
    let mut end = head;
    let mut unfinished = 0;
    let mut later = files.segments()?;
    later.retain(|first| *first >= head.segment);
    if later.first() != Some(&head.segment) && head.link.seq > 0 {
        return Err(refused(&format!("{} is missing", files.segment(head.segment).display())));
    }
    for first in later {
        let path = files.segment(first);
        let from = if first == head.segment { head.offset } else { 0 };
        let length = std::fs::metadata(&path)?.len();
        if length < from || unfinished > 0 || (first > head.segment && first != checker.end.seq + 1) {
            return Err(refused(&format!("records are missing in or before {}", path.display())));
        }
        let walked = checker.walk(&path, from).map_err(|broken| not_ours(&broken))?;
        unfinished = walked.unfinished;
        end = Head { link: checker.end, segment: first, offset: walked.length };
    }
    let unsealed = end.link.seq - head.link.seq;
    let mended = (unfinished > 0 || unsealed > 0).then(|| {
        format!("after a hard stop: {unsealed} lines after the signed head taken over, {unfinished} bytes of an unfinished line cut off")
    });
    Ok((end, mended))
}

fn not_ours(broken: &Broken) -> io::Error {
    refused(&broken.to_string())
}

fn refused(what: &str) -> io::Error {
    let remedy = "look with `vestibule audit verify`; to start a new journal, move the old one's files away";
    io::Error::new(io::ErrorKind::InvalidData, format!("the audit journal is damaged: {what}; {remedy}"))
}

/// The files of a node's journal in a directory.
pub(super) fn files(directory: &Path, node: &str) -> io::Result<Files> {
    let plain = !node.is_empty() && node.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain {
        Ok(Files::new(directory, node))
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "a node's name has letters, digits and hyphens"))
    }
}
