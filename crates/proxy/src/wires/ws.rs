//! WebSocket: one JSON-RPC message per text frame, both ways. Not a transport of the MCP specification; its clients use the
//! subprotocol `mcp`.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{
        FromRequestParts, State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::Request;
use tokio::sync::mpsc;

use super::ticket;
use crate::{
    Proxy,
    arrival::{self, Door},
    channel::{Channel, Incoming, Outgoing},
    origin,
    watch::Watch,
};

/// Keeps middleboxes from closing an idle socket, and finds peers that are gone.
const PING: Duration = Duration::from_secs(20);
/// How long a client may take to accept a frame.
const SLOW: Duration = Duration::from_secs(30);

/// `GET …/ws`: opens the socket, with a bearer token or a ticket.
pub async fn open(State(proxy): State<Arc<Proxy>>, door: Door, request: Request<Body>) -> Response {
    let (mut parts, _) = request.into_parts();
    // A page of a foreign origin must not even spend a ticket.
    if let Err(response) = origin::check(&proxy, &parts) {
        return response;
    }
    if let Err(response) = ticket::redeem(&proxy, door.name(), &mut parts).await {
        return response;
    }
    let arrival = match arrival::arrive(&proxy, &door, &parts).await {
        Ok(arrival) => arrival,
        Err(response) => return response,
    };
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(refusal) => return refusal.into_response(),
    };
    let (channel, queue) = Channel::open(&proxy, &door, &parts);
    let watch = Watch::new(&proxy, &arrival);
    let largest = proxy.settings.max_body;
    upgrade.protocols(["mcp"]).max_message_size(largest).max_frame_size(largest).on_upgrade(move |socket| async move {
        let why = carry(socket, &channel, queue, watch).await;
        tracing::debug!(why, "a WebSocket ended");
        channel.close().await;
    })
}

/// Carries messages both ways until one side ends it; says why.
async fn carry(
    mut socket: WebSocket,
    channel: &Arc<Channel>,
    mut queue: mpsc::Receiver<Outgoing>,
    mut watch: Watch,
) -> &'static str {
    loop {
        let frame = tokio::select! {
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => {
                    if channel.receive(Incoming::bare(Bytes::from(text))).is_err() {
                        return close(&mut socket, close_code::AGAIN, "too many messages at once").await;
                    }
                    continue;
                }
                Some(Ok(Message::Binary(_))) => {
                    return close(&mut socket, close_code::UNSUPPORTED, "messages are text").await;
                }
                Some(Ok(Message::Close(_))) | None => return "the client closed it",
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Err(_)) => return "the connection broke",
            },
            outgoing = queue.recv() => match outgoing {
                Some(Outgoing::Message(message)) => match String::from_utf8(message.into()) {
                    Ok(text) => Message::Text(text.into()),
                    Err(_) => continue,
                },
                Some(Outgoing::End(why)) => return close(&mut socket, close_code::POLICY, why).await,
                None => return "nothing is left to send",
            },
            () = watch.lost() => {
                return close(&mut socket, close_code::POLICY, "the credential is not good any more").await;
            }
            () = tokio::time::sleep(PING) => Message::Ping(Bytes::new()),
        };
        match tokio::time::timeout(SLOW, socket.send(frame)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return "the connection broke",
            Err(_) => return "the client takes nothing",
        }
    }
}

async fn close(socket: &mut WebSocket, code: u16, why: &'static str) -> &'static str {
    let frame = Message::Close(Some(CloseFrame { code, reason: why.into() }));
    // Whoever does not take it is gone anyway.
    let _ = tokio::time::timeout(SLOW, socket.send(frame)).await;
    why
}
