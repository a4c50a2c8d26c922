//! Context: what the words around a value say about it.

mod folding;
mod forwards;
mod fragment;
mod html;
mod label;
mod lexicon;
mod secrets;
mod sql;
mod street_words;
mod table;
pub(crate) mod topics;
mod words;

use std::cell::{Cell, OnceCell, RefCell};

use html::HtmlTable;
pub(crate) use label::Label;
pub(crate) use lexicon::{is_unspaced, lexicon};
pub(crate) use secrets::{PAIRS, may_name_a_secret};
use sql::Columns;
use street_words::StreetWords;
use table::Tables;
pub(crate) use table::key_topics;
pub(crate) use topics::Topics;

use crate::{
    chars::{at, before, is_alpha, is_token, part, run_back, span, span_back},
    kind::Kind,
    reading::Reading,
    simd::Sort,
};

/// What the context says about a value being of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Support {
    /// The nearest label names the kind.
    Named,
    /// There is no label.
    Silent,
    /// The nearest label is that of an ordinary number.
    Denied,
    /// The nearest label names another kind, or a thing that looks like one.
    Foreign,
}

/// A run of bytes that tokens and keys are made of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TokenRun {
    /// Where the first word of it begins.
    start: usize,
    pub(crate) end: usize,
    /// How many words of it were looked at, with the one in hand.
    pub(crate) tries: u8,
}

/// What surrounds a text: the keys above it when it is a value in JSON.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Surroundings {
    /// The key of the value itself.
    pub(crate) key: Topics,
    /// The keys above, the nearest that says something.
    pub(crate) above: Topics,
    /// What a sibling such as `"type": "passport"` says.
    pub(crate) beside: Topics,
}

impl Surroundings {
    /// Whether anything around the text names the kind.
    pub(crate) fn names(&self, kind: Kind) -> bool {
        [self.key, self.above, self.beside].into_iter().any(|topics| topics.names(kind))
    }
}

/// A text with what is known about its surroundings.
pub(crate) struct Text<'a> {
    pub(crate) bytes: &'a [u8],
    surroundings: Surroundings,
    tables: RefCell<Tables>,
    columns: Cell<Columns>,
    html: RefCell<HtmlTable>,
    /// The last two answers: value and topics.
    last: Cell<[(usize, Topics); 2]>,
    /// The value whose label was looked for last, up to where, and what was found.
    before: Cell<Option<(usize, usize, Label)>>,
    /// The same of the value before it: a name in front of a number and the number take turns.
    further: Cell<Option<(usize, usize, Label)>>,
    /// Where words stand that name a street.
    streets: Cell<StreetWords>,
    /// The last value that nothing close by could call an address: nobody looked for its label.
    passed: Cell<Option<usize>>,
    /// The digits in hand, with little between them: they share one label.
    group: Cell<(usize, usize)>,
    /// The kind that context gave last, and where that value ended.
    inherited: Cell<Option<(Kind, usize)>>,
    /// Where the last telephone number ended that was accepted, 0 when there is none.
    phone: Cell<usize>,
    /// Where the cell of a table begins that holds the last value, 0 outside of tables.
    cell: Cell<usize>,
    /// Up to where runs of hexadecimal digits and colons were looked at.
    v6: Cell<usize>,
    /// The run of bytes of a token that was looked at last.
    run: Cell<TokenRun>,
    /// The words that were read of the document; nothing before the first.
    reading: OnceCell<Box<Reading>>,
}

/// How far behind another a value may be to share its search for a label.
const NEAR: usize = 64;
/// How far behind a value the one may be that takes its place.
const MAX_CORRECTION: usize = 60;
/// How much may stand between a value and the label that is bound to it.
const MAX_BETWEEN: usize = 20;
/// The words that may.
static BETWEEN: [&[u8]; 19] = [
    b"no", b"nr", b"num", b"number", b"nummer", b"numero", b"is", b"was", b"now", b"v", b"ist", b"est", b"es", b"home",
    b"work", b"office", b"mobile", b"private", b"privat",
];
/// How many lines of an outline are looked at.
const MAX_OUTLINE: usize = 12;
/// How much of a line before is read as a label.
const MAX_LABEL_LINE: usize = 60;

/// What topics say about a value being of the kind.
fn support_of(topics: Topics, kind: Kind) -> Support {
    if topics.names(kind) {
        Support::Named
    } else if topics.names_a_kind() || topics.meets(Topics::FOREIGN) {
        Support::Foreign
    } else if topics.meets(Topics::OTHER) || topics.meets(Topics::VERSION) {
        Support::Denied
    } else {
        Support::Silent
    }
}

impl<'a> Text<'a> {
    pub(crate) fn new(bytes: &'a [u8], surroundings: Surroundings) -> Self {
        Self {
            bytes,
            surroundings,
            tables: RefCell::default(),
            columns: Cell::default(),
            html: RefCell::default(),
            last: Cell::new([(usize::MAX, Topics::NONE); 2]),
            before: Cell::new(None),
            further: Cell::new(None),
            streets: Cell::default(),
            passed: Cell::new(None),
            group: Cell::new((0, 0)),
            inherited: Cell::new(None),
            phone: Cell::new(0),
            cell: Cell::new(0),
            v6: Cell::new(0),
            run: Cell::default(),
            reading: OnceCell::new(),
        }
    }

    /// Goes on with what was read of the texts before.
    pub(crate) fn read_on(&mut self, reading: Option<Box<Reading>>) {
        self.reading = reading.map(OnceCell::from).unwrap_or_default();
    }

    /// What was read of the document.
    pub(crate) fn reading(&self) -> &Reading {
        self.reading.get_or_init(Box::default)
    }

    /// Gives back what was read, for the text that follows.
    pub(crate) fn close(self) -> Option<Box<Reading>> {
        let mut reading = self.reading.into_inner();
        if let Some(reading) = &mut reading {
            reading.leave(self.bytes.len());
        }
        reading
    }

    /// Whether the run of hexadecimal digits and colons at a place was looked at already.
    pub(crate) fn seen_v6(&self, place: usize) -> bool {
        place < self.v6.get()
    }

    /// The run of bytes that tokens are made of around a word.
    pub(crate) fn token_run(&self, start: usize, end: usize) -> TokenRun {
        let mut run = self.run.get();
        if start < run.start || end > run.end {
            run = TokenRun { start, end: end + span(self.bytes, end, usize::MAX, is_token), tries: 0 };
        }
        run.tries = run.tries.saturating_add(1);
        self.run.set(run);
        run
    }

    /// Remembers up to where such a run was looked at.
    pub(crate) fn see_v6(&self, end: usize) {
        self.v6.set(end);
    }

    /// What the context of the value that starts here says about it being of the kind.
    pub(crate) fn support(&self, value: usize, kind: Kind) -> Support {
        match support_of(self.topics(value), kind) {
            Support::Silent if self.inherits(value, kind) => Support::Named,
            support => support,
        }
    }

    /// Whether the context of the value that starts here says that it is an address. As [`Text::support`], with less to look
    /// for where nothing close by could say it.
    pub(crate) fn names_street(&self, value: usize) -> bool {
        let first = self.grouped(value);
        if first == 0 || self.last.get().iter().any(|(place, _)| *place == first) {
            return self.support(value, Kind::Street) == Support::Named;
        }
        let (sql, column) = (self.sql_column(first), self.column(first));
        self.cell.set(column.map_or(0, |(_, start)| start));
        let inherits = self.inherits(value, Kind::Street);
        let named = |topics: Topics| topics.names(Kind::Street);
        if !(inherits
            || self.surroundings.names(Kind::Street)
            || named(sql)
            || column.is_some_and(|(topics, _)| named(topics))
            || self.street_words_near(first))
        {
            self.passed.set(Some(first));
            return false;
        }
        let topics = self.find_topics_in(first, sql, column);
        self.keep(first, topics);
        named(topics) || (inherits && support_of(topics, Kind::Street) == Support::Silent)
    }

    /// Whether a word stands close to the value that could call it an address.
    fn street_words_near(&self, value: usize) -> bool {
        let line = value - run_back(self.bytes, value, fragment::MAX_LINE, Sort::InLine);
        let mut streets = self.streets.get();
        let near = streets.are_near(self.bytes, value, matches!(at(self.bytes, line), b' ' | b'-'));
        self.streets.set(streets);
        near
    }

    /// The value whose label is also that of this one.
    fn grouped(&self, value: usize) -> usize {
        let (start, end) = self.group.get();
        if (start..end).contains(&value) { start } else { value }
    }

    fn keep(&self, value: usize, topics: Topics) {
        let [last, _] = self.last.get();
        self.last.set([(value, topics), last]);
    }

    /// What the head of the column says that holds the value, and where its cell begins.
    fn column(&self, value: usize) -> Option<(Topics, usize)> {
        let html = self.html.try_borrow_mut().ok().and_then(|mut html| html.topics(self.bytes, value));
        html.or_else(|| self.tables.try_borrow_mut().ok().and_then(|mut tables| tables.column(self.bytes, value)))
    }

    /// The topics of the nearest label.
    pub(crate) fn topics(&self, value: usize) -> Topics {
        let value = self.grouped(value);
        if let Some((_, topics)) = self.last.get().into_iter().find(|(place, _)| *place == value) {
            return topics;
        }
        let topics = self.find_topics(value);
        self.keep(value, topics);
        topics
    }

    /// The values that start in this range have the label of the first.
    pub(crate) fn group(&self, start: usize, end: usize) {
        self.group.set((start, end));
    }

    /// The label in the line of the value, without tables and keys.
    pub(crate) fn label(&self, value: usize) -> Label {
        let (start, end) = self.group.get();
        let value = if (start..end).contains(&value) { start } else { value };
        let known = [self.before.get(), self.further.get()].into_iter().flatten().find(|(last, ..)| *last == value);
        known.map_or_else(
            || label::find_on(self.bytes, value, 0, self.reading.get().map(Box::as_ref)),
            |(_, _, label)| label,
        )
    }

    /// Whether the label stands directly at the value, with nothing between but "number", "is" and the like; or is its key,
    /// the head of its column or the line above. A number between takes the label.
    pub(crate) fn is_bound(&self, value: usize) -> bool {
        let (start, end) = self.group.get();
        if (start + 1..end).contains(&value) {
            return false;
        }
        let topics = self.topics(value);
        let label = self.label(value);
        if !label.topics.is_label() {
            return topics.meets(Topics::WHOLE) || label.bare;
        }
        let letter = |byte: u8| is_alpha(byte) || byte >= 0x80;
        let word = value - label.distance;
        let between = part(self.bytes, word + span(self.bytes, word, label.distance, letter), value);
        between.len() <= MAX_BETWEEN
            && !between.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b';'))
            && between
                .split(|&byte| !letter(byte))
                .filter(|word| !word.is_empty())
                .all(|word| BETWEEN.iter().any(|known| word.eq_ignore_ascii_case(known)) || word == "\u{A0}".as_bytes())
    }

    /// Whether the text is the value of a key that names the kind.
    pub(crate) fn keyed(&self, kind: Kind) -> bool {
        self.surroundings.key.names(kind)
    }

    /// Whether the key of the text is that of a version.
    pub(crate) fn is_keyed_version(&self) -> bool {
        self.surroundings.key.meets(Topics::VERSION)
    }

    /// Whether the value fills the text or nearly, and its key hints at a telephone number.
    pub(crate) fn is_hinted(&self, value: usize) -> bool {
        value <= 1 && self.surroundings.key.meets(Topics::HINT)
    }

    /// Whether the text is the value of a key that says that it is a password.
    pub(crate) fn is_password(&self) -> bool {
        self.surroundings.key.meets(Topics::PASSWORD)
    }

    /// Remembers that a value of this kind was accepted, for those that follow it in a list.
    pub(crate) fn accept(&self, kind: Kind, end: usize) {
        self.inherited.set(Some((kind, end)));
        if kind == Kind::Phone {
            self.phone.set(end);
        }
    }

    /// Whether the label of the value in its line has named another value of the kind, further away than `far`.
    pub(crate) fn is_spent(&self, kind: Kind, value: usize, far: usize) -> bool {
        // A mail address between two telephone numbers gives the label of the first to neither.
        let phone = Some((Kind::Phone, self.phone.get())).filter(|&(last, end)| last == kind && end > 0);
        let Some((last, end)) = phone.or(self.inherited.get()) else { return false };
        if last != kind || value.saturating_sub(end) <= far || self.corrects(value, end) {
            return false;
        }
        let label = self.label(value);
        label.topics.names(kind) && value - label.distance < end
    }

    /// Whether another word stands between the value and the one of the same kind that was found close before it.
    pub(crate) fn is_parted(&self, kind: Kind, value: usize) -> bool {
        self.is_spent(kind, value, 0) && !self.inherits(value, kind)
    }

    /// Whether a word that nobody knows stands directly before the value, behind the one that took the label: "phone
    /// 5551234567, locker 1234567".
    pub(crate) fn is_renamed(&self, kind: Kind, value: usize) -> bool {
        let gap = span_back(self.bytes, value, 3, |byte| matches!(byte, b' ' | b'#' | b'.'));
        let length = span_back(self.bytes, value - gap, 24, is_alpha);
        let word = part(self.bytes, value - gap - length, value - gap);
        length > 3 && lexicon().word(word) == Topics::NONE && self.is_spent(kind, value, 0)
    }

    fn find_topics(&self, value: usize) -> Topics {
        // Nothing stands before most values of JSON.
        if value == 0 {
            self.before.set(None);
            self.further.set(None);
            let near = self.right_of(value);
            return if near.is_label() { near } else { self.keys() };
        }
        self.find_topics_in(value, self.sql_column(value), self.column(value))
    }

    /// The same, with the column of SQL and the one of a table in hand.
    fn find_topics_in(&self, value: usize, sql: Topics, column: Option<(Topics, usize)>) -> Topics {
        if sql.is_label() {
            return sql;
        }
        let floor = column.map_or(0, |(_, start)| start);
        self.cell.set(floor);
        let label = self.label_behind(value, floor);
        if label.topics.is_label() {
            return label.topics;
        }
        if let Some((topics, _)) = column
            && topics.is_label()
        {
            return topics | Topics::WHOLE;
        }
        let asked = self.asked(value);
        if asked.names_a_kind() || label.closed {
            return asked;
        }
        let head = if label.bare { self.row_head(value) } else { Topics::NONE };
        if head.is_label() {
            return head;
        }
        // The line above a cell is of other columns too.
        let above = match label.bare {
            _ if column.is_some() => Topics::NONE,
            true => self.line_above(value) | fragment::topics(self.bytes, value),
            false => self.parent(value) | fragment::topics(self.bytes, value),
        };
        let near = self.right_of(value) | above;
        if near.is_label() {
            return near;
        }
        // What stands in a sentence is not what the key counts: `{"text": "We charged 4111...", "type": "message"}`.
        let keys = self.keys();
        match label.bare {
            true if keys.is_label() => keys | Topics::WHOLE,
            true => keys,
            false if keys.names_a_kind() => keys,
            false => Topics::NONE,
        }
    }

    /// The label in the line of the value. What the search for the value before it found is not looked for again.
    fn label_behind(&self, value: usize, floor: usize) -> Label {
        if let Some(passed) = self.passed.take()
            && (floor..value).contains(&passed)
            && value - passed <= NEAR
        {
            self.label_behind(passed, floor);
        }
        let last = self.before.get();
        let near = [last, self.further.get()]
            .into_iter()
            .flatten()
            .filter(|(first, its_floor, _)| *its_floor == floor && *first < value && value - first <= NEAR)
            .max_by_key(|(first, ..)| *first);
        let label = match near {
            Some((first, _, label))
                if !part(self.bytes, first, value).iter().any(|byte| matches!(byte, b'\n' | b'|' | b'}' | b'\t')) =>
            {
                Label::after(self.bytes, value, first, label, self.reading.get().map(Box::as_ref))
            }
            _ => label::find_on(self.bytes, value, floor, self.reading.get().map(Box::as_ref)),
        };
        self.further.set(last);
        self.before.set(Some((value, floor, label)));
        label
    }

    /// The column of a value in a statement of SQL.
    fn sql_column(&self, value: usize) -> Topics {
        let opens = match before(self.bytes, value) {
            b'\'' | b'(' | b',' => true,
            b' ' => before(self.bytes, value - 1) == b',',
            _ => false,
        };
        if !opens {
            return Topics::NONE;
        }
        let mut columns = self.columns.get();
        let topics = columns.topics(self.bytes, value);
        self.columns.set(columns);
        topics
    }

    /// The first cell of a row in bars: `| Phone | 5551234567 |`.
    fn row_head(&self, value: usize) -> Topics {
        let blanks = span_back(self.bytes, value, 20, |byte| matches!(byte, b' ' | b'`' | b'*' | b'"'));
        let Some(bar) = (value - blanks).checked_sub(1).filter(|&bar| at(self.bytes, bar) == b'|') else {
            return Topics::NONE;
        };
        let length = span_back(self.bytes, bar, MAX_LABEL_LINE, |byte| !matches!(byte, b'|' | b'\n'));
        let start = bar - length;
        let first =
            start == 0 || before(self.bytes, start) == b'\n' || before(self.bytes, start - 1) == b'\n' || start == 1;
        let cell = part(self.bytes, start, bar);
        if first && !cell.iter().any(u8::is_ascii_digit) { key_topics(cell.trim_ascii()) } else { Topics::NONE }
    }

    /// The key above in an outline: the nearest line before that is indented less and ends with a colon.
    fn parent(&self, value: usize) -> Topics {
        let indent = |line: &[u8]| line.iter().take_while(|byte| matches!(byte, b' ' | b'-')).count();
        let mut start = value - run_back(self.bytes, value, MAX_LABEL_LINE, Sort::InLine);
        let own = indent(part(self.bytes, start, value));
        if own == 0 || own >= MAX_LABEL_LINE {
            return Topics::NONE;
        }
        for _ in 0..MAX_OUTLINE {
            // What begins further away is no outline.
            let Some(end) = start.checked_sub(1).filter(|&end| at(self.bytes, end) == b'\n') else { break };
            start = end - run_back(self.bytes, end, MAX_LABEL_LINE, Sort::InLine);
            let line = part(self.bytes, start, end);
            if indent(line) < own {
                let line = line.trim_ascii();
                // "def show(user):" is no key.
                return if line.ends_with(b":") && !line.contains(&b'(') { key_topics(line) } else { Topics::NONE };
            }
        }
        Topics::NONE
    }

    fn keys(&self) -> Topics {
        let Surroundings { key, above, beside } = self.surroundings;
        // "contact" says what its own value is, not what everything below it is.
        let prose = |topics: Topics| if topics.meets(Topics::PROSE) { Topics::NONE } else { topics };
        // The "id" beside `"type": "passport"` is its number, unless it is one of the rows of a database.
        if key == Topics::OTHER | Topics::PAIRED
            && beside.names(Kind::Passport)
            && self.bytes.iter().any(|&byte| is_alpha(byte))
        {
            return beside;
        }
        [key, prose(beside), prose(above)].into_iter().find(|topics| topics.is_label()).unwrap_or_default()
    }

    /// A word in parentheses behind the value: "555 123 4567 (mobile)".
    fn right_of(&self, value: usize) -> Topics {
        let end = value
            + span(self.bytes, value, 40, |byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.' | b'/'));
        if at(self.bytes, end) != b'(' {
            return Topics::NONE;
        }
        let length = span(self.bytes, end + 1, 16, |byte| is_alpha(byte) || byte >= 0x80);
        let topics = lexicon().word(part(self.bytes, end + 1, end + 1 + length));
        // "4111... (exp 09/27)" says more than one word; only the name of a kind counts then.
        let alone = at(self.bytes, end + 1 + length) == b')';
        if alone || topics.names_a_kind() { topics } else { Topics::NONE }
    }

    /// The label in the line above a value that stands alone in its line, or the key above in YAML.
    fn line_above(&self, value: usize) -> Topics {
        let column = run_back(self.bytes, value, MAX_LABEL_LINE, Sort::InLine);
        let mut end = value - column;
        // Behind other cells of its line it does not stand alone.
        let own = part(self.bytes, end, value);
        if own.contains(&b'\t') && own.iter().any(|&byte| is_alpha(byte)) {
            return Topics::NONE;
        }
        for _ in 0..2 {
            if end == 0 || before(self.bytes, end) != b'\n' {
                return Topics::NONE;
            }
            end -= 1;
            let length = run_back(self.bytes, end, MAX_LABEL_LINE, Sort::InLine);
            if length >= MAX_LABEL_LINE {
                return Topics::NONE;
            }
            let line = part(self.bytes, end - length, end);
            if line.trim_ascii().is_empty() {
                end -= length;
                continue;
            }
            let labels = line.trim_ascii_end().ends_with(b":")
                || !line.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'['));
            return if labels { label::find(line, line.len(), 0).topics } else { Topics::NONE };
        }
        Topics::NONE
    }

    /// Whether the value takes the place of the one that ends at `end`, in the same sentence: "was typed wrong, it should
    /// read ".
    fn corrects(&self, value: usize, end: usize) -> bool {
        static LINKS: [&[u8]; 9] = [
            b" should read ",
            b" should be ",
            b"replace it with ",
            b"replaced by ",
            b"changed to ",
            b"change it to ",
            b"corrected to ",
            b" instead of ",
            b" is now ",
        ];
        let between = part(self.bytes, end, value);
        (13..MAX_CORRECTION).contains(&between.len())
            && before(self.bytes, value) == b' '
            && LINKS.iter().any(|link| between.ends_with(link))
            && !between.iter().any(|&byte| byte == b'\n' || byte.is_ascii_digit())
            && !between.windows(2).any(|two| two == b". ")
    }

    /// What the line above asks for, when the value is the answer: "Ann: and the phone?", "Bob: 06 12 34 56 78".
    fn asked(&self, value: usize) -> Topics {
        // Most values have no colon close before them.
        if before(self.bytes, value) != b' ' || !part(self.bytes, value.saturating_sub(25), value).contains(&b':') {
            return Topics::NONE;
        }
        // "sure, it's "
        let length = span_back(self.bytes, value, 24, |byte| is_alpha(byte) || matches!(byte, b' ' | b',' | b'\''));
        let words = part(self.bytes, value - length, value);
        let known = |word: &[u8]| {
            [&b"sure"[..], b"yes", b"ok", b"okay", b"ja", b"oui", b"si"]
                .iter()
                .any(|yes| word.eq_ignore_ascii_case(yes))
                || word.len() == 1
                || lexicon().word(word) == Topics::FILLER
        };
        if before(self.bytes, value - length) != b':'
            || !words.split(|byte| !is_alpha(*byte)).filter(|word| !word.is_empty()).all(known)
        {
            return Topics::NONE;
        }
        let start = value - run_back(self.bytes, value, MAX_LABEL_LINE, Sort::InLine);
        let Some(end) = start.checked_sub(1).filter(|&end| at(self.bytes, end) == b'\n') else { return Topics::NONE };
        let above = part(self.bytes, end - run_back(self.bytes, end, 2 * MAX_LABEL_LINE, Sort::InLine), end);
        let asks = above.ends_with(b"?") || above.ends_with(b"please") || above.ends_with(b"please.");
        let topics = if asks { label::find(above, above.len(), 0).topics } else { Topics::NONE };
        if topics.meets(Topics::PROSE) { Topics::NONE } else { topics }
    }

    /// Whether the value follows another of the same kind in a list.
    fn inherits(&self, value: usize, kind: Kind) -> bool {
        let Some((last, end)) = self.inherited.get() else { return false };
        if last == kind && self.corrects(value, end) {
            return true;
        }
        if last != kind || value.checked_sub(end).is_none_or(|gap| gap > 12) {
            return false;
        }
        let between = part(self.bytes, end, value);
        // The next cell of a row is of another column, and what has a key of its own follows nothing.
        let cells = (matches!(between, [b'\t' | b';' | b'^' | b'~', ..]) && !matches!(between, [_, b' ' | b'\n', ..]))
            || between.iter().any(|byte| matches!(byte, b':' | b'='));
        // Neither a cell of another shape is, nor nine digits behind a social security number with dashes.
        let alike = || {
            span_back(self.bytes, end, 20, |byte| byte.is_ascii_digit())
                == span(self.bytes, value, 20, |byte| byte.is_ascii_digit())
        };
        let listed = matches!(between, b"," | b"|" | b" | ")
            || (between.contains(&b',') && between.iter().any(|byte| matches!(byte, b'"' | b'\'')));
        if end <= self.cell.get() || ((listed || kind == Kind::Ssn) && !alike()) {
            return false;
        }
        !cells && !between.iter().any(u8::is_ascii_digit) && {
            between.split(|byte| !is_alpha(*byte)).filter(|word| !word.is_empty()).all(|word| {
                [&b"and"[..], b"or", b"und", b"oder", b"et", b"ou", b"y", b"o", b"e", b"en", b"og", b"och", b"i", b"n"]
                    .contains(&word)
            })
        }
    }
}
