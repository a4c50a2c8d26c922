//! How the machine-facing endpoints answer.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use vestibule_oauth::error::{ErrorCode, OAuthError};

use crate::evidence::Unrecorded;

/// A JSON answer that nobody may keep (RFC 6749 section 5.1).
pub(super) fn json(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body.into()).into_response()
}

/// An error (RFC 6749 section 5.2). `headers` are the request's: a client that failed with the `Authorization` header
/// MUST be told which scheme it may use there.
pub(super) fn error(error: &OAuthError, headers: &HeaderMap) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = serde_json::to_string(error).unwrap_or_else(|_| String::from("{}"));
    let mut response = json(status, body);
    if error.code == ErrorCode::InvalidClient && headers.contains_key(header::AUTHORIZATION) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="token""#));
    }
    if error.code == ErrorCode::TemporarilyUnavailable {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// The answer that leaves instead of one that could not be put on record.
pub(super) fn unrecorded(why: &Unrecorded, headers: &HeaderMap) -> Response {
    let (status, public) = why.public();
    let mut response = error(&public, headers);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    response
}

/// Whether the body is a form (RFC 6749 section 4.1.3).
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    has_type(headers, "application/x-www-form-urlencoded")
}

/// Whether the body is JSON (RFC 7591 section 3.1).
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    has_type(headers, "application/json")
}

fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    let mut all = headers.get_all(header::CONTENT_TYPE).iter();
    let first = all.next().and_then(|value| value.to_str().ok());
    let essence = first.and_then(|value| value.split(';').next()).map(str::trim);
    all.next().is_none() && essence.is_some_and(|essence| essence.eq_ignore_ascii_case(wanted))
}
