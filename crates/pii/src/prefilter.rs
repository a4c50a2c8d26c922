//! Stage one: where anything could begin. Every kind has a digit, an `@`, a `::` or five dashes in it, or "pass" in
//! front of it. And before that, where anything could be in disguise.

use std::marker::PhantomData;

use crate::simd::{BLOCK, anchors, veiled};

/// What is looked for in a block.
pub(crate) trait Sought {
    /// Where it is, the first byte lowest.
    fn in_block(block: &[u8; BLOCK]) -> u64;
}

/// Where something personal could begin.
#[derive(Debug)]
pub(crate) struct Beginnings;

impl Sought for Beginnings {
    #[inline]
    fn in_block(block: &[u8; BLOCK]) -> u64 {
        anchors(block)
    }
}

/// What could stand for something else.
#[derive(Debug)]
pub(crate) struct Disguises;

impl Sought for Disguises {
    #[inline]
    fn in_block(block: &[u8; BLOCK]) -> u64 {
        veiled(block)
    }
}

/// The anchors of a text.
pub(crate) type Anchors<'a> = Places<'a, Beginnings>;
/// The places where something could be in disguise.
pub(crate) type Veils<'a> = Places<'a, Disguises>;

/// Walks over the places of one sort in a text.
#[derive(Debug)]
pub(crate) struct Places<'a, S> {
    bytes: &'a [u8],
    /// The first byte of the block in hand.
    block: usize,
    /// Its places that are still ahead.
    bits: u64,
    sort: PhantomData<S>,
}

impl<'a, S: Sought> Places<'a, S> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut places = Self { bytes, block: 0, bits: 0, sort: PhantomData };
        places.load();
        places
    }

    /// The first place at or after `from`, which must not go back.
    #[inline(always)]
    pub(crate) fn next(&mut self, from: usize) -> Option<usize> {
        if from >= self.block + BLOCK {
            self.block = from & !(BLOCK - 1);
            self.load();
        }
        if let Some(skip) = from.checked_sub(self.block).filter(|&skip| skip > 0) {
            self.bits &= u64::MAX << skip;
        }
        while self.bits == 0 {
            self.block += BLOCK;
            if self.block >= self.bytes.len() {
                return None;
            }
            self.load();
        }
        Some(self.block + self.bits.trailing_zeros() as usize)
    }

    #[inline(always)]
    fn load(&mut self) {
        self.bits = match self.bytes.get(self.block..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            Some(block) => S::in_block(block),
            None => self.load_tail(),
        };
    }

    fn load_tail(&self) -> u64 {
        let rest = self.bytes.get(self.block..).unwrap_or_default();
        // The last block that is whole, without what was seen before. It may end with one colon or dash too many.
        if let Some(last) = self.bytes.last_chunk::<BLOCK>() {
            return S::in_block(last).checked_shr((BLOCK - rest.len()) as u32).unwrap_or(0);
        }
        let mut block = [0; BLOCK];
        if let Some(into) = block.get_mut(..rest.len()) {
            into.copy_from_slice(rest);
        }
        S::in_block(&block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<usize> {
        let mut anchors = Anchors::new(bytes);
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(place) = anchors.next(from) {
            found.push(place);
            from = place + 1;
        }
        found
    }

    #[test]
    fn finds_each_sort() {
        assert_eq!(all(b"a1b@c::d-----e"), [1, 3, 5, 8]);
        assert_eq!(all(b"my Pass, a PASSWORD, compass class"), [5, 13, 26]);
        assert_eq!(all(b""), [0; 0]);
        let long = [b"x".repeat(200).as_slice(), b"7"].concat();
        assert_eq!(all(&long), [200]);
    }
}
