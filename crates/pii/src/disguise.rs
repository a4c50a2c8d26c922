//! Text in disguise: the same letters and digits in another writing, as full-width ones of East Asia, digits of other scripts,
//! the escapes of URLs (RFC 3986 section 2.1), of HTML, and of JSON where it stands in other text; and characters between
//! them that nobody sees. A person reads through all of it, and so does a model. It is read here as if it were written
//! plainly.

use std::borrow::Cow;

use crate::{
    chars::{at, before, char_at, part, run, span},
    json::{Decoded, byte_of, code_point},
    prefilter::{Anchors, Veils},
    simd::Sort,
};

/// What stands for something else: what it is to a reader, and how long it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Worn {
    seen: Seen,
    length: usize,
}

/// What a reader sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    /// A character that values can be made of.
    As(char),
    /// One of which texts without anything in disguise are full, such as the punctuation of East Asia.
    Mark(char),
    /// Nothing at all.
    Nothing,
}

/// The zeros of the scripts whose digits are in use. Their other digits follow.
static ZEROS: [char; 15] = [
    '\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{B66}', '\u{BE6}', '\u{C66}', '\u{CE6}',
    '\u{D66}', '\u{E50}', '\u{ED0}', '\u{1040}', '\u{17E0}',
];

/// Characters that HTML has names for: blanks, marks, what nobody sees, the letters of western Europe.
static ENTITIES: [(&[u8], char); 51] = [
    (b"nbsp", '\u{A0}'),
    (b"ensp", '\u{2002}'),
    (b"emsp", '\u{2003}'),
    (b"thinsp", '\u{2009}'),
    (b"shy", '\u{AD}'),
    (b"zwnj", '\u{200C}'),
    (b"zwj", '\u{200D}'),
    (b"lrm", '\u{200E}'),
    (b"rlm", '\u{200F}'),
    (b"commat", '@'),
    (b"amp", '&'),
    (b"lt", '<'),
    (b"gt", '>'),
    (b"quot", '"'),
    (b"apos", '\''),
    (b"ndash", '–'),
    (b"agrave", 'à'),
    (b"aacute", 'á'),
    (b"acirc", 'â'),
    (b"atilde", 'ã'),
    (b"auml", 'ä'),
    (b"aring", 'å'),
    (b"aelig", 'æ'),
    (b"ccedil", 'ç'),
    (b"egrave", 'è'),
    (b"eacute", 'é'),
    (b"ecirc", 'ê'),
    (b"euml", 'ë'),
    (b"igrave", 'ì'),
    (b"iacute", 'í'),
    (b"icirc", 'î'),
    (b"iuml", 'ï'),
    (b"ntilde", 'ñ'),
    (b"ograve", 'ò'),
    (b"oacute", 'ó'),
    (b"ocirc", 'ô'),
    (b"otilde", 'õ'),
    (b"ouml", 'ö'),
    (b"oslash", 'ø'),
    (b"ugrave", 'ù'),
    (b"uacute", 'ú'),
    (b"ucirc", 'û'),
    (b"uuml", 'ü'),
    (b"szlig", 'ß'),
    (b"Auml", 'Ä'),
    (b"Ouml", 'Ö'),
    (b"Uuml", 'Ü'),
    (b"Aring", 'Å'),
    (b"Oslash", 'Ø'),
    (b"Eacute", 'É'),
    (b"Ccedil", 'Ç'),
];

/// The most backslashes before an escape of JSON, which is in strings that are in strings.
const MAX_BACKSLASHES: usize = 8;
/// The longest name or number of a character in HTML; with its semicolon it fits into eight bytes.
const MAX_NAME: usize = 7;

/// Whether anything personal could begin anywhere, plainly or in disguise. Where nothing can, no recognizer need see the text.
pub(crate) fn may_hold(bytes: &[u8]) -> bool {
    Anchors::new(bytes).next(0).is_some() || hides_anchors(bytes)
}

/// Whether a letter or digit is written so that no anchor shows where it is.
pub(crate) fn hides_anchors(bytes: &[u8]) -> bool {
    any(bytes, |place, seen| match seen {
        Some(Seen::As(letter)) => letter.is_ascii_alphanumeric() || letter == '@',
        // One anchor is a word, which can be broken.
        Some(Seen::Nothing) => matches!(before(bytes, place) | 0x20, b'p' | b'a' | b's'),
        Some(Seen::Mark(_)) | None => false,
    })
}

/// The text without its disguise, where it has one. Bytes that are no UTF-8 are a disguise too: most such texts are in an
/// encoding of single bytes, and so they are read.
pub(crate) fn taken_off(bytes: &[u8]) -> Option<Decoded> {
    let mut foreign = false;
    let is_worn = any(bytes, |place, seen| {
        foreign |= at(bytes, place) >= 0x80;
        matches!(seen, Some(Seen::As(_) | Seen::Nothing))
    });
    let is_broken = || foreign && std::str::from_utf8(bytes).is_err();
    if !is_worn && !is_broken() {
        return None;
    }
    let mut plain = Decoded::default();
    plain.bytes.reserve(bytes.len());
    let (mut veils, mut place) = (Veils::new(bytes), 0);
    while let Some(veil) = veils.next(place) {
        plain.bytes.extend_from_slice(part(bytes, place, veil));
        let found = worn(bytes, veil).or_else(|| single_byte(bytes, veil));
        let length = found.map_or_else(|| char_at(bytes, veil).map_or(1, char::len_utf8), |found| found.length);
        place = veil + length;
        match found.map(|found| found.seen) {
            None => plain.bytes.extend_from_slice(part(bytes, veil, place)),
            Some(Seen::As(letter) | Seen::Mark(letter)) => {
                plain.bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Some(Seen::Nothing) => (),
        }
        if found.is_some() {
            plain.mark(place);
        }
    }
    plain.bytes.extend_from_slice(part(bytes, place, bytes.len()));
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
pub(crate) fn end_of(plain: &Decoded, bytes: &[u8], end: usize) -> usize {
    let Some(last) = plain.bytes.get(..end).and_then(|plain| plain.iter().rposition(|byte| byte & 0xC0 != 0x80)) else {
        return 0;
    };
    let place = plain.raw(last);
    let found = worn(bytes, place).or_else(|| single_byte(bytes, place));
    place + found.map_or(end - last, |found| found.length)
}

/// Whether a place where something may be in disguise passes the test: by where it is, and by what it is to a reader, when it
/// is something else.
fn any(bytes: &[u8], mut test: impl FnMut(usize, Option<Seen>) -> bool) -> bool {
    let (mut veils, mut place) = (Veils::new(bytes), 0);
    while let Some(veil) = veils.next(place) {
        if test(veil, worn(bytes, veil).map(|worn| worn.seen)) {
            return true;
        }
        place = veil + 1;
    }
    false
}

/// What is in disguise at a place.
#[inline]
fn worn(bytes: &[u8], place: usize) -> Option<Worn> {
    match at(bytes, place) {
        b'%' => in_url(bytes, place),
        b'&' => in_html(bytes, place),
        b'\\' => in_json(bytes, place),
        0..=0x7F => None,
        _ => in_unicode(bytes, place),
    }
}

/// `%20`, `%C3%A9`. Letters, digits, dots and dashes need no escape in a URL, and none is read: `%2d` is for `printf`.
fn in_url(bytes: &[u8], place: usize) -> Option<Worn> {
    let first = escaped_byte(bytes, place)?;
    if first < 0x80 {
        let letter = char::from(first);
        let marks = matches!(first, b'\n' | b'\r' | b'\t' | b' '..=b'~') && !letter.is_ascii_alphanumeric();
        return (marks && !matches!(letter, '-' | '.' | '%')).then_some(Worn { seen: Seen::As(letter), length: 3 });
    }
    let mut utf8 = [first, 0, 0, 0];
    for (index, slot) in utf8.iter_mut().enumerate().skip(1) {
        match escaped_byte(bytes, place + 3 * index) {
            Some(byte) => *slot = byte,
            None => break,
        }
    }
    let letter = char_at(&utf8, 0)?;
    Some(Worn { seen: Seen::As(letter), length: 3 * letter.len_utf8() })
}

/// The byte that an escape of a URL stands for.
fn escaped_byte(bytes: &[u8], place: usize) -> Option<u8> {
    let &[b'%', high, low] = part(bytes, place, place + 3) else { return None };
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    Some(value(high)? << 4 | value(low)?)
}

/// `&nbsp;`, `&#64;`, `&#x40;`.
fn in_html(bytes: &[u8], place: usize) -> Option<Worn> {
    // Most of them stand in programs, and no semicolon is near.
    if !near(bytes, place + 1, b';') {
        return None;
    }
    let start = place + 1 + usize::from(at(bytes, place + 1) == b'#');
    let end = start + run(bytes, start, MAX_NAME, Sort::Alnum);
    if at(bytes, end) != b';' {
        return None;
    }
    let name = part(bytes, place + 1, end);
    let length = end + 1 - place;
    let Some(code) = name.strip_prefix(b"#") else {
        let &(_, letter) = ENTITIES.iter().find(|(known, _)| *known == name)?;
        let seen = of(letter).unwrap_or(if letter.is_alphabetic() || letter == '@' {
            Seen::As(letter)
        } else {
            Seen::Mark(letter)
        });
        return Some(Worn { seen, length });
    };
    let (digits, radix) =
        code.strip_prefix(b"x").or_else(|| code.strip_prefix(b"X")).map_or((code, 10), |hex| (hex, 16));
    let value = u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
    let letter = char::from_u32(value).filter(|letter| !letter.is_control())?;
    Some(Worn { seen: of(letter).unwrap_or(Seen::As(letter)), length })
}

/// Whether the byte is among the eight from a place on; true as well where fewer are left.
#[inline]
fn near(bytes: &[u8], place: usize, byte: u8) -> bool {
    let Some(eight) = bytes.get(place..).and_then(|rest| rest.first_chunk::<8>()) else { return true };
    // Zero where the byte stands; a subtraction then borrows into the highest bit, which was not set before.
    let apart = u64::from_le_bytes(*eight) ^ u64::from_le_bytes([byte; 8]);
    apart.wrapping_sub(u64::from_le_bytes([1; 8])) & !apart & u64::from_le_bytes([0x80; 8]) != 0
}

/// `\u00df`, with as many backslashes as there are strings around it.
fn in_json(bytes: &[u8], place: usize) -> Option<Worn> {
    if !matches!(at(bytes, place + 1), b'u' | b'\\') {
        return None;
    }
    let marks = span(bytes, place, MAX_BACKSLASHES, |byte| byte == b'\\');
    if at(bytes, place + marks) != b'u' {
        return None;
    }
    let (letter, end) = code_point(bytes, place + marks - 1).filter(|(letter, _)| !letter.is_control())?;
    let length = end - place;
    Some(Worn { seen: of(letter).unwrap_or(Seen::As(letter)), length })
}

fn in_unicode(bytes: &[u8], place: usize) -> Option<Worn> {
    // Most characters of some scripts begin with these, and few of them are meant.
    match part(bytes, place, place + 2) {
        [0xC2, 0xA0 | 0xAD] | [0xD8, 0x9C] | [0xD9, 0xA0..=0xA9] | [0xDB, 0xB0..=0xB9] => (),
        [0xE0, _] | [0xE1, 0x81 | 0x9F] | [0xE2, 0x80 | 0x81] | [0xE3, 0x80] | [0xEF, 0xBB..=0xBD] => (),
        _ => return None,
    }
    let letter = char_at(bytes, place)?;
    of(letter).map(|seen| Worn { seen, length: letter.len_utf8() })
}

/// A byte that belongs to no character of UTF-8.
fn single_byte(bytes: &[u8], place: usize) -> Option<Worn> {
    let byte = at(bytes, place);
    let broken = byte >= 0x80 && char_at(bytes, place).is_none();
    broken.then(|| Worn { seen: Seen::As(byte_of(byte)), length: 1 })
}

/// What a character is to a reader, when it is something else.
fn of(letter: char) -> Option<Seen> {
    let seen = match letter {
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' => Seen::As(' '),
        '\u{2010}' | '\u{2011}' => Seen::Mark('-'),
        // The soft hyphen; what joins, divides and directs letters; the mark at the start of a file.
        '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => Seen::Nothing,
        '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' => Seen::Nothing,
        '\u{3000}' => Seen::Mark(' '),
        '\u{FF01}'..='\u{FF5E}' => {
            let plain = char::from_u32(u32::from(letter) - 0xFEE0)?;
            let values = plain.is_ascii_alphanumeric() || matches!(plain, '@' | '.' | '-');
            if values { Seen::As(plain) } else { Seen::Mark(plain) }
        }
        _ => {
            let zero =
                ZEROS.iter().find(|&&zero| (u32::from(zero)..u32::from(zero) + 10).contains(&u32::from(letter)))?;
            Seen::As(char::from_digit(u32::from(letter) - u32::from(*zero), 10)?)
        }
    };
    Some(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Kind, Scanner, context::Surroundings, json::Origin};

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
            ("GET /s?phone=%2B14155552671&x=1", Kind::Phone, "%2B14155552671"),
            ("to=%2B44%2020%207946%200958", Kind::Phone, "%2B44%2020%207946%200958"),
            (
                "/?a=12%20Main%20St%2C%20Springfield%2C%20IL%2062704",
                Kind::Street,
                "12%20Main%20St%2C%20Springfield%2C%20IL%2062704",
            ),
            (
                "q=Calle%20Mu%C3%B1oz%2012%2C%2028013%20Madrid",
                Kind::Street,
                "Calle%20Mu%C3%B1oz%2012%2C%2028013%20Madrid",
            ),
            ("u?e=ann%2Bnews%40students.example.com&id=1", Kind::Email, "ann%2Bnews%40students.example.com"),
            ("jane&#64;example.com", Kind::Email, "jane&#64;example.com"),
            ("&lt;jane&#x40;example.com&gt;", Kind::Email, "jane&#x40;example.com"),
            ("tel: +1&nbsp;415&nbsp;555&nbsp;2671", Kind::Phone, "+1&nbsp;415&nbsp;555&nbsp;2671"),
            ("Hauptstra&szlig;e&#160;12, 10115 K&ouml;ln", Kind::Street, "Hauptstra&szlig;e&#160;12, 10115 K&ouml;ln"),
            ("say: {'a': 'jane.doe\\u0040example.com'}", Kind::Email, "jane.doe\\u0040example.com"),
            ("b: Musterstra\\u00dfe 5, 10115 K\\u00f6ln.", Kind::Street, "Musterstra\\u00dfe 5, 10115 K\\u00f6ln"),
            ("\\ud83d\\ude00 +1 415 555 2671\\ud83d\\ude00", Kind::Phone, "+1 415 555 2671"),
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
    }

    #[test]
    fn a_text_of_single_bytes_is_read_as_one() {
        let latin = b"M\xFCller, Musterstra\xDFe 5, 10115 K\xF6ln \x80 50, j\xE4n@example.com\xE9";
        let findings = Scanner::new(Config::default()).plain(latin, &Origin::ROOT, Surroundings::default());
        let found: Vec<_> = findings.iter().map(|finding| (finding.kind, &latin[finding.range.clone()])).collect();
        assert_eq!(
            found,
            [(Kind::Street, &b"Musterstra\xDFe 5, 10115 K\xF6ln"[..]), (Kind::Email, b"j\xE4n@example.com")]
        );
        for bytes in [&b"\xEF"[..], b"\xEF\xBC", b"\xD9", b"\xE2\x80", b"\xEF\xBC1"] {
            assert!(taken_off(bytes).is_some_and(|plain| std::str::from_utf8(&plain.bytes).is_ok()));
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
