//! The sample HR server: an ordinary MCP server with 23 tools.
