//! Whatever bytes a client sends: what is decided on is what every reader behind the gateway reads.

#![no_main]

#[path = "../../crates/mcp/tests/wire/readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    readers::agree(bytes);
});
