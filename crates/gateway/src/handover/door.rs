//! The connection as hyper sees it.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::Handover;

/// Reads and writes like the connection until it is handed over; from then on nothing more happens here, and whoever
/// took the connection drops hyper's side.
pub(crate) struct Door {
    /// None once it is handed over.
    connection: Option<TcpStream>,
    handover: Arc<Handover>,
}

impl Door {
    pub(crate) fn new(connection: TcpStream, handover: Arc<Handover>) -> Self {
        Self { connection: Some(connection), handover }
    }

    fn with<T>(&mut self, poll: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.connection.as_mut().map_or(Poll::Pending, |connection| poll(Pin::new(connection)))
    }
}

impl AsyncRead for Door {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.with(|connection| connection.poll_read(context, into))
    }
}

impl AsyncWrite for Door {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|connection| connection.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.with(|connection| connection.poll_write_vectored(context, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    /// hyper calls this when it has written everything it had, and never before.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.with(|connection| connection.poll_flush(context));
        if matches!(flushed, Poll::Ready(Ok(()))) {
            let this = &mut *self;
            this.handover.take(&mut this.connection);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|connection| connection.poll_shutdown(context))
    }
}
