//! Stage one: where anything could begin. Every kind has a digit, an `@`, a `::` or five dashes in it.

use crate::simd::{BLOCK, anchors};

/// Walks over the anchors of a text.
#[derive(Debug)]
pub(crate) struct Anchors<'a> {
    bytes: &'a [u8],
    /// The first byte of the block in hand.
    block: usize,
    /// Its anchors that are still ahead.
    bits: u64,
}

impl<'a> Anchors<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut anchors = Self { bytes, block: 0, bits: 0 };
        anchors.load();
        anchors
    }

    /// The first anchor at or after `from`, which must not go back.
    #[inline]
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

    #[inline]
    fn load(&mut self) {
        self.bits = match self.bytes.get(self.block..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            Some(block) => anchors(block),
            None => self.load_tail(),
        };
    }

    fn load_tail(&self) -> u64 {
        let rest = self.bytes.get(self.block..).unwrap_or_default();
        // The last block that is whole, without what was seen before. It may end with one colon or dash too many.
        if let Some(last) = self.bytes.last_chunk::<BLOCK>() {
            return anchors(last).checked_shr((BLOCK - rest.len()) as u32).unwrap_or(0);
        }
        let mut block = [0; BLOCK];
        if let Some(into) = block.get_mut(..rest.len()) {
            into.copy_from_slice(rest);
        }
        anchors(&block)
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
        assert_eq!(all(b""), []);
        let long = [b"x".repeat(200).as_slice(), b"7"].concat();
        assert_eq!(all(&long), [200]);
    }
}
