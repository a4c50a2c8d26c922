//! One spelling for equal JSON values, in the manner of RFC 8785: members sorted, no white space, one form for each
//! string and number.
//!
//! It differs in one point: RFC 8785 rounds a number to a double, here its exact value is kept. Two integers that a
//! double cannot tell apart stay two.

use std::fmt::Write;

use crate::{
    error::ParseError,
    scan::{Kind, Scanner},
};

/// A member of an object: its unescaped key, and its value in canonical form.
pub(crate) type Member = (String, String);

/// The canonical form of the value that comes next.
pub(crate) fn value(scanner: &mut Scanner<'_>) -> Result<String, ParseError> {
    match scanner.peek() {
        Some(b'{') => Ok(object(members(scanner, |_| true)?)),
        Some(b'[') => {
            let mut elements = Vec::new();
            scanner.array(|scanner| {
                elements.push(value(scanner)?);
                Ok(())
            })?;
            Ok(format!("[{}]", elements.join(",")))
        }
        _ => {
            let scanned = scanner.value()?;
            Ok(match scanned.kind {
                Kind::String { escaped } => string(&scanner.text_of(&scanned.span, escaped)),
                Kind::Number => number(scanner.slice(&scanned.span)),
                _ => scanner.slice(&scanned.span).to_owned(),
            })
        }
    }
}

/// The members of the object that comes next, those with a key that is wanted.
pub(crate) fn members(scanner: &mut Scanner<'_>, wanted: impl Fn(&str) -> bool) -> Result<Vec<Member>, ParseError> {
    let mut members = Vec::new();
    scanner.object(|scanner, key| {
        if wanted(key.as_ref()) {
            members.push((key.as_ref().to_owned(), value(scanner)?));
            return Ok(());
        }
        scanner.value().map(drop)
    })?;
    Ok(members)
}

/// RFC 8785 section 3.2.3: members are sorted by the UTF-16 code units of their keys.
pub(crate) fn object(mut members: Vec<Member>) -> String {
    members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    let mut out = String::from("{");
    for (number, (key, value)) in members.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        out.push_str(&string(key));
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    out
}

/// RFC 8785 section 3.2.2.2: only quotes, backslashes and control characters are escaped, the latter in one way each.
fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            // Writing to a string does not fail.
            control if control < ' ' => drop(write!(out, "\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// RFC 8785 section 3.2.2.3: as ECMAScript prints numbers, but with all digits that were given.
fn number(text: &str) -> String {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0').trim_end_matches('0');
    if digits.is_empty() {
        return "0".to_owned();
    }
    // An exponent beyond this is a number beyond what the scanner lets in, or one that rounds to nothing.
    let Ok(exponent) = exponent.parse::<i32>() else { return text.to_ascii_lowercase() };
    let leading = all.len() - all.trim_start_matches('0').len();
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    // The value is 0.DIGITS times ten to the power of `point`.
    let point = count(whole.len()) - count(leading) + i64::from(exponent);
    format!("{sign}{}", placed(digits, point))
}

/// ECMAScript, Number::toString: plain up to 21 places and down to six zeros after the point, else with an exponent.
fn placed(digits: &str, point: i64) -> String {
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let at = usize::try_from(point).unwrap_or(0);
    match digits.split_at_checked(at) {
        _ if point > 21 || point <= -6 => {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{:+}", point - 1)
        }
        _ if point <= 0 => format!("0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or(0))),
        Some((whole, fraction)) if point < length => format!("{whole}.{fraction}"),
        _ => format!("{digits}{}", "0".repeat(at.saturating_sub(digits.len()))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> String {
        let mut scanner = Scanner::new(text.as_bytes()).unwrap();
        let canonical = value(&mut scanner).unwrap();
        scanner.end().unwrap();
        canonical
    }

    #[test]
    fn the_example_of_the_rfc() {
        // RFC 8785 section 3.2.4, with a number of ours in the place of the one that a double rounds.
        let text = r#"{ "numbers": [1E30, 4.50, 6, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] }"#;
        assert_eq!(
            canonical(text),
            "{\"literals\":[null,true,false],\"numbers\":[1e+30,4.5,6,0.002,1e-27],\
             \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
        );
    }

    #[test]
    fn keys_are_sorted_by_utf_16() {
        // RFC 8785 section 3.2.3: the emoji's first unit is 0xD83D, before 0xFB33.
        let text = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
        assert_eq!(canonical(text), "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}");
    }

    #[test]
    fn equal_numbers_have_one_spelling_and_others_have_two() {
        for (text, spelling) in [
            ("-0", "0"),
            ("0e99999999999999999999", "0"),
            ("1.0", "1"),
            ("10", "10"),
            ("1e1", "10"),
            ("-1.50E+2", "-150"),
            ("0.10", "0.1"),
            ("123.4560", "123.456"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("1.5e-300", "1.5e-300"),
            ("9007199254740993", "9007199254740993"),
            ("9007199254740992", "9007199254740992"),
            ("12345678901234567890123", "1.2345678901234567890123e+22"),
            ("100000000000000000000000", "1e+23"),
        ] {
            assert_eq!(canonical(text), spelling, "{text}");
        }
    }

    proptest! {
        #[test]
        fn doubles_are_spelled_as_they_were(number in -1e25f64..1e25) {
            let spelled = canonical(&format!("{number:e}"));
            prop_assert_eq!(spelled.parse::<f64>().unwrap().to_bits(), number.to_bits());
            prop_assert_eq!(canonical(&spelled), spelled);
        }

        #[test]
        fn strings_survive(text in any::<String>()) {
            let quoted = serde_json::to_string(&text).unwrap();
            let spelled = canonical(&quoted);
            prop_assert_eq!(serde_json::from_str::<String>(&spelled).unwrap(), text);
            prop_assert_eq!(canonical(&spelled), spelled);
        }
    }
}
