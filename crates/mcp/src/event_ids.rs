//! Event ids of a stream of server-sent events, replaced as they pass (WHATWG HTML, section 9.2.6).
//!
//! Nothing is held back but a line that may be an `id` field: an event of a gigabyte passes in constant memory, and its
//! first byte waits for nothing.

use bytes::{Buf, Bytes, BytesMut};

/// The longest id that is replaced. A longer one would be no use to us: its field is left out.
const LONGEST: usize = 4096;
const FIELD: &[u8] = b"id";
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Where in a line the stream stands.
#[derive(Debug)]
enum Place {
    /// At the very start, where a byte order mark may stand.
    Start,
    /// At the start of a line, which may become an `id` field.
    Line,
    /// In the value of an `id` field.
    Id,
    /// In the value of an `id` field that is too long.
    Dropped,
    /// In a line that is none.
    Other,
}

/// Replaces ids over arbitrary chunk borders.
#[derive(Debug)]
pub struct EventIds {
    place: Place,
    /// The line so far, while it may be an `id` field.
    held: BytesMut,
}

impl Default for EventIds {
    fn default() -> Self {
        Self { place: Place::Start, held: BytesMut::new() }
    }
}

impl EventIds {
    /// Takes a chunk and gives the pieces that go on, in order. `replace` gets each id; an empty one passes as it is,
    /// since it only clears what the client remembers.
    pub fn feed(&mut self, mut chunk: Bytes, mut replace: impl FnMut(&str) -> String) -> Vec<Bytes> {
        let mut out = Vec::with_capacity(4);
        while !chunk.is_empty() {
            match self.place {
                Place::Start => self.start(&mut chunk, &mut out),
                Place::Line => self.line(&mut chunk, &mut out),
                Place::Id => self.id(&mut chunk, &mut out, &mut replace),
                Place::Dropped => self.skip(&mut chunk),
                Place::Other => self.other(&mut chunk, &mut out),
            }
        }
        out
    }

    /// What is left when the stream ends inside a line.
    pub fn finish(self) -> Option<Bytes> {
        // An id without its line end belongs to an event that was never complete; clients throw it away.
        (matches!(self.place, Place::Line | Place::Start) && !self.held.is_empty()).then(|| self.held.freeze())
    }

    /// Drops byte order marks: behind them an `id` would still be one for a client.
    fn start(&mut self, chunk: &mut Bytes, out: &mut Vec<Bytes>) {
        self.hold(chunk, 1);
        if self.held.as_ref() == BOM {
            self.held.clear();
        }
        if BOM.starts_with(&self.held) {
            return;
        }
        self.place = Place::Line;
        if !self.held.is_empty() {
            // Read again, as the start of a line.
            let mut again = std::mem::take(&mut self.held).freeze();
            while !again.is_empty() {
                match self.place {
                    Place::Line => self.line(&mut again, out),
                    _ => self.other(&mut again, out),
                }
            }
        }
    }

    fn line(&mut self, chunk: &mut Bytes, out: &mut Vec<Bytes>) {
        let Some(&byte) = chunk.first() else { return };
        let at = self.held.len();
        if FIELD.get(at) == Some(&byte) {
            self.hold(chunk, 1);
        } else if at == FIELD.len() && byte == b':' {
            self.hold(chunk, 1);
            self.place = Place::Id;
        } else {
            if !self.held.is_empty() {
                out.push(std::mem::take(&mut self.held).freeze());
            }
            self.place = Place::Other;
        }
    }

    fn id(&mut self, chunk: &mut Bytes, out: &mut Vec<Bytes>, replace: &mut impl FnMut(&str) -> String) {
        let end = line_end(chunk);
        self.hold(chunk, end.unwrap_or(chunk.len()));
        if self.held.len() > LONGEST {
            self.held.clear();
            self.place = Place::Dropped;
            return;
        }
        if end.is_none() {
            return;
        }
        let line = std::mem::take(&mut self.held).freeze();
        let value = line.get(FIELD.len() + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match std::str::from_utf8(value) {
            // Clients ignore an id with a NUL.
            Ok(id) if !id.is_empty() && !id.contains('\0') => out.push(format!("id: {}", replace(id)).into()),
            Ok("") => out.push(line),
            _ => {}
        }
        self.place = Place::Other;
    }

    fn skip(&mut self, chunk: &mut Bytes) {
        match line_end(chunk) {
            Some(end) => {
                chunk.advance(end);
                self.place = Place::Other;
            }
            None => chunk.clear(),
        }
    }

    /// To the end of this line and on to the start of the next, copying nothing.
    fn other(&mut self, chunk: &mut Bytes, out: &mut Vec<Bytes>) {
        let mut at = 0;
        loop {
            let rest = chunk.get(at..).unwrap_or_default();
            let Some(end) = line_end(rest) else {
                out.push(std::mem::take(chunk));
                return;
            };
            at += end + 1;
            // Lines of other fields need not leave this loop.
            if chunk.get(at).is_none_or(|byte| FIELD.first() == Some(byte)) {
                out.push(chunk.split_to(at));
                self.place = Place::Line;
                return;
            }
        }
    }

    fn hold(&mut self, chunk: &mut Bytes, count: usize) {
        self.held.extend_from_slice(&chunk.split_to(count.min(chunk.len())));
    }
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr2(b'\r', b'\n', bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn through(chunks: &[&[u8]]) -> String {
        let mut ids = EventIds::default();
        let mut out = Vec::new();
        for chunk in chunks {
            for piece in ids.feed(Bytes::copy_from_slice(chunk), |id| format!("<{id}>")) {
                out.extend_from_slice(&piece);
            }
        }
        out.extend_from_slice(&ids.finish().unwrap_or_default());
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn ids_are_replaced_and_the_rest_passes() {
        for (from, to) in [
            ("id: 7\ndata: id: 8\n\n", "id: <7>\ndata: id: 8\n\n"),
            ("data: a\r\nid:7\r\n\r\n", "data: a\r\nid: <7>\r\n\r\n"),
            ("data: a\rid: 7\r\r", "data: a\rid: <7>\r\r"),
            ("\u{feff}id: 7\n\n", "id: <7>\n\n"),
            ("\u{feff}\u{feff}id: 7\n\n", "id: <7>\n\n"),
            ("id\nid:\nid: \nidea: 7\nids\ni\nid : 7\n", "id\nid:\nid: \nidea: 7\nids\ni\nid : 7\n"),
            ("id:  7 \n\n", "id: < 7 >\n\n"),
            (": id: 7\nretry: 5\n\n", ": id: 7\nretry: 5\n\n"),
            ("id: a\0b\ndata: x\n\n", "\ndata: x\n\n"),
            ("\nid: 1\n", "\nid: <1>\n"),
            ("i", "i"),
            ("id: unfinished", ""),
        ] {
            assert_eq!(through(&[from.as_bytes()]), to, "{from:?}");
            let bytes: Vec<&[u8]> = from.as_bytes().chunks(1).collect();
            assert_eq!(through(&bytes), to, "{from:?} byte by byte");
        }
    }

    #[test]
    fn an_endless_id_costs_no_memory_and_is_left_out() {
        let long = "7".repeat(3 * LONGEST);
        assert_eq!(through(&[b"id: ", long.as_bytes(), b"\ndata: x\n\n"]), "\ndata: x\n\n");
    }

    proptest! {
        #[test]
        fn cuts_make_no_difference(text in "[id: \\r\\n7\u{feff}\0]{0,60}", cut in 0usize..60) {
            let whole = through(&[text.as_bytes()]);
            let (a, b) = text.as_bytes().split_at(cut.min(text.len()));
            prop_assert_eq!(through(&[a, b]), whole);
        }
    }
}
