//! Links between the documents lead somewhere.

use std::collections::{BTreeSet, HashMap};

use crate::{findings::Findings, workspace::Source};

/// Checks each relative link, and each `#heading`, of each document.
pub(crate) fn check(documents: &[Source], files: &[String]) -> Findings {
    let mut findings = Findings::default();
    let headings: HashMap<&str, BTreeSet<String>> =
        documents.iter().map(|document| (document.path.as_str(), headings(&document.text))).collect();
    let folders: BTreeSet<&str> =
        files.iter().flat_map(|file| file.match_indices('/').filter_map(|(at, _)| file.get(..at))).collect();
    for document in documents {
        for (line, link) in links(&document.text) {
            let (target, heading) = link.split_once('#').unwrap_or((link, ""));
            let place = format!("{}:{line}", document.path);
            let path = if target.is_empty() { document.path.clone() } else { resolve(&document.path, target) };
            if !files.contains(&path) && !folders.contains(path.as_str()) {
                findings.note(place, format_args!("`{link}` leads nowhere"));
            } else if !heading.is_empty() && headings.get(path.as_str()).is_some_and(|known| !known.contains(heading)) {
                findings.note(place, format_args!("`{path}` has no heading `#{heading}`"));
            }
        }
    }
    findings
}

/// Line and target of each link inside the repository; code blocks are not prose.
fn links(text: &str) -> Vec<(usize, &str)> {
    prose(text)
        .flat_map(|(number, line)| line.split("](").skip(1).map(move |rest| (number, rest)))
        .filter_map(|(number, rest)| Some((number, rest.split([')', ' ']).next()?)))
        .filter(|(_, link)| !link.contains("://") && !link.starts_with("mailto:") && !link.is_empty())
        .collect()
}

fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(i, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((i + 1, line))
    })
}

/// The anchors that a page of the forge gives to headings: lower case, spaces to dashes, punctuation gone.
fn headings(text: &str) -> BTreeSet<String> {
    prose(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            title
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect()
}

fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Findings {
        let documents = [("docs/a.md", text), ("README.md", "# The house\n## Path of a `tools/call`\n")]
            .map(|(path, text)| Source { path: path.into(), text: text.into() });
        check(&documents, &["docs/a.md".into(), "README.md".into(), "crates/model/src/lib.rs".into()])
    }

    #[test]
    fn links_to_files_folders_and_headings_are_followed() {
        assert!(
            found("[a](../README.md) [b](../crates/model/) [c](https://example.com/x) [d](../README.md#the-house)")
                .is_empty()
        );
        assert!(found("[a](../README.md#path-of-a-toolscall)").is_empty());
    }

    #[test]
    fn broken_links_are_found() {
        assert!(found("x\n[a](gone.md)").mention("docs/a.md:2: `gone.md` leads nowhere"));
        assert!(found("[a](../README.md#the-garden)").mention("no heading"));
    }

    #[test]
    fn code_is_not_prose() {
        assert!(found("```\n[a](gone.md)\n```\n").is_empty());
    }
}
