//! Records as lines for people.

use std::{collections::HashMap, fmt::Write};

use serde_json::Value;
use vestibule_pii::{Action, Config, HashKey, Masker, Naming};

use super::super::place;

/// What ids stand for, as far as the database tells.
#[derive(Default)]
pub(super) struct Names(HashMap<String, String>);

impl Names {
    /// The evidence holds ids only; e-mail addresses and client names make it readable. Without a database it is
    /// shown as it is. What people look at over a shoulder or paste into a ticket is masked like the evidence, unless they
    /// ask for all of it.
    pub(super) async fn load(place: place::Place, shown: Shown) -> Self {
        let Ok(store) = place.store().await else { return Self::default() };
        let users = store.list_users(None).await.unwrap_or_default();
        let clients = store.list_clients().await.unwrap_or_default();
        let masker = Masker::new(Config::default().with_action(Action::Partial), HashKey::new([0; 32]));
        let users = users.into_iter().map(|user| {
            let id = user.id.to_string();
            let name = if shown == Shown::InFull { user.email } else { format!("{id} ({})", in_part(&user.email)) };
            (id, name)
        });
        let clients = clients.into_iter().map(|client| {
            let name = if shown == Shown::InFull { client.name } else { masked(&masker, &client.name) };
            (client.id.to_string(), name)
        });
        Self(users.chain(clients).collect())
    }

    fn of<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.get(id).map_or(id, String::as_str)
    }
}

/// How much of a name is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shown {
    /// All of it.
    InFull,
    /// What tells people apart who are known already.
    InPart,
}

/// The first letter of an address, and where it is.
fn in_part(email: &str) -> String {
    let (name, domain) = email.split_once('@').unwrap_or((email, "…"));
    format!("{}***@{domain}", name.chars().next().unwrap_or('?'))
}

fn masked(masker: &Masker, name: &str) -> String {
    match masker.mask(name, &mut Naming::Plain) {
        Ok(screened) => screened.into_inner().into_owned(),
        Err(blocked) => format!("[{blocked}]"),
    }
}

/// What a line shows, in this order, with its label.
const SHOWN: [(&str, &str); 7] = [
    ("server", ""),
    ("action", ""),
    ("target", ""),
    ("user", "by "),
    ("subject", "about "),
    ("client", "with "),
    ("reason", "because "),
];

/// One record as one line for people; checkpoints are left out.
pub(super) fn readable(line: &str, names: &Names) -> Option<String> {
    let record: Value = serde_json::from_str(line).ok()?;
    let event = record.get("event")?;
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or("");
    let mark = match text("verdict") {
        "allow" => "ALLOW",
        "deny" => "DENY ",
        _ => "     ",
    };
    let at = vestibule_model::Timestamp::from_millis(event.get("at").and_then(Value::as_i64).unwrap_or(0));
    let mut out = format!("{at} {mark} {:<15}", text("kind"));
    for (field, label) in SHOWN {
        let value = names.of(text(field));
        if !value.is_empty() {
            // What others chose must not steer the terminal.
            let _ = write!(out, " {label}{}", value.escape_debug());
        }
    }
    if let Some(policies) = event.get("policies").and_then(Value::as_array) {
        let ids: Vec<&str> = policies.iter().filter_map(Value::as_str).collect();
        let _ = write!(out, " under {}", ids.join(", ").escape_debug());
    }
    if let (Some(status), Some(micros)) = (number(event, "status"), number(event, "micros")) {
        let _ = write!(out, " status {status} in {}.{} ms", micros / 1000, micros % 1000 / 100);
    }
    Some(out)
}

fn number(event: &Value, name: &str) -> Option<u64> {
    event.get(name)?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_clients_are_shown_in_part() {
        let masker = Masker::new(Config::default().with_action(Action::Partial), HashKey::new([0; 32]));
        let client = masked(&masker, "Claude for 734-12-3102");
        assert!(client.starts_with("Claude for ") && !client.contains("734-12"), "{client}");
        assert_eq!(masked(&masker, "Desktop"), "Desktop");
        assert_eq!(in_part("jane.doe@example.com"), "j***@example.com");
        assert_eq!(in_part("nobody"), "n***@…");
    }

    #[test]
    fn what_others_chose_cannot_steer_the_terminal() {
        let line = r#"{"seq":7,"event":{"at":0,"kind":"call","verdict":"deny","target":"a\u001b[2J\r\nALLOW\u202e","policies":["p\u0007"]}}"#;
        let text = readable(line, &Names::default()).unwrap();
        assert!(text.contains("DENY") && text.contains("a\\u{1b}[2J\\r\\nALLOW\\u{202e}"), "{text}");
        assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
    }
}
