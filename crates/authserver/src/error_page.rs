//! The page for errors that must not be redirected to a client.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, StatusCode, header};

use crate::pages::shell::Shell;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    shell: Shell,
    title: &'a str,
    sentence: &'a str,
    code: &'a str,
}

const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Renders a title, one sentence that says what to do, and a stable code for support.
pub fn error_page(status: StatusCode, title: &str, sentence: &str, code: &str) -> Response {
    let shell = Shell { product: "Vestibule".to_owned(), csrf: String::new() };
    let page = ErrorPage { shell, title, sentence, code }.render().unwrap_or_else(|_| "error".to_owned());
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    (status, headers, Html(page)).into_response()
}
