//! The evidence of the real binary: whatever kills it, whatever fills its disk, whoever alters its files.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod binary;
mod full_disk;
mod killed;
mod tampered;
