//! Which part a message is for.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use vestibule_mcp::{
    Era, Message, MessageKind, Target,
    error::{self, code},
    places::{Place, Places},
};
use vestibule_model::{Server, federation::Inside};

use super::{
    every::{self, Came},
    hello,
    inward::{self, Foreign},
    listen,
    lists::{self, List, id_of, nobody},
    one, own_list,
    part::Errand,
    visit::Visit,
};
use crate::answer;

/// Answers one message.
pub(super) async fn answer(visit: &Visit, message: Message) -> Response {
    match message.kind() {
        MessageKind::Request => request(visit, &message).await,
        MessageKind::Notification => notification(visit, &message).await,
        MessageKind::Response => match inward::find_by_raw_id(visit, id_of(&message)) {
            Some((server, _)) => to_one(visit, server, &message, "").await,
            None => answer::plain(StatusCode::BAD_REQUEST, "the response answers no request of a server here"),
        },
    }
}

async fn request(visit: &Visit, message: &Message) -> Response {
    let method = message.method();
    if let Some(list) = List::of(method) {
        return lists::answer(visit, message, list).await;
    }
    match (method, message.target()) {
        ("initialize", _) => hello::initialize(visit, message).await,
        ("server/discover", _) => hello::discover(visit, message).await,
        ("ping" | "logging/setLevel", _) => all_of_them(visit, message).await,
        ("subscriptions/listen", _) => listen::answer(visit, message).await,
        (_, Target::Tool(name)) => named(visit, message, name, "tools/list").await,
        (_, Target::Prompt(name)) => named(visit, message, name, "prompts/list").await,
        (_, Target::Resource(uri)) => match visit.federation.find_by_uri(uri) {
            Some((server, own)) => to_one(visit, server, message, &own).await,
            None => no_resource(visit, message, uri),
        },
        _ => of_a_task(visit, message).await,
    }
}

/// A tool or a prompt. What a shortened name stands for is looked up in the list of its part, if need be.
async fn named(visit: &Visit, message: &Message, outside: &str, list: &'static str) -> Response {
    let own = match visit.federation.find_by_name(outside) {
        Some((server, Inside::Name(own))) => Some((server, own.to_owned())),
        Some((server, Inside::Shortened)) => {
            own_list::find(visit, server, message, outside, list).await.map(|own| (server, own))
        }
        None => None,
    };
    match own {
        Some((server, own)) => to_one(visit, server, message, &own).await,
        None => {
            let what = if list == "tools/list" { "tool" } else { "prompt" };
            rpc(message, StatusCode::OK, code::INVALID_PARAMS, &format!("Unknown {what}: {outside}"))
        }
    }
}

/// Any method about a task. Others name nothing by which their part could be found.
async fn of_a_task(visit: &Visit, message: &Message) -> Response {
    let places = Places::of(message.bytes());
    let task = places.as_ref().ok().and_then(|places| places.find(Place::Task));
    match task.map(|task| visit.federation.find_by_id(task)) {
        Some(Some((server, own))) => to_one(visit, server, message, own).await,
        Some(None) => rpc(message, StatusCode::OK, code::INVALID_PARAMS, "The task is unknown."),
        None => {
            // The stateless era MUST answer an unknown method with 404 (streamable HTTP, Server Validation).
            let status = if visit.era() == Era::Stateless { StatusCode::NOT_FOUND } else { StatusCode::OK };
            rpc(message, status, code::METHOD_NOT_FOUND, "Method not found")
        }
    }
}

/// Sends a message to one part, in its words.
async fn to_one(visit: &Visit, server: &Arc<Server>, message: &Message, own: &str) -> Response {
    let there = match inward::message(visit, server, message, own) {
        Ok(there) => there,
        Err(Foreign::Task) => return rpc(message, StatusCode::OK, code::INVALID_PARAMS, "The task is unknown."),
        Err(Foreign::Unreadable) => {
            let text = "The message cannot be passed on to its server.";
            return rpc(message, StatusCode::BAD_REQUEST, code::INVALID_REQUEST, text);
        }
    };
    let tool = match there.target() {
        Target::Tool(name) => vec![name],
        _ => Vec::new(),
    };
    let Some(part) = visit.part_or_late(server, &tool).await else {
        let text = format!("The server {} cannot be reached.", server.name);
        return rpc(message, StatusCode::BAD_GATEWAY, code::UNAVAILABLE, &text);
    };
    // Only these are mirrored (MCP 2026-07-28, transports, Standard Headers).
    let mirrored = ["tools/call", "prompts/get", "resources/read", "tasks/get", "tasks/update", "tasks/cancel"];
    let name = (visit.headers.contains_key("mcp-name") && mirrored.contains(&message.method())).then(|| own.to_owned());
    one::exchange(part, &visit.asked(message), Errand { name, ..Errand::post(there) }).await
}

/// What a client reports on a request of a server goes to that server; everything else to all.
async fn notification(visit: &Visit, message: &Message) -> Response {
    let places = Places::of(message.bytes());
    let token = places.as_ref().ok().and_then(|places| places.find(Place::Progress));
    if message.method() == "notifications/progress" {
        return match token.and_then(|token| inward::find_by_raw_id(visit, token)) {
            Some((server, _)) => to_one(visit, server, message, "").await,
            None => answer::plain(StatusCode::BAD_REQUEST, "the progress is of no request of a server here"),
        };
    }
    let asked = every::ask(visit, every::open_parts(visit), |_| Some(Errand::post(message.clone()))).await;
    if !asked.iter().any(|asked| matches!(asked.came, Came::Answer { .. })) {
        return nobody(message, &every::failed(&asked));
    }
    (StatusCode::ACCEPTED, Body::empty()).into_response()
}

/// What every part has to know, and answers with nothing.
async fn all_of_them(visit: &Visit, message: &Message) -> Response {
    let asked = every::ask(visit, every::open_parts(visit), |_| Some(Errand::post(message.clone()))).await;
    if !asked.iter().any(|asked| matches!(asked.came, Came::Answer { .. })) {
        return nobody(message, &every::failed(&asked));
    }
    let body = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{}}}}"#, id_of(message));
    answer::json(StatusCode::OK, body.into_bytes())
}

fn no_resource(visit: &Visit, message: &Message, uri: &str) -> Response {
    let data = serde_json::json!({ "uri": uri });
    let code = if visit.era() == Era::Stateless { code::INVALID_PARAMS } else { code::RESOURCE_NOT_FOUND_LEGACY };
    answer::json(StatusCode::OK, error::error_body(message.request_id(), code, "Resource not found", Some(&data)))
}

fn rpc(message: &Message, status: StatusCode, code: i64, text: &str) -> Response {
    answer::json(status, error::error_body(message.request_id(), code, text, None))
}
