//! Street first: `Hauptstraße 12`, `Calle de Alcalá, 5`, `ul. Długa 4/6`, `Storgatan 8`.

use std::ops::Range;

use super::{
    dwelling,
    ends::{APART, GLUED, SURELY_GLUED},
    house::house,
    names::{ADJECTIVE, GERMAN_LEAD, LEAD, SMALL},
    page::{MAX_WORD, Page, Word},
    tail,
};
use crate::{
    chars::{
        at, before, char_at, char_before, is_alnum, is_alpha, is_capital, is_digit, is_letter, is_upper, part,
        run_back, small_letter, span, span_back,
    },
    context::Topics,
    simd::Sort,
};

use super::forward::Line;

/// How far back the name may begin, in words.
const MAX_WORDS: usize = 7;

/// The street line that ends with the house number `number..after`.
pub(super) fn street(page: &Page<'_>, number: usize, after: usize) -> Option<Line> {
    read(page, number, after, last_word(page, anchor(page, number)))
}

/// The same, with the last word of the name in hand.
pub(super) fn read(page: &Page<'_>, number: usize, after: usize, last: Option<Word<'_>>) -> Option<Line> {
    if at(page, after) == b'-'
        && let Some(line) = crossing(page, number, after)
    {
        return Some(line);
    }
    let last = last?;
    // "Calle 60 #491"
    let marked = last.has_digit() && last.end + 1 < number && before(page, number) != b',';
    let (start, strong) = if marked { numbered(page, &last)? } else { page.name_to(last.end, || named(page, &last))? };
    let (end, units) = house(page, after);
    let start = town_before(page, start).unwrap_or(start);
    Some(Line { start, end, points: u8::from(strong) + units, strong, closed: true, long: false })
}

/// `Carrera 7 # 71-21`, `Calle 47A No. 33-35`: a street of Colombia, the one that crosses it, and the house.
fn crossing(page: &Page<'_>, number: usize, after: usize) -> Option<Line> {
    let house = span(page, after + 1, 4, is_digit);
    if !(1..=3).contains(&house) {
        return None;
    }
    let mark = number - span_back(page, number, 1, |byte| byte == b' ');
    let marked = ["#", "No.", "Nº", "N°", "Nro."]
        .iter()
        .find(|known| part(page, mark.saturating_sub(known.len()), mark) == known.as_bytes())?;
    let street_end = mark - marked.len() - span_back(page, mark - marked.len(), 1, |byte| byte == b' ');
    let street = street_end - span_back(page, street_end, 6, |byte| is_digit(byte) || is_alpha(byte));
    let digits = span(page, street, 4, is_digit);
    let letters = street_end - street - digits;
    let lead = word_before(page, street.checked_sub(1).filter(|&blank| at(page, blank) == b' ')?)?;
    let known = [
        "carrera",
        "calle",
        "cra",
        "cr",
        "kr",
        "kra",
        "cl",
        "cll",
        "transversal",
        "tv",
        "diagonal",
        "dg",
        "avenida",
        "av",
        "ak",
        "ac",
    ];
    let fits = (1..=3).contains(&digits) && letters <= 1 && lead.is_name();
    if !fits || !known.iter().any(|known| lead.eq(known)) {
        return None;
    }
    let start = ["Avenida ", "Av. "]
        .iter()
        .find_map(|avenue| {
            let start = lead.start.checked_sub(avenue.len())?;
            (part(page, start, lead.start) == avenue.as_bytes()).then_some(start)
        })
        .unwrap_or(lead.start);
    let end = after + 1 + house;
    let (end, units) = dwelling::unit(page, end).map_or((end, 0), |unit| (unit, 1));
    Some(Line { start, end, points: 1 + units, strong: true, closed: true, long: false })
}

/// `Calle 60`, `Avenida 5A`: a street that goes by a number, in front of the mark of a house number.
fn numbered(page: &Page<'_>, last: &Word<'_>) -> Option<(usize, bool)> {
    let digits = span(last.text, 0, 4, is_digit);
    let lead = word_before_any(page, last.start)?;
    let known = ["Calle", "Carrera", "Avenida", "Av", "Diagonal", "Transversal", "Circuito"];
    let fits = (1..=3).contains(&digits) && last.text.len() <= digits + 1;
    (fits && known.iter().any(|known| lead.text == known.as_bytes())).then_some((lead.start, true))
}

/// `1052 Budapest, ` in front of the street.
fn town_before(page: &Page<'_>, start: usize) -> Option<usize> {
    let mark = start.checked_sub(2).filter(|&mark| part(page, mark, start) == b", ")?;
    let town = word_before(page, mark).filter(|town| town.is_name() && town.end == mark)?;
    let end = town.start.checked_sub(1).filter(|&end| at(page, end) == b' ')?;
    let digits = span_back(page, end, 6, is_digit);
    let code = end - digits;
    let alone = matches!(before(page, code), 0 | b' ' | b'\n' | b'"' | b'\'' | b'\t');
    ((4..=5).contains(&digits) && alone).then_some(code)
}

/// A name that no list knows, in front of a house number: only a postcode and a town behind it make it a street. With them.
pub(super) fn unknown(page: &Page<'_>, after: usize, last: Option<Word<'_>>) -> Option<Range<usize>> {
    let last = last.filter(|last| last.is_name() && !is_digit(at(last.text, 0)) && last.text.len() > 2)?;
    // "Unit 6 - 7682 Portage St": no postcode
    if !tail::may_be_posted(page, after) || ["unit", "apt", "suite"].iter().any(|unit| last.eq(unit)) {
        return None;
    }
    let end = tail::posted(page, house(page, after).0)?;
    let free = !is_month(last.text) && page.topics(last.text) == Topics::NONE;
    free.then(|| widened(page, last.start)..end)
}

fn is_month(word: &[u8]) -> bool {
    static MONTHS: [&[u8]; 22] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec", b"ene", b"mai",
        b"avr", b"dez", b"okt", b"gen", b"mag", b"giu", b"lug", b"set",
    ];
    word.get(..3).is_some_and(|head| MONTHS.iter().any(|month| head.eq_ignore_ascii_case(month)))
}

/// Where the number begins with the mark that is glued to it: `#12`, `No:12`, `Nº12`.
pub(super) fn anchor(bytes: &[u8], number: usize) -> usize {
    if matches!(before(bytes, number), b' ' | b'\n' | b'"' | 0) {
        return number;
    }
    ["#", "No:", "No.", "Nº", "nº", "N°", "n°"]
        .iter()
        .filter_map(|mark| {
            let start = number.checked_sub(mark.len())?;
            (part(bytes, start, number) == mark.as_bytes() && before(bytes, start) == b' ').then_some(start)
        })
        .next()
        .unwrap_or(number)
}

/// The last word of the name in front of the number that begins here, with its mark.
pub(super) fn last_word<'t>(page: &Page<'t>, anchor: usize) -> Option<Word<'t>> {
    word_before(page, name_end(page, anchor)?)
}

/// Where the name ends: before a blank, or a comma, or `nº`.
fn name_end(bytes: &[u8], number: usize) -> Option<usize> {
    if before(bytes, number) != b' ' {
        return None;
    }
    let mut end = number - 1;
    // The marks end in a sign or in one of two letters, and are short.
    if matches!(before(bytes, end), b'.' | b':' | b',' | b'o' | b'r' | 0x80..=0xBF) {
        end = mark_start(bytes, end).unwrap_or(end);
        end -= usize::from(before(bytes, end) == b',');
    }
    Some(end)
}

/// Where the mark of a number begins that ends here, with the blank in front of it: `nº`, `No.`.
fn mark_start(bytes: &[u8], end: usize) -> Option<usize> {
    let length = span_back(bytes, end, MARK, |byte| !matches!(byte, b' ' | b','));
    let mark = str::from_utf8(part(bytes, end - length, end)).ok()?;
    let known = matches!(
        mark,
        "nº" | "n°"
            | "n.º"
            | "núm."
            | "num."
            | "n."
            | "No."
            | "No:"
            | "nr"
            | "nr."
            | "№"
            | "Nº"
            | "N°"
            | "Nro."
            | "Nro"
            | "d."
            | "д."
    );
    let start = end - length;
    (known && start > 0).then(|| start - usize::from(before(bytes, start) == b' '))
}

/// The longest mark of a number, in bytes, and one.
const MARK: usize = 6;

/// The word that ends at a place; with the full stop of an abbreviation before it.
fn word_before<'t>(page: &Page<'t>, end: usize) -> Option<Word<'t>> {
    let stop = end - usize::from(before(page, end) == b'.');
    let last = before(page, stop);
    if last < 0x80 && !is_alnum(last) {
        return None;
    }
    page.word_to(stop, end, || word_start(page, stop))
}

/// Where the word begins that ends here.
#[inline]
fn word_start(bytes: &[u8], stop: usize) -> usize {
    let start = stop - run_back(bytes, stop, MAX_WORD, Sort::Alnum);
    if before(bytes, start) == b' ' { start } else { joined_start(bytes, start, stop) }
}

/// The same for a word whose last letters begin at `start`, and others may stand before.
#[inline(never)]
fn joined_start(bytes: &[u8], mut start: usize, stop: usize) -> usize {
    while start > 0 && stop - start < MAX_WORD {
        let plain = run_back(bytes, start, MAX_WORD - (stop - start), Sort::Alnum);
        if plain > 0 {
            start -= plain;
            continue;
        }
        match char_before(bytes, start) {
            Some(letter) if is_letter(letter) || letter.is_ascii_digit() => start -= letter.len_utf8(),
            Some('-' | '\'' | '\u{2019}') if start < stop => {
                start -= char_before(bytes, start).map_or(1, char::len_utf8)
            }
            _ => break,
        }
    }
    // "Dr.-Külz-Ring"
    if at(bytes, start) == b'-' && before(bytes, start) == b'.' {
        let title = start - 1 - span_back(bytes, start - 1, 5, is_alpha);
        if [&b"Dr"[..], b"St", b"Prof"].contains(&part(bytes, title, start - 1)) {
            return title;
        }
    }
    // The quote that opens a value is no apostrophe of its first word.
    start + span(bytes, start, 2, |byte| matches!(byte, b'\'' | b'-'))
}

/// Where a name that ends in this word begins, and whether it is surely a street.
fn named(page: &Page<'_>, last: &Word<'_>) -> Option<(usize, bool)> {
    let mut buffer = [0; 48];
    let ends = GLUED.may_end(last.text) || APART.may_end(last.text);
    let lower = if ends { lower_case(last.text, &mut buffer)? } else { &[] };
    let apart = APART.is(lower);
    if !last.is_name() && !apart {
        return None;
    }
    if let Some(start) = led(page, last) {
        // A single letter leads many a thing: "R. Augusta, 44", "C. Mayor 5"; not "C.so".
        let letter = part(page, start + 1, start + 3) == b". ";
        return Some((start, !letter));
    }
    let surely = || SURELY_GLUED.longest(lower).is_some_and(|end| lower.len() > end || end > 4);
    let glued = GLUED.longest(lower);
    if apart || glued == Some(lower.len()) {
        // "Karl Johans gate", "Kossuth Lajos utca", "Lange Straße": the end of the name stands alone.
        let first = word_before_blank(page, last.start).filter(Word::is_name)?;
        return Some((widened(page, first.start), apart || surely()));
    }
    // "Bring", "Spring" and "String" are no rings.
    let english = lower.len() <= 6 && lower.ends_with(b"ring");
    if glued.is_some() && !english && !is_of_code(page, last) {
        // "Alte Hauptstraße", "Kleine Gasse"
        return Some((widened(page, last.start), surely()));
    }
    german(page, last).map(|start| (start, false))
}

/// `SUBSTR, 0`, `AnyStr, 42`, `BUF_STR 2`: a name of a program that ends like a street.
fn is_of_code(bytes: &[u8], last: &Word<'_>) -> bool {
    let abbreviated = at(bytes, last.start + last.text.len()) == b'.';
    let capitals = last.text.iter().filter(|&&byte| is_upper(byte)).count();
    let ends = |end: &[u8]| {
        last.text.len() >= end.len()
            && part(last.text, last.text.len() - end.len(), last.text.len()).eq_ignore_ascii_case(end)
    };
    let shouted = last.is_upper() && last.text.len() >= 8 && !last.has_digit();
    ends(b"str") && !abbreviated && (before(bytes, last.start) == b'_' || (capitals > 1 && !shouted))
}

/// The word in lower case. Nothing when it is too long for the end of a street.
fn lower_case<'b>(word: &[u8], buffer: &'b mut [u8; 48]) -> Option<&'b [u8]> {
    let mut length = 0;
    if word.is_ascii() {
        length = word.len();
        let part = buffer.get_mut(..length)?;
        part.copy_from_slice(word);
        part.make_ascii_lowercase();
    } else {
        let mut take = |letter: char| {
            let place = buffer.get_mut(length..length + letter.len_utf8())?;
            length += letter.encode_utf8(place).len();
            Some(())
        };
        let mut place = 0;
        while place < word.len() {
            let letter = char_at(word, place)?;
            place += letter.len_utf8();
            match small_letter(letter) {
                Some(small) => take(small)?,
                None => letter.to_lowercase().try_for_each(&mut take)?,
            }
        }
    }
    buffer.get(..length)
}

/// Where a name begins that is known to reach back to `start`: with the adjectives in front of it, and with every
/// capitalised word when the run of them begins where a value does.
fn widened(page: &Page<'_>, start: usize) -> usize {
    let mut known = start;
    let mut place = start;
    for _ in 0..3 {
        let Some(word) = word_before_any(page, place) else { break };
        let capital = word.is_name() && !word.is_ordinal();
        let german = word.is(GERMAN_LEAD) && capital;
        let counted = is_digit(at(word.text, 0)) && !word.is_ordinal();
        let adjective = german || (word.is(ADJECTIVE) && (capital || counted)) || is_demonym(word.text);
        let initial = word.text.len() == 1 && word.end > word.start + 1;
        if !(adjective || capital || word.is(SMALL)) || initial || is_preposition(word.text) {
            break;
        }
        if !adjective && page.topics(word.text) != Topics::NONE && !word.is(SMALL) {
            return known;
        }
        place = word.start;
        if adjective {
            known = place;
        }
    }
    // "H.C. Andersens"
    while place > 1 && at(page, place - 1) == b' ' && before(page, place - 1) == b'.' {
        let letters = span_back(page, place - 1, 6, |byte| byte == b'.' || byte.is_ascii_uppercase());
        if letters < 2 || is_alnum(before(page, place - 1 - letters)) {
            break;
        }
        place -= 1 + letters;
    }
    let opens = follows_lower(page, place)
        || matches!(before(page, place), 0 | b'\n' | b'"' | b'\'' | b'\t' | b'>' | b'|' | b';')
        || matches!(part(page, place.saturating_sub(2), place), b": " | b", " | b"| " | b"= " | [0x82, b' '])
        || (before(page, place) == b':' && is_alpha(before(page, place - 1)));
    let capital = char_at(page, place).is_some_and(is_capital);
    if opens && capital { place } else { known }
}

/// A small word in front of a name that is none of its own: "Bezorgen op Keizersgracht 12".
fn is_preposition(word: &[u8]) -> bool {
    matches!(
        word,
        b"op"
            | b"in"
            | b"on"
            | b"at"
            | b"to"
            | b"i"
            | b"til"
            | b"till"
            | b"ved"
            | b"na"
            | b"auf"
            | b"an"
            | b"nach"
            | b"of"
    ) || word == "på".as_bytes()
}

/// A word in lower case stands before: what follows is a name from its first word on.
fn follows_lower(page: &Page<'_>, place: usize) -> bool {
    word_before_any(page, place).is_some_and(|word| word.text.iter().all(u8::is_ascii_lowercase))
}

/// "Berliner", "Mariahilfer": a German adjective of a place.
fn is_demonym(word: &[u8]) -> bool {
    word.len() > 5 && word.ends_with(b"er") && char_at(word, 0).is_some_and(is_capital)
}

fn word_before_any<'t>(page: &Page<'t>, start: usize) -> Option<Word<'t>> {
    (before(page, start) == b' ').then(|| word_before(page, start - 1)).flatten()
}

/// `Calle de `, `ul. `, `C/ `: the leading word, some words before.
fn led(page: &Page<'_>, last: &Word<'_>) -> Option<usize> {
    let mut first = *last;
    for index in 0..MAX_WORDS {
        if before(page, first.start) == b'/' && matches!(before(page, first.start - 1), b'C' | b'c') {
            return Some(first.start - 2).filter(|&start| !is_alnum(before(page, start)));
        }
        let gap = span_back(page, first.start, 2, |byte| byte == b' ');
        let place = first.start - gap;
        if gap >= 1 && before(page, place) == b'/' && matches!(before(page, place - 1), b'C' | b'c') {
            return Some(place - 2).filter(|&start| !is_alnum(before(page, start)));
        }
        if gap == 0 {
            return None;
        }
        // "Pº" is "Paseo"; the mark is no letter.
        if before(page, place) == 0xBA
            && let Some(paseo) = place.checked_sub(3).filter(|&paseo| part(page, paseo, place) == "Pº".as_bytes())
        {
            return (!is_alnum(before(page, paseo))).then_some(paseo);
        }
        let word = word_before(page, place)?;
        let abbreviated = before(page, place) == b'.';
        // "5 Star Place. Take 2": a sentence ends.
        if abbreviated && word.text.len() > 4 && word.is(LEAD) {
            return None;
        }
        if let Some(start) = contracted(page, &word) {
            return Some(start);
        }
        // "H.C. Andersens": the second of two initials leads nothing.
        let initial = word.text.len() == 1 && before(page, word.start) == b'.';
        if word.is(LEAD) && !initial && leads(&word, &first, abbreviated) {
            // "Gran Vía Balmes"
            if word.eq("vial")
                && let Some(eje) = word.start.checked_sub(4).filter(|&eje| part(page, eje, word.start) == b"Eje ")
            {
                return Some(eje);
            }
            let gran = word.start.checked_sub(5).filter(|&gran| part(page, gran, word.start) == b"Gran ");
            return Some(gran.filter(|_| word.eq("vía") || word.eq("via")).unwrap_or(word.start));
        }
        // "3 Maja", "9 de Julio"
        let day = word.text.len() <= 2
            && word.text.iter().all(|&byte| is_digit(byte))
            && (first.text.len() > 3 || first.text == b"de")
            && !first.is_upper();
        if day {
            // Before the day stands the leading word itself.
            let gap = span_back(page, word.start, 2, |byte| byte == b' ');
            let lead = word_before(page, word.start - gap)?;
            if gap > 0 && lead.is(LEAD) {
                return Some(lead.start);
            }
            // "Straße des 17. Juni"
            if lead.text == b"des" || lead.text == b"del" {
                return word_before_any(page, lead.start).filter(|street| street.is(LEAD)).map(|street| street.start);
            }
            // "ul. Konstytucji 3 Maja"
            let further = word_before_any(page, lead.start).filter(|further| lead.is_name() && further.is(LEAD))?;
            return leads(&further, &lead, before(page, lead.start - 1) == b'.').then_some(further.start);
        }
        // "Place Details API. After 30": a sentence ends.
        if abbreviated && (word.text.len() > 4 || (word.text.len() > 1 && word.is_upper())) {
            return None;
        }
        if !(word.is_name() || word.is(SMALL) || (abbreviated && word.text.len() <= 3)) || index > 5 {
            return None;
        }
        first = word;
    }
    None
}

/// `V.le`, `P.zza`, `C.so`, `L.go`: where a leading word of Italy begins that is written by its first and last letters.
fn contracted(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    let start = word.start.checked_sub(2)?;
    let known = match part(page, start, word.start) {
        b"V." => word.text == b"le" || word.text == b"lo",
        b"P." => matches!(word.text, b"zza" | b"za" | b"le" | b"tta"),
        b"C." => word.text == b"so",
        b"L." => word.text == b"go",
        _ => false,
    };
    (known && !is_alnum(before(page, start))).then_some(start)
}

/// Whether the leading word is one here: not "via the", "OS X".
fn leads(lead: &Word<'_>, next: &Word<'_>, abbreviated: bool) -> bool {
    let short = lead.text.len() > 2 || lead.text == b"ul" || abbreviated || (lead.is_name() && !lead.is_upper());
    // Words of English too: in small letters only in front of a name.
    let english = ["via", "place", "route", "square", "plaza", "villa"].iter().any(|word| lead.text == word.as_bytes());
    let named = next.is_name() && !next.is_upper();
    let romance = || SMALL_ROMANCE.iter().any(|small| next.text == small.as_bytes());
    // "C. de Alcalá", "R. Augusta": one letter needs its capital and its full stop.
    // "VILLA IN ROOM 390"
    if ["in", "at", "on", "to", "for", "is"].iter().any(|word| next.eq(word)) {
        return false;
    }
    if lead.text.len() == 1 && !(abbreviated && lead.is_name() && matches!(lead.text, b"R" | b"C")) {
        return false;
    }
    short && (!english || named || romance())
}

static SMALL_ROMANCE: [&str; 14] =
    ["de", "del", "della", "dello", "dei", "degli", "delle", "des", "du", "la", "le", "les", "di", "san"];

/// "An der Alster", "Unter den Linden", "Im Tal".
fn german(page: &Page<'_>, last: &Word<'_>) -> Option<usize> {
    if last.is_upper() && last.text.len() > 1 {
        return None;
    }
    let mut first = *last;
    for _ in 0..3 {
        first = word_before_blank(page, first.start)?;
        if first.is(GERMAN_LEAD) && first.is_name() && !first.is_upper() {
            // "AM January 1", "An HTTP 200"
            return (!is_month(last.text)).then_some(first.start);
        }
        if !first.is_name() && !first.is(SMALL) {
            return None;
        }
    }
    None
}

fn word_before_blank<'t>(page: &Page<'t>, start: usize) -> Option<Word<'t>> {
    (before(page, start) == b' ')
        .then(|| word_before(page, start - 1))
        .flatten()
        .filter(|word| word.end == word.start + word.text.len())
}
