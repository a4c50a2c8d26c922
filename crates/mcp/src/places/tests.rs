//! Each place is found, and nothing else is touched.

use super::*;

fn rewrite(body: &str) -> String {
    let places = Places::of(body.as_bytes()).unwrap();
    let out = places.rewrite(|place, said| match place {
        Place::Id | Place::Cancelled | Place::Progress | Place::ProgressToken | Place::Subscriptions => {
            Change::Raw(format!("<{said}>"))
        }
        _ => Change::Text(format!("<{said}>")),
    });
    String::from_utf8(out).unwrap()
}

#[test]
fn requests_name_what_they_are_about() {
    for (body, expected) in [
        (
            r#" {"params":{"arguments":{"name":"n","uri":"u"},"name":"\u0061","x":12345678901234567890123},"id":7,"method":"tools/call","jsonrpc":"2.0"} "#,
            r#" {"params":{"arguments":{"name":"n","uri":"u"},"name":"<a>","x":12345678901234567890123},"id":<7>,"method":"tools/call","jsonrpc":"2.0"} "#,
        ),
        (
            r#"{"id":"x","method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a"}}}"#,
            r#"{"id":<"x">,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"<p>"},"argument":{"name":"a"}}}"#,
        ),
        (
            r#"{"id":1,"method":"m","params":{"uri":"u","taskId":"t","requestState":"s","cursor":"c","_meta":{"progressToken":3,"io.modelcontextprotocol/related-task":{"taskId":"t"}}}}"#,
            r#"{"id":<1>,"method":"m","params":{"uri":"<u>","taskId":"<t>","requestState":"<s>","cursor":"<c>","_meta":{"progressToken":<3>,"io.modelcontextprotocol/related-task":{"taskId":"<t>"}}}}"#,
        ),
        (
            r#"{"id":1,"method":"m","params":{"inputResponses":{"a":{"role":"assistant","content":{"type":"resource_link","uri":"u"}}}}}"#,
            r#"{"id":<1>,"method":"m","params":{"inputResponses":{"a":{"role":"assistant","content":{"type":"resource_link","uri":"<u>"}}}}}"#,
        ),
        (
            r#"{"method":"notifications/cancelled","params":{"requestId":"q","progressToken":5}}"#,
            r#"{"method":"notifications/cancelled","params":{"requestId":<"q">,"progressToken":<5>}}"#,
        ),
        (
            r#"{"id":1,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["a", "b"],"x":true}}}"#,
            r#"{"id":<1>,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":<["a", "b"]>,"x":true}}}"#,
        ),
    ] {
        assert_eq!(rewrite(body), expected);
    }
}

#[test]
fn results_name_what_they_hold() {
    for (body, expected) in [
        (
            r#"{"id":1,"result":{"tools":[{"inputSchema":{"name":"x"},"name":"a","_meta":{"ui":{"resourceUri":"ui://x"}}}]}}"#,
            r#"{"id":<1>,"result":{"tools":[{"inputSchema":{"name":"x"},"name":"<a>","_meta":{"ui":{"resourceUri":"<ui://x>"}}}]}}"#,
        ),
        (
            r#"{"id":1,"result":{"content":[{"uri":"u","name":"n","type":"resource_link"},{"type":"resource","resource":{"uri":"r","text":"t"}},{"type":"text","text":"x","uri":"left"}],"structuredContent":{"uri":"left"}}}"#,
            r#"{"id":<1>,"result":{"content":[{"uri":"<u>","name":"n","type":"resource_link"},{"type":"resource","resource":{"uri":"<r>","text":"t"}},{"type":"text","text":"x","uri":"left"}],"structuredContent":{"uri":"left"}}}"#,
        ),
        (
            r#"{"id":1,"result":{"resources":[{"uri":"u"}],"resourceTemplates":[{"uriTemplate":"t"}],"contents":[{"uri":"c"}],"prompts":[{"name":"p","arguments":[{"name":"left"}]}]}}"#,
            r#"{"id":<1>,"result":{"resources":[{"uri":"<u>"}],"resourceTemplates":[{"uriTemplate":"<t>"}],"contents":[{"uri":"<c>"}],"prompts":[{"name":"<p>","arguments":[{"name":"left"}]}]}}"#,
        ),
        (
            r#"{"id":1,"result":{"task":{"taskId":"t"},"tasks":[{"taskId":"u"}],"taskId":"v","requestState":"s","messages":[{"role":"user","content":{"type":"resource_link","uri":"u"}}]}}"#,
            r#"{"id":<1>,"result":{"task":{"taskId":"<t>"},"tasks":[{"taskId":"<u>"}],"taskId":"<v>","requestState":"<s>","messages":[{"role":"user","content":{"type":"resource_link","uri":"<u>"}}]}}"#,
        ),
        (
            r#"{"id":1,"result":{"inputRequests":{"a":{"method":"sampling/createMessage","params":{"name":"left","messages":[{"content":[{"type":"resource_link","uri":"u"}]}]}}}}}"#,
            r#"{"id":<1>,"result":{"inputRequests":{"a":{"method":"sampling/createMessage","params":{"name":"left","messages":[{"content":[{"type":"resource_link","uri":"<u>"}]}]}}}}}"#,
        ),
        (
            r#"{"id":1,"error":{"code":-32002,"data":{"uri":"u"}}}"#,
            r#"{"id":<1>,"error":{"code":-32002,"data":{"uri":"<u>"}}}"#,
        ),
    ] {
        assert_eq!(rewrite(body), expected);
    }
}

#[test]
fn a_response_answers_one_request() {
    let answers = |body: &str, id: &str| Places::of(body.as_bytes()).unwrap().answers(id);
    assert!(answers(r#"{"id":1,"result":{}}"#, "1") && answers(r#"{"id":1.0,"result":{}}"#, "1"));
    assert!(answers(r#"{"id":"\u0061","error":{}}"#, r#""a""#));
    for (body, id) in [
        (r#"{"id":1,"result":{}}"#, "2"),
        (r#"{"id":1,"result":{}}"#, r#""1""#),
        (r#"{"id":null,"error":{}}"#, "1"),
        (r#"{"id":1,"method":"ping"}"#, "1"),
    ] {
        assert!(!answers(body, id), "{body} {id}");
    }
}

#[test]
fn messages_are_told_apart() {
    let kind = |body: &str| Places::of(body.as_bytes()).map(|places| places.kind()).ok();
    assert_eq!(kind(r#"{"id":1,"method":"ping"}"#), Some(MessageKind::Request));
    assert_eq!(kind(r#"{"method":"x"}"#), Some(MessageKind::Notification));
    assert_eq!(kind(r#"{"id":1,"result":{}}"#), Some(MessageKind::Response));
    assert_eq!(kind(r#"{"id":null,"error":{}}"#), Some(MessageKind::Response));
    for refused in ["[]", "{}", r#"{"id":1}"#, r#"{"id":1,"result":{},"Result":{}}"#, r#"{"method":"x"} y"#, ""] {
        assert_eq!(kind(refused), None, "{refused}");
    }
}
