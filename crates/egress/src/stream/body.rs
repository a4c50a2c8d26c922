//! The body of an answer on a connection of its own.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
};

use super::{chunked::Chunked, head::Framing};

/// How much is read at once, in bytes.
const PIECE: usize = 8 * 1024;

/// Reads as it is asked. While nothing comes, it holds the connection and no buffer.
#[derive(Debug)]
pub(crate) struct StreamBody {
    /// None once no more is to come.
    connection: Option<TcpStream>,
    /// Read and not yet passed on.
    unread: Bytes,
    rest: Rest,
}

/// What is still to come.
#[derive(Debug)]
enum Rest {
    Chunked(Chunked),
    Length(u64),
    UntilClose,
}

impl StreamBody {
    pub(super) fn new(connection: TcpStream, unread: Bytes, framing: Framing) -> Self {
        let rest = match framing {
            Framing::Chunked => Rest::Chunked(Chunked::default()),
            Framing::Length(length) => Rest::Length(length),
            Framing::UntilClose => Rest::UntilClose,
        };
        let connection = (!rest.is_over()).then_some(connection);
        Self { connection, unread, rest }
    }

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            let taken = self.rest.take(&mut self.unread)?;
            if self.rest.is_over() {
                self.connection = None;
            }
            if let Some(data) = taken {
                return Poll::Ready(Some(Ok(data)));
            }
            let Some(connection) = &mut self.connection else { return Poll::Ready(None) };
            self.unread = ready!(read(connection, context))?;
            if self.unread.is_empty() {
                self.connection = None;
                // A body that ends before its end must never pass for a whole one.
                let whole = matches!(self.rest, Rest::UntilClose);
                return Poll::Ready((!whole).then(|| Err(io::ErrorKind::UnexpectedEof.into())));
            }
        }
    }
}

/// What has come, in a buffer of its size; nothing at the end.
fn read(connection: &mut TcpStream, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
    let mut room = [const { MaybeUninit::uninit() }; PIECE];
    let mut buffer = ReadBuf::uninit(&mut room);
    ready!(Pin::new(connection).poll_read(context, &mut buffer))?;
    Poll::Ready(Ok(Bytes::copy_from_slice(buffer.filled())))
}

impl Rest {
    /// The next data in `from`; `None` when there is no more in it.
    fn take(&mut self, from: &mut Bytes) -> io::Result<Option<Bytes>> {
        let length = match self {
            Self::Chunked(chunked) => return chunked.take(from),
            Self::Length(left) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(from.len());
                *left -= length as u64;
                length
            }
            Self::UntilClose => from.len(),
        };
        Ok((length > 0).then(|| from.split_to(length)))
    }

    fn is_over(&self) -> bool {
        match self {
            Self::Chunked(chunked) => chunked.is_over(),
            Self::Length(left) => *left == 0,
            Self::UntilClose => false,
        }
    }
}

impl http_body::Body for StreamBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let polled = ready!(self.poll_data(context));
        if matches!(polled, None | Some(Err(_))) {
            // Nothing comes after the end, nor after an error.
            (self.connection, self.unread) = (None, Bytes::new());
        }
        Poll::Ready(polled.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_over()
    }

    fn size_hint(&self) -> SizeHint {
        match self.rest {
            Rest::Length(left) => SizeHint::with_exact(left),
            Rest::Chunked(_) | Rest::UntilClose => SizeHint::default(),
        }
    }
}
