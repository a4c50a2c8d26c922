//! Prediction lines for the scorer: offsets in code points.

use std::fmt::Write;

use crate::finding::Finding;

/// One line of predictions. `id` is the document's id as it stands in its JSON, with its quotes.
pub fn line(id: &str, text: &str, findings: &[Finding]) -> String {
    let mut out = format!("{{\"id\":{id},\"spans\":[");
    let (mut place, mut count) = (0, 0);
    for (index, finding) in findings.iter().enumerate() {
        let mut points = |to: usize| {
            count += text.get(place..to).map_or(0, |part| part.chars().count());
            place = to;
            count
        };
        let (start, end) = (points(finding.range.start), points(finding.range.end));
        let comma = if index == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _written = write!(out, "{comma}{{\"start\":{start},\"end\":{end},\"type\":\"{}\"}}", finding.kind);
    }
    out.push_str("]}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Scanner};

    #[test]
    fn counts_code_points() {
        let text = "é: bob@example.com, 😀 203.0.113.9";
        let findings = Scanner::new(Config::default()).scan(text);
        assert_eq!(
            line("\"a\"", text, &findings),
            "{\"id\":\"a\",\"spans\":[{\"start\":3,\"end\":18,\"type\":\"EMAIL_ADDRESS\"},{\"start\":22,\"end\":33,\"type\":\"IP_ADDRESS\"}]}"
        );
    }
}
