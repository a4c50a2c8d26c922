//! Roles × targets, for people.
