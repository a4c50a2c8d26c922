//! JSON-RPC batches, which only 2025-03-26 has (streamable HTTP, Sending Messages).

use bytes::Bytes;

use crate::{Message, ParseError, scan::Scanner};

/// The most messages of one batch.
pub const MOST: usize = 64;

/// What a request body holds.
#[derive(Debug)]
pub enum Body {
    /// One message.
    One(Message),
    /// Several, each parsed as strictly as one; none of them is empty.
    Batch(Vec<Message>),
}

impl Body {
    /// Parses once, strictly. The messages of a batch are pieces of the same bytes.
    ///
    /// # Errors
    /// [`ParseError`] when any message is none, or a batch is empty, nested or too long: then nothing of it is done.
    pub fn parse(bytes: Bytes) -> Result<Self, ParseError> {
        match Message::parse(bytes.clone()) {
            Err(ParseError::Batch) => elements(&bytes).map(Self::Batch),
            parsed => parsed.map(Self::One),
        }
    }
}

fn elements(bytes: &Bytes) -> Result<Vec<Message>, ParseError> {
    let refuse = |what: &str| Err(ParseError::NotRpc(what.to_owned()));
    let mut scanner = Scanner::new(bytes)?;
    let mut spans = Vec::new();
    scanner.peek();
    scanner.array(|scanner| {
        let span = scanner.value()?.span;
        if spans.len() < MOST + 1 {
            spans.push(span);
        }
        Ok(())
    })?;
    scanner.end()?;
    match spans.len() {
        0 => refuse("a batch holds at least one message"),
        1..=MOST => spans.into_iter().map(|span| element(bytes.slice(span))).collect(),
        _ => refuse("a batch holds at most 64 messages"),
    }
}

fn element(bytes: Bytes) -> Result<Message, ParseError> {
    match Message::parse(bytes)? {
        // 2025-03-26, Lifecycle: the initialize request MUST NOT be part of a batch.
        message if message.method() == "initialize" => {
            Err(ParseError::NotRpc("initialize must not be part of a batch".to_owned()))
        }
        message => Ok(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

    fn parse(text: &str) -> Result<Body, ParseError> {
        Body::parse(text.to_owned().into())
    }

    #[test]
    fn each_message_keeps_its_own_bytes() {
        let other = r#"{ "method" : "ping","jsonrpc":"2.0","id":18446744073709551615 }"#;
        let Ok(Body::Batch(messages)) = parse(&format!(" [{PING} , {other}]\n")) else { panic!("a batch") };
        assert_eq!(
            messages.iter().map(|message| message.bytes().as_ref()).collect::<Vec<_>>(),
            [PING.as_bytes(), other.as_bytes()]
        );
        assert!(matches!(parse(PING), Ok(Body::One(_))));
    }

    #[test]
    fn what_is_no_batch_is_refused_whole() {
        let many = vec![PING; MOST + 1].join(",");
        let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#;
        for bad in [
            "[]".to_owned(),
            "[1]".to_owned(),
            format!("[{PING},null]"),
            format!("[[{PING}]]"),
            format!("[{PING}]{PING}"),
            format!("[{PING},]"),
            format!("[{many}]"),
            format!("[{PING},{initialize}]"),
            format!("[{PING},{{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}}]"),
        ] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
        let most = vec![PING; MOST].join(",");
        assert!(matches!(parse(&format!("[{most}]")), Ok(Body::Batch(messages)) if messages.len() == MOST));
    }
}
