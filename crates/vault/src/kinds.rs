//! Credential kinds: an explicit table.
