//! Definitions and their differences, on paper and as JSON. Whatever a server says, it does not steer the terminal.

use anyhow::{Result, anyhow};
use serde_json::{Value, json};
use vestibule_mcp::difference::{self, Changed, Fate, Piece, visible};
use vestibule_store::pins::{PinRecord, PinState};

use crate::terminal::Colours;

/// Text that has not changed is cut in its middle when it is longer than this.
const KEPT: usize = 160;

/// `server/tool`, safe to print.
pub(super) fn name(pin: &PinRecord) -> String {
    format!("{}/{}", pin.server, visible(&pin.tool))
}

/// One line for each.
pub(super) fn table(pins: &[PinRecord]) {
    println!("{:<16} {:<36} {:<9} {:<24} WHY", "SERVER", "TOOL", "STATE", "SINCE");
    for pin in pins {
        let since = pin.candidate.as_ref().map_or(pin.first_seen_at, |(_, since)| *since);
        let (server, tool, state) = (pin.server.as_str(), visible(&pin.tool), pin.state.as_str());
        println!("{server:<16} {tool:<36} {state:<9} {:<24} {}", since.to_string(), why(pin));
    }
}

fn why(pin: &PinRecord) -> String {
    match (&pin.looks_like, pin.state) {
        (Some((server, tool)), _) => format!("looks like {server}/{}", visible(tool)),
        (None, PinState::Pinned) => match &pin.approved {
            Some((at, by)) => format!("approved {at} by {by}"),
            None => "as first seen".to_owned(),
        },
        (None, _) => "changed".to_owned(),
    }
}

/// What has changed about a tool, member by member; all of it when nothing has.
pub(super) fn difference(pin: &PinRecord) -> Result<()> {
    let digest = pin.candidate.as_ref().map(|(candidate, _)| candidate).or(pin.pinned.as_ref());
    let digest = digest.map(|definition| definition.digest.to_hex()).unwrap_or_default();
    println!("{}  {}, {}  sha256 {digest}", name(pin), pin.state.as_str(), why(pin));
    let paint = Paint::of_stdout();
    for changed in changes(pin)? {
        let text: String = changed.pieces.iter().map(|piece| paint.piece(piece)).collect();
        println!("  {}: {text}", changed.path);
    }
    println!();
    Ok(())
}

fn changes(pin: &PinRecord) -> Result<Vec<Changed>> {
    let unreadable = |error| anyhow!("a stored definition is damaged: {error}");
    let old = pin.pinned.as_ref().map(|definition| definition.text.as_str());
    if let Some((candidate, _)) = &pin.candidate {
        return difference::between(old, &candidate.text).map_err(unreadable);
    }
    let mut all = difference::between(None, old.unwrap_or("{}")).map_err(unreadable)?;
    all.iter_mut().flat_map(|changed| &mut changed.pieces).for_each(|piece| piece.fate = Fate::Kept);
    Ok(all)
}

/// How removed and added words are marked.
#[derive(Clone, Copy)]
enum Paint {
    Colours,
    Brackets,
}

impl Paint {
    fn of_stdout() -> Self {
        match Colours::of(&std::io::stdout()) {
            Colours::On => Self::Colours,
            Colours::Off => Self::Brackets,
        }
    }

    fn piece(self, piece: &Piece) -> String {
        let text = &piece.text;
        match (piece.fate, self) {
            (Fate::Kept, _) => shorten(text),
            (Fate::Removed, Self::Colours) => format!("\u{1b}[31;9m{text}\u{1b}[0m"),
            (Fate::Added, Self::Colours) => format!("\u{1b}[32;1m{text}\u{1b}[0m"),
            (Fate::Removed, Self::Brackets) => format!("[-{text}-]"),
            (Fate::Added, Self::Brackets) => format!("{{+{text}+}}"),
        }
    }
}

fn shorten(text: &str) -> String {
    let count = text.chars().count();
    if count <= KEPT {
        return text.to_owned();
    }
    let (start, end) = (text.chars().take(KEPT / 2), text.chars().skip(count - KEPT / 2));
    start.chain(" … ".chars()).chain(end).collect()
}

/// All that is known, for programs.
pub(super) fn json(pins: &[PinRecord]) -> Result<()> {
    let all = pins.iter().map(describe).collect::<Result<Vec<Value>>>()?;
    println!("{}", serde_json::to_string_pretty(&all)?);
    Ok(())
}

fn describe(pin: &PinRecord) -> Result<Value> {
    let piece = |piece: &Piece| {
        let fate = match piece.fate {
            Fate::Kept => "kept",
            Fate::Removed => "removed",
            Fate::Added => "added",
        };
        json!({ "fate": fate, "text": piece.text })
    };
    let member =
        |one: &Changed| json!({ "path": one.path, "pieces": one.pieces.iter().map(piece).collect::<Vec<_>>() });
    let changes: Vec<Value> = match pin.candidate {
        Some(_) => changes(pin)?.iter().map(member).collect(),
        None => Vec::new(),
    };
    let definition = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    Ok(json!({
        "server": pin.server.as_str(),
        "tool": pin.tool,
        "state": pin.state.as_str(),
        "first_seen_at": pin.first_seen_at.to_string(),
        "approved_at": pin.approved.as_ref().map(|(at, _)| at.to_string()),
        "approved_by": pin.approved.as_ref().map(|(_, by)| by),
        "sha256": pin.pinned.as_ref().map(|pinned| pinned.digest.to_hex()),
        "definition": pin.pinned.as_ref().map(|pinned| definition(&pinned.text)),
        "candidate": pin.candidate.as_ref().map(|(candidate, since)| json!({
            "sha256": candidate.digest.to_hex(),
            "since": since.to_string(),
            "definition": definition(&candidate.text),
            "changes": changes,
        })),
        "looks_like": pin.looks_like.as_ref().map(|(server, tool)| json!({ "server": server.as_str(), "tool": tool })),
    }))
}

#[cfg(test)]
mod tests {
    use vestibule_model::{Digest, ServerName, Timestamp};
    use vestibule_store::pins::Definition;

    use super::*;

    fn definition(text: &str) -> Definition {
        Definition { digest: Digest::of(text.as_bytes()), text: text.to_owned() }
    }

    #[test]
    fn differences_are_marked_and_steer_nothing() {
        let pin = PinRecord {
            server: ServerName::from("hr"),
            tool: "read\u{1b}[2J".to_owned(),
            state: PinState::Held,
            pinned: Some(definition(r#"{"description":"Reads a file.","name":"read"}"#)),
            first_seen_at: Timestamp::from_seconds(0),
            approved: None,
            candidate: Some((
                definition(r#"{"description":"Reads \u001b[8m a secret file.","name":"read"}"#),
                Timestamp::from_seconds(1),
            )),
            looks_like: None,
        };
        let changed = changes(&pin).unwrap();
        let shown = |paint: Paint| changed[0].pieces.iter().map(|piece| paint.piece(piece)).collect::<String>();
        assert_eq!(shown(Paint::Brackets), "\"Reads {+\\u{1b}[8m +}a{+ secret+} file.\"");
        assert!(shown(Paint::Colours).contains("\u{1b}[32;1m secret\u{1b}[0m"));
        assert_eq!(name(&pin), "hr/read\\u{1b}[2J");
        let told = describe(&pin).unwrap();
        assert_eq!(told["candidate"]["changes"][0]["path"], "description");
    }

    #[test]
    fn long_text_that_stays_is_cut_in_its_middle() {
        let text = format!("{}{}", "é".repeat(300), "z");
        let cut = shorten(&text);
        assert!(cut.chars().count() < 170 && cut.contains(" … ") && cut.ends_with('z'));
        assert_eq!(shorten("short"), "short");
    }
}
