//! Journeys through the whole product, over real HTTP: who comes, what they try, and what must happen.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a journey fails by panicking"
)]

#[path = "journeys/permission_table.rs"]
mod permission_table;
