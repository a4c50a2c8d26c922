//! Starts what is measured, each on CPU 0, and the upstream on CPU 1.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};

use super::{candidates::Candidate, proc::Running};
use crate::workspace::Workspace;

/// The client that asks for tokens.
pub(crate) const CLIENT: &str = "bench";
/// Its secret; it guards nothing.
pub(crate) const SECRET: &str = "a-secret-that-guards-nothing-0123456789";
/// Where the guarded server is.
pub(crate) const RESOURCE_PATH: &str = "/mcp/bench";

const MEASURED_CPU: u8 = 0;
const OTHER_CPU: u8 = 1;

/// The folders and the upstream's port.
pub(crate) struct Bench {
    root: PathBuf,
    scratch: PathBuf,
    upstream_port: u16,
}

impl Bench {
    /// Makes a scratch folder of this run's own.
    pub(crate) fn new(workspace: &Workspace) -> anyhow::Result<Self> {
        let scratch = workspace.root().join(format!("target/bench-run/{}", std::process::id()));
        fs::create_dir_all(&scratch)?;
        Ok(Self { root: workspace.root().to_owned(), scratch, upstream_port: free_port()? })
    }

    /// The MCP server that everybody forwards to.
    pub(crate) fn upstream(&self) -> anyhow::Result<Running> {
        self.other("upstream")
    }

    /// The MCP server whose answers are streams.
    pub(crate) fn streamer(&self) -> anyhow::Result<Running> {
        self.other("streamer")
    }

    fn other(&self, name: &str) -> anyhow::Result<Running> {
        let mut command = Command::new(self.root.join("target/bench/release").join(name));
        command.arg(self.upstream_port.to_string());
        Ok(Running::start(OTHER_CPU, &command, self.upstream_port)?.0)
    }

    /// Where the upstream answers by itself.
    pub(crate) fn direct_url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.upstream_port)
    }

    /// The client of streams, on the upstream's CPU.
    pub(crate) fn listener(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("taskset");
        command
            .args(["-c", &OTHER_CPU.to_string()])
            .arg(self.root.join("target/bench/release/listener"))
            .args(arguments);
        command
    }

    /// The gateway, audit on, state on disk.
    pub(crate) fn vestibule(&self) -> anyhow::Result<Candidate> {
        let port = free_port()?;
        let folder = self.scratch.join(format!("vestibule-{port}"));
        fs::create_dir_all(&folder)?;
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).with_context(|| name.to_owned());
        write("vestibule.toml", &configuration(port, self.upstream_port))?;
        write("policy.toml", POLICY)?;
        write("secret", SECRET)?;
        fs::set_permissions(folder.join("secret"), fs::Permissions::from_mode(0o600))?;
        let mut command = Command::new(self.root.join("target/release/vestibule"));
        command.args(["serve", "--config"]).arg(folder.join("vestibule.toml")).env("RUST_LOG", "warn");
        let mut candidate = self.candidate("vestibule", &command, port)?;
        candidate.path = RESOURCE_PATH;
        candidate.bearer = fetch_token(&candidate.origin)?;
        Ok(candidate)
    }

    /// The least that a checking gateway can do.
    pub(crate) fn floor(&self) -> anyhow::Result<Candidate> {
        let port = free_port()?;
        let program = self.root.join("target/bench/release/floor");
        let token = self.scratch.join("floor.token");
        let mut command = Command::new("sh");
        let line = format!("exec {} {port} {} > {}", program.display(), self.upstream_port, token.display());
        command.args(["-c", &line]);
        let mut candidate = self.candidate("floor", &command, port)?;
        fs::read_to_string(token)?.trim().clone_into(&mut candidate.bearer);
        Ok(candidate)
    }

    /// A proxy that checks nothing: the anchor of every run.
    pub(crate) fn nginx(&self) -> anyhow::Result<Candidate> {
        let port = free_port()?;
        let config = self.scratch.join("nginx.conf");
        fs::write(&config, nginx_configuration(port, self.upstream_port))?;
        let program = if std::path::Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
        let mut command = Command::new(program);
        command.arg("-p").arg(&self.scratch).arg("-c").arg(&config).args(["-e", "nginx.log"]);
        self.candidate("nginx, no checks", &command, port)
    }

    /// npm oidc-provider, which keeps its state in memory only.
    pub(crate) fn oidc_provider(&self) -> anyhow::Result<Candidate> {
        let port = free_port()?;
        let clients = self.root.join("tests/clients");
        // Not the wrapper in `.bin`, whose child would be measured as nothing.
        let mut command = Command::new(clients.join("node_modules/node/bin/node"));
        command.arg(clients.join("lib/oidc_provider.mjs")).arg(port.to_string());
        command.env("CLIENT_SECRET", SECRET).env("NODE_ENV", "production");
        self.candidate("oidc-provider", &command, port)
    }

    fn candidate(&self, name: &'static str, command: &Command, port: u16) -> anyhow::Result<Candidate> {
        let (process, started_in): (Running, Duration) = Running::start(MEASURED_CPU, command, port)?;
        let origin = format!("http://127.0.0.1:{port}");
        let script = self.root.join("bench/post.lua");
        Ok(Candidate { name, process, started_in, origin, path: "/mcp", bearer: String::new(), script })
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.scratch));
    }
}

const POLICY: &str = "roles = [\"BENCH\"]\n\n[[tool]]\nnames = [\"*\"]\nallow = { BENCH = \"all\" }\n";

fn configuration(port: u16, upstream: u16) -> String {
    format!(
        r#"
public_url = "http://127.0.0.1:{port}"
listen = "127.0.0.1:{port}"
state = "data"

[[server]]
name = "bench"
url = "http://127.0.0.1:{upstream}/mcp"
policy = "policy.toml"

[[client]]
id = "{CLIENT}"
secret = {{ file = "secret" }}
grant_types = ["client_credentials"]
roles = ["BENCH"]
"#
    )
}

fn nginx_configuration(port: u16, upstream: u16) -> String {
    format!(
        "daemon off; master_process off; pid nginx.pid; error_log nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  upstream up {{ server 127.0.0.1:{upstream}; keepalive 512; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    keepalive_requests 100000000;
    location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off; }}
  }}
}}
"
    )
}

fn fetch_token(origin: &str) -> anyhow::Result<String> {
    let output = Command::new("curl")
        .args(["-sS", "-u", &format!("{CLIENT}:{SECRET}"), "-d", "grant_type=client_credentials", "--data-urlencode"])
        .args([&format!("resource={origin}{RESOURCE_PATH}"), &format!("{origin}/token")])
        .stdin(Stdio::null())
        .output()
        .context("curl")?;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).context("/token")?;
    let token = answer.get("access_token").and_then(serde_json::Value::as_str);
    ensure!(token.is_some(), "/token answered {answer}");
    Ok(token.unwrap_or_default().to_owned())
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
