//! The MCP endpoints: the life of one call.
