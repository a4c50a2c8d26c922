//! The recognizers: one file each, one line in the table, one corpus.

pub(crate) mod aadhaar;
mod birth_date;
pub(crate) mod card;
pub(crate) mod codice_fiscale;
pub(crate) mod cpf;
pub(crate) mod dni;
pub(crate) mod email;
pub(crate) mod iban;
pub(crate) mod ip;
mod ip_version;
pub(crate) mod nino;
pub(crate) mod nir;
pub(crate) mod passport;
mod phone;
mod phone_hint;
pub(crate) mod plans;
pub(crate) mod secret;
pub(crate) mod ssn;
mod street;
#[cfg(test)]
mod suite;

use crate::{
    chain::{Chain, Lengths},
    context::Text,
    kind::Kind,
};

/// A value that could be of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Candidate {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// How sure; see [`crate::config::Sensitivity`] for what is enough.
    pub(crate) score: i16,
}

/// Where the candidates go.
#[derive(Debug, Default)]
pub(crate) struct Candidates(pub(crate) Vec<Candidate>);

impl Candidates {
    pub(crate) fn add(&mut self, kind: Kind, start: usize, end: usize, score: i16) {
        self.0.push(Candidate { kind, start, end, score });
    }

    /// Where the last candidate ended.
    pub(crate) fn last_end(&self) -> usize {
        self.0.last().map_or(0, |candidate| candidate.end)
    }
}

/// A word in which letters and digits are mixed, and where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) digits: usize,
    pub(crate) lower: usize,
}

impl Token {
    pub(crate) fn new(bytes: &[u8], start: usize, end: usize) -> Self {
        let (mut digits, mut lower) = (0, 0);
        for byte in crate::chars::part(bytes, start, end) {
            digits += usize::from(byte.is_ascii_digit());
            lower += usize::from(byte.is_ascii_lowercase());
        }
        Self { start, end, digits, lower }
    }

    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    pub(crate) fn of<'a>(&self, text: &Text<'a>) -> &'a [u8] {
        crate::chars::part(text.bytes, self.start, self.end)
    }
}

pub(crate) type ChainFn = fn(&Text<'_>, &Chain, &mut Candidates);
pub(crate) type TokenFn = fn(&Text<'_>, Token, &mut Candidates);
pub(crate) type MarkFn = fn(&Text<'_>, usize, &mut Candidates);
pub(crate) type WholeFn = fn(&Text<'_>, &mut Candidates);

/// What a recognizer starts from.
pub(crate) enum Find {
    /// Runs of digits, at least so many digits together, one run at least of these lengths.
    Chain(usize, Lengths, ChainFn),
    /// The same where there are runs of all these lengths.
    Groups(usize, Lengths, ChainFn),
    /// A word of letters and digits.
    Token(TokenFn),
    /// An `@`, two colons, five dashes, or the two `s` of "pass".
    Mark(u8, MarkFn),
    /// A text as a whole: what its key says.
    Whole(WholeFn),
}

/// One line of the table.
pub(crate) struct Recognizer {
    /// Also the name of its corpus.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) finds: &'static [Find],
}

/// The names of the recognizers, each with the kind that it finds.
pub fn names() -> impl Iterator<Item = (&'static str, Kind)> {
    ALL.iter().map(|recognizer| (recognizer.name, recognizer.kind))
}

/// All recognizers.
pub(crate) static ALL: &[Recognizer] = &[
    Recognizer { name: "email", kind: Kind::Email, finds: email::FINDS },
    Recognizer { name: "card", kind: Kind::Card, finds: card::FINDS },
    Recognizer { name: "ssn", kind: Kind::Ssn, finds: ssn::FINDS },
    Recognizer { name: "ip", kind: Kind::Ip, finds: ip::FINDS },
    Recognizer { name: "phone", kind: Kind::Phone, finds: phone::FINDS },
    Recognizer { name: "passport", kind: Kind::Passport, finds: passport::FINDS },
    Recognizer { name: "street", kind: Kind::Street, finds: street::FINDS },
    Recognizer { name: "iban", kind: Kind::Iban, finds: iban::FINDS },
    Recognizer { name: "secret", kind: Kind::Secret, finds: secret::FINDS },
    Recognizer { name: "birth_date", kind: Kind::BirthDate, finds: birth_date::FINDS },
    Recognizer { name: "nino", kind: Kind::NationalId, finds: nino::FINDS },
    Recognizer { name: "nir", kind: Kind::NationalId, finds: nir::FINDS },
    Recognizer { name: "dni", kind: Kind::NationalId, finds: dni::FINDS },
    Recognizer { name: "cpf", kind: Kind::NationalId, finds: cpf::FINDS },
    Recognizer { name: "aadhaar", kind: Kind::NationalId, finds: aadhaar::FINDS },
    Recognizer { name: "codice_fiscale", kind: Kind::NationalId, finds: codice_fiscale::FINDS },
];
