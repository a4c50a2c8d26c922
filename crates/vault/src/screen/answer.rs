//! The way to the client: a body is masked as it passes. What cannot be looked at does not pass.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use vestibule_mcp::{
    Era, Message, MessageKind,
    error::{self, code},
    sse,
};
use vestibule_model::{Principal, Server, ServerName};
use vestibule_pii::{Blocked, Config, Counts, JsonStream, Kind, Masker, Naming, SseStream, StreamError};

use super::{
    Screening, place, places,
    readers::{Beginning, Reader},
    settings::Direction,
    tables::Table,
};
use crate::{McpCall, Media};

/// What is looked at as one: an event, a string of JSON, and a whole answer that may have to be withheld. In bytes.
const LARGEST: usize = 32 << 20;
/// A JSON answer up to this size is looked at as a whole: its client can do nothing with a part of it.
const WHOLE: usize = 1 << 20;
/// The reason in the log and the journal.
const BLOCKED: &str = "pii_blocked";
/// How many values of each kind were replaced.
const MASKED: HeaderName = HeaderName::from_static("x-pii-masked");

/// What becomes of the ids of events behind us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EventIds {
    /// They are sealed before anybody sees them, and must come back as they were.
    Sealed,
    /// They are shown, and no use to anybody: a stream goes on only in a session of its server.
    Shown,
}

/// What is done to the answer of one call.
pub(crate) struct Screen {
    screening: Arc<Screening>,
    masker: Arc<Masker>,
    /// Looks once more, when this answer is one of the sample.
    proof: Option<Arc<Masker>>,
    reader: Arc<Reader>,
    caller: Arc<Principal>,
    server: Arc<Server>,
    session: Option<String>,
    ids: EventIds,
    beginning: Beginning,
    id: Option<String>,
    tool_call: bool,
    era: Era,
}

impl Screen {
    pub(super) fn new(
        screening: &Arc<Screening>,
        config: Config,
        proof: Option<Arc<Masker>>,
        caller: &Arc<Principal>,
        server: &Arc<Server>,
        call: &McpCall,
    ) -> Self {
        let method = call.message.as_ref().map_or("", Message::method);
        let begins = method == "initialize";
        Self {
            masker: screening.masker(config, Table::Answer(places::asked(call))),
            proof,
            reader: screening.readers.of(caller),
            screening: Arc::clone(screening),
            caller: Arc::clone(caller),
            server: Arc::clone(server),
            // Whoever initializes begins anew, whatever session they name.
            session: call.mark.clone().or_else(|| call.upstream_session.clone().filter(|_| !begins)),
            // A mark alone is no session that a stream could go on in.
            ids: if call.upstream_session.is_some() { EventIds::Sealed } else { EventIds::Shown },
            beginning: if begins { Beginning::Now } else { Beginning::Unknown },
            id: call.message.as_ref().and_then(|message| message.request_id().map(str::to_owned)),
            tool_call: method == "tools/call",
            era: call.era,
        }
    }

    /// What stands in a stream for a message that must not pass, when the stream goes on; `None` where it is over with it:
    /// the answer that its client waits for.
    fn left_out(&self, message: &[u8], kind: Kind) -> Option<Bytes> {
        let message = Message::parse(Bytes::copy_from_slice(message)).ok();
        let what = message.as_ref().map(Message::kind);
        let instead = match (what, &self.id) {
            (Some(MessageKind::Notification), _) => Bytes::new(),
            (_, Some(_)) => return None,
            // The stream of a session: an answer to an earlier request is told of, since somebody may still wait for it.
            (Some(MessageKind::Response), None) => {
                let body =
                    error::error_body(message.as_ref().and_then(Message::id), code::DENIED, &refusal(kind), None);
                sse::encode(None, None, &body)
            }
            (_, None) => Bytes::new(),
        };
        self.screening.tally.refused();
        tracing::warn!(server = %self.server.name, %kind, reason = BLOCKED, "a message is left out of a stream");
        Some(instead)
    }

    /// For a body of this media type; `None` when there is no body. `session` is what the server calls the one that began.
    pub(crate) fn masking(mut self, media: Media, session: Option<&str>) -> Option<Masking> {
        let framing = if media == Media::Events { Framing::Events } else { Framing::Json };
        let stage = match media {
            Media::Json => Stage::Json(None),
            Media::Events => {
                let events = SseStream::new(Arc::clone(&self.masker), LARGEST);
                Stage::Events(if self.ids == EventIds::Sealed { events.keeping_ids() } else { events })
            }
            Media::None => return None,
        };
        if self.beginning == Beginning::Now {
            self.session = self.session.or(session.map(str::to_owned));
        }
        Some(Masking {
            place: None,
            screen: self,
            stage,
            framing,
            proof: None,
            proof_length: 0,
            counted: Counts::default(),
        })
    }
}

/// How the messages of a body are framed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Framing {
    Json,
    Events,
}

enum Stage {
    /// Nothing, as long as it may be looked at as a whole.
    Json(Option<Box<JsonStream<Arc<Masker>>>>),
    Events(SseStream<Arc<Masker>>),
    Over,
}

/// Masks one body.
pub(crate) struct Masking {
    screen: Screen,
    /// Where its labels are, once there is one.
    place: Option<ServerName>,
    stage: Stage,
    framing: Framing,
    /// Looks once more at JSON that passes piece by piece.
    proof: Option<Box<JsonStream<Arc<Masker>>>>,
    /// So many bytes of it.
    proof_length: usize,
    /// So much is in the tally.
    counted: Counts,
}

/// Why a body does not pass.
enum Fault {
    Blocked(Kind),
    /// It cannot be looked at.
    Unsearchable,
}

impl From<StreamError> for Fault {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Blocked(Blocked(kind)) => Self::Blocked(kind),
            StreamError::TooLarge(_) | StreamError::Broken => Self::Unsearchable,
        }
    }
}

/// What is said to the client instead of a body, or of the rest of one.
pub(crate) struct Withheld {
    pub(crate) reason: &'static str,
    pub(crate) instead: Bytes,
}

impl Masking {
    /// Whether nothing comes any more.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Whether anything is replaced; otherwise it is only looked at.
    pub(crate) fn replaces(&self) -> bool {
        *self.screen.masker.scanner().config() != Config::none()
    }

    /// Whether the body may be looked at as a whole.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.stage, Stage::Json(_))
    }

    /// How much of JSON is held, to be looked at as a whole. Of what may have to be withheld nothing goes out before.
    pub(crate) fn most_held(&self) -> usize {
        if self.may_block() { LARGEST } else { WHOLE }
    }

    fn may_block(&self) -> bool {
        self.screen.masker.scanner().config().may_block()
    }

    /// The body is no text that can be read here.
    pub(crate) fn unreadable(&mut self) -> Withheld {
        self.withhold(Fault::Unsearchable)
    }

    /// More of a body of JSON came than is held; this is what came so far.
    pub(crate) fn begin(&mut self, start: &[u8]) -> Result<Bytes, Withheld> {
        if self.may_block() { Err(self.withhold(Fault::Unsearchable)) } else { self.feed(start) }
    }

    /// Whether bytes can be looked at. JSON and events are UTF-8 without a zero; UTF-16 and UTF-32 have some, wherever they
    /// are cut.
    fn can_read(&self, bytes: &[u8]) -> bool {
        !self.replaces() || !bytes.contains(&0)
    }

    /// What may pass of the next bytes. A message that must not pass, and that nobody waits for, is left out of a stream; the
    /// others go on.
    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<Bytes, Withheld> {
        if !self.can_read(chunk) {
            return Err(self.unreadable());
        }
        let (mut passed, mut chunk) = (Vec::new(), chunk);
        loop {
            let fed = self.feed_on(chunk);
            if let (Err(StreamError::Blocked(Blocked(kind))), Stage::Events(events)) = (&fed, &mut self.stage)
                && let Some(instead) = self.screen.left_out(&events.take_blocked(), *kind)
            {
                passed.extend(events.take_passed());
                passed.extend_from_slice(&instead);
                chunk = &[];
                continue;
            }
            return match self.settle(fed) {
                Ok(bytes) if passed.is_empty() => Ok(bytes),
                Ok(bytes) => Ok([passed, bytes.into()].concat().into()),
                Err(Withheld { reason, instead }) => {
                    Err(Withheld { reason, instead: [passed, instead.into()].concat().into() })
                }
            };
        }
    }

    fn feed_on(&mut self, chunk: &[u8]) -> Result<(Vec<u8>, Option<Counts>), StreamError> {
        if let Stage::Json(json @ None) = &mut self.stage {
            *json = Some(Box::new(JsonStream::new(Arc::clone(&self.screen.masker), LARGEST)));
            self.proof = self.screen.proof.clone().map(|proof| Box::new(JsonStream::new(proof, LARGEST)));
        }
        self.with_labels(|stage, naming| match stage {
            Stage::Json(Some(json)) => Ok((json.feed(chunk, naming)?, Some(json.counts().clone()))),
            Stage::Events(events) => Ok((events.feed(chunk, naming)?, Some(events.counts().clone()))),
            Stage::Json(None) | Stage::Over => Ok((Vec::new(), None)),
        })
    }

    /// What was held back at the end.
    pub(crate) fn finish(&mut self) -> Result<Bytes, Withheld> {
        let fed = self.with_labels(|stage, naming| match std::mem::replace(stage, Stage::Over) {
            Stage::Json(Some(json)) => json.finish(naming).map(|(bytes, counts)| (bytes, Some(counts))),
            Stage::Events(events) => events.finish(naming).map(|(bytes, counts)| (bytes, Some(counts))),
            Stage::Json(None) | Stage::Over => Ok((Vec::new(), None)),
        });
        self.settle(fed)
    }

    /// A body that is all here. The counts go into a header.
    pub(crate) fn whole(&mut self, body: Bytes, headers: &mut HeaderMap) -> Result<Bytes, Withheld> {
        if !self.can_read(&body) {
            return Err(self.unreadable());
        }
        self.stage = Stage::Over;
        let masker = Arc::clone(&self.screen.masker);
        // Looking takes longest, and the reader's other answers need not wait for it.
        let found = masker.look(&body);
        if found.is_empty() && self.screen.beginning == Beginning::Unknown {
            self.prove(&body);
            return Ok(body);
        }
        match self.with_labels(|_, naming| masker.mask_found(&found, naming)) {
            Ok(screened) => {
                self.count(screened.counts());
                if let Some(value) = listed(screened.counts(), ", ").and_then(|text| HeaderValue::try_from(text).ok()) {
                    headers.insert(MASKED, value);
                }
                let out = screened.into_inner().map_or(body, Bytes::from);
                self.prove(&out);
                Ok(out)
            }
            Err(Blocked(kind)) => Err(self.withhold(Fault::Blocked(kind))),
        }
    }

    fn settle(&mut self, fed: Result<(Vec<u8>, Option<Counts>), StreamError>) -> Result<Bytes, Withheld> {
        match fed {
            Ok((bytes, counts)) => {
                counts.iter().for_each(|counts| self.count(counts));
                match self.stage {
                    Stage::Events(_) => self.prove(&bytes),
                    Stage::Json(_) | Stage::Over => self.prove_piece(&bytes),
                }
                Ok(bytes.into())
            }
            Err(error) => Err(self.withhold(error.into())),
        }
    }

    fn with_labels<T>(&mut self, work: impl FnOnce(&mut Stage, &mut Naming<'_>) -> T) -> T {
        let Screen { screening, reader, caller, server, session, beginning, .. } = &self.screen;
        let place = &*self.place.get_or_insert_with(|| place(server, session.as_deref()));
        let mut labels = screening.readers.enter(reader, caller, place, *beginning);
        let before = labels.pseudonyms.weight();
        let done = work(&mut self.stage, &mut Naming::Numbered(&mut labels.pseudonyms, place));
        reader.grown(before, labels.pseudonyms.weight());
        done
    }

    fn count(&mut self, all: &Counts) {
        self.screen.screening.tally.add(Direction::Results, &all.since(&self.counted));
        self.counted = all.clone();
    }

    /// Looks once more at what goes out, and tells how much was and was not masked. Never what.
    fn prove(&self, out: &[u8]) {
        let Some(proof) = self.screen.proof.as_ref().filter(|_| !out.is_empty()) else { return };
        let Ok(left) = proof.mask_bytes(out, &mut Naming::Plain) else { return };
        self.proved(out.len(), left.counts());
    }

    /// The same for a piece of a body, and at its end.
    fn prove_piece(&mut self, out: &[u8]) {
        let Some(mut proof) = self.proof.take() else { return };
        // What it gives is dropped; nothing is blocked in a proof, and what cannot be read is text to it.
        if proof.feed(out, &mut Naming::Plain).is_err() {
            return;
        }
        self.proof_length += out.len();
        if !self.is_over() {
            self.proof = Some(proof);
        } else if let Ok((_, left)) = proof.finish(&mut Naming::Plain) {
            self.proved(self.proof_length, &left);
        }
    }

    fn proved(&self, bytes: usize, left: &Counts) {
        self.screen.screening.tally.proved(left);
        let [masked, left] = [&self.counted, left].map(|counts| listed(counts, " ").unwrap_or_default());
        tracing::info!(server = %self.screen.server.name, bytes, masked, left, "a sample of masking");
    }

    /// Ends the body with an error that tells the kind, never the value.
    fn withhold(&mut self, fault: Fault) -> Withheld {
        self.screen.screening.tally.refused();
        let (reason, text) = match fault {
            Fault::Blocked(kind) => (BLOCKED, refusal(kind)),
            Fault::Unsearchable => {
                ("pii_unscanned", "The answer is withheld: it cannot be searched for personal data.".to_owned())
            }
        };
        tracing::warn!(server = %self.screen.server.name, reason, "an answer is withheld");
        let Screen { id, tool_call, era, .. } = &self.screen;
        let body = match id {
            Some(id) if *tool_call => error::tool_error_body(id, *era, &text),
            id => error::error_body(id.as_deref(), code::DENIED, &text, None),
        };
        let passed = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Events(mut events) => events.take_passed(),
            Stage::Json(_) | Stage::Over => Vec::new(),
        };
        let instead = match (self.framing, id) {
            (Framing::Events, Some(_)) => [Bytes::from(passed), sse::encode(None, None, &body)].concat().into(),
            // The stream of a session answers nothing in particular.
            (Framing::Events, None) => passed.into(),
            (Framing::Json, _) => Bytes::from(body),
        };
        Withheld { reason, instead }
    }
}

fn refusal(kind: Kind) -> String {
    format!("The answer is withheld: it holds a value of kind {kind}, which must not pass.")
}

/// How many there are of each kind; `None` when there is nothing.
fn listed(counts: &Counts, between: &str) -> Option<String> {
    let mut text = String::new();
    for (kind, count) in counts.iter() {
        let between = if text.is_empty() { "" } else { between };
        text.extend([between, kind.name(), "=", &count.to_string()]);
    }
    Some(text).filter(|text| !text.is_empty())
}
