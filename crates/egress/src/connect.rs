//! Two connectors: one with a time limit over name, TCP and TLS; one that reaches only a checked address.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// Limits how long the connector inside may take. The connector of hyper limits TCP alone; a peer that accepts and
/// then stalls in the TLS handshake would hold the call.
#[derive(Clone)]
pub(crate) struct TimeLimited<C> {
    pub(crate) inner: C,
    pub(crate) limit: Duration,
}

impl<C> Service<Uri> for TimeLimited<C>
where
    C: Service<Uri>,
    C::Error: Into<BoxError>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Connecting<C::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.inner.call(uri);
        let limit = self.limit;
        Box::pin(async move {
            match tokio::time::timeout(limit, connecting).await {
                Ok(connected) => connected.map_err(Into::into),
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        })
    }
}

/// Connects to exactly these addresses, in order, whatever the URI says. The URI still names the peer in TLS.
///
/// A resolver would not do: hyper's connector skips it when the host is an address literal.
#[derive(Clone)]
pub(crate) struct Pinned(pub(crate) Vec<SocketAddr>);

impl Service<Uri> for Pinned {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let addresses = std::mem::take(&mut self.0);
        Box::pin(async move { Ok(TokioIo::new(TcpStream::connect(addresses.as_slice()).await?)) })
    }
}
