//! `INSERT INTO t (name, phone) VALUES ('Bob', '...')`: the columns are the labels of the values.

use super::{table::key_topics, topics::Topics};
use crate::chars::{at, before, find_either, part, starts_with_ignore_case};

/// How far back the start of a row, and of the statement, may be.
const MAX_ROW: usize = 600;
const MAX_STATEMENT: usize = 8000;

/// Where the columns of the last statement are, so that rows need not look for them again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Columns {
    /// The parenthesis that opens the list of columns, and the one that closes it.
    list: (usize, usize),
    /// Up to where statements were looked for.
    searched: usize,
    /// The row of the last value.
    row: Row,
}

/// The row that holds a value.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    value: usize,
    /// Whether a quote opens the value.
    quoted: bool,
    /// Where the row begins, and how many commas are before the value.
    found: Option<(usize, usize)>,
}

impl Columns {
    /// What the column of the value says.
    pub(crate) fn topics(&mut self, bytes: &[u8], value: usize) -> Topics {
        self.search(bytes, value);
        let (open, close) = self.list;
        if close == 0 || value.saturating_sub(close) > MAX_STATEMENT {
            return Topics::NONE;
        }
        self.row = self.row.next(bytes, value);
        let Some((row, index)) = self.row.found else { return Topics::NONE };
        if row <= close {
            return Topics::NONE;
        }
        part(bytes, open + 1, close).split(|&byte| byte == b',').nth(index).map_or(Topics::NONE, key_topics)
    }

    /// Finds the last `(...) VALUES` before the value.
    fn search(&mut self, bytes: &[u8], value: usize) {
        let mut place = self.searched.max(value.saturating_sub(MAX_STATEMENT));
        let ahead = part(bytes, 0, value);
        loop {
            place = find_either(ahead, place, [b'V', b'v']);
            if place >= value {
                break;
            }
            if starts_with_ignore_case(bytes, place, b"values") {
                let head = part(bytes, 0, place).trim_ascii_end();
                if head.ends_with(b")")
                    && let Some(open) = part(head, head.len().saturating_sub(MAX_ROW), head.len())
                        .iter()
                        .rposition(|&byte| byte == b'(')
                {
                    self.list = (head.len().saturating_sub(MAX_ROW) + open, head.len() - 1);
                }
            }
            place += 1;
        }
        self.searched = value;
    }
}

impl Row {
    /// The row of a value. What lies before the one looked at last is not read again.
    fn next(self, bytes: &[u8], value: usize) -> Self {
        let quoted = matches!(before(bytes, value), b'\'' | b'"');
        let (mut inside, mut commas) = (quoted, 0);
        let with = |found| Self { value, quoted, found };
        for back in 1..=MAX_ROW.min(value) {
            let place = value - back;
            match at(bytes, place) {
                b'\'' => inside = !inside,
                b',' if !inside => commas += 1,
                b'(' if !inside => return with(Some((place, commas))),
                b';' if !inside => return with(None),
                _ => (),
            }
            if place == self.value && inside == self.quoted && place > 0 {
                let known = self.found.filter(|(row, _)| value - row <= MAX_ROW);
                return with(known.map(|(row, before)| (row, before + commas)));
            }
        }
        with(None)
    }
}
