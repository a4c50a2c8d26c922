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
    /// The rows of the last values. Their quotes may not agree: what is inside a string for one is outside for another.
    rows: [Row; 4],
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
        let Some((row, index)) = self.row(bytes, value) else { return Topics::NONE };
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

    /// Where the row begins that holds the value, and how many commas are before the value. What lies before the values
    /// looked at last is not read again.
    fn row(&mut self, bytes: &[u8], value: usize) -> Option<(usize, usize)> {
        let quoted = matches!(before(bytes, value), b'\'' | b'"');
        if let Some(known) = self.rows.iter().find(|row| row.value == value) {
            return known.found;
        }
        let (mut inside, mut commas, mut found) = (quoted, 0, None);
        for back in 1..=MAX_ROW.min(value) {
            let place = value - back;
            match at(bytes, place) {
                b'\'' => inside = !inside,
                b',' if !inside => commas += 1,
                b'(' if !inside => {
                    found = Some((place, commas));
                    break;
                }
                b';' if !inside => break,
                _ => (),
            }
            if let Some(known) = self.rows.iter().find(|row| row.value == place && row.quoted == inside && place > 0) {
                let row = known.found.filter(|(row, _)| value - row <= MAX_ROW);
                found = row.map(|(row, before)| (row, before + commas));
                break;
            }
        }
        self.rows.rotate_right(1);
        if let Some(row) = self.rows.first_mut() {
            *row = Row { value, quoted, found };
        }
        found
    }
}
