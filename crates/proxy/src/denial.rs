//! How a refusal is said, in the client's era (MCP authorization; tools, error handling).
//!
//! | situation | answer |
//! |---|---|
//! | a scope the user could give is missing | 403 `insufficient_scope` with the complete set |
//! | a stronger sign-in would cure it | 401 `insufficient_user_authentication` |
//! | hidden by policy | as if it did not exist |
//! | visible, but not with these arguments | a tool result with `isError`, so that the model can explain |
//! | out of service until an administrator decides | the same |
//! | the subject argument is no plain known value | invalid params |

use axum::response::Response;
use http::StatusCode;
use vestibule_mcp::{
    Era,
    error::{self, code},
};
use vestibule_policy::{
    DenyReason,
    engine::{Call, CallTarget},
    permit::Denied,
};
use vestibule_vault::McpCall;

use crate::{
    Proxy,
    answer::{self, Asked},
    arrival::Arrival,
    challenge,
    federation::outside,
};

/// The answer to a refused call.
pub(crate) fn respond(proxy: &Proxy, arrival: &Arrival, asked: &Asked, denied: &Denied<McpCall>) -> Response {
    let Some(id) = asked.id.as_deref() else {
        // A refused notification has no id to answer to (streamable HTTP, Sending Messages): 403 and nothing more.
        return answer::plain(StatusCode::FORBIDDEN, &sentence(&denied.reason));
    };
    let rpc = |code, text: &str| error::error_body(Some(id), code, text, Some(&facts(arrival, &denied.reason)));
    match &denied.reason {
        DenyReason::Scope(complete) => {
            let body = rpc(code::DENIED, "The access token does not cover this.");
            challenge::insufficient_scope(proxy, arrival.door(), &outside::scopes(arrival, complete), body)
        }
        DenyReason::StepUp(acr) => challenge::step_up(
            proxy,
            arrival.door(),
            acr,
            rpc(code::DENIED, "This needs a sign-in with a second factor."),
        ),
        DenyReason::Hidden => {
            answer::json(unknown_status(asked.era(), &denied.call), unknown(arrival, id, asked.era(), &denied.call))
        }
        DenyReason::Arguments(_) | DenyReason::Held(_) if asked.tool_call => {
            answer::json(StatusCode::OK, error::tool_error_body(id, asked.era(), &sentence(&denied.reason)))
        }
        DenyReason::Subject(_) => answer::json(StatusCode::OK, rpc(code::INVALID_PARAMS, &sentence(&denied.reason))),
        DenyReason::Arguments(_) | DenyReason::Held(_) | DenyReason::Error(_) | DenyReason::NoPolicy => {
            answer::json(StatusCode::FORBIDDEN, rpc(code::DENIED, &sentence(&denied.reason)))
        }
    }
}

/// What somebody who may not know of it is told: the same as for what is not there.
fn unknown(arrival: &Arrival, id: &str, era: Era, call: &McpCall) -> Vec<u8> {
    match call.target() {
        CallTarget::Tool(name) => {
            let name = outside::name(arrival, name);
            error::error_body(Some(id), code::INVALID_PARAMS, &format!("Unknown tool: {name}"), None)
        }
        CallTarget::Prompt(name) => {
            let name = outside::name(arrival, name);
            error::error_body(Some(id), code::INVALID_PARAMS, &format!("Unknown prompt: {name}"), None)
        }
        CallTarget::Resource(uri) => {
            let data = serde_json::json!({ "uri": outside::uri(arrival, uri) });
            let code = if era == Era::Stateless { code::INVALID_PARAMS } else { code::RESOURCE_NOT_FOUND_LEGACY };
            error::error_body(Some(id), code, "Resource not found", Some(&data))
        }
        CallTarget::Session | CallTarget::Method(_) => {
            error::error_body(Some(id), code::METHOD_NOT_FOUND, "Method not found", None)
        }
    }
}

/// The stateless era MUST answer an unknown method with 404 (streamable HTTP, Server Validation).
fn unknown_status(era: Era, call: &McpCall) -> StatusCode {
    match (era, call.target()) {
        (Era::Stateless, CallTarget::Method(_)) => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}

/// For people and models; never the text of a policy.
fn sentence(reason: &DenyReason) -> String {
    match reason {
        DenyReason::Arguments(text) | DenyReason::Subject(text) | DenyReason::Held(text) => text.clone(),
        DenyReason::Scope(_) => "The access token does not cover this.".to_owned(),
        DenyReason::StepUp(_) => "This needs a sign-in with a second factor.".to_owned(),
        DenyReason::Hidden => "Not available.".to_owned(),
        DenyReason::Error(_) => "The policy could not be evaluated, so the call is refused.".to_owned(),
        DenyReason::NoPolicy => "This server has no policy, so everything is refused.".to_owned(),
    }
}

/// Machine-readable: the code, and the request to quote to an administrator.
fn facts(arrival: &Arrival, reason: &DenyReason) -> serde_json::Value {
    serde_json::json!({ "reason": reason.code(), "request": arrival.request.as_str() })
}
