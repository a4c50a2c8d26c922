//! Guess limits per account and per address.
