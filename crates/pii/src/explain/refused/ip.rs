//! Addresses: four numbers between dots; hexadecimal digits between colons.

use std::net::Ipv6Addr;

use super::{BESIDE, Refused};
use crate::{
    chain::Chain,
    chars::{Sep, before, glued_left, glued_right, is_v6, part, span, span_back},
    context::Text,
    recognizers::ip::{MAX_V6, is_special, octet},
};

const NOBODYS: &str = "it is a loopback, an unspecified address, a netmask or a block, and nobody's";

pub(super) fn four(text: &Text<'_>, chain: &Chain, refused: &mut Refused) {
    let mut first = 0;
    while first + 3 < chain.len() {
        let dots = (first..chain.len()).take_while(|&index| chain.sep(index) == Some(Sep::Dot)).count();
        let short = (first..=first + dots).all(|index| chain.run(index).is_some_and(|run| run.len() <= 3));
        if dots == 3
            && short
            && let (Some(start), Some(end)) = (chain.run(first), chain.run(first + 3))
        {
            refused.add(start.start, end.end, why_four(text.bytes, chain, first));
        }
        first += dots + 1;
    }
}

fn why_four(bytes: &[u8], chain: &Chain, first: usize) -> String {
    let runs = [0, 1, 2, 3].map(|offset| chain.run(first + offset));
    if let [Some(a), Some(b), Some(c), Some(d)] = runs.map(|run| octet(bytes, run)) {
        return if is_special([a, b, c, d]) { NOBODYS } else { BESIDE }.to_owned();
    }
    let bad = runs.into_iter().find(|run| octet(bytes, *run).is_none()).flatten();
    let bad = bad.map_or(&[][..], |run| part(bytes, run.start, run.end));
    if bad.starts_with(b"0") {
        "one of its numbers begins with a zero".to_owned()
    } else {
        format!("{} is more than 255", String::from_utf8_lossy(bad))
    }
}

pub(super) fn six(text: &Text<'_>, place: usize, refused: &mut Refused) {
    let bytes = text.bytes;
    let start = place - span_back(bytes, place, MAX_V6, is_v6);
    let end = place + span(bytes, place, MAX_V6, is_v6);
    let end = end - span_back(bytes, end, 1, |byte| byte == b'.');
    let written = part(bytes, start, end);
    // Only at its first colon, so that it is told once.
    let is_first = !part(bytes, start, place).contains(&b':');
    let colons = written.iter().filter(|&&byte| byte == b':').count();
    let double = written.windows(2).any(|two| two == b"::");
    let shaped = (double && colons > 1 || colons > 4) && written.iter().any(u8::is_ascii_digit);
    if !is_first || !shaped || glued_left(bytes, start) || glued_right(bytes, end) || before(bytes, end) == b':' {
        return;
    }
    if let Ok(written) = std::str::from_utf8(written) {
        refused.add(start, end, why_six(written));
    }
}

fn why_six(written: &str) -> String {
    if let Ok(address) = written.parse::<Ipv6Addr>() {
        return if address.is_loopback() || address.is_unspecified() { NOBODYS } else { BESIDE }.to_owned();
    }
    let groups = || written.split(':').filter(|group| !group.is_empty());
    let count = groups().count();
    if written.matches("::").count() > 1 || written.contains(":::") {
        "it has more than one ::".to_owned()
    } else if groups().all(|group| group.len() == 2) && count == 6 {
        "six pairs are a hardware address".to_owned()
    } else if groups().any(|group| group.len() > 4 && !group.contains('.')) {
        "a group has more than four digits".to_owned()
    } else {
        format!("it has {count} groups where an address has eight groups, or fewer and a ::")
    }
}
