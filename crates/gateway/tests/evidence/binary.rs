//! The binary, running the demo in a folder of its own, and somebody who calls it.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};
use vestibule_model::Digest;
use vestibule_testkit::{
    agent::{Agent, Tokens},
    http::Http,
    mcp::stateless,
};

const VESTIBULE: &str = env!("CARGO_BIN_EXE_vestibule");

/// A running demo.
pub(crate) struct Binary {
    pub(crate) child: Child,
    pub(crate) http: Http,
    pub(crate) state: PathBuf,
    ready: Value,
    _home: tempfile::TempDir,
}

impl Binary {
    /// Starts it and waits until it is ready. A write beyond its file size limit is an error to it and no signal, so
    /// that such a limit can play a full disk.
    pub(crate) fn demo() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" demo --json --listen 127.0.0.1:0", VESTIBULE]);
        let mut child = command.env("XDG_STATE_HOME", home.path()).stdout(Stdio::piped()).spawn().expect("sh starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("one line of JSON when ready");
        let address =
            ready["issuer"].as_str().unwrap().trim_start_matches("http://").parse::<std::net::SocketAddr>().unwrap();
        let state = home.path().join("vestibule").join(format!("demo-{}", address.port()));
        Self { child, http: Http::new(address), state, ready, _home: home }
    }

    /// Connects as the administrator of the sample company.
    pub(crate) async fn connect(&self) -> (Agent, Tokens) {
        let users = self.ready["users"].as_array().unwrap();
        let user = users.iter().find(|user| user["role"] == "ADMINISTRATOR").unwrap();
        let text = |name: &str| user[name].as_str().unwrap();
        let (agent, _, tokens) = Agent::connect(&self.http, "hr", text("email"), text("password")).await;
        (agent, tokens)
    }

    /// Ends it as an operator would, and waits.
    pub(crate) fn stop(&mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap();
    }

    /// `vestibule audit verify` on its state.
    pub(crate) fn verify(&self) -> Output {
        verify(&self.state)
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `vestibule audit verify` on a state directory.
pub(crate) fn verify(state: &Path) -> Output {
    Command::new(VESTIBULE).args(["audit", "verify", "--state"]).arg(state).output().unwrap()
}

/// Asserts that a journal is whole.
#[track_caller]
pub(crate) fn assert_sound(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("sound:"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Arguments that differ for every number, and that the sample server understands.
fn arguments(number: usize) -> Value {
    let day = format!("{:04}-{:02}-{:02}", 1900 + number / 336, number / 28 % 12 + 1, number % 28 + 1);
    json!({ "from": day })
}

/// What the journal notes about the arguments of a call.
pub(crate) fn digest(number: usize) -> String {
    Digest::of(arguments(number).to_string().as_bytes()).to_hex()
}

/// A call of its own kind for every number.
pub(crate) fn call(agent: &Agent, tokens: &Tokens, number: usize) -> http::Request<bytes::Bytes> {
    let (body, headers) = stateless("tools/call", json!({ "name": "query_leaves", "arguments": arguments(number) }));
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    agent.caller(tokens).request(&body, &headers)
}

/// The lines of a journal that are whole.
pub(crate) fn lines(state: &Path) -> Vec<String> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(state.join("audit")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let text: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(str::to_owned).collect()
}

/// Digests of the arguments of all calls that were allowed.
pub(crate) fn allowed(state: &Path) -> BTreeSet<String> {
    let events = lines(state).into_iter().map(|line| serde_json::from_str::<Value>(&line).unwrap()["event"].take());
    let allowed = events.filter(|event| event["kind"] == "call" && event["verdict"] == "allow");
    allowed.filter_map(|event| event["arguments"].as_str().map(str::to_owned)).collect()
}
