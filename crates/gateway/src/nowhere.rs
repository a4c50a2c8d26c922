//! Answers for requests that never get to a route: said in words, as everything else is.

use http::{HeaderName, Request, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::json;

type Answer = (StatusCode, [(HeaderName, &'static str); 3], String);

/// 404.
pub(crate) async fn no_route() -> Answer {
    answer(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
}

/// 405; which methods there are stands in `Allow`.
pub(crate) async fn wrong_method() -> Answer {
    answer(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address does not take that method")
}

/// 400 for what two readers could understand in two ways.
pub(crate) fn malformed<B>(request: &Request<B>) -> Option<Answer> {
    let refuse = |sentence| Some(answer(StatusCode::BAD_REQUEST, "invalid_request", sentence));
    // RFC 9112 section 3.2: a server MUST refuse a request with more than one Host line.
    if request.headers().get_all(header::HOST).iter().nth(1).is_some() {
        return refuse("there is more than one Host header");
    }
    let path = request.uri().path();
    if path.contains('%') && percent_decode_str(path).decode_utf8().is_err() {
        return refuse("the path is not UTF-8");
    }
    None
}

fn answer(status: StatusCode, error: &str, sentence: &str) -> Answer {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, json!({ "error": error, "error_description": sentence }).to_string())
}
