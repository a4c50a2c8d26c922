//! Personal data in what a client sends, before it is decided: labels that it was given stand for their values again toward
//! the server that has shown them, so that policy looks at what is sent. The work is the vault's.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{body::Body, response::Response};
use futures_util::{Stream, stream};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use tracing::{Instrument, Span};
use vestibule_mcp::{
    Message, MessageKind,
    error::{self, code},
};
use vestibule_model::Masking;
use vestibule_vault::screen::{
    Unfit,
    wish::{BadWish, Wishes},
};

use crate::{
    Proxy,
    answer::{self, Asked},
    arrival::Arrival,
};

/// The spans in which lines are logged masked, or as they are, whatever is configured.
pub const LOG_SPANS: [&str; 2] = ["masked", "unmasked"];

/// The span that a client wishes for, where it has a say. What cannot be read hides until it is refused.
pub(crate) fn log_span(proxy: &Proxy, wished: Result<Wishes, BadWish>) -> Option<Span> {
    span_of(proxy.vault.log_wish(wished.unwrap_or(Wishes::HIDING)))
}

/// The span for a wish that only the session tells; the request itself, which said another one, has its span already.
pub(crate) fn session_span(proxy: &Proxy, said: Wishes, in_session: Wishes) -> Option<Span> {
    let [said, wish] = [said, in_session].map(|wishes| proxy.vault.log_wish(wishes));
    if wish == said { None } else { span_of(wish) }
}

fn span_of(wish: Masking) -> Option<Span> {
    match wish {
        Masking::AsConfigured => None,
        Masking::On => Some(tracing::error_span!("masked")),
        Masking::Off => Some(tracing::error_span!("unmasked")),
    }
}

/// Answers a request in a span. What is logged while the answer passes belongs to it. The few that have one are boxed: a
/// call is a large future, and one that is handed on is copied and lies there twice.
pub(crate) async fn logged(span: Span, answer: Pin<Box<dyn Future<Output = Response> + Send + '_>>) -> Response {
    let (parts, body) = answer.instrument(span.clone()).await.into_parts();
    let frames = stream::unfold(body, |mut body| async move { Some((body.frame().await?, body)) });
    let inside = InSpan { frames: Box::pin(frames), span };
    Response::from_parts(parts, Body::new(StreamBody::new(inside)))
}

/// A stream that is polled in a span.
struct InSpan<S> {
    frames: Pin<Box<S>>,
    span: Span,
}

impl<S: Stream> Stream for InSpan<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let span = self.span.clone();
        let _inside = span.enter();
        self.frames.as_mut().poll_next(context)
    }
}

/// Refuses wishes that cannot be read: a guess could show what was to be hidden.
pub(crate) fn check(wished: Result<Wishes, BadWish>, message: Option<&Message>) -> Result<Wishes, Response> {
    wished.map_err(|wish| {
        let body =
            error::error_body(message.and_then(Message::request_id), code::INVALID_REQUEST, &wish.to_string(), None);
        answer::json(StatusCode::BAD_REQUEST, body)
    })
}

/// The message as it is decided and sent.
pub(crate) fn arguments(
    proxy: &Proxy,
    arrival: &Arrival,
    asked: &Asked,
    headers: &mut HeaderMap,
    message: Option<Message>,
) -> Result<Option<Message>, Response> {
    let session = asked.mark.as_deref().or(asked.session.as_deref());
    let screened =
        proxy.vault.screen_arguments(arrival.principal(), &arrival.server, session, message.as_ref(), headers);
    match screened {
        Ok(screened) => Ok(screened.or(message)),
        Err(unfit) => match message.as_ref().and_then(|message| told(message, &unfit)) {
            Some(instead) => Ok(Some(instead)),
            None => Err(refuse(asked, &unfit)),
        },
    }
}

/// What the server is told in the place of a client's answer that must not pass: it waits for one. `None` for all else,
/// which nobody waits for but the client.
fn told(message: &Message, unfit: &Unfit) -> Option<Message> {
    let id = message.id().filter(|_| message.kind() == MessageKind::Response)?;
    let text = format!("The client's answer is withheld: {unfit}.");
    Message::parse(error::error_body(Some(id), code::DENIED, &text, None).into()).ok()
}

fn refuse(asked: &Asked, unfit: &Unfit) -> Response {
    let id = asked.id.as_deref();
    let error = |status, code| answer::json(status, error::error_body(id, code, &unfit.to_string(), None));
    match (unfit, id) {
        (Unfit::Blocked(_), Some(id)) if asked.tool_call => {
            answer::json(StatusCode::OK, error::tool_error_body(id, asked.era(), &format!("Refused: {unfit}.")))
        }
        (Unfit::Blocked(_), Some(_)) => error(StatusCode::OK, code::INVALID_PARAMS),
        (Unfit::Blocked(_), None) => error(StatusCode::FORBIDDEN, code::DENIED),
        (Unfit::Unreadable, _) => error(StatusCode::BAD_REQUEST, code::INVALID_PARAMS),
    }
}
