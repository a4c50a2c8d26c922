//! What `demo` and `protect` print when they are ready.

use std::fmt::Write;

/// One line per client, ready to paste.
pub(super) fn client_lines(name: &str, mcp_url: &str) -> String {
    let config = format!(r#"{{"mcpServers":{{"{name}":{{"url":"{mcp_url}"}}}}}}"#);
    let vscode = format!(r#"{{"name":"{name}","type":"http","url":"{mcp_url}"}}"#);
    let mut out = String::new();
    let mut line = |label: &str, text: &str| {
        let _ = writeln!(out, "  {label:<12} {text}");
    };
    line("Claude Code", &format!("claude mcp add --transport http {name} {mcp_url}"));
    line("Cursor", &format!("~/.cursor/mcp.json: {config}"));
    line("VS Code", &format!("code --add-mcp '{vscode}'"));
    line("Inspector", &format!("npx @modelcontextprotocol/inspector --transport http --server-url {mcp_url}"));
    out
}
