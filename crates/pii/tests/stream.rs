//! Streams give the same output however their input is cut, and the same as the whole.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use vestibule_model::{Secret, ServerName};
use vestibule_pii::{Config, Form, JsonStream, Masker, Naming, Paths, Pseudonyms, Shape, SseStream, StreamError};

fn masker() -> Masker {
    Masker::new(Config::default(), Secret::new([7; 32]))
}

fn server() -> ServerName {
    ServerName::new("hr")
}

const JSON: &str = r#"{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"Write to jane.doe@example.com or call +1 415 555 2671.\nSSN 219-09-9998"}],
 "structuredContent":{"card":4111111111111111,"ip":"203.0.113.9","nested":"{\"phone\":5105822577,\"e\":\"b\u00e9a@mail.example.net\"}",
 "doc":{"number":"C94051971","type":"passport"},"address":{"line1":"12 Main Street","city":"Springfield"},"n":null,"ok":[true,false,1.5e3]}}}"#;

const SSE: &str = ": ping\n\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\ndata: \"params\":{\"message\":\"mail jane.doe@example.com\"}}\nid: 4\n\ndata: {\"phone\":\"(415) 555-2671\"}\r\n\r\ndata: card 4111 1111 1111 1111\n\ndata: unfinished bob@example.org";

fn json(cuts: &[&[u8]]) -> Vec<u8> {
    let (masker, server, mut store) = (masker(), server(), Pseudonyms::new());
    let mut naming = Naming::Numbered(&mut store, &server);
    let mut stream = JsonStream::new(&masker, 8 << 20);
    let mut out = Vec::new();
    for cut in cuts {
        out.extend(stream.feed(cut, &mut naming).unwrap());
    }
    out.extend(stream.finish(&mut naming).unwrap().0);
    out
}

fn sse(cuts: &[&[u8]]) -> Vec<u8> {
    let (masker, server, mut store) = (masker(), server(), Pseudonyms::new());
    let mut naming = Naming::Numbered(&mut store, &server);
    let mut stream = SseStream::new(&masker, 1 << 20);
    let mut out = Vec::new();
    for cut in cuts {
        out.extend(stream.feed(cut, &mut naming).unwrap());
    }
    out.extend(stream.finish(&mut naming).unwrap().0);
    out
}

fn check(body: &[u8], run: fn(&[&[u8]]) -> Vec<u8>) -> String {
    let whole = run(&[body]);
    for cut in 0..=body.len() {
        let (head, tail) = body.split_at(cut);
        assert_eq!(run(&[head, tail]), whole, "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = body.chunks(1).collect();
    assert_eq!(run(&bytes), whole, "byte by byte");
    String::from_utf8(whole).unwrap()
}

#[test]
fn json_is_the_same_however_it_is_cut() {
    let masked = check(JSON.as_bytes(), json);
    let value: serde_json::Value = serde_json::from_str(&masked).unwrap();
    for clear in ["jane.doe", "415 555", "219-09", "4111", "203.0", "510582", "mail.example", "C9405", "12 Main"] {
        assert!(!masked.contains(clear), "{clear} in {masked}");
    }
    assert_eq!(value["result"]["structuredContent"]["card"], "[CARD_1]");
    let nested: serde_json::Value =
        serde_json::from_str(value["result"]["structuredContent"]["nested"].as_str().unwrap()).unwrap();
    assert_eq!(nested["phone"], "[PHONE_2]");

    let (masker, server, mut store) = (masker(), server(), Pseudonyms::new());
    let whole = masker.mask(JSON, &mut Naming::Numbered(&mut store, &server)).unwrap();
    assert_eq!(whole.get(), &masked);
}

#[test]
fn what_is_no_json_is_masked_all_the_same() {
    let masked = check(b"{\"a\": 1} and bob@example.com", json);
    assert!(!masked.contains("bob@"));
    let masked = check(b"{\"a\": \"bob@example.com", json);
    assert!(!masked.contains("bob@"), "{masked}");
    let masked = check(b"mail bob@example.com", json);
    assert!(!masked.contains("bob@"));
}

#[test]
fn events_are_the_same_however_they_are_cut() {
    let masked = check(SSE.as_bytes(), sse);
    for clear in ["jane.doe", "555-2671", "4111", "bob@"] {
        assert!(!masked.contains(clear), "{clear} in {masked}");
    }
    assert!(masked.contains("data: \"params\":{\"message\":\"mail [EMAIL_1]\"}}\nid: 4\n\n"), "{masked}");
    assert!(masked.contains("data: {\"phone\":\"[PHONE_1]\"}\r\n\r\n"), "{masked}");
}

#[test]
fn a_byte_order_mark_hides_nothing() {
    for marks in ["\u{feff}", "\u{feff}\u{feff}", "\u{feff}\u{feff}\u{feff}"] {
        let stream = format!(
            "{marks}data: {{\"text\":\"jane.doe\\u0040example.com\",\"ssn\":734123102}}\n\ndata: bob@example.org\n\n"
        );
        let masked = check(stream.as_bytes(), sse);
        assert_eq!(masked, "data: {\"text\":\"[EMAIL_1]\",\"ssn\":\"[SSN_1]\"}\n\ndata: [EMAIL_2]\n\n", "{marks:?}");
    }
    assert_eq!(check("\u{feff}".as_bytes(), sse), "");
    assert_eq!(check(b"\xEF\xBBdata: bob@example.org", sse_lossy), "\u{fffd}data: [EMAIL_1]");
}

fn sse_lossy(cuts: &[&[u8]]) -> Vec<u8> {
    String::from_utf8_lossy(&sse(cuts)).into_owned().into_bytes()
}

#[test]
fn every_line_of_an_event_is_looked_at() {
    let clear = "jane.doe@example.com";
    for line in [
        "event: {}",
        "event:{}",
        ": {}",
        ":{}",
        "comment: {}",
        "{}",
        "<p>{}</p>",
        "Data: {}",
        "id: {}",
        "retry: {}",
        "data : {}",
    ] {
        for end in ["\n", "\r\n", "\r"] {
            let stream = format!("{}|data: {{}}||", line.replace("{}", clear)).replace('|', end);
            let masked = check(stream.as_bytes(), sse);
            assert_eq!(masked, stream.replace(clear, "[EMAIL_1]"), "{line}");
        }
    }
    // What only a label in the same line or in the line above tells.
    let page = "<table><tr><th>SSN</th></tr>\n<tr><td>734123102</td></tr></table>\nssn: 734123103\n\n";
    assert!(!check(page.as_bytes(), sse).contains("734123103"));
    let plain = "event: endpoint\nid: 17180400\nretry: 4155552671\ndata: /messages?session=1\n\n: still here\n\n";
    assert_eq!(check(plain.as_bytes(), sse), plain);
}

#[test]
fn lines_between_two_lines_of_data_do_not_part_a_document() {
    for between in [": hi\n", "event: message\n", "id: 7\n", "retry: 5\n", "unknown\n", ": bob@example.org\n"] {
        let stream = format!(
            "data: {{\"text\":\"jane.doe\\u0040example.com\",\n{between}data: \"card\":4111111111111111}}\n{between}\n"
        );
        let masked = check(stream.as_bytes(), sse);
        let between = between.replace("bob@example.org", "[EMAIL_2]");
        let expected = format!("data: {{\"text\":\"[EMAIL_1]\",\n{between}data: \"card\":\"[CARD_1]\"}}\n{between}\n");
        assert_eq!(masked, expected);
    }
    // A value over the end of a line takes no other line with it.
    let masked = check(
        b"id: 1\r\ndata: at 12 Main Street,\r\nid: 2\r\nevent: message\r\ndata: Springfield, IL 62704 end\r\n\r\n",
        sse,
    );
    assert_eq!(masked, "id: 1\r\nid: 2\r\nevent: message\r\ndata: at [ADDRESS_1] end\n\r\n");
    let masked = check(
        b"data: at 12 Main Street,\n: 7 Oak Street,\n: Springfield, IL 62704 data: x\ndata: Springfield, IL 62704\n\n",
        sse,
    );
    assert_eq!(masked, ": [ADDRESS_1] data: x\ndata: at [ADDRESS_2]\n\n");
    // And an event that never ended is none.
    let masked = check(b"data: at 12 Main Street,\n: bob@example.org\ndata: Springfield, IL 62704 end", sse);
    assert_eq!(masked, ": [EMAIL_1]\ndata: at [ADDRESS_1] end\n");
}

#[test]
fn blank_lines_of_any_kind_end_events() {
    for blank in ["\n\n", "\r\r", "\r\n\r\n", "\n\r", "\n\r\n", "\r\n\n", "\r\n\r"] {
        let one = "data: {\"text\":\"jane.doe\\u0040example.com\"}";
        let stream = format!("{one}{blank}{one}{blank}");
        let masked = check(stream.as_bytes(), sse);
        assert_eq!(masked, stream.replace("jane.doe\\u0040example.com", "[EMAIL_1]"), "{blank:?}");
    }
}

#[test]
fn ids_that_must_come_back_pass() {
    let masker = masker();
    let mut stream = SseStream::new(&masker, 1 << 20).keeping_ids();
    let out = stream.feed(b"id: jane.doe@example.com\ndata: jane.doe@example.com\n\n", &mut Naming::Plain).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "id: jane.doe@example.com\ndata: [EMAIL]\n\n");
}

#[test]
fn a_blocked_event_can_be_left_out() {
    let masker = Masker::new(Config::default().with_action(vestibule_pii::Action::Block), Secret::new([7; 32]));
    let mut stream = SseStream::new(&masker, 1 << 20);
    let chunk = b"data: 1\n\nevent: x\ndata: a@example.com\ndata: 2\n\ndata: 3\n\nda";
    assert!(stream.feed(chunk, &mut Naming::Plain).is_err());
    assert_eq!(stream.take_passed(), b"data: 1\n\n");
    assert_eq!(stream.take_blocked(), b"a@example.com\n2");
    assert_eq!(stream.feed(b"", &mut Naming::Plain).unwrap(), b"data: 3\n\n");
    assert_eq!(stream.feed(b"ta: 4\n\n", &mut Naming::Plain).unwrap(), b"data: 4\n\n");
}

#[test]
fn long_bodies_go_out_while_they_come_in() {
    let masker = masker();
    let mut stream = JsonStream::new(&masker, 8 << 20);
    let mut sent = 0;
    let (mut held, mut taken) = (0, 0);
    stream.feed(b"[", &mut Naming::Plain).unwrap();
    for index in 0..5_000 {
        let item = format!("{{\"id\":{index},\"mail\":\"user{index}@example.com\"}},");
        taken += item.len();
        sent += stream.feed(item.as_bytes(), &mut Naming::Plain).unwrap().len();
        held = held.max(taken.saturating_sub(sent * 2));
    }
    assert!(sent > 60_000, "{sent}");
}

/// A masker for documents with files in them.
fn with_files() -> Masker {
    masker().with_paths(Paths::new(&[(Form::All, &[(&["data"], Shape::Base64), (&["name"], Shape::Whole)])]))
}

/// The body with everything replaced, however it is cut.
fn streamed(masker: &Masker, body: &[u8], cuts: &[usize]) -> Result<String, StreamError> {
    let (server, mut store) = (server(), Pseudonyms::new());
    let mut naming = Naming::Numbered(&mut store, &server);
    let mut stream = JsonStream::new(masker, 8 << 20);
    let (mut out, mut from) = (Vec::new(), 0);
    for &cut in cuts.iter().chain([&body.len()]) {
        out.extend(stream.feed(body.get(from..cut).unwrap(), &mut naming)?);
        from = cut;
    }
    out.extend(stream.finish(&mut naming)?.0);
    Ok(String::from_utf8(out).unwrap())
}

fn whole(masker: &Masker, body: &str) -> String {
    let (server, mut store) = (server(), Pseudonyms::new());
    let masked = masker.mask_bytes(body.as_bytes(), &mut Naming::Numbered(&mut store, &server)).unwrap().into_inner();
    masked.map_or_else(|| body.to_owned(), |masked| String::from_utf8(masked).unwrap())
}

#[test]
fn a_long_string_is_looked_at_as_a_short_one_is() {
    let masker = with_files();
    let (row, rows) = ("Groß;jane.doe@example.com;734123102;4111111111111111\n", 1_300);
    let csv = format!("name;mail;ssn;card\n{}", row.repeat(rows));
    let record = r#"{"straße":"Musterstraße 5, 10115 Berlin","ssn":734123102,"card":4111111111111111}"#;
    let json = format!("[{}]", vec![record; 800].join(",\n"));
    let file = STANDARD.encode(&csv);
    for value in [&csv, &json, &format!("Here it is:\n{json}"), &"lorem ipsum ".repeat(7_000)] {
        for key in ["text", "data", "name"] {
            let body = serde_json::json!({ key: value, "mail": "b@example.org", "n": 1 }).to_string();
            let ascii = body.replace('ß', "\\u00df").replace('@', "\\u0040");
            let file = serde_json::json!({ "data": file, "name": "a@b.com" }).to_string();
            for body in [body, ascii, file] {
                let wanted = whole(&masker, &body);
                for cuts in [&[][..], &[1, 9, 70_000, 70_001], &[body.len() - 1], &[32_790, 32_791, body.len() - 300]] {
                    assert!(streamed(&masker, body.as_bytes(), cuts).unwrap() == wanted, "{key} {cuts:?}");
                }
                let pieces: Vec<usize> = (1..body.len() / 4_093).map(|piece| piece * 4_093).collect();
                assert!(streamed(&masker, body.as_bytes(), &pieces).unwrap() == wanted, "{key} in pieces");
                if key == "name" {
                    continue;
                }
                for clear in ["jane.doe", "734123102", "4111111111111111", "Musterstra"] {
                    assert!(!wanted.contains(clear), "{clear} behind {key}");
                }
            }
        }
    }
}

#[test]
fn files_are_the_same_however_they_are_cut() {
    let masker = with_files();
    let text = "name;mail\nM\u{fc}ller;jane.doe@example.com\nund noch eine Zeile, damit es lang genug ist\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let picture = [b"\x89PNG\r\n\x1a\n\0\0\0\r".as_slice(), &[7; 90]].concat();
    for file in [
        STANDARD.encode(text),
        STANDARD.encode(&wide).replace('/', "\\/"),
        URL_SAFE_NO_PAD.encode(&wide),
        STANDARD.encode(&picture),
        format!(" {}\\r\\n", STANDARD.encode(text)),
        "Please call Jane on +1 415 555 2671 and not on any other number in the next days".to_owned(),
        "+1 415 555 2671".to_owned(),
    ] {
        let body = format!("[{{\"data\":\"{file}\",\"name\":\"a@b.com\",\"n\":\"\\u0061@b.com\"}}]");
        let wanted = whole(&masker, &body);
        assert!(wanted.contains("\"name\":\"a@b.com\",\"n\":\"[EMAIL_"), "{wanted}");
        for cut in 0..=body.len() {
            assert_eq!(streamed(&masker, body.as_bytes(), &[cut]).unwrap(), wanted, "cut at {cut}");
        }
        let bytes: Vec<usize> = (1..body.len()).collect();
        assert_eq!(streamed(&masker, body.as_bytes(), &bytes).unwrap(), wanted, "byte by byte");
    }
}

#[test]
fn a_string_beyond_the_limit_ends_the_stream() {
    let masker = with_files();
    for (key, filler) in [("text", "lorem ipsum "), ("data", "aGkg"), ("data", "lorem ipsum "), ("x\":1,\"y", "é")] {
        let body = format!("{{\"{key}\":\"{}\"}}", filler.repeat((8 << 20) / filler.len() + 1));
        for cuts in [&[][..], &[100], &[40_000, 50_000], &[body.len() - 1]] {
            let error = streamed(&masker, body.as_bytes(), cuts).unwrap_err();
            assert_eq!(error, StreamError::TooLarge(8 << 20), "{key} {cuts:?}");
        }
    }
    let key = format!("{{\"{}\":1}}", "k".repeat((8 << 20) + 1));
    assert_eq!(streamed(&masker, key.as_bytes(), &[77]).unwrap_err(), StreamError::TooLarge(8 << 20));
    let text = "no json ".repeat((1 << 20) + 1);
    assert_eq!(streamed(&masker, text.as_bytes(), &[77]).unwrap_err(), StreamError::TooLarge(8 << 20));
}

#[test]
fn what_needs_no_look_passes_as_it_comes() {
    let masker = with_files();
    let mut noise = 7u32;
    let mut picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    picture.extend(
        std::iter::repeat_with(|| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        })
        .take(7 << 20),
    );
    let picture = STANDARD.encode(&picture);
    let lines: Vec<&str> = picture.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    let url = URL_SAFE_NO_PAD.encode(STANDARD.decode(&picture).unwrap());
    for (key, value) in [
        ("data", picture.clone()),
        ("data", lines.join("\\r\\n")),
        ("data", url),
        ("data", format!("data:image\\/png;base64,{}", picture.replace('/', "\\/"))),
        ("name", "a@b.com \\\" \\\\".repeat(700_000)),
    ] {
        let body = format!("{{\"{key}\":\"{value}\",\"mail\":\"jane.doe@example.com\"}}");
        let (mut stream, mut sent, mut most) = (JsonStream::new(&masker, 8 << 20), Vec::new(), 0);
        for (index, piece) in body.as_bytes().chunks(50_001).enumerate() {
            sent.extend(stream.feed(piece, &mut Naming::Plain).unwrap());
            most = most.max((index + 1) * 50_001 - sent.len());
        }
        sent.extend(stream.finish(&mut Naming::Plain).unwrap().0);
        assert!(String::from_utf8(sent).unwrap() == body.replace("jane.doe@example.com", "[EMAIL]"), "{key}");
        assert!(most < 150_000, "{most} bytes were held");
    }
    let picture = picture.trim_end_matches('=');
    for behind in [".jane.doe@example.com", "= call 415-555-2671", "+-415-555-2671", "jane\\u0040localhost"] {
        let broken = format!("{{\"data\":\"{picture}{behind}\"}}");
        for cuts in [&[9][..], &[9, broken.len() - 20], &[9, broken.len() - 14]] {
            assert_eq!(streamed(&masker, broken.as_bytes(), cuts).unwrap_err(), StreamError::Broken, "{behind}");
        }
    }
}

#[test]
fn an_endless_body_takes_no_endless_room() {
    let masker = with_files();
    let mut stream = JsonStream::new(&masker, 8 << 20);
    let mut sent = stream.feed(b"{\"a\":[", &mut Naming::Plain).unwrap().len();
    let mut taken = 6;
    for piece in [" ".repeat(1 << 16), "[".repeat(1 << 16), "]".repeat(1 << 16)] {
        taken += piece.len();
        sent += stream.feed(piece.as_bytes(), &mut Naming::Plain).unwrap().len();
        assert!(taken - sent < 300, "{taken} {sent}");
    }
}

#[test]
fn a_password_without_a_digit_is_found_by_its_key() {
    let body = br#"{"user":{"name":"ann","password":"letmein","passwordHint":"the dog of my aunt","adminPassword" : "open!sesame"},"t":"password"}"#;
    let text = check(body, json);
    assert_eq!(
        text,
        r#"{"user":{"name":"ann","password":"[SECRET_1]","passwordHint":"the dog of my aunt","adminPassword" : "[SECRET_2]"},"t":"password"}"#
    );
    assert_eq!(whole(&masker(), std::str::from_utf8(body).unwrap()).matches("[SECRET").count(), 2);
}

#[test]
fn a_password_is_found_however_its_key_is_written() {
    for gap in ["", " ", "          ", "\t", "\r\n                    "] {
        let clear = "letmein";
        for (text, masked) in [
            (format!(r#"{{"password"{gap}:{gap}"{clear}"}}"#), 1),
            (format!(r#"{{"a":["b",{{"db_passwd"{gap}:{gap}"{clear}","Passphrase"{gap}:{gap}"{clear}"}}]}}"#), 2),
        ] {
            let wanted = (1..=masked).fold(text.clone(), |text, _| text.replacen(clear, "[SECRET_1]", 1));
            assert_eq!(check(text.as_bytes(), json), wanted);
            assert_eq!(whole(&masker(), &text), wanted);
            let inner = serde_json::json!({ "text": text }).to_string();
            assert_eq!(check(inner.as_bytes(), json), inner.replace(clear, "[SECRET_1]"));
            assert_eq!(whole(&masker(), &inner), inner.replace(clear, "[SECRET_1]"));
        }
    }
    for label in ["Mot de passe\u{A0}: ", "mot\u{A0}de\u{A0}passe: ", "pass\u{200B}word: ", "password&nbsp;: "] {
        let text = format!(r#"{{"a":"b","c":"{label}open!sesame"}}"#);
        let wanted = text.replace("open!sesame", "[SECRET_1]");
        assert_eq!(check(text.as_bytes(), json), wanted);
        assert_eq!(whole(&masker(), &text), wanted);
    }
}

#[test]
fn what_is_in_disguise_is_found_in_a_stream_too() {
    let body = "{\"a\":\"ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ\"}";
    assert_eq!(check(body.as_bytes(), json), r#"{"a":"[EMAIL_1]"}"#);
}

#[test]
fn a_mark_before_a_stream_is_passed_over() {
    assert_eq!(check("\u{FEFF}{\"ssn\":734123102}".as_bytes(), json), "\u{FEFF}{\"ssn\":\"[SSN_1]\"}");
    assert_eq!(check("\u{FEFF}".as_bytes(), json), "\u{FEFF}");
}

#[test]
fn an_event_goes_out_as_soon_as_it_is_complete() {
    let masker = masker();
    for blank in ["\n\n", "\r\n\r\n", "\n\r\n"] {
        let mut stream = SseStream::new(&masker, 1 << 20);
        let event = format!("data: jane.doe@example.com{blank}");
        let out = stream.feed(event.as_bytes(), &mut Naming::Plain).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("data: [EMAIL]{blank}"), "{blank:?}");
    }
}
