//! Watches answers as they stream by for a list that nobody asked for there.
//!
//! A client takes an answer by its id, on whatever stream it comes. So a server could put the answer to `tools/list`, on
//! whose own stream it would be filtered, on the stream of a call. This finds such an answer while it passes, without
//! keeping anything of it: before its end, so that whoever stops there has not delivered it.

use std::borrow::Cow;

use crate::{filter::LISTS, keys, scan::plain_prefix};

/// The longest spelling of a key that matters: each character of the longest name as an escape, and more.
const LONGEST_KEY: usize = 128;
/// The deepest level that matters: members of the result of a message in a batch.
const DEEPEST: usize = 3;

/// How messages are framed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// One JSON text.
    Json,
    /// Server-sent events, each a JSON text.
    Events,
}

/// Sees every byte of an answer, in order.
#[derive(Debug)]
pub struct Watch {
    lines: Option<Lines>,
    json: Json,
}

impl Watch {
    /// At the start of an answer.
    pub fn new(framing: Framing) -> Self {
        Self { lines: (framing == Framing::Events).then(Lines::default), json: Json::default() }
    }

    /// Takes the next bytes. False as soon as the result of a message has a member that holds a list: the message is
    /// not complete then, and these bytes must not be passed on.
    #[must_use]
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        let Some(lines) = &mut self.lines else { return self.json.feed(bytes) };
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            if !matches!(lines.place, Place::Data) {
                lines.step(*first, &mut self.json);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
            let (line, after) = rest.split_at_checked(end).unwrap_or_default();
            if !self.json.feed(line) {
                return false;
            }
            if let Some(end) = after.first() {
                lines.step(*end, &mut self.json);
            }
            rest = after.get(1..).unwrap_or_default();
        }
        true
    }
}

/// Where in an event stream we are (HTML, server-sent events, parsing an event stream).
#[derive(Debug, Default)]
struct Lines {
    place: Place,
    /// A line ended with CR; an LF now belongs to it.
    after_return: bool,
    /// The name of the field, as far as it could still be `data`. Byte order marks before it do not count, however many:
    /// each reader behind us may drop one.
    name: Vec<u8>,
}

#[derive(Debug, Default)]
enum Place {
    #[default]
    Start,
    Name,
    Data,
    Other,
}

impl Lines {
    fn step(&mut self, byte: u8, json: &mut Json) {
        let after_return = std::mem::take(&mut self.after_return);
        match (byte, &self.place) {
            (b'\n', _) if after_return => {}
            (b'\r' | b'\n', place) => {
                if matches!(place, Place::Start) {
                    *json = Json::default();
                }
                self.place = Place::Start;
                self.name.clear();
                self.after_return = byte == b'\r';
            }
            (b':', Place::Name | Place::Start) => {
                self.place = if self.name == b"data" { Place::Data } else { Place::Other };
            }
            (_, Place::Start | Place::Name) => {
                self.place = Place::Name;
                if self.name.len() < 8 {
                    self.name.push(byte);
                }
                if self.name == b"\xEF\xBB\xBF" {
                    self.name.clear();
                }
            }
            (_, Place::Data | Place::Other) => {}
        }
    }
}

/// Where in a JSON text we are. It need not be valid: a reader that takes more than JSON still sees keys where we do.
#[derive(Debug, Default)]
struct Json {
    depth: usize,
    /// Which of the open levels are objects, the outermost first.
    objects: [bool; DEEPEST + 1],
    /// The level of messages: one more in a batch.
    message: usize,
    expects_key: bool,
    string: Option<Text>,
    /// The key that is being read, when it is one that matters; its space is used again.
    key: Vec<u8>,
    /// The last key of the message was `result`.
    names_result: bool,
    in_result: bool,
}

/// A string that is being read.
#[derive(Clone, Copy, Debug)]
struct Text {
    /// The next character is escaped.
    escaped: bool,
    /// It is a key that matters.
    is_key: bool,
}

impl Json {
    fn feed(&mut self, mut rest: &[u8]) -> bool {
        while let Some(byte) = rest.first() {
            match self.string {
                Some(text) if !text.escaped => {
                    // Most of an answer is text: that is passed in one step.
                    let plain = plain_prefix(rest);
                    let (skipped, after) = rest.split_at_checked(plain).unwrap_or_default();
                    self.keep(text, skipped);
                    rest = after;
                    let Some(special) = rest.first() else { return true };
                    if *special == b'"' {
                        self.string = None;
                        if text.is_key && !self.end_key() {
                            return false;
                        }
                    } else {
                        self.string = Some(Text { escaped: *special == b'\\', ..text });
                        self.keep(text, &[*special]);
                    }
                }
                Some(text) => {
                    self.string = Some(Text { escaped: false, ..text });
                    self.keep(text, &[*byte]);
                }
                None => self.step(*byte),
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        true
    }

    fn step(&mut self, byte: u8) {
        match byte {
            b'{' | b'[' => {
                if self.depth == 0 {
                    self.message = if byte == b'{' { 1 } else { 2 };
                }
                self.in_result |= self.depth == self.message && self.names_result && byte == b'{';
                self.depth += 1;
                // What the message before named says nothing of this one.
                self.names_result &= self.depth != self.message;
                if let Some(level) = self.objects.get_mut(self.depth) {
                    *level = byte == b'{';
                }
                self.expects_key = byte == b'{';
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.in_result &= self.depth > self.message;
                self.expects_key = false;
            }
            b',' => self.expects_key = self.objects.get(self.depth).copied().unwrap_or(false),
            b':' => self.expects_key = false,
            b'"' => {
                let matters = self.depth == self.message || (self.in_result && self.depth == self.message + 1);
                self.string = Some(Text { escaped: false, is_key: self.expects_key && matters && self.depth > 0 });
                self.key.clear();
            }
            _ => {}
        }
    }

    fn keep(&mut self, text: Text, bytes: &[u8]) {
        if text.is_key {
            let room = LONGEST_KEY.saturating_sub(self.key.len());
            self.key.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
    }

    /// False when it was the name of a list.
    fn end_key(&mut self) -> bool {
        let key = if self.key.contains(&b'\\') {
            let quoted = [b"\"", self.key.as_slice(), b"\""].concat();
            serde_json::from_slice::<String>(&quoted).map(Cow::Owned).ok()
        } else {
            std::str::from_utf8(&self.key).map(Cow::Borrowed).ok()
        };
        // What is no text is no name that anybody knows.
        let Some(key) = key else { return true };
        let is = |name: &str| key == name || keys::is_variant_of(&key, &[name]);
        if self.depth == self.message {
            self.names_result = is("result");
            return true;
        }
        !LISTS.iter().any(|(name, _)| is(name))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// Whether all of it passes, whole and byte by byte.
    fn passes(framing: Framing, text: &str) -> bool {
        let whole = Watch::new(framing).feed(text.as_bytes());
        let mut watch = Watch::new(framing);
        let bytewise = text.as_bytes().chunks(1).all(|byte| watch.feed(byte));
        assert_eq!(whole, bytewise, "{text}");
        whole
    }

    const SMUGGLED: [&str; 9] = [
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#,
        r#"{"result":{"x":{"y":[{}]},"resourceTemplates":[]},"id":1}"#,
        r#" [ {"id":2,"result":{}} , {"result" : { "prompts":[]}} ]"#,
        r#"{"r\u0065sult":{"\u0074\u006f\u006f\u006c\u0073":[]}}"#,
        r#"{"result":1,"result":{"resources":[]}}"#,
        r#"{"Result":{"TOOLS":[]}}"#,
        r#"{"a":"\\","b":"\"","result":{"c":"}","tools":[]}}"#,
        r#"{"result":{"a":[1,2,{"b":1}],"tools":[]}}"#,
        r#"{"result":{"result":{},"tools":[]}}"#,
    ];
    const HARMLESS: [&str; 10] = [
        r#"[{"result":null},[{"tools":null}]]"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"\"tools\":[]"}]}}"#,
        r#"{"result":{"capabilities":{"tools":{},"prompts":{}}}}"#,
        r#"{"result":{"structuredContent":{"tools":[1]},"content":["tools","prompts"]}}"#,
        r#"{"method":"notifications/message","params":{"tools":[]}}"#,
        r#"{"error":{"data":{"tools":[]},"tools":[]}}"#,
        r#"{"params":{"result":{"tools":[]}}}"#,
        r#"[{"result":{"x":["tools"]}},{"x":{"tools":1}}]"#,
        r#"{"result":["tools"],"tools":[]}"#,
        r#"{"result":{"x":"tools"}}"#,
    ];

    #[test]
    fn a_list_in_a_result_is_found_and_nothing_else() {
        for text in SMUGGLED {
            assert!(!passes(Framing::Json, text), "{text}");
        }
        for text in HARMLESS {
            assert!(passes(Framing::Json, text), "{text}");
        }
    }

    #[test]
    fn events_are_watched_one_by_one() {
        for text in SMUGGLED {
            for framed in [
                format!("data:{text}\n\n"),
                format!("\u{feff}data: {text}\r\n\r\n"),
                format!("\u{feff}\u{feff}\u{feff}data: {text}\n\n"),
                format!(": ping\n\nevent: message\rid: 7\rdata: {text}\r\r"),
                format!("data: {}\n\ndata: {text}\n\n", HARMLESS[0]),
                format!("data: {{\"result\":\n: between\ndata:{{\ndata: \"tools\":[]}}}}\n\n{text}"),
            ] {
                assert!(!passes(Framing::Events, &framed), "{framed}");
            }
        }
        for text in HARMLESS {
            let framed = format!("datas: {}\ndata: {text}\n\ndata\n\nid: {}\n\n", SMUGGLED[0], SMUGGLED[0]);
            assert!(passes(Framing::Events, &framed), "{framed}");
        }
        // A broken event does not hide the next.
        assert!(!passes(Framing::Events, &format!("data: {{\"a\":\"\n\ndata: {}\n\n", SMUGGLED[0])));
    }

    fn values() -> impl Strategy<Value = Value> {
        let key = prop::sample::select(vec!["result", "tools", "prompts", "Tools", "x", "\"}", "tool", "{[\\"]);
        let leaf = prop_oneof![Just(Value::Null), Just(7.into()), key.clone().prop_map(Value::from)];
        leaf.prop_recursive(5, 40, 4, move |inner| {
            let members = prop::collection::vec((key.clone(), inner.clone()), 0..4);
            prop_oneof![
                members.prop_map(|all| all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
                prop::collection::vec(inner, 0..4).prop_map(Value::Array),
            ]
        })
    }

    fn holds_a_list(message: &Value) -> bool {
        let members = message.get("result").and_then(Value::as_object);
        members.is_some_and(|all| all.keys().any(|key| LISTS.iter().any(|(name, _)| name.eq_ignore_ascii_case(key))))
    }

    proptest! {
        #[test]
        fn it_finds_what_a_parser_finds(value in values()) {
            let found = match &value {
                Value::Array(batch) => batch.iter().any(holds_a_list),
                single => holds_a_list(single),
            };
            prop_assert_eq!(passes(Framing::Json, &value.to_string()), !found);
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            let lines = pretty.lines().map(|line| format!("data: {line}\r\n")).collect::<String>();
            prop_assert_eq!(passes(Framing::Events, &format!("{lines}\r\n")), !found);
        }
    }

    #[test]
    fn it_is_found_before_the_message_ends() {
        for text in SMUGGLED {
            let mut watch = Watch::new(Framing::Json);
            let passed = text.bytes().take_while(|byte| watch.feed(&[*byte])).count();
            assert!(passed < text.len() - 2, "{text}");
        }
    }
}
