//! Words whose neighbours say what they mean.

/// Whether a word that is also something one does with a telephone can be a key by itself: "Contact: ", "Signal: ".
pub(super) fn is_noun(word: &[u8]) -> bool {
    static NOUNS: [&[u8]; 9] =
        [b"contact", b"kontakt", b"contacto", b"contatto", b"contato", b"signal", b"viber", b"caller", b"subscriber"];
    NOUNS.iter().any(|noun| word.eq_ignore_ascii_case(noun))
}

/// What makes of a telephone another thing: "telephone pole", `mobile_users`, "phones sold", "Tel Aviv".
pub(super) fn is_thing(right: &[u8]) -> bool {
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

pub(super) fn counted_word(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"number") || word.eq_ignore_ascii_case(b"no")
}

/// One end of a call or a message, in front of "number".
pub(super) fn is_party(word: &[u8]) -> bool {
    static PARTIES: [&[u8]; 7] = [b"from", b"to", b"caller", b"called", b"calling", b"dialed", b"subscriber"];
    PARTIES.iter().any(|party| word.eq_ignore_ascii_case(party))
}

/// "number" alone.
pub(super) fn is_number_word(word: &[u8]) -> bool {
    ["number", "numéro", "numero", "número", "nummer", "numer", "номер"]
        .iter()
        .any(|number| word.eq_ignore_ascii_case(number.as_bytes()))
}

/// "my number", "mon numéro": without another word in between it is a telephone's.
pub(super) fn is_possessive(word: Option<&[u8]>) -> bool {
    static WORDS: [&str; 27] = [
        "my", "your", "his", "her", "their", "our", "mon", "votre", "ton", "notre", "mi", "tu", "su", "nuestro", "meu",
        "seu", "mio", "tuo", "suo", "meine", "deine", "mijn", "mitt", "mój", "мой", "наш", "ihre",
    ];
    word.is_some_and(|word| WORDS.iter().any(|own| word.eq_ignore_ascii_case(own.as_bytes())))
}
