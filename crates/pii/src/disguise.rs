//! Text in disguise: the same letters and digits in another writing, such as the full-width ones of East Asia and the digits
//! of other scripts, and characters between them that nobody sees. A person reads through all of it, and so does a model.
//! It is read here as if it were written plainly.

use std::borrow::Cow;

use crate::{
    chars::{at, char_at, part},
    json::Decoded,
    simd::BLOCK,
};

/// What a character is to a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    /// Itself.
    Plain,
    /// A character of ASCII, by which values can be told.
    As(u8),
    /// The same, of which texts without anything in disguise are full: the punctuation of East Asia.
    Mark(u8),
    /// A blank that does not break, or has another width.
    Blank,
    /// Nothing at all.
    Nothing,
}

/// The zeros of the scripts whose digits are in use. Their other digits follow.
static ZEROS: [char; 15] = [
    '\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{B66}', '\u{BE6}', '\u{C66}', '\u{CE6}',
    '\u{D66}', '\u{E50}', '\u{ED0}', '\u{1040}', '\u{17E0}',
];

/// Whether a letter or digit is written so that no anchor shows where it is.
pub(crate) fn hides_anchors(bytes: &[u8]) -> bool {
    any(bytes, |seen| matches!(seen, Seen::As(_)))
}

fn any(bytes: &[u8], test: impl Fn(Seen) -> bool) -> bool {
    let (blocks, tail) = bytes.as_chunks::<BLOCK>();
    let among = |start: usize, block: &[u8]| {
        let mut places = block.iter().zip(start..).filter(|(byte, _)| leads(**byte));
        places.any(|(_, place)| test(seen(bytes, place)))
    };
    blocks.iter().enumerate().any(|(index, block)| !block.is_ascii() && among(index * BLOCK, block))
        || (!tail.is_ascii() && among(bytes.len() - tail.len(), tail))
}

/// The text without its disguise, where it has one.
pub(crate) fn taken_off(bytes: &[u8]) -> Option<Decoded> {
    if !any(bytes, |seen| matches!(seen, Seen::As(_) | Seen::Blank | Seen::Nothing)) {
        return None;
    }
    let mut plain = Decoded::default();
    plain.bytes.reserve(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let byte = at(bytes, place);
        let seen = if leads(byte) { seen(bytes, place) } else { Seen::Plain };
        match seen {
            Seen::Plain => plain.bytes.push(byte),
            Seen::As(letter) | Seen::Mark(letter) => plain.bytes.push(letter),
            Seen::Blank => plain.bytes.push(b' '),
            Seen::Nothing => (),
        }
        place += if seen == Seen::Plain { 1 } else { length(byte) };
        if seen != Seen::Plain {
            plain.mark(place);
        }
    }
    Some(plain)
}

/// The same for a value.
pub(crate) fn plainly(value: &str) -> Cow<'_, str> {
    match taken_off(value.as_bytes()) {
        Some(plain) => Cow::Owned(String::from_utf8_lossy(&plain.bytes).into_owned()),
        None => Cow::Borrowed(value),
    }
}

/// Where the part of the worn text ends that ends at a place of the plain one. What nobody sees behind it is not part of it.
pub(crate) fn end_of(plain: &Decoded, worn: &[u8], end: usize) -> usize {
    let Some(last) = end.checked_sub(1) else { return 0 };
    let place = plain.raw(last);
    place + if leads(at(worn, place)) && seen(worn, place) != Seen::Plain { length(at(worn, place)) } else { 1 }
}

/// Whether a character that is none of ASCII's own may begin with the byte, though it stands for one or for nothing.
#[inline]
fn leads(byte: u8) -> bool {
    matches!(byte, 0xC2 | 0xD8 | 0xD9 | 0xDB | 0xE0..=0xE2 | 0xE3 | 0xEF)
}

/// How long a character is that begins with the byte.
fn length(first: u8) -> usize {
    if first < 0xE0 { 2 } else { 3 }
}

fn seen(bytes: &[u8], place: usize) -> Seen {
    // Most characters of some scripts begin with these, and few of them are meant.
    match part(bytes, place, place + 2) {
        [0xC2, 0xA0 | 0xAD] | [0xD8, 0x9C] | [0xD9, 0xA0..=0xA9] | [0xDB, 0xB0..=0xB9] => (),
        [0xE0, _] | [0xE1, 0x81 | 0x9F] | [0xE2, 0x80 | 0x81] | [0xE3, 0x80] | [0xEF, 0xBB..=0xBD] => (),
        _ => return Seen::Plain,
    }
    match char_at(bytes, place) {
        Some(letter) => of(letter),
        None => Seen::Plain,
    }
}

fn of(letter: char) -> Seen {
    match letter {
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' => Seen::Blank,
        '\u{2010}' | '\u{2011}' => Seen::Mark(b'-'),
        // The soft hyphen; what joins, divides and directs letters; the mark at the start of a file.
        '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => Seen::Nothing,
        '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' => Seen::Nothing,
        '\u{3000}' => Seen::Mark(b' '),
        '\u{FF01}'..='\u{FF5E}' => match u8::try_from(u32::from(letter) - 0xFEE0) {
            Ok(plain) if plain.is_ascii_alphanumeric() || matches!(plain, b'@' | b'.' | b'-') => Seen::As(plain),
            Ok(plain) => Seen::Mark(plain),
            Err(_) => Seen::Plain,
        },
        _ => {
            let digit = ZEROS
                .iter()
                .filter_map(|&zero| u32::from(letter).checked_sub(u32::from(zero)))
                .find(|&digit| digit < 10);
            digit.and_then(|digit| u8::try_from(digit).ok()).map_or(Seen::Plain, |digit| Seen::As(b'0' + digit))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Kind, Scanner};

    fn found(text: &str) -> Vec<(Kind, String)> {
        let findings = Scanner::new(Config::default()).scan(text);
        findings.iter().map(|finding| (finding.kind, text[finding.range.clone()].to_owned())).collect()
    }

    #[test]
    fn what_a_reader_sees_is_found() {
        for (text, kind, value) in [
            ("電話：０９０－１２３４－５６７８", Kind::Phone, "０９０－１２３４－５６７８"),
            ("電話：090－1234－5678。", Kind::Phone, "090－1234－5678"),
            ("カード ４１１１　１１１１　１１１１　１１１１", Kind::Card, "４１１１　１１１１　１１１１　１１１１"),
            ("ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", Kind::Email, "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ"),
            ("write to jane.doe＠example.com.", Kind::Email, "jane.doe＠example.com"),
            ("jane.\u{200B}doe\u{AD}@example.com\u{200B} is hers", Kind::Email, "jane.\u{200B}doe\u{AD}@example.com"),
            ("\u{FEFF}203.0.113\u{2060}.9", Kind::Ip, "203.0.113\u{2060}.9"),
            ("\u{202A}+1 415\u{200B} 555 2671\u{202C}", Kind::Phone, "+1 415\u{200B} 555 2671"),
            ("4111\u{2060}1111\u{200B}1111\u{AD}1111", Kind::Card, "4111\u{2060}1111\u{200B}1111\u{AD}1111"),
            ("رقم الهاتف: +٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", Kind::Phone, "+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧"),
            ("تلفن: +۹۸ ۲۱ ۸۸۷۶ ۵۴۳۲", Kind::Phone, "+۹۸ ۲۱ ۸۸۷۶ ۵۴۳۲"),
            ("फोन: +९१ ९८७६५ ४३२१०", Kind::Phone, "+९१ ९८७६५ ४३२१०"),
            (
                "Adresse\u{A0}: 12\u{A0}rue de la\u{A0}Paix, 75002\u{A0}Paris",
                Kind::Street,
                "12\u{A0}rue de la\u{A0}Paix, 75002\u{A0}Paris",
            ),
            (
                "NINO AB\u{202F}12\u{202F}34\u{202F}56\u{202F}C",
                Kind::NationalId,
                "AB\u{202F}12\u{202F}34\u{202F}56\u{202F}C",
            ),
            ("é SSN 219\u{200D}-09-9998é", Kind::Ssn, "219\u{200D}-09-9998"),
        ] {
            let json = in_json(text);
            let expected = vec![(kind, value.to_owned())];
            assert_eq!(found(text), expected, "{text}");
            assert_eq!(found(&json), expected, "{json}");
        }
    }

    /// The text as the value of a key, among others that are harmless.
    fn in_json(text: &str) -> String {
        format!("{{\"id\":1,\"note\":\"{text}\",\"ok\":true}}")
    }

    #[test]
    fn what_is_plain_is_left_alone() {
        for text in ["", "plain", "Grüße — “naïve” …", "你好，世界：（再见）", "Привет, как дела?", "\u{2028}日本語。"]
        {
            assert!(taken_off(text.as_bytes()).is_none(), "{text}");
        }
        for bytes in [&b"\xEF"[..], b"\xEF\xBC", b"\xD9", b"\xE2\x80", b"\xEF\xBC1"] {
            assert!(taken_off(bytes).is_none());
        }
    }

    #[test]
    fn one_value_is_one_value_in_every_writing() {
        assert_eq!(plainly("０９０－１２３４"), "090-1234");
        assert_eq!(plainly("090-1234"), "090-1234");
        assert_eq!(plainly("jane\u{200B}@example.com"), "jane@example.com");
    }

    #[test]
    fn every_place_has_its_way_back() {
        let worn = "é１２\u{200B}３x\u{AD}";
        let plain = taken_off(worn.as_bytes()).unwrap();
        assert_eq!(plain.bytes, "é123x".as_bytes());
        let places: Vec<usize> = (0..=plain.bytes.len()).map(|place| plain.raw(place)).collect();
        assert_eq!(places, [0, 1, 2, 5, 11, 14, 17]);
        let ends: Vec<usize> = (0..=plain.bytes.len()).map(|end| end_of(&plain, worn.as_bytes(), end)).collect();
        assert_eq!(ends, [0, 1, 2, 5, 8, 14, 15]);
    }
}
