//! A stream that goes on without hyper.

use std::{
    io::{self, IoSlice},
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes};
use bytes::{Buf, buf::Chain};
use hyper::body::Body as _;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    sync::watch,
};

use crate::listen::asked_to_stop;

/// Bytes that a client sends although its connection closes after the stream. One that sends more is cut off.
pub(super) const MOST_IGNORED: usize = 64 << 10;

/// How long a client may take to close its side after the last chunk.
const LINGER: Duration = Duration::from_secs(1);

/// Size, data, line break (RFC 9112 section 7.1).
type Chunk = Chain<Chain<Bytes, Bytes>, Bytes>;

/// Writes each frame as a chunk, and holds one at most: the next is asked for when it is written.
pub(crate) struct Relay {
    connection: TcpStream,
    rest: Rest,
    /// What is being written.
    out: Option<Chunk>,
    ignored: usize,
}

/// What is still to be written.
enum Rest {
    Frames(Body),
    LastChunk,
    Nothing,
}

impl Relay {
    pub(super) fn new(connection: TcpStream, body: Body) -> Self {
        Self { connection, rest: Rest::Frames(body), out: None, ignored: 0 }
    }

    /// Until the stream ends, its client leaves, or the house stops: then it ends between two frames, as if it were over.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let ended = tokio::select! {
            ended = std::future::poll_fn(|context| self.poll(context)) => Some(ended),
            () = asked_to_stop(&mut stop) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                self.rest = match self.rest {
                    Rest::Nothing => Rest::Nothing,
                    Rest::Frames(_) | Rest::LastChunk => Rest::LastChunk,
                };
                std::future::poll_fn(|context| self.poll(context)).await
            }
        };
        match ended {
            Ok(()) => self.part().await,
            Err(error) => tracing::debug!(%error, "a stream ended early"),
        }
    }

    /// RFC 9112 section 9.6: closes in stages. If bytes of the client were still unread when the connection is closed at
    /// once, they would take back what it has not read yet.
    async fn part(&mut self) {
        let parting = async {
            self.connection.shutdown().await?;
            std::future::poll_fn(|context| self.heed(context).map_or_else(Poll::Ready, |()| Poll::Pending)).await;
            Ok::<_, io::Error>(())
        };
        // However it ends, it is over.
        drop(tokio::time::timeout(LINGER, parting).await);
    }

    /// An error closes the connection without the last chunk, by which a client sees that something is missing.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            // At each turn, so that a client that leaves is noticed, and waited for.
            self.heed(context)?;
            if let Some(out) = &mut self.out {
                ready!(write(&mut self.connection, out, context))?;
                self.out = None;
            }
            self.out = match &mut self.rest {
                Rest::Frames(body) => match ready!(Pin::new(body).poll_frame(context)) {
                    Some(frame) => frame.map_err(io::Error::other)?.into_data().ok().and_then(chunk),
                    None => {
                        self.rest = Rest::LastChunk;
                        None
                    }
                },
                Rest::LastChunk => {
                    self.rest = Rest::Nothing;
                    Some(last_chunk())
                }
                Rest::Nothing => return Poll::Ready(Ok(())),
            };
        }
    }

    /// Drops what the client sends, and fails when it has left or sends too much.
    fn heed(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let mut room = [const { MaybeUninit::uninit() }; 1024];
        loop {
            let mut buffer = ReadBuf::uninit(&mut room);
            match Pin::new(&mut self.connection).poll_read(context, &mut buffer) {
                Poll::Pending => return Ok(()),
                Poll::Ready(read) => read?,
            }
            let read = buffer.filled().len();
            self.ignored += read;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if self.ignored > MOST_IGNORED {
                return Err(io::Error::other("the client sends to a stream"));
            }
        }
    }
}

/// None for a frame without data: its chunk would be the last.
fn chunk(data: Bytes) -> Option<Chunk> {
    let size = Bytes::from(format!("{:x}\r\n", data.len()));
    (!data.is_empty()).then(|| size.chain(data).chain(Bytes::from_static(b"\r\n")))
}

fn last_chunk() -> Chunk {
    Bytes::from_static(b"0\r\n").chain(Bytes::new()).chain(Bytes::from_static(b"\r\n"))
}

fn write(connection: &mut TcpStream, out: &mut Chunk, context: &mut Context<'_>) -> Poll<io::Result<()>> {
    while out.has_remaining() {
        let mut slices = [IoSlice::new(&[]); 3];
        let count = out.chunks_vectored(&mut slices);
        let written = Pin::new(&mut *connection).poll_write_vectored(context, slices.get(..count).unwrap_or(&[]));
        match ready!(written)? {
            0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            written => out.advance(written),
        }
    }
    Poll::Ready(Ok(()))
}
