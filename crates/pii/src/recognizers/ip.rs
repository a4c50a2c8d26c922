//! IPv4 and IPv6 addresses in every form of RFC 4291. Loopback, unspecified addresses, netmasks and blocks are left.

use std::net::Ipv6Addr;

use super::{
    Candidates, Find, Token,
    ip_version::{
        VERSION_REACH, is_among, is_drawn, is_emphasised, is_epoch, is_event, is_heading, is_image, is_keyed_v,
        is_limit, is_package, is_prefixed, is_product, is_reached, is_released, is_required, is_revised,
        is_unlike_version, is_version,
    },
};
use crate::{
    chain::{Chain, Lengths, Run},
    chars::{
        Sep, at, before, glued_left, glued_right, is_alnum, is_alpha, is_digit, is_hex, is_v6, part, span, span_back,
    },
    context::{Support, Text, Topics},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Chain(1, Lengths::ALL, chain), Find::Token(token), Find::Mark(b':', colons)];

const V4: i16 = 60;
const V6: i16 = 96;
/// The longest textual form.
pub(crate) const MAX_V6: usize = 45;

fn chain(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    // Four runs with dots between, no more and no fewer.
    let mut first = 0;
    while first + 3 < chain.len() {
        let dots = (first..chain.len()).take_while(|&index| chain.sep(index) == Some(Sep::Dot)).count();
        if dots == 3 || (dots == 4 && is_captured(text.bytes, chain, first)) {
            v4(text, chain, first, found);
        }
        first += dots + 1;
    }
    if let Some(run) = chain.run(0)
        && (before(text.bytes, run.start) == b':' || at(text.bytes, run.end) == b':')
    {
        v6(text, run.start, found);
    }
    // The last run may be the first group of an IPv6 address behind other numbers.
    if chain.len() > 1
        && let Some(run) = chain.run(chain.len() - 1)
        && at(text.bytes, run.end) == b':'
    {
        v6(text, run.start, found);
    }
}

fn token(text: &Text<'_>, token: Token, found: &mut Candidates) {
    if before(text.bytes, token.start) == b':' || at(text.bytes, token.end) == b':' {
        v6(text, token.start, found);
    }
}

fn colons(text: &Text<'_>, place: usize, found: &mut Candidates) {
    // A path of a program: a word that is no hexadecimal number follows.
    let next = at(text.bytes, place + 2);
    if (is_alpha(next) && !is_hex(next)) || next == b'_' {
        return;
    }
    v6(text, place, found);
}

fn v4(text: &Text<'_>, chain: &Chain, first: usize, found: &mut Candidates) {
    let (Some(start), Some(last)) = (chain.run(first), chain.run(first + 3)) else { return };
    let octets = [first, first + 1, first + 2, first + 3].map(|index| octet(text.bytes, chain.run(index)));
    let [Some(a), Some(b), Some(c), Some(d)] = octets else { return };
    let (start, end) = (start.start, last.end);
    let unlike = is_unlike_version([a, b, c, d]);
    let ends = !is_dotted_on(text.bytes, chain, first)
        || is_captured(text.bytes, chain, first)
        || (unlike && first == 0 && is_prefixed(text.bytes, start, end));
    if !ends || is_special([a, b, c, d]) {
        return;
    }
    let block =
        at(text.bytes, end) == b'/' && is_digit(at(text.bytes, end + 1)) && span(text.bytes, end + 1, 4, is_digit) < 3;
    let ported = at(text.bytes, end) == b':' && is_digit(at(text.bytes, end + 1));
    // "nginx/1.2.3.4"
    let named = before(text.bytes, start) == b'/'
        && start >= 2
        && is_alpha(before(text.bytes, start - 1))
        && (!unlike || is_product(text.bytes, start - 1));
    let small = [a, b, c, d].iter().all(|octet| *octet < 20);
    // "react@1.2.3.4", but "sip:702@198.51.100.7" and "ssh ann@10.0.0.7"
    let at_host = before(text.bytes, start) == b'@' && glued_left(text.bytes, start - 1);
    let package = at_host
        && match unlike {
            true => is_package(text, start),
            false => small || !is_reached(text.bytes, start - 1, a),
        };
    let glued = glued_right(text.bytes, end) && !(unlike && is_emphasised(text.bytes, start, end));
    if block || glued || (named && !ported) || package {
        return;
    }
    // "app:8.5.4.1", "registry/app:8.5.4.31": the tag of an image.
    let mark = before(text.bytes, start);
    let tag = mark == b':'
        && glued_left(text.bytes, start - 1)
        && ((small && !unlike) || (!ported && is_image(text.bytes, start - 1)));
    // "// since 8.5.4.31", and the version of the device in an event of CEF
    let since = mark == b' ' && part(text.bytes, start.saturating_sub(7), start) == b" since ";
    let event = mark == b'|' && at(text.bytes, end) == b'|' && is_event(text.bytes, start);
    // No host has an address of the network 0; and "(>= 2:1.2.99.4" has an epoch of Debian.
    let epoch = mark == b':' && a < 10 && is_epoch(text.bytes, start - 1);
    if (tag || since || event || a == 0 || epoch) && !text.topics(start).names(Kind::Ip) {
        return;
    }
    if is_keyed_v(text.bytes, start) {
        return;
    }
    let topics = text.topics(start);
    let enzyme = a < 8 && b < 30 && part(text.bytes, start.saturating_sub(3), start) == b"EC ";
    let identifier = matches!([a, b, c], [2, 5, 4 | 6 | 29]) || [a, b, c, d] == [1, 3, 6, 1] || enzyme;
    let section = part(text.bytes, start.saturating_sub(3), start).windows(2).any(|two| two == "§".as_bytes())
        || (small && is_heading(text.bytes, start, end));
    if (identifier || section) && !topics.names(Kind::Ip) {
        return;
    }
    // "firmware 5.1.2.3 on the edge box, was 4.9.8.7"
    let was = topics.meets(Topics::VERSION) && part(text.bytes, start.saturating_sub(5), start) == b" was ";
    if was && !ported {
        return;
    }
    if topics.meets(Topics::VERSION) && !topics.names(Kind::Ip) && !ported && !at_host {
        let label = text.label(start);
        let near = || {
            let reach = if small { VERSION_REACH * 3 } else { VERSION_REACH };
            !label.topics.is_label() || label.distance <= reach
        };
        let versioned = if unlike { is_version(text, start) } else { near() };
        if versioned {
            return;
        }
    }
    if !topics.names(Kind::Ip)
        && (is_revised(text.bytes, start, end, d) || is_drawn(text.bytes, start) || is_among(text.bytes, start, end))
    {
        return;
    }
    if !topics.names(Kind::Ip) && (is_required(text.bytes, start, unlike) || is_limit(text.bytes, end)) {
        return;
    }
    if !topics.names(Kind::Ip) && !ported && is_released(text, start, end, [a, b]) {
        return;
    }
    let bonus = if topics.names(Kind::Ip) { 30 } else { 0 };
    found.add(Kind::Ip, start, end, V4 + bonus);
}

pub(crate) fn octet(bytes: &[u8], run: Option<Run>) -> Option<u8> {
    let run = run?;
    let text = part(bytes, run.start, run.end);
    if text.len() > 3 || (text.len() > 1 && text.starts_with(b"0")) {
        return None;
    }
    let value = text.iter().fold(0u16, |value, byte| value * 10 + u16::from(byte - b'0'));
    u8::try_from(value).ok()
}

/// `10.0.0.1.443 > 10.0.0.2.5000:`: addresses with their ports, as a capture of packets prints them.
fn is_captured(bytes: &[u8], chain: &Chain, first: usize) -> bool {
    let (Some(start), Some(port)) = (chain.run(first), chain.run(first + 4)) else { return false };
    let before_arrow = part(bytes, port.end, port.end + 3) == b" > ";
    let behind_arrow = part(bytes, start.start.saturating_sub(3), start.start) == b" > " && at(bytes, port.end) == b':';
    let alone = chain.sep(first + 3) == Some(Sep::Dot) && chain.sep(first + 4) != Some(Sep::Dot);
    alone && port.len() <= 5 && (before_arrow || behind_arrow)
}

/// Whether the dots go on before or behind.
fn is_dotted_on(bytes: &[u8], chain: &Chain, first: usize) -> bool {
    let left = match first.checked_sub(1) {
        None => chain.tied_left || before(bytes, chain.run(0).map_or(0, |run| run.start)) == b'.',
        Some(index) => chain.sep(index) == Some(Sep::Dot),
    };
    let last = first + 3;
    let right = if last + 1 < chain.len() {
        chain.sep(last) == Some(Sep::Dot)
    } else {
        let end = chain.run(last).map_or(0, |run| run.end);
        at(bytes, end) == b'.' && at(bytes, end + 1).is_ascii_lowercase()
            || at(bytes, end) == b'-' && is_alpha(at(bytes, end + 1))
    };
    left || right
}

pub(crate) fn is_special([a, b, c, d]: [u8; 4]) -> bool {
    a == 127 || [a, b, c, d] == [0; 4] || (a == 255 && matches!(b, 0 | 255)) || [b, c, d] == [0; 3] && a == 0
}

fn v6(text: &Text<'_>, place: usize, found: &mut Candidates) {
    let bytes = text.bytes;
    if text.seen_v6(place) {
        return;
    }
    let end = place + span(bytes, place, usize::MAX, is_v6);
    text.see_v6(end);
    // A word that goes on, as in `std::fmt`.
    if !matches!(before(bytes, end), b':' | b'.') && glued_right(bytes, end) {
        return;
    }
    let start = place - span_back(bytes, place, MAX_V6, is_v6);
    // Times of day have two colons too; leave early.
    if part(bytes, start, end).iter().filter(|&&byte| byte == b':').count() < 2 || end - start > MAX_V6 + 3 {
        return;
    }
    if found.0.last().is_some_and(|last| last.kind == Kind::Ip && last.start >= start && last.end + 1 >= end) {
        return;
    }
    let (start, end) = trim(bytes, start, end);
    let Ok(written) = std::str::from_utf8(part(bytes, start, end)) else { return };
    let Some((written, address)) = address(written) else { return };
    let end = start + written.len();
    if is_tied(bytes, start, end) || address.is_loopback() || address.is_unspecified() || at(bytes, end) == b'/' {
        return;
    }
    let slice = || before(bytes, start) == b'[' && glued_left(bytes, start - 1);
    // "[1::8]:443"
    let hosted = || {
        before(bytes, start) == b'['
            && at(bytes, end) == b']'
            && (at(bytes, end + 1) == b':' && is_digit(at(bytes, end + 2)) || before(bytes, start - 1) == b'/')
    };
    if !looks_like_address(written.as_bytes())
        && !hosted()
        && (slice() || text.support(start, Kind::Ip) != Support::Named)
    {
        return;
    }
    let zone = if at(bytes, end) == b'%' {
        let zone = span(bytes, end + 1, 16, |byte| is_alnum(byte) || matches!(byte, b'-' | b'_' | b'.'));
        // The full stop of a sentence is no part of it.
        let stop = span_back(bytes, end + 1 + zone, zone, |byte| byte == b'.');
        1 + zone - stop
    } else {
        0
    };
    let end = if zone > 1 { end + zone } else { end };
    found.add(Kind::Ip, start, end, V6);
}

/// The address, without the port that some servers write behind it without brackets.
fn address(written: &str) -> Option<(&str, Ipv6Addr)> {
    if let Ok(address) = written.parse() {
        return Some((written, address));
    }
    let (host, port) = written.rsplit_once(':')?;
    let ported = (4..=5).contains(&port.len()) && port.bytes().all(is_digit);
    if ported { Some((host, host.parse().ok()?)) } else { None }
}

/// Leaves out the end of a word before, and what closes a sentence behind.
fn trim(bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
    let (mut start, mut end) = (start, end);
    if glued_left(bytes, start) {
        start += span(bytes, start, MAX_V6, |byte| byte != b':');
    }
    if at(bytes, start) == b':' && at(bytes, start + 1) != b':' {
        start += 1;
    }
    while start < end && matches!(before(bytes, end), b'.') {
        end -= 1;
    }
    if end >= start + 2 && before(bytes, end) == b':' && before(bytes, end - 1) != b':' {
        end -= 1;
    }
    (start, end)
}

fn is_tied(bytes: &[u8], start: usize, end: usize) -> bool {
    let left = before(bytes, start);
    let closing = matches!(left, b')' | b']') || (left == b'>' && !follows_tag(bytes, start));
    let path = at(bytes, start) == b':' && (glued_left(bytes, start) || closing);
    let generic = at(bytes, end) == b'<' && before(bytes, end) == b':';
    path || generic || glued_right(bytes, end) || left == b'.' || (at(bytes, end) == b':' && at(bytes, end + 1) == b':')
}

/// The angle bracket before closes a tag of HTML, not the type parameters of a program: `<td>`, not `Vec<u8>`.
fn follows_tag(bytes: &[u8], start: usize) -> bool {
    let length = span_back(bytes, start - 1, 40, |byte| byte != b'<' && byte != b'\n');
    let open = (start - 1 - length).saturating_sub(1);
    at(bytes, open) == b'<'
        && !glued_left(bytes, open)
        && matches!(at(bytes, open + 1), b'a'..=b'z' | b'A'..=b'Z' | b'/')
}

/// Not an EUI-64, and more than a path of two short words or a slice.
fn looks_like_address(written: &[u8]) -> bool {
    let groups = || written.split(|&byte| byte == b':').filter(|group| !group.is_empty());
    let (mut count, mut total, mut pairs, mut lettered) = (0, 0, true, true);
    for group in groups() {
        count += 1;
        total += group.len();
        pairs &= group.len() == 2;
        lettered &= is_alpha(at(group, 0));
    }
    let digits = written.iter().copied().filter(|&byte| is_digit(byte)).count();
    // "c::B50" is the path of a program.
    let path = count < 3 && lettered && groups().next().is_some_and(|first| first.len() < 3);
    let mixed = || !written.iter().all(|&byte| is_digit(byte) || byte == b':');
    let hardware = pairs && count == 8;
    !hardware && !path && digits > 0 && (total > 4 || (total > 2 && mixed()))
}
