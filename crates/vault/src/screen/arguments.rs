//! The way to a server, before policy looks: what is decided is what is sent. Labels are turned back where the server has
//! shown their values, and what the configuration keeps from servers is masked wherever it stands: of a message only the
//! plumbing of the protocol is spared.

use http::{HeaderMap, HeaderName, HeaderValue};
use vestibule_mcp::{Message, Mirrored, given::Given};
use vestibule_model::{Principal, Server};
use vestibule_pii::{Blocked, Naming, Pseudonyms};

use super::{Screening, place, settings::Direction, tables::Table};

/// Headers that mirror arguments (MCP 2026-07-28, transports).
const PARAMETER: &str = "mcp-param-";

/// Why a message goes no further.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The configuration keeps this kind of value from the server.
    #[error("a value of kind {0} must not be sent to this server")]
    Blocked(vestibule_pii::Kind),
    /// With the values in the place of the labels it is no message that may pass.
    #[error("with the values in the place of its labels the message cannot be read")]
    Unreadable,
}

impl Screening {
    /// The message as it goes on; `None`: as it is. The headers that mirror it are changed with it.
    pub(crate) fn arguments(
        &self,
        caller: &Principal,
        server: &Server,
        session: Option<&str>,
        message: Option<&Message>,
        headers: &mut HeaderMap,
    ) -> Result<Option<Message>, Unfit> {
        let Some(message) = message else { return Ok(None) };
        let restored = self.restore(caller, server, session, message, headers)?;
        let masked = self.mask(caller, server, restored.as_ref().unwrap_or(message), headers)?;
        Ok(masked.or(restored))
    }

    fn restore(
        &self,
        caller: &Principal,
        server: &Server,
        session: Option<&str>,
        message: &Message,
        headers: &mut HeaderMap,
    ) -> Result<Option<Message>, Unfit> {
        if !message.bytes().contains(&b'[') {
            return Ok(None);
        }
        let Some(reader) = self.readers.find(caller) else { return Ok(None) };
        let labels = reader.lock();
        if labels.pseudonyms.is_empty() {
            return Ok(None);
        }
        let place = place(server, session);
        let back = |text: &str| match labels.pseudonyms.restore(text, &place) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(other) => Some(other),
        };
        let restored = message.with_values(back).map_err(|_| Unfit::Unreadable)?;
        if restored.is_some() {
            mirror(headers, |text| in_text(&labels.pseudonyms, text, &place));
            self.tally.restored();
        }
        Ok(restored)
    }

    fn mask(
        &self,
        caller: &Principal,
        server: &Server,
        message: &Message,
        headers: &mut HeaderMap,
    ) -> Result<Option<Message>, Unfit> {
        let Some(config) = self.settings.for_arguments(caller, server, message) else { return Ok(None) };
        let whole = self.masker(config.clone(), Table::Given(Given::of(message)));
        let part = self.masker(config, Table::Plain);
        let refused = |Blocked(kind)| {
            self.tally.refused();
            Unfit::Blocked(kind)
        };
        // With another name it would be another message: it passes as it is, or not at all.
        for name in message.names() {
            drop(part.mask(&name, &mut Naming::Plain).map_err(refused)?);
        }
        let masked = whole.mask_bytes(message.bytes(), &mut Naming::Plain).map_err(refused)?;
        self.tally.add(Direction::Arguments, masked.counts());
        // A value may stand in a header alone, or in one that tells its kind less well than its name did.
        let mut blocked = None;
        mirror(headers, |text| match part.mask(text, &mut Naming::Plain) {
            Ok(screened) => {
                self.tally.add(Direction::Arguments, screened.counts());
                let changed = screened.counts().total() > 0;
                changed.then(|| screened.into_inner().into_owned())
            }
            Err(found) => {
                blocked = Some(found);
                None
            }
        });
        if let Some(found) = blocked {
            return Err(refused(found));
        }
        masked.into_inner().map(|bytes| Message::parse(bytes.into())).transpose().map_err(|_| Unfit::Unreadable)
    }
}

/// Labels in a plain text: as in a string of JSON.
fn in_text(pseudonyms: &Pseudonyms, text: &str, place: &vestibule_model::ServerName) -> Option<String> {
    let json = serde_json::to_string(text).ok()?;
    let restored = pseudonyms.restore(&json, place);
    // A number comes back without quotes.
    let plain = serde_json::from_str::<String>(&restored).unwrap_or_else(|_| restored.clone().into_owned());
    (plain != text).then_some(plain)
}

/// Changes the headers that mirror arguments. One that cannot be read is refused by the server, as it was before.
fn mirror(headers: &mut HeaderMap, mut replace: impl FnMut(&str) -> Option<String>) {
    let names: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().starts_with(PARAMETER)).cloned().collect();
    for name in names {
        let values = headers.get_all(&name).iter().map(HeaderValue::as_bytes);
        let Ok(Some(text)) = Mirrored::collect(values).decoded() else { continue };
        let Some(other) = replace(&text) else { continue };
        if let Ok(value) = HeaderValue::from_str(&Mirrored::encode(&other)) {
            headers.insert(name, value);
        }
    }
}
