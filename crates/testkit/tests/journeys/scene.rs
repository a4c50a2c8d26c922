//! The usual scene: an upstream, a gateway before it, one user who has connected a client.

use vestibule_model::User;
use vestibule_testkit::{
    agent::{Agent, Tokens},
    browser::Browser,
    house::{House, PASSWORD},
    http::Answer,
    mcp::Caller,
    upstream::Upstream,
};

/// The credential that calls to the upstream carry.
pub(crate) const UPSTREAM_KEY: &str = "canary-static-credential-51d2a7";

/// What a test starts from.
pub(crate) struct Scene {
    pub(crate) house: House,
    pub(crate) upstream: Upstream,
    pub(crate) user: User,
    pub(crate) agent: Agent,
    pub(crate) browser: Browser,
    pub(crate) tokens: Tokens,
}

/// A gateway before two servers, `up` and `other`, that one upstream plays. Everybody may use everything.
pub(crate) async fn house_before(upstream: &Upstream) -> House {
    let url = upstream.url();
    let server = |name: &str| {
        format!(
            "[[server]]\nname = \"{name}\"\ntitle = \"The {name} server\"\nurl = \"{url}\"\npolicy = \"policy.toml\"\n\
             credential = {{ kind = \"static\", header = \"X-Api-Key\", value = {{ file = \"key\" }} }}\n\
             [[server.scope]]\nname = \"{name}:read\"\ndescription = \"Read\"\ntools = [\"read\"]\n\
             [[server.scope]]\nname = \"{name}:write\"\ndescription = \"Write\"\ntools = [\"write\"]\n"
        )
    };
    let policy = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n";
    let config = format!("{}{}[federation]\n", server("up"), server("other"));
    House::of(&config, &[("policy.toml", policy), ("key", UPSTREAM_KEY)]).await
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let upstream = Upstream::start().await;
        let house = house_before(&upstream).await;
        let user = house.add_user("ana@example.com", &["staff"]).await;
        let (agent, browser, tokens) = Agent::connect(&house.http, "up", &user.email, PASSWORD).await;
        Self { house, upstream, user, agent, browser, tokens }
    }

    /// The client with its token.
    pub(crate) fn caller(&self) -> Caller {
        self.agent.caller(&self.tokens)
    }

    /// A call of the client with its token.
    pub(crate) async fn call(&self) -> Answer {
        self.caller().call("read", serde_json::json!({})).await
    }

    /// From here on the token opens nothing, and no new one is to be had for it.
    pub(crate) async fn assert_shut_out(&self) {
        let before = self.upstream.seen().len();
        let answer = self.call().await;
        assert_eq!(answer.status, 401, "{}", answer.text());
        assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
        assert_eq!(self.upstream.seen().len(), before, "the call went through");
        let refreshed = self.agent.try_refresh(&self.tokens.refresh).await;
        assert!(matches!(refreshed.status.as_u16(), 400 | 401), "{}", refreshed.text());
        let error = refreshed.json()["error"].clone();
        assert!(error == "invalid_grant" || error == "invalid_client", "{error}");
    }
}
