//! Sets of words, looked up in any case without an allocation.

use std::collections::HashMap;

use crate::chars::{at, char_at, packed, small_letter};

/// A set of words by their hash.
#[derive(Debug)]
pub(crate) struct WordSet {
    slots: Vec<u64>,
    /// By the low five bits of the first byte: which lengths the words have, up to 63.
    lengths: [u64; 32],
}

const SEED: u64 = 0xCBF2_9CE4_8422_2325;

impl WordSet {
    /// The set of some words in lower case; `_` stands for a blank.
    pub(crate) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let words: Vec<String> = words.map(|word| word.replace('_', " ")).collect();
        let mut set = Self { slots: vec![0; (words.len() * 4).next_power_of_two()], lengths: [0; 32] };
        for word in &words {
            // Another case of a letter may have another length; such words are told by their hash only.
            if let Some(lengths) = set.lengths.get_mut(usize::from(first(word.as_bytes()))) {
                *lengths |= if word.is_ascii() { 1 << word.len().min(63) } else { u64::MAX };
            }
        }
        for hash in words.iter().map(|word| hash(word.as_bytes())) {
            let mut index = set.index(hash);
            while let Some(slot) = set.slots.get_mut(index) {
                if *slot == 0 || *slot == hash {
                    *slot = hash;
                    break;
                }
                index = (index + 1) & (set.slots.len() - 1);
            }
        }
        set
    }

    /// Whether the word is in the set.
    pub(crate) fn has(&self, word: &[u8]) -> bool {
        let lengths = self.lengths.get(usize::from(first(word))).copied().unwrap_or(0);
        if lengths & (1 << word.len().min(63)) == 0 && first_is_plain(word) {
            return false;
        }
        let hash = hash(word);
        let mut index = self.index(hash);
        loop {
            match self.slots.get(index) {
                Some(&slot) if slot == hash => return true,
                Some(&slot) if slot != 0 => index = (index + 1) & (self.slots.len() - 1),
                _ => return false,
            }
        }
    }

    fn index(&self, hash: u64) -> usize {
        (hash ^ (hash >> 31)) as usize & (self.slots.len() - 1)
    }
}

/// The low bits of the first byte; the same in both cases of a plain letter.
fn first(word: &[u8]) -> u8 {
    word.first().map_or(0, |byte| byte & 31)
}

fn first_is_plain(word: &[u8]) -> bool {
    word.first().is_none_or(u8::is_ascii)
}

/// The hash of the lower-case word; never 0.
fn hash(word: &[u8]) -> u64 {
    packed(word).map_or_else(|| long_hash(word), mixed) | 1
}

/// The same for a word that is long or not of ASCII.
fn long_hash(word: &[u8]) -> u64 {
    let mix = |state: u64, letter: u32| (state ^ u64::from(letter)).wrapping_mul(0x0100_0000_01B3);
    let (mut state, mut place) = (SEED, 0);
    while place < word.len() {
        let byte = at(word, place);
        if byte < 0x80 {
            state = mix(state, byte.to_ascii_lowercase().into());
            place += 1;
            continue;
        }
        let Some(letter) = char_at(word, place) else {
            state = mix(state, byte.into());
            place += 1;
            continue;
        };
        state = match letter {
            // A final sigma is a sigma.
            'ς' => mix(state, 'σ'.into()),
            letter => small_letter(letter).map_or_else(
                || letter.to_lowercase().fold(state, |state, letter| mix(state, letter.into())),
                |small| mix(state, small.into()),
            ),
        };
        place += letter.len_utf8();
    }
    // The low bits of a product know little of the letters.
    state ^ (state >> 32)
}

/// Both halves of a product in which every bit has its part.
pub(crate) fn mixed(packed: u128) -> u64 {
    let (low, high) = (packed as u64, (packed >> 64) as u64);
    let product = u128::from(low ^ 0x9E37_79B9_7F4A_7C15) * u128::from(high ^ 0xC2B2_AE3D_27D4_EB4F);
    product as u64 ^ (product >> 64) as u64
}

/// Words that stand in some of up to 64 lists: which, by one look.
#[derive(Debug)]
pub(crate) struct WordTable {
    /// The hash of a word, and in its low bits which of the `unions` it is in. 0 where no word is.
    slots: Vec<u64>,
    unions: Vec<u64>,
    /// By the low bits of the first two bytes: which lengths the words have that can be [`packed`]. Most meet none.
    lengths: Vec<u32>,
    /// The same for the other words, by the first letter.
    long: [u64; 32],
}

/// So many low bits of a slot tell the union.
const UNION: u64 = 0x3FF;

impl WordTable {
    /// The table of lists of words in lower case; `_` stands for a blank.
    pub(crate) fn of<'a>(lists: impl Iterator<Item = (u64, &'a str)>) -> Self {
        let mut words: HashMap<String, u64> = HashMap::new();
        for (bits, list) in lists {
            for word in list.split_whitespace() {
                *words.entry(word.replace('_', " ")).or_default() |= bits;
            }
        }
        let mut table = Self {
            slots: vec![0; (words.len() * 2).next_power_of_two()],
            unions: vec![0],
            lengths: vec![0; 1 << 10],
            long: [0; 32],
        };
        for (word, lists) in words {
            table.insert(word.as_bytes(), lists);
        }
        table
    }

    fn insert(&mut self, word: &[u8], lists: u64) {
        let union = self.unions.iter().position(|union| *union == lists).unwrap_or(self.unions.len());
        if union == self.unions.len() {
            self.unions.push(lists);
        }
        match packed(word) {
            Some(packed) => {
                if let Some(lengths) = self.lengths.get_mut(start_of(packed)) {
                    *lengths |= 1 << word.len();
                }
            }
            None => {
                if let Some(lengths) = self.long.get_mut(long_start(word)) {
                    *lengths |= 1 << word.len().min(63);
                }
            }
        }
        let hash = hash(word);
        let mut index = self.index(hash);
        while let Some(slot) = self.slots.get_mut(index) {
            if *slot == 0 {
                *slot = (hash & !UNION) | union as u64;
                return;
            }
            index = (index + 1) & (self.slots.len() - 1);
        }
    }

    /// The lists that a word is in, in any case.
    pub(crate) fn lists(&self, word: &[u8]) -> u64 {
        match packed(word) {
            Some(packed) => self.packed(packed, word.len()),
            None if self.is_none(word) => 0,
            None => self.hashed(hash(word)),
        }
    }

    /// Whether no word that cannot be packed is as long and begins so. Both cases of a letter of two bytes have two; what has
    /// longer ones is looked up.
    fn is_none(&self, word: &[u8]) -> bool {
        let lengths = self.long.get(long_start(word)).copied().unwrap_or(0);
        // The apostrophe is no letter.
        let longer =
            |pair: &[u8]| matches!(pair, [first, second] if *first >= 0xE0 && [*first, *second] != [0xE2, 0x80]);
        lengths & (1 << word.len().min(63)) == 0 && !word.windows(2).any(longer)
    }

    /// The same for a word of `length` bytes that is [`packed`] already.
    #[inline]
    pub(crate) fn packed(&self, word: u128, length: usize) -> u64 {
        let lengths = self.lengths.get(start_of(word)).copied().unwrap_or(0);
        if lengths & (1 << length) == 0 { 0 } else { self.hashed(mixed(word) | 1) }
    }

    fn hashed(&self, hash: u64) -> u64 {
        let mut index = self.index(hash);
        loop {
            match self.slots.get(index) {
                Some(&slot) if (slot ^ hash) & !UNION == 0 => {
                    return self.unions.get((slot & UNION) as usize).copied().unwrap_or(0);
                }
                Some(&slot) if slot != 0 => index = (index + 1) & (self.slots.len() - 1),
                _ => return 0,
            }
        }
    }

    fn index(&self, hash: u64) -> usize {
        (hash >> 10) as usize & (self.slots.len() - 1)
    }
}

/// The first letter of a word: a plain one in any case, or another.
fn long_start(word: &[u8]) -> usize {
    word.first().filter(|byte| byte.is_ascii()).map_or(0, |byte| usize::from(byte & 31))
}

/// The low bits of the first two bytes of a packed word.
#[inline]
fn start_of(word: u128) -> usize {
    ((word as usize & 31) << 5) | ((word >> 8) as usize & 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_up_in_any_case() {
        let set = WordSet::of(["street", "new_york", "straße"].into_iter());
        assert!(set.has(b"Street") && set.has(b"NEW YORK") && set.has("STRAßE".as_bytes()));
        assert!(!set.has(b"stree") && !set.has(b""));
    }

    #[test]
    fn tables_know_every_word_in_any_case() {
        let words = ["street", "avenida_de_la_constitución", "ático", "straße", "τκ", "ул", "new_south_wales_of_old"];
        let table = WordTable::of((0..).map(|index| 1 << index).zip(words));
        for (index, word) in words.iter().enumerate() {
            let word = word.replace('_', " ");
            for word in [word.to_uppercase(), word.clone()].iter().filter(|word| !word.contains("STRASSE")) {
                assert_eq!(table.lists(word.as_bytes()), 1 << index, "{word}");
            }
            assert_eq!(table.lists(format!("{word}x").as_bytes()), 0);
        }
    }
}
