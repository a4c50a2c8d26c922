//! Malformed everything: a 4xx that says what is wrong, at once, and nothing of it reaches the upstream.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use vestibule_testkit::{
    http::{Answer, request},
    mcp::stateless,
};

use crate::scene::Scene;

/// Neither ours nor the upstream's fault, and the sender can read why.
#[track_caller]
fn assert_clear(what: &str, expected: u16, answer: &Answer) {
    let said = || format!("{what}: {} {:?} {}", answer.status, answer.headers, answer.text());
    assert_eq!(answer.status.as_u16(), expected, "{}", said());
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", said());
    let body = answer.json();
    let sentence = body["error"]["message"].as_str().or(body["error_description"].as_str());
    assert!(sentence.is_some_and(|text| text.len() > 8), "{}", said());
}

/// A message of the older era, the form with the fewest rules.
fn message(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#)
}

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let call = |params: &str| message("tools/call", params).into_bytes();
    let text = |text: &str| text.as_bytes().to_vec();
    let deep = |open: &str, close: &str, times: usize| {
        call(&format!(r#"{{"name":"read","arguments":{{"x":{}1{}}}}}"#, open.repeat(times), close.repeat(times)))
    };
    vec![
        ("nothing", Vec::new()),
        ("a brace", text("{")),
        ("a value", text("null")),
        ("an empty batch", text("[]")),
        ("a batch in a batch", text(&format!("[[{}]]", message("tools/list", "{}")))),
        ("two values", text(&format!("{0}{0}", message("tools/list", "{}")))),
        ("trailing bytes", text(&format!("{}x", message("tools/list", "{}")))),
        ("a byte order mark", [b"\xef\xbb\xbf".as_slice(), message("tools/list", "{}").as_bytes()].concat()),
        ("no UTF-8", [call(r#"{"name":"re"#), b"\xff\xfe\"}}".to_vec()].concat()),
        ("UTF-16", message("tools/list", "{}").encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a comment", text(&format!("/**/{}", message("tools/list", "{}")))),
        ("single quotes", text("{'jsonrpc':'2.0','id':1,'method':'tools/list'}")),
        ("NaN", call(r#"{"name":"read","arguments":{"x":NaN}}"#)),
        ("a number no double can hold", call(r#"{"name":"read","arguments":{"x":1e999}}"#)),
        ("a lone surrogate", call(r#"{"name":"read","arguments":{"x":"\ud800"}}"#)),
        ("a raw control character", call("{\"name\":\"read\",\"arguments\":{\"x\":\"\u{1}\"}}")),
        ("the same key twice", text(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}"#)),
        (
            "the same key twice, once escaped",
            text(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","\u006dethod":"tools/call"}"#),
        ),
        ("the same tool name twice", call(r#"{"name":"read","name":"write"}"#)),
        ("the same argument twice", call(r#"{"name":"read","arguments":{"x":1,"x":2}}"#)),
        ("a key in another case", text(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call"}"#)),
        ("a name in another case", call(r#"{"name":"read","Name":"write"}"#)),
        ("too deep in arrays", deep("[", "]", 100)),
        ("far too deep in arrays", deep("[", "]", 100_000)),
        ("far too deep in objects", deep(r#"{"x":"#, "}", 100_000)),
        ("only opening brackets", text(&"[".repeat(1_000_000))),
        ("JSON-RPC 1", text(r#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#)),
        ("no version", text(r#"{"id":1,"method":"tools/list"}"#)),
        ("no method", text(r#"{"jsonrpc":"2.0","id":1}"#)),
        ("a method that is a number", text(r#"{"jsonrpc":"2.0","id":1,"method":7}"#)),
        ("an id that is null", text(r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#)),
        ("an id that is an object", text(r#"{"jsonrpc":"2.0","id":{},"method":"tools/list"}"#)),
        ("an id that is an array", text(r#"{"jsonrpc":"2.0","id":[1],"method":"tools/list"}"#)),
        ("an id that is a truth", text(r#"{"jsonrpc":"2.0","id":true,"method":"tools/list"}"#)),
        (
            "an id beyond all numbers",
            text(&format!(r#"{{"jsonrpc":"2.0","id":1{},"method":"tools/list"}}"#, "0".repeat(400))),
        ),
        ("parameters that are text", message("tools/list", "\"x\"").into_bytes()),
        ("a call of nothing", call("{}")),
        ("a call of a number", call(r#"{"name":7}"#)),
        ("arguments that are an array", call(r#"{"name":"read","arguments":[1]}"#)),
        ("both a request and a response", text(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","result":{}}"#)),
        ("a result and an error", text(r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}"#)),
    ]
}

#[tokio::test]
async fn malformed_messages_are_refused_with_a_reason() {
    let scene = Scene::new().await;
    let before = scene.upstream.seen().len();
    let corpus = bodies();
    for (what, body) in &corpus {
        let mut request = scene.caller().request(&json!({}), &[]);
        *request.body_mut() = Bytes::from(body.clone());
        assert_clear(what, 400, &scene.house.http.send(request).await);
    }
    assert_eq!(scene.upstream.seen().len(), before, "something malformed was forwarded");
    println!("malformed messages: {} refused", corpus.len());
}

#[tokio::test]
async fn odd_but_legal_messages_pass_byte_for_byte() {
    let scene = Scene::new().await;
    let huge = "9".repeat(300);
    for body in [
        message(
            "tools/call",
            r#" { "name" : "read" , "arguments" : { "big" : 123456789012345678901234567890.10 , "π" : "\u0041\/" } , "future" : [ ] } "#,
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":"{}","method":"tools/call","params":{{"name":"read"}}}}"#,
            "i".repeat(10_000)
        ),
        format!(r#"{{"jsonrpc":"2.0","id":-{},"method":"tools/call","params":{{"name":"read"}}}}"#, "9".repeat(18)),
        message("tools/call", &format!(r#"{{"name":"read","arguments":{{"x":{huge}}}}}"#)),
        message(
            "tools/call",
            &format!(r#"{{"name":"read","arguments":{{"x":{}{}}}}}"#, "[".repeat(50), "]".repeat(50)),
        ),
    ] {
        let mut request = scene.caller().request(&json!({}), &[]);
        *request.body_mut() = Bytes::from(body.clone());
        let answer = scene.house.http.send(request).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
        assert_eq!(scene.upstream.seen().last().unwrap().body, body.as_bytes());
    }
}

#[tokio::test]
async fn contradicting_headers_are_refused_with_a_reason() {
    let scene = Scene::new().await;
    let before = scene.upstream.seen().len();
    let (body, usual) = stateless("tools/call", json!({ "name": "read", "arguments": {} }));
    let usual: Vec<(&str, &str)> = usual.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(scene.caller().post(&body, &usual).await.status, 200);
    let without =
        |name: &str| -> Vec<(&str, &str)> { usual.iter().copied().filter(|(have, _)| *have != name).collect() };
    let with = |name: &'static str, value: &'static str| {
        let mut headers = without(name);
        headers.push((name, value));
        headers
    };
    let and = |name: &'static str, value: &'static str| {
        let mut headers = usual.clone();
        headers.push((name, value));
        headers
    };
    let corpus = [
        ("another method", with("mcp-method", "tools/list")),
        ("another name", with("mcp-name", "write")),
        ("the name in another case", with("mcp-name", "READ")),
        ("no method", without("mcp-method")),
        ("no name", without("mcp-name")),
        ("another version", with("mcp-protocol-version", "2025-11-25")),
        ("a version that never was", with("mcp-protocol-version", "2031-01-01")),
        ("an empty version", with("mcp-protocol-version", "")),
        ("two versions", and("mcp-protocol-version", "2025-11-25")),
        ("two methods", and("mcp-method", "tools/list")),
        ("two names", and("mcp-name", "write")),
    ];
    for (what, headers) in &corpus {
        assert_clear(what, 400, &scene.caller().post(&body, headers).await);
    }
    let (gone, headers) = stateless("initialize", json!({}));
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_clear("a method that is gone", 404, &scene.caller().post(&gone, &headers).await);
    assert_eq!(scene.upstream.seen().len(), before + 1);
}

/// The usual call, to be spoilt.
fn usual(scene: &Scene) -> Request<Bytes> {
    scene.caller().request(&serde_json::from_str::<Value>(&message("tools/list", "{}")).unwrap(), &[])
}

#[tokio::test]
async fn spoilt_requests_are_refused_with_a_reason() {
    let scene = Scene::new().await;
    assert_eq!(scene.house.http.send(usual(&scene)).await.status, 200);
    let before = scene.upstream.seen().len();
    let token = scene.tokens.access.clone();
    type Spoil = Box<dyn Fn(&mut Request<Bytes>)>;
    let set = |name: &'static str, value: &'static str| -> Spoil {
        Box::new(move |request| {
            request.headers_mut().insert(name, value.parse().unwrap());
        })
    };
    let add = |name: &'static str, value: String| -> Spoil {
        Box::new(move |request| {
            request.headers_mut().append(name, value.parse().unwrap());
        })
    };
    let target = |target: String| -> Spoil { Box::new(move |request| *request.uri_mut() = target.parse().unwrap()) };
    let corpus: Vec<(&str, u16, Spoil)> = vec![
        ("text", 415, set("content-type", "text/plain")),
        ("a form", 415, set("content-type", "application/x-www-form-urlencoded")),
        ("almost JSON", 415, set("content-type", "application/jsonp")),
        (
            "no type",
            415,
            Box::new(|request| {
                request.headers_mut().remove("content-type");
            }),
        ),
        ("too large", 413, Box::new(|request| *request.body_mut() = Bytes::from(vec![b' '; 5 << 20]))),
        ("two credentials", 400, add("authorization", format!("Bearer {token}"))),
        ("a second, worse credential", 400, add("authorization", "Bearer nonsense".to_owned())),
        ("Basic", 401, set("authorization", "Basic dTpw")),
        ("no token after Bearer", 401, set("authorization", "Bearer ")),
        ("nonsense after Bearer", 401, set("authorization", "Bearer nonsense")),
        ("two words after Bearer", 401, set("authorization", "Bearer a b")),
        ("an unsigned token", 401, set("authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.")),
        ("a token in the query", 400, target(format!("/mcp/up?access_token={token}"))),
        ("a foreign origin", 403, set("origin", "https://evil.example")),
        ("the null origin", 403, set("origin", "null")),
        (
            "two origins",
            403,
            Box::new(|request| {
                request.headers_mut().append("origin", "http://localhost".parse().unwrap());
                request.headers_mut().append("origin", "https://evil.example".parse().unwrap());
            }),
        ),
        ("a look-alike origin", 403, set("origin", "http://localhost.evil.example")),
        ("a foreign host", 403, set("host", "evil.example")),
        ("a look-alike host", 403, set("host", "127.0.0.1.evil.example")),
        ("an unknown server", 404, target("/mcp/nowhere".to_owned())),
        ("a server in another case", 404, target("/mcp/UP".to_owned())),
        ("a server and more", 404, target("/mcp/up/more".to_owned())),
        ("a slash too many", 404, target("/mcp/up/".to_owned())),
        ("a climbing path", 404, target("/mcp/up/../other".to_owned())),
        ("an encoded climbing path", 404, target("/mcp/up%2f..%2fother".to_owned())),
        ("a server with a null byte", 404, target("/mcp/up%00".to_owned())),
        ("a server that is no UTF-8", 400, target("/mcp/%ff".to_owned())),
        ("no server", 404, target("/mcp/".to_owned())),
        ("PUT", 405, Box::new(|request| *request.method_mut() = Method::PUT)),
        ("TRACE", 405, Box::new(|request| *request.method_mut() = Method::TRACE)),
        ("an invented method", 405, Box::new(|request| *request.method_mut() = "BREW".parse().unwrap())),
        ("GET without a session", 405, Box::new(|request| *request.method_mut() = Method::GET)),
        ("DELETE without a session", 405, Box::new(|request| *request.method_mut() = Method::DELETE)),
        ("a made-up session", 404, set("mcp-session-id", "abc")),
        ("an empty session", 404, set("mcp-session-id", "")),
        (
            "a session of zeros",
            404,
            set("mcp-session-id", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ),
        ("a climbing session", 404, set("mcp-session-id", "../../etc/passwd")),
        ("a very long session", 404, add("mcp-session-id", "A".repeat(20_000))),
        (
            "two sessions",
            400,
            Box::new(|request| {
                request.headers_mut().append("mcp-session-id", "a".parse().unwrap());
                request.headers_mut().append("mcp-session-id", "b".parse().unwrap());
            }),
        ),
    ];
    for (what, expected, spoil) in &corpus {
        let mut request = usual(&scene);
        spoil(&mut request);
        assert_clear(what, *expected, &scene.house.http.send(request).await);
    }
    assert_eq!(scene.upstream.seen().len(), before, "something was forwarded");
    println!("spoilt requests: {} refused", corpus.len());
}

#[tokio::test]
async fn an_unknown_method_is_denied() {
    let scene = Scene::new().await;
    let before = scene.upstream.seen().len();
    for method in ["tools/destroy", "TOOLS/LIST", "tools/list ", "", "rpc.discover"] {
        let answer = scene.caller().ask(method, json!({})).await;
        assert!(answer.status.is_client_error() || answer.json()["error"].is_object(), "{method:?}: {}", answer.text());
        assert!(!answer.status.is_server_error(), "{method:?}: {}", answer.text());
    }
    assert_eq!(scene.upstream.seen().len(), before);
}

#[tokio::test]
async fn malformed_oauth_requests_are_refused_with_a_reason() {
    let scene = Scene::new().await;
    let id = scene.agent.client_id.as_str();
    let long = "x".repeat(100_000);
    let forms: Vec<(&str, String)> = vec![
        ("nothing", String::new()),
        ("no grant type", format!("client_id={id}")),
        ("an unknown grant", format!("grant_type=password&client_id={id}&username=a&password=b")),
        ("two grants", format!("grant_type=authorization_code&grant_type=refresh_token&client_id={id}")),
        ("no code", format!("grant_type=authorization_code&client_id={id}")),
        (
            "a made-up code",
            format!(
                "grant_type=authorization_code&client_id={id}&code=vac_x&redirect_uri=http://127.0.0.1:7777/callback&code_verifier={long}"
            ),
        ),
        ("a broken escape", format!("grant_type=refresh_token&client_id={id}&refresh_token=%zz")),
        ("no UTF-8", format!("grant_type=refresh_token&client_id={id}&refresh_token=%ff")),
        ("a null byte", format!("grant_type=refresh_token&client_id={id}%00&refresh_token=x")),
        ("a made-up client", "grant_type=refresh_token&client_id=nobody&refresh_token=x".to_owned()),
        ("very much", format!("grant_type={long}&client_id={id}")),
        ("very many", (0..5000).map(|n| format!("p{n}=1&")).collect()),
    ];
    for endpoint in ["token_endpoint", "revocation_endpoint", "introspection_endpoint"] {
        let target = scene.agent.endpoint(endpoint);
        for (what, form) in &forms {
            let request = request(Method::POST, target).header("content-type", "application/x-www-form-urlencoded");
            let answer = scene.house.http.send(request.body(Bytes::from(form.clone())).unwrap()).await;
            let status = answer.status.as_u16();
            // RFC 7009 section 2.2: an unknown token is revoked already.
            if endpoint == "revocation_endpoint" && status == 200 {
                continue;
            }
            assert!(matches!(status, 400 | 401 | 413), "{endpoint} {what}: {status} {}", answer.text());
            assert_clear(&format!("{endpoint} {what}"), status, &answer);
        }
        let json = scene.house.http.post_json(target, &json!({ "grant_type": "refresh_token" })).await;
        assert!(json.status.is_client_error(), "{endpoint}: {}", json.text());
        let read = scene.house.http.get(target).await;
        assert_clear(&format!("GET {endpoint}"), 405, &read);
    }
}

#[tokio::test]
async fn malformed_registrations_are_refused_with_a_reason() {
    let scene = Scene::new().await;
    let uri = |uri: &str| json!({ "redirect_uris": [uri] }).to_string();
    let corpus = [
        ("nothing", String::new()),
        ("broken", "{".to_owned()),
        ("an array", "[]".to_owned()),
        ("no redirect", "{}".to_owned()),
        ("an empty list", r#"{"redirect_uris":[]}"#.to_owned()),
        ("a redirect that is a number", r#"{"redirect_uris":[7]}"#.to_owned()),
        (
            "the same key twice",
            r#"{"redirect_uris":["https://a.example/cb"],"redirect_uris":["https://b.example/cb"]}"#.to_owned(),
        ),
        ("a script", uri("javascript:alert(1)")),
        ("data", uri("data:text/html,x")),
        ("plain http", uri("http://a.example/cb")),
        ("a fragment", uri("https://a.example/cb#x")),
        ("user and password", uri("https://u:p@a.example/cb")),
        ("a wildcard", uri("https://*.a.example/cb")),
        ("a line break", uri("https://a.example/cb\r\nx: y")),
        ("relative", uri("/cb")),
        ("very many", json!({ "redirect_uris": vec!["https://a.example/cb"; 5000] }).to_string()),
        ("very deep", format!(r#"{{"redirect_uris":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000))),
        (
            "an unknown grant",
            json!({ "redirect_uris": ["https://a.example/cb"], "grant_types": ["implicit"] }).to_string(),
        ),
        (
            "a very long name",
            json!({ "redirect_uris": ["https://a.example/cb"], "client_name": "x".repeat(60_000) }).to_string(),
        ),
    ];
    for (what, body) in corpus {
        let request = request(Method::POST, "/register").header("content-type", "application/json");
        let answer = scene.house.http.send(request.body(Bytes::from(body)).unwrap()).await;
        let status = answer.status.as_u16();
        assert!(matches!(status, 400 | 413), "{what}: {status} {}", answer.text());
        assert_clear(what, status, &answer);
    }
}

#[tokio::test]
async fn a_doubtful_authorization_request_is_never_redirected() {
    let scene = Scene::new().await;
    let replaced = |name: &'static str, value: &str| scene.agent.authorize_url(&[(name, value)]);
    for target in [
        "/authorize".to_owned(),
        "/authorize?client_id=nobody&redirect_uri=https://evil.example/cb".to_owned(),
        replaced("redirect_uri", "https://evil.example/cb"),
        replaced("redirect_uri", "http://127.0.0.1:7777/callback/../other"),
        replaced("redirect_uri", "http://127.0.0.1:7777/callback#x"),
        replaced("redirect_uri", "http://localhost.evil.example:7777/callback"),
        replaced("redirect_uri", "http://127.0.0.1:7777@evil.example/callback"),
        format!("{}&redirect_uri=https://evil.example/cb", replaced("state", "x")),
        format!("{}&client_id=other", replaced("state", "x")),
        replaced("client_id", "https://127.0.0.1/client.json"),
        replaced("state", &"x".repeat(50_000)),
    ] {
        let answer = scene.browser.get(&target).await;
        let shown: String = target.chars().take(200).collect();
        assert!(answer.status.is_client_error(), "{shown}: {} {}", answer.status, answer.text());
        assert!(answer.header("location").is_none());
        assert!(answer.text().len() > 20 || answer.status == 414 || answer.status == 431, "{shown} says nothing");
    }
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("resource", "https://elsewhere.example/mcp", "invalid_target"),
        ("scope", "no:such:scope", "invalid_scope"),
        ("request", "eyJ9", "request_not_supported"),
        ("request_uri", "https://evil.example/r", "request_uri_not_supported"),
    ] {
        let answer = scene.browser.get(&replaced(name, value)).await;
        assert!(answer.location().contains(&format!("error={error}")), "{name}: {}", answer.location());
    }
}

#[tokio::test]
async fn forms_of_other_sites_and_browsers_do_nothing() {
    let scene = Scene::new().await;
    let account = scene.browser.get("/account").await;
    let form = vestibule_testkit::browser::Form::on(&account, "/account/apps/revoke");
    let without = form.clone().fill("csrf", "");
    assert_eq!(scene.browser.submit(&without).await.status, 403);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
    for (name, value) in
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")]
    {
        let request = request(Method::POST, "/account/apps/revoke")
            .header("cookie", scene.browser.cookies())
            .header("content-type", "application/x-www-form-urlencoded")
            .header(name, value);
        let answer = scene.house.http.send(request.body(Bytes::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status, 403, "{name}: {value}");
    }
    assert_eq!(scene.call().await.status, 200, "a foreign form has revoked something");
}

#[tokio::test]
async fn broken_http_is_refused_and_never_hangs() {
    let scene = Scene::new().await;
    let host = scene.house.origin().replace("http://", "");
    let before = scene.upstream.seen().len();
    let auth = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", scene.tokens.access);
    let call = message("tools/call", r#"{"name":"read"}"#);
    for (what, raw) in [
        ("noise", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n".to_owned()),
        ("no version", "GET /mcp/up\r\n\r\n".to_owned()),
        (
            "two hosts",
            format!(
                "POST /mcp/up HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n{auth}Content-Length: {}\r\n\r\n{call}",
                call.len()
            ),
        ),
        (
            "two lengths",
            format!(
                "POST /mcp/up HTTP/1.1\r\nHost: {host}\r\n{auth}Content-Length: 5\r\nContent-Length: {}\r\n\r\n{call}",
                call.len()
            ),
        ),
        (
            "a negative length",
            format!("POST /mcp/up HTTP/1.1\r\nHost: {host}\r\n{auth}Content-Length: -1\r\n\r\n{call}"),
        ),
        (
            "a bad chunk",
            format!(
                "POST /mcp/up HTTP/1.1\r\nHost: {host}\r\n{auth}Transfer-Encoding: chunked\r\n\r\nzz\r\n{call}\r\n0\r\n\r\n"
            ),
        ),
        (
            "a folded header",
            format!(
                "POST /mcp/up HTTP/1.1\r\nHost: {host}\r\n{auth}X-A: b\r\n c\r\nContent-Length: {}\r\n\r\n{call}",
                call.len()
            ),
        ),
        (
            "a space before the colon",
            format!("POST /mcp/up HTTP/1.1\r\nHost: {host}\r\n{auth}Content-Length : {}\r\n\r\n{call}", call.len()),
        ),
        (
            "a very large header",
            format!("POST /mcp/up HTTP/1.1\r\nHost: {host}\r\nX-A: {}\r\n\r\n", "a".repeat(200_000)),
        ),
    ] {
        let answer = scene.house.http.raw(raw.as_bytes()).await;
        let status = answer.split(' ').nth(1).unwrap_or("closed").to_owned();
        assert!(status == "closed" || status.starts_with('4'), "{what}: {answer}");
    }
    assert_eq!(scene.upstream.seen().len(), before, "something broken was forwarded");
}
