//! The answer of one part, in the words of the door.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{StatusCode, header};
use http_body_util::{BodyExt, BodyStream, Limited, StreamBody};
use vestibule_mcp::sse;
use vestibule_vault::Media;

use super::{
    event_ids::EventIds,
    fan_in::Pass,
    outward::{Outward, withheld},
    part::{Errand, NoAnswer, Part, VERSION},
};
use crate::answer::{self, Asked};

const BROKEN: &str = "The answer of the server behind the gateway is too large or broke off.";
const REFUSED: &str = "The server behind the gateway refused the request.";
const UNREADABLE: &str = "The answer of the server behind the gateway cannot be read, so it is withheld.";

/// One message to one part, and its answer.
pub(super) async fn exchange(part: Part<'_>, asked: &Asked, errand: Errand) -> Response {
    match part.send(errand).await {
        Ok(answer) => {
            let ids = EventIds::of_one(part.visit, &part.server().name, asked.id.as_deref());
            respond(Outward::of(part), asked, ids, answer.response).await
        }
        Err(NoAnswer::Unanswered(why)) => why.respond(&part.visit.proxy, &part.arrival, asked),
        Err(NoAnswer::Refused(response)) => *response,
    }
}

/// JSON is read whole and written in other words; a stream is, event by event.
async fn respond(outward: Outward, asked: &Asked, ids: EventIds, response: Response) -> Response {
    let limit = outward.limit();
    let (mut head, body) = response.into_parts();
    let status = head.status;
    head.headers.remove(header::CONTENT_LENGTH);
    // What this server agreed to need not be what the client was told for all.
    head.headers.remove(VERSION);
    let refuse = |what| answer::json(StatusCode::BAD_GATEWAY, withheld(asked.id.as_deref(), what).into());
    let body = match Media::of(&head.headers) {
        Media::Json => match Limited::new(body, limit).collect().await {
            Ok(collected) => {
                let whole = collected.to_bytes();
                let answers = Pass::Response(asked.id.clone()).lets(&whole);
                match outward.message(&whole) {
                    Ok(message) if answers => Body::from(message),
                    // Some servers refuse with an id of their own.
                    Ok(_) if !status.is_success() => {
                        return answer::json(status, withheld(asked.id.as_deref(), REFUSED).into());
                    }
                    _ => return refuse(UNREADABLE),
                }
            }
            Err(_) => return refuse(BROKEN),
        },
        Media::Events => events(outward, ids, asked.id.clone(), body, limit),
        Media::None => body,
    };
    Response::from_parts(head, body)
}

/// The stream of one request. What cannot be read ends it with an error of that request.
fn events(outward: Outward, ids: EventIds, id: Option<String>, body: Body, limit: usize) -> Body {
    let start = (BodyStream::new(body), sse::EventSplitter::new(limit), outward, ids, id);
    let stream = futures_util::stream::unfold(Some(start), |state| async move {
        let (mut frames, mut splitter, outward, ids, id) = state?;
        let chunk = match frames.next().await? {
            Ok(frame) => frame.into_data().unwrap_or_default(),
            Err(error) => return Some((Err(error), None)),
        };
        let pass = Pass::Response(id.clone());
        let mut out = Vec::new();
        let flaw = match splitter.feed(&chunk) {
            Ok(events) => events.iter().filter(|event| pass.lets_event(event)).find_map(|event| {
                match outward.event(event, &ids) {
                    Ok(bytes) => {
                        out.extend_from_slice(&bytes);
                        None
                    }
                    Err(_) => Some(UNREADABLE),
                }
            }),
            Err(_) => Some(BROKEN),
        };
        if let Some(flaw) = flaw {
            out.extend_from_slice(&sse::encode(None, None, &withheld(id.as_deref(), flaw)));
        }
        let rest = flaw.is_none().then_some((frames, splitter, outward, ids, id));
        Some((Ok(http_body::Frame::data(Bytes::from(out))), rest))
    });
    Body::new(StreamBody::new(Box::pin(stream)))
}
