//! The actions, from the one that shows most to the one that lets nothing through.

/// What happens to a finding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Action {
    /// Its last digits or first letter stay.
    Partial,
    /// A keyed hash: the same value gives the same token, everywhere where the key is the same.
    Hash,
    /// A numbered label that can be turned back toward the server it came from.
    Pseudonym,
    /// A numbered label, `[EMAIL_1]`.
    #[default]
    Label,
    /// The whole text is refused.
    Block,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Partial, Self::Hash, Self::Pseudonym, Self::Label, Self::Block];

    /// The name in configuration and policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Hash => "hash",
            Self::Pseudonym => "pseudonym",
            Self::Label => "label",
            Self::Block => "block",
        }
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Partial => 0,
            Self::Hash => 1,
            Self::Pseudonym => 2,
            Self::Label => 3,
            Self::Block => 4,
        }
    }

    /// The one of both that shows less.
    pub const fn stricter(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }
}
