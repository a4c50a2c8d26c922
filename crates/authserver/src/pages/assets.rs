//! The style sheet and the mark: compiled in, the only files the pages load.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use vestibule_model::Digest;

const CSS: &str = include_str!("../../assets/vestibule.css");
const MARK: &str = include_str!("../../assets/vestibule.svg");

/// `GET /assets/vestibule.css`
pub(crate) async fn css(headers: HeaderMap) -> Response {
    asset(&headers, "text/css; charset=utf-8", CSS)
}

/// `GET /assets/vestibule.svg`
pub(crate) async fn mark(headers: HeaderMap) -> Response {
    asset(&headers, "image/svg+xml", MARK)
}

/// Asked for anew each time, answered with 304 while nothing has changed.
fn asset(headers: &HeaderMap, kind: &'static str, body: &'static str) -> Response {
    let tag = format!("\"{}\"", Digest::of(body.as_bytes()).to_base64url());
    let same = headers.get(header::IF_NONE_MATCH).is_some_and(|have| have == tag.as_str());
    let common = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    if same {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, kind)], body).into_response()
}
