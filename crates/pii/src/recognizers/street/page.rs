//! A text that is read word by word. What was read once is kept for the next house number, which reads most of it again.

use std::ops::Deref;

use super::lists::{DIGIT, Lists, NAME, ORDINAL, table};
use crate::{
    chars::{at, char_at, is_alnum, is_capital, is_digit, is_letter, is_upper, part, piece_at, run, small, span},
    context::{Text, Topics, lexicon},
    reading::{ReadWord, Reading},
    simd::{PIECE, Sort, of_sort},
    words::WordTable,
};

/// The longest word, in bytes.
pub(super) const MAX_WORD: usize = 40;

/// The text, and what was read of it.
#[derive(Clone, Copy)]
pub(super) struct Page<'t> {
    pub(super) bytes: &'t [u8],
    reading: &'t Reading,
    table: &'static WordTable,
}

impl Deref for Page<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes
    }
}

impl<'t> Page<'t> {
    /// The page of a text.
    pub(super) fn of(text: &'t Text<'_>) -> Self {
        Self { bytes: text.bytes, reading: text.reading(), table: table() }
    }

    /// What a word says about the values beside it.
    pub(super) fn topics(&self, word: &[u8]) -> Topics {
        lexicon().word(word)
    }

    /// Whether words are in one of the lists, in any case.
    pub(super) fn has(&self, lists: Lists, words: &[u8]) -> bool {
        Lists(self.table.lists(words)).meet(lists)
    }

    /// The word that ends at `stop`, behind which something belongs to it up to `end`; `find` finds where it begins.
    #[inline]
    pub(super) fn word_to(&self, stop: usize, end: usize, find: impl FnOnce() -> usize) -> Option<Word<'t>> {
        let read = match self.reading.to(stop) {
            Some(word) => word,
            None => {
                let start = find();
                let lists = if start < stop { self.word(start, stop, stop).lists.0 } else { 0 };
                self.reading.keep_to(stop, stop - start, lists)
            }
        };
        let start = stop - read.len();
        (start < stop).then(|| Word { text: part(self.bytes, start, stop), start, end, lists: Lists(read.lists) })
    }

    /// The name of a street that ends at a place, see [`Reading::name_to`].
    #[inline]
    pub(super) fn name_to(&self, end: usize, find: impl FnOnce() -> Option<(usize, bool)>) -> Option<(usize, bool)> {
        self.reading.name_to(end, find)
    }

    /// The word at a place, from what was read lately or read anew.
    #[inline(always)]
    fn read(&self, place: usize) -> ReadWord {
        match self.reading.at(place) {
            Some(word) => word,
            None => self.read_anew(place),
        }
    }

    #[inline(never)]
    fn read_anew(&self, place: usize) -> ReadWord {
        let piece = &piece_at(self.bytes, place);
        let length = of_sort(piece, Sort::Alnum).trailing_ones();
        let behind = at(piece, length as usize);
        // Nearly every word is short and plain.
        if length >= PIECE as u32 || behind >= 0x80 || matches!(behind, b'\'' | b'-') {
            return self.read_long(place);
        }
        self.reading.keep(place, length as usize, self.short(piece, length).0)
    }

    /// The lists of the first bytes of the piece, letters and digits without accents; fewer than the piece has.
    #[inline]
    fn short(&self, piece: &[u8; PIECE], length: u32) -> Lists {
        let letters = u128::from_le_bytes(*piece) & !u128::MAX.wrapping_shl(8 * length);
        let listed = Lists(self.table.packed(small(letters), length as usize));
        let digits = of_sort(piece, Sort::Digit) & !u16::MAX.wrapping_shl(length);
        if digits != 0 {
            listed.or(numeral(part(piece, 0, length as usize)))
        } else if is_upper(letters as u8) {
            listed.or(NAME)
        } else {
            listed
        }
    }

    #[cold]
    fn read_long(&self, place: usize) -> ReadWord {
        let end = word_end(self, place);
        self.reading.keep(place, end - place, self.lists(part(self.bytes, place, end)).0)
    }

    /// The lists of any word.
    #[inline(never)]
    fn lists(&self, word: &[u8]) -> Lists {
        let listed = Lists(self.table.lists(word));
        if word.iter().copied().any(is_digit) {
            listed.or(numeral(word))
        } else if is_name(word) {
            listed.or(NAME)
        } else {
            listed
        }
    }

    /// The word between two places, behind which something belongs to it up to `end`.
    #[inline(always)]
    pub(super) fn word(&self, start: usize, stop: usize, end: usize) -> Word<'t> {
        let read = self.read(start);
        let text = part(self.bytes, start, stop);
        let lists = if start + read.len() == stop { Lists(read.lists) } else { self.lists(text) };
        Word { text, start, end, lists }
    }
}

/// A word and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'t> {
    pub(super) text: &'t [u8],
    pub(super) start: usize,
    pub(super) end: usize,
    lists: Lists,
}

impl Word<'_> {
    /// Whether it is in one of the lists.
    pub(super) fn is(&self, lists: Lists) -> bool {
        self.lists.meet(lists)
    }

    /// Whether it begins with a capital, or with a digit as `25th` does.
    pub(super) fn is_name(&self) -> bool {
        self.is(NAME)
    }

    pub(super) fn is_ordinal(&self) -> bool {
        self.is(ORDINAL)
    }

    pub(super) fn has_digit(&self) -> bool {
        self.is(DIGIT)
    }

    pub(super) fn is_upper(&self) -> bool {
        !self.text.iter().any(u8::is_ascii_lowercase)
    }

    pub(super) fn eq(&self, other: &str) -> bool {
        self.text.eq_ignore_ascii_case(other.as_bytes())
    }
}

/// What a word with digits is.
#[inline(never)]
fn numeral(word: &[u8]) -> Lists {
    let digits = span(word, 0, 4, is_digit);
    let rest = word.get(digits..).unwrap_or_default();
    let ordinal = (1..=3).contains(&digits) && is_ending(rest);
    match (ordinal, digits) {
        (true, _) => DIGIT.or(ORDINAL).or(NAME),
        (false, 0) if is_name(word) => DIGIT.or(NAME),
        _ => DIGIT,
    }
}

/// What stands behind the digits of an ordinal number.
fn is_ending(letters: &[u8]) -> bool {
    [&b"st"[..], b"nd", b"rd", b"th"].iter().any(|end| letters.eq_ignore_ascii_case(end))
}

/// Whether a word that begins with no digit begins with a capital.
fn is_name(word: &[u8]) -> bool {
    match word {
        [b'A'..=b'Z', ..] => return true,
        [b'a'..=b'z', second, ..] if second.is_ascii_alphanumeric() => return false,
        _ => (),
    }
    let capital = char_at(word, 0).is_some_and(is_capital);
    // d'Italie, l'Opéra
    let elided = matches!(word, [b'd' | b'l', b'\'', rest @ ..] | [b'd' | b'l', 0xE2, 0x80, 0x99, rest @ ..]
            if char_at(rest, 0).is_some_and(is_capital));
    capital || elided
}

/// The word of letters and digits at a place, with apostrophes and dashes inside.
#[inline(always)]
pub(super) fn word_at<'t>(page: &Page<'t>, start: usize) -> Option<Word<'t>> {
    let read = page.read(start);
    let end = start + read.len();
    (end > start).then(|| Word { text: part(page.bytes, start, end), start, end, lists: Lists(read.lists) })
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let end = start + run(bytes, start, MAX_WORD, Sort::Alnum);
    if at(bytes, end) < 0x80 && !matches!(at(bytes, end), b'\'' | b'-') { end } else { joined_end(bytes, start, end) }
}

/// The same for a word whose first letters end at `end`, and others may follow.
fn joined_end(bytes: &[u8], start: usize, mut end: usize) -> usize {
    while end < start + MAX_WORD {
        let byte = at(bytes, end);
        let joins = matches!(byte, b'\'' | b'-') && end > start && is_word_start(bytes, end + 1);
        if is_alnum(byte) || joins {
            end += 1;
        } else if byte >= 0x80 {
            match char_at(bytes, end) {
                Some(letter) if is_letter(letter) || (letter == '\u{2019}' && end > start) => end += letter.len_utf8(),
                _ => break,
            }
        } else {
            break;
        }
    }
    end
}

fn is_word_start(bytes: &[u8], place: usize) -> bool {
    char_at(bytes, place).is_some_and(|letter| letter.is_ascii_alphanumeric() || is_letter(letter))
}
