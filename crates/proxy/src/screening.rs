//! Personal data in what a client sends, before it is decided: labels that it was given stand for their values again toward
//! the server that has shown them, so that policy looks at what is sent. The work is the vault's.

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use vestibule_mcp::{
    Message,
    error::{self, code},
};
use vestibule_vault::screen::Unfit;

use crate::{
    Proxy,
    answer::{self, Asked},
    call::Arrival,
};

/// The message as it is decided and sent.
pub(crate) fn arguments(
    proxy: &Proxy,
    arrival: &Arrival,
    asked: &Asked,
    headers: &mut HeaderMap,
    message: Option<Message>,
) -> Result<Option<Message>, Response> {
    let session = asked.session.as_deref();
    let screened =
        proxy.vault.screen_arguments(arrival.principal(), &arrival.server, session, message.as_ref(), headers);
    match screened {
        Ok(screened) => Ok(screened.or(message)),
        Err(unfit) => Err(refuse(asked, &unfit)),
    }
}

fn refuse(asked: &Asked, unfit: &Unfit) -> Response {
    let id = asked.id.as_deref();
    let error = |status, code| answer::json(status, error::error_body(id, code, &unfit.to_string(), None));
    match (unfit, id) {
        (Unfit::Wish(_), _) => error(StatusCode::BAD_REQUEST, code::INVALID_REQUEST),
        (Unfit::Blocked(_), Some(id)) if asked.tool_call => {
            answer::json(StatusCode::OK, error::tool_error_body(id, asked.era(), &format!("Refused: {unfit}.")))
        }
        (Unfit::Blocked(_), Some(_)) => error(StatusCode::OK, code::INVALID_PARAMS),
        (Unfit::Blocked(_), None) => error(StatusCode::FORBIDDEN, code::DENIED),
        (Unfit::Unreadable, _) => error(StatusCode::BAD_REQUEST, code::INVALID_PARAMS),
    }
}
