//! Tables of HTML: `<th>Phone</th>` is the label of every `<td>` below it.

use super::{table::key_topics, topics::Topics};
use crate::chars::{at, before, find_byte, part, span_back, starts_with_ignore_case};

/// How far back the tag of the cell may be from its value.
const MAX_TAG: usize = 80;
/// The longest head of a column.
const MAX_HEAD: usize = 60;
/// The most columns.
const MAX_COLUMNS: usize = 64;

/// The heads of the table that was looked at last.
#[derive(Debug, Default)]
pub(crate) struct HtmlTable {
    heads: Vec<Topics>,
    /// Up to where heads were looked for.
    searched: usize,
    /// How many cells of the row were passed.
    column: usize,
}

impl HtmlTable {
    /// What the head of the value's column says, and where the cell begins.
    pub(crate) fn topics(&mut self, bytes: &[u8], value: usize) -> Option<(Topics, usize)> {
        let lead = |byte: u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b'+' | b'(');
        let cell = value - span_back(bytes, value, MAX_TAG, lead);
        if cell == 0 || before(bytes, cell) != b'>' {
            return None;
        }
        let tag = cell - 1 - span_back(bytes, cell - 1, MAX_TAG, |byte| byte != b'<');
        if !starts_with_ignore_case(bytes, tag, b"td") || tag == 0 {
            return None;
        }
        self.search(bytes, tag - 1);
        if self.heads.is_empty() {
            return None;
        }
        self.heads.get(self.column).map(|topics| (*topics, cell))
    }

    /// Reads the heads between where it stopped and here; a new row of heads takes the place of the old ones.
    fn search(&mut self, bytes: &[u8], to: usize) {
        let mut place = self.searched;
        while place < to {
            place = find_byte(bytes, place, b'<');
            if place >= to {
                break;
            }
            if at(bytes, place + 1) | 0x20 == b't' {
                self.tag(bytes, place);
            }
            place += 1;
        }
        self.searched = self.searched.max(to);
    }

    /// Takes the tag of a table, a row or a cell.
    fn tag(&mut self, bytes: &[u8], place: usize) {
        let closes = |length: usize| matches!(at(bytes, place + length), b'>' | b' ' | b'\n' | b'\t');
        match at(bytes, place + 2) | 0x20 {
            b'r' if closes(3) => {
                self.column = 0;
                if starts_with_ignore_case(bytes, next_tag(bytes, place + 3), b"<th") {
                    self.heads.clear();
                }
            }
            b'd' if closes(3) => self.column += 1,
            b'h' if closes(3) => {
                self.column += 1;
                if self.heads.len() < MAX_COLUMNS {
                    let inside = find_byte(part(bytes, 0, (place + MAX_TAG).min(bytes.len())), place, b'>') + 1;
                    let end = find_byte(part(bytes, 0, (inside + MAX_HEAD).min(bytes.len())), inside, b'<');
                    self.heads.push(key_topics(part(bytes, inside, end)));
                }
            }
            b'a' if starts_with_ignore_case(bytes, place, b"<table") => self.heads.clear(),
            _ => (),
        }
    }
}

fn next_tag(bytes: &[u8], place: usize) -> usize {
    find_byte(part(bytes, 0, (place + MAX_TAG).min(bytes.len())), place, b'<')
}
