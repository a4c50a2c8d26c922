//! Passwords: argon2id in a bounded pool.
