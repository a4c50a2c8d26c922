//! Personal data in bodies that are large, or that are no UTF-8: what is masked does not depend on the size, and what cannot be
//! looked at does not pass.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::Response;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use vestibule_testkit::{mcp::stateless, upstream::Canned};

use crate::masking::{Place, VALUES, assert_hidden};

/// Longer than what is looked at as a whole.
const LONG: usize = 1_200_000;
/// Longer than anything that is looked at.
const TOO_LONG: usize = (32 << 20) + 1_000;

/// A table with so many rows that it is long.
fn rows(phone: &str, ssn: &str) -> String {
    format!("name;phone;ssn\n{}", format!("Jürgen;{phone};{ssn}\n").repeat(LONG / 30))
}

#[tokio::test]
async fn a_long_text_is_masked_as_a_short_one_is() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    let record = r#"{"adresse":"Musterstraße 5, 10115 Berlin","ssn":734123102,"card_number":4111111111111111}"#;
    for (text, wanted) in [
        (rows("030 23125102", "734123102"), rows("[PHONE_1]", "[SSN_1]")),
        (
            format!("[{record}{}]", format!(",{record}").repeat(LONG / record.len())),
            format!("[{record}{}]", format!(",{record}").repeat(LONG / record.len()))
                .replace("Musterstraße 5, 10115 Berlin", "[ADDRESS_1]")
                .replace("734123102", "\"[SSN_1]\"")
                .replace("4111111111111111", "\"[CARD_1]\""),
        ),
    ] {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "result": { "content": [{ "type": "text", "text": text }] } });
        let ascii = body.to_string().replace('ß', "\\u00df").replace('ü', "\\u00fc").replace('1', "\\u0031");
        let ascii = ascii.replace("\"id\":\\u0031", "\"id\":1");
        for body in [body.to_string(), ascii] {
            place.answer(body);
            let answer = caller.call("read", json!({})).await;
            assert_eq!(answer.status, 200);
            assert!(answer.header("x-pii-masked").is_none(), "it was not held until its end");
            let is = answer.json()["result"]["content"][0]["text"].as_str().unwrap().to_owned();
            assert!(is.replace("\\u00df", "ß") == wanted, "{}", is.chars().take(400).collect::<String>());
        }
    }
}

#[tokio::test]
async fn files_of_text_are_masked_in_any_encoding_and_size() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    for (line, lines) in [("name;mail;ssn\n", 1), ("name;mail;ssn\n", 40_000)] {
        let rows = |mail: &str, ssn: &str| format!("{line}{}", format!("Müller;{mail};{ssn}\n").repeat(lines));
        let (clear, wanted) = (rows("jane.doe@example.com", "734123102"), rows("[EMAIL_1]", "[SSN_1]"));
        let latin = |text: &str| text.chars().map(|letter| u32::from(letter) as u8).collect::<Vec<u8>>();
        let wide =
            |text: &str| format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (file, wanted) in [
            (STANDARD.encode(&clear), STANDARD.encode(&wanted)),
            (STANDARD.encode(latin(&clear)), STANDARD.encode(latin(&wanted))),
            (STANDARD.encode(wide(&clear)), STANDARD.encode(wide(&wanted))),
            (URL_SAFE_NO_PAD.encode(clear.clone() + "??>>"), URL_SAFE_NO_PAD.encode(wanted.clone() + "??>>")),
            (in_lines(&STANDARD.encode(&clear)), in_lines(&STANDARD.encode(&wanted))),
        ] {
            let resource = json!({ "uri": "f:a", "mimeType": "application/octet-stream", "blob": file });
            place.result(&json!({ "content": [{ "type": "resource", "resource": resource }] }));
            let answer = caller.call("read", json!({})).await;
            assert_eq!(answer.status, 200);
            let is = answer.json()["result"]["content"][0]["resource"]["blob"].clone();
            // In one of the encodings nothing tells whether there would be padding.
            let (is, wanted) = (is.as_str().unwrap().trim_end_matches('='), wanted.trim_end_matches('='));
            assert!(is == wanted, "{} {}", &is[..80], &wanted[..80]);
        }
    }
}

fn in_lines(base64: &str) -> String {
    base64.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\r\n")
}

#[tokio::test]
async fn what_may_have_to_be_withheld_does_not_pass_piece_by_piece() {
    let place = Place::of("before_llm = true\nactions = { CREDIT_CARD = \"block\" }", "").await;
    let caller = place.caller().await;
    let long = "lorem ipsum ".repeat(LONG / 12);
    place.result(&json!({ "content": [{ "type": "text", "text": long }, { "type": "text", "text": VALUES[3].0 }] }));
    let answer = caller.call("read", json!({})).await;
    let result = answer.json()["result"].clone();
    assert_eq!((answer.status.as_u16(), &result["isError"]), (200, &json!(true)));
    assert!(answer.text().contains("CREDIT_CARD") && !answer.text().contains("lorem"), "{}", answer.text());

    place.result(&json!({ "content": [{ "type": "text", "text": long }, { "type": "text", "text": VALUES[0].0 }] }));
    let answer = caller.call("read", json!({})).await;
    assert_eq!(answer.json()["result"]["content"][1]["text"], "[EMAIL_1]");
    assert_eq!(answer.header("x-pii-masked"), Some("EMAIL_ADDRESS=1"));

    let texts: Vec<Value> = (0..40).map(|_| json!({ "type": "text", "text": long })).collect();
    place.result(&json!({ "content": texts }));
    let answer = caller.call("read", json!({})).await;
    assert_eq!(answer.json()["result"]["isError"], true);
    assert!(answer.text().contains("cannot be searched") && !answer.text().contains("lorem"), "{}", answer.text());
}

#[tokio::test]
async fn a_string_that_is_too_long_does_not_pass() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    let text = format!("{}{}", "lorem ipsum ".repeat(TOO_LONG / 12), VALUES[0].0);
    place.result(&json!({ "content": [{ "type": "text", "text": "first" }, { "type": "text", "text": text }] }));
    let answer = caller.call("read", json!({})).await;
    assert!(answer.text().contains("\"error\"") && !answer.text().contains("lorem"), "{} bytes", answer.text().len());

    // When the client has a part of the answer, the connection ends in the middle.
    let harmless = "dolor sit amet ".repeat(LONG / 15);
    place.result(&json!({ "content": [{ "type": "text", "text": harmless }, { "type": "text", "text": text }] }));
    let (body, headers) = stateless("tools/call", json!({ "name": "read", "arguments": {} }));
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut answer = place.house.http.open(caller.request(&body, &headers)).await.into_body();
    let mut came = Vec::new();
    let broke_off = loop {
        match answer.frame().await {
            Some(Ok(frame)) => came.extend_from_slice(frame.data_ref().unwrap()),
            Some(Err(_)) => break true,
            None => break false,
        }
    };
    let came = String::from_utf8(came).unwrap();
    assert!(broke_off && came.len() > LONG && !came.contains("lorem"), "{} bytes", came.len());
}

#[tokio::test]
async fn what_is_no_utf_8_does_not_pass() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    let result = json!({ "content": [{ "type": "text", "text": "Write to jane.doe@example.com, SSN 734-12-3102" }] });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string();
    let event = format!("event: message\ndata: {message}\n\n");
    let long = message.replace("Write to", &"lorem ipsum ".repeat(LONG / 12));
    let wide =
        |text: &str, mark: &str| format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let wider = |text: &str| text.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect::<Vec<u8>>();
    for (media, body) in [
        ("application/json; charset=utf-16", wide(&message, "\u{FEFF}")),
        ("application/json", wide(&message, "\u{FEFF}")),
        ("application/json", wide(&message, "")),
        ("application/json; charset=\"UTF-16LE\"", wide(&long, "")),
        ("application/json", wide(&long, "")),
        ("application/json", wider(&message)),
        ("application/json; charset=utf-16", message.clone().into_bytes()),
        ("text/event-stream; charset=utf-16", wide(&event, "\u{FEFF}")),
        ("text/event-stream", wide(&event, "\u{FEFF}")),
        ("text/event-stream", wide(&event, "")),
    ] {
        let response = Response::builder().header("content-type", media).body(body.into()).unwrap();
        place.upstream.answer_next(Canned::Exactly(response));
        let answer = caller.call("read", json!({})).await;
        assert_eq!(answer.status, 200, "{media}");
        assert_eq!(answer.json()["result"]["isError"], true, "{media}: {}", answer.text());
        assert!(answer.text().contains("cannot be searched for personal data"), "{media}: {}", answer.text());
        assert!(!answer.header("content-type").unwrap().contains("16"), "{media}");
        assert_hidden(answer.text());
    }
    // In pieces, whatever they are.
    let (events, receiver) = mpsc::channel(4096);
    place.upstream.answer_next(Canned::Stream(receiver));
    for letter in event.chars() {
        events.send(format!("{letter}\0")).await.unwrap();
    }
    drop(events);
    let answer = caller.call("read", json!({})).await;
    assert!(answer.text().contains("cannot be searched"), "{}", answer.text());
    assert_hidden(answer.text());

    let free = Place::of("", "").await;
    let response =
        Response::builder().header("content-type", "application/json").body(wide(&message, "").into()).unwrap();
    free.upstream.answer_next(Canned::Exactly(response));
    let answer = free.caller().await.call("read", json!({})).await;
    assert_eq!(answer.body, wide(&message, ""), "where nothing is masked, everything passes");
}
