//! What masking promises.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use proptest::prelude::*;
use vestibule_model::{Secret, ServerName};
use vestibule_pii::{Action, Config, JsonStream, Kind, Masker, Naming, Pseudonyms, Scanner, SseStream, TextStream};

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

/// Pieces that recognizers react to, and anything else.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("12 Main St, ".to_owned()),
        Just("+1".to_owned()),
        Just("@".to_owned()),
        Just("::".to_owned()),
        Just("passport ".to_owned()),
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
        prop_assert_eq!(run!(JsonStream::new(&masker), &body), run!(JsonStream::new(&masker), head, tail));
        prop_assert_eq!(run!(SseStream::new(&masker, 1 << 20), &body), run!(SseStream::new(&masker, 1 << 20), head, tail));
        prop_assert_eq!(run!(TextStream::new(&masker), &body), run!(TextStream::new(&masker), head, tail));
    }
}
