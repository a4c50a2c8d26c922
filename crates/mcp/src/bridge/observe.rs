//! Which era an answer shows.

use super::splice::Object;
use crate::error::code;

/// What an answer is, as far as it tells the era of who gave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// A result.
    Result,
    /// An error that 2026-07-28 has and earlier versions have not.
    ModernError,
    /// Invalid parameters, which both eras know.
    BadParams,
    /// The method does not exist.
    NoMethod,
    /// Any other error, which says nothing.
    OtherError,
    /// Not a JSON-RPC response.
    Nothing,
}

/// Looks at the body of an answer.
pub fn observe(body: &[u8]) -> Shown {
    let Ok(whole) = Object::parse(body) else { return Shown::Nothing };
    match (whole.get("result"), whole.get("error")) {
        (Some(_), None) => Shown::Result,
        (None, Some(error)) => match error_code(error) {
            Some(code::HEADER_MISMATCH | code::MISSING_CAPABILITY | code::UNSUPPORTED_VERSION) => Shown::ModernError,
            Some(code::INVALID_PARAMS) => Shown::BadParams,
            Some(code::METHOD_NOT_FOUND) => Shown::NoMethod,
            Some(_) => Shown::OtherError,
            None => Shown::Nothing,
        },
        _ => Shown::Nothing,
    }
}

/// The code of an error object.
pub(super) fn error_code(error: &str) -> Option<i64> {
    Object::parse(error.as_bytes()).ok()?.get("code")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_show_their_era() {
        let of = |text: &str| observe(text.as_bytes());
        let error = |code: i64| of(&format!(r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":{code},"message":"m"}}}}"#));
        assert_eq!(of(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), Shown::Result);
        for code in [-32020, -32021, -32022] {
            assert_eq!(error(code), Shown::ModernError);
        }
        assert_eq!((error(-32601), error(-32602)), (Shown::NoMethod, Shown::BadParams));
        assert_eq!((error(-32000), error(-32600)), (Shown::OtherError, Shown::OtherError));
        for nothing in ["", "not found", "{}", r#"{"error":"invalid_request"}"#, r#"{"result":1,"error":{"code":1}}"#] {
            assert_eq!(of(nothing), Shown::Nothing, "{nothing}");
        }
    }
}
