//! What the tests of the pages share: the whole authorization server in memory, and a browser that keeps cookies.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Body};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use totp_rs::{Algorithm, Builder};
use tower::ServiceExt;
use vestibule_identity::{browser::PeerAddress, factors::totp};
use vestibule_model::{Clock, Secret, User, clock::ManualClock};

use crate::{AuthServer, routes::router, testing};

pub(crate) const HOME: &str = testing::ISSUER;
pub(crate) const EMAIL: &str = "mira@example.com";
pub(crate) const PASSWORD: &str = "tram-otter-89-gravel";

/// The house of all tests, with a user who has a password and two clients that registered themselves: one on the web,
/// one on the user's own device.
pub(crate) struct House {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) server: Arc<AuthServer>,
    pub(crate) user: User,
}

impl House {
    pub(crate) async fn new() -> Self {
        let house = testing::House::new().await;
        let redirects =
            [("cli_web", "Notebook", "https://app.example.com/cb"), ("cli_cli", "Terminal", "http://127.0.0.1/cb")];
        for (id, name, redirect) in redirects {
            let own = |client: &mut serde_json::Value| {
                (client["name"], client["kind"]) = (name.into(), "registered".into());
                client["redirect_uris"] = serde_json::json!([redirect]);
            };
            house.add_client(id, own).await;
        }
        let testing::House { server, clock, mut user, .. } = house;
        (user.email, user.name) = (EMAIL.to_owned(), "Mira Okafor".to_owned());
        server.store.update_user(&user).await.unwrap();
        let phc = server.people.passwords.hash(&Secret::new(PASSWORD.to_owned())).await.unwrap();
        server.store.set_password(&user.id, &phc).await.unwrap();
        Self { clock, server, user }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser { router: router(Arc::clone(&self.server)), cookies: Mutex::default(), form: Mutex::default() }
    }

    /// A browser in which the user is signed in.
    pub(crate) async fn signed_in(&self) -> Browser {
        let browser = self.browser();
        browser.get("/login").await;
        let page = browser.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert_eq!(page.location(), "/account");
        browser
    }

    /// Gives the user an authenticator app.
    pub(crate) async fn with_app(&self) -> impl Fn() -> String + use<> {
        let (clock, random) = (&*self.server.clock, &*self.server.random);
        let text = totp::enrol(&self.server.store, &self.user.id, clock, random).await.unwrap();
        app(&text, Arc::clone(&self.clock))
    }

    /// The lines of the journal, newest last.
    pub(crate) fn journal(&self) -> Vec<Arc<str>> {
        self.server.journal.last(100).unwrap()
    }
}

/// An authenticator app with a typed-in key.
pub(crate) fn app(key: &str, clock: Arc<ManualClock>) -> impl Fn() -> String + use<> {
    let seed = totp_rs::Secret::try_from_base32(key).unwrap();
    let app = Builder::new().with_algorithm(Algorithm::SHA1).with_secret(seed).with_account_name("x").build().unwrap();
    move || app.generate(u64::try_from(clock.now().as_seconds()).unwrap()).to_string()
}

/// Where an authorization request of a client starts.
pub(crate) fn authorize(client: &str, redirect: &str, more: &str) -> String {
    let challenge = testing::CHALLENGE;
    let redirect: String = form_urlencoded::byte_serialize(redirect.as_bytes()).collect();
    format!(
        "/authorize?response_type=code&client_id={client}&redirect_uri={redirect}&code_challenge={challenge}\
         &code_challenge_method=S256&resource={HOME}/mcp/hr&state=s1{more}"
    )
}

/// A browser: keeps cookies, and sends the hidden fields of the last page it saw along with a form.
pub(crate) struct Browser {
    router: Router,
    cookies: Mutex<BTreeMap<String, String>>,
    form: Mutex<Vec<(String, String)>>,
}

/// An answer.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Page {
    /// Where it sends the browser.
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers.get(header::LOCATION).unwrap().to_str().unwrap()
    }
}

impl Browser {
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Follows redirects as long as they stay here.
    pub(crate) async fn follow(&self, path: &str) -> Page {
        let mut page = self.get(path).await;
        while page.status == StatusCode::SEE_OTHER && page.location().starts_with('/') {
            let next = page.location().to_owned();
            page = self.get(&next).await;
        }
        page
    }

    /// Sends a form: the hidden fields of the last page, and these.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let hidden = self.form.lock().unwrap().clone();
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.post_exactly(path, &hidden.chain(fields.iter().copied()).collect::<Vec<_>>(), &[]).await
    }

    /// Sends exactly these fields and headers.
    pub(crate) async fn post_exactly(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// The client `cli_web` redeems the code of a redirect.
    pub(crate) async fn redeem(&self, page: &Page) {
        let query = page.location().split_once('?').unwrap().1;
        let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap().1;
        let page = self.post_exactly("/token", &testing::House::redeem("cli_web", &code), &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Page {
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        request.extensions_mut().insert(PeerAddress("192.0.2.1".parse().unwrap()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        self.keep(&response);
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        if parts.status == StatusCode::OK || body.contains("<form") {
            *self.form.lock().unwrap() = hidden(&body);
        }
        Page { status: parts.status, headers: parts.headers, body }
    }

    fn keep(&self, response: &Response<Body>) {
        let mut cookies = self.cookies.lock().unwrap();
        for line in response.headers().get_all(header::SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once("; ").unwrap();
            assert!(
                attributes.starts_with("Path=/;") && attributes.ends_with("Secure; HttpOnly; SameSite=Lax"),
                "{attributes}"
            );
            let (name, value) = pair.split_once('=').unwrap();
            assert!(name.starts_with("__Host-"), "{name}");
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Plants a cookie.
    pub(crate) fn plant(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// A hidden field of the last page.
    pub(crate) fn hidden(&self, name: &str) -> String {
        self.form
            .lock()
            .unwrap()
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }
}

/// The hidden fields of the first form that is not the one for signing out.
fn hidden(html: &str) -> Vec<(String, String)> {
    let forms = html.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap());
    let form =
        forms.clone().find(|form| !form.contains("/logout")).or_else(|| html.split("<form").nth(1)).unwrap_or("");
    let inputs = form.split("<input").filter(|input| input.contains("type=\"hidden\""));
    let value = |input: &str, name: &str| {
        let start = input.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        input[start..].split('"').next().unwrap().to_owned()
    };
    inputs
        .map(|input| (value(input, "name"), value(input, "value")))
        .filter(|(name, _)| name != "grant" && name != "session")
        .collect()
}
