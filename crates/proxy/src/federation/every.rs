//! The same question to all parts at once. Each has its own time; one that fails is left out, and said to be.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{StreamExt, future::join_all};
use http::StatusCode;
use http_body_util::{BodyExt, BodyStream, Limited};
use vestibule_mcp::{places::Places, sse};
use vestibule_model::{Server, ServerName};
use vestibule_vault::{DispatchError, Media};

use super::{
    late,
    part::{Answer, Errand, NoAnswer, Part},
    visit::Visit,
};
use crate::call::Unanswered;

/// What came of asking one part.
pub(super) struct Asked<'v> {
    pub(super) part: Part<'v>,
    pub(super) came: Came,
}

/// What came.
pub(super) enum Came {
    /// A response, or nothing where nothing was asked; and the session that was opened.
    Answer { body: Bytes, session: Option<String> },
    /// The caller has no business there. It is as if the part were not there.
    Nothing,
    /// The session there has ended.
    Forgotten,
    /// Nothing that could be used, or not in time.
    Failure,
}

/// Asks parts, all at once. `errand` says what to ask a part, or that it is not asked.
pub(super) async fn ask<'v>(
    visit: &'v Visit,
    parts: Vec<Part<'v>>,
    errand: impl Fn(&Part<'v>) -> Option<Errand>,
) -> Vec<Asked<'v>> {
    let repeat = &errand;
    let asks = parts.into_iter().filter_map(|part| errand(&part).map(|errand| (part, errand)));
    join_all(asks.map(async |(part, errand)| {
        let came = in_time(&part, errand).await;
        // A part that has forgotten the session gets a new one, and is asked again.
        let again = if matches!(came, Came::Forgotten) { late::open(visit, part.server()).await } else { None };
        let Some(part_again) = again.and_then(|_| visit.part(part.server(), &[])) else { return Asked { part, came } };
        match repeat(&part_again) {
            Some(errand) => Asked { came: in_time(&part_again, errand).await, part: part_again },
            None => Asked { part, came },
        }
    }))
    .await
}

/// Asks one part, as long as it may take.
pub(super) async fn in_time(part: &Part<'_>, errand: Errand) -> Came {
    let id = errand.message.as_ref().and_then(|message| message.id()).map(str::to_owned);
    let asked = one(part, errand, id.as_deref());
    tokio::time::timeout(part.visit.federation.patience, asked).await.unwrap_or_else(|_| {
        tracing::warn!(server = %part.server().name, "a part did not answer in time; it is left out");
        Came::Failure
    })
}

/// The names of the parts from which nothing came that could be used.
pub(super) fn failed(asked: &[Asked<'_>]) -> Vec<ServerName> {
    let failed = asked.iter().filter(|asked| matches!(asked.came, Came::Forgotten | Came::Failure));
    failed.map(|asked| asked.part.server().name.clone()).collect()
}

/// The ways to the parts whose session is open.
pub(super) fn open_parts(visit: &Visit) -> Vec<Part<'_>> {
    visit.federation.parts.iter().filter_map(|server| visit.part(server, &[])).collect()
}

/// The ways to all parts, and the names of those that cannot be asked because they are not in the session. Each of
/// these is tried again once in a while.
pub(super) async fn parts(visit: &Visit) -> (Vec<Part<'_>>, Vec<ServerName>) {
    let ways = visit
        .federation
        .parts
        .iter()
        .map(async |server: &Arc<Server>| visit.part_or_late(server, &[]).await.ok_or_else(|| server.name.clone()));
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for way in join_all(ways).await {
        match way {
            Ok(part) => found.push(part),
            Err(name) => missing.push(name),
        }
    }
    (found, missing)
}

async fn one(part: &Part<'_>, errand: Errand, id: Option<&str>) -> Came {
    let failed = |why: &str| {
        tracing::warn!(server = %part.server().name, why, "a part did not answer; it is left out");
        Came::Failure
    };
    let Answer { response, session } = match part.send(errand).await {
        Ok(answer) => answer,
        Err(NoAnswer::Unanswered(Unanswered::Denied(_))) => return Came::Nothing,
        Err(NoAnswer::Unanswered(Unanswered::Undelivered(DispatchError::SessionGone))) => return Came::Forgotten,
        Err(NoAnswer::Unanswered(Unanswered::Undelivered(error))) => return failed(&error.to_string()),
        Err(NoAnswer::Refused(response)) => return failed(&format!("it was not asked: {}", response.status())),
    };
    let status = response.status();
    match (collect(response, id, part.visit.proxy.settings.max_list).await, id) {
        (Some(body), Some(_)) if body.is_empty() => failed(&format!("it answered {status} without a response")),
        (Some(_), None) if !status.is_success() => failed(&format!("it answered {status}")),
        (Some(body), _) => Came::Answer { body, session },
        (None, _) => failed("its answer cannot be read"),
    }
}

/// The response to `id`, whole. What else a part says on the way has no reader.
async fn collect(response: Response, id: Option<&str>, limit: usize) -> Option<Bytes> {
    let (head, body) = response.into_parts();
    match Media::of(&head.headers) {
        Media::Json => Limited::new(body, limit).collect().await.ok().map(|collected| collected.to_bytes()),
        Media::Events => response_in(body, id?, limit).await,
        Media::None if head.status == StatusCode::ACCEPTED || id.is_none() => Some(Bytes::new()),
        Media::None => None,
    }
}

async fn response_in(body: Body, id: &str, limit: usize) -> Option<Bytes> {
    let (mut frames, mut splitter) = (BodyStream::new(body), sse::EventSplitter::new(limit));
    while let Some(Ok(frame)) = frames.next().await {
        for event in splitter.feed(&frame.into_data().unwrap_or_default()).ok()? {
            if Places::of(&event.data).is_ok_and(|places| places.answers(id)) {
                return Some(event.data);
            }
        }
    }
    None
}
