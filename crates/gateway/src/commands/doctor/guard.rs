//! What must be refused: plain HTTP, foreign origins, made-up tokens, tokens in the URL.

use super::{Holds, Report, probe::Probe};

/// Whether there is anything to knock at.
pub(super) fn url(report: &mut Report, url: &str) -> bool {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        report.bad(format!("`{url}` is no http or https URL"), "write it as https://mcp.example.com/mcp/hr");
        return false;
    }
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|start| url.starts_with(start));
    let safe = url.starts_with("https://") || loopback;
    report.check(
        Holds::when(safe, || "plain http".to_owned()),
        "the URL is https, or on this machine",
        "tokens would travel in the clear: put TLS in front",
    );
    true
}

pub(super) async fn examine(probe: &Probe, report: &mut Report, url: &str) {
    let status = |seen: anyhow::Result<super::probe::Seen>| seen.map_or(0, |seen| seen.status.as_u16());

    let made_up = status(probe.initialize(url, &[("authorization", "Bearer made-up")]).await);
    report.check(
        Holds::when(made_up == 401, || made_up.to_string()),
        "a made-up token is answered 401",
        "verify every token before anything else",
    );

    let foreign = status(probe.initialize(url, &[("origin", "https://evil.example")]).await);
    report.check(
        Holds::when(foreign == 403, || foreign.to_string()),
        "a foreign Origin is answered 403",
        "servers MUST validate Origin (streamable HTTP, Security): a web page could reach the server by DNS rebinding",
    );

    let query = status(probe.initialize(&format!("{url}?access_token=made-up"), &[]).await);
    report.check(
        Holds::when(query == 400 || query == 401, || query.to_string()),
        "a token in the URL is refused",
        "tokens MUST NOT travel in the query: they end in logs and histories",
    );

    let get = status(probe.get(url, &[("accept", "text/event-stream")]).await);
    report.check(
        Holds::when(get == 401, || get.to_string()),
        "GET without a token is answered 401",
        "authenticate every HTTP method; 405 tells clients to fall back",
    );
}
