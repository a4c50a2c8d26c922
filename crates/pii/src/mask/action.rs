//! The actions, from the one that shows most to the one that lets nothing through.

/// What happens to a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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
    pub(crate) const fn stricter(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }
}
