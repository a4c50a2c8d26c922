//! Letters beyond ASCII: what each is, by one look into a table. The search that the standard library makes for them takes
//! a hundred times as long, and who sends a text decides how many such letters are in it.

use std::sync::OnceLock;

/// Every alphabet that puts blanks between words lies below.
const LIMIT: usize = 0x2000;

const LETTER: u8 = 1;
const CAPITAL: u8 = 2;

struct Letters {
    sorts: Vec<u8>,
    /// The small letter of each; 0 where it is not one letter.
    small: Vec<u16>,
}

fn letters() -> &'static Letters {
    static LETTERS: OnceLock<Letters> = OnceLock::new();
    LETTERS.get_or_init(Letters::build)
}

impl Letters {
    fn build() -> Self {
        let codes = || (0..LIMIT as u32).map(|code| char::from_u32(code).unwrap_or('\0'));
        Self {
            sorts: codes().map(sort).collect(),
            small: codes()
                .map(|letter| small(letter).and_then(|small| u16::try_from(small).ok()).unwrap_or(0))
                .collect(),
        }
    }
}

fn sort(letter: char) -> u8 {
    let spaced = matches!(letter, '\0'..'\u{E00}' | '\u{1E00}'..'\u{1F00}');
    (u8::from(spaced && letter.is_alphabetic() && !matches!(letter, '\u{80}'..'\u{C0}')) * LETTER)
        | (u8::from(letter.is_uppercase()) * CAPITAL)
}

fn small(letter: char) -> Option<u32> {
    let mut small = letter.to_lowercase();
    small.next().filter(|_| small.next().is_none()).map(u32::from)
}

fn sort_of(letter: char) -> u8 {
    letters().sorts.get(letter as usize).copied().unwrap_or(0)
}

/// A letter of a script that puts spaces between words: it glues to what stands beside it.
#[inline]
pub(crate) fn is_letter(letter: char) -> bool {
    match letter {
        'a'..='z' | 'A'..='Z' => true,
        // Latin and Cyrillic, without the signs of multiplication and division.
        '\u{C0}'..='\u{24F}' => !matches!(letter, '×' | '÷'),
        '\u{400}'..='\u{481}' | '\u{48A}'..='\u{52F}' => true,
        // The signs of Hindi that change or join letters.
        '\u{93C}' | '\u{94D}' => true,
        '\u{250}'..'\u{E00}' | '\u{1E00}'..'\u{1F00}' => sort_of(letter) & LETTER != 0,
        _ => false,
    }
}

/// Whether it is a capital of any alphabet.
#[inline]
pub(crate) fn is_capital(letter: char) -> bool {
    match letter {
        '\0'..'\u{80}' => letter.is_ascii_uppercase(),
        'À'..='Þ' => letter != '×',
        _ if (letter as usize) < LIMIT => sort_of(letter) & CAPITAL != 0,
        _ => letter.is_uppercase(),
    }
}

/// The small letter of one, told by its place or by the table. Nothing where it is not one letter, and for the rare ones.
#[inline]
pub(crate) fn small_letter(letter: char) -> Option<char> {
    let code = u32::from(letter);
    let small = match letter {
        '×' => code,
        'À'..='Þ' | 'А'..='Я' => code + 32,
        'ß'..='ÿ' | 'а'..='џ' => code,
        '\u{400}'..='\u{40F}' => code + 80,
        '\u{100}'..='\u{12F}' | '\u{132}'..='\u{137}' | '\u{14A}'..='\u{177}' => code | 1,
        '\u{139}'..='\u{148}' | '\u{179}'..='\u{17E}' => code + (code & 1),
        // Scripts of East Asia have one case.
        '\u{2E80}'..'\u{A640}' | '\u{AC00}'..='\u{D7FF}' => code,
        _ => return listed(letter),
    };
    char::from_u32(small)
}

fn listed(letter: char) -> Option<char> {
    let small = letters().small.get(letter as usize).copied().filter(|&small| small != 0)?;
    char::from_u32(small.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_the_alphabets() {
        for letter in '\0'..='\u{3000}' {
            let spaced = letter.is_ascii() || matches!(letter, '\u{C0}'..'\u{E00}' | '\u{1E00}'..'\u{1F00}');
            let joins = matches!(letter, '\u{93C}' | '\u{94D}');
            assert_eq!(is_letter(letter), joins || (spaced && letter.is_alphabetic()), "{letter:?}");
        }
    }

    #[test]
    fn small_letters_and_capitals_are_those_of_unicode() {
        for letter in '\0'..=char::MAX {
            let known = small_letter(letter);
            assert!(known.is_none() || letter.to_lowercase().eq(known), "{letter:?} {known:?}");
            assert_eq!(is_capital(letter), letter.is_uppercase(), "{letter:?}");
        }
        assert_eq!(
            ['É', 'Ł', 'Ź', 'Ж', 'Ё', 'ß', 'Σ', '中'].map(small_letter),
            ['é', 'ł', 'ź', 'ж', 'ё', 'ß', 'σ', '中'].map(Some)
        );
    }
}
