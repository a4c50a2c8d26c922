//! The wire format from outside: what is accepted means to us what it means to everybody else.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

mod differential;
mod era;
mod message;
mod places;
mod readers;
mod sse;
