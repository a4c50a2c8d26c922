//! Listeners: accept, hand each request its peer address, stop gracefully.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Request};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use ipnet::IpNet;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower::ServiceExt;
use vestibule_identity::browser::PeerAddress;

use crate::{
    handover::{self, Door, Handover},
    nowhere,
    unread::ReadToEnd,
};

/// Connections get this long to finish after a stop was asked for.
const GRACE: Duration = Duration::from_secs(8);

/// What every connection of a listener is served with.
struct Front {
    server: auto::Builder<TokioExecutor>,
    router: Router,
    trusted: Arc<[IpNet]>,
    stop: watch::Receiver<bool>,
}

/// Serves `router` until `stop` turns true.
pub async fn serve(listener: TcpListener, router: Router, trusted: Arc<[IpNet]>, mut stop: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let front = Arc::new(Front { server: builder(), router, trusted, stop: stop.clone() });
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => front.connection(stream, peer, &graceful),
                // Out of file descriptors, most likely: wait for some to come back.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            () = asked_to_stop(&mut stop) => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections were cut after {} s", GRACE.as_secs());
    }
}

/// Waits until the flag turns true, or its sender is gone.
pub(crate) async fn asked_to_stop(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("nobody is left who could ask to stop; stopping");
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // Without a timer these limits would be silently off.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(30)).max_buf_size(64 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(256)
        .max_header_list_size(32 << 10)
        .keep_alive_interval(Duration::from_secs(30));
    builder
}

impl Front {
    fn connection(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, graceful: &GracefulShutdown) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the connection is already gone");
        }
        let handover = Arc::new(Handover::default());
        let (front, offered) = (Arc::clone(self), Arc::clone(&handover));
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            Arc::clone(&front).answer(peer, request, Arc::clone(&offered))
        });
        let io = TokioIo::new(Door::new(stream, Arc::clone(&handover)));
        let connection = self.server.serve_connection_with_upgrades(io, service).into_owned();
        let (watched, waited_for) = (graceful.watch(connection), graceful.watcher());
        let stop = self.stop.clone();
        tokio::spawn(async move {
            match handover.watch(watched).await {
                // A task of its own: this one is as large as hyper's connection.
                Ok(Some(relay)) => drop(tokio::spawn(async move {
                    relay.run(stop).await;
                    drop(waited_for);
                })),
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "a connection ended early"),
            }
        });
    }

    async fn answer(
        self: Arc<Self>,
        peer: SocketAddr,
        mut request: Request<Incoming>,
        handover: Arc<Handover>,
    ) -> Result<Response, Infallible> {
        let address = client_address(peer.ip(), request.headers(), &self.trusted);
        request.extensions_mut().insert(PeerAddress(address));
        if let Some(refusal) = nowhere::malformed(&request) {
            return Ok(refusal.into_response());
        }
        let lives_on = handover::lives_on(&request);
        let response = self.router.clone().oneshot(request.map(|body| Body::new(ReadToEnd::new(body)))).await?;
        Ok(if lives_on { handover::offer(handover, response) } else { response })
    }
}

/// The peer, or what a trusted proxy says of its own peer: the last entry of `X-Forwarded-For` that no trusted proxy
/// wrote. From anybody else the header means nothing.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if trusted.is_empty() || !is_trusted(&peer) {
        return peer;
    }
    let entries = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = entries.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = peer;
    for hop in hops.into_iter().rev() {
        let Ok(address) = hop.parse() else { break };
        client = address;
        if !is_trusted(&address) {
            break;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(peer: &str, header: &str, trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", header.parse().unwrap());
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn strangers_cannot_choose_their_address() {
        assert_eq!(forwarded("203.0.113.9", "10.1.1.1", &[]), "203.0.113.9");
        assert_eq!(forwarded("203.0.113.9", "10.1.1.1", &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn a_trusted_proxy_names_its_peer_and_nobody_before() {
        assert_eq!(forwarded("10.0.0.2", "1.1.1.1, 198.51.100.7", &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(forwarded("10.0.0.2", "198.51.100.7, 10.0.0.3", &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(forwarded("10.0.0.2", "garbage", &["10.0.0.0/8"]), "10.0.0.2");
    }
}
