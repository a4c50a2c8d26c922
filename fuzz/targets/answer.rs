//! Whatever a server answers: a list that nobody asked for is found, however the answer is cut.

#![no_main]

use serde_json::Value;
use vestibule_mcp::watch::{Framing, Watch};

const LISTS: [&str; 4] = ["tools", "prompts", "resources", "resourceTemplates"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let whole = Watch::new(Framing::Json).feed(bytes);
    let mut watch = Watch::new(Framing::Json);
    let bytewise = bytes.chunks(1).all(|byte| watch.feed(byte));
    assert_eq!(whole, bytewise);
    let found = match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Array(batch)) => batch.iter().any(holds_a_list),
        Ok(single) => holds_a_list(&single),
        Err(_) => return,
    };
    // What no reader sees, like the first of two equal keys, may be found as well.
    assert!(!found || !whole, "a list passed");
});

fn holds_a_list(message: &Value) -> bool {
    let members = message.get("result").and_then(Value::as_object);
    members.is_some_and(|all| LISTS.iter().any(|name| all.contains_key(*name)))
}
