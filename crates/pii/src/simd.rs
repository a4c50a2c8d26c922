//! The anchors of one block, and which bytes of a piece are of one sort: sixteen bytes at a time where the processor always
//! can (x86-64 has SSE2), byte by byte elsewhere. Both give the same. The one file of the house with unsafe code.

use crate::context::PAIRS;

/// Bytes in a block.
pub(crate) const BLOCK: usize = 64;

#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(unsafe_code, reason = "the one call into code for a processor feature")]
pub(crate) fn anchors(block: &[u8; BLOCK]) -> u64 {
    // SAFETY: SSE2 is part of x86-64; every processor that runs this has it.
    unsafe { lanes(block) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn lanes(block: &[u8; BLOCK]) -> u64 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8, _mm_sub_epi8,
    };
    let (mut alone, mut colons, mut twins) = (0u64, 0u64, 0u64);
    let (pieces, _) = block.as_chunks::<16>();
    for (index, piece) in pieces.iter().enumerate() {
        let whole = u128::from_le_bytes(*piece);
        let lanes = _mm_set_epi64x((whole >> 64) as i64, whole as i64);
        // Digits are the ten values from '0'; moved to the bottom of the signed range they are the only ones below.
        let moved = _mm_sub_epi8(lanes, _mm_set1_epi8((b'0' as i8).wrapping_sub(i8::MIN)));
        let mask = |lanes| u64::from(_mm_movemask_epi8(lanes) as u16) << (index * 16);
        let digits = _mm_cmpgt_epi8(_mm_set1_epi8(i8::MIN + 10), moved);
        alone |= mask(_mm_or_si128(digits, _mm_cmpeq_epi8(lanes, _mm_set1_epi8(b'@' as i8))));
        colons |= mask(_mm_cmpeq_epi8(lanes, _mm_set1_epi8(b':' as i8)));
        let dashes = _mm_cmpeq_epi8(lanes, _mm_set1_epi8(b'-' as i8));
        let esses = _mm_cmpeq_epi8(_mm_or_si128(lanes, _mm_set1_epi8(0x20)), _mm_set1_epi8(b's' as i8));
        twins |= mask(_mm_or_si128(dashes, esses));
    }
    combine(block, alone, colons, twins)
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn anchors(block: &[u8; BLOCK]) -> u64 {
    scalar(block)
}

/// The same, byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn scalar(block: &[u8; BLOCK]) -> u64 {
    let mask = |test: fn(u8) -> bool| {
        block.iter().enumerate().fold(0, |mask, (index, &byte)| mask | (u64::from(test(byte)) << index))
    };
    let alone = mask(|byte| byte.is_ascii_digit() || byte == b'@');
    combine(block, alone, mask(|byte| byte == b':'), mask(|byte| byte == b'-' || byte | 0x20 == b's'))
}

/// Which bytes of a block may stand for something else: those of other scripts, `%`, `&` and backslashes. The first one lowest.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(unsafe_code, reason = "as above")]
pub(crate) fn veiled(block: &[u8; BLOCK]) -> u64 {
    // SAFETY: SSE2 is part of x86-64; every processor that runs this has it.
    unsafe { veiled_lanes(block) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn veiled_lanes(block: &[u8; BLOCK]) -> u64 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
        _mm_setzero_si128, _mm_sub_epi8,
    };
    let (pieces, _) = block.as_chunks::<16>();
    let mut any = _mm_setzero_si128();
    let found: [__m128i; BLOCK / 16] = std::array::from_fn(|index| {
        let whole = pieces.get(index).map_or(0, |piece| u128::from_le_bytes(*piece));
        let lanes = _mm_set_epi64x((whole >> 64) as i64, whole as i64);
        // The mask is made of the highest bits, which the bytes of other scripts have by themselves. `%` and `&` are
        // neighbours: moved to the bottom of the signed range they are the only ones below.
        let moved = _mm_sub_epi8(lanes, _mm_set1_epi8((b'%' as i8).wrapping_sub(i8::MIN)));
        let marks = _mm_cmpgt_epi8(_mm_set1_epi8(i8::MIN + 2), moved);
        let found = _mm_or_si128(_mm_or_si128(lanes, _mm_cmpeq_epi8(lanes, _mm_set1_epi8(b'\\' as i8))), marks);
        any = _mm_or_si128(any, found);
        found
    });
    // Most blocks have none.
    if _mm_movemask_epi8(any) == 0 {
        return 0;
    }
    let masks = found.into_iter().enumerate();
    masks.fold(0, |mask, (index, found)| mask | (u64::from(_mm_movemask_epi8(found) as u16) << (index * 16)))
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn veiled(block: &[u8; BLOCK]) -> u64 {
    veiled_scalar(block)
}

/// The same, byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn veiled_scalar(block: &[u8; BLOCK]) -> u64 {
    let veils = |byte: u8| byte >= 0x80 || matches!(byte, b'%' | b'&' | b'\\');
    block.iter().enumerate().fold(0, |mask, (index, &byte)| mask | (u64::from(veils(byte)) << index))
}

/// Bytes that are looked at together at the end of a word.
pub(crate) const PIECE: usize = 16;

/// Sorts of bytes that stand in runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sort {
    Digit,
    Lower,
    Upper,
    Alpha,
    Alnum,
    /// Everything but the end of a line.
    InLine,
    /// What may stand last in a line of JSON: a closing bracket, a blank. All that is neither a printed character of ASCII
    /// nor the end of the line counts as a blank, since that is quick to tell.
    Last,
    /// What may stand between the tokens of JSON.
    Blank,
    /// What stands for itself in a string of JSON: no quote, backslash or control character.
    Quoted,
}

/// Which of the bytes are of the sort, the first one lowest.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(unsafe_code, reason = "the other call into code for a processor feature")]
pub(crate) fn of_sort(piece: &[u8; PIECE], sort: Sort) -> u16 {
    // SAFETY: SSE2 is part of x86-64; every processor that runs this has it.
    unsafe { sorted(piece, sort) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn sorted(piece: &[u8; PIECE], sort: Sort) -> u16 {
    use std::arch::x86_64::{
        __m128i, _mm_andnot_si128, _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8, _mm_sub_epi8,
    };
    let whole = u128::from_le_bytes(*piece);
    let lanes = _mm_set_epi64x((whole >> 64) as i64, whole as i64);
    // So many values from the first one on; see above.
    let within = |lanes: __m128i, first: u8, count: i8| {
        let moved = _mm_sub_epi8(lanes, _mm_set1_epi8((first as i8).wrapping_sub(i8::MIN)));
        _mm_cmpgt_epi8(_mm_set1_epi8(i8::MIN + count), moved)
    };
    let digits = |lanes| within(lanes, b'0', 10);
    let is = |lanes, byte: u8| _mm_cmpeq_epi8(lanes, _mm_set1_epi8(byte as i8));
    let found = match sort {
        Sort::Digit => digits(lanes),
        Sort::Lower => within(lanes, b'a', 26),
        Sort::Upper => within(lanes, b'A', 26),
        Sort::Alpha => within(_mm_or_si128(lanes, _mm_set1_epi8(0x20)), b'a', 26),
        Sort::Blank => {
            let ends = _mm_or_si128(is(lanes, b'\n'), is(lanes, b'\r'));
            _mm_or_si128(ends, _mm_or_si128(is(lanes, b' '), is(lanes, b'\t')))
        }
        Sort::Quoted => {
            let ends = _mm_or_si128(is(lanes, b'"'), is(lanes, b'\\'));
            return !(_mm_movemask_epi8(_mm_or_si128(ends, within(lanes, 0, 0x20))) as u16);
        }
        Sort::InLine => return !(_mm_movemask_epi8(is(lanes, b'\n')) as u16),
        Sort::Last => {
            // Both brackets differ from each other in one bit; as signed numbers, those above 0x7F are the lowest.
            let closes = is(_mm_or_si128(lanes, _mm_set1_epi8(0x20)), b'}');
            let blank = _mm_andnot_si128(is(lanes, b'\n'), _mm_cmpgt_epi8(_mm_set1_epi8(b' ' as i8 + 1), lanes));
            _mm_or_si128(closes, blank)
        }
        Sort::Alnum => {
            let letters = within(_mm_or_si128(lanes, _mm_set1_epi8(0x20)), b'a', 26);
            _mm_or_si128(letters, digits(lanes))
        }
    };
    _mm_movemask_epi8(found) as u16
}

/// Which of the bytes are this one, the first one lowest.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(unsafe_code, reason = "as above")]
pub(crate) fn equal(piece: &[u8; PIECE], byte: u8) -> u16 {
    // SAFETY: SSE2 is part of x86-64; every processor that runs this has it.
    unsafe { equals(piece, byte) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn equals(piece: &[u8; PIECE], byte: u8) -> u16 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};
    let whole = u128::from_le_bytes(*piece);
    let lanes = _mm_set_epi64x((whole >> 64) as i64, whole as i64);
    _mm_movemask_epi8(_mm_cmpeq_epi8(lanes, _mm_set1_epi8(byte as i8))) as u16
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn equal(piece: &[u8; PIECE], byte: u8) -> u16 {
    equal_scalar(piece, byte)
}

/// Where in a piece the pairs of letters stand that words for secrets have in them, in any case; `behind` is the piece one
/// byte further on. And whether there is a letter of another script, or one with an accent.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(unsafe_code, reason = "as above")]
pub(crate) fn secret_pairs(piece: &[u8; PIECE], behind: &[u8; PIECE]) -> (u16, bool) {
    // SAFETY: SSE2 is part of x86-64; every processor that runs this has it.
    unsafe { pairs(piece, behind) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn pairs(piece: &[u8; PIECE], behind: &[u8; PIECE]) -> (u16, bool) {
    use std::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_andnot_si128, _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_movemask_epi8, _mm_or_si128,
        _mm_set_epi64x, _mm_set1_epi8, _mm_setzero_si128,
    };
    let load = |piece: &[u8; PIECE]| {
        let whole = u128::from_le_bytes(*piece);
        _mm_set_epi64x((whole >> 64) as i64, whole as i64)
    };
    let is = |lanes, byte: u8| _mm_cmpeq_epi8(lanes, _mm_set1_epi8(byte as i8));
    let small = |lanes: __m128i| _mm_or_si128(lanes, _mm_set1_epi8(0x20));
    let (plain, next) = (load(piece), small(load(behind)));
    let first = small(plain);
    let mut found = _mm_setzero_si128();
    for [one, two] in PAIRS {
        found = _mm_or_si128(found, _mm_and_si128(is(first, one), is(next, two)));
    }
    // From 0xC3 on characters begin that may be letters; those behind 0xE2 are none. As signed numbers they lie between.
    let high =
        _mm_and_si128(_mm_cmpgt_epi8(plain, _mm_set1_epi8(0xC2u8 as i8)), _mm_cmpgt_epi8(_mm_setzero_si128(), plain));
    let foreign = _mm_movemask_epi8(_mm_andnot_si128(is(plain, 0xE2), high)) != 0;
    (_mm_movemask_epi8(found) as u16, foreign)
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn secret_pairs(piece: &[u8; PIECE], behind: &[u8; PIECE]) -> (u16, bool) {
    pairs_scalar(piece, behind)
}

/// The same, byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn pairs_scalar(piece: &[u8; PIECE], behind: &[u8; PIECE]) -> (u16, bool) {
    let both = piece.iter().zip(behind).enumerate();
    let found = both
        .fold(0, |mask, (index, (one, two))| mask | (u16::from(PAIRS.contains(&[one | 0x20, two | 0x20])) << index));
    (found, piece.iter().any(|&byte| byte >= 0xC3 && byte != 0xE2))
}

/// Whether the byte is of the sort [`Sort::Blank`].
#[inline]
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Whether the byte is of the sort [`Sort::Quoted`].
pub(crate) fn is_quoted(byte: u8) -> bool {
    !matches!(byte, b'"' | b'\\' | 0..=0x1F)
}

/// Whether the byte is of the sort [`Sort::Last`].
pub(crate) fn is_last(byte: u8) -> bool {
    matches!(byte, b'}' | b']' | 0..=0x09 | 0x0B..=b' ' | 0x80..)
}

/// The same, byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn equal_scalar(piece: &[u8; PIECE], byte: u8) -> u16 {
    piece.iter().enumerate().fold(0, |mask, (index, &other)| mask | (u16::from(other == byte) << index))
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn of_sort(piece: &[u8; PIECE], sort: Sort) -> u16 {
    sorted_scalar(piece, sort)
}

/// The same, byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn sorted_scalar(piece: &[u8; PIECE], sort: Sort) -> u16 {
    let test = |byte: u8| match sort {
        Sort::Digit => byte.is_ascii_digit(),
        Sort::Lower => byte.is_ascii_lowercase(),
        Sort::Upper => byte.is_ascii_uppercase(),
        Sort::Alpha => byte.is_ascii_alphabetic(),
        Sort::Alnum => byte.is_ascii_alphanumeric(),
        Sort::InLine => byte != b'\n',
        Sort::Last => is_last(byte),
        Sort::Blank => is_blank(byte),
        Sort::Quoted => is_quoted(byte),
    };
    piece.iter().enumerate().fold(0, |mask, (index, &byte)| mask | (u16::from(test(byte)) << index))
}

/// Two colons, five dashes and the end of "pass" count where they begin; across the end of a block what is in it is enough.
/// `twins` are the dashes and the letters `s`.
#[inline]
fn combine(block: &[u8; BLOCK], alone: u64, colons: u64, twins: u64) -> u64 {
    let pairs = colons & ((colons >> 1) | (1 << 63));
    // The first of each run of two and more.
    let begin = twins & !(twins << 1) & ((twins >> 1) | (1 << 63));
    let found = alone | pairs;
    if begin == 0 { found } else { found | verified(block, twins, begin) }
}

/// Of the runs of dashes and letters `s` that begin at these places, those of five dashes and those behind "pa".
fn verified(block: &[u8; BLOCK], twins: u64, begin: u64) -> u64 {
    let (mut kept, mut rest) = (0, begin);
    while rest != 0 {
        let place = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        let is = |back: usize, letter: u8| {
            place.checked_sub(back).and_then(|place| block.get(place)).is_none_or(|byte| byte | 0x20 == letter)
        };
        let run = (twins >> place).trailing_ones() as usize;
        let end = place + run;
        if run >= 5 || end >= BLOCK {
            let dashes = block.get(place..end).unwrap_or_default();
            let count = dashes.iter().rev().take_while(|&&byte| byte == b'-').count();
            kept |= u64::from(count >= 5 || (count > 0 && end >= BLOCK)) << (end - count).min(BLOCK - 1);
        }
        kept |= u64::from(block.get(place) != Some(&b'-') && is(1, b'a') && is(2, b'p')) << place;
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lanes_and_bytes_agree(block in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b':'), Just(b'-'), Just(b'0'), Just(b'%'), Just(b'&'), Just(b'\\'), Just(b's'), Just(b'S'), Just(b'a'), Just(b'p')], 64)) {
            let block: [u8; BLOCK] = block.try_into().unwrap();
            prop_assert_eq!(anchors(&block), scalar(&block));
            prop_assert_eq!(veiled(&block), veiled_scalar(&block));
        }

        #[test]
        fn sorts_agree(piece in any::<[u8; PIECE]>()) {
            for sort in [Sort::Digit, Sort::Lower, Sort::Upper, Sort::Alpha, Sort::Alnum, Sort::InLine, Sort::Last, Sort::Blank, Sort::Quoted] {
                prop_assert_eq!(of_sort(&piece, sort), sorted_scalar(&piece, sort));
            }
            let byte = piece.last().copied().unwrap_or(0);
            prop_assert_eq!(equal(&piece, byte), equal_scalar(&piece, byte));
            let behind = std::array::from_fn(|index| piece.get(index + 1).copied().unwrap_or(b'w'));
            prop_assert_eq!(secret_pairs(&piece, &behind), pairs_scalar(&piece, &behind));
            let letters = piece.map(|byte| b"swdrcikebtnhlKE\xE2"[usize::from(byte % 16)]);
            prop_assert_eq!(secret_pairs(&letters, &behind), pairs_scalar(&letters, &behind));
        }
    }
}
