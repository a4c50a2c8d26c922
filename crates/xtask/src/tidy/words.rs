//! Words that may stand nowhere, and words that may stand in one place only.

use crate::{findings::Findings, workspace::Source};

/// Files that people read.
pub(crate) const TEXT: [&str; 12] =
    [".rs", ".md", ".toml", ".html", ".css", ".js", ".mjs", ".py", ".sql", ".json", ".yml", ".sh"];

/// Unfinished or switched off. Split so that this file does not find itself.
const NOWHERE: &[(&str, &str)] = &[
    (concat!("todo", "!("), "unfinished code does not land"),
    (concat!("unimplemented", "!("), "unfinished code does not land"),
    (concat!("#[ign", "ore"), "a test runs or is deleted"),
    (concat!("#[al", "low("), "use #[expect(lint, reason = \"…\")]"),
    (concat!("#![al", "low("), "use #![expect(lint, reason = \"…\")]"),
    (concat!("FIX", "ME"), "mend it, or write down why not"),
];

/// Folders of one person's computer.
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// Word, the only files that may contain it (by prefix), why.
const ONLY_IN: &[(&str, &[&str], &str)] = &[
    (concat!("aws_lc_rs::", "aead"), &["crates/store/src/seal.rs"], "secrets are sealed in one place"),
    (
        concat!("hyper_util::", "client"),
        &["crates/egress/", "crates/demo/", "crates/testkit/", "bench/"],
        "egress is the only HTTP client",
    ),
    (
        concat!("hyper::", "client"),
        &["crates/egress/", "crates/demo/", "crates/testkit/", "bench/"],
        "egress is the only HTTP client",
    ),
    (
        concat!("process::", "Command"),
        &["crates/egress/", "crates/demo/", "crates/testkit/", "crates/xtask/"],
        "egress is the only crate that starts a process",
    ),
    (
        concat!("expect(clippy::disallowed_", "methods"),
        // Beside model: aws-lc's ECDSA wants a generator by type and draws from its own.
        &["crates/model/src/clock.rs", "crates/oauth/src/keys.rs", "crates/testkit/", "crates/xtask/", "bench/"],
        "only model reads the clock and draws random numbers",
    ),
];

/// `unsafe` blocks, functions and impls; the one place is a vectorised search with a plain twin.
const UNSAFE: &[&str] = &[concat!("uns", "afe {"), concat!("uns", "afe fn"), concat!("uns", "afe impl")];
const UNSAFE_ALLOWED: &str = "crates/pii/src/simd.rs";

/// Rules for Rust sources.
pub(crate) fn check_code(sources: &[Source]) -> Findings {
    let mut findings = Findings::default();
    for (source, number, line) in lines(sources) {
        let place = || format!("{}:{number}", source.path);
        for (word, why) in NOWHERE {
            if line.contains(word) {
                findings.note(place(), format_args!("`{word}`: {why}"));
            }
        }
        for (word, homes, why) in ONLY_IN {
            if line.contains(word) && !homes.iter().any(|home| source.path.starts_with(home)) && !is_test(source) {
                findings.note(place(), format_args!("`{word}`: {why}"));
            }
        }
        if UNSAFE.iter().any(|word| line.contains(word)) && source.path != UNSAFE_ALLOWED {
            findings.note(place(), format_args!("unsafe code lives in {UNSAFE_ALLOWED} or nowhere"));
        }
    }
    findings
}

/// No text of ours speaks of the machine it was written on.
pub(crate) fn check_paths(sources: &[Source]) -> Findings {
    let mut findings = Findings::default();
    for (source, number, line) in lines(sources) {
        if source.path.ends_with("-lock.json") {
            continue;
        }
        if let Some(path) = MACHINE_PATHS.iter().find(|path| line.contains(**path)) {
            findings.note(format_args!("{}:{number}", source.path), format_args!("`{path}`: a path of one machine"));
        }
    }
    findings
}

fn lines(sources: &[Source]) -> impl Iterator<Item = (&Source, usize, &str)> {
    sources.iter().flat_map(|source| source.text.lines().enumerate().map(move |(i, line)| (source, i + 1, line)))
}

/// Integration tests play clients and start the binary.
fn is_test(source: &Source) -> bool {
    source.path.contains("/tests/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &str, text: &str) -> Findings {
        check_code(&[Source { path: path.into(), text: text.into() }])
    }

    #[test]
    fn unfinished_code_is_found_with_its_line() {
        let text = concat!("fn a() {\n    todo", "!()\n}\n");
        assert!(code("crates/model/src/a.rs", text).mention("a.rs:2"));
    }

    #[test]
    fn the_cipher_has_one_home() {
        let text = concat!("use aws_lc_rs::", "aead;");
        assert!(code("crates/store/src/seal.rs", text).is_empty());
        assert!(code("crates/vault/src/kinds.rs", text).mention("sealed in one place"));
    }

    #[test]
    fn unsafe_has_one_home() {
        let text = concat!("uns", "afe { work() }");
        assert!(code(UNSAFE_ALLOWED, text).is_empty());
        assert!(!code("crates/pii/src/scan.rs", text).is_empty());
    }

    #[test]
    fn a_path_of_one_machine_is_found_in_any_text() {
        let text = concat!("see /ho", "me/me/notes").to_owned();
        assert!(!check_paths(&[Source { path: "README.md".into(), text }]).is_empty());
    }
}
