//! What has the shape of a value and cannot be one: a validator refused it before anybody asked how sure it is.
//!
//! Nothing of this runs when text is masked. It reads the text once more with looser shapes, and asks the validators of the
//! recognizers for their word.
//!
//! Dates of birth, street addresses and secrets have no validator that could refuse them.

mod card;
mod email;
mod iban;
mod ip;
mod national;
mod passport;
mod phone;
mod ssn;

use std::ops::Range;

use crate::{
    chain::{Chain, Continued, Run},
    chars::{at, is_alnum, is_digit, is_escape, part, span, span_back},
    context::{Surroundings, Text},
    dull::{moment_end, uuid_end},
    kind::Kind,
    recognizers::Token,
};

/// A value that is none.
pub(super) struct Refusal {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
    pub(super) recognizer: &'static str,
    /// In words, to end a sentence with.
    pub(super) why: String,
}

/// Where they are, and why.
#[derive(Default)]
struct Refused(Vec<(Range<usize>, String)>);

impl Refused {
    fn add(&mut self, start: usize, end: usize, why: impl Into<String>) {
        self.0.push((start..end, why.into()));
    }
}

/// For what passes every check and is left all the same.
const BESIDE: &str = "what stands beside it makes it part of something else";

/// What a check starts from.
enum Look {
    Chain(fn(&Text<'_>, &Chain, &mut Refused)),
    Word(fn(&Text<'_>, Token, &mut Refused)),
    Mark(u8, fn(&Text<'_>, usize, &mut Refused)),
}

/// By recognizer; their names are those of the recognizers.
static CHECKS: &[(&str, Kind, Look)] = &[
    ("email", Kind::Email, Look::Mark(b'@', email::look)),
    ("card", Kind::Card, Look::Chain(card::look)),
    ("ssn", Kind::Ssn, Look::Chain(ssn::look)),
    ("ip", Kind::Ip, Look::Chain(ip::four)),
    ("ip", Kind::Ip, Look::Mark(b':', ip::six)),
    ("phone", Kind::Phone, Look::Chain(phone::look)),
    ("passport", Kind::Passport, Look::Word(passport::word)),
    ("passport", Kind::Passport, Look::Chain(passport::digits)),
    ("iban", Kind::Iban, Look::Word(iban::look)),
    ("nino", Kind::NationalId, Look::Word(national::nino)),
    ("nir", Kind::NationalId, Look::Chain(national::nir)),
    ("dni", Kind::NationalId, Look::Word(national::dni)),
    ("cpf", Kind::NationalId, Look::Chain(national::cpf)),
    ("aadhaar", Kind::NationalId, Look::Chain(national::aadhaar)),
    ("codice_fiscale", Kind::NationalId, Look::Word(national::codice_fiscale)),
];

/// The longest word that is looked at.
const MAX_WORD: usize = 64;

/// Everything that was refused in a text, check by check.
pub(super) fn all(bytes: &[u8]) -> Vec<Refusal> {
    let text = Text::new(bytes, Surroundings::default());
    let mut found = Vec::new();
    let mut place = 0;
    while place < bytes.len() {
        let anchor = place + span(bytes, place, usize::MAX, |byte| !is_digit(byte) && !matches!(byte, b'@' | b':'));
        place = visit(&text, anchor, place, &mut found).max(anchor + 1);
    }
    found
}

/// Asks about one anchor. Gives where to go on.
fn visit(text: &Text<'_>, anchor: usize, floor: usize, found: &mut Vec<Refusal>) -> usize {
    let bytes = text.bytes;
    if !is_digit(at(bytes, anchor)) {
        each(found, |look, refused| match look {
            Look::Mark(mark, look) if *mark == at(bytes, anchor) => look(text, anchor, refused),
            _ => (),
        });
        return anchor + 1;
    }
    let letters = span_back(bytes, anchor, MAX_WORD.min(anchor - floor), is_alnum);
    let start = anchor - letters + usize::from(letters > 0 && is_escape(bytes, anchor - letters));
    if let Some(end) = uuid_end(bytes, start).or_else(|| moment_end(bytes, Run::at(bytes, anchor))) {
        return end;
    }
    let end = anchor + span(bytes, anchor, usize::MAX, is_alnum);
    if start == anchor && part(bytes, start, end).iter().all(|&byte| is_digit(byte)) {
        let mut chain = Chain::default();
        chain.read(bytes, Run::at(bytes, anchor), Continued::No);
        text.group(anchor, chain.together());
        each(found, |look, refused| {
            if let Look::Chain(look) = look {
                look(text, &chain, refused);
            }
        });
        return chain.next;
    }
    if end - start <= MAX_WORD {
        let token = Token::new(bytes, start, end);
        each(found, |look, refused| {
            if let Look::Word(look) = look {
                look(text, token, refused);
            }
        });
    }
    end
}

fn each(found: &mut Vec<Refusal>, ask: impl Fn(&Look, &mut Refused)) {
    for (recognizer, kind, look) in CHECKS {
        let mut refused = Refused::default();
        ask(look, &mut refused);
        found.extend(refused.0.into_iter().map(|(range, why)| Refusal { range, kind: *kind, recognizer, why }));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{config::Config, explain::Outcome, recognizers, scanner::Scanner};

    /// What is refused in a text: the value, the recognizer, why.
    fn refused(text: &str) -> Vec<(String, String, String)> {
        let reasons = Scanner::new(Config::default()).explain(text);
        let refused = reasons.into_iter().filter_map(|reason| match reason.outcome {
            Outcome::Refused(why) => Some((text[reason.range].to_owned(), reason.recognizers.concat(), why)),
            _ => None,
        });
        refused.collect()
    }

    #[test]
    fn each_validator_says_why() {
        let mut bad = Vec::new();
        for (text, value, recognizer, why) in [
            ("card 4111 1111 1111 1112", "4111 1111 1111 1112", "card", "Luhn"),
            ("card 4111111111111112.", "4111111111111112", "card", "Luhn"),
            ("card 1234-5678-9012-3456", "1234-5678-9012-3456", "card", "no issuer"),
            ("amex 3782 822463 10006", "3782 822463 10006", "card", "Luhn"),
            ("ref #4111111111111111", "4111111111111111", "card", "beside"),
            ("SSN 666-12-3456", "666-12-3456", "ssn", "666"),
            ("SSN 000-12-3456", "000-12-3456", "ssn", "area 000"),
            ("SSN 912-12-3456", "912-12-3456", "ssn", "area 912"),
            ("SSN 219-00-9998", "219-00-9998", "ssn", "group 00"),
            ("SSN 219-09-0000", "219-09-0000", "ssn", "serial 0000"),
            ("SSN 078-05-1120", "078-05-1120", "ssn", "example"),
            ("ssn: 666123456", "666123456", "ssn", "666"),
            (r#"{"ssn": "000-12-3456"}"#, "000-12-3456", "ssn", "area 000"),
            ("IBAN DE89 3704 0044 0532 0130 01", "DE89 3704 0044 0532 0130 01", "iban", "check digits"),
            ("IBAN DE8937040044053201300", "DE8937040044053201300", "iban", "22 characters"),
            ("IBAN DE893704004405320130000", "DE893704004405320130000", "iban", "22 characters"),
            ("from 10.1.2.256 today", "10.1.2.256", "ip", "256 is more than 255"),
            ("from 10.01.2.25 today", "10.01.2.25", "ip", "zero"),
            ("from 127.0.0.1 today", "127.0.0.1", "ip", "loopback"),
            ("version 1.2.3.4", "1.2.3.4", "ip", "beside"),
            ("from 2001:db8::1::2 today", "2001:db8::1::2", "ip", "::"),
            ("mac 00:1b:44:11:3a:b7", "00:1b:44:11:3a:b7", "ip", "hardware"),
            ("at 2001:db8:1:2:3:4:5 now", "2001:db8:1:2:3:4:5", "ip", "eight groups"),
            ("host ::1 now", "::1", "ip", "loopback"),
            ("mail jane@example.invalidtld", "jane@example.invalidtld", "email", "invalidtld"),
            ("mail jane@localhost now", "jane@localhost", "email", "no dot"),
            ("mail jane@-a.example.com", "jane@-a.example.com", "email", "label"),
            ("clone git@github.com:a/b", "git@github.com", "email", "package"),
            ("see +999 1234567", "+999 1234567", "phone", "no country"),
            ("call +49 1", "", "", ""),
            ("see +1 115 555 2671", "+1 115 555 2671", "phone", "+1"),
            ("see (115) 555-2671", "(115) 555-2671", "phone", "area"),
            ("see 415-155-2671", "415-155-2671", "phone", "exchange"),
            ("passport number 123456789012", "123456789012", "passport", "no country"),
            ("CPF 529.982.247-26", "529.982.247-26", "cpf", "check digits"),
            ("Aadhaar 2341 2341 2341", "2341 2341 2341", "aadhaar", "Verhoeff"),
            ("DNI 12345678A", "12345678A", "dni", "letter"),
            ("NINO BG123456C", "BG123456C", "nino", "BG"),
            ("CF RSSMRA85T10A562T", "RSSMRA85T10A562T", "codice_fiscale", "check letter"),
            ("NIR 2 55 08 14 168 025 39", "2 55 08 14 168 025 39", "nir", "key"),
        ] {
            let all = refused(text);
            let fits = |(found, by, said): &(String, String, String)| {
                (found.as_str(), by.as_str()) == (value, recognizer) && said.contains(why)
            };
            if all.iter().any(fits) == value.is_empty() {
                bad.push(format!("{text}: {all:?}"));
            }
        }
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    }

    #[test]
    fn the_zone_of_a_passport_is_checked() {
        let good = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
        assert!(refused(good).is_empty());
        let all = refused(&good.replace("7408122", "7408123"));
        assert!(all.iter().any(|(_, by, why)| by == "passport" && why.contains("check digits")), "{all:?}");
    }

    #[test]
    fn what_is_found_is_not_refused_and_plain_text_has_nothing_to_refuse() {
        for text in [
            "mail jane.doe@example.com or call +1 415 555 2671, SSN 219-09-9998, card 4111 1111 1111 1111, from 203.0.113.9",
            "DE89 3704 0044 0532 0130 00, 2001:db8::1, (415) 555-2671, passport C01X00T47, CPF 529.982.247-25",
            "On 2024-05-01 at 10:00:00 build 1712345678901 of 550e8400-e29b-41d4-a716-446655440000 took 3.14 s; see §4.2.1.",
            "for i in 0..100 { x[i] = y::<u8>(i + 1024); } // 1,234,567 of std::fmt at line 42",
            "@decorator\nclass A: pass\n\n@",
        ] {
            assert_eq!(refused(text), [], "{text}");
        }
    }

    #[test]
    fn checks_have_the_names_of_recognizers() {
        for (name, kind, _) in CHECKS {
            assert!(recognizers::names().any(|known| known == (*name, *kind)), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "([0-9]{1,6}|[A-Z]{1,3}|[ :.@/+()#<-]|\\PC|passport |ssn |::){0,60}") {
            for refusal in all(text.as_bytes()) {
                prop_assert!(text.get(refusal.range.clone()).is_some_and(|value| !value.is_empty()), "{:?}", refusal.range);
            }
        }
    }
}
