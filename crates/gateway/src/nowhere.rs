//! Answers for requests that never get to a route: said in words, as everything else is.

use http::{HeaderName, Request, StatusCode, Version, header};
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
    // RFC 9112 section 3.2: a server MUST refuse an HTTP/1.1 request without a Host line, and one with more than one.
    match request.headers().get_all(header::HOST).iter().count() {
        0 if request.version() == Version::HTTP_11 => return refuse("there is no Host header"),
        0 | 1 => {}
        _ => return refuse("there is more than one Host header"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_host_is_named() {
        let refused = |version, hosts: &[&str]| {
            let mut request = Request::builder().version(version).uri("/token");
            for host in hosts {
                request = request.header(header::HOST, *host);
            }
            malformed(&request.body(()).unwrap()).is_some()
        };
        assert!(refused(Version::HTTP_11, &[]) && refused(Version::HTTP_11, &["a", "a"]));
        assert!(!refused(Version::HTTP_11, &["a"]));
        // HTTP/2 has `:authority` instead, HTTP/1.0 had nothing.
        assert!(!refused(Version::HTTP_2, &[]) && !refused(Version::HTTP_10, &[]));
    }
}
