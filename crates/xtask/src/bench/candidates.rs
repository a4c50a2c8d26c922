//! Who is measured: a running program, and how to ask it.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    load::Load,
    proc::Running,
    setup::{CLIENT, RESOURCE_PATH, SECRET},
};

/// A running program and how it is asked.
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) process: Running,
    pub(crate) started_in: Duration,
    pub(crate) origin: String,
    /// The path of its MCP endpoint.
    pub(crate) path: &'static str,
    /// Empty where nobody looks at it.
    pub(crate) bearer: String,
    pub(crate) script: std::path::PathBuf,
}

/// A call of a tool that says again what it is told.
fn call(message: &str) -> String {
    let meta = concat!(
        r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
        r#""io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"},"#,
        r#""io.modelcontextprotocol/clientCapabilities":{}}"#
    );
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"echo","arguments":{{"message":"{message}"}},{meta}}}}}"#
    )
}

impl Candidate {
    /// A stateless `tools/call`.
    pub(crate) fn call_load(&self, connections: u32) -> Load {
        self.echo_load("hello", "", connections)
    }

    /// The same about this message, with further lines of headers.
    pub(crate) fn echo_load(&self, message: &str, more: &str, connections: u32) -> Load {
        let headers = format!(
            "Content-Type: application/json\nAccept: application/json, text/event-stream\n\
             MCP-Protocol-Version: 2026-07-28\nMcp-Method: tools/call\nMcp-Name: echo\nAuthorization: Bearer {}\n{more}",
            self.bearer
        );
        self.load(self.path, headers, call(message), connections)
    }

    /// A token for a client that acts for itself.
    pub(crate) fn token_load(&self, connections: u32) -> Load {
        let basic = STANDARD.encode(format!("{CLIENT}:{SECRET}"));
        let headers = format!("Content-Type: application/x-www-form-urlencoded\nAuthorization: Basic {basic}");
        let resource = format!("{}{RESOURCE_PATH}", self.origin).replace(':', "%3A").replace('/', "%2F");
        let body = format!("grant_type=client_credentials&resource={resource}");
        self.load("/token", headers, body, connections)
    }

    fn load(&self, path: &str, headers: String, body: String, connections: u32) -> Load {
        Load { script: self.script.clone(), url: format!("{}{path}", self.origin), headers, body, connections }
    }
}
