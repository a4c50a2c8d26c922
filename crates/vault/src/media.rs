//! What an answer is made of.

use http::{HeaderMap, header};

/// What an upstream answers with; the vault lets nothing else pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Media {
    /// One JSON text.
    Json,
    /// A stream of server-sent events.
    Events,
    /// No body.
    None,
}

impl Media {
    /// As the headers of an answer say.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        match text.split(';').next().unwrap_or("").trim() {
            "" => Self::None,
            media if media.eq_ignore_ascii_case("text/event-stream") => Self::Events,
            _ => Self::Json,
        }
    }
}
