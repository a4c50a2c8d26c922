//! One exchange of HTTP/1.1 over a connection of its own, for an answer that may stay open for days.
//!
//! The pool's client keeps some 36 KiB of buffers for as long as an answer is open. Thousands of streams on which nothing
//! happens would fill the memory with them; here a stream holds a buffer only while there are bytes in it.
//!
//! The upstream is not trusted to frame its answer well: whatever two readers could understand in two ways is refused
//! (RFC 9112 sections 2.2, 5.2, 6.3 and 7.1).

mod body;
mod chunked;
mod head;
#[cfg(test)]
mod tests;

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use http::{Method, Request, Response, header};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) use self::body::StreamBody;
use self::head::Head;

/// The largest head of an answer, with all interim answers before it, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Headers by which a message is framed or its connection governed: they are written here alone.
const OURS: [header::HeaderName; 7] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TRAILER,
    header::TE,
    header::UPGRADE,
];

/// The request as it is written; `None` when it cannot be sent this way.
pub(crate) fn encode(request: &Request<Bytes>) -> Option<Vec<u8>> {
    // The answers to these two have no body, whatever their heads say.
    let bodiless = matches!(*request.method(), Method::HEAD | Method::CONNECT);
    if bodiless || OURS.iter().any(|name| request.headers().contains_key(name)) {
        return None;
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let authority = request.uri().authority()?.as_str();
    // The default port is left out, as everywhere (RFC 9110 section 4.2.3).
    let host = authority.strip_suffix(":80").unwrap_or(authority);
    let mut head =
        format!("{} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n", request.method()).into_bytes();
    if !request.body().is_empty() || *request.method() != Method::GET {
        head.extend_from_slice(format!("content-length: {}\r\n", request.body().len()).as_bytes());
    }
    // Names and values come validated from their types: no line break is in them.
    for (name, value) in request.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    Some(head)
}

/// Sends, and reads up to the end of the answer's head. Dropping the future or the body ends the connection.
pub(crate) async fn exchange(
    mut connection: TcpStream,
    head: Vec<u8>,
    body: Bytes,
) -> io::Result<Response<StreamBody>> {
    connection.write_all_buf(&mut Bytes::from(head).chain(body)).await?;
    let (head, unread) = final_head(&mut connection).await?;
    let mut response = Response::new(StreamBody::new(connection, unread, head.framing));
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    Ok(response)
}

/// The head that is no interim one, and what was read of the body behind it.
async fn final_head(connection: &mut TcpStream) -> io::Result<(Head, Bytes)> {
    let mut read = BytesMut::with_capacity(2048);
    // How much is known to hold no end of a head, and how long the heads are so far.
    let (mut searched, mut passed) = (0, 0);
    loop {
        while let Some(end) = head::end(&read, searched) {
            let parsed = head::parse(&read.split_to(end))?;
            (searched, passed) = (0, passed + end);
            if let Some(head) = parsed {
                // A copy: the buffer is as large as the head was.
                return Ok((head, Bytes::copy_from_slice(&read)));
            }
        }
        searched = read.len();
        if passed + searched > MAX_HEAD {
            return Err(invalid("the head of the answer is too large"));
        }
        if connection.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
