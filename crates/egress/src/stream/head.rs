//! The head of an answer, read strictly, and what it says of where the body ends.

use std::io;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::invalid;

/// The most header lines.
const MAX_HEADERS: usize = 100;
const END: &[u8] = b"\r\n\r\n";

/// How the end of a body is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Framing {
    /// Each piece says how long it is, and the last one that it is the last.
    Chunked,
    /// So many bytes.
    Length(u64),
    /// It lasts as long as the connection.
    UntilClose,
}

#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) framing: Framing,
}

/// Where the head ends; `searched` bytes are known to hold no end.
pub(super) fn end(read: &[u8], searched: usize) -> Option<usize> {
    let start = searched.saturating_sub(END.len() - 1);
    let found = read.get(start..)?.windows(END.len()).position(|window| window == END)?;
    Some(start + found + END.len())
}

/// Reads one whole head; `None` for an interim one, after which another comes.
pub(super) fn parse(bytes: &[u8]) -> io::Result<Option<Head>> {
    // The parser would skip empty lines, and take a line feed alone for the end of a line.
    if !bytes.starts_with(b"HTTP/1.") || has_lone_line_break(bytes) {
        return Err(invalid("the answer is not HTTP/1.1"));
    }
    let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut lines);
    match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(invalid("the answer has too many headers")),
        _ => return Err(invalid("the head of the answer is malformed")),
    }
    let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or_else(|| invalid("the status of the answer is malformed"))?;
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(invalid("the answer changes the protocol, which was not asked for"));
    }
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    for line in parsed.headers.iter() {
        // Each value is a copy, so that none holds on to the whole head.
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(line.name.as_bytes()), HeaderValue::from_bytes(line.value))
        else {
            return Err(invalid("a header of the answer is malformed"));
        };
        headers.append(name, value);
    }
    let framing = framing(status, parsed.version, &headers)?;
    // RFC 9110 section 15.2: a client MUST be able to read interim answers, even unexpected ones.
    Ok((!status.is_informational()).then_some(Head { status, headers, framing }))
}

/// A carriage return without a line feed, or the other way round.
fn has_lone_line_break(bytes: &[u8]) -> bool {
    let mut before = 0;
    bytes.iter().any(|&byte| (byte == b'\n') != (std::mem::replace(&mut before, byte) == b'\r'))
}

/// RFC 9112 section 6.3, and nothing that it merely tolerates.
fn framing(status: StatusCode, version: Option<u8>, headers: &HeaderMap) -> io::Result<Framing> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let framing = match (codings.next(), lengths.next()) {
        (Some(_), Some(_)) => return Err(invalid("the answer has two kinds of length")),
        (Some(coding), None) => {
            let known = coding.as_bytes().eq_ignore_ascii_case(b"chunked") && version == Some(1);
            if !known || codings.next().is_some() {
                return Err(invalid("the answer has an unknown transfer coding"));
            }
            Framing::Chunked
        }
        (None, Some(length)) => match digits(length) {
            Some(length) if lengths.next().is_none() => Framing::Length(length),
            _ => return Err(invalid("the answer has a malformed length")),
        },
        (None, None) => Framing::UntilClose,
    };
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    Ok(if bodiless { Framing::Length(0) } else { framing })
}

/// Digits alone: the number parser of the standard library would take a sign too.
fn digits(value: &HeaderValue) -> Option<u64> {
    let text = value.to_str().ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(head: &str) -> io::Result<Framing> {
        parse(head.as_bytes()).map(|head| head.unwrap().framing)
    }

    #[test]
    fn the_framing_is_what_the_head_says() {
        for (lines, framing) in [
            ("transfer-encoding: chunked", Framing::Chunked),
            ("Transfer-Encoding: CHUNKED ", Framing::Chunked),
            ("content-length: 12", Framing::Length(12)),
            ("content-length: 0", Framing::Length(0)),
            ("x: y", Framing::UntilClose),
        ] {
            assert_eq!(framed(&format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n")).unwrap(), framing, "{lines}");
        }
        assert_eq!(framed("HTTP/1.1 204 X\r\ncontent-length: 5\r\n\r\n").unwrap(), Framing::Length(0));
        assert_eq!(framed("HTTP/1.0 200\r\n\r\n").unwrap(), Framing::UntilClose);
    }

    #[test]
    fn what_can_be_understood_in_two_ways_is_refused() {
        for lines in [
            "transfer-encoding: chunked\r\ncontent-length: 5",
            "content-length: 5\r\ntransfer-encoding: identity",
            "transfer-encoding: gzip, chunked",
            "transfer-encoding: chunked, chunked",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
            "transfer-encoding: identity",
            "transfer-encoding: xchunked",
            "transfer-encoding:",
            "transfer-encoding: \x0bchunked",
            "content-length: 5\r\ncontent-length: 5",
            "content-length: 5, 5",
            "content-length: +5",
            "content-length: -5",
            "content-length: 0x5",
            "content-length: ",
            "content-length: 5 5",
            "content-length: 99999999999999999999",
            "content-length : 5",
            "x: a\r\n content-length: 5",
            "x: a\r\n\tfolded",
            "x: a\ncontent-length: 5",
            "x: a\rcontent-length: 5",
            "x: a\0b",
            " x: a",
            "no colon",
            ": no name",
            "b\u{e4}d: name",
        ] {
            let head = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n");
            assert!(parse(head.as_bytes()).is_err(), "{lines:?}");
        }
    }

    #[test]
    fn only_answers_of_http_1_are_read() {
        for head in [
            "HTTP/2.0 200 OK\r\n\r\n",
            "HTTP/1.2 200 OK\r\n\r\n",
            "HTTP/1.10 200 OK\r\n\r\n",
            "http/1.1 200 OK\r\n\r\n",
            "\r\nHTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1  200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1 099 OK\r\n\r\n",
            "HTTP/1.1 101 Switching\r\nupgrade: h2c\r\n\r\n",
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "SSH-2.0-x\r\n\r\n",
            "\r\n\r\n",
        ] {
            assert!(parse(head.as_bytes()).is_err(), "{head:?}");
        }
    }

    #[test]
    fn there_are_not_more_headers_than_allowed() {
        let head = |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(count));
        assert_eq!(parse(head(MAX_HEADERS).as_bytes()).unwrap().unwrap().headers.len(), MAX_HEADERS);
        assert!(parse(head(MAX_HEADERS + 1).as_bytes()).is_err());
    }

    #[test]
    fn the_end_is_found_wherever_the_search_begins() {
        let head = b"HTTP/1.1 200 OK\r\n\r\nrest";
        for searched in 0..18 {
            assert_eq!(end(head, searched), Some(19), "{searched}");
        }
        assert_eq!(end(b"HTTP/1.1 200 OK\r\n\r", 0), None);
        assert_eq!(end(b"", 0), None);
    }
}
