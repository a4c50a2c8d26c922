//! Server-sent events (WHATWG HTML, section 9.2): incremental framing over arbitrary chunk borders, bounded.

use bytes::{Bytes, BytesMut};

/// One event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// As received, including the blank line that ends it.
    pub raw: Bytes,
    /// The `data` lines joined by `\n`; empty when there are none (a comment, a lone `retry`).
    pub data: Bytes,
    /// The last `event` line.
    pub event: Option<String>,
    /// The last `id` line without a NUL.
    pub id: Option<String>,
}

/// An event does not fit into the limit. The stream cannot be read on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an event is larger than {0} bytes")]
pub struct TooLarge(pub usize);

/// Splits a byte stream into whole events. Blank lines between events are dropped, and so are byte order marks at the start:
/// a client drops one, and another that we left there would be the one it drops.
#[derive(Debug)]
pub struct EventSplitter {
    max_event: usize,
    buffer: BytesMut,
    /// Where the current line begins, and up to where it was searched for its end.
    line: usize,
    searched: usize,
    started: bool,
    /// The event's last line ended with CR LF, so a CR now is followed by LF.
    crlf: bool,
    /// An event ended with CR; one LF may follow that belongs to it.
    skip_lf: bool,
}

/// The end of a line: its length without, and with, its terminator.
struct LineEnd {
    text: usize,
    next: usize,
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

impl EventSplitter {
    /// `max_event` is the largest event in bytes, as received.
    pub fn new(max_event: usize) -> Self {
        Self { max_event, buffer: BytesMut::new(), line: 0, searched: 0, started: false, crlf: false, skip_lf: false }
    }

    /// Takes the next chunk and gives the events it completes.
    ///
    /// # Errors
    /// [`TooLarge`] as soon as an event, complete or not, is over the limit.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<Vec<Event>, TooLarge> {
        let mut events = Vec::new();
        self.feed_into(chunk, &mut events)?;
        Ok(events)
    }

    /// As [`Self::feed`]; the events before one that is too large are given too, and [`Self::finish`] has the rest.
    ///
    /// # Errors
    /// [`TooLarge`] as soon as an event, complete or not, is over the limit.
    pub fn feed_into(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), TooLarge> {
        self.buffer.extend_from_slice(chunk);
        if !self.start() {
            return Ok(());
        }
        while let Some(end) = self.find_line_end() {
            let blank = end.text == self.line;
            self.crlf = end.next - end.text == 2;
            self.line = end.next;
            self.searched = end.next;
            if blank {
                self.skip_lf = self.buffer.get(end.next - 1) == Some(&b'\r');
                events.extend(self.take_event(end.next)?);
            }
        }
        self.check_size(self.buffer.len())
    }

    /// What remains when the stream ends inside an event.
    pub fn finish(self) -> Option<Bytes> {
        let blank = self.buffer.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        (!blank).then(|| self.buffer.freeze())
    }

    /// Drops byte order marks; false while the first bytes could still become one.
    fn start(&mut self) -> bool {
        if self.started {
            return true;
        }
        while self.buffer.starts_with(BOM) {
            drop(self.buffer.split_to(BOM.len()));
        }
        self.started = !BOM.starts_with(&self.buffer);
        self.started
    }

    /// The end of the current line, when it is here. A CR at the end of the buffer ends the line at once, unless this
    /// stream ends its lines with CR LF: then the LF is on its way. So the same bytes give the same events, however cut.
    fn find_line_end(&mut self) -> Option<LineEnd> {
        if self.skip_lf && self.line == 0 && !self.buffer.is_empty() {
            self.skip_lf = false;
            if self.buffer.starts_with(b"\n") {
                drop(self.buffer.split_to(1));
            }
        }
        let unsearched = self.buffer.get(self.searched..)?;
        let Some(found) = unsearched.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            self.searched = self.buffer.len();
            return None;
        };
        let text = self.searched + found;
        self.searched = text;
        if self.buffer.get(text) == Some(&b'\n') {
            return Some(LineEnd { text, next: text + 1 });
        }
        let blank = text == self.line;
        match self.buffer.get(text + 1) {
            Some(b'\n') if !blank || self.crlf => Some(LineEnd { text, next: text + 2 }),
            Some(_) => Some(LineEnd { text, next: text + 1 }),
            None if blank && !self.crlf => Some(LineEnd { text, next: text + 1 }),
            None => None,
        }
    }

    /// Cuts the event that ends at `end`; nothing when it is only a blank line.
    fn take_event(&mut self, end: usize) -> Result<Option<Event>, TooLarge> {
        self.check_size(end)?;
        let raw = self.buffer.split_to(end).freeze();
        (self.line, self.searched, self.crlf) = (0, 0, false);
        if raw.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            return Ok(None);
        }
        Ok(Some(read(raw)))
    }

    fn check_size(&self, size: usize) -> Result<(), TooLarge> {
        if size > self.max_event { Err(TooLarge(self.max_event)) } else { Ok(()) }
    }
}

/// Reads the fields of a whole event.
fn read(raw: Bytes) -> Event {
    let mut data: Vec<Bytes> = Vec::new();
    let (mut event, mut id) = (None, None);
    for line in raw.split(|byte| matches!(byte, b'\r' | b'\n')) {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at_checked(colon).unwrap_or_default();
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => data.push(raw.slice_ref(value)),
            b"event" => event = Some(String::from_utf8_lossy(value).into_owned()),
            b"id" if !value.contains(&0) => id = Some(String::from_utf8_lossy(value).into_owned()),
            _ => {}
        }
    }
    let data = if data.len() > 1 { Bytes::from(data.join(&b'\n')) } else { data.pop().unwrap_or_default() };
    Event { raw, data, event, id }
}

/// Writes one event: an optional name and id (up to their first line break), and the data, one line each.
pub fn encode(event: Option<&str>, id: Option<&str>, data: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(data.len() + 64);
    for (name, value) in [("event", event), ("id", id)] {
        if let Some(value) = value {
            let line = value.split(['\r', '\n', '\0']).next().unwrap_or("");
            push_line(&mut out, name, line.as_bytes());
        }
    }
    let mut rest = data;
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        let (line, after) = rest.split_at_checked(end).unwrap_or_default();
        push_line(&mut out, "data", line);
        rest = after.strip_prefix(b"\r\n").or_else(|| after.get(1..)).unwrap_or_default();
    }
    push_line(&mut out, "data", rest);
    out.extend_from_slice(b"\n");
    out.freeze()
}

/// The same event with another id and other data; its name, comments and pause stay.
pub fn rewritten(event: &Event, id: Option<&str>, data: &[u8]) -> Bytes {
    let mut kept = BytesMut::with_capacity(event.raw.len() + 64);
    let mut had_data = false;
    for line in event.raw.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.is_empty()) {
        match line.split(|byte| *byte == b':').next().unwrap_or_default() {
            b"data" => had_data = true,
            b"id" => {}
            _ => {
                kept.extend_from_slice(line);
                kept.extend_from_slice(b"\n");
            }
        }
    }
    let end = encode(None, id, data);
    // An event without data is none; nothing may become one.
    let end = if had_data { end } else { end.slice(..end.len().saturating_sub(b"data: \n\n".len())) };
    kept.extend_from_slice(&end);
    if !had_data {
        kept.extend_from_slice(b"\n");
    }
    kept.freeze()
}

fn push_line(out: &mut BytesMut, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\n"] {
        out.extend_from_slice(part);
    }
}
