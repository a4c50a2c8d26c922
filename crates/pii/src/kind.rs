//! The kinds of personal data.

use std::fmt;

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A mailbox.
    Email,
    /// A telephone number of any country.
    Phone,
    /// A social security number of the United States.
    Ssn,
    /// A payment card number.
    Card,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A house number with its street, and the town when it stands beside.
    Street,
    /// A passport number.
    Passport,
    /// An international bank account number.
    Iban,
    /// An API key, a token, a password or a private key.
    Secret,
    /// A date of birth.
    BirthDate,
    /// A national identity, tax or health number of another country.
    NationalId,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Email,
        Self::Phone,
        Self::Ssn,
        Self::Card,
        Self::Ip,
        Self::Street,
        Self::Passport,
        Self::Iban,
        Self::Secret,
        Self::BirthDate,
        Self::NationalId,
    ];

    /// The name in reports and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "EMAIL_ADDRESS",
            Self::Phone => "PHONE_NUMBER",
            Self::Ssn => "US_SSN",
            Self::Card => "CREDIT_CARD",
            Self::Ip => "IP_ADDRESS",
            Self::Street => "STREET_ADDRESS",
            Self::Passport => "PASSPORT",
            Self::Iban => "IBAN",
            Self::Secret => "SECRET",
            Self::BirthDate => "DATE_OF_BIRTH",
            Self::NationalId => "NATIONAL_ID",
        }
    }

    /// The word in a label such as `[EMAIL_1]`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Ssn => "SSN",
            Self::Card => "CARD",
            Self::Ip => "IP",
            Self::Street => "ADDRESS",
            Self::Passport => "PASSPORT",
            Self::Iban => "IBAN",
            Self::Secret => "SECRET",
            Self::BirthDate => "BIRTHDATE",
            Self::NationalId => "NATIONALID",
        }
    }

    /// From its name, as in configuration.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// From the word in a label.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.label() == label)
    }

    /// Who wins when two candidates of the same score overlap: the higher.
    pub(crate) const fn rank(self) -> u8 {
        match self {
            Self::Secret => 11,
            Self::Iban => 10,
            Self::Email => 9,
            Self::Card => 8,
            Self::Ssn => 7,
            Self::Street => 6,
            Self::Passport => 5,
            Self::NationalId => 4,
            Self::Ip => 3,
            Self::BirthDate => 2,
            Self::Phone => 1,
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
