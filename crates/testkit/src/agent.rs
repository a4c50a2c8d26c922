//! An MCP client that knows nothing but a URL: it is challenged, finds the way, registers, sends its user to the browser
//! and gets tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    browser::{Browser, Form},
    http::{Answer, Http},
    mcp::Caller,
};

/// Where it wants the answer; nobody listens there, the browser is asked where it was sent.
pub const REDIRECT: &str = "http://127.0.0.1:7777/callback";
/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const STATE: &str = "state-of-the-agent";

/// A client that has registered itself.
#[derive(Clone)]
pub struct Agent {
    http: Http,
    /// The path of the MCP server.
    pub path: String,
    /// Its resource, as the server's metadata says.
    pub resource: String,
    /// The metadata of the authorization server.
    pub metadata: Value,
    /// The id it was given.
    pub client_id: String,
}

/// What the token endpoint gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// What was granted.
    pub scope: String,
}

impl Agent {
    /// From a URL to a registered client.
    pub async fn discover(http: &Http, server: &str) -> Self {
        Self::discover_at(http, &format!("/mcp/{server}")).await
    }

    /// The same from the path of an endpoint.
    pub async fn discover_at(http: &Http, path: &str) -> Self {
        let path = path.to_owned();
        let challenge = http.post_json(&path, &json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await;
        assert_eq!(challenge.status, 401);
        let challenge = challenge.header("www-authenticate").expect("a challenge").to_owned();
        let found = parameter(&challenge, "resource_metadata").expect("a way to go on");
        let resource = http.get(local(http, &found)).await.json();
        let issuer = resource["authorization_servers"][0].as_str().expect("an issuer").to_owned();
        let metadata =
            http.get(&format!("{}/.well-known/oauth-authorization-server", local(http, &issuer))).await.json();
        assert_eq!(metadata["issuer"], issuer.as_str());
        let registration = json!({
            "client_name": "Testkit agent",
            "redirect_uris": [REDIRECT],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        });
        let registered =
            http.post_json(local(http, metadata["registration_endpoint"].as_str().unwrap()), &registration).await;
        assert_eq!(registered.status, 201, "{}", registered.text());
        Self {
            http: http.clone(),
            path,
            resource: resource["resource"].as_str().expect("a resource").to_owned(),
            metadata,
            client_id: registered.json()["client_id"].as_str().expect("an id").to_owned(),
        }
    }

    /// Everything: finds the way, signs in, has all of it allowed.
    pub async fn connect(http: &Http, server: &str, email: &str, password: &str) -> (Self, Browser, Tokens) {
        Self::connect_at(http, &format!("/mcp/{server}"), email, password).await
    }

    /// The same at the path of an endpoint.
    pub async fn connect_at(http: &Http, path: &str, email: &str, password: &str) -> (Self, Browser, Tokens) {
        let (agent, browser) = (Self::discover_at(http, path).await, Browser::new(http));
        let page = browser.visit(&agent.authorize_url(&[])).await;
        let consent = browser.sign_in(&page, email, password).await;
        let code = agent.allow(&browser, &Form::on(&consent, "/consent")).await;
        let tokens = agent.redeem(&code).await;
        (agent, browser, tokens)
    }

    /// Where it sends its user; `more` adds parameters or replaces them.
    pub fn authorize_url(&self, more: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let usual = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", REDIRECT),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &self.resource),
            ("state", STATE),
        ];
        let kept = usual.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).extend_pairs(more).finish();
        format!("{}?{query}", self.endpoint("authorization_endpoint"))
    }

    /// The user presses Allow; the code that the client is sent.
    pub async fn allow(&self, browser: &Browser, consent: &Form) -> String {
        let answer = browser.submit(&consent.clone().fill("decision", "allow")).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        self.code(&answer)
    }

    /// The code in a redirect to the client, whose state and issuer are checked as RFC 9700 and RFC 9207 demand.
    pub fn code(&self, answer: &Answer) -> String {
        let query = answer
            .location()
            .strip_prefix(&format!("{REDIRECT}?"))
            .unwrap_or_else(|| panic!("sent to {}", answer.location()));
        let find = |name: &str| {
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        assert_eq!(find("state").as_deref(), Some(STATE));
        assert_eq!(find("iss").as_deref(), self.metadata["issuer"].as_str());
        find("code").unwrap_or_else(|| panic!("no code in {query}"))
    }

    /// Code → tokens, as the token endpoint answers.
    pub async fn try_redeem(&self, code: &str) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("client_id", &self.client_id),
            ("code_verifier", VERIFIER),
            ("resource", &self.resource),
        ];
        self.http.post_form(self.endpoint("token_endpoint"), &form).await
    }

    /// Code → tokens.
    pub async fn redeem(&self, code: &str) -> Tokens {
        Tokens::of(&self.try_redeem(code).await)
    }

    /// Refresh token → tokens, as the token endpoint answers.
    pub async fn try_refresh(&self, refresh: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", &self.client_id)];
        self.http.post_form(self.endpoint("token_endpoint"), &form).await
    }

    /// Refresh token → tokens.
    pub async fn refresh(&self, refresh: &str) -> Tokens {
        Tokens::of(&self.try_refresh(refresh).await)
    }

    /// Calls the server with a token, in the stateless era.
    pub fn caller(&self, tokens: &Tokens) -> Caller {
        Caller::stateless(&self.http, &self.path, &tokens.access)
    }

    /// Calls the server with a token, in a session of the older era.
    pub async fn session(&self, tokens: &Tokens) -> Caller {
        Caller::stateful(&self.http, &self.path, &tokens.access).await
    }

    /// An endpoint of the authorization server, by its name in the metadata.
    pub fn endpoint(&self, name: &str) -> &str {
        local(&self.http, self.metadata[name].as_str().unwrap_or_else(|| panic!("no {name}")))
    }
}

impl Tokens {
    /// From a successful answer.
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let body = answer.json();
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), scope: text("scope") }
    }
}

/// A parameter of a `WWW-Authenticate` header.
pub fn parameter(challenge: &str, name: &str) -> Option<String> {
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

fn local<'a>(http: &Http, url: &'a str) -> &'a str {
    url.strip_prefix(&http.origin()).unwrap_or_else(|| panic!("{url} is not ours"))
}
