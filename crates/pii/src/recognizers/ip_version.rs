//! What tells the version of a program, or the number of a section, from an IPv4 address.

use crate::{
    chars::{at, before, glued_left, is_alnum, is_alpha, is_digit, part, span, span_back},
    context::{Text, Topics},
};

/// How near a word such as "version" must be.
pub(super) const VERSION_REACH: usize = 24;
/// How many versions of a list are passed on the way to the word that opens it.
const MAX_LISTED: usize = 6;

/// Whether the octets are unlike the parts of a version: of a private network or of documentation, or two above 30.
pub(super) fn is_unlike_version([a, b, c, d]: [u8; 4]) -> bool {
    let reserved =
        matches!([a, b, c], [10, ..] | [172, 16..=31, _] | [192, 168, _] | [169, 254, _] | [100, 64..=127, _])
            || matches!([a, b, c], [192, 0, 2] | [198, 51, 100] | [203, 0, 113]);
    reserved || [a, b, c, d].into_iter().filter(|&octet| octet > 30).count() > 1
}

/// Whether the label of a version is bound to the value: "firmware 203.0.113.5", "upgrade from 203.0.113.5"; and no word for
/// what is done to a host, as in "patched 203.0.113.5".
pub(super) fn is_version(text: &Text<'_>, start: usize) -> bool {
    let label = text.label(start);
    if !label.topics.is_label() {
        return text.is_bound(start);
    }
    let bytes = text.bytes;
    let word = start - label.distance;
    let behind = part(bytes, word, start);
    let begins = |verbs: &[&str]| {
        verbs.iter().any(|verb| behind.get(..verb.len()).is_some_and(|head| head.eq_ignore_ascii_case(verb.as_bytes())))
    };
    let keyed = matches!(
        before(bytes, start - span_back(bytes, start, 3, |byte| matches!(byte, b' ' | b'"' | b'\''))),
        b':' | b'='
    );
    if text.is_bound(start) {
        return keyed || !begins(&["updat", "patch", "install", "tagged", "image", "deps"]);
    }
    // "[PATCH 2/8] net: drop 1.2.3.4"; `define('APP_VERSION', '1.2.3.4')`
    let quotes =
        behind.iter().skip_while(|&&byte| is_alpha(byte)).all(|byte| matches!(byte, b'\'' | b'"' | b',' | b' '));
    let mail = before(bytes, word) == b'[' && behind.starts_with(b"PATCH ") && label.distance <= VERSION_REACH;
    // "Mailer: Acme 1.2.3.4"
    let agent = begins(&["mailer"]) && label.distance <= VERSION_REACH;
    // "upgrade nginx from 1.2.3.4 to 1.2.3.5", "versions up to 1.2.3.4"
    let (links, most): (&[&str], usize) = if begins(&["version"]) {
        (&[" to ", " below ", " before ", " until ", " through ", " than ", " since "], 3)
    } else if begins(&["upgrad", "bump", "downgrad"]) {
        (&[" from ", " to "], 5)
    } else {
        (&[], 0)
    };
    let linked = links.iter().any(|link| behind.ends_with(link.as_bytes()))
        && behind.iter().filter(|&&byte| byte == b' ').count() <= most;
    quotes || mail || agent || linked
}

/// `User-Agent: Acme/1.2.3.4`, `/pub/1.2.3.4/x`: the name in front of the slash is that of a program, or of a folder.
pub(super) fn is_product(bytes: &[u8], slash: usize) -> bool {
    let name = slash - span_back(bytes, slash, 32, |byte| is_alnum(byte) || matches!(byte, b'-' | b'_' | b'.'));
    let line = part(bytes, name.saturating_sub(64), name);
    before(bytes, name) == b'/' || line.windows(5).any(|five| five.eq_ignore_ascii_case(b"agent"))
}

/// Whether the name in front of the `@` before a value is that of a package: `@scope/name@1.2.3.4`, `npm i name@1.2.3.4`,
/// `"release": "name@1.2.3.4"`.
pub(super) fn is_package(text: &Text<'_>, start: usize) -> bool {
    static TOOLS: [&[u8]; 5] = [b"npm ", b"yarn ", b"pnpm ", b"npx ", b"bun add "];
    static PACKAGES: [&str; 10] =
        ["lodash", "react", "vue", "express", "typescript", "webpack", "eslint", "axios", "next", "jest"];
    let bytes = text.bytes;
    let name = |byte: u8| is_alnum(byte) || matches!(byte, b'.' | b'-' | b'_');
    let begin = start - 1 - span_back(bytes, start - 1, 40, name);
    let word = part(bytes, begin, start - 1);
    let scoped = before(bytes, begin) == b'/' && before(bytes, begin - 1) != b'/';
    let line = part(bytes, begin.saturating_sub(48), begin);
    let line = line.rsplit(|&byte| byte == b'\n').next().unwrap_or(line);
    scoped
        || PACKAGES.iter().any(|known| word == known.as_bytes())
        || TOOLS.iter().any(|tool| line.windows(tool.len()).any(|part| part == *tool))
        || ((text.topics(start).meets(Topics::VERSION) || text.is_keyed_version())
            && matches!(line.last(), Some(b'"' | b'\'' | b'=' | b':') | None))
}

/// `node-203.0.113.5`, `srv_203.0.113.5`: the name of a sort of host is tied to its address.
pub(super) fn is_prefixed(bytes: &[u8], start: usize, end: usize) -> bool {
    static HOSTS: [&str; 24] = [
        "node", "host", "srv", "server", "ip", "ipv", "vm", "gw", "gateway", "router", "proxy", "web", "db", "worker",
        "client", "peer", "edge", "pod", "dns", "ns", "mail", "mx", "vpn", "lb",
    ];
    let tied = matches!(before(bytes, start), b'-' | b'_');
    let goes_on = matches!(at(bytes, end), b'.' | b'-') && is_alpha(at(bytes, end + 1));
    let mark = start.saturating_sub(1);
    let mark = mark - usize::from(before(bytes, mark) == b'4');
    let length = span_back(bytes, mark, 8, is_alpha);
    let word = part(bytes, mark - length, mark);
    tied && !goes_on
        && (HOSTS.iter().any(|host| word.eq_ignore_ascii_case(host.as_bytes())) || is_emphasised(bytes, start, end))
}

/// `_203.0.113.5_`, as Markdown marks words.
pub(super) fn is_emphasised(bytes: &[u8], start: usize, end: usize) -> bool {
    let apart = |byte: u8| !is_alnum(byte) && byte < 0x80 && byte != b'_';
    before(bytes, start) == b'_'
        && at(bytes, end) == b'_'
        && apart(before(bytes, start - 1))
        && apart(at(bytes, end + 1))
}

/// `protobuf==3.20.1.0`, `^1.2.3.4`, `linux 5.15.0.91`, `Fig. 1.2.3.4`: what a package requires, the version of a program that
/// everybody knows, or the number of a table.
pub(super) fn is_required(bytes: &[u8], start: usize, unlike: bool) -> bool {
    let operator = part(bytes, start.saturating_sub(2), start);
    if matches!(operator, [_, b'^' | b'~'] | [b'^' | b'~']) {
        return !unlike;
    }
    if matches!(operator, b"==" | b">=" | b"<=" | b"~=" | b"!=") {
        // "ip.src==10.0.0.5": a field of packets, no package.
        return !unlike || is_packaged(bytes, start - 2);
    }
    if unlike || before(bytes, start) != b' ' {
        return false;
    }
    let end = start - 1 - usize::from(before(bytes, start - 1) == b'.');
    let length = span_back(bytes, end, 12, is_alpha);
    let word = part(bytes, end - length, end);
    (2..12).contains(&length)
        && !glued_left(bytes, end - length)
        && PROGRAMS.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// "Fixed in 1.2.3.4 and later".
pub(super) fn is_limit(bytes: &[u8], end: usize) -> bool {
    let ends = [&b" and "[..], b" or "].into_iter().find(|link| part(bytes, end, end + link.len()) == *link);
    ends.is_some_and(|link| {
        let word = part(bytes, end + link.len(), end + link.len() + 5);
        [&b"later"[..], b"newer", b"earli", b"older", b"above", b"below"].contains(&word)
    })
}

/// Whether the word in front of the operator at a place can be the name of a package, and none of an end of a connection.
fn is_packaged(bytes: &[u8], operator: usize) -> bool {
    static ENDS: [&[u8]; 9] = [b"src", b"dst", b"addr", b"ip", b"host", b"peer", b"client", b"from", b"remote"];
    let name = |byte: u8| is_alnum(byte) || matches!(byte, b'.' | b'-' | b'_');
    let word = part(bytes, operator - span_back(bytes, operator, 40, name), operator);
    let ends = |end: &&[u8]| word.windows(end.len()).any(|part| part.eq_ignore_ascii_case(end));
    word.len() > 2 && !word.contains(&b'.') && !ENDS.iter().any(ends)
}

/// Programs, systems, and what is numbered in a text.
static PROGRAMS: [&str; 41] = [
    "linux",
    "ubuntu",
    "debian",
    "fedora",
    "windows",
    "macos",
    "osx",
    "ios",
    "ipados",
    "android",
    "oracle",
    "dotnet",
    "python",
    "java",
    "jdk",
    "jre",
    "node",
    "nodejs",
    "php",
    "ruby",
    "perl",
    "openssl",
    "torch",
    "pytorch",
    "tensorflow",
    "numpy",
    "pandas",
    "django",
    "rails",
    "cuda",
    "cmake",
    "gcc",
    "clang",
    "curl",
    "wordpress",
    "table",
    "tab",
    "fig",
    "figure",
    "listing",
    "eq",
];

/// Whether the name in front of the `@` at a place is that of a user on a host: an address that programs of the network
/// are given, or one of a private network or of a high number, which no version has.
pub(super) fn is_reached(bytes: &[u8], sign: usize, first: u8) -> bool {
    let name = sign - span_back(bytes, sign, 32, |byte| is_alnum(byte) || matches!(byte, b'.' | b'-' | b'_' | b'+'));
    let scheme = before(bytes, name) == b':' && is_alpha(before(bytes, name - 1));
    let called = part(bytes, name.saturating_sub(12), name);
    let commands = [&b"ssh "[..], b"scp ", b"sftp ", b"rsync ", b" -J ", b"mosh "];
    let line = part(bytes, name.saturating_sub(48), name);
    let line = part(line, line.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1), line.len());
    let hopping = || line.windows(4).any(|four| matches!(four, b"ssh " | b" -J " | b"scp " | b"ync "));
    scheme || matches!(first, 10 | 172 | 192) || commands.iter().any(|command| called.ends_with(command)) || hopping()
}

/// Whether the name in front of the colon at a place is the path of an image: `registry.example/app`, and no address of
/// the network.
pub(super) fn is_image(bytes: &[u8], colon: usize) -> bool {
    let path = |byte: u8| is_alnum(byte) || matches!(byte, b'.' | b'-' | b'_' | b'/');
    let start = colon - span_back(bytes, colon, 64, path);
    let name = part(bytes, start, colon);
    name.contains(&b'/') && !name.starts_with(b"/") && before(bytes, start) != b':'
}

/// `RFC 7540 8.1.2.4`, `// [23.2.2.1]`, `<b>9.2.6.1.</b>`: the number of a section.
pub(super) fn is_heading(bytes: &[u8], start: usize, end: usize) -> bool {
    let numbered = part(bytes, end, end + 2) == b".<";
    let marked = part(bytes, start.saturating_sub(4), start) == b"// [" && at(bytes, end) == b']';
    let rfc =
        || part(bytes, start.saturating_sub(12), start).windows(3).any(|three| three.eq_ignore_ascii_case(b"rfc"));
    numbered || marked || rfc()
}

/// A single digit stands in front of the colon at a place, and opens a word.
pub(super) fn is_epoch(bytes: &[u8], colon: usize) -> bool {
    is_digit(before(bytes, colon)) && matches!(before(bytes, colon - 1), b' ' | b'(' | b'=' | b'@')
}

/// `c.7.32,3.14.47.41`: the path of a drawing, in which decimals begin with their point.
pub(super) fn is_drawn(bytes: &[u8], start: usize) -> bool {
    part(bytes, start.saturating_sub(24), start).windows(4).any(|four| {
        matches!(four, [b'0'..=b'9', b'a'..=b'z', b'.', b'0'..=b'9'] | [b'0'..=b'9', b',' | b'-', b'.', b'0'..=b'9'])
    })
}

/// `25.0.4 25.0.4.1 25.0.5`: a version among others of the same first number, of three numbers.
pub(super) fn is_among(bytes: &[u8], start: usize, end: usize) -> bool {
    let dotted = |byte: u8| is_digit(byte) || byte == b'.';
    let first = span(bytes, start, 3, is_digit) + 1;
    let like = |from: usize, to: usize| {
        part(bytes, from, to).iter().filter(|&&byte| byte == b'.').count() == 2
            && part(bytes, from, from + first) == part(bytes, start, start + first)
    };
    let behind = || at(bytes, end) == b' ' && like(end + 1, end + 1 + span(bytes, end + 1, 16, dotted));
    let ahead = || {
        let blank = start.saturating_sub(1);
        at(bytes, blank) == b' ' && like(blank - span_back(bytes, blank, 16, dotted), blank)
    };
    behind() || ahead()
}

/// The key is a single "v": `?v=8.5.4.31`, `v: "8.5.4.31"`.
pub(super) fn is_keyed_v(bytes: &[u8], start: usize) -> bool {
    let filler = |byte: u8| matches!(byte, b' ' | b'"' | b'\'' | b'\\');
    let sep = start - span_back(bytes, start, 4, filler);
    if !matches!(before(bytes, sep), b'=' | b':') {
        return false;
    }
    let key = sep - 1 - span_back(bytes, sep - 1, 3, filler);
    before(bytes, key) == b'v' && !is_alnum(before(bytes, key - 1)) && before(bytes, key - 1) != b'.'
}

/// `CEF:0|Vendor|Product|1.2.3.4|`.
pub(super) fn is_event(bytes: &[u8], start: usize) -> bool {
    let line = start - span_back(bytes, start, 120, |byte| byte != b'\n');
    let head = part(bytes, line, start);
    let opening = head.windows(4).position(|four| four == b"CEF:" || four == b"EEF:");
    opening.is_some_and(|place| head.iter().skip(place).filter(|&&byte| byte == b'|').count() == 3)
}

/// A revision behind a dash, `2.8.6.1-2`, and not the end of a range; or the limit of a dependency, `>= 1.2.2.3`.
pub(super) fn is_revised(bytes: &[u8], start: usize, end: usize, last: u8) -> bool {
    let limit = part(bytes, start.saturating_sub(3), start);
    if matches!(limit, b">= " | b"<= " | b"<< " | b">> " | b"~> ") {
        return true;
    }
    let digits = span(bytes, end + 1, 3, is_digit);
    if at(bytes, end) != b'-' || digits == 0 || digits > 2 || at(bytes, end + 1 + digits) == b'.' {
        return false;
    }
    let revision = part(bytes, end + 1, end + 1 + digits).iter().fold(0, |value, byte| value * 10 + (byte - b'0'));
    let enclosed = matches!(before(bytes, start), b'(' | b':') && at(bytes, end + 1 + digits) == b')';
    enclosed || revision <= last
}

/// The heading of a release, a number with its date, or one of a list that a version opens.
pub(super) fn is_released(text: &Text<'_>, start: usize, end: usize, octets: [u8; 2]) -> bool {
    let bytes = text.bytes;
    // "5.3.2.1 (2024-02-12)", but "from 198.51.100.7 (2024-02-12)"
    if part(bytes, end, end + 2) == b" ("
        && span(bytes, end + 2, 5, is_digit) == 4
        && at(bytes, end + 6) == b'-'
        && !is_whence(bytes, start)
    {
        return true;
    }
    // "## 5.3.2.1", "## [5.3.2.1]"
    let private = matches!(octets, [10, _] | [172, 16..=31] | [192, 168]);
    let opening = start - usize::from(matches!(before(bytes, start), b'[' | b'v'));
    if !private && before(bytes, opening) == b' ' && before(bytes, opening - 1) == b'#' {
        let marks = span_back(bytes, opening - 1, 6, |byte| byte == b'#');
        if matches!(before(bytes, opening - 1 - marks), 0 | b'\n') {
            return true;
        }
    }
    // "versions 1.2.3.89, 1.2.3.92 and 1.2.4.7"
    let mut first = start;
    for _ in 0..MAX_LISTED {
        let gap = span_back(bytes, first, 6, |byte| matches!(byte, b' ' | b',') || byte.is_ascii_lowercase());
        let link = part(bytes, first - gap, first);
        if !matches!(link, b", " | b"," | b" and " | b", and " | b" or " | b" und " | b" et " | b" y " | b" to ") {
            break;
        }
        let length = span_back(bytes, first - gap, 16, |byte| is_digit(byte) || byte == b'.');
        let listed = part(bytes, first - gap - length, first - gap);
        if length == 16 || !matches!(listed.iter().filter(|&&byte| byte == b'.').count(), 2 | 3) {
            break;
        }
        first -= gap + length;
    }
    let label = text.label(first);
    first < start && label.topics.meets(Topics::VERSION) && label.distance <= VERSION_REACH
}

/// A word stands before that is used of places and machines, not of versions: "from", "by".
fn is_whence(bytes: &[u8], start: usize) -> bool {
    let end = start.saturating_sub(1);
    let word = part(bytes, end - span_back(bytes, end, 8, is_alpha), end);
    [&b"from"[..], b"by", b"at", b"via", b"host", b"von", b"de", b"depuis", b"desde", b"da", b"van"].contains(&word)
}
