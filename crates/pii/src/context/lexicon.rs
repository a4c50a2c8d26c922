//! Looks a word up: lower case, without accents, whole words and stems, by one pass over its letters.

use std::sync::OnceLock;

use super::{
    folding::{Folded, LONGEST},
    topics::Topics,
    words::WORDS,
};
use crate::{
    chars::{char_at, is_alpha, packed},
    words::mixed,
};

/// One word of the table.
#[derive(Clone, Copy, Default)]
struct Entry {
    hash: u64,
    topics: Topics,
    form: Form,
}

/// Whether a word must be whole.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Form {
    #[default]
    Absent,
    Whole,
    Stem,
}

const SLOTS: usize = 8192;
const PAIRS: usize = 26 * 26;
const SEED: u64 = 0xCBF2_9CE4_8422_2325;

/// The words by hash.
pub(crate) struct Lexicon {
    slots: Vec<Entry>,
    /// Words that can be [`packed`], by [`mixed`]: nearly every word that is looked up is such, so the table is small enough
    /// to stay near the processor.
    short: Vec<(u64, Topics)>,
    /// Sixteen bits of each of those hashes, 0 where there is none: what a word is compared with first.
    tags: Vec<u16>,
    /// By the first two letters of a word: which lengths the short entries have that begin so. Most words meet none.
    lengths: Vec<Lengths>,
    /// The same for all entries, folded, by [`start_of`].
    starts: Vec<u64>,
    /// What each plain letter says that stands alone.
    alone: [Topics; 26],
}

/// How many starts of words are told apart.
const STARTS: usize = 2048;

/// The lengths of entries, a bit each.
#[derive(Clone, Copy, Default)]
struct Lengths {
    /// Of those of plain letters that must be the whole word.
    whole: u32,
    /// Of those of plain letters that may begin a longer word.
    stem: u32,
}

/// How many places the short words have.
const SHORT_SLOTS: usize = 4096;

/// The one lexicon.
pub(crate) fn lexicon() -> &'static Lexicon {
    static LEXICON: OnceLock<Lexicon> = OnceLock::new();
    LEXICON.get_or_init(Lexicon::build)
}

impl Lexicon {
    fn build() -> Self {
        let mut lexicon = Self {
            slots: vec![Entry::default(); SLOTS],
            short: vec![(0, Topics::NONE); SHORT_SLOTS],
            tags: vec![0; SHORT_SLOTS],
            lengths: vec![Lengths::default(); PAIRS],
            starts: vec![0; STARTS],
            alone: [Topics::NONE; 26],
        };
        let words = || WORDS.iter().flat_map(|(topics, words)| words.split_whitespace().map(|word| (*topics, word)));
        for (topics, word) in words() {
            let (word, form) = match word.strip_suffix('*') {
                Some(stem) => (stem, Form::Stem),
                None => (word, if is_unspaced_start(word) { Form::Stem } else { Form::Whole }),
            };
            let folded = Folded::of(word.as_bytes());
            lexicon.insert(Entry { hash: hash(folded.bytes()), topics, form });
            lexicon.start(folded.bytes(), form);
        }
        // What a word means is settled only when all are in.
        for (_, word) in words() {
            lexicon.shorten(word.trim_end_matches('*').as_bytes());
        }
        lexicon.alone = std::array::from_fn(|index| lexicon.any(&[b'a' + index as u8]));
        lexicon
    }

    /// Remembers how long an entry is that begins so.
    fn start(&mut self, folded: &[u8], form: Form) {
        let bit = 1 << folded.len();
        // What follows a stem that is so short may be anything.
        if form == Form::Stem && folded.len() < start_length(folded) {
            self.starts.iter_mut().for_each(|lengths| *lengths |= bit);
        } else if let Some(lengths) = self.starts.get_mut(start_of(folded)) {
            *lengths |= bit;
        }
    }

    /// Puts a word of the table among the short ones, if it is one.
    fn shorten(&mut self, word: &[u8]) {
        let Some((letters, pair)) = packed(word).zip(pair(word)) else { return };
        let Some(entry) = self.get(hash(Folded::of(word).bytes())) else { return };
        let bit = 1 << word.len();
        if let Some(lengths) = self.lengths.get_mut(pair) {
            match entry.form {
                Form::Stem => lengths.stem |= bit,
                Form::Whole | Form::Absent => lengths.whole |= bit,
            }
        }
        let hash = mixed(letters | if entry.form == Form::Stem { STEM } else { 0 });
        let mut index = short_slot(hash);
        while let Some(slot) = self.short.get_mut(index) {
            if slot.0 == 0 || slot.0 == hash {
                *slot = (hash, entry.topics);
                if let Some(tag) = self.tags.get_mut(index) {
                    *tag = tag_of(hash);
                }
                return;
            }
            index = (index + 1) % SHORT_SLOTS;
        }
    }

    fn insert(&mut self, entry: Entry) {
        let mut index = slot(entry.hash);
        while let Some(found) = self.slots.get_mut(index) {
            if found.form == Form::Absent {
                *found = entry;
                return;
            }
            if found.hash == entry.hash {
                // A word may mean several things; but a filler or another thing does not take a meaning away.
                if entry.topics == Topics::PAIRED
                    || found.topics == Topics::PAIRED
                    || entry.topics.names_a_kind()
                    || !found.topics.names_a_kind()
                {
                    found.topics = found.topics | entry.topics;
                }
                if entry.form == Form::Stem {
                    found.form = Form::Stem;
                }
                return;
            }
            index = (index + 1) % SLOTS;
        }
    }

    fn get(&self, hash: u64) -> Option<Entry> {
        let mut index = slot(hash);
        loop {
            let entry = self.slots.get(index)?;
            if entry.form == Form::Absent {
                return None;
            }
            if entry.hash == hash {
                return Some(*entry);
            }
            index = (index + 1) % SLOTS;
        }
    }

    /// The topics of a word by itself: of the whole, or of its longest stem.
    pub(crate) fn word(&self, word: &[u8]) -> Topics {
        self.entry(word).without(Topics::PAIRED)
    }

    /// The same, and whether the words beside it count.
    #[inline]
    pub(crate) fn entry(&self, word: &[u8]) -> Topics {
        if let [letter] = word
            && is_alpha(*letter)
        {
            return self.alone.get(usize::from((letter | 0x20) - b'a')).copied().unwrap_or(Topics::NONE);
        }
        match pair(word).zip(packed(word)) {
            Some((pair, letters)) => self.brief(letters, word.len(), pair),
            None => self.any(word),
        }
    }

    /// The same for the small letters of a word of plain letters, as [`packed`] gives them.
    #[inline]
    pub(crate) fn plain_entry(&self, letters: u128, length: usize) -> Topics {
        if length < 2 {
            return Topics::NONE;
        }
        let index = |letter: u8| usize::from(letter.wrapping_sub(b'a'));
        self.brief(letters, length, index(letters as u8) * 26 + index((letters >> 8) as u8))
    }

    /// A word of a few plain letters.
    fn brief(&self, letters: u128, length: usize, pair: usize) -> Topics {
        let Some(lengths) = self.lengths.get(pair) else { return Topics::NONE };
        if lengths.whole & (1 << length) != 0
            && let Some(topics) = self.exact(letters)
        {
            return topics;
        }
        let mut stems = lengths.stem & ((2 << length) - 1);
        while stems != 0 {
            let length = 31 - stems.leading_zeros();
            stems &= !(1 << length);
            let head = letters & (u128::MAX >> (128 - 8 * length));
            if let Some(topics) = self.exact(head | STEM) {
                return topics;
            }
        }
        Topics::NONE
    }

    fn exact(&self, letters: u128) -> Option<Topics> {
        let hash = mixed(letters);
        let mut index = short_slot(hash);
        loop {
            let tag = *self.tags.get(index)?;
            if tag == 0 {
                return None;
            }
            if tag == tag_of(hash)
                && let Some((_, topics)) = self.short.get(index).filter(|(found, _)| *found == hash)
            {
                return Some(*topics);
            }
            index = (index + 1) % SHORT_SLOTS;
        }
    }

    /// Whether the word shows by its first bytes that it begins no entry.
    fn has_no_start(&self, word: &[u8]) -> bool {
        let small = |index: usize| word.get(index).map_or(0, |&byte| if is_alpha(byte) { byte | 0x20 } else { byte });
        let start = [small(0), small(1), small(2)];
        let start = start.get(..word.len().min(PLAIN_START)).unwrap_or_default();
        start.is_ascii() && self.starts.get(start_of(start)).is_some_and(|lengths| *lengths == 0)
    }

    /// Any word: only what is as long as some entry that begins so is looked up.
    fn any(&self, word: &[u8]) -> Topics {
        if self.has_no_start(word) {
            return Topics::NONE;
        }
        let mut folded = Folded::default();
        folded.take(word, MAX_START);
        let mut lengths = self.starts.get(start_of(folded.bytes())).copied().unwrap_or(0);
        if lengths == 0 {
            return Topics::NONE;
        }
        folded.take(word, LONGEST.min(64 - lengths.leading_zeros() as usize));
        lengths &= folded.ends();
        let (mut topics, mut state, mut hashed) = (Topics::NONE, SEED, 0);
        while lengths != 0 {
            let length = lengths.trailing_zeros() as usize;
            lengths &= lengths - 1;
            state = folded
                .bytes()
                .get(hashed..length)
                .unwrap_or_default()
                .iter()
                .fold(state, |state, &byte| mix(state, byte));
            hashed = length;
            if let Some(entry) = self.get(state)
                && (entry.form == Form::Stem || (folded.is_whole() && length == folded.bytes().len()))
            {
                topics = entry.topics;
            }
        }
        topics
    }

    /// The topics of the last word inside a run of letters of a script without blanks.
    pub(crate) fn unspaced(&self, run: &[u8]) -> Topics {
        let mut place = run.len();
        while place > 0 {
            place -= 1;
            if char_at(run, place).is_none() {
                continue;
            }
            let found = self.word(run.get(place..).unwrap_or_default());
            if found.is_label() {
                return found;
            }
        }
        self.word(run)
    }
}

/// Which pair of letters a word begins with. Nothing when it does not begin with two plain letters.
fn pair(word: &[u8]) -> Option<usize> {
    let [first, second, ..] = word else { return None };
    (is_alpha(*first) && is_alpha(*second))
        .then(|| usize::from((first | 0x20) - b'a') * 26 + usize::from((second | 0x20) - b'a'))
}

/// Marks the letters of a stem: no letter has this bit.
const STEM: u128 = 0x80;

fn short_slot(hash: u64) -> usize {
    (hash >> 32) as usize % SHORT_SLOTS
}

/// Never 0.
fn tag_of(hash: u64) -> u16 {
    (hash >> 44) as u16 | 1
}

fn slot(hash: u64) -> usize {
    (hash ^ (hash >> 29)) as usize % SLOTS
}

/// How many bytes of a folded word tell its start.
fn start_length(folded: &[u8]) -> usize {
    if folded.first().is_some_and(u8::is_ascii) { PLAIN_START } else { MAX_START }
}

/// That of a word that begins with a plain letter.
const PLAIN_START: usize = 3;

/// The most of them.
const MAX_START: usize = 4;

/// By what a word begins with: three plain letters, or four bytes of other ones.
fn start_of(folded: &[u8]) -> usize {
    let start = folded.get(..start_length(folded)).unwrap_or(folded);
    let joined = start.iter().fold(0u32, |joined, &byte| (joined << 8) | u32::from(byte));
    (joined.wrapping_mul(0x9E37_79B1) >> 21) as usize % STARTS
}

fn hash(folded: &[u8]) -> u64 {
    folded.iter().fold(SEED, |state, &byte| mix(state, byte))
}

fn mix(state: u64, byte: u8) -> u64 {
    (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
}

/// Whether a letter belongs to a script that puts no blanks between words.
pub(crate) fn is_unspaced(letter: char) -> bool {
    // Pictures of telephones are words by themselves.
    matches!(letter, '\u{2121}' | '\u{260E}' | '\u{260F}' | '\u{2706}' | '\u{1F4DE}' | '\u{1F4E0}'..='\u{1F4F2}' | '\u{0E00}'..='\u{0EFF}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}')
}

fn is_unspaced_start(word: &str) -> bool {
    word.chars().next().is_some_and(is_unspaced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    #[test]
    fn knows_words_in_any_case_and_spelling() {
        let lexicon = lexicon();
        for word in ["Phone", "TELEFONNUMMER", "téléphone", "Телефон", "teléfono", "puhelinnumero", "電話番号"]
        {
            assert!(lexicon.word(word.as_bytes()).names(Kind::Phone), "{word}");
        }
        for word in ["passport", "Reisepass", "паспорта", "pasaporte", "护照号码"] {
            assert!(lexicon.word(word.as_bytes()).names(Kind::Passport), "{word}");
        }
        assert!(!lexicon.word(b"caller_id_x").is_label());
        assert!(lexicon.word(b"number").meets(Topics::FILLER));
        assert!(lexicon.unspaced("お客様の電話番号".as_bytes()).names(Kind::Phone));
    }

    #[test]
    fn leaves_room_for_the_words() {
        let words: usize = WORDS.iter().map(|(_, words)| words.split_whitespace().count()).sum();
        assert!(words * 3 < SLOTS && words * 5 < SHORT_SLOTS * 4);
    }

    #[test]
    fn both_ways_to_look_a_word_up_agree() {
        let lexicon = lexicon();
        let words = WORDS.iter().flat_map(|(_, words)| words.split_whitespace()).filter(|word| word.len() > 2);
        for word in words.map(|word| word.trim_end_matches('*')) {
            for word in [word.to_owned(), word.to_uppercase(), format!("{word}s"), format!("{word}xyz")] {
                assert_eq!(lexicon.entry(word.as_bytes()), lexicon.any(word.as_bytes()), "{word}");
            }
        }
    }
}
