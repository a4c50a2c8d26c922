//! Turns labels back in what goes to the server that the values came from.

use std::borrow::Cow;

use vestibule_model::ServerName;

use super::pseudonyms::{Pseudonyms, Shape};
use crate::{
    json::{Decoded, Lexer, MAX_NESTED, Token, looks_like_json},
    kind::Kind,
};

impl Pseudonyms {
    /// The JSON with each label replaced whose value this server has shown. Other labels stay as they are. Strings
    /// only: a key is never touched. What is no JSON comes back unchanged.
    pub fn restore<'t>(&self, json: &'t str, server: &ServerName) -> Cow<'t, str> {
        if self.is_empty() || !json.contains('[') {
            return Cow::Borrowed(json);
        }
        self.restore_at(json, server, 0).map_or(Cow::Borrowed(json), Cow::Owned)
    }

    fn restore_at(&self, json: &str, server: &ServerName, nested: u8) -> Option<String> {
        let bytes = json.as_bytes();
        let mut lexer = Lexer::document(bytes);
        let (mut out, mut place, mut changed) = (String::new(), 0, false);
        loop {
            match lexer.next().ok()? {
                Token::End => break,
                Token::String if !is_key(bytes, lexer.last.end) => (),
                _ => continue,
            }
            let inside = lexer.last;
            let decoded = Decoded::of(inside.of(bytes))?;
            let text = String::from_utf8(decoded.bytes).ok()?;
            let Some(restored) = self.restore_string(&text, server, nested) else { continue };
            changed = true;
            let number = matches!(restored, Restored::Number(_));
            let start = if number { inside.start - 1 } else { inside.start };
            out.push_str(json.get(place..start)?);
            match restored {
                Restored::Number(digits) => out.push_str(&digits),
                Restored::Text(text) => escape(&mut out, &text),
            }
            place = if number { inside.end + 1 } else { inside.end };
        }
        out.push_str(json.get(place..)?);
        changed.then_some(out)
    }

    fn restore_string(&self, text: &str, server: &ServerName, nested: u8) -> Option<Restored> {
        if !text.contains('[') {
            return None;
        }
        if nested < MAX_NESTED
            && looks_like_json(text.as_bytes())
            && let Some(inner) = self.restore_at(text, server, nested + 1)
        {
            return Some(Restored::Text(inner));
        }
        let (mut out, mut rest, mut changed) = (String::new(), text, false);
        while let Some(open) = rest.find('[') {
            let (before, label) = rest.split_at_checked(open)?;
            out.push_str(before);
            let (length, found) = match read_label(label) {
                Some((kind, number, length)) => (length, self.find(kind, number, server)),
                None => (1, None),
            };
            match found {
                Some((value, Shape::Number)) if length == text.len() => {
                    return Some(Restored::Number(value.to_owned()));
                }
                Some((value, _)) => {
                    out.push_str(value);
                    changed = true;
                }
                None => out.push_str(label.get(..length)?),
            }
            rest = label.get(length..)?;
        }
        out.push_str(rest);
        changed.then_some(Restored::Text(out))
    }
}

/// A string in which labels were turned back.
enum Restored {
    Text(String),
    /// The whole string was the label of a number.
    Number(String),
}

/// `[EMAIL_12]` at the start: kind, number and length.
fn read_label(text: &str) -> Option<(Kind, u32, usize)> {
    let close = text.find(']').filter(|&close| close < 24)?;
    let (kind, number) = text.get(1..close)?.rsplit_once('_')?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    Some((Kind::from_label(kind)?, number.parse().ok().filter(|_| digits)?, close + 1))
}

/// Whether the string that ends at the quote is a key: a colon follows.
fn is_key(bytes: &[u8], quote: usize) -> bool {
    let rest = bytes.get(quote + 1..).unwrap_or_default();
    rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1F' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
}
