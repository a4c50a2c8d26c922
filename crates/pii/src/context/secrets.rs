//! Whether a document may name a secret at all: "password", "api key". Where no word does, no word of letters and digits in
//! it is taken for a secret, and most of them need not be looked at.

use crate::{
    chars::{at, is_digit, span_back, starts_with_ignore_case},
    simd::{PIECE, secret_pairs},
};

/// The words that have a pair of letters in common; each with how far into it the pair stands. Of every word that names a
/// secret it is the pair that is rarest in others.
struct Pair {
    letters: [u8; 2],
    /// These name a secret by themselves.
    alone: &'static [(&'static [u8], usize)],
    /// These name one behind another word.
    behind: &'static [(&'static [u8], usize)],
}

impl Pair {
    const fn alone(letters: [u8; 2], alone: &'static [(&'static [u8], usize)]) -> Self {
        Self { letters, alone, behind: &[] }
    }

    const fn behind(letters: [u8; 2], behind: &'static [(&'static [u8], usize)]) -> Self {
        Self { letters, alone: &[], behind }
    }
}

static WORDS_BY_PAIR: [Pair; PAIRS.len()] = [
    Pair::behind(*b"ey", &[(b"key", 1)]),
    Pair::behind(*b"ok", &[(b"token", 1)]),
    Pair::alone(*b"be", &[(b"bearer", 0)]),
    Pair::alone(*b"tr", &[(b"contrase", 3)]),
    Pair::alone(*b"sc", &[(b"passcode", 3)]),
    Pair::alone(*b"sp", &[(b"passphrase", 3)]),
    Pair::alone(*b"cr", &[(b"secret", 2), (b"credential", 0)]),
    Pair::alone(*b"iz", &[(b"authoriz", 6)]),
    Pair::alone(*b"sl", &[(b"haslo", 2), (b"heslo", 2)]),
    Pair::alone(*b"sw", &[(b"passw", 3)]),
    Pair::alone(*b"tw", &[(b"wachtwoord", 4)]),
    Pair::alone(*b"wd", &[(b"pwd", 1)]),
    Pair::alone(*b"dp", &[(b"mdp", 1)]),
    Pair::alone(*b"td", &[(b"motdepasse", 2)]),
    Pair::alone(*b"nh", &[(b"senha", 2)]),
];
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
pub(crate) const PAIRS: [[u8; 2]; 15] = [
    *b"sw", *b"sp", *b"sc", *b"wd", *b"iz", *b"cr", *b"ey", *b"ok", *b"be", *b"dp", *b"td", *b"tr", *b"nh", *b"tw",
    *b"sl",
];

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
    let Some(words) = WORDS_BY_PAIR.iter().find(|words| words.letters == pair) else { return false };
    let begin = |&(word, offset): &(&[u8], usize)| {
        place.checked_sub(offset).filter(|&start| starts_with_ignore_case(bytes, start, word))
    };
    words.alone.iter().any(|word| begin(word).is_some())
        || words.behind.iter().filter_map(begin).any(|start| follows_lead(bytes, start))
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
