//! A call of a client without a session at a server with one. Such a server asks by requests while the call runs; the
//! client is asked by a result, comes back with the answers, and the call goes on where it stood
//! (MCP 2026-07-28, multi round-trip requests).

use std::{io, sync::Arc};

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use tokio::runtime::Handle;
use vestibule_mcp::{
    Era, Message,
    bridge::{self, Client, Exchange, ServerRequest, Shown, Toward},
    error::{self, code},
    sse::Event,
};
use vestibule_model::Digest;

use super::{
    broken, eras,
    held::HeldCalls,
    may_ask, refusal, said,
    sessions::{Opened, Session},
    translated::{self, Came, Messages},
    way::Passage,
};
use crate::{answer::Answer, dispatch::DispatchError};

/// Makes the call in this session. Its answer becomes a stream when the server sends one.
pub(super) async fn call(
    way: &Passage,
    session: &Arc<Session>,
    opened: &Opened,
    client: &Client,
    message: &Message,
) -> Result<Answer, DispatchError> {
    let number = session.next_id();
    let (sent, wishes) = bridge::to_stateful(message, number).map_err(|error| broken(error.to_string()))?;
    let method = message.method().to_owned();
    let id = message.id().unwrap_or_default().to_owned();
    let exchange = Exchange { toward: Toward::Stateless(wishes), method, id };
    let mut request = Request { way: way.clone(), session: Arc::clone(session), number, over: false };
    let answer = way.send(opened.carry(sent)).await;
    request.over = answer.is_err();
    let (answer, _) = eras::check(way, answer?, Era::Stateful).await?;
    match translated::came(answer).await? {
        Came::Whole(whole) => {
            request.over = true;
            translated::translate(whole, &exchange)
        }
        Came::Messages(messages) => {
            let of = fingerprint(message);
            Ok(Call { request, client: client.clone(), exchange, of, messages, asked: Vec::new() }.stream())
        }
    }
}

/// Goes on with a call that its client comes back to.
pub(super) async fn resume(way: &Passage, state: &str, message: &Message) -> Result<Answer, DispatchError> {
    let id = message.id().unwrap_or_default();
    let Some(mut call) = HeldCalls::take(way, state, fingerprint(message)) else {
        let text = "The requestState is unknown here; start the request again without it.";
        return Ok(refusal(StatusCode::NOT_FOUND, id, code::INVALID_PARAMS, text));
    };
    call.exchange = call.exchange.clone().continued(message).map_err(|error| broken(error.to_string()))?;
    let responses = bridge::input_responses(message);
    for (key, request) in std::mem::take(&mut call.asked) {
        let given = responses.iter().find(|(other, raw)| *other == key && raw.starts_with('{'));
        match given.map(|(_, raw)| request.response(raw)) {
            Some(Ok(response)) => call.request.tell(response).await?,
            // What is missing is asked again.
            Some(Err(_)) | None => call.asked.push((key, request)),
        }
    }
    Ok(call.stream())
}

/// What a call is about. A state serves for nothing else.
fn fingerprint(message: &Message) -> Digest {
    let arguments = message.arguments().unwrap_or_default();
    Digest::of(format!("{:?}\n{arguments}", (message.method(), message.target())).as_bytes())
}

/// A request under way in a session. Dropped before its end, the server is told: there a lost connection does not cancel
/// (MCP 2025-11-25, streamable HTTP), while for the client without a session it does.
struct Request {
    way: Passage,
    session: Arc<Session>,
    number: u64,
    over: bool,
}

impl Request {
    /// Says something in its session.
    async fn tell(&self, message: Message) -> Result<(), DispatchError> {
        tell(&self.way, &self.session, message).await
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let text = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{},"reason":"the client left"}}}}"#,
            self.number
        );
        tell_later(&self.way, &self.session, text.into_bytes());
    }
}

async fn tell(way: &Passage, session: &Session, message: Message) -> Result<(), DispatchError> {
    let opened = session.opened.get().ok_or_else(|| broken("the session is not open"))?;
    let answer = way.send(opened.carry(message)).await;
    match answer {
        Ok(answer) if answer.status.is_success() => Ok(()),
        Ok(answer) => Err(broken(format!("it answered {} to an answer", answer.status.as_u16()))),
        Err(DispatchError::SessionGone) => Err(broken("it ended the session")),
        Err(error) => Err(error),
    }
}

/// Says something that nobody waits for.
pub(super) fn tell_later(way: &Passage, session: &Arc<Session>, text: Vec<u8>) {
    let (Ok(message), Ok(runtime)) = (Message::parse(text.into()), Handle::try_current()) else { return };
    let (way, session) = (way.clone(), Arc::clone(session));
    runtime.spawn(async move {
        if let Err(error) = tell(&way, &session, message).await {
            tracing::debug!(%error, "a server was not told");
        }
    });
}

/// A call whose answer streams in.
pub(super) struct Call {
    request: Request,
    client: Client,
    exchange: Exchange,
    of: Digest,
    messages: Messages,
    /// What the server waits for, each under the key that its client sees.
    asked: Vec<(String, ServerRequest)>,
}

impl Call {
    pub(super) fn is_of(&self, of: Digest) -> bool {
        self.of == of
    }

    fn stream(self) -> Answer {
        translated::streaming(stream::unfold(Some(self), |call| async move { call?.next().await }))
    }

    /// The next bytes for the client, and the call when it goes on.
    async fn next(mut self) -> Option<(io::Result<Bytes>, Option<Self>)> {
        loop {
            if !self.asked.is_empty() && !self.messages.has_more() {
                return Some((Ok(self.hold()), None));
            }
            let bytes = match self.messages.next().await.transpose()? {
                Ok(event) => self.event(&event).await,
                Err(error) => Err(error),
            };
            match bytes {
                Ok(None) => {}
                Ok(Some(bytes)) => return Some((Ok(bytes), (!self.request.over).then_some(self))),
                Err(error) => return Some((Err(error), None)),
            }
        }
    }

    /// What the client sees of an event.
    async fn event(&mut self, event: &Event) -> io::Result<Option<Bytes>> {
        if let Some(request) = ServerRequest::read(&event.data) {
            self.asks(request).await.map_err(io::Error::other)?;
            return Ok(None);
        }
        if bridge::is_change(&event.data) {
            self.request.session.feed.publish(&event.data);
            return Ok(None);
        }
        if bridge::observe(&event.data) != Shown::Nothing {
            self.request.over = true;
        }
        translated::event(event, &self.exchange)
    }

    /// The server asks. What this client cannot be asked is refused in its place.
    async fn asks(&mut self, request: ServerRequest) -> Result<(), DispatchError> {
        if request.ask.method() == "ping" {
            let pong = request.response("{}").map_err(|error| broken(error.to_string()))?;
            return self.request.tell(pong).await;
        }
        if may_ask(&self.exchange.method) && request.ask.is_declared(&self.client) {
            self.asked.push((format!("input-{}", self.asked.len() + 1), request));
            return Ok(());
        }
        let text = "The client cannot be asked this here.";
        let refusal = error::error_body(Some(&request.id), code::METHOD_NOT_FOUND, text, None);
        let refusal = Message::parse(refusal.into()).map_err(|error| broken(error.to_string()))?;
        self.request.tell(refusal).await
    }

    /// Asks the client, and holds the call until it comes back.
    fn hold(self) -> Bytes {
        let (id, way) = (self.exchange.id.clone(), self.request.way.clone());
        let asks: Vec<_> = self.asked.iter().map(|(key, request)| (key.clone(), request.ask.clone())).collect();
        match HeldCalls::hold(&way, self) {
            Some(state) => said(&bridge::input_required(&id, &asks, &state)),
            None => {
                let text = "Too many calls wait for input.";
                said(&error::error_body(Some(&id), code::UNAVAILABLE, text, None))
            }
        }
    }
}
