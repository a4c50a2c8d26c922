//! What masking promises.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use proptest::prelude::*;
use vestibule_model::{Secret, ServerName};
use vestibule_pii::{
    Action, Config, Form, JsonStream, Kind, Masker, Naming, Paths, Pseudonyms, Scanner, Shape, SseStream,
};

const PROFILE: &str = r#"{"email":"jane.doe@example.com","phone":"+1 415 555 2671","ssn":219099998,"card":"4111 1111 1111 1111",
"ip":"203.0.113.9","address":"12 Main Street, Springfield, IL 62704","passport":"C01X00T47","iban":"DE89 3704 0044 0532 0130 00",
"password":"Tr0ub4dor3xyz","birthDate":"1980-02-01","cpf":"529.982.247-25","note":"again JANE.DOE@example.com","id":42}"#;

fn masker(action: Action) -> Masker {
    Masker::new(Config::default().with_action(action), Secret::new([7; 32]))
}

fn mask(action: Action, text: &str) -> String {
    let (server, mut store) = (ServerName::new("hr"), Pseudonyms::new());
    masker(action).mask(text, &mut Naming::Numbered(&mut store, &server)).unwrap().into_inner().into_owned()
}

#[test]
fn one_value_has_one_label() {
    let masked: serde_json::Value = serde_json::from_str(&mask(Action::Label, PROFILE)).unwrap();
    assert_eq!(masked["email"], "[EMAIL_1]");
    assert_eq!(masked["note"], "again [EMAIL_1]");
    assert_eq!(masked["ssn"], "[SSN_1]");
    assert_eq!(masked["address"], "[ADDRESS_1]");
    assert_eq!(masked["id"], 42);
}

#[test]
fn masked_text_masked_again_is_unchanged() {
    for action in [Action::Label, Action::Pseudonym, Action::Hash, Action::Partial] {
        let once = mask(action, PROFILE);
        assert!(serde_json::from_str::<serde_json::Value>(&once).is_ok());
        assert_eq!(mask(action, &once), once, "{action:?}");
        for clear in ["jane", "555", "2190", "4111", "0.113", "Main", "C01X", "3704", "ub4dor", "1980", "982"] {
            assert!(action == Action::Partial || !once.contains(clear), "{action:?}: {clear} in {once}");
        }
    }
}

#[test]
fn labels_turn_back_only_for_their_server_and_session() {
    let (hr, other) = (ServerName::new("hr"), ServerName::new("other"));
    let mut store = Pseudonyms::new();
    let masked = masker(Action::Pseudonym).mask(PROFILE, &mut Naming::Numbered(&mut store, &hr)).unwrap();
    assert_eq!(masked.counts().of(Kind::Email), 2);
    let call = r#"{"to":"[EMAIL_1]","text":"Hi [EMAIL_1], [PHONE_1] [PHONE_9]","ssn":"[SSN_1]","[EMAIL_1]":1,"inner":"{\"to\":\"[EMAIL_1]\"}"}"#;
    let restored: serde_json::Value = serde_json::from_str(&store.restore(call, &hr)).unwrap();
    assert_eq!(restored["to"], "jane.doe@example.com");
    assert_eq!(restored["text"], "Hi jane.doe@example.com, +1 415 555 2671 [PHONE_9]");
    assert_eq!(restored["ssn"], 219_099_998);
    assert_eq!(restored["[EMAIL_1]"], 1);
    assert_eq!(restored["inner"], r#"{"to":"jane.doe@example.com"}"#);
    assert_eq!(store.restore(call, &other), call);
    assert_eq!(Pseudonyms::new().restore(call, &hr), call);
}

#[test]
fn json_in_other_text_stays_json() {
    let (hr, mut store) = (ServerName::new("hr"), Pseudonyms::new());
    let text = "Found 1 user:\n{\"card\": 4111111111111111, \"mail\": \"j\\u00e4n@example.com\", \"n\": NaN}\n";
    let masked = masker(Action::Pseudonym).mask(text, &mut Naming::Numbered(&mut store, &hr)).unwrap().into_inner();
    let expected = "Found 1 user:\n{\"card\": \"[CARD_1]\", \"mail\": \"[EMAIL_1]\", \"n\": NaN}\n";
    assert_eq!(masked, expected);
    let call = r#"{"a":"[CARD_1]"}"#;
    assert_eq!(store.restore(call, &hr), r#"{"a":4111111111111111}"#);
    // The same inside a string of JSON.
    let result = serde_json::json!({"content": [{"type": "text", "text": text}]}).to_string();
    let mut store = Pseudonyms::new();
    let masked = masker(Action::Pseudonym).mask(&result, &mut Naming::Numbered(&mut store, &hr)).unwrap().into_inner();
    let masked: serde_json::Value = serde_json::from_str(&masked).unwrap();
    assert_eq!(masked["content"][0]["text"], expected);
}

#[test]
fn a_whole_number_with_a_fraction_of_zero_is_one() {
    let mut store = Pseudonyms::new();
    let hr = ServerName::new("hr");
    let json = r#"{"card":4111111111111111.0,"again":"4111 1111 1111 1111","ratio":1234567.25}"#;
    let masked = masker(Action::Pseudonym).mask(json, &mut Naming::Numbered(&mut store, &hr)).unwrap().into_inner();
    assert_eq!(masked, r#"{"card":"[CARD_1]","again":"[CARD_1]","ratio":1234567.25}"#);
    assert_eq!(store.restore(r#"{"c":"[CARD_1]"}"#, &hr), r#"{"c":4111111111111111}"#);
}

#[test]
fn plain_labels_cannot_be_turned_back() {
    let (hr, mut store) = (ServerName::new("hr"), Pseudonyms::new());
    let _screened = masker(Action::Label).mask(PROFILE, &mut Naming::Numbered(&mut store, &hr)).unwrap();
    let call = r#"{"to":"[EMAIL_1]"}"#;
    assert_eq!(store.restore(call, &hr), call);
}

#[test]
fn blocking_refuses_the_whole() {
    assert!(masker(Action::Block).mask(PROFILE, &mut Naming::Plain).is_err());
    assert!(masker(Action::Block).mask("nothing here", &mut Naming::Plain).is_ok());
}

#[test]
fn hashes_depend_on_value_and_key() {
    let token = |key: u8, text: &str| {
        let masker = Masker::new(Config::default().with_action(Action::Hash), Secret::new([key; 32]));
        masker.mask(text, &mut Naming::Plain).unwrap().into_inner().into_owned()
    };
    assert_eq!(token(1, "4111 1111 1111 1111"), token(1, "4111-1111-1111-1111"));
    assert_ne!(token(1, "4111 1111 1111 1111"), token(2, "4111 1111 1111 1111"));
    assert_ne!(token(1, "4111 1111 1111 1111"), token(1, "5555 5555 5555 4444"));
}

#[test]
fn untouched_bytes_stay() {
    let text = "{ \"b\" : 1.50e1, \"a\":\"\\u00e9 bob@example.com \\/\" , \"b2\":[ ] }";
    assert_eq!(mask(Action::Label, text), text.replace("bob@example.com", "[EMAIL_1]"));
}

#[test]
fn a_text_without_a_plain_letter_is_looked_at() {
    for text in ["ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "jane&commat;example.com", "jane&#x0ff20;example.com"]
    {
        assert_eq!(mask(Action::Label, text), "[EMAIL_1]");
        assert_eq!(mask(Action::Label, &format!("{{\"a\":\"{text}\"}}")), r#"{"a":"[EMAIL_1]"}"#);
    }
    for broken in ["p\u{200B}assword", "pa\u{AD}\u{200B}ssword", "PAS&shy;SWORD"] {
        assert_eq!(mask(Action::Label, &format!("{broken}: open!sesame")), format!("{broken}: [SECRET_1]"));
    }
}

#[test]
fn what_readers_forgive_is_json_all_the_same() {
    let number = r#"{"card": 4111111111111111, "e": "jane.doe\u0040example.com", "x": [VALUE]}"#;
    for text in ["NaN", "Infinity", "-Infinity, NaN", "1"].map(|value| number.replace("VALUE", value)) {
        let masked = mask(Action::Label, &text);
        assert!(masked.contains(r#"{"card": "[CARD_1]", "e": "[EMAIL_1]", "x""#), "{masked}");
        let marked = mask(Action::Label, &format!("\u{FEFF}{text}"));
        assert_eq!(marked, format!("\u{FEFF}{masked}"));
    }
}

#[test]
fn json_stays_json_however_deep_it_is() {
    for depth in [100, 126, 127, 128, 129, 130, 300, 200_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inside = r#"{"ssn":734123102,"e":"jane.doe\u0040example.com","f":[1]}"#;
            let text =
                format!("{{\"a\":{}{inside}{},\"card\":4111111111111111}}", open.repeat(depth), close.repeat(depth));
            let masked = mask(Action::Label, &text);
            let wanted = text
                .replace("734123102", "\"[SSN_1]\"")
                .replace("jane.doe\\u0040example.com", "[EMAIL_1]")
                .replace("4111111111111111", "\"[CARD_1]\"");
            assert!(masked == wanted, "{depth} {open}");
        }
    }
}

/// The file behind a key that is for files, masked, as it is written then.
fn mask_file(written: &str) -> String {
    let masker = masker(Action::Label).with_paths(Paths::new(&[(Form::All, &[(&["blob"], Shape::Base64)])]));
    let body = format!("{{\"blob\":\"{written}\",\"n\":1}}");
    let masked = masker.mask_bytes(body.as_bytes(), &mut Naming::Plain).unwrap().into_inner();
    let masked = masked.map_or(body, |masked| String::from_utf8(masked).unwrap());
    masked.strip_prefix("{\"blob\":\"").unwrap().strip_suffix("\",\"n\":1}").unwrap().to_owned()
}

#[test]
fn files_of_text_are_looked_at_in_any_encoding() {
    let text = "name;mail\nM\u{fc}ller;jane.doe@example.com\nund noch eine Zeile, damit es lang genug ist\n";
    let masked = text.replace("jane.doe@example.com", "[EMAIL]");
    let wide = |text: &str, mark: &str| -> Vec<u16> { mark.encode_utf16().chain(text.encode_utf16()).collect() };
    let low = |text: &str, mark: &str| wide(text, mark).into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let high = |text: &str, mark: &str| wide(text, mark).into_iter().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let latin = |text: &str| text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect::<Vec<u8>>();
    let utf8 = |text: &str, mark: &str| [mark.as_bytes(), text.as_bytes()].concat();
    let bad = |text: &str| [text.as_bytes(), b"\xFF\n"].concat();
    for (clear, wanted) in [
        (utf8(text, ""), utf8(&masked, "")),
        (utf8(text, "\u{FEFF}"), utf8(&masked, "\u{FEFF}")),
        (latin(text), latin(&masked)),
        (bad(text), bad(&masked)),
        ([latin(text), vec![0; 5]].concat(), [latin(&masked), vec![0; 5]].concat()),
        (utf8(&format!("{text}\0"), ""), utf8(&format!("{masked}\0"), "")),
        (low(text, "\u{FEFF}"), low(&masked, "\u{FEFF}")),
        (high(text, "\u{FEFF}"), high(&masked, "\u{FEFF}")),
        (low(text, ""), low(&masked, "")),
        (high(text, ""), high(&masked, "")),
    ] {
        let base64 = STANDARD.encode(&clear);
        let lines: Vec<&str> = base64.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
        for (written, written_back) in [
            (base64.clone(), STANDARD.encode(&wanted)),
            (base64.replace('/', "\\/").replace('+', "\\u002B"), STANDARD.encode(&wanted)),
            (STANDARD_NO_PAD.encode(&clear), STANDARD_NO_PAD.encode(&wanted)),
            (URL_SAFE_NO_PAD.encode(&clear), URL_SAFE_NO_PAD.encode(&wanted)),
            (format!("{base64} "), STANDARD.encode(&wanted) + " "),
            (
                format!("data:text/plain;charset=x;base64,{base64}"),
                format!("data:text/plain;charset=x;base64,{}", STANDARD.encode(&wanted)),
            ),
            (lines.join("\\r\\n"), lined(&STANDARD.encode(&wanted))),
        ] {
            let is = mask_file(&written);
            // Nothing tells the alphabet, or whether there is padding, where either would look the same.
            let plainly = |text: &str| text.replace('-', "+").replace('_', "/").trim_end_matches('=').to_owned();
            assert_eq!(plainly(&is), plainly(&written_back), "{written}");
            if written.contains(['-', '_', ' ']) || clear.len() % 3 > 0 && wanted.len() % 3 > 0 {
                assert_eq!(is.ends_with('='), written_back.ends_with('='), "{written}");
            }
        }
    }
}

fn lined(base64: &str) -> String {
    let lines: Vec<&str> = base64.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    lines.join("\\r\\n")
}

#[test]
fn a_street_in_a_file_is_one_in_every_encoding() {
    let text = "Anschrift: Musterstra\u{df}e 5, 10115 K\u{f6}ln (zu Händen der Buchhaltung, zweiter Stock links)";
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [text.as_bytes().to_vec(), latin, wide] {
        let masked = STANDARD.decode(mask_file(&STANDARD.encode(&bytes))).unwrap();
        let plain: Vec<u8> = masked.into_iter().filter(|&byte| byte != 0).collect();
        assert!(plain.starts_with(b"Anschrift: [ADDRESS] (zu H"), "{}", String::from_utf8_lossy(&plain));
    }
}

#[test]
fn json_in_a_file_stays_json() {
    let json = r#"{"card":4111111111111111,"mail":"jane.doe\u0040example.com","in":"{\"ssn\":734123102}"}"#;
    for wide in [false, true] {
        let bytes =
            if wide { json.encode_utf16().flat_map(u16::to_le_bytes).collect() } else { json.as_bytes().to_vec() };
        let masked = STANDARD.decode(mask_file(&STANDARD.encode(bytes))).unwrap();
        let plain: Vec<u8> = masked.into_iter().filter(|&byte| byte != 0).collect();
        let wanted = r#"{"card":"[CARD]","mail":"[EMAIL]","in":"{\"ssn\":\"[SSN]\"}"}"#;
        assert_eq!(String::from_utf8(plain).unwrap(), wanted);
    }
}

#[test]
fn what_only_could_be_base64_is_looked_at_as_it_is() {
    for text in [
        "4111111111111111",
        "4111-1111-1111-1111",
        "4111 1111 1111 1111",
        "+1 415 555 2671",
        "Please call Jane on +1 415 555 2671 and not on any other number in the next days",
        "Please call Jane tomorrow\\non +1 415 555 2671\\nor do not call her at all or ever again",
        "the-card 4111-1111-1111-1111 belongs to the house and to nobody else in the whole world",
    ] {
        let masked = mask_file(text);
        assert!(masked.contains('['), "{masked}");
    }
}

#[test]
fn files_of_no_text_pass() {
    let noise: Vec<u8> =
        (0..4_000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    for start in
        [&b"\x89PNG\r\n\x1a\n"[..], b"\xFF\xD8\xFF\xE0\0\x10JFIF", b"PK\x03\x04", b"%PDF-1.7\n%a", b"GIF89a", b""]
    {
        let file = [start, &noise, b" jane.doe@example.com "].concat();
        for base64 in [STANDARD.encode(&file), lined(&STANDARD.encode(&file))] {
            assert_eq!(mask_file(&base64), base64);
        }
    }
}

/// Pieces that recognizers react to, and anything else.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("12 Main St, ".to_owned()),
        Just("+1".to_owned()),
        Just("@".to_owned()),
        Just("::".to_owned()),
        Just("passport ".to_owned()),
        Just("password: ".to_owned()),
        Just("open!sesame".to_owned()),
        Just("letmein".to_owned()),
        Just("mot de passe\u{A0}: ".to_owned()),
        Just("\u{200B}".to_owned()),
        Just("&commat;example.com".to_owned()),
        Just("\"".to_owned()),
        Just("{\"a\":".to_owned()),
        Just("\\u00".to_owned()),
        Just("%40".to_owned()),
        Just("-----BEGIN ".to_owned()),
        Just("DE89".to_owned()),
        Just("é".to_owned()),
        Just("电话".to_owned()),
        Just("\n".to_owned()),
        Just("phone,ssn\n".to_owned()),
        Just("C/ ".to_owned()),
        Just("ul. ".to_owned()),
        Just("straße ".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        "[0-9]{1,12}",
        "[ ./,:;()-]{1,4}",
        "[A-Za-z<]{1,9}",
        "\\PC{0,4}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn key() -> impl Strategy<Value = String> {
    "(password|newPassword|db_pass|phone|ssn|address|type|name|id|birthDate|compass|line1)"
}

fn is_ordered(text: &str, scanner: &Scanner) -> bool {
    let mut end = 0;
    scanner.scan(text).iter().all(|finding| {
        let fits = finding.range.start >= end
            && finding.range.end > finding.range.start
            && text.get(finding.range.clone()).is_some();
        end = finding.range.end;
        fits
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 2_000 } else { 200_000 }))]

    #[test]
    fn no_text_panics_and_findings_are_in_order(text in soup()) {
        let scanner = Scanner::new(Config::default());
        prop_assert!(is_ordered(&text, &scanner), "{:?}", scanner.scan(&text));
        let quoted = serde_json::json!({"passport": text, "list": [text]}).to_string();
        prop_assert!(is_ordered(&quoted, &scanner));
        let masked = mask(Action::Label, &quoted);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok(), "{}", masked);
    }

    #[test]
    fn a_stream_of_json_is_masked_as_the_whole_is(values in proptest::collection::vec((key(), soup()), 0..6), pretty in any::<bool>()) {
        let members: serde_json::Map<String, serde_json::Value> =
            values.into_iter().map(|(key, value)| (key, if value.len() % 4 == 0 { serde_json::json!([value, 5]) } else { value.into() })).collect();
        let body = if pretty { serde_json::to_string_pretty(&members) } else { serde_json::to_string(&members) }.unwrap();
        let masker = masker(Action::Label);
        let mut stream = JsonStream::new(&masker, 1 << 20);
        let mut out = stream.feed(body.as_bytes(), &mut Naming::Plain).unwrap();
        out.extend(stream.finish(&mut Naming::Plain).unwrap().0);
        let whole = masker.mask(&body, &mut Naming::Plain).unwrap().into_inner();
        prop_assert_eq!(String::from_utf8(out).unwrap(), whole);
    }

    #[test]
    fn streams_take_any_bytes_in_any_pieces(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in soup(), cut in 0usize..600) {
        let masker = masker(Action::Label);
        let body = [text.as_bytes(), &bytes].concat();
        let (head, tail) = body.split_at(cut.min(body.len()));
        macro_rules! run {
            ($stream:expr, $($part:expr),*) => {{
                let mut stream = $stream;
                let mut out = Vec::new();
                $(out.extend(stream.feed($part, &mut Naming::Plain).unwrap());)*
                out.extend(stream.finish(&mut Naming::Plain).unwrap().0);
                out
            }};
        }
        prop_assert_eq!(run!(JsonStream::new(&masker, 1 << 20), &body), run!(JsonStream::new(&masker, 1 << 20), head, tail));
        prop_assert_eq!(run!(SseStream::new(&masker, 1 << 20), &body), run!(SseStream::new(&masker, 1 << 20), head, tail));
    }
}
