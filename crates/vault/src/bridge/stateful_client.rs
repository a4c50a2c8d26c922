//! A client with a session before a server that has none. The session exists only in its id, which the proxy seals: it
//! says which client it is, and every request repeats that to the server.

use http::{Method, StatusCode};
use vestibule_mcp::{
    Era, Message, MessageKind, Target,
    bridge::{self, Client, Shown},
    describe,
    error::{self, code},
};

use super::{
    broken, empty, eras, json,
    questions::Place,
    refusal, rounds,
    translated::{self, Whole},
    watching,
    way::{self, Passage},
};
use crate::{McpCall, answer::Answer, dispatch::DispatchError};

/// Passes what is of a session of the server, and answers or translates what is of one of ours.
pub(super) async fn exchange(way: &Passage, call: McpCall) -> Result<Answer, DispatchError> {
    let bridged = call.upstream_session.as_deref().and_then(Client::of_session);
    let opening = call.message.as_ref().filter(|message| message.method() == "initialize").cloned();
    match (opening, bridged, way.eras().takes_initialize()) {
        (Some(message), _, Some(false)) => open(way, &message).await,
        (Some(message), bridged, known) => {
            // A session of ours is not known there.
            let upstream_session = call.upstream_session.filter(|_| bridged.is_none());
            let answer = way.send(McpCall { upstream_session, ..call }).await?;
            opened(way, &message, answer, known).await
        }
        (None, Some(client), _) => in_session(way, client, call).await,
        (None, None, Some(false)) => Err(DispatchError::SessionGone),
        (None, None, _) => way.send(call).await,
    }
}

/// Looks at what came of `initialize`. While nothing is known of the server its answer is read; later only a refusal is.
async fn opened(
    way: &Passage,
    message: &Message,
    answer: Answer,
    known: Option<bool>,
) -> Result<Answer, DispatchError> {
    if answer.session.as_deref().and_then(Client::of_session).is_some() {
        return Err(broken("its session id is written like one of ours"));
    }
    let refused = matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND);
    if !refused && (known.is_some() || answer.status != StatusCode::OK || translated::is_stream(&answer)) {
        return Ok(answer);
    }
    let Whole { answer, body } = translated::whole(answer).await?;
    let shown = bridge::observe(&body);
    if shown == Shown::Result {
        way.eras().took_initialize();
    }
    let modern = match shown {
        Shown::NoMethod | Shown::ModernError => true,
        Shown::BadParams => refused,
        _ => false,
    };
    // A refusal alone could be the client's fault; the server itself says what it speaks.
    if !modern || !way.eras().takes_stateless(way).await? {
        return Ok(translated::unread(answer, body));
    }
    if shown != Shown::BadParams {
        way.eras().refused_initialize();
    }
    open(way, message).await
}

/// Answers `initialize` from `server/discover`.
async fn open(way: &Passage, message: &Message) -> Result<Answer, DispatchError> {
    let id = message.id().unwrap_or_default();
    let client = Client::of_initialize(message);
    let Ok(discover) = bridge::discover_request(id, Some(&client)) else {
        let text = "The client's capabilities nest too deep.";
        return Ok(refusal(StatusCode::OK, id, code::INVALID_PARAMS, text));
    };
    let (answer, _) = eras::check(way, way.send(way::stateless(discover)).await?, Era::Stateless).await?;
    let Whole { body, .. } = translated::whole(answer).await?;
    let welcome = client.welcome(id, &body).map_err(|error| broken(format!("server/discover: {error}")))?;
    let mut answer = json(StatusCode::OK, welcome);
    answer.session = Some(client.to_session(&way.unguessable()));
    Ok(answer)
}

/// What is of a session stays here; everything else is asked of the server, which is told who asks.
async fn in_session(way: &Passage, client: Client, call: McpCall) -> Result<Answer, DispatchError> {
    let place = Place::new(way, call.upstream_session.as_deref().unwrap_or_default());
    if way.reach.memory.has_ended(&place) {
        return Err(DispatchError::SessionGone);
    }
    let message = match (call.method, call.message) {
        (Method::POST, Some(message)) => message,
        (Method::DELETE, _) => {
            way.reach.memory.end(&place);
            return Ok(empty(StatusCode::OK));
        }
        _ => return watching::stream(way, &place, client).await,
    };
    let id = message.id().unwrap_or_default();
    match (message.kind(), message.method()) {
        (MessageKind::Response, _) => Ok(answered(way, &place, &message)),
        (MessageKind::Notification, _) => {
            if let Some(id) = describe::cancelled_id(&message) {
                way.reach.questions.cancel(&place, &id);
            }
            Ok(empty(StatusCode::ACCEPTED))
        }
        (_, "ping") => Ok(done(id)),
        (_, "logging/setLevel") => Ok(set_level(way, &place, client, &message)),
        (_, method @ ("resources/subscribe" | "resources/unsubscribe")) => {
            let Target::Resource(uri) = message.target() else { return Err(broken("it names no resource")) };
            match method {
                "resources/subscribe" => way.reach.memory.subscribe(&place, uri)?,
                _ => way.reach.memory.unsubscribe(&place, uri),
            }
            Ok(done(id))
        }
        (_, "server/discover" | "subscriptions/listen") => {
            let text = "The server behind the gateway does not know this method in this protocol version.";
            Ok(refusal(StatusCode::OK, id, code::METHOD_NOT_FOUND, text))
        }
        _ => {
            let level = way.reach.memory.level(&place);
            let heard = level.and_then(|level| client.clone().hearing(&level));
            rounds::call(way, place, heard.unwrap_or(client), message).await
        }
    }
}

/// An answer to what the client was asked. One that nobody waits for is refused (MCP 2025-11-25, streamable HTTP: a response
/// that cannot be accepted MUST be an HTTP error).
fn answered(way: &Passage, place: &Place, response: &Message) -> Answer {
    if way.reach.questions.answer(place, response) {
        return empty(StatusCode::ACCEPTED);
    }
    let text = "Nothing in this session waits for this answer.";
    json(StatusCode::BAD_REQUEST, error::error_body(None, code::INVALID_REQUEST, text, None))
}

fn set_level(way: &Passage, place: &Place, client: Client, message: &Message) -> Answer {
    let id = message.id().unwrap_or_default();
    match bridge::log_level(message) {
        Some(level) if client.hearing(&level).is_some() => {
            way.reach.memory.set_level(place, &level);
            done(id)
        }
        _ => refusal(StatusCode::OK, id, code::INVALID_PARAMS, "There is no such level of log messages."),
    }
}

/// An empty result.
fn done(id: &str) -> Answer {
    json(StatusCode::OK, format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#))
}
