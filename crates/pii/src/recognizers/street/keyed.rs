//! Values whose key says that they are addresses.

use crate::{
    chars::{at, before, is_alpha, is_digit, is_upper},
    context::Text,
    kind::Kind,
    recognizers::Candidates,
};

/// A value that nothing but its key makes an address.
const KEYED: i16 = 55;
/// The longest value under an address key that is taken as it is.
const MAX_KEYED: usize = 120;

/// Whether the text is the short value of an address key.
pub(super) fn is_keyed(text: &Text<'_>) -> bool {
    text.bytes.len() <= MAX_KEYED && text.keyed(Kind::Street)
}

/// Adds the value of an address key that starts or ends with a number: it is an address, whatever its words are.
pub(super) fn keyed(text: &Text<'_>, start: usize, end: usize, found: &mut Candidates) -> bool {
    let bytes = text.bytes;
    if !is_keyed(text) || bytes.contains(&b'@') || bytes.contains(&b':') {
        return false;
    }
    let leads = start == 0 && at(bytes, end) == b' ' && is_alpha(at(bytes, end + 1));
    let closes = end == bytes.len() && before(bytes, start) == b' ' && start > 3;
    let value = bytes.trim_ascii();
    let capital = |word: &[u8]| word.len() >= 3 && is_upper(at(word, 0));
    let worded = value.split(|byte| !is_alpha(*byte)).any(capital) && is_upper(at(value, 0)) && value.contains(&b' ');
    let words = bytes.split(|byte| !is_alpha(*byte)).any(|word| word.len() >= 3);
    let digits = bytes.iter().filter(|&&byte| is_digit(byte)).count() <= 14;
    let plain = !value.iter().any(|byte| matches!(byte, b'{' | b'<' | b'=' | b'!' | b'?'));
    if (((leads || closes) && words) || worded) && digits && plain && found.last_street() == 0 {
        found.add(Kind::Street, 0, bytes.trim_ascii_end().len(), KEYED);
        return true;
    }
    false
}
