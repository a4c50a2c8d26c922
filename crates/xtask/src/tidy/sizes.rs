//! Small files with a first line that says what they are for, and small functions.

use crate::{findings::Findings, workspace::Source};

const FILE_CAP: usize = 800;
/// Nineteen files in twenty are at most this long.
const FILE_P95: usize = 400;
const FUNCTION_CAP: usize = 100;

/// Checks lengths and module docs.
pub(crate) fn check(sources: &[Source]) -> Findings {
    let mut findings = Findings::default();
    for source in sources {
        let lines = source.text.lines().count();
        if lines > FILE_CAP {
            findings.note(&source.path, format_args!("{lines} lines; the cap is {FILE_CAP}"));
        }
        if !source.text.trim_start().starts_with("//!") {
            findings.note(&source.path, "does not begin with `//!` docs that say what the file is for");
        }
        for (line, name, length) in long_functions(&source.text) {
            let place = format!("{}:{line}", source.path);
            findings.note(place, format_args!("`{name}` has {length} lines; the cap is {FUNCTION_CAP}"));
        }
    }
    if let Some(p95) = percentile_95(sources).filter(|p95| *p95 > FILE_P95) {
        findings.note("crates", format_args!("one file in twenty is longer than {p95} lines; the aim is {FILE_P95}"));
    }
    findings
}

fn percentile_95(sources: &[Source]) -> Option<usize> {
    let mut lengths: Vec<usize> = sources.iter().map(|source| source.text.lines().count()).collect();
    lengths.sort_unstable();
    lengths.get((lengths.len() * 95).div_ceil(100).saturating_sub(1)).copied()
}

/// Line, name and length of each function over the cap. Formatted code closes a function with a
/// brace at the indentation of its first line, so no parser is needed.
fn long_functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let closing = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        let length = lines.iter().skip(start).position(|line| *line == closing).map_or(0, |end| end + 1);
        if length > FUNCTION_CAP && !line.ends_with(';') && !line.ends_with('}') {
            found.push((start + 1, name.to_owned(), length));
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let mut words = line
        .split_whitespace()
        .skip_while(|word| matches!(*word, "pub" | "const" | "async" | "unsafe") || word.starts_with("pub("));
    (words.next() == Some("fn")).then(|| words.next())?.map(|rest| rest.split(['(', '<']).next().unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: String) -> Vec<Source> {
        vec![Source { path: "a.rs".into(), text }]
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        assert!(check(&source("//! Words.\nfn a() {}\n".into())).is_empty());
        assert!(check(&source("fn a() {}\n".into())).mention("does not begin"));
    }

    #[test]
    fn long_files_and_long_functions_are_found() {
        let file = format!("//! Words.\n{}", "// line\n".repeat(801));
        assert!(check(&source(file)).mention("802 lines"));
        let body = "        let _ = 1;\n".repeat(100);
        let function = format!("//! W.\nimpl A {{\n    pub(crate) async fn long<T>(a: T) {{\n{body}    }}\n}}\n");
        assert!(check(&source(function)).mention("a.rs:3: `long` has 102 lines"));
    }

    #[test]
    fn a_short_function_in_a_long_impl_is_fine() {
        let functions = "    fn short() {\n        a();\n    }\n".repeat(60);
        assert!(check(&source(format!("//! W.\nimpl A {{\n{functions}}}\n"))).is_empty());
    }
}
