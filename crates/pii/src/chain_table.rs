//! Which recognizers are asked about a chain of digits: found by the lengths of its runs and their sum, without asking each.

use crate::{
    chain::{Chain, Lengths},
    context::Text,
    recognizers::{Candidates, ChainFn},
};

/// Sums and lengths from here on are alike.
const MANY: usize = 31;

/// The recognizers for chains, each a bit in the sets by length and by sum.
#[derive(Debug, Default)]
pub(crate) struct ChainTable {
    finds: Vec<(Lengths, ChainFn)>,
    by_length: [u32; MANY + 1],
    by_total: [u32; MANY + 1],
}

impl ChainTable {
    /// Adds a recognizer for chains of at least so many digits, with a run of one of some lengths and with runs of all of
    /// others.
    pub(crate) fn add(&mut self, digits: usize, one_of: Lengths, all_of: Lengths, find: ChainFn) {
        let bit = 1 << self.finds.len();
        for set in self.by_total.iter_mut().skip(digits) {
            *set |= bit;
        }
        for (length, set) in self.by_length.iter_mut().enumerate() {
            if one_of.meets(Lengths::of(length as u32)) {
                *set |= bit;
            }
        }
        self.finds.push((all_of, find));
    }

    /// Asks those that can use the chain, in the order in which they were added.
    #[inline]
    pub(crate) fn ask(&self, text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
        let of = |sets: &[u32; MANY + 1], count: usize| sets.get(count.min(MANY)).copied().unwrap_or(0);
        let some = chain.runs().iter().fold(0, |set, run| set | of(&self.by_length, run.len()));
        let mut asked = some & of(&self.by_total, chain.total);
        while asked != 0 {
            if let Some((all_of, find)) = self.finds.get(asked.trailing_zeros() as usize)
                && chain.lengths.holds(*all_of)
            {
                find(text, chain, found);
            }
            asked &= asked - 1;
        }
    }
}
