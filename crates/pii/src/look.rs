//! One look at a document: what was found in it so far, and the room that one text after another can use.

use crate::{chain::Chain, finding::Finding, reading::Reading, recognizers::Candidates};

/// What a scan carries from text to text.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// What was found, in the order of the document.
    pub(crate) found: Vec<Finding>,
    /// What one text may hold. Empty between texts.
    pub(crate) candidates: Candidates,
    /// The digits in hand.
    pub(crate) chain: Chain,
    /// The words that were read of the document; nothing before the first.
    pub(crate) reading: Option<Box<Reading>>,
}
