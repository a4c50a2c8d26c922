//! Reading the journal backwards, newest first, from any record.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path, sync::Arc};

use super::{
    disk::Files,
    record::{is_event, seq_of},
};

const CHUNK: u64 = 1 << 16;

/// Events as journal lines, newest first. Reads files piece by piece, so stop when you have enough.
pub struct NewestFirst(Source);

enum Source {
    /// Oldest first, taken from the end.
    Lines(Vec<Arc<str>>),
    Files(Box<Backward>),
}

struct Backward {
    files: Files,
    /// Segments not opened yet, oldest first.
    older: Vec<u64>,
    current: Option<Segment>,
    /// Only records before this one.
    before: u64,
}

struct Segment {
    file: File,
    /// Where `text` starts in the file.
    start: u64,
    text: Vec<u8>,
    /// Whether `text` may still end within a line.
    ragged: bool,
}

impl NewestFirst {
    /// Of the journal in a directory (or the one that a file belongs to), also while another process writes it.
    /// `before`: only records with a smaller number.
    pub fn open(path: &Path, before: Option<u64>) -> io::Result<Self> {
        Self::of_files(Files::meant_by(path)?, before)
    }

    pub(super) fn of_files(files: Files, before: Option<u64>) -> io::Result<Self> {
        let before = before.unwrap_or(u64::MAX);
        let mut older = files.segments()?;
        older.retain(|first| *first < before);
        Ok(Self(Source::Files(Box::new(Backward { files, older, current: None, before }))))
    }

    pub(super) fn of_lines(mut lines: Vec<Arc<str>>, before: Option<u64>) -> Self {
        let before = before.unwrap_or(u64::MAX);
        lines.retain(|line| is_event(line.as_bytes()) && seq_of(line.as_bytes()).is_some_and(|seq| seq < before));
        Self(Source::Lines(lines))
    }
}

impl Iterator for NewestFirst {
    type Item = io::Result<Arc<str>>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Lines(lines) => lines.pop().map(Ok),
            Source::Files(backward) => backward.next_event().transpose(),
        }
    }
}

impl Backward {
    fn next_event(&mut self) -> io::Result<Option<Arc<str>>> {
        loop {
            let Some(segment) = &mut self.current else {
                let Some(first) = self.older.pop() else { return Ok(None) };
                self.current = Some(Segment::open(&self.files.segment(first), self.before)?);
                continue;
            };
            match segment.line_before()? {
                Some(line) if is_event(&line) && seq_of(&line).is_some_and(|seq| seq < self.before) => {
                    return Ok(Some(String::from_utf8_lossy(&line).into()));
                }
                Some(_) => {}
                None => self.current = None,
            }
        }
    }
}

impl Segment {
    fn open(path: &Path, before: u64) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let start = if before == u64::MAX { length } else { end_of_records_before(&file, length, before)? };
        Ok(Self { file, start, text: Vec::new(), ragged: true })
    }

    /// The line that ends where the last one given began.
    fn line_before(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if self.ragged {
                // What follows the last newline is not a whole line (yet).
                let whole = self.text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                self.ragged = whole == 0;
                self.text.truncate(whole);
            }
            if let Some(body) = self.text.strip_suffix(b"\n") {
                let from = body.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
                if let Some(from) = from.or((self.start == 0).then_some(0)) {
                    let line = body.get(from..).unwrap_or_default().to_vec();
                    self.text.truncate(from);
                    return Ok(Some(line));
                }
            }
            if self.start == 0 {
                return Ok(None);
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> io::Result<()> {
        let from = self.start.saturating_sub(CHUNK);
        let mut chunk = vec![0; usize::try_from(self.start - from).unwrap_or(0)];
        self.file.read_exact_at(&mut chunk, from)?;
        chunk.append(&mut self.text);
        self.text = chunk;
        self.start = from;
        Ok(())
    }
}

/// A place shortly after the last record before `before`, by halving.
fn end_of_records_before(file: &File, length: u64, before: u64) -> io::Result<u64> {
    let (mut low, mut high) = (0, length);
    while high - low > CHUNK {
        let middle = low.midpoint(high);
        match line_after(file, middle)? {
            Some((at, seq)) if at < high => {
                if seq < before {
                    low = at
                } else {
                    high = at
                }
            }
            _ => break,
        }
    }
    Ok(high)
}

/// Where the first line after `from` starts, and its number.
fn line_after(file: &File, from: u64) -> io::Result<Option<(u64, u64)>> {
    let mut text = vec![0; usize::try_from(CHUNK).unwrap_or(0)];
    let read = file.read_at(&mut text, from)?;
    text.truncate(read);
    let Some(newline) = text.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    let line = text.get(newline + 1..).unwrap_or_default();
    Ok(seq_of(line).filter(|_| line.contains(&b',')).map(|seq| (from + newline as u64 + 1, seq)))
}
