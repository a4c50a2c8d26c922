//! The scene of one endpoint before several servers: each under its own policy and credential, with the same names in
//! them on purpose.

use serde_json::{Value, json};
use vestibule_testkit::{
    agent::{Agent, Tokens},
    house::{House, PASSWORD},
    mcp::Caller,
    upstream::Upstream,
};

pub(crate) const HR_KEY: &str = "canary-of-hr-8871";
pub(crate) const GIT_KEY: &str = "canary-of-git-3390";
pub(crate) const LONG: &str = "a_tool_with_a_name_that_is_far_too_long_for_most_clients_of_this_protocol";

/// Two servers that answer, one that is nowhere, and somebody who has connected to all of them at once.
pub(crate) struct Union {
    pub(crate) house: House,
    pub(crate) hr: Upstream,
    pub(crate) git: Upstream,
    pub(crate) agent: Agent,
    pub(crate) tokens: Tokens,
}

/// What differs from the usual union.
#[derive(Default)]
pub(crate) struct Plan<'a> {
    /// Lines of the table `[federation]`.
    pub(crate) federation: &'a str,
    /// Cedar for `hr`, and for `git`.
    pub(crate) hr: &'a str,
    pub(crate) git: &'a str,
    /// Lines of each server.
    pub(crate) each: &'a str,
}

/// What `hr` and `git` hold; most of it under the same names and URIs.
fn holdings(own: &'static str) -> impl Fn(&str, &Value) -> Option<Value> + Send + 'static {
    move |method, params| {
        Some(match method {
            "initialize" => json!({
                "protocolVersion": params["protocolVersion"],
                "capabilities": if own == "hr" { json!({ "tools": {}, "resources": { "subscribe": true } }) } else { json!({ "tools": { "listChanged": true }, "prompts": {} }) },
                "serverInfo": { "name": own, "version": "1" },
                "instructions": format!("Ask {own}."),
            }),
            "server/discover" => json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"], "ttlMs": 5000, "cacheScope": "public",
                "capabilities": { "tools": {} }, "instructions": format!("Ask {own}."),
            }),
            "tools/list" if own == "hr" => json!({ "tools": [
                { "name": "read", "big": 1e2, "inputSchema": { "type": "object" } }, { "name": "write" }, { "name": "secret" }, { "name": LONG },
            ] }),
            "tools/list" if params["cursor"] == "page-2" => json!({ "tools": [{ "name": "push" }] }),
            "tools/list" => {
                json!({ "tools": [{ "name": "read" }, { "name": "secret" }], "nextCursor": "page-2", "ttlMs": 9 })
            }
            "tools/call" => json!({ "content": [
                { "type": "text", "text": format!("{own}:{}", params["name"].as_str().unwrap()) },
                { "type": "resource_link", "uri": "file:///same", "name": "link" },
                { "type": "resource", "resource": { "uri": "file:///inner", "text": "x" } },
            ], "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "t1" } } }),
            "prompts/list" => json!({ "prompts": [{ "name": "greet" }] }),
            "prompts/get" => {
                json!({ "messages": [{ "role": "user", "content": { "type": "text", "text": format!("{own}:{}", params["name"].as_str().unwrap()) } }] })
            }
            "resources/list" => json!({ "resources": [{ "uri": "file:///same", "name": own }] }),
            "resources/templates/list" => {
                json!({ "resourceTemplates": [{ "uriTemplate": "file:///{path}", "name": own }] })
            }
            "resources/read" => {
                json!({ "contents": [{ "uri": params["uri"], "text": format!("{own}:{}", params["uri"].as_str().unwrap()) }] })
            }
            "completion/complete" => {
                json!({ "completion": { "values": [format!("{own}:{}", params["ref"]["name"].as_str().unwrap_or_default())] } })
            }
            "tasks/list" => json!({ "tasks": [{ "taskId": "t1", "status": "working" }] }),
            "tasks/get" => json!({ "taskId": params["taskId"], "status": "working" }),
            _ => return None,
        })
    }
}

impl Union {
    pub(crate) async fn new() -> Self {
        Self::with("servers = [\"git\", \"hr\", \"down\"]\n").await
    }

    pub(crate) async fn with(federation: &str) -> Self {
        Self::with_policy(federation, "").await
    }

    /// `more` is Cedar for all servers.
    pub(crate) async fn with_policy(federation: &str, more: &str) -> Self {
        Self::of(Plan { federation, hr: more, git: more, ..Plan::default() }).await
    }

    pub(crate) async fn of(plan: Plan<'_>) -> Self {
        let Plan { federation, hr: for_hr, git: for_git, each } = plan;
        let (hr, git) = (Upstream::start_with(holdings("hr")).await, Upstream::start_with(holdings("git")).await);
        let server = |name: &str, url: &str| {
            format!(
                "[[server]]\nname = \"{name}\"\nurl = \"{url}\"\npolicy = [\"{name}.toml\", \"{name}.cedar\"]\n{each}\
                 credential = {{ kind = \"static\", header = \"X-Api-Key\", value = {{ file = \"{name}.key\" }} }}\n"
            )
        };
        let nowhere = "http://127.0.0.1:1/mcp";
        let config = format!(
            "{}{}{}[federation]\ntimeout_seconds = 5\n{federation}",
            server("hr", &hr.url()),
            server("git", &git.url()),
            server("down", nowhere)
        );
        let everything = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n[[prompt]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n\
                          [[resource]]\nuris = [\"*\"]\nallow = { \"*\" = \"all\" }\n";
        // `secret` is forbidden at hr and allowed at git.
        let hr_policy = everything.replacen("[\"*\"]", &format!("[\"read\", \"write\", \"{LONG}\"]"), 1);
        let files = [
            ("hr.toml", hr_policy.as_str()),
            ("git.toml", everything),
            ("down.toml", everything),
            ("hr.cedar", for_hr),
            ("git.cedar", for_git),
            ("down.cedar", ""),
            ("hr.key", HR_KEY),
            ("git.key", GIT_KEY),
            ("down.key", "x"),
        ];
        let house = House::of(&config, &files).await;
        house.add_user("ana@example.com", &[]).await;
        let (agent, _, tokens) = Agent::connect_at(&house.http, "/mcp", "ana@example.com", PASSWORD).await;
        Self { house, hr, git, agent, tokens }
    }

    pub(crate) fn caller(&self) -> Caller {
        self.agent.caller(&self.tokens)
    }

    pub(crate) async fn session(&self) -> Caller {
        self.agent.session(&self.tokens).await
    }
}

pub(crate) fn names(list: &Value, key: &str, name: &str) -> Vec<String> {
    let entries = list["result"][key].as_array().unwrap_or_else(|| panic!("no {key} in {list}"));
    entries.iter().map(|entry| entry[name].as_str().unwrap().to_owned()).collect()
}
