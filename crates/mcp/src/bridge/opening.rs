//! How the eras begin: `initialize` opens a session and tells both sides who they are; `server/discover` asks, and every
//! request says who asks.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    request::{declared, with_reserved},
    splice::{self, Object},
};
use crate::{Message, ParseError, Version};

/// What is not carried between the eras, so neither side hears of it from the other (2026-07-28, extension negotiation:
/// what an intermediary would break it takes out).
const NOT_CARRIED: [&str; 1] = ["tasks"];
/// The levels of log messages (MCP 2025-11-25, logging; RFC 5424 section 6.2.1).
const LEVELS: [&str; 8] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
/// The longest declaration that is remembered in a session id.
const LONGEST: usize = 2048;
/// How the id of a session begins that exists only in its id.
const MARK: &str = "vestibule-bridged.";
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// Who a client said it is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Client {
    version: Version,
    capabilities: String,
    info: Option<String>,
    level: Option<String>,
}

impl Client {
    /// As `initialize` says it.
    pub fn of_initialize(message: &Message) -> Self {
        let asked = message.initialize_version().and_then(Version::parse);
        // Versions without sessions have no `initialize`; it is answered with the newest that has.
        let version = asked.filter(|version| Version::STATEFUL.contains(version)).unwrap_or(Version::V2025_11_25);
        let params = Object::parse(message.bytes()).ok().and_then(|whole| whole.get("params")).unwrap_or("{}");
        let member = |name| Object::parse(params.as_bytes()).ok().and_then(|params| params.get(name));
        Self::new(version, member("capabilities").unwrap_or("{}"), member("clientInfo"))
    }

    /// As a request without a session says it.
    pub fn of_request(message: &Message) -> Self {
        let (capabilities, info) = declared(message).unwrap_or_default();
        Self::new(Version::V2025_11_25, &capabilities, info.as_deref())
    }

    /// What does not fit into a session id is left out: info is for display, and fewer capabilities only ask for less.
    fn new(version: Version, capabilities: &str, info: Option<&str>) -> Self {
        let mut capabilities = splice::without(capabilities.trim(), &NOT_CARRIED);
        if capabilities.len() > LONGEST {
            capabilities = "{}".to_owned();
        }
        let info = info.filter(|info| info.len() <= LONGEST && info.starts_with('{')).map(str::to_owned);
        Self { version, capabilities, info, level: None }
    }

    /// The same client once it has set a level of log messages; one that there is not is `None`.
    pub fn hearing(self, level: &str) -> Option<Self> {
        LEVELS.contains(&level).then(|| Self { level: Some(level.to_owned()), ..self })
    }

    pub(super) fn level(&self) -> Option<&str> {
        self.level.as_deref()
    }

    /// Its capabilities, as far as they hold across the eras.
    pub fn capabilities(&self) -> &str {
        &self.capabilities
    }

    pub(super) fn info(&self) -> Option<&str> {
        self.info.as_deref()
    }

    /// The id of a session that holds nothing but this and what makes it unlike any other. Seal it before a client sees
    /// it.
    pub fn to_session(&self, unique: &str) -> String {
        let text = splice::with("{}", "unique", &format!("\"{unique}\""));
        let text = splice::with(&text, "version", &format!("\"{}\"", self.version.as_str()));
        let text = splice::with(&text, "capabilities", &self.capabilities);
        let text = self.info.as_ref().map_or(text.clone(), |info| splice::with(&text, "info", info));
        format!("{MARK}{}", URL_SAFE_NO_PAD.encode(text))
    }

    /// The client of such a session; `None` for the id of a real one.
    pub fn of_session(id: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(id.strip_prefix(MARK)?).ok()?;
        let object = Object::parse(&bytes).ok()?;
        let version = Version::parse(&object.string("version")?)?;
        Some(Self::new(version, object.get("capabilities")?, object.get("info")))
    }

    /// The answer to its `initialize`, from the answer to `server/discover`. `id` is the raw JSON text of the request's.
    ///
    /// # Errors
    /// [`ParseError`] when that is not strict JSON or has no result.
    pub fn welcome(&self, id: &str, discovered: &[u8]) -> Result<Vec<u8>, ParseError> {
        let result = result(discovered)?;
        let result = Object::parse(result.as_bytes())?;
        let meta = result.get("_meta").and_then(|meta| Object::parse(meta.as_bytes()).ok());
        let info = meta.and_then(|meta| meta.get(SERVER_INFO)).or(result.get("serverInfo"));
        let info = info.unwrap_or(r#"{"name":"unnamed","version":"0"}"#);
        let capabilities = offered(result.get("capabilities"));
        let version = self.version.as_str();
        let instructions = instructions(result.get("instructions"));
        Ok(format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"protocolVersion":"{version}","capabilities":{capabilities},"serverInfo":{info}{instructions}}}}}"#
        )
        .into())
    }

    /// The `initialize` that opens a session for it.
    ///
    /// # Errors
    /// [`ParseError`] when what it declared nests too deep.
    pub fn initialize(&self) -> Result<Message, ParseError> {
        let (version, capabilities) = (self.version.as_str(), &self.capabilities);
        let info = self.info.as_deref().unwrap_or(r#"{"name":"unnamed","version":"0"}"#);
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{capabilities},"clientInfo":{info}}}}}"#
        );
        Message::parse(text.into())
    }
}

/// `server/discover`, for a client or, without one, for ourselves. `id` is raw JSON text.
///
/// # Errors
/// [`ParseError`] when what the client declared nests too deep.
pub fn discover_request(id: &str, client: Option<&Client>) -> Result<Message, ParseError> {
    let ourselves = || Client::new(Version::V2025_11_25, "{}", Some(r#"{"name":"vestibule","version":"0"}"#));
    let meta = with_reserved("{}", &client.cloned().unwrap_or_else(ourselves));
    let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"server/discover","params":{{"_meta":{meta}}}}}"#);
    Message::parse(text.into())
}

/// What a server said in its answer to `initialize`.
#[derive(Clone, Debug)]
pub struct Initialized {
    version: Version,
    capabilities: String,
    info: Option<String>,
    instructions: String,
}

impl Initialized {
    /// Reads the answer.
    ///
    /// # Errors
    /// [`ParseError`] when it is not strict JSON, no result, or settles on a version that we do not know.
    pub fn read(answer: &[u8]) -> Result<Self, ParseError> {
        let result = Object::parse(result(answer)?.as_bytes())?;
        let version = result.string("protocolVersion").as_deref().and_then(Version::parse);
        let version = version.filter(|version| Version::STATEFUL.contains(version));
        Ok(Self {
            version: version.ok_or_else(|| ParseError::NotRpc("an unknown protocol version".to_owned()))?,
            capabilities: offered(result.get("capabilities")),
            info: result.get("serverInfo").map(str::to_owned),
            instructions: instructions(result.get("instructions")),
        })
    }

    /// The version of the session.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether it declared a capability that a list or a resource has, for example `tools.listChanged`.
    pub fn declares(&self, of: &str, what: &str) -> bool {
        let declared = Object::parse(self.capabilities.as_bytes()).ok().and_then(|all| all.get(of));
        declared.and_then(|of| Object::parse(of.as_bytes()).ok()?.get(what)) == Some("true")
    }

    /// The answer to `server/discover`: what is spoken at the door, which is more than the server itself speaks. `id` is the
    /// raw JSON text of the request's.
    pub fn discovered(&self, id: &str) -> Vec<u8> {
        let versions = serde_json::Value::from(Version::ALL.map(Version::as_str).to_vec());
        let (capabilities, instructions) = (&self.capabilities, &self.instructions);
        let meta = self.info.as_ref().map_or("{}".to_owned(), |info| splice::with("{}", SERVER_INFO, info));
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","supportedVersions":{versions},"capabilities":{capabilities}{instructions},"ttlMs":0,"cacheScope":"private","_meta":{meta}}}}}"#
        )
        .into()
    }
}

/// The capabilities of a server that hold across the eras.
fn offered(capabilities: Option<&str>) -> String {
    splice::without(capabilities.unwrap_or("{}").trim(), &NOT_CARRIED)
}

fn instructions(raw: Option<&str>) -> String {
    raw.map_or(String::new(), |raw| format!(r#","instructions":{raw}"#))
}

fn result(answer: &[u8]) -> Result<&str, ParseError> {
    Object::parse(answer)?.get("result").ok_or_else(|| ParseError::NotRpc("a result was expected".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn initialize(version: &str, capabilities: &str) -> Client {
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{capabilities},"clientInfo":{{"name":"é","version":"1"}}}}}}"#
        );
        Client::of_initialize(&Message::parse(text.into()).unwrap())
    }

    #[test]
    fn a_session_is_its_client_and_nothing_else() {
        let client = initialize(
            "2025-06-18",
            r#"{"sampling":{},"tasks":{},"elicitation":{},"experimental":{"n":1e400}}"#.replace("1e400", "1.50").as_str(),
        );
        assert_eq!(client.capabilities(), r#"{"sampling":{},"elicitation":{},"experimental":{"n":1.50}}"#);
        let id = client.to_session("1");
        assert_ne!(id, client.to_session("2"));
        assert!(id.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(Client::of_session(&id), Some(client));
        for other in ["", "upstream-session", "vestibule-bridged.", "vestibule-bridged.e30", "vestibule-bridged.!"] {
            assert_eq!(Client::of_session(other), None, "{other}");
        }
    }

    #[test]
    fn what_a_server_tells_is_what_it_declared() {
        let answer = br#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true},"prompts":{"listChanged":false},"resources":7}}}"#;
        let server = Initialized::read(answer).unwrap();
        assert!(server.declares("tools", "listChanged"));
        assert!(!server.declares("prompts", "listChanged") && !server.declares("resources", "subscribe"));
        assert!(!server.declares("tools", "subscribe") && !server.declares("logging", "listChanged"));
    }

    #[test]
    fn long_declarations_are_left_out() {
        let long = format!(r#"{{"experimental":{{"x":"{}"}}}}"#, "y".repeat(4000));
        assert_eq!(initialize("2025-06-18", &long).capabilities(), "{}");
        assert!(initialize("2025-06-18", &long).to_session("1").len() < 6000);
        assert_eq!(initialize("2025-06-18", "7").capabilities(), "{}");
    }

    #[test]
    fn initialize_is_answered_from_discover() {
        let discovered = br#"{"jsonrpc":"2.0","id":9,"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true,"x":1e2},"resources":{"subscribe":true}},"instructions":"be\nkind","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"2"}}}}"#;
        for (asked, given) in [("2025-06-18", "2025-06-18"), ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25")]
        {
            let welcome = initialize(asked, "{}").welcome("\"a\"", discovered).unwrap();
            assert_eq!(
                String::from_utf8(welcome).unwrap(),
                format!(
                    r#"{{"jsonrpc":"2.0","id":"a","result":{{"protocolVersion":"{given}","capabilities":{{"tools":{{"listChanged":true,"x":1e2}},"resources":{{"subscribe":true}}}},"serverInfo":{{"name":"s","version":"2"}},"instructions":"be\nkind"}}}}"#
                )
            );
        }
        assert!(initialize("2025-06-18", "{}").welcome("1", br#"{"id":1,"error":{"code":1}}"#).is_err());
    }

    #[test]
    fn discover_is_answered_from_initialize() {
        let answer = br#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{"logging":{},"tools":{"listChanged":true}},"serverInfo":{"name":"s","version":"2"},"instructions":"x"}}"#;
        let initialized = Initialized::read(answer).unwrap();
        assert_eq!(initialized.version(), Version::V2025_06_18);
        assert_eq!(
            String::from_utf8(initialized.discovered("5")).unwrap(),
            r#"{"jsonrpc":"2.0","id":5,"result":{"resultType":"complete","supportedVersions":["2024-11-05","2025-03-26","2025-06-18","2025-11-25","2026-07-28"],"capabilities":{"logging":{},"tools":{"listChanged":true}},"instructions":"x","ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"2"}}}}"#
        );
        for bad in [
            &br#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2026-07-28","capabilities":{}}}"#[..],
            br#"{"jsonrpc":"2.0","id":0,"error":{"code":-32602,"message":"m"}}"#,
            br#"{"jsonrpc":"2.0","id":0,"result":{}}"#,
            b"",
        ] {
            assert!(Initialized::read(bad).is_err());
        }
    }

    #[test]
    fn the_client_of_a_request_opens_a_session() {
        let discover = discover_request("1", Some(&initialize("2025-06-18", r#"{"roots":{},"x":{}}"#))).unwrap();
        let client = Client::of_request(&discover);
        let text = client.initialize().unwrap();
        assert_eq!(
            std::str::from_utf8(text.bytes()).unwrap(),
            r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{},"x":{}},"clientInfo":{"name":"é","version":"1"}}}"#
        );
        assert!(discover_request("1", None).is_ok());
    }
}
