//! What stands in the place of a finding. Nothing written here is found again.

use vestibule_model::{Digest, Secret, ServerName};

use super::{
    Action,
    pseudonyms::{Keep, Pseudonyms, Shape, normal},
};
use crate::{
    disguise::plainly,
    finding::{Finding, Site},
    kind::Kind,
};

/// The key of the action [`Hash`](Action::Hash): the same value gives the same token under the same key.
pub type HashKey = Secret<[u8; 32]>;

/// How labels are numbered.
pub enum Naming<'a> {
    /// Not at all: `[EMAIL]`. For logs.
    Plain,
    /// By the reader's store, for what this place shows: `[EMAIL_1]`.
    Numbered(&'a mut Pseudonyms, &'a ServerName),
}

/// Writes the replacement of a finding.
pub(super) fn write(
    out: &mut Vec<u8>,
    finding: &Finding,
    value: &str,
    action: Action,
    key: &HashKey,
    naming: &mut Naming<'_>,
) {
    let depth = match finding.site {
        Site::Text | Site::Encoded => None,
        Site::Number { depth } => Some(depth),
    };
    depth.into_iter().for_each(|depth| quote(out, depth));
    match action {
        Action::Partial => match partial(finding.kind, value) {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => label(out, finding.kind, None),
        },
        Action::Hash => out.extend_from_slice(hash(finding.kind, value, key).as_bytes()),
        Action::Label | Action::Block => label(out, finding.kind, number(finding, value, naming, Keep::Number)),
        Action::Pseudonym => label(out, finding.kind, number(finding, value, naming, Keep::Value)),
    }
    depth.into_iter().for_each(|depth| quote(out, depth));
}

/// A quote inside so many strings: each doubles the backslashes and adds one.
fn quote(out: &mut Vec<u8>, depth: u8) {
    let backslashes = (1usize << depth.min(8)) - 1;
    out.extend(std::iter::repeat_n(b'\\', backslashes));
    out.push(b'"');
}

/// `[EMAIL_1]`, or without a number.
fn label(out: &mut Vec<u8>, kind: Kind, number: Option<u32>) {
    out.push(b'[');
    out.extend_from_slice(kind.label().as_bytes());
    if let Some(number) = number {
        out.push(b'_');
        out.extend_from_slice(number.to_string().as_bytes());
    }
    out.push(b']');
}

fn number(finding: &Finding, value: &str, naming: &mut Naming<'_>, keep: Keep) -> Option<u32> {
    let Naming::Numbered(store, server) = naming else { return None };
    let shape = if finding.site == Site::Text { Shape::Text } else { Shape::Number };
    store.number(finding.kind, value, shape, server, keep)
}

/// HMAC-SHA-256 of kind and normalised value, as sixteen letters. Digits would look like something again.
fn hash(kind: Kind, value: &str, key: &HashKey) -> String {
    const LETTERS: &[u8; 16] = b"bcdfghjklmnpqrst";
    let message = [kind.label().as_bytes(), b"|", normal(kind, value).as_bytes()].concat();
    let pad = |with: u8| -> Vec<u8> { key.expose().iter().copied().chain([0; 32]).map(|byte| byte ^ with).collect() };
    let inner = Digest::of(&[pad(0x36), message].concat());
    let outer = Digest::of(&[pad(0x5C).as_slice(), inner.as_bytes().as_slice()].concat());
    let nibbles = outer.as_bytes().iter().take(8).flat_map(|byte| [byte >> 4, byte & 15]);
    let letters: String =
        nibbles.filter_map(|nibble| LETTERS.get(usize::from(nibble))).map(|&byte| char::from(byte)).collect();
    format!("[{}~{letters}]", kind.label())
}

/// The first letter and the domain, the last four digits, the network. Nothing for what has no harmless part.
fn partial(kind: Kind, value: &str) -> Option<String> {
    let value = plainly(value);
    match kind {
        Kind::Email => {
            let (local, domain) = value.split_once('@')?;
            let first = local.chars().next().filter(|letter| letter.is_ascii_alphanumeric())?;
            let domain = domain
                .chars()
                .all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-'))
                .then_some(domain)?;
            Some(format!("{first}***@{domain}"))
        }
        Kind::Phone | Kind::Ssn | Kind::Card | Kind::Iban | Kind::Passport | Kind::NationalId => {
            let letters: Vec<char> = value.chars().filter(char::is_ascii_alphanumeric).collect();
            let shown = if letters.len() > 9 { 4 } else { 2 };
            let rest: String = letters.iter().skip(letters.len().saturating_sub(shown)).collect();
            Some(format!("***{rest}"))
        }
        Kind::Ip => {
            let (first, rest) = value.split_once('.').filter(|_| !value.contains(':'))?;
            let second = rest.split('.').next()?;
            Some(format!("{first}.{second}.*.*"))
        }
        Kind::Street | Kind::Secret | Kind::BirthDate => None,
    }
}
