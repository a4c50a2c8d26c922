//! The factors a person can prove: an explicit table.
