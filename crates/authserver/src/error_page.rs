//! The page for errors that must not be redirected to a client.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    sentence: &'a str,
    code: &'a str,
}

/// Renders a title, one sentence that says what to do, and a stable code for support.
pub fn error_page(status: StatusCode, title: &str, sentence: &str, code: &str) -> Response {
    let page = ErrorPage { title, sentence, code }.render().unwrap_or_else(|_| title.to_owned());
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Html(page)).into_response()
}
