//! Times and browsers in plain words.

use vestibule_model::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A span in its largest whole unit: `1 hour`, `30 days`.
pub(crate) fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        s if s >= DAY => (s / DAY, "day"),
        s if s >= HOUR => (s / HOUR, "hour"),
        s if s >= MINUTE => (s / MINUTE, "minute"),
        s => (s, "second"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// `just now`, `5 minutes ago`.
pub(crate) fn ago(then: Timestamp, now: Timestamp) -> String {
    match now.since(then).as_secs() {
        0..=89 => "just now".to_owned(),
        seconds => format!("{} ago", span(seconds)),
    }
}

/// `in 29 days`.
pub(crate) fn ahead(then: Timestamp, now: Timestamp) -> String {
    format!("in {}", span(then.since(now).as_secs()))
}

/// `Firefox on Linux`, as far as the browser tells. For recognising one's own; nothing is decided by it.
pub(crate) fn browser(user_agent: Option<&str>) -> String {
    // The order matters: most browsers also claim to be those further down.
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let agent = user_agent.unwrap_or("");
    let find =
        |table: &[(&str, &'static str)]| table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_people_say_them() {
        for (seconds, words) in
            [(3600, "1 hour"), (DAY, "1 day"), (30 * DAY, "30 days"), (150, "2 minutes"), (1, "1 second")]
        {
            assert_eq!(span(seconds), words);
        }
    }

    #[test]
    fn browsers_are_recognised() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36";
        assert_eq!(browser(Some(chrome)), "Chrome on Linux");
        let iphone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Mobile Safari/604.1";
        assert_eq!(browser(Some(iphone)), "Safari on iPhone");
        assert_eq!(browser(Some("<script>")), "Unknown browser");
        assert_eq!(browser(None), "Unknown browser");
    }
}
