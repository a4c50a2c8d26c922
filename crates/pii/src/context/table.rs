//! Tables in text: the head of a column is the label of every value below it.

use super::{forwards, label, lexicon::lexicon, topics::Topics};
use crate::{
    chars::{at, before, find_byte, is_alpha, is_digit, is_name, part, run, span, span_back, starts_with_ignore_case},
    kind::Kind,
    simd::Sort,
};

/// The longest head of a column, in letters.
const MAX_HEAD: usize = 40;
/// The longest key that hints at something.
const MAX_HINT: usize = 12;
/// The longest line that can be the head of a table.
const MAX_HEAD_LINE: usize = 1000;
/// How far above the first value of a table its head is looked for.
const MAX_BEFORE: usize = 8000;
/// The longest line that can be a row.
const MAX_ROW: usize = 4000;

/// The tables of one text, read line by line as far as someone asks.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// The line that holds the last place.
    line: Line,
    /// Whether it is a row of the table.
    inside: Option<bool>,
    /// The table that the lines looked at last belong to.
    current: Option<Table>,
    /// The cell that was looked at last in this line, and the one before.
    cell: Cell,
    further: Cell,
}

/// A cell of a row, and how far the row was read.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    index: usize,
    start: usize,
    read: usize,
    quoted: bool,
}

/// A line: where it begins and where it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Line {
    start: usize,
    end: usize,
}

/// What the cells of a table are divided by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Divider {
    Byte(u8),
    /// `│` or `║` of a frame, by its last byte.
    Frame(u8),
    /// Two blanks or more; columns are told by where they begin.
    Blanks,
}

#[derive(Debug)]
struct Table {
    divider: Divider,
    heads: Vec<Head>,
}

#[derive(Debug)]
struct Head {
    /// Where it begins in its line.
    column: usize,
    topics: Topics,
}

impl Tables {
    /// The topics of the column that holds the place, and where its cell begins. Places must not go back to an earlier
    /// line.
    pub(crate) fn column(&mut self, bytes: &[u8], place: usize) -> Option<(Topics, usize)> {
        self.skip(bytes, place);
        while self.line.end < place || self.line == Line::default() {
            if self.line != Line::default() {
                self.pass(bytes);
            }
            let start = if self.line == Line::default() { 0 } else { self.line.end + 1 };
            self.line = Line { start, end: find_byte(bytes, start, b'\n') };
            self.inside = None;
            self.cell = Cell::first(start);
            self.further = self.cell;
            if self.line.end == 0 {
                return None;
            }
        }
        if place < self.line.start || self.line.end - self.line.start > MAX_ROW {
            return None;
        }
        let line = self.line;
        let table = self.current.as_ref()?;
        if !*self.inside.get_or_insert_with(|| table.has(bytes, line)) {
            return None;
        }
        match table.divider {
            Divider::Byte(_) | Divider::Frame(_) => {
                // A name in front of a number and the number take turns.
                if place >= self.cell.read {
                    self.further = self.cell;
                } else {
                    self.cell = if place < self.further.read { Cell::first(line.start) } else { self.further };
                }
                self.cell.read_to(bytes, place, table.divider);
                table.heads.get(self.cell.index).map(|head| (head.topics, self.cell.start))
            }
            Divider::Blanks => {
                let column = place - line.start;
                let head =
                    table.heads.get(table.heads.partition_point(|head| head.column <= column).checked_sub(1)?)?;
                let gap = span_back(bytes, place, 40, |byte| byte != b' ');
                let start = place - gap;
                // "SSN:      123456789": a label with its value is no row.
                let blanks = span_back(bytes, start, MAX_HEAD, |byte| byte == b' ');
                (before(bytes, start - blanks) != b':').then_some((head.topics, start))
            }
        }
    }

    /// Goes on close before the place when nothing was asked for long and no table is open: its head is not far away.
    fn skip(&mut self, bytes: &[u8], place: usize) {
        if self.current.is_none() && place.saturating_sub(self.line.end) > MAX_BEFORE {
            let start = find_byte(bytes, place - MAX_BEFORE, b'\n');
            if start < place {
                self.line = Line { start, end: start };
            }
        }
    }

    /// A line without values is over: it may belong to the table, or be the head of the next one.
    fn pass(&mut self, bytes: &[u8]) {
        let line = self.line;
        if let Some(table) = &self.current
            && table.has(bytes, line)
        {
            return;
        }
        self.current = Table::headed_by(bytes, line);
    }
}

impl Table {
    fn has(&self, bytes: &[u8], line: Line) -> bool {
        match self.divider {
            Divider::Byte(_) | Divider::Frame(_) => {
                let mut last = Cell::first(line.start);
                last.read_to(bytes, line.end, self.divider);
                last.index + 1 == self.heads.len() || is_rule(bytes, line)
            }
            Divider::Blanks => {
                part(bytes, line.start, line.end).windows(2).any(|pair| pair == b"  ") || is_rule(bytes, line)
            }
        }
    }

    /// The table whose head is this line, if it can be one.
    fn headed_by(bytes: &[u8], line: Line) -> Option<Self> {
        let text = part(bytes, line.start, line.end);
        if text.starts_with(b"||") {
            return Self::of_wiki(text);
        }
        // Indented twice or more it is code or prose, unless a rule stands below: psql puts short heads in the middle.
        if (text.starts_with(b"  ") && !Self::is_indented(bytes, line))
            || text.starts_with(b"\t")
            || text.starts_with(b"//")
        {
            return None;
        }
        if let Some(table) = Self::copied(text) {
            return Some(table);
        }
        if at(text, 0) == 0xE2
            && let Some(mark) = ['│', '║'].into_iter().find(|mark| text.starts_with(mark.to_string().as_bytes()))
        {
            return Self::framed(text, mark);
        }
        if text.len() > MAX_HEAD_LINE || text.len() < 3 || text.ends_with(b";") || text.ends_with(b",") {
            return None;
        }
        match divider(text)? {
            0 => Self::spaced(text),
            divider => {
                // Prose has commas too, but seldom as many in the next line.
                let count = |text: &[u8]| text.iter().filter(|&&byte| byte == divider).count();
                let next = part(bytes, line.end + 1, find_byte(bytes, line.end + 1, b'\n'));
                let rule = matches!(at(next, 0), b'|' | b'-' | b'+' | b' ' | b':');
                (rule || count(next) >= count(text)).then(|| Self::divided(text, divider)).flatten()
            }
        }
    }

    /// `||Name||Phone||`: the head of a table of a wiki. Its rows have single bars.
    fn of_wiki(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= MAX_HEAD_LINE)?;
        let mut heads = Vec::new();
        for cell in text.trim_ascii_end().split("||") {
            heads.push(Head { column: heads.len(), topics: head_topics(cell.as_bytes())? });
        }
        let named = heads.iter().any(|head| head.topics.names_a_kind());
        named.then_some(Self { divider: Divider::Byte(b'|'), heads })
    }

    /// Whether an indented line can be a head all the same.
    fn is_indented(bytes: &[u8], line: Line) -> bool {
        let first = line.start + run(bytes, line.start, line.end - line.start, Sort::Blank);
        let word = first + run(bytes, first, MAX_HEAD, Sort::Alnum);
        let headed = match at(bytes, word) {
            b'|' if word == first => Self::is_barred(bytes, line, first),
            b'_' | b'-' | b',' | b';' | b'|' | b'\t' | 0x80.. => Self::is_block(bytes, Line { start: first, ..line }),
            _ => false,
        };
        headed || (at(bytes, line.end + 1) == b'-' && Self::is_ruled(bytes, line))
    }

    /// Whether the line is in bars, and the next too: a table in a list, or in a description of tests.
    fn is_barred(bytes: &[u8], line: Line, first: usize) -> bool {
        let next = Line { start: line.end + 1, end: find_byte(bytes, line.end + 1, b'\n') };
        let below = next.start + run(bytes, next.start, MAX_ROW, Sort::Blank);
        let closed = |start: usize, end: usize| part(bytes, start + 1, end).trim_ascii_end().ends_with(b"|");
        at(bytes, below) == b'|' && closed(first, line.end) && closed(below, next.end)
    }

    /// Whether the line is of names with one divider between, and the next has as many parts and digits: a table in a
    /// block of YAML.
    fn is_block(bytes: &[u8], line: Line) -> bool {
        let text = part(bytes, line.start, line.end).trim_ascii_end();
        let named = |byte: u8| is_name(byte) || byte >= 0x80 || byte == b'-';
        let divider = at(text, span(text, 0, MAX_HEAD, named));
        if !matches!(divider, b'\t' | b';' | b'|' | b',') || !text.iter().all(|&byte| byte == divider || named(byte)) {
            return false;
        }
        let count = |text: &[u8]| text.iter().filter(|&&byte| byte == divider).count();
        let next = part(bytes, line.end + 1, find_byte(bytes, line.end + 1, b'\n'));
        count(text) >= 2 && count(next) == count(text) && next.iter().copied().any(is_digit)
    }

    /// Whether the line has bars, and the next is a rule with crosses below them.
    fn is_ruled(bytes: &[u8], line: Line) -> bool {
        let next = Line { start: line.end + 1, end: find_byte(bytes, line.end + 1, b'\n') };
        part(bytes, line.start, line.end).contains(&b'|')
            && part(bytes, next.start, next.end).contains(&b'+')
            && is_rule(bytes, next)
    }

    /// `COPY people (name, phone) FROM stdin;`: rows with tabs follow, as a dump of PostgreSQL writes them.
    fn copied(text: &[u8]) -> Option<Self> {
        let rest = text.strip_prefix(b"COPY ").filter(|rest| rest.len() <= MAX_HEAD_LINE)?;
        let open = rest.iter().position(|&byte| byte == b'(')?;
        let columns = rest.get(open + 1..)?;
        let close = columns.iter().position(|&byte| byte == b')')?;
        if !starts_with_ignore_case(columns, close + 1, b" from stdin") {
            return None;
        }
        let mut heads = Vec::new();
        for (index, cell) in columns.get(..close)?.split(|&byte| byte == b',').enumerate() {
            heads.push(Head { column: index, topics: head_topics(cell)? });
        }
        Some(Self { divider: Divider::Byte(b'\t'), heads })
    }

    /// `│ name │ phone │`: the head of a table in a frame, as command lines of databases print it.
    fn framed(text: &[u8], mark: char) -> Option<Self> {
        if text.len() > 2 * MAX_HEAD_LINE {
            return None;
        }
        let mut heads = Vec::new();
        for cell in std::str::from_utf8(text).ok()?.split(mark) {
            heads.push(Head { column: heads.len(), topics: head_topics(cell.as_bytes())? });
        }
        heads
            .iter()
            .any(|head| head.topics.names_a_kind())
            .then_some(Self { divider: Divider::Frame(if mark == '│' { 0x82 } else { 0x91 }), heads })
    }

    fn divided(text: &[u8], divider: u8) -> Option<Self> {
        if !may_be_heads(text, divider) {
            return None;
        }
        let mut heads = Vec::new();
        let mut column = 0;
        for cell in text.split(|&byte| byte == divider) {
            // "Address<tab>12 Main Street" is a label with its value, no head of two columns.
            if divider == b'\t' && column > 0 && heads.len() == 1 && cell.iter().any(u8::is_ascii_digit) {
                return None;
            }
            heads.push(Head { column, topics: head_topics(cell)? });
            column += cell.len() + 1;
        }
        let says = |head: &Head| head.topics.names_a_kind() || (divider != b',' && head.topics.meets(Topics::VERSION));
        // Without a kind among them, most must say something for the line to be a head.
        let known = || heads.len() > 2 && heads.iter().filter(|head| head.topics.is_label()).count() * 2 > heads.len();
        (heads.iter().any(says) || known()).then_some(Self { divider: Divider::Byte(divider), heads })
    }

    fn spaced(text: &[u8]) -> Option<Self> {
        // Most lines are one column.
        if !text.trim_ascii_end().windows(2).any(|pair| pair == b"  ") {
            return None;
        }
        let mut heads = Vec::new();
        let mut place = 0;
        while place < text.len() {
            place += span(text, place, usize::MAX, |byte| byte == b' ');
            let start = place;
            while place < text.len() && part(text, place, place + 2) != b"  " {
                place += 1;
            }
            if place > start {
                heads.push(Head { column: start, topics: head_topics(part(text, start, place))? });
            }
        }
        let says = |head: &Head| head.topics.names_a_kind() || head.topics.meets(Topics::VERSION);
        (heads.len() > 1 && heads.iter().any(says)).then_some(Self { divider: Divider::Blanks, heads })
    }
}

/// Whether the words of a line say enough for the heads of columns. Most lines of prose with commas do not.
fn may_be_heads(text: &[u8], divider: u8) -> bool {
    let (mut names, mut labels) = (false, 0);
    forwards::read(text, 0, text.len(), |word| {
        // "T:", "S.S.N": what a letter says depends on what is around it.
        let letter = match word.text {
            [b'T' | b'M' | b'P' | b'F' | b'C' | b'H' | b'W'] => {
                matches!(at(text, word.end), b':' | b'.' | b' ' | b'\t' | b')')
            }
            [b'N' | b'n'] => before(text, word.end - 1) == b'.',
            _ => false,
        };
        let topics = word.topics;
        names |= topics.names_a_kind() || topics.meets(Topics::VERSION) || topics.meets(Topics::PAIRED) || letter;
        labels += usize::from(topics.is_label());
    });
    let heads = || 1 + text.iter().filter(|&&byte| byte == divider).count();
    names || (labels > 1 && labels * 2 > heads())
}

/// By byte: how strong a divider it is, or why no head of a table looks so.
static RANKS: [u8; 256] = ranks();
/// Is in no head.
const NEVER: u8 = 8;
/// Is in none directly behind a letter.
const CALL: u8 = 7;

const fn ranks() -> [u8; 256] {
    let mut ranks = [0; 256];
    let known = [
        (b'\t', 6),
        (b'|', 5),
        (b'^', 4),
        (b'~', 3),
        (b';', 2),
        (b',', 1),
        (b'(', CALL),
        (b'@', NEVER),
        (b'{', NEVER),
        (b'}', NEVER),
        (b'=', NEVER),
        (b':', NEVER),
    ];
    let mut index = 0;
    while index < known.len() {
        #[expect(clippy::indexing_slicing, reason = "a constant loop")]
        {
            ranks[known[index].0 as usize] = known[index].1;
        }
        index += 1;
    }
    ranks
}

/// The strongest divider in a line, 0 when there is none; nothing when no head of a table looks so.
fn divider(text: &[u8]) -> Option<u8> {
    let (mut best, mut last) = (0, 0);
    for &byte in text {
        let rank = RANKS.get(usize::from(byte)).copied().unwrap_or(0);
        if rank >= CALL {
            if rank == NEVER || is_alpha(last) {
                return None;
            }
        } else if rank > best {
            best = rank;
        }
        last = byte;
    }
    Some([0, b',', b';', b'~', b'^', b'|', b'\t'].get(usize::from(best)).copied().unwrap_or(0))
}

/// Heads with many digits.
static HASHES: [&[u8]; 4] = [b"sha256", b"sha512", b"SHA256", b"sha384"];

/// What a head says; nothing when it cannot be one.
fn head_topics(cell: &[u8]) -> Option<Topics> {
    // Heads are padded to the width of their column.
    let cell = cell.trim_ascii();
    let digits = cell.iter().filter(|&&byte| is_digit(byte)).count();
    let letters = cell.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    if letters > MAX_HEAD
        || (digits > 2 && !HASHES.contains(&cell))
        || cell.contains(&b':')
        || cell.contains(&b'=')
        || cell.contains(&b'{')
    {
        return None;
    }
    Some(key_topics(cell))
}

/// What a key, the head of a column or another short name says.
pub(crate) fn key_topics(key: &[u8]) -> Topics {
    // It is of whatever stands beside it: `{"type": "passport", "id": "C01X00T47"}`.
    if key.eq_ignore_ascii_case(b"id") {
        return Topics::OTHER | Topics::PAIRED;
    }
    let found = if key.len() <= label::REACH && key.iter().all(|&byte| is_name(byte)) {
        if key.len() <= 6 && is_line(key) { Topics::of(Kind::Street) } else { label::of_name(key) }
    } else if key.iter().any(|&byte| is_alpha(byte) || byte >= 0x80) {
        let found = label::find(key, key.len(), 0).topics;
        if found.is_label() { found } else { lexicon().word(key) }
    } else {
        Topics::NONE
    };
    if found.meets(Topics::PROSE) {
        return if ends_with_noun(key) { found } else { Topics::NONE };
    }
    // `"to": "07911 123456"`
    if found == Topics::NONE && key.len() <= MAX_HINT { lexicon().word(key).only(Topics::HINT) } else { found }
}

/// `contact`, `emergencyContact`, `caller`.
fn ends_with_noun(key: &[u8]) -> bool {
    let start = key.len() - span_back(key, key.len(), MAX_HINT, is_alpha);
    let word = part(key, start, key.len());
    let capital = start + word.iter().rposition(u8::is_ascii_uppercase).unwrap_or(0);
    label::is_noun(part(key, capital, key.len()))
}

/// `line1`: of an address.
fn is_line(key: &[u8]) -> bool {
    matches!(key.last(), Some(b'1' | b'2'))
        && [&b"line1"[..], b"line2", b"line_1", b"line_2"].iter().any(|line| key.eq_ignore_ascii_case(line))
}

impl Cell {
    /// The first cell of a line that begins at a place.
    fn first(start: usize) -> Self {
        Self { index: 0, start, read: start, quoted: false }
    }

    /// Goes on to the cell that holds the place. Dividers inside quotes do not count.
    fn read_to(&mut self, bytes: &[u8], place: usize, divider: Divider) {
        let (mark, framed) = match divider {
            Divider::Byte(mark) => (mark, false),
            Divider::Frame(last) => (last, true),
            Divider::Blanks => return,
        };
        for (offset, &byte) in part(bytes, self.read, place).iter().enumerate() {
            if byte == b'"' {
                self.quoted = !self.quoted;
            } else if byte == mark && !self.quoted && (!framed || is_frame(bytes, self.read + offset)) {
                self.index += 1;
                self.start = self.read + offset + 1;
            }
        }
        self.read = place.max(self.read);
    }
}

/// Whether `│` or `║` ends with the byte at a place.
fn is_frame(bytes: &[u8], last: usize) -> bool {
    matches!(part(bytes, last.saturating_sub(2), last + 1), [0xE2, 0x94, 0x82] | [0xE2, 0x95, 0x91])
}

/// A line of dashes between head and body.
fn is_rule(bytes: &[u8], line: Line) -> bool {
    // "├────┼────┤"
    if at(bytes, line.start) == 0xE2
        && matches!(part(bytes, line.start, line.start + 3), [0xE2, 0x94, 0x9C..=0xBF] | [0xE2, 0x95, 0x92..=0xAC])
    {
        return true;
    }
    line.end > line.start
        && at(bytes, line.start) != b','
        && part(bytes, line.start, line.end)
            .iter()
            .all(|byte| matches!(byte, b'-' | b'+' | b'|' | b':' | b'=' | b' ' | b'\r'))
}
