//! Words as the lexicon compares them: small letters, without accents.

use std::sync::OnceLock;

use crate::chars::{at, char_at, is_alpha, small_letter};

/// The first bytes of a folded word, and where its letters end.
#[derive(Debug)]
pub(super) struct Folded {
    bytes: [u8; LONGEST],
    length: usize,
    /// After so many bytes the second letter or a later one ends; a bit each.
    ends: u64,
    /// How much of the word was taken, and how many letters.
    taken: usize,
    letters: usize,
    whole: bool,
}

/// No entry of the lexicon is as long, in bytes.
pub(super) const LONGEST: usize = 63;

impl Default for Folded {
    fn default() -> Self {
        Self { bytes: [0; LONGEST], length: 0, ends: 0, taken: 0, letters: 0, whole: false }
    }
}

impl Folded {
    pub(super) fn of(word: &[u8]) -> Self {
        let mut folded = Self::default();
        folded.take(word, LONGEST);
        folded
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(super) fn ends(&self) -> u64 {
        self.ends
    }

    /// Whether nothing of the word is left.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Takes letters of the word until there are at least so many bytes; it must be the same word every time.
    pub(super) fn take(&mut self, word: &[u8], bytes: usize) {
        while self.length < bytes && self.taken < word.len() {
            let byte = at(word, self.taken);
            let taken = if byte < 0x80 { self.plain(byte) } else { self.accented(word) };
            if taken == 0 {
                return;
            }
            self.taken += taken;
            self.letters += 1;
            self.whole = self.taken >= word.len();
            if self.letters > 1 || self.whole {
                self.ends |= 1 << self.length;
            }
        }
    }

    /// Takes a byte. Gives how much was taken of the word; 0 when there is no room.
    #[inline]
    fn plain(&mut self, byte: u8) -> usize {
        let Some(slot) = self.bytes.get_mut(self.length) else { return 0 };
        *slot = if is_alpha(byte) { byte | 0x20 } else { byte };
        self.length += 1;
        1
    }

    /// The same for a letter that is none of ASCII, or for a byte that is no letter.
    fn accented(&mut self, word: &[u8]) -> usize {
        let Some(letter) = char_at(word, self.taken) else { return self.plain(at(word, self.taken)) };
        let (folded, length) = folds().get(letter as usize).map_or_else(|| fold(letter), |known| known.get());
        let Some(slots) = self.bytes.get_mut(self.length..self.length + length) else { return 0 };
        for (slot, byte) in slots.iter_mut().zip(folded) {
            *slot = byte;
        }
        self.length += length;
        letter.len_utf8()
    }
}

/// The most bytes that one letter folds to.
const MOST: usize = 8;

/// What a letter folds to, in few bytes: nearly always they are at most three.
#[derive(Clone, Copy)]
struct Known([u8; 3], u8);

impl Known {
    fn get(self) -> ([u8; MOST], usize) {
        let [a, b, c] = self.0;
        ([a, b, c, 0, 0, 0, 0, 0], self.1.into())
    }
}

/// Those of all letters that have accents.
fn folds() -> &'static [Known] {
    static FOLDS: OnceLock<Vec<Known>> = OnceLock::new();
    FOLDS.get_or_init(|| {
        let known = |code| {
            let ([a, b, c, ..], length) = fold(char::from_u32(code).unwrap_or_default());
            Known([a, b, c], length as u8)
        };
        (0..0x2000).map(known).collect()
    })
}

/// Lower case, without the accent.
fn fold(letter: char) -> ([u8; MOST], usize) {
    let (mut folded, mut length) = ([0; MOST], 0);
    let mut take = |lower: char| {
        let mut buffer = [0; 4];
        let plain = unaccented(lower).unwrap_or_else(|| lower.encode_utf8(&mut buffer)).as_bytes();
        if let Some(slot) = folded.get_mut(length..length + plain.len()) {
            slot.copy_from_slice(plain);
            length += plain.len();
        }
    };
    match small_letter(letter) {
        Some(lower) => take(lower),
        None => letter.to_lowercase().for_each(take),
    }
    (folded, length)
}

/// The Latin or Greek letter without its accent.
fn unaccented(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ț' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ạ'..='ặ' => "a",
        'ẹ'..='ệ' => "e",
        'ỉ'..='ị' => "i",
        'ọ'..='ợ' | 'ơ' => "o",
        'ụ'..='ự' | 'ư' => "u",
        'ỳ'..='ỹ' => "y",
        'ά' => "α",
        'έ' => "ε",
        'ή' => "η",
        'ί' => "ι",
        'ό' => "ο",
        'ύ' => "υ",
        'ώ' => "ω",
        '\u{307}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(word: &str) -> String {
        String::from_utf8_lossy(Folded::of(word.as_bytes()).bytes()).into_owned()
    }

    #[test]
    fn letters_lose_case_and_accents() {
        assert_eq!(folded("Straße ÆØÅ İZMİR"), "strasse aeoa izmir");
        assert_eq!(folded("ΤΗΛΈΦΩΝΟ Телефон 電話"), "τηλεφωνο телефон 電話");
        assert_eq!(Folded::of(&[b'A', 0xC3, b'B']).bytes(), [b'a', 0xC3, b'b']);
    }

    #[test]
    fn the_table_knows_what_every_letter_folds_to() {
        for (code, known) in folds().iter().enumerate() {
            let letter = char::from_u32(code as u32).unwrap();
            assert_eq!(known.get(), fold(letter), "{letter:?}");
        }
    }

    #[test]
    fn words_end_behind_their_letters() {
        let mut word = Folded::default();
        word.take("æblé".as_bytes(), 3);
        assert_eq!((word.bytes(), word.ends(), word.is_whole()), (&b"aeb"[..], 1 << 3, false));
        word.take("æblé".as_bytes(), LONGEST);
        assert_eq!((word.bytes(), word.ends(), word.is_whole()), (&b"aeble"[..], 0b111 << 3, true));
        assert_eq!(Folded::of(b"a").ends(), 1 << 1);
    }
}
