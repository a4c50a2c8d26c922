//! Ends of street names in the Germanic languages, in Finnish, Hungarian, Czech and Turkish.

use std::sync::OnceLock;

/// Ends of words, in lower case.
pub(super) struct Ends {
    ends: &'static [&'static str],
    tables: OnceLock<EndTables>,
}

struct EndTables {
    by_last: Vec<Vec<&'static [u8]>>,
    /// Which pairs of last bytes there are; most words have none of them.
    pairs: [u64; 16],
}

impl Ends {
    const fn new(ends: &'static [&'static str]) -> Self {
        Self { ends, tables: OnceLock::new() }
    }

    /// The length of the longest end that the word has, in bytes.
    pub(super) fn longest(&self, word: &[u8]) -> Option<usize> {
        self.candidates(word).iter().filter(|end| word.ends_with(end)).map(|end| end.len()).max()
    }

    /// Whether the word is one of the ends.
    pub(super) fn is(&self, word: &[u8]) -> bool {
        self.candidates(word).contains(&word)
    }

    /// Whether a word in any case may have one of the ends. A cheap look.
    #[inline]
    pub(super) fn may_end(&self, word: &[u8]) -> bool {
        match word {
            [.., before @ ..0x80, last @ ..0x80] => self.tables().has(*before, *last),
            [] | [_] => false,
            _ => true,
        }
    }

    fn tables(&self) -> &EndTables {
        self.tables.get_or_init(|| EndTables::of(self.ends))
    }

    fn candidates(&self, word: &[u8]) -> &[&'static [u8]] {
        let tables = self.tables();
        let [.., before, last] = word else { return &[] };
        let known = tables.has(*before, *last);
        let with_last = tables.by_last.get(usize::from(*last)).filter(|_| known);
        with_last.map_or(&[], Vec::as_slice)
    }
}

impl EndTables {
    fn of(ends: &'static [&'static str]) -> Self {
        let with = |byte: u8| ends.iter().map(|end| end.as_bytes()).filter(move |end| end.last() == Some(&byte));
        let mut pairs = [0; 16];
        for end in ends {
            if let [.., before, last] = end.as_bytes() {
                let (slot, bit) = pair(*before, *last);
                if let Some(pairs) = pairs.get_mut(slot) {
                    *pairs |= bit;
                }
            }
        }
        Self { by_last: (0..=u8::MAX).map(|byte| with(byte).collect()).collect(), pairs }
    }

    /// Whether one of the ends may end in the pair; the same for both cases of plain letters.
    fn has(&self, before: u8, last: u8) -> bool {
        let (slot, bit) = pair(before, last);
        self.pairs.get(slot).is_some_and(|pairs| pairs & bit != 0)
    }
}

/// Where a pair of bytes is in a table of a thousand bits.
fn pair(before: u8, last: u8) -> (usize, u64) {
    let hash = (usize::from(before & 31) << 5) | usize::from(last & 31);
    (hash >> 6, 1 << (hash & 63))
}

/// Ends of street names in Germanic languages and Finnish, glued to the name or alone.
pub(super) static GLUED: Ends = Ends::new(&[
    "straße",
    "strasse",
    "str",
    "gasse",
    "gässchen",
    "weg",
    "platz",
    "allee",
    "ring",
    "damm",
    "ufer",
    "chaussee",
    "steig",
    "stieg",
    "pfad",
    "zeile",
    "hof",
    "gracht",
    "straat",
    "laan",
    "plein",
    "kade",
    "singel",
    "dijk",
    "steeg",
    "dreef",
    "burgwal",
    "markt",
    "hof",
    "pad",
    "gatan",
    "vägen",
    "gränd",
    "stigen",
    "torget",
    "plan",
    "gata",
    "vej",
    "gade",
    "allé",
    "stræde",
    "torv",
    "veien",
    "vegen",
    "gate",
    "katu",
    "tie",
    "kuja",
    "polku",
    "berg",
    "feld",
    "graben",
    "tor",
    "brücke",
    "winkel",
    "kamp",
    "garten",
    "stiege",
    "lände",
    "kai",
    "zeil",
    "laantje",
    "weide",
    "steenweg",
    "baan",
    "boulevard",
    "bulevardi",
    "steg",
    "quai",
    "gaten",
    "plassen",
    "bakken",
    "hage",
    "warande",
]);

/// Ends of street names that stand alone behind the name, in any case.
pub(super) static APART: Ends = Ends::new(&[
    "gate",
    "gata",
    "vei",
    "veien",
    "vej",
    "allé",
    "plads",
    "utca",
    "út",
    "tér",
    "körút",
    "sor",
    "fasor",
    "rakpart",
    "katu",
    "tie",
    "ulica",
    "straat",
    "třída",
    "náměstí",
    "nábřeží",
    "caddesi",
    "cad",
    "sokak",
    "sokağı",
    "sok",
    "bulvarı",
    "blv",
    "boulevard",
]);

/// Those of the above that say "street" and nothing else.
pub(super) static SURELY_GLUED: Ends = Ends::new(&[
    "straße", "strasse", "gasse", "gracht", "straat", "gatan", "vägen", "laan", "allee", "str", "katu", "plein",
    "veien", "chaussee", "stræde", "gade", "steenweg", "gaten",
]);
