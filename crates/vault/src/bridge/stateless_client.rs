//! A client without a session before a server that has them: the vault holds the session.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use tokio::time::timeout;
use vestibule_mcp::{
    Message, MessageKind,
    bridge::{self, Client, Initialized, Shown},
};

use super::{
    broken, empty, json, listening, running,
    sessions::{Opened, Owner, Session},
    translated::{self, Whole},
    way::{self, Passage},
};
use crate::{McpCall, answer::Answer, dispatch::DispatchError};

/// How long a server has to open a session.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers the call, or sends it in the caller's own session. A session that the server has ended is opened once again:
/// a request in an unknown session was not executed (streamable HTTP, Session Management: 404, then `initialize`).
pub(super) async fn exchange(way: &Passage, call: McpCall) -> Result<Answer, DispatchError> {
    let Some(message) = call.message else { return Err(broken("no such exchange")) };
    if message.kind() != MessageKind::Request {
        // A cancellation of a request that the client has given up; its stream is closed.
        return Ok(empty(StatusCode::ACCEPTED));
    }
    if let Some(state) = message.request_state() {
        return running::resume(way, state, &message).await;
    }
    let client = Client::of_request(&message);
    let owner = Owner::of(way).declaring(&client);
    let sessions = &way.reach.sessions;
    let session = sessions.find(&owner)?;
    let answer = match in_session(way, &session, &client, &message).await {
        Err(DispatchError::SessionGone) => {
            sessions.forget(&session);
            let session = sessions.find(&owner)?;
            in_session(way, &session, &client, &message).await
        }
        other => other,
    };
    answer.map_err(|error| match error {
        DispatchError::SessionGone => broken("it ended the session that it had just opened"),
        other => other,
    })
}

async fn in_session(
    way: &Passage,
    session: &Arc<Session>,
    client: &Client,
    message: &Message,
) -> Result<Answer, DispatchError> {
    let opened = timeout(PATIENCE, session.opened.get_or_try_init(|| open(way, client))).await;
    let opened = opened.map_err(|_| DispatchError::Timeout)??;
    let id = message.id().unwrap_or_default();
    if message.method() == "server/discover" {
        return Ok(json(StatusCode::OK, opened.server.discovered(id)));
    }
    if message.method() == "subscriptions/listen" {
        return listening::listen(way, session, opened, message).await;
    }
    running::call(way, session, opened, client, message).await
}

/// `initialize` and `notifications/initialized`, as this client.
async fn open(way: &Passage, client: &Client) -> Result<Opened, DispatchError> {
    let unsound = |error: vestibule_mcp::ParseError| broken(format!("it did not take initialize: {error}"));
    let initialize = client.initialize().map_err(unsound)?;
    let Whole { answer, body } = translated::whole(way.send(way::stateful(initialize, None, None)).await?).await?;
    if matches!(bridge::observe(&body), Shown::NoMethod | Shown::ModernError) {
        way.eras().forget();
    }
    let server = Initialized::read(&body).map_err(unsound)?;
    let done = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let done = Message::parse(done.into()).map_err(unsound)?;
    way.send(way::stateful(done, Some(server.version()), answer.session.clone())).await?;
    Ok(Opened { id: answer.session, server })
}
