//! Two eras on one endpoint, chosen by how the request opens.
//!
//! Up to 2025-11-25 a client sends `initialize` and holds a session. From 2026-07-28 every request says its
//! version in a header and in `_meta`, and mirrors its method and name in headers.

use std::borrow::Cow;

use crate::{
    error::code,
    message::{Message, MessageKind},
    mirror::Mirrored,
    params::Field,
};

/// How client and server agree on a version.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Era {
    /// Up to 2025-11-25: `initialize`, sessions.
    Stateful,
    /// From 2026-07-28: every request stands alone.
    Stateless,
}

/// A version of the protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Version {
    /// The first one; some servers still answer it over streamable HTTP.
    V2024_11_05,
    /// The first with streamable HTTP.
    V2025_03_26,
    /// The first with the version header.
    V2025_06_18,
    /// The last with sessions.
    V2025_11_25,
    /// The first without.
    V2026_07_28,
}

impl Version {
    /// All we know, oldest first.
    pub const ALL: [Self; 5] =
        [Self::V2024_11_05, Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];

    /// Those with sessions, oldest first.
    pub const STATEFUL: &[Self] = &[Self::V2024_11_05, Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25];

    /// As it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// The version of exactly this text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == text)
    }

    /// The era it belongs to.
    pub const fn era(self) -> Era {
        match self {
            Self::V2026_07_28 => Era::Stateless,
            _ => Era::Stateful,
        }
    }
}

/// The headers that open a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpeningHeaders<'a> {
    /// `MCP-Protocol-Version`.
    pub version: Mirrored<'a>,
    /// `Mcp-Method`.
    pub method: Mirrored<'a>,
    /// `Mcp-Name`.
    pub name: Mirrored<'a>,
}

/// How a request opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opening {
    /// The era to answer in.
    pub era: Era,
    /// The version the request speaks. For `initialize` it is what the client asks for, or the newest with sessions
    /// when it asks for one we do not know; what holds is what the server answers.
    pub version: Version,
}

/// Why a request is refused before anyone looks at what it wants.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpeningError {
    /// A header is missing, malformed, repeated, or disagrees with the body.
    #[error("the header {header} {what}")]
    Header {
        /// Its name.
        header: &'static str,
        /// What is wrong.
        what: Cow<'static, str>,
    },
    /// The version is none of the supported ones.
    #[error("the protocol version {requested:?} is not supported")]
    Unsupported {
        /// As the client wrote it.
        requested: String,
        /// What would work; the same list as `server/discover` gives.
        supported: Vec<Version>,
    },
    /// `_meta` lacks a required member.
    #[error("params._meta must have {0}")]
    MissingMeta(&'static str),
    /// A method that 2026-07-28 removed.
    #[error("the method {0:?} does not exist in this protocol version")]
    Removed(String),
    /// A client of 2026-07-28 sent a response; servers of that version ask nothing.
    #[error("clients send no responses in this protocol version")]
    Response,
    /// GET or DELETE in 2026-07-28, which has neither streams of their own nor sessions.
    #[error("only POST is supported in this protocol version")]
    OnlyPost,
}

impl OpeningError {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Removed(_) => 404,
            Self::OnlyPost => 405,
            _ => 400,
        }
    }

    /// The JSON-RPC error code.
    pub const fn code(&self) -> i64 {
        match self {
            Self::Header { .. } => code::HEADER_MISMATCH,
            Self::Unsupported { .. } => code::UNSUPPORTED_VERSION,
            Self::MissingMeta(_) => code::INVALID_PARAMS,
            Self::Removed(_) => code::METHOD_NOT_FOUND,
            Self::Response | Self::OnlyPost => code::INVALID_REQUEST,
        }
    }

    /// The `data` of the JSON-RPC error.
    pub fn data(&self) -> Option<serde_json::Value> {
        let Self::Unsupported { requested, supported } = self else { return None };
        // 2024-11-05 has neither the header nor the `_meta` that could name it.
        let nameable = supported.iter().filter(|version| **version != Version::V2024_11_05);
        let supported: Vec<&str> = nameable.map(|version| version.as_str()).collect();
        Some(serde_json::json!({ "supported": supported, "requested": requested }))
    }
}

impl Opening {
    /// How a POST opens. `supported` are the versions this endpoint speaks.
    ///
    /// # Errors
    /// [`OpeningError`] when the headers are malformed, disagree with the body, or ask for what we do not speak.
    pub fn of_message(
        message: &Message,
        headers: &OpeningHeaders<'_>,
        supported: &[Version],
    ) -> Result<Self, OpeningError> {
        check_same_version(message, headers)?;
        let version = version_of(headers, supported)?;
        let says_version = !matches!(message.meta().version, Field::Absent);
        if says_version || version.is_some_and(|version| version.era() == Era::Stateless) {
            check_stateless(message, headers, version, supported)?;
            return Ok(Self { era: Era::Stateless, version: Version::V2026_07_28 });
        }
        check_method(message, headers)?;
        check_name(message, headers)?;
        let version = if message.method() == "initialize" { asked_version(message) } else { version };
        // Without a header, a server that speaks older versions treats the client as one of 2025-03-26.
        Ok(Self { era: Era::Stateful, version: version.unwrap_or(Version::V2025_03_26) })
    }

    /// How a GET or DELETE opens.
    ///
    /// # Errors
    /// [`OpeningError`] for a malformed or unsupported version, or one that knows only POST.
    pub fn of_stream(headers: &OpeningHeaders<'_>, supported: &[Version]) -> Result<Self, OpeningError> {
        let version = version_of(headers, supported)?.unwrap_or(Version::V2025_03_26);
        match version.era() {
            Era::Stateful => Ok(Self { era: Era::Stateful, version }),
            Era::Stateless => Err(OpeningError::OnlyPost),
        }
    }
}

const VERSION: &str = "MCP-Protocol-Version";
const METHOD: &str = "Mcp-Method";
const NAME: &str = "Mcp-Name";

/// What 2026-07-28 no longer has.
const REMOVED: [&str; 5] = ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];

fn header(header: &'static str, what: impl Into<Cow<'static, str>>) -> OpeningError {
    OpeningError::Header { header, what: what.into() }
}

fn unsupported(requested: &str, supported: &[Version]) -> OpeningError {
    OpeningError::Unsupported { requested: requested.to_owned(), supported: supported.to_vec() }
}

/// The version header: MUST be a supported version when it is there.
fn version_of(headers: &OpeningHeaders<'_>, supported: &[Version]) -> Result<Option<Version>, OpeningError> {
    let Some(text) = headers.version.plain().map_err(|what| header(VERSION, what))? else { return Ok(None) };
    match Version::parse(text) {
        Some(version) if supported.contains(&version) => Ok(Some(version)),
        _ => Err(unsupported(text, supported)),
    }
}

/// The version that `initialize` asks for, as far as it has sessions.
fn asked_version(message: &Message) -> Option<Version> {
    let asked = message.initialize_version().and_then(Version::parse);
    Some(asked.filter(|version| version.era() == Era::Stateful).unwrap_or(Version::V2025_11_25))
}

fn check_stateless(
    message: &Message,
    headers: &OpeningHeaders<'_>,
    version: Option<Version>,
    supported: &[Version],
) -> Result<(), OpeningError> {
    check_version(message, version, supported)?;
    match message.kind() {
        MessageKind::Response => return Err(OpeningError::Response),
        // Which headers a notification needs is not defined; those that are there must be true.
        MessageKind::Notification => return check_method(message, headers),
        MessageKind::Request => {}
    }
    if REMOVED.contains(&message.method()) {
        return Err(OpeningError::Removed(message.method().to_owned()));
    }
    // Every request MUST carry protocolVersion and clientCapabilities in _meta.
    if message.meta_version().is_none() {
        return Err(OpeningError::MissingMeta("the string io.modelcontextprotocol/protocolVersion"));
    }
    if !message.has_client_capabilities() {
        return Err(OpeningError::MissingMeta("the object io.modelcontextprotocol/clientCapabilities"));
    }
    // The mirrors MUST be there on requests, and MUST equal the body.
    if headers.method == Mirrored::Absent {
        return Err(header(METHOD, "is missing"));
    }
    check_method(message, headers)?;
    if headers.name == Mirrored::Absent && message.mirrored_name().is_some() {
        return Err(header(NAME, "is missing"));
    }
    check_name(message, headers)
}

/// The version header MUST equal the version in `_meta`.
fn check_same_version(message: &Message, headers: &OpeningHeaders<'_>) -> Result<(), OpeningError> {
    let text = headers.version.plain().map_err(|what| header(VERSION, what))?;
    match (text, message.meta_version()) {
        (Some(text), Some(meta)) if text != meta => Err(header(VERSION, "differs from the version in params._meta")),
        _ => Ok(()),
    }
}

/// A stateless request names a supported stateless version, in the header and in `_meta`.
fn check_version(message: &Message, version: Option<Version>, supported: &[Version]) -> Result<(), OpeningError> {
    match (version, message.meta_version()) {
        (None, Some(meta)) if Version::parse(meta).is_some_and(|meta| supported.contains(&meta)) => {
            Err(header(VERSION, "is missing"))
        }
        (None, Some(meta)) => Err(unsupported(meta, supported)),
        // Versions with sessions have no version in _meta.
        (Some(version), _) if version.era() == Era::Stateful => Err(unsupported(version.as_str(), supported)),
        _ => Ok(()),
    }
}

/// `Mcp-Method`, when it is there, MUST equal the method.
fn check_method(message: &Message, headers: &OpeningHeaders<'_>) -> Result<(), OpeningError> {
    match headers.method.plain().map_err(|what| header(METHOD, what))? {
        Some(method) if method != message.method() => Err(header(METHOD, "differs from the method in the body")),
        _ => Ok(()),
    }
}

/// `Mcp-Name`, when it is there, MUST equal what it mirrors.
fn check_name(message: &Message, headers: &OpeningHeaders<'_>) -> Result<(), OpeningError> {
    let Some(name) = headers.name.decoded().map_err(|what| header(NAME, what))? else { return Ok(()) };
    match message.mirrored_name() {
        Some(Some(body)) if body == name => Ok(()),
        Some(_) => Err(header(NAME, "differs from the name in the body")),
        None => Err(header(NAME, "mirrors nothing in this method")),
    }
}
