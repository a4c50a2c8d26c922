//! A chain: runs of digits with little between them. Cards, phones, SSNs, IPs and dates are parts of one.

use crate::{
    chars::{Sep, at, before, glued_left, glued_right, is_digit, run, separator},
    simd::Sort,
};

/// The most runs that are looked at together.
pub(crate) const MAX_RUNS: usize = 16;
/// The longest run that can matter.
const MAX_RUN: usize = 24;
/// The most separators between two runs.
const MAX_GAP: usize = 3;

/// Digits without anything between.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Run {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Run {
    /// The run that starts with the digit at a place.
    #[inline]
    pub(crate) fn at(bytes: &[u8], start: usize) -> Self {
        Self { start, end: start + run(bytes, start, usize::MAX, Sort::Digit) }
    }

    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }
}

/// What stands between two runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Gap {
    /// One separator.
    One(Sep),
    /// A parenthesis, with or without a blank or dash.
    Paren,
    /// A dash or slash between blanks: `030 / 1234`.
    Wide,
    /// Anything else.
    #[default]
    Mixed,
}

/// Runs of digits in a row.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    runs: [Run; MAX_RUNS],
    gaps: [Gap; MAX_RUNS],
    len: usize,
    /// The first run is glued to a word, or joined to one by a dash or dot.
    pub(crate) tied_left: bool,
    /// The last run is glued to a word or joined to one.
    pub(crate) tied_right: bool,
    /// There is another run right behind the last one here.
    pub(crate) goes_on: bool,
    /// Where to go on.
    pub(crate) next: usize,
    /// How many digits there are in all runs.
    pub(crate) total: usize,
    /// Which lengths the runs have.
    pub(crate) lengths: Lengths,
}

/// Lengths of runs, a bit each; everything from 31 digits on is one length. A recognizer says with them which chains it can
/// use at all, and nearly every chain is of no use to most of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Lengths(u32);

impl Lengths {
    /// No length.
    pub(crate) const NONE: Self = Self(0);
    /// Every length.
    pub(crate) const ALL: Self = Self(u32::MAX);

    /// The lengths `first..=last`.
    pub(crate) const fn within(first: u32, last: u32) -> Self {
        Self((u32::MAX >> (31 - last)) & (u32::MAX << first))
    }

    /// One length.
    pub(crate) const fn of(length: u32) -> Self {
        Self(1 << length)
    }

    /// These and others.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether one of the others is among them.
    pub(crate) const fn meets(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether all of the others are among them.
    pub(crate) const fn holds(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    fn add(&mut self, length: usize) {
        self.0 |= 1 << length.min(31);
    }
}

impl Chain {
    /// Reads the chain that starts with a run, in place of what was read before. `continued` says that it follows a chain
    /// that went on.
    #[inline]
    pub(crate) fn read(&mut self, bytes: &[u8], first: Run, continued: Continued) {
        (self.len, self.total, self.lengths, self.goes_on) = (0, 0, Lengths::default(), false);
        self.tied_left = matches!(continued, Continued::Yes) || tied_left(bytes, first.start);
        let mut last = first;
        loop {
            self.push(last);
            self.next = last.end;
            let Some((gap, next)) = gap(bytes, last.end) else { break };
            if self.len == MAX_RUNS {
                self.goes_on = true;
                break;
            }
            if let Some(slot) = self.gaps.get_mut(self.len - 1) {
                *slot = gap;
            }
            last = Run::at(bytes, next);
        }
        self.tied_right = self.goes_on || tied_right(bytes, self.next);
    }

    fn push(&mut self, run: Run) {
        if let Some(slot) = self.runs.get_mut(self.len) {
            *slot = run;
            self.len += 1;
            self.total += run.len();
            self.lengths.add(run.len());
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn run(&self, index: usize) -> Option<Run> {
        self.runs().get(index).copied()
    }

    pub(crate) fn runs(&self) -> &[Run] {
        self.runs.get(..self.len).unwrap_or_default()
    }

    /// What stands between the run and the next one.
    pub(crate) fn gap(&self, index: usize) -> Option<Gap> {
        let next = index.checked_add(1)?;
        if next < self.len { self.gaps.get(index).copied() } else { None }
    }

    /// The separator when exactly one stands between the run and the next one.
    pub(crate) fn sep(&self, index: usize) -> Option<Sep> {
        match self.gap(index) {
            Some(Gap::One(sep)) => Some(sep),
            _ => None,
        }
    }

    /// Where the runs end between which one separator stands each.
    pub(crate) fn together(&self) -> usize {
        let joined =
            (0..self.len).take_while(|&index| matches!(self.gap(index), Some(Gap::One(_) | Gap::Paren))).count();
        self.run(joined).map_or(0, |run| run.end)
    }

    /// Whether a value made of the runs `first..=last` is cut out of something longer on its left.
    pub(crate) fn cut_left(&self, first: usize) -> bool {
        match first.checked_sub(1) {
            None => self.tied_left,
            Some(index) => matches!(self.sep(index), Some(Sep::Dash | Sep::Dot | Sep::Slash)),
        }
    }

    /// The same on its right.
    pub(crate) fn cut_right(&self, last: usize) -> bool {
        if last + 1 >= self.len {
            self.tied_right
        } else {
            matches!(self.sep(last), Some(Sep::Dash | Sep::Dot | Sep::Slash))
        }
    }

    /// The digits of the runs `first..=last`, when they are not too many.
    pub(crate) fn digits(&self, bytes: &[u8], first: usize, last: usize) -> Option<Digits> {
        let mut digits = Digits::default();
        for run in self.runs.get(first..=last)? {
            if run.len() > MAX_RUN {
                return None;
            }
            digits.extend(bytes.get(run.start..run.end)?)?;
        }
        Some(digits)
    }
}

/// Whether a chain follows one that was cut for its length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Continued {
    Yes,
    No,
}

/// Up to 32 digits, as values.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Digits {
    values: [u8; 32],
    len: usize,
}

impl Digits {
    pub(crate) fn extend(&mut self, ascii: &[u8]) -> Option<()> {
        for byte in ascii {
            *self.values.get_mut(self.len)? = byte.wrapping_sub(b'0');
            self.len += 1;
        }
        Some(())
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.values.get(..self.len).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The value of the digits in a range; too long ranges wrap, so keep them short.
    pub(crate) fn number(&self, start: usize, end: usize) -> u64 {
        let part = self.as_slice().get(start..end).unwrap_or_default();
        part.iter().fold(0, |value: u64, &digit| value.wrapping_mul(10).wrapping_add(u64::from(digit)))
    }
}

/// The gap after a run, when a digit follows it closely.
#[inline]
fn gap(bytes: &[u8], end: usize) -> Option<(Gap, usize)> {
    let (first, second) = (at(bytes, end), at(bytes, end + 1));
    let one = match first {
        b' ' => Gap::One(Sep::Space),
        b'-' => Gap::One(Sep::Dash),
        b'.' => Gap::One(Sep::Dot),
        b'/' => Gap::One(Sep::Slash),
        b'(' | b')' => Gap::Paren,
        0xC2 | 0xE2 => return long_gap(bytes, end),
        _ => return None,
    };
    if is_digit(second) {
        return Some((one, end + 1));
    }
    // Only another separator leads on to a digit.
    if matches!(second, b' ' | b'-' | b'.' | b'/' | b'(' | b')' | 0xC2 | 0xE2) { long_gap(bytes, end) } else { None }
}

fn long_gap(bytes: &[u8], end: usize) -> Option<(Gap, usize)> {
    let (mut place, mut count, mut gap) = (end, 0, Gap::Mixed);
    let mut wide = false;
    // "01/ 234 56 78"
    let mut leaning = false;
    while count < MAX_GAP {
        let Some((sep, length)) = separator(bytes, place) else { break };
        count += 1;
        place += length;
        wide = match (count, sep) {
            (1, Sep::Space) | (2, Sep::Dash | Sep::Slash) => count == 1 || gap == Gap::One(Sep::Space),
            (3, Sep::Space) => wide,
            _ => false,
        };
        leaning = count == 2 && gap == Gap::One(Sep::Slash) && sep == Sep::Space;
        gap = match (gap, sep) {
            (_, Sep::Open | Sep::Close) => Gap::Paren,
            (Gap::Paren, Sep::Space | Sep::Dash | Sep::Dot | Sep::Slash) => Gap::Paren,
            _ if count == 1 => Gap::One(sep),
            _ => Gap::Mixed,
        };
    }
    let gap = if leaning || (wide && count == 3) { Gap::Wide } else { gap };
    (count > 0 && is_digit(at(bytes, place))).then_some((gap, place))
}

fn tied_left(bytes: &[u8], start: usize) -> bool {
    if glued_left(bytes, start) {
        return true;
    }
    match before(bytes, start) {
        b'-' | b'.' => start >= 2 && glued_left(bytes, start - 1),
        _ => false,
    }
}

fn tied_right(bytes: &[u8], end: usize) -> bool {
    if glued_right(bytes, end) {
        return true;
    }
    matches!(at(bytes, end), b'-' | b'.') && {
        let next = at(bytes, end + 1);
        is_digit(next) || next.is_ascii_lowercase() || (at(bytes, end) == b'-' && next.is_ascii_uppercase())
    }
}
