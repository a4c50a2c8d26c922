//! The label of a value: the nearest word on its left, in its line or sentence, that says what it is.

use super::{
    lexicon::{is_unspaced, lexicon},
    topics::Topics,
};
use crate::{
    chars::{
        at, before, char_before, is_alnum, is_alpha, is_digit, is_escape, is_letter, is_upper, part, plain_word_before,
        run_back, span_back,
    },
    kind::Kind,
    reading::Reading,
    simd::Sort,
};

/// How far a label may be from its value, in bytes.
pub(super) const REACH: usize = 88;
/// How many words are looked at.
const MAX_WORDS: usize = 12;
/// How long the first cell of a line may be to be the label of the second.
const MAX_CELL: usize = 48;

/// What was found on the left of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Label {
    pub(crate) topics: Topics,
    /// A key stands directly before the value, and it says nothing that we know: look no further.
    pub(crate) closed: bool,
    /// No word stands before the value in its line.
    pub(crate) bare: bool,
    /// How far the label is from the value.
    pub(crate) distance: usize,
    /// Nothing was decided up to the place that was given as the end of the search.
    open: bool,
}

impl Label {
    /// The label of a value behind another one in its line: what stands between them, or else the label of the first.
    pub(crate) fn after(bytes: &[u8], value: usize, first: usize, of_first: Self, reading: Option<&Reading>) -> Self {
        let near = find_on(bytes, value, first, reading);
        if !near.open || of_first.closed {
            return near;
        }
        let distance = value - first + of_first.distance;
        let reached = of_first.topics.is_label() && distance <= REACH;
        Self {
            topics: if reached { of_first.topics } else { Topics::NONE },
            closed: false,
            bare: near.bare && of_first.bare,
            distance: if reached { distance } else { 0 },
            open: false,
        }
    }
}

/// A word and where it is.
struct Word<'a> {
    text: &'a [u8],
    start: usize,
    /// What it says by itself.
    topics: Topics,
}

impl<'a> Word<'a> {
    fn new(text: &'a [u8], start: usize) -> Self {
        // Scripts without blanks, and the others that are written with three bytes a letter.
        let wide = text.first().is_some_and(|&byte| byte >= 0xE0);
        Self { text, start, topics: if wide { lexicon().unspaced(text) } else { lexicon().entry(text) } }
    }
}

/// Finds the label of the value that starts at `value`; looks back no further than `floor`.
pub(crate) fn find(bytes: &[u8], value: usize, floor: usize) -> Label {
    find_on(bytes, value, floor, None)
}

/// The same, with what was read of the bytes before.
pub(crate) fn find_on(bytes: &[u8], value: usize, floor: usize, reading: Option<&Reading>) -> Label {
    let floor = floor.max(value.saturating_sub(REACH));
    if follows_number(bytes, value, floor) {
        return Label { topics: Topics::NONE, closed: false, bare: false, distance: 0, open: false };
    }
    let (mut place, key) = skip_to_key(bytes, value, floor);
    let mut label = Label { topics: Topics::NONE, closed: false, bare: true, distance: 0, open: false };
    let mut right: &[u8] = b"";
    let mut closing: &[u8] = b"";
    for _ in 0..MAX_WORDS {
        let Some(word) = word_before(bytes, place, floor, label.bare, reading) else {
            // An element that is over, other than one of style, had the value before and its label.
            label.open = closing.is_empty() || lexicon().word(closing).meets(Topics::FILLER);
            break;
        };
        label.bare = false;
        if at(bytes, word.start + word.text.len()) == b'>'
            && let Some(name) = closed_tag(bytes, word.start + word.text.len(), floor)
        {
            closing = name;
            right = b"";
            place = word.start + word.text.len() - name.len();
            continue;
        }
        // What stood in an element that is over says nothing of what follows.
        if !closing.is_empty() && opens(bytes, word.start + word.text.len(), closing) {
            break;
        }
        // A value that was masked has taken the label; its own name is none.
        if is_mask(bytes, &word) {
            label.closed = true;
            return label;
        }
        let topics = meaning(bytes, &word, right, floor);
        let keyed = key.is_some_and(|key| word.start >= key);
        let verb = topics.meets(Topics::PROSE) && !is_noun(word.text);
        // "json_each_text 11 10 12": the name of something else, and no sentence.
        let snake = || verb && (before(bytes, word.start) == b'_' || at(bytes, word.start + word.text.len()) == b'_');
        let silent = || {
            (keyed && verb) || snake() || numbers(bytes, &word) || (topics == Topics::OTHER && is_aside(bytes, &word))
        };
        if topics.is_label() && !silent() {
            label.topics = topics;
            label.distance = value - word.start;
            return label;
        }
        if let Some(key) = key.filter(|&key| word.start <= key)
            && (!topics.meets(Topics::FILLER) || word.text.len() == 1)
        {
            label.closed = word.start >= key;
            if label.closed {
                return label;
            }
        }
        // `name="csrf" value="..."`: the field has a name, and nobody knows it.
        let names = word.text == b"name" && at(bytes, word.start + 4) == b'=';
        if names && key.is_some() && lexicon().word(right) == Topics::NONE && right.len() > 2 {
            label.closed = true;
            return label;
        }
        if sentence_ends(bytes, word.start) {
            break;
        }
        right = word.text;
        place = word.start;
    }
    label
}

/// Whether a word that is also something one does with a telephone can be a key by itself: "Contact: ", "Signal: ".
pub(super) fn is_noun(word: &[u8]) -> bool {
    static NOUNS: [&[u8]; 9] =
        [b"contact", b"kontakt", b"contacto", b"contatto", b"contato", b"signal", b"viber", b"caller", b"subscriber"];
    NOUNS.iter().any(|noun| word.eq_ignore_ascii_case(noun))
}

/// "EAN 2081509252072. ", "gate A55. ": the label has its number, and its sentence is over.
fn follows_number(bytes: &[u8], value: usize, floor: usize) -> bool {
    before(bytes, value) == b' '
        && value > floor + 6
        && before(bytes, value - 1) == b'.'
        && is_digit(before(bytes, value - 2))
        && span_back(bytes, value - 2, 3, is_alnum) == 3
}

/// "PH7394151", "1Z9PH1BON5": the letters are of a number, they name none.
fn numbers(bytes: &[u8], word: &Word<'_>) -> bool {
    let end = word.start + word.text.len();
    word.text.len() <= 3
        && word.text.iter().copied().all(is_upper)
        && (is_digit(before(bytes, word.start)) && is_alnum(at(bytes, end))
            || word.text.len() <= 2 && crate::chars::span(bytes, end, 5, is_digit) > 4)
}

/// "The phone number on the account, ": the word says where the value stands, not what it is.
fn is_aside(bytes: &[u8], word: &Word<'_>) -> bool {
    let end = word.start + word.text.len();
    let apart = matches!(part(bytes, end, end + 2), b", ") || part(bytes, end, end + 4) == b" is ";
    let lead = part(bytes, word.start.saturating_sub(9), word.start);
    apart && [&b" on the "[..], b" on your ", b" on my ", b" on this "].iter().any(|aside| lead.ends_with(aside))
}

/// The name of the closing tag of XML whose bracket is at `end`.
fn closed_tag(bytes: &[u8], end: usize, floor: usize) -> Option<&[u8]> {
    let named = |byte: u8| is_alnum(byte) || matches!(byte, b'-' | b'_' | b':' | b'.');
    let start = end - span_back(bytes, end, (end - floor).min(40), named);
    (before(bytes, start) == b'/' && before(bytes, start - 1) == b'<').then(|| part(bytes, start, end))
}

/// Whether the tag that opens an element of the name has a word in it that ends at `end`.
fn opens(bytes: &[u8], end: usize, name: &[u8]) -> bool {
    end.checked_sub(name.len()).is_some_and(|start| before(bytes, start) == b'<' && part(bytes, start, end) == name)
}

/// What a name says that is made of words only, as keys of programs are: the last word that is a label.
pub(crate) fn of_name(name: &[u8]) -> Topics {
    let mut place = name.len();
    let mut right: &[u8] = b"";
    for _ in 0..MAX_WORDS {
        let Some(word) = word_before(name, place, 0, false, None) else { break };
        let topics = meaning(name, &word, right, 0);
        if topics.is_label() {
            return topics;
        }
        (right, place) = (word.text, word.start);
    }
    // "firstName", "e-mail": both words together may be one that we know.
    if place == 0 && right.len() == name.len() { Topics::NONE } else { lexicon().word(name) }
}

/// `[PHONE]`, `[PHONE_1]`.
fn is_mask(bytes: &[u8], word: &Word<'_>) -> bool {
    before(bytes, word.start) == b'['
        && matches!(at(bytes, word.start + word.text.len()), b']' | b'_' | b'~')
        && std::str::from_utf8(word.text).is_ok_and(|word| Kind::from_label(word).is_some())
}

/// Steps over quotes and blanks before the value. Also gives where the key begins, when one is tied to the value.
fn skip_to_key(bytes: &[u8], value: usize, floor: usize) -> (usize, Option<usize>) {
    let place = value
        - span_back(bytes, value, value - floor, |byte| {
            matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b'`' | b'[' | b'(' | b'{' | b'<')
        });
    // `key => value`
    let arrow = before(bytes, place) == b'>' && place > floor + 1 && before(bytes, place - 1) == b'=';
    let place = place - usize::from(arrow);
    let sep = before(bytes, place);
    if place <= floor || !matches!(sep, b'=' | b':') {
        return (place, None);
    }
    let end = place - 1;
    let end = end
        - span_back(bytes, end, end.saturating_sub(floor), |byte| {
            matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b'`' | b']')
        });
    let quoted = matches!(at(bytes, end), b'"' | b'\'' | b'`' | b'\\');
    let start = end
        - span_back(bytes, end, end.saturating_sub(floor), |byte| {
            is_alnum(byte) || matches!(byte, b'_' | b'-' | b'.' | b'$') || byte >= 0x80
        });
    if start == end {
        return (place, None);
    }
    let opens = matches!(
        before(bytes, start),
        0 | b'\n' | b',' | b'{' | b'(' | b'&' | b'?' | b';' | b'[' | b'"' | b'\'' | b'<'
    );
    (place, (quoted || sep == b'=' || opens || start == floor).then_some(start))
}

/// The word that ends at or before `place`.
fn word_before<'a>(
    bytes: &'a [u8],
    place: usize,
    floor: usize,
    first: bool,
    reading: Option<&Reading>,
) -> Option<Word<'a>> {
    let end = end_before(bytes, place, floor, first)?;
    let Some(reading) = reading else { return word_to(bytes, end, floor) };
    if let Some(known) = reading.label_at(end)
        && let Some(start) = end.checked_sub(known.len()).filter(|&start| start >= floor)
    {
        return Some(Word { text: part(bytes, start, end), start, topics: known.topics });
    }
    let word = word_to(bytes, end, floor)?;
    // Behind the floor it may go on.
    if word.start > floor {
        reading.keep_label(end, word.text.len(), word.topics);
    }
    Some(word)
}

/// Where the word ends that is at or before `place`.
#[inline]
fn end_before(bytes: &[u8], place: usize, floor: usize, first: bool) -> Option<usize> {
    let mut end = place;
    loop {
        if end <= floor {
            return None;
        }
        let byte = before(bytes, end);
        if is_alpha(byte) {
            return Some(end);
        }
        if byte >= 0x80 {
            let letter = char_before(bytes, end)?;
            if is_letter(letter) || is_unspaced(letter) {
                return Some(end);
            }
            end -= letter.len_utf8().min(end);
            continue;
        }
        match byte {
            b'\n' | b'|' | b'}' => return None,
            b'\t' if !first || !is_label_tab(bytes, end - 1) => return None,
            _ => end -= 1,
        }
    }
}

/// The word that ends here.
fn word_to(bytes: &[u8], end: usize, floor: usize) -> Option<Word<'_>> {
    if let Some((length, letters)) = plain_word_before(bytes, end).filter(|(length, _)| end - length >= floor) {
        let start = end - length;
        let text = part(bytes, start, end);
        return Some(match length {
            1 => Word::new(text, start),
            _ => Word { text, start, topics: lexicon().plain_entry(letters, length) },
        });
    }
    if before(bytes, end) >= 0x80 && char_before(bytes, end).is_some_and(is_unspaced) {
        return unspaced_before(bytes, end, floor);
    }
    let start = word_start(bytes, end, floor);
    // The letter of an escape is no part of the word behind it.
    let start = if start + 1 < end && is_escape(bytes, start) { start + 1 } else { start };
    Some(Word::new(part(bytes, start, end), start))
}

/// Whether the tab stands between a label and its value: behind a colon, or behind the first cell of its line.
fn is_label_tab(bytes: &[u8], tab: usize) -> bool {
    if matches!(before(bytes, tab), b':' | b'=') {
        return true;
    }
    let length = span_back(bytes, tab, MAX_CELL, |byte| !matches!(byte, b'\t' | b'\n') && !is_digit(byte));
    (1..MAX_CELL).contains(&length) && matches!(before(bytes, tab - length), 0 | b'\n')
}

/// Where the word that ends at `end` begins; `phoneNumber` and `IPAddress` are two words each.
fn word_start(bytes: &[u8], end: usize, floor: usize) -> usize {
    // Small letters in front of one another are the common case.
    let mut start = end - run_back(bytes, end, end.saturating_sub(floor), Sort::Lower);
    while start > floor {
        let byte = before(bytes, start);
        if byte >= 0x80 {
            match char_before(bytes, start) {
                Some(letter) if is_letter(letter) && start - letter.len_utf8() >= floor => start -= letter.len_utf8(),
                _ => break,
            }
            continue;
        }
        if !is_alpha(byte) {
            break;
        }
        start -= 1;
        if is_upper(byte) && start + 1 < end {
            let follower = at(bytes, start + 1);
            let leader = before(bytes, start);
            if (is_alpha(follower) && !is_upper(follower)) || (is_alpha(leader) && !is_upper(leader)) {
                break;
            }
        } else if is_upper(byte) && is_alpha(before(bytes, start)) && !is_upper(before(bytes, start)) {
            break;
        }
    }
    start
}

fn unspaced_before<'a>(bytes: &'a [u8], end: usize, floor: usize) -> Option<Word<'a>> {
    let mut start = end;
    while start > floor {
        match char_before(bytes, start) {
            Some(letter) if is_unspaced(letter) && start - letter.len_utf8() >= floor => start -= letter.len_utf8(),
            _ => break,
        }
    }
    (start < end).then(|| Word::new(part(bytes, start, end), start))
}

/// What a word says, with the word on its right that was read before and the one on its left.
fn meaning(bytes: &[u8], word: &Word<'_>, right: &[u8], floor: usize) -> Topics {
    if word.text.len() == 1 {
        return initial(bytes, word, right);
    }
    let topics = word.topics;
    if topics.names(Kind::Phone) && is_thing(right) {
        return Topics::OTHER;
    }
    if topics.meets(Topics::PAIRED) {
        paired(bytes, word, right, floor, topics.without(Topics::PAIRED))
    } else {
        topics
    }
}

/// What makes of a telephone another thing: "telephone pole", `mobile_users`, "phones sold", "Tel Aviv".
fn is_thing(right: &[u8]) -> bool {
    static THINGS: [&str; 16] = [
        "aviv",
        "pole",
        "poles",
        "extension",
        "booth",
        "sold",
        "users",
        "sales",
        "subscribers",
        "devices",
        "visits",
        "sessions",
        "views",
        "clicks",
        "model",
        "orders",
    ];
    right.len() > 3 && THINGS.iter().any(|thing| right.eq_ignore_ascii_case(thing.as_bytes()))
}

/// What a word says that depends on its neighbours. `topics` is what it says by itself.
fn paired(bytes: &[u8], word: &Word<'_>, right: &[u8], floor: usize, topics: Topics) -> Topics {
    let own = |other: &[u8]| word.text.eq_ignore_ascii_case(other);
    if own(b"social") {
        return social(right);
    }
    if own(b"national") && right.eq_ignore_ascii_case(b"insurance") {
        return Topics::of(Kind::NationalId);
    }
    if own(b"travel") && starts_document(right) {
        return Topics::of(Kind::Passport);
    }
    if own(b"sec") && left_word(bytes, word.start, floor).is_some_and(|left| left.eq_ignore_ascii_case(b"soc")) {
        return Topics::of(Kind::Ssn);
    }
    let counts = [&b"number"[..], b"no", b"num", b"nr", b"value"];
    let counted = || counts.iter().any(|count| right.eq_ignore_ascii_case(count));
    if own(b"contact") && counted() {
        return Topics::of(Kind::Phone);
    }
    if own(b"account")
        && counted()
        && left_word(bytes, word.start, floor).is_some_and(|left| left.eq_ignore_ascii_case(b"primary"))
    {
        return Topics::of(Kind::Card);
    }
    // Danish; in French it is "not".
    if own(b"pas") && counted() {
        return Topics::of(Kind::Passport);
    }
    if own(b"ss") && (counted() || at(bytes, word.start + 2) == b'#') {
        return Topics::of(Kind::Ssn);
    }
    if own(b"line") {
        // "line1: ", "line_2 = "
        let end = word.start + 4 + usize::from(at(bytes, word.start + 4) == b'_');
        let first = matches!(at(bytes, end), b'1' | b'2') && matches!(at(bytes, end + 1), b':' | b'=' | b'"' | b' ');
        return if first { Topics::of(Kind::Street) } else { topics };
    }
    if own(b"id") && counted() {
        return Topics::FILLER;
    }
    // `from_number`
    if counted_word(word.text) && left_word(bytes, word.start, floor).is_some_and(is_party) {
        return Topics::of(Kind::Phone);
    }
    if topics == Topics::FILLER && is_number_word(word.text) && is_possessive(left_word(bytes, word.start, floor)) {
        return Topics::of(Kind::Phone) | Topics::PROSE;
    }
    let needs_left = own(b"address")
        || own(b"domicile")
        || own(b"domicilio")
        || own(b"addr")
        || own(b"id")
        || own(b"card")
        || own(b"date")
        || own(b"code")
        || own(b"key")
        || own(b"token");
    if needs_left && let Some(left) = left_word(bytes, word.start, floor) {
        return with_left(left, word.text, topics);
    }
    topics
}

fn social(right: &[u8]) -> Topics {
    let alone = right.is_empty() || lexicon().word(right).meets(Topics::FILLER);
    if alone || right.eq_ignore_ascii_case(b"security") || right.eq_ignore_ascii_case(b"sec") {
        Topics::of(Kind::Ssn)
    } else if right.eq_ignore_ascii_case(b"insurance") {
        Topics::of(Kind::NationalId)
    } else {
        Topics::NONE
    }
}

fn starts_document(word: &[u8]) -> bool {
    word.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"doc"))
}

/// "T", "M", "F" before a number in a signature.
fn initial(bytes: &[u8], word: &Word<'_>, right: &[u8]) -> Topics {
    let letter = word.text.first().copied().unwrap_or(0);
    if right.is_empty() && matches!(letter, b'T' | b'M' | b'P' | b'F' | b'C' | b'H' | b'W') {
        let opens = matches!(before(bytes, word.start), 0 | b'\n' | b'|' | b'(');
        let next = at(bytes, word.start + 1);
        let marked = matches!(next, b':' | b'.') && !is_alnum(before(bytes, word.start));
        if (opens && matches!(next, b':' | b'.' | b' ' | b'\t' | b')' | b'|')) || marked {
            return Topics::of(Kind::Phone);
        }
    }
    // "S.S.N."
    if matches!(letter, b'N' | b'n')
        && part(bytes, word.start.saturating_sub(4), word.start).eq_ignore_ascii_case(b"s.s.")
    {
        return Topics::of(Kind::Ssn);
    }
    // "D.O.B."
    if matches!(letter, b'B' | b'b')
        && part(bytes, word.start.saturating_sub(4), word.start).eq_ignore_ascii_case(b"d.o.")
    {
        return Topics::of(Kind::BirthDate);
    }
    word.topics.without(Topics::PAIRED)
}

/// The word directly on the left of another.
fn left_word(bytes: &[u8], start: usize, floor: usize) -> Option<&[u8]> {
    let gap = span_back(bytes, start, 2, |byte| matches!(byte, b' ' | b'_' | b'-' | b'.'));
    let end = (start - gap).max(floor);
    let digits = span_back(bytes, end, 2, is_digit);
    let end = (end - digits).max(floor);
    let begin = word_start(bytes, end, floor);
    (begin < end).then(|| part(bytes, begin, end))
}

/// "number" alone.
fn is_number_word(word: &[u8]) -> bool {
    ["number", "numéro", "numero", "número", "nummer", "numer", "номер"]
        .iter()
        .any(|number| word.eq_ignore_ascii_case(number.as_bytes()))
}

fn counted_word(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"number") || word.eq_ignore_ascii_case(b"no")
}

/// One end of a call or a message, in front of "number".
fn is_party(word: &[u8]) -> bool {
    static PARTIES: [&[u8]; 7] = [b"from", b"to", b"caller", b"called", b"calling", b"dialed", b"subscriber"];
    PARTIES.iter().any(|party| word.eq_ignore_ascii_case(party))
}

/// "my number", "mon numéro": without another word in between it is a telephone's.
fn is_possessive(word: Option<&[u8]>) -> bool {
    static WORDS: [&str; 27] = [
        "my", "your", "his", "her", "their", "our", "mon", "votre", "ton", "notre", "mi", "tu", "su", "nuestro", "meu",
        "seu", "mio", "tuo", "suo", "meine", "deine", "mijn", "mitt", "mój", "мой", "наш", "ihre",
    ];
    word.is_some_and(|word| WORDS.iter().any(|own| word.eq_ignore_ascii_case(own.as_bytes())))
}

fn with_left(left: &[u8], word: &[u8], topics: Topics) -> Topics {
    let left_topics = lexicon().word(left);
    let is = |list: &[&str]| list.iter().any(|other| left.eq_ignore_ascii_case(other.as_bytes()));
    if word.eq_ignore_ascii_case(b"id") {
        if is(&["tax", "taxpayer"]) {
            return Topics::of(Kind::Ssn);
        }
        if is(&["caller"]) {
            return Topics::of(Kind::Phone);
        }
        if is(&["national", "government", "identity"]) {
            return Topics::of(Kind::NationalId);
        }
        let kinds = [Kind::Passport, Kind::Ssn, Kind::NationalId];
        return if kinds.into_iter().any(|kind| left_topics.names(kind)) { left_topics } else { topics };
    }
    if word.eq_ignore_ascii_case(b"card") {
        if is(&["security"]) {
            return Topics::of(Kind::Ssn);
        }
        return if is(&[
            "sim", "gift", "report", "graphics", "video", "sound", "business", "memory", "id", "identity", "post",
        ]) {
            Topics::FOREIGN
        } else {
            topics
        };
    }
    if word.eq_ignore_ascii_case(b"key") || word.eq_ignore_ascii_case(b"token") {
        let secret = is(&[
            "api",
            "secret",
            "private",
            "access",
            "auth",
            "refresh",
            "bearer",
            "session",
            "signing",
            "encryption",
            "account",
        ]);
        return if secret { Topics::of(Kind::Secret) } else { topics };
    }
    if word.eq_ignore_ascii_case(b"date") || word.eq_ignore_ascii_case(b"code") {
        return if left_topics.names(Kind::BirthDate) { left_topics } else { topics };
    }
    if is(&["mac", "wallet", "memory", "bitcoin", "btc", "eth", "ethereum", "web", "hardware", "physical", "contract"])
    {
        return Topics::FOREIGN;
    }
    if is(&["remote", "client", "source", "peer", "host", "server", "network", "internet", "public", "static", "v"]) {
        return Topics::of(Kind::Ip);
    }
    // "Tél. domicile"
    let home = word.first().is_some_and(|first| first.eq_ignore_ascii_case(&b'd')) && left_topics.names(Kind::Phone);
    if home || left_topics.names(Kind::Ip) || left_topics.names(Kind::Email) { left_topics } else { topics }
}

/// Whether a sentence ends before the word that starts here: a long word, a full stop, a blank, a capital.
fn sentence_ends(bytes: &[u8], start: usize) -> bool {
    if !is_upper(at(bytes, start)) || before(bytes, start) != b' ' || start < 2 {
        return false;
    }
    match before(bytes, start - 1) {
        b'!' | b'?' => true,
        b'.' if start > 3 && at(bytes, start - 3).is_ascii_digit() => true,
        b'.' => {
            let letters = span_back(bytes, start - 2, 6, |byte| is_alpha(byte) || byte >= 0x80);
            letters > 4 || (letters > 0 && !is_abbreviation(part(bytes, start - 2 - letters, start - 2)))
        }
        _ => false,
    }
}

/// Whether the word in front of a full stop is one that we know: "Tel.", "No.".
fn is_abbreviation(word: &[u8]) -> bool {
    word.len() == 1 || lexicon().word(word) != Topics::NONE || is_upper(word.first().copied().unwrap_or(0))
}
