//! A small company for the tests of this crate.
