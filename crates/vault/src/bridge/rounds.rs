//! A call of a client with a session at a server without. Such a server asks by its result; the client is asked by
//! requests on the stream of its call, answers them in its session, and the call is made again with the answers
//! (MCP 2026-07-28, multi round-trip requests).

use std::{io, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::time::{Instant, sleep, sleep_until};
use vestibule_mcp::{
    Era, Message,
    bridge::{self, Ask, Client, Exchange, InputRequired, Toward},
    error::{self, code},
};

use super::{
    ALIVE, KEEP_ALIVE, PATIENCE, broken,
    eras::{self, Manner},
    may_ask,
    questions::{Place, Question, Questions, Running},
    refusal, said,
    translated::{self, Came, Messages},
    way::{self, Passage},
};
use crate::{
    answer::{Answer, Source},
    dispatch::DispatchError,
};

/// How often one call may ask.
const MOST: usize = 32;
/// How long a server is left alone that asks for nothing but to be called again.
const BREATH: Duration = Duration::from_millis(500);
/// What a form that nobody filled in gives (MCP 2025-11-25, elicitation).
const CANCELLED: &str = r#"{"action":"cancel"}"#;

/// Makes the call. Its answer becomes a stream when the server sends one, or asks for something.
pub(super) async fn call(
    way: &Passage,
    place: Place,
    client: Client,
    message: Message,
) -> Result<Answer, DispatchError> {
    let id = message.id().unwrap_or_default().to_owned();
    let Ok(sent) = bridge::to_stateless(&message, &client) else {
        return Ok(refusal(StatusCode::OK, &id, code::INVALID_PARAMS, "The parameters nest too deep."));
    };
    let running = Questions::run(way, &place, &id);
    let exchange = Exchange { toward: Toward::Stateful, method: message.method().to_owned(), id };
    let call = Call { way: way.clone(), place, client, message, exchange, running, left: MOST };
    let came = tokio::select! {
        came = call.send(sent) => came?,
        () = call.running.cancelled() => return Ok(given_up()),
    };
    match came {
        Came::Messages(messages) => Ok(call.stream(Now::Reading(messages))),
        Came::Whole(whole) => match call.asked(&whole.body)? {
            Some(asked) => Ok(call.stream(Now::Asking(asked))),
            None => translated::translate(whole, &call.exchange),
        },
    }
}

/// A call that was given up has no answer (MCP 2025-11-25, cancellation: receivers SHOULD NOT send a response).
fn given_up() -> Answer {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))]);
    Answer { status: StatusCode::OK, headers, session: None, body: Source::Whole(None) }
}

struct Call {
    way: Passage,
    place: Place,
    client: Client,
    message: Message,
    exchange: Exchange,
    running: Running,
    left: usize,
}

/// Where a call is.
enum Now {
    /// The server's answer streams in.
    Reading(Messages),
    /// It asked.
    Asking(InputRequired),
    /// The client is asked.
    Waiting(Waiting),
    /// The client has answered.
    Answered(InputRequired, Vec<(String, String)>),
    /// Nothing comes any more.
    Over,
}

struct Waiting {
    asked: InputRequired,
    open: Vec<(Question, Option<String>)>,
    until: Instant,
}

impl Call {
    async fn send(&self, message: Message) -> Result<Came, DispatchError> {
        let answer = self.way.send(way::stateless(message)).await?;
        let (answer, manner) = eras::check(&self.way, answer, Era::Stateless).await?;
        if manner == Manner::Strange && !self.way.eras().takes_stateless(&self.way).await? {
            // Another server stands there now, and it has sessions: the client opens a real one.
            return Err(DispatchError::SessionGone);
        }
        translated::came(answer).await
    }

    fn asked(&self, body: &[u8]) -> Result<Option<InputRequired>, DispatchError> {
        if body.is_empty() || !may_ask(&self.exchange.method) {
            return Ok(None);
        }
        InputRequired::read(body).map_err(|error| broken(error.to_string()))
    }

    fn stream(self, now: Now) -> Answer {
        let steps = stream::unfold((self, now), |(mut call, now)| async move {
            let (bytes, now) = call.next(now).await?;
            Some((bytes, (call, now)))
        });
        translated::streaming(steps)
    }

    /// The next bytes for the client, and where the call is then.
    async fn next(&mut self, mut now: Now) -> Option<(io::Result<Bytes>, Now)> {
        loop {
            now = match now {
                Now::Over => return None,
                Now::Reading(mut messages) => {
                    let event = tokio::select! {
                        event = messages.next() => event,
                        () = self.running.cancelled() => return None,
                    };
                    match event.transpose()? {
                        Err(error) => return Some((Err(error), Now::Over)),
                        Ok(event) => match self.asked(&event.data) {
                            Ok(Some(asked)) => Now::Asking(asked),
                            Ok(None) => match translated::event(&event, &self.exchange) {
                                Ok(None) => Now::Reading(messages),
                                Ok(Some(bytes)) => return Some((Ok(bytes), Now::Reading(messages))),
                                Err(error) => return Some((Err(error), Now::Over)),
                            },
                            Err(error) => return Some((Err(io::Error::other(error)), Now::Over)),
                        },
                    }
                }
                Now::Asking(asked) if asked.asks.is_empty() => {
                    sleep(BREATH).await;
                    Now::Answered(asked, Vec::new())
                }
                Now::Asking(asked) => match self.ask(asked) {
                    Ok((bytes, waiting)) => return Some((Ok(bytes), Now::Waiting(waiting))),
                    Err(text) => return Some(self.end(code::INVALID_REQUEST, text)),
                },
                Now::Waiting(mut waiting) => match self.wait(&mut waiting).await? {
                    Step::Alive => return Some((Ok(ALIVE), Now::Waiting(waiting))),
                    Step::Late => {
                        return Some(self.end(code::INVALID_REQUEST, "The client did not answer what it was asked."));
                    }
                    Step::Refused(error) => {
                        return Some((Ok(said(&bridge::failed(&self.exchange.id, &error))), Now::Over));
                    }
                    Step::Done => {
                        let keys = waiting.asked.asks.iter().map(|(key, _)| key.clone());
                        let results = waiting.open.into_iter().map(|(_, result)| result.unwrap_or_default());
                        let results = keys.zip(results).collect();
                        Now::Answered(waiting.asked, results)
                    }
                },
                Now::Answered(asked, results) => match self.again(&asked, &results).await? {
                    Ok(Came::Messages(messages)) => Now::Reading(messages),
                    Ok(Came::Whole(whole)) => match self.asked(&whole.body) {
                        Ok(Some(asked)) => Now::Asking(asked),
                        Ok(None) => return Some(self.finish(&whole.body)),
                        Err(error) => return Some(self.fail(&error)),
                    },
                    Err(error) => return Some(self.fail(&error)),
                },
            }
        }
    }

    /// Asks the client, each thing by a request of its own.
    fn ask(&mut self, asked: InputRequired) -> Result<(Bytes, Waiting), &'static str> {
        self.left = self.left.checked_sub(1).ok_or("The server asked for further input too often.")?;
        let can = |(_, ask): &(String, Ask)| ask.is_declared(&self.client);
        if !asked.asks.iter().all(can) {
            return Err("The server asks for further input, which this client did not say it can give.");
        }
        let (mut bytes, mut open) = (BytesMut::new(), Vec::new());
        for (_, ask) in &asked.asks {
            let question = Questions::open(&self.way, &self.place, format!("\"{}\"", self.way.unguessable()));
            let question = question.map_err(|_| "Too many questions of servers are open.")?;
            bytes.extend_from_slice(&said(&ask.request(question.id())));
            open.push((question, None));
        }
        Ok((bytes.freeze(), Waiting { asked, open, until: Instant::now() + PATIENCE }))
    }

    /// Waits for one more sign of the client; `None` when it gave up the call.
    async fn wait(&self, waiting: &mut Waiting) -> Option<Step> {
        let alive = Instant::now() + KEEP_ALIVE;
        for ((question, result), (_, ask)) in waiting.open.iter_mut().zip(&waiting.asked.asks) {
            if result.is_some() {
                continue;
            }
            let outcome = tokio::select! {
                outcome = question.answered() => outcome,
                () = sleep_until(waiting.until) => return Some(Step::Late),
                () = sleep_until(alive) => return Some(Step::Alive),
                () = self.running.cancelled() => return None,
            };
            match outcome? {
                Ok(given) => *result = Some(given),
                Err(_) if ask.method() == "elicitation/create" => *result = Some(CANCELLED.to_owned()),
                Err(error) => return Some(Step::Refused(error)),
            }
        }
        Some(Step::Done)
    }

    /// Makes the call again; `None` when its client gave it up.
    async fn again(&self, asked: &InputRequired, results: &[(String, String)]) -> Option<Result<Came, DispatchError>> {
        let id = format!("\"{}\"", self.way.unguessable());
        let again = asked.again(&self.message, &self.client, &id, results);
        let Ok(again) = again else { return Some(Err(broken("the answers nest too deep"))) };
        tokio::select! {
            came = self.send(again) => Some(came),
            () = self.running.cancelled() => None,
        }
    }

    /// The last answer, which came at once.
    fn finish(&self, body: &[u8]) -> (io::Result<Bytes>, Now) {
        match self.exchange.translate(body) {
            Ok(Some(body)) => (Ok(said(&body)), Now::Over),
            _ => self.fail(&broken("it gave no answer")),
        }
    }

    fn fail(&self, error: &DispatchError) -> (io::Result<Bytes>, Now) {
        tracing::warn!(%error, "a call that was asked for input cannot go on");
        self.end(code::UNAVAILABLE, "The server behind the gateway cannot be reached, or answers nothing that is MCP.")
    }

    fn end(&self, code: i64, text: &str) -> (io::Result<Bytes>, Now) {
        (Ok(said(&error::error_body(Some(&self.exchange.id), code, text, None))), Now::Over)
    }
}

/// What came of waiting.
enum Step {
    /// Nothing yet.
    Alive,
    /// Nothing in time.
    Late,
    /// An error for something that has to be answered.
    Refused(String),
    /// Everything.
    Done,
}
