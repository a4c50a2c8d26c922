//! Sets of words, looked up in any case without an allocation.

use crate::chars::packed;

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
    if let Some(packed) = packed(word) {
        return mixed(packed) | 1;
    }
    let mix = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    let lower = String::from_utf8_lossy(word).to_lowercase();
    lower.bytes().fold(SEED, mix) | 1
}

/// Both halves of a product in which every bit has its part.
pub(crate) fn mixed(packed: u128) -> u64 {
    let (low, high) = (packed as u64, (packed >> 64) as u64);
    let product = u128::from(low ^ 0x9E37_79B9_7F4A_7C15) * u128::from(high ^ 0xC2B2_AE3D_27D4_EB4F);
    product as u64 ^ (product >> 64) as u64
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
}
