//! Resource URIs that mean one thing only.

/// Whether a URI has a single reading, so that a pattern decides about the resource that the upstream
/// will open. Refused are dot segments, empty segments, backslashes, control characters, white space,
/// percent signs that hide a dot, a slash, a backslash, a percent sign or a character that needs no hiding, and
/// upper-case schemes (RFC 3986 section 6.2: each has another spelling that means the same).
pub(crate) fn is_unambiguous(uri: &str) -> bool {
    if uri.is_empty() || uri.chars().any(|char| char.is_control() || char.is_whitespace() || char == '\\') {
        return false;
    }
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    if scheme.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return false;
    }
    let path = rest.split(['?', '#']).next().unwrap_or(rest);
    has_plain_segments(path) && has_plain_escapes(path)
}

fn has_plain_segments(path: &str) -> bool {
    let (authority, path) = match path.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", path),
    };
    let dots = |segment: &str| segment == "." || segment == "..";
    let path = path.strip_prefix('/').unwrap_or(path);
    let inner = path.strip_suffix('/').unwrap_or(path);
    !dots(authority) && !inner.split('/').any(dots) && !path.contains("//") && !path.starts_with('/')
}

fn has_plain_escapes(path: &str) -> bool {
    path.split('%').skip(1).all(|tail| {
        let digits = tail.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            return false;
        };
        !byte.is_ascii_control() && !byte.is_ascii_alphanumeric() && !b"-._~/\\%".contains(&byte)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_uris_pass() {
        for uri in [
            "hr://policies/leave",
            "file:///srv/docs/a%20b.txt",
            "https://example.com/a/b/?q=a%2Fb#..",
            "hr://employees/{id}",
            "note://日本/メモ",
            "urn:isbn:0451450523",
            "repo://MyOrg/README.md",
            "file:///srv/docs/",
            "plain",
        ] {
            assert!(is_unambiguous(uri), "{uri}");
        }
    }

    #[test]
    fn uris_with_two_readings_are_refused() {
        for uri in [
            "",
            "file:///srv/docs/../secret",
            "file:///srv/docs/..",
            "file:///srv/docs/./x",
            "file:///srv/docs/../",
            "file:///srv/docs/%2e%2e/secret",
            "file:///srv/docs/%2E%2E/secret",
            "file:///srv/docs/.%2e/secret",
            "file:///srv/docs%2f..%2fsecret",
            "file:///srv/docs/%252e%252e/secret",
            "file:///srv/docs/..\\secret",
            "file:///srv/docs/%5c..%5csecret",
            "file:///srv//docs",
            "file:////srv/docs",
            "file:///srv/%73ecret",
            "FILE:///srv/docs",
            "file:///srv/a b",
            "file:///srv/a\nb",
            "file:///srv/a%00b",
            "file:///srv/%zz",
            "file:///srv/%4",
            "file:///srv/%é",
            "hr://../x",
            "../x",
        ] {
            assert!(!is_unambiguous(uri), "{uri}");
        }
    }
}
