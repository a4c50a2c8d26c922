//! Whether a document may name a secret at all: "password", "api key". Where no word does, no word of letters and digits in
//! it is taken for a secret, and most of them need not be looked at.

use crate::{
    chars::{at, is_digit, span_back, starts_with_ignore_case},
    simd::{PIECE, secret_pairs},
};

/// What a word has in it that names a secret, and the pair of its letters that tells it: the rarest one in other words.
struct Stem {
    word: &'static [u8],
    /// Where in it the pair stands.
    offset: usize,
    pair: [u8; 2],
}

impl Stem {
    #[expect(clippy::indexing_slicing, reason = "a constant table")]
    const fn of(word: &'static [u8], offset: usize) -> Self {
        Self { word, offset, pair: [word[offset], word[offset + 1]] }
    }
}

/// These name one by themselves.
static STEMS: [Stem; 15] = [
    Stem::of(b"passw", 2),
    Stem::of(b"pwd", 1),
    Stem::of(b"passphrase", 2),
    Stem::of(b"passcode", 2),
    Stem::of(b"secret", 2),
    Stem::of(b"credential", 0),
    Stem::of(b"bearer", 0),
    Stem::of(b"mdp", 1),
    Stem::of(b"motdepasse", 2),
    Stem::of(b"contrase", 3),
    Stem::of(b"senha", 2),
    Stem::of(b"wachtwoord", 4),
    Stem::of(b"haslo", 2),
    Stem::of(b"heslo", 2),
    Stem::of(b"authoriz", 5),
];
/// These name one behind another word.
static HEADS: [Stem; 2] = [Stem::of(b"key", 1), Stem::of(b"token", 1)];
/// The words before.
static LEADS: [&[u8]; 11] = [
    b"api",
    b"secret",
    b"private",
    b"access",
    b"auth",
    b"refresh",
    b"bearer",
    b"session",
    b"signing",
    b"encryption",
    b"account",
];

/// The pairs of letters, each in a word above.
pub(crate) const PAIRS: [[u8; 2]; 13] =
    [*b"ss", *b"wd", *b"ri", *b"cr", *b"ey", *b"ok", *b"be", *b"dp", *b"td", *b"tr", *b"nh", *b"tw", *b"sl"];

/// Whether a word in the document may say that something is a secret. True as well when the document is in another script
/// or has accents, of which nothing is known here.
pub(crate) fn may_name_a_secret(bytes: &[u8]) -> bool {
    let mut place = 0;
    while let Some(piece) = bytes.get(place..).and_then(|rest| rest.first_chunk::<PIECE>()) {
        let behind = bytes.get(place + 1..).and_then(|rest| rest.first_chunk::<PIECE>());
        if asks(bytes, place, piece, &behind.copied().unwrap_or_else(|| padded(bytes, place + 1))) {
            return true;
        }
        place += PIECE;
    }
    asks(bytes, place, &padded(bytes, place), &padded(bytes, place + 1))
}

fn padded(bytes: &[u8], place: usize) -> [u8; PIECE] {
    std::array::from_fn(|offset| at(bytes, place + offset))
}

fn asks(bytes: &[u8], place: usize, piece: &[u8; PIECE], behind: &[u8; PIECE]) -> bool {
    let (mut pairs, foreign) = secret_pairs(piece, behind);
    while pairs != 0 && !foreign {
        if names(bytes, place + pairs.trailing_zeros() as usize) {
            return true;
        }
        pairs &= pairs - 1;
    }
    foreign
}

/// Whether the pair of letters at a place is that of such a word.
fn names(bytes: &[u8], place: usize) -> bool {
    let pair = [at(bytes, place) | 0x20, at(bytes, place + 1) | 0x20];
    let of_pair = |stem: &&Stem| stem.pair == pair;
    let begin = |stem: &Stem| {
        let start = place.checked_sub(stem.offset)?;
        starts_with_ignore_case(bytes, start, stem.word).then_some(start)
    };
    STEMS.iter().filter(of_pair).any(|stem| begin(stem).is_some())
        || HEADS.iter().filter(of_pair).filter_map(begin).any(|start| follows_lead(bytes, start))
}

fn follows_lead(bytes: &[u8], start: usize) -> bool {
    let end = start - span_back(bytes, start, 2, |byte| matches!(byte, b' ' | b'_' | b'-' | b'.'));
    let end = end - span_back(bytes, end, 2, is_digit);
    LEADS.iter().any(|lead| end.checked_sub(lead.len()).is_some_and(|from| starts_with_ignore_case(bytes, from, lead)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        context::{key_topics, words::WORDS},
        kind::Kind,
    };

    #[test]
    fn every_word_that_names_a_secret_is_met() {
        let words = WORDS
            .iter()
            .filter(|(topics, _)| topics.names(Kind::Secret))
            .flat_map(|(_, words)| words.split_whitespace());
        let mut names: Vec<String> = words.map(|word| word.trim_end_matches('*').to_owned()).collect();
        assert!(names.iter().all(|name| key_topics(name.as_bytes()).names(Kind::Secret)));
        for lead in LEADS {
            let lead = std::str::from_utf8(lead).unwrap();
            for head in ["key", "token"] {
                names.extend(["", "_", "-", " ", "."].map(|between| format!("{lead}{between}{head}")));
                names.push(format!("{lead}2_{head}"));
            }
        }
        for name in names {
            for name in [name.clone(), name.to_uppercase()] {
                for blanks in 0..20 {
                    let document = format!("{}{{\"{name}\":\"build-97\"}}", " ".repeat(blanks));
                    assert!(may_name_a_secret(document.as_bytes()), "{document}");
                }
            }
        }
    }

    #[test]
    fn other_words_are_none() {
        for document in [
            r#"{"key":"build-97","token_count":17,"keyboard":"monkey","crate":"sparse","best":"tree","slot":"track"}"#,
            "a – b · c",
            "",
        ] {
            assert!(!may_name_a_secret(document.as_bytes()), "{document}");
        }
        assert!(may_name_a_secret("пароль".as_bytes()) && may_name_a_secret("クレデンシャル".as_bytes()));
    }
}
