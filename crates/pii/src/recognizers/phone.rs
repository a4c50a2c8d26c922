//! Telephone numbers of all countries. `+` and the North American forms stand for themselves; the rest needs a label.

use super::{
    Candidates, Find,
    phone_hint::{Hint, hint},
    plans::plans,
};
use crate::{
    chain::{Chain, Digits, Gap, Lengths},
    chars::{
        Sep, at, before, glued_left, is_alnum, is_alpha, is_digit, part, span, span_back, starts_with_ignore_case,
    },
    context::{Support, Text, Topics},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Chain(6, Lengths::ALL, find)];

const INTERNATIONAL: i16 = 85;
const FORMATTED: i16 = 66;
const LABELLED: i16 = 62;
const SPACED: i16 = 52;
const HINTED: i16 = 56;
/// A number has at most so many digits: the code, 15 of E.164, and a trunk zero.
const MAX_DIGITS: usize = 17;

/// How far behind the number that took its label another one needs a label of its own.
const FAR: usize = 40;

/// How many runs of a chain are tried as the start of a labelled number.
const MAX_STARTS: usize = 6;

fn find(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    let mut first = 0;
    while first < chain.len() {
        let number = international(text, chain, first, found)
            .or_else(|| north_american(text, chain, first, found))
            .or_else(|| labelled(text, chain, first, found));
        first = number.map_or(first + 1, |last| last + 1);
    }
}

/// `+cc...`, also `(+cc)` and `00cc` behind a label.
fn international(text: &Text<'_>, chain: &Chain, first: usize, found: &mut Candidates) -> Option<usize> {
    let run = chain.run(first)?;
    let plus = plus_before(text.bytes, run.start)?;
    let opening = before(text.bytes, plus) == b'(' && at(text.bytes, run.end) == b')';
    let last = longest(text, chain, first, is_international)?;
    if is_added(text.bytes, plus, run.start, chain.run(last)?.end) {
        return None;
    }
    // Around the whole number the parentheses are those of the sentence.
    let start = if opening && last > first { plus - 1 } else { plus };
    if glued_left(text.bytes, start) && !follows_label(text.bytes, start) {
        return None;
    }
    add(text, chain, start, last, INTERNATIONAL, found);
    Some(last)
}

/// "x2 + 352022202*y": the plus adds.
fn is_added(bytes: &[u8], plus: usize, start: usize, end: usize) -> bool {
    let spaced = start - plus == 2 && before(bytes, start) == b' ';
    let left = before(bytes, plus - usize::from(before(bytes, plus) == b' '));
    spaced && (is_digit(left) || matches!(left, b')' | b']' | b'*') || at(bytes, end) == b'*')
}

/// A number below zero: "= -2017128431", but not "Mob:-9876543210" and no item of a list.
fn is_negative(bytes: &[u8], start: usize) -> bool {
    before(bytes, start) == b'-'
        && match before(bytes, start - 1) {
            b'(' | b'[' | b',' | b'=' => true,
            b' ' => matches!(before(bytes, start.saturating_sub(2)), b'=' | b':' | b',' | b'(' | b'<' | b'>'),
            _ => false,
        }
}

/// Where the plus is, directly before or with a parenthesis between.
fn plus_before(bytes: &[u8], start: usize) -> Option<usize> {
    match before(bytes, start) {
        b'+' => Some(start - 1),
        b'(' | b' ' if before(bytes, start - 1) == b'+' => Some(start - 2),
        0x8B if part(bytes, start.saturating_sub(3), start) == "\u{FF0B}".as_bytes() => Some(start - 3),
        _ => None,
    }
}

/// A letter before the plus is no word of its own when it closes an escape or a label such as `tel:`.
fn follows_label(bytes: &[u8], start: usize) -> bool {
    !is_alnum(before(bytes, start))
}

fn is_international(digits: &[u8]) -> bool {
    if plans().is_international(digits) {
        return true;
    }
    // "+44 (0) 20 ...": the zero is dialled inside the country only.
    plans().code_length(digits).is_some_and(|length| {
        let (code, rest) = digits.split_at_checked(length).unwrap_or_default();
        rest.split_first().is_some_and(|(&zero, rest)| zero == 0 && plans().is_international(&[code, rest].concat()))
    })
}

/// The last run with which the digits are a number; the longest such, within one style of writing.
fn longest(text: &Text<'_>, chain: &Chain, first: usize, accepts: impl Fn(&[u8]) -> bool) -> Option<usize> {
    let mut digits = Digits::default();
    let mut best = None;
    for (index, run) in chain.runs().iter().enumerate().skip(first) {
        if digits.len() + run.len() > MAX_DIGITS {
            break;
        }
        digits.extend(part(text.bytes, run.start, run.end))?;
        // "+35236450.6" is a decimal.
        let fraction = run.len() == 1 && index > first && chain.sep(index - 1) == Some(Sep::Dot);
        if digits.len() >= 6 && !fraction && accepts(digits.as_slice()) && !ends_inside(text.bytes, chain, index) {
            best = Some(index);
        }
        // "+43 1 234567 (24/7)": behind a whole number a parenthesis opens something else.
        let opens = best.is_some() && chain.run(index + 1).is_some_and(|next| before(text.bytes, next.start) == b'(');
        if opens || !joins(chain, first, index, best.is_some()) {
            break;
        }
    }
    best
}

/// Whether the run is the start of something else: a time, a decimal, a word.
fn ends_inside(bytes: &[u8], chain: &Chain, index: usize) -> bool {
    let Some(run) = chain.run(index) else { return true };
    let next = at(bytes, run.end);
    let joined = chain.sep(index).is_some_and(|sep| matches!(sep, Sep::Dash | Sep::Dot))
        || (next == b'.' && is_digit(at(bytes, run.end + 1)));
    // "931.974.608,77"
    let amount = next == b','
        && span(bytes, run.end + 1, 3, is_digit) == 2
        && index > 0
        && chain.sep(index - 1) == Some(Sep::Dot)
        && run.len() == 3;
    let time = next == b':' && is_digit(at(bytes, run.end + 1)) && run.len() <= 2;
    let word = (is_alpha(next) || next == b'_') && extension(bytes, run.end).is_none();
    joined || time || word || amount
}

/// Whether the next run may belong to the number.
fn joins(chain: &Chain, first: usize, index: usize, complete: bool) -> bool {
    let Some(gap) = chain.gap(index) else { return false };
    if gap == Gap::Mixed || (gap == Gap::Wide && (complete || index > first + 2)) {
        return false;
    }
    // A complete number in dashes or dots does not go on after a blank.
    let style = chain.sep(first).filter(|sep| matches!(sep, Sep::Dash | Sep::Dot));
    let uniform = style.is_some() && (first..index).all(|gap| chain.sep(gap) == style);
    let styled = index > first + 1 && uniform && gap != Gap::Paren;
    !(complete && styled && chain.gap(index) != chain.gap(first))
}

/// `(ddd) ddd-dddd` and its kin.
fn north_american(text: &Text<'_>, chain: &Chain, first: usize, found: &mut Candidates) -> Option<usize> {
    let leads = chain.run(first).is_some_and(|run| run.len() == 1 && at(text.bytes, run.start) == b'1');
    let area = if leads { first + 1 } else { first };
    let last = area + 2;
    if chain.run(area)?.len() != 3 {
        return None;
    }
    let lengths = [area, area + 1, last].map(|index| chain.run(index).map_or(0, |run| run.len()));
    if lengths != [3, 3, 4] {
        return None;
    }
    let area_run = chain.run(area)?;
    let paren = before(text.bytes, area_run.start) == b'(' && at(text.bytes, area_run.end) == b')';
    // "202.227-7015" and "512/768/1024" are written by nobody.
    let seps = [chain.sep(area), chain.sep(area + 1)];
    let dots = seps.iter().filter(|&&sep| sep == Some(Sep::Dot)).count();
    let odd = dots == 1 && seps.iter().any(|&sep| matches!(sep, Some(Sep::Dash | Sep::Space)));
    if odd || matches!(seps, [_, Some(Sep::Slash)]) {
        return None;
    }
    let written = paren || (area..last).any(|index| chain.sep(index).is_some_and(|sep| sep != Sep::Space)) || leads;
    let styled = (first..last).all(|index| {
        matches!(chain.gap(index), Some(Gap::One(sep)) if !matches!(sep, Sep::Open | Sep::Close))
            || (chain.gap(index) == Some(Gap::Paren) && (paren))
    });
    let start = chain.run(first)?.start;
    let digits = chain.digits(text.bytes, first, last)?;
    if !styled || !written || !plans().is_north_american(digits.as_slice()) || is_cut(text.bytes, chain, first, last) {
        return None;
    }
    let start = if paren && !leads { start - 1 } else { start };
    let topics = text.topics(start);
    let support = text.support(start, Kind::Phone);
    let foreign = support == Support::Foreign && (topics.meets(Topics::FOREIGN) || topics.names(Kind::Secret));
    // The whole cell or value is said to be the number of something else: `batch,total` above `415-555-2671,12`.
    let counted = support == Support::Denied && topics.meets(Topics::WHOLE) && !paren;
    let score = FORMATTED + if foreign || counted { -40 } else { 0 };
    add(text, chain, start, last, score, found);
    Some(last)
}

/// Whether dashes, dots or letters go on around the number.
fn is_cut(bytes: &[u8], chain: &Chain, first: usize, last: usize) -> bool {
    let Some((start, end)) = chain.run(first).zip(chain.run(last)).map(|(start, end)| (start.start, end.end)) else {
        return true;
    };
    let left = match first.checked_sub(1) {
        None => chain.tied_left && !is_label_dot(bytes, start),
        Some(index) => chain.sep(index).is_some_and(|sep| matches!(sep, Sep::Dash | Sep::Dot)),
    };
    // "800-555-0199-XL"
    let sized =
        at(bytes, end) == b'-' && at(bytes, end + 1).is_ascii_uppercase() && !at(bytes, end + 2).is_ascii_lowercase();
    left || sized
        || before(bytes, start) == b'+'
        || ends_inside(bytes, chain, last)
        || (is_alpha(at(bytes, end)) && extension(bytes, end).is_none())
}

/// "Tel.030": the dot closes a word.
fn is_label_dot(bytes: &[u8], start: usize) -> bool {
    before(bytes, start) == b'.' && start >= 2 && is_alpha(before(bytes, start - 1))
}

/// Bare digits, `00cc` and the national forms of other countries: only behind a label.
fn labelled(text: &Text<'_>, chain: &Chain, first: usize, found: &mut Candidates) -> Option<usize> {
    let run = chain.run(first)?;
    if first > MAX_STARTS || run.len() > MAX_DIGITS {
        return None;
    }
    if (first == 0 && chain.tied_left && !is_label_dot(text.bytes, run.start)) || (first > 0 && chain.cut_left(first)) {
        return None;
    }
    let total: usize = chain.runs().iter().skip(first).map(|run| run.len()).take(8).sum();
    // Nobody dials six digits without a zero in front.
    let few = total < 6 || (total == 6 && at(text.bytes, run.start) != b'0');
    if few || is_date(text.bytes, chain, first) || is_decimal(text.bytes, chain, first) {
        return None;
    }
    let paren = before(text.bytes, run.start) == b'(' && closes_area(text.bytes, run.end);
    let start = if paren { run.start - 1 } else { run.start };
    let support = text.support(start, Kind::Phone);
    if support != Support::Named {
        let hinted = hinted(text, chain, first, start, support, found);
        return hinted.or_else(|| spaced(text, chain, first, found));
    }
    let last = longest(text, chain, first, is_dialled)?;
    if first == 0 && last == first && is_negative(text.bytes, run.start) {
        return None;
    }
    // "1000 - 2000" is a range unless it begins as a number does that is dialled inside a country.
    let wide = (first..last).any(|index| chain.gap(index) == Some(Gap::Wide));
    let runs = last - first + 1;
    let single = chain.runs().iter().skip(first).take(runs).filter(|run| run.len() == 1).count();
    if (wide && at(text.bytes, run.start) != b'0') || single > 3 {
        return None;
    }
    let start = if last == first { run.start } else { start };
    let topics = text.topics(start);
    let doubtful = topics.meets(Topics::PROSE) || !topics.names(Kind::Phone);
    let slashes = (first..last).any(|index| chain.sep(index) == Some(Sep::Slash));
    let has = |sep: Sep| (first..last).any(|index| chain.sep(index) == Some(sep));
    let mixed = has(Sep::Dot) && (has(Sep::Space) || has(Sep::Dash));
    if doubtful && ((slashes && at(text.bytes, run.start) != b'0') || mixed) {
        return None;
    }
    let end = chain.run(last)?.end;
    // "[0483042](https://...)" links a commit; "871 (05/2011)" is no number with an area.
    let linked = before(text.bytes, start) == b'[' && part(text.bytes, end, end + 2) == b"](";
    let count = |mark: u8| part(text.bytes, start, end).iter().filter(|&&byte| byte == mark).count();
    let variable = before(text.bytes, start) == b'$';
    if linked || variable || is_fragment(text.bytes, start) || count(b'(') > count(b')') {
        return None;
    }
    if (doubtful && !is_callable(text, chain, first, last)) || is_years(text.bytes, chain, first, last) {
        return None;
    }
    // "Call 2024-0001234": a year with a number of its own.
    let year = matches!(part(text.bytes, run.start, run.end), [b'1', b'9', _, _] | [b'2', b'0', _, _]);
    if doubtful && year && chain.sep(first) == Some(Sep::Dash) {
        return None;
    }
    // "T 1234567": one letter says too little of few digits.
    let letter = text.label(start).distance == 2 && before(text.bytes, start) == b' ';
    if letter && last == first && run.len() < 8 && at(text.bytes, run.start) != b'0' {
        return None;
    }
    // "arn:aws:contacts:us-east-2:111122223333:contact": a field among others, which no verb labels.
    if doubtful && before(text.bytes, start) == b':' && at(text.bytes, end) == b':' {
        return None;
    }
    if last == first && text.is_renamed(Kind::Phone, run.start) {
        return None;
    }
    // A label far behind has its number already.
    if last == first && at(text.bytes, run.start) != b'0' && text.is_spent(Kind::Phone, run.start, FAR) {
        return None;
    }
    // A plus in front of digits that no country has belongs to them all the same.
    let start = start - usize::from(before(text.bytes, start) == b'+');
    add(text, chain, start, last, LABELLED, found);
    Some(last)
}

/// "cell.rs.html#1027-1029": the lines of a file.
fn is_fragment(bytes: &[u8], start: usize) -> bool {
    let Some(mark) = start.checked_sub(1).filter(|&mark| at(bytes, mark) == b'#') else { return false };
    let ending = mark - span_back(bytes, mark, 6, is_alpha);
    ending < mark && before(bytes, ending) == b'.' && is_alnum(before(bytes, ending - 1))
}

/// The parenthesis around the code of an area closes, behind a trunk prefix perhaps: `(030)`, `(06 1)`, `(0-612)`.
fn closes_area(bytes: &[u8], end: usize) -> bool {
    if at(bytes, end) == b')' {
        return true;
    }
    let digits = span(bytes, end + 1, 5, is_digit);
    matches!(at(bytes, end), b' ' | b'-') && (1..5).contains(&digits) && at(bytes, end + 1 + digits) == b')'
}

/// "2020-2024".
fn is_years(bytes: &[u8], chain: &Chain, first: usize, last: usize) -> bool {
    let year = |index: usize| {
        chain
            .run(index)
            .is_some_and(|run| run.len() == 4 && matches!(part(bytes, run.start, run.start + 2), b"19" | b"20"))
    };
    // "05/2011"
    let month = chain.run(first).is_some_and(|run| run.len() == 2) && chain.sep(first) == Some(Sep::Slash);
    last == first + 1 && (year(first) || month) && year(last)
}

/// Behind a verb or in a list only what is long or begins with a zero: "call 5551234567", not "call 1000-2000".
fn is_callable(text: &Text<'_>, chain: &Chain, first: usize, last: usize) -> bool {
    let digits = chain.digits(text.bytes, first, last).unwrap_or_default();
    let near = chain.run(first).is_some_and(|run| text.label(run.start).distance <= 48);
    // Behind a key that is a verb too, eight digits are as often of something else.
    let beside =
        last == first && chain.run(first).is_some_and(|run| (1..=24).contains(&text.label(run.start).distance));
    let grouped = (last >= first + 2 || beside) && digits.len() == 8;
    near && (digits.len() >= 9 || grouped || (digits.len() >= 7 && digits.as_slice().first() == Some(&0)))
}

/// What is written as only telephone numbers are, behind a word that often stands before them.
fn hinted(
    text: &Text<'_>,
    chain: &Chain,
    first: usize,
    start: usize,
    support: Support,
    found: &mut Candidates,
) -> Option<usize> {
    let run = chain.run(first)?;
    let zero = at(text.bytes, run.start) == b'0';
    let written = match chain.gap(first) {
        None => zero || run.len() == 10,
        Some(Gap::One(Sep::Space | Sep::Dash) | Gap::Paren) => {
            zero || run.len() == 10 || (run.len() <= 3 && chain.len() > first + 2)
        }
        Some(Gap::One(Sep::Slash)) => zero,
        Some(_) => false,
    };
    if first > 1 || chain.total < 9 || !written {
        return None;
    }
    let hint = hint(text, start, support)?;
    let last = longest(text, chain, first, is_dialled)?;
    let digits = chain.digits(text.bytes, first, last)?;
    let runs = last - first + 1;
    let plain = (first..last).all(|index| {
        matches!(chain.gap(index), Some(Gap::One(Sep::Space | Sep::Dash) | Gap::Paren))
            || (zero && chain.sep(index) == Some(Sep::Slash))
    });
    let strong = match (zero, runs) {
        (true, 1) => hint >= Hint::Marked && digits.len() > 9,
        (true, _) => digits.len() < 12 || digits.number(0, 2) == 0,
        (false, 1) => hint >= Hint::Marked && plans().is_north_american(digits.as_slice()),
        (false, 2) => false,
        (false, _) => hint >= Hint::Key && is_grouped(digits.as_slice(), runs),
    };
    if !plain || !strong || !(9..=14).contains(&digits.len()) || is_cut(text.bytes, chain, first, last) {
        return None;
    }
    let start = if last == first { run.start } else { start };
    add(text, chain, start, last, HINTED, found);
    Some(last)
}

/// In three groups or more, as those countries write whose numbers begin without a zero: "612 34 56 78", "347 123 4567",
/// "8 (495) 123-45-67", "415 555 2671".
fn is_grouped(digits: &[u8], runs: usize) -> bool {
    match digits {
        [5..=9, ..] if digits.len() == 9 => runs > 3,
        [3, ..] if digits.len() == 10 => true,
        [8, ..] if digits.len() == 11 => runs > 3,
        _ => plans().is_north_american(digits),
    }
}

/// "ddd ddd dddd" that fills a string or a line: nothing else is written so.
fn spaced(text: &Text<'_>, chain: &Chain, first: usize, found: &mut Candidates) -> Option<usize> {
    let last = first + 2;
    let lengths = [first, first + 1, last].map(|index| chain.run(index).map_or(0, |run| run.len()));
    let (start, end) = (chain.run(first)?.start, chain.run(last)?.end);
    let blanks = (first..last).all(|index| chain.sep(index) == Some(Sep::Space));
    let opens =
        matches!(before(text.bytes, start), b'"' | b'\'') || part(text.bytes, start.saturating_sub(2), start) == b": ";
    let closes = matches!(at(text.bytes, end), b'"' | b'\'' | b'\n' | 0);
    let digits = chain.digits(text.bytes, first, last)?;
    let fits = lengths == [3, 3, 4] && blanks && opens && closes && plans().is_north_american(digits.as_slice());
    if !fits || text.support(start, Kind::Phone) != Support::Silent {
        return None;
    }
    found.add(Kind::Phone, start, end, SPACED);
    Some(last)
}

/// Whether somebody could dial the digits: inside some country, or with a calling code.
fn is_dialled(digits: &[u8]) -> bool {
    let plans = plans();
    if digits.len() < 7 && !matches!(digits, [0, ..]) {
        return false;
    }
    plans.is_north_american(digits)
        || plans.is_national(digits)
        || digits.strip_prefix(&[0, 0]).or_else(|| digits.strip_prefix(&[0, 1, 1])).is_some_and(is_international)
        || (digits.len() >= 10 && plans.is_international(digits))
}

/// A decimal fraction, or four octets.
fn is_decimal(bytes: &[u8], chain: &Chain, first: usize) -> bool {
    let dots = (first..first + 4).take_while(|&index| chain.sep(index) == Some(Sep::Dot)).count();
    let short = chain.run(first).is_some_and(|run| run.len() <= 3);
    // "030.130457" is dialled; no decimal begins with a zero and another digit.
    let dialled = chain.run(first).is_some_and(|run| run.len() > 1 && at(bytes, run.start) == b'0');
    let long = !dialled && chain.run(first + 1).is_some_and(|run| run.len() > 5);
    dots > 0
        && short
        && ((dots == 3 && is_quad(bytes, chain, first)) || long || chain.run(first).is_some_and(|run| run.len() == 1))
}

/// Whether four runs could be the octets of an address, none above 255 or with a zero in front; or the parts of a
/// version, of one digit or many.
fn is_quad(bytes: &[u8], chain: &Chain, first: usize) -> bool {
    let grouped = (first..first + 4).all(|index| chain.run(index).is_some_and(|run| (2..=4).contains(&run.len())));
    !grouped
        || (first..first + 4).all(|index| {
            let octet = chain.run(index).map_or(&[][..], |run| part(bytes, run.start, run.end));
            matches!(octet, [_] | [b'1'..=b'9', _] | [b'1', _, _] | [b'2', b'0'..=b'4', _] | [b'2', b'5', b'0'..=b'5'])
        })
}

/// Four digits, two and two, or the other way round.
fn is_date(bytes: &[u8], chain: &Chain, first: usize) -> bool {
    let lengths = [first, first + 1, first + 2].map(|index| chain.run(index).map_or(0, |run| run.len()));
    let seps = [chain.sep(first), chain.sep(first + 1)];
    let dated = matches!(lengths, [4, 2, 2] | [1..=2, 1..=2, 4])
        && matches!(seps, [Some(a), Some(b)] if a == b && a != Sep::Space);
    let Some(digits) = (dated).then(|| chain.digits(bytes, first, first + 2)).flatten() else { return false };
    let year =
        if lengths.first() == Some(&4) { digits.number(0, 4) } else { digits.number(digits.len() - 4, digits.len()) };
    (1900..=2100).contains(&year)
}

fn add(text: &Text<'_>, chain: &Chain, start: usize, last: usize, score: i16, found: &mut Candidates) {
    let Some(run) = chain.run(last) else { return };
    let end = extension(text.bytes, run.end).unwrap_or(run.end);
    found.add(Kind::Phone, start, end, score);
}

/// Where an extension behind the number ends: "x12", "ext. 12", "#12", ";ext=12".
fn extension(bytes: &[u8], end: usize) -> Option<usize> {
    static WORDS: [&[u8]; 13] = [
        b"extension",
        b"ext.",
        b"ext",
        b"durchwahl",
        b"poste",
        b"anexo",
        b"ramal",
        b"int.",
        b"dw",
        b"xt",
        b";ext=",
        b"x",
        b"#",
    ];
    let gap = span(bytes, end, 3, |byte| matches!(byte, b' ' | b','));
    let place = end + gap;
    let word = WORDS.iter().find(|word| starts_with_ignore_case(bytes, place, word))?;
    if gap > 0 && word.len() == 1 && matches!(**word, [b'#']) {
        return None;
    }
    let place = place + word.len();
    let place = place + span(bytes, place, 2, |byte| matches!(byte, b' ' | b'.' | b':'));
    let digits = span(bytes, place, 8, is_digit);
    let stop = place + digits;
    ((1..=6).contains(&digits) && !is_alnum(at(bytes, stop))).then_some(stop)
}
