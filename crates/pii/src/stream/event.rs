//! One server-sent event: its `data` lines are one document, and everything else in it is looked at as text. A client
//! ignores the most of that, but whoever reads a stream as it is does not.

use std::ops::Range;

use crate::{
    chars::part,
    context::Surroundings,
    finding::Finding,
    json::{Decoded, Origin},
    mask::{Blocked, Counts, Masker, Naming},
    scanner::Scanner,
};

/// What is done with the ids of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ids {
    /// They pass: somebody else sees to them.
    Kept,
    /// They are looked at like any text.
    Looked,
}

/// What a line is.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Line {
    /// A line of data, without the name of the field.
    Data(Range<usize>),
    /// It holds nothing but what the protocol needs: it is blank, an id, a pause, the usual name of an event.
    Plain,
    /// The name of an event. It stands for itself.
    Name(Range<usize>),
    /// A comment, without its colon.
    Comment(Range<usize>),
    /// A field that nobody knows, or none.
    Other(Range<usize>),
}

impl Line {
    fn is_data(&self) -> bool {
        matches!(self, Self::Data(_))
    }
}

/// An event as it came, with or without the blank line at its end.
pub(super) struct Event<'a> {
    raw: &'a [u8],
    /// Each line, and where it begins and ends; its end includes CR and LF.
    lines: Vec<(Line, Range<usize>)>,
}

impl<'a> Event<'a> {
    pub(super) fn read(raw: &'a [u8], ids: Ids) -> Self {
        let mut lines = Vec::with_capacity(4);
        let mut place = 0;
        while place < raw.len() {
            let length = line_end(raw, place) - place;
            let ending = match raw.get(place + length..).unwrap_or_default() {
                [b'\r', b'\n', ..] => 2,
                [] => 0,
                _ => 1,
            };
            let next = place + length + ending;
            lines.push((line(raw, place..place + length, ids), place..next));
            place = next;
        }
        Self { raw, lines }
    }

    /// The lines of data, joined by LF as a client joins them.
    pub(super) fn data(&self) -> Vec<u8> {
        self.joined().bytes
    }

    /// The event with everything replaced that was found. Where nothing is, each byte stays.
    pub(super) fn masked(
        &self,
        masker: &Masker,
        naming: &mut Naming<'_>,
        counts: &mut Counts,
    ) -> Result<Vec<u8>, Blocked> {
        let scanner = masker.scanner();
        let mut found = self.in_data(scanner);
        if found.iter().any(|finding| self.breaks(finding)) {
            return self.written_anew(masker, naming, counts);
        }
        let others = self.in_others(scanner);
        if !others.is_empty() {
            found.extend(others);
            found.sort_by_key(|finding| finding.range.start);
        }
        masker.splice(self.raw, 0, self.raw.len(), &found, naming, counts)
    }

    /// Whether what was found goes over the end of a line: other lines may stand between.
    fn breaks(&self, finding: &Finding) -> bool {
        line_end(self.raw, finding.range.start) < finding.range.end
    }

    fn is_blank(&self, line: &Range<usize>) -> bool {
        matches!(part(self.raw, line.start, line.end).first(), Some(b'\n' | b'\r'))
    }

    /// The other lines first, and then the data.
    fn written_anew(&self, masker: &Masker, naming: &mut Naming<'_>, counts: &mut Counts) -> Result<Vec<u8>, Blocked> {
        let scanner = masker.scanner();
        let others = self.in_others(scanner);
        let mut out = Vec::with_capacity(self.raw.len() + 16);
        for run in self.lines.chunk_by(|(one, _), (next, _)| one.is_data() == next.is_data()) {
            let (Some((first, from)), Some((_, last))) = (run.first(), run.last()) else { continue };
            // The blank line comes at the end.
            let to = if self.is_blank(last) { last.start } else { last.end };
            if first.is_data() || from.start >= to {
                continue;
            }
            let inside = |finding: &&Finding| (from.start..to).contains(&finding.range.start);
            let found: Vec<Finding> = others.iter().filter(inside).cloned().collect();
            out.extend(masker.splice(self.raw, from.start, to, &found, naming, counts)?);
            if !matches!(out.last(), Some(b'\n' | b'\r')) {
                out.push(b'\n');
            }
        }
        let data = self.joined().bytes;
        let found = scanner.document(&data, &Origin::ROOT, Surroundings::default());
        let data = masker.splice(&data, 0, data.len(), &found, naming, counts)?;
        for line in data.split(|byte| *byte == b'\n') {
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        // An event that never ended is none, and must not become one.
        if let Some((_, last)) = self.lines.last().filter(|(_, last)| self.is_blank(last)) {
            out.extend_from_slice(part(self.raw, last.start, last.end));
        }
        Ok(out)
    }

    fn in_data(&self, scanner: &Scanner) -> Vec<Finding> {
        let mut lines = self.lines.iter().filter_map(|(line, _)| match line {
            Line::Data(value) => Some(value),
            _ => None,
        });
        match (lines.next(), lines.next()) {
            (None, _) => Vec::new(),
            (Some(only), None) => {
                let origin = Origin { base: only.start, ..Origin::ROOT };
                scanner.document(part(self.raw, only.start, only.end), &origin, Surroundings::default())
            }
            (Some(_), Some(_)) => {
                let data = self.joined();
                let origin = Origin { decoded: Some(&data), ..Origin::ROOT };
                scanner.document(&data.bytes, &origin, Surroundings::default())
            }
        }
    }

    /// The lines of data joined by LF, with the way back.
    fn joined(&self) -> Decoded {
        let mut data = Joined::default();
        for (line, _) in &self.lines {
            if let Line::Data(value) = line {
                data.add(self.raw, value);
            }
        }
        data.0
    }

    /// What is in the lines besides data. Comments and unknown lines that follow each other are one text.
    fn in_others(&self, scanner: &Scanner) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut run = Joined::default();
        for (line, _) in &self.lines {
            match line {
                Line::Comment(value) | Line::Other(value) => run.add(self.raw, value),
                Line::Name(value) => {
                    run.end(scanner, &mut found);
                    run.add(self.raw, value);
                    run.end(scanner, &mut found);
                }
                Line::Data(_) | Line::Plain => run.end(scanner, &mut found),
            }
        }
        run.end(scanner, &mut found);
        found
    }
}

/// Lines that are read as one text.
#[derive(Default)]
struct Joined(Decoded);

impl Joined {
    fn add(&mut self, raw: &[u8], value: &Range<usize>) {
        if self.0.is_marked() {
            self.0.bytes.push(b'\n');
        }
        self.0.mark(value.start);
        self.0.bytes.extend_from_slice(part(raw, value.start, value.end));
        self.0.mark(value.end);
    }

    fn end(&mut self, scanner: &Scanner, found: &mut Vec<Finding>) {
        if self.0.is_marked() {
            let text = std::mem::take(&mut self.0);
            let origin = Origin { decoded: Some(&text), ..Origin::ROOT };
            found.extend(scanner.document(&text.bytes, &origin, Surroundings::default()));
        }
    }
}

/// Where the line ends that goes on at `place`, without CR and LF.
pub(super) fn line_end(bytes: &[u8], place: usize) -> usize {
    let rest = bytes.get(place..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', rest).map_or(bytes.len(), |length| place + length)
}

fn line(raw: &[u8], whole: Range<usize>, ids: Ids) -> Line {
    let text = part(raw, whole.start, whole.end);
    let colon = text.iter().position(|byte| *byte == b':');
    let value = colon.map_or(whole.end, |colon| whole.start + colon + 1);
    let value = value + usize::from(part(raw, value, whole.end).first() == Some(&b' '));
    let said = part(raw, value, whole.end);
    match part(text, 0, colon.unwrap_or(text.len())) {
        b"data" => Line::Data(value..whole.end),
        b"" if colon.is_some() => Line::Comment(value..whole.end),
        b"event" if said != b"message" => Line::Name(value..whole.end),
        b"id" if ids == Ids::Looked => Line::Name(value..whole.end),
        b"" | b"event" | b"id" => Line::Plain,
        b"retry" if said.iter().all(u8::is_ascii_digit) => Line::Plain,
        _ => Line::Other(whole),
    }
}
