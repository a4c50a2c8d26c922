//! Whatever stream a server sends: its events are the same however it is cut.

#![no_main]

use vestibule_mcp::sse::{Event, EventSplitter};

const LARGEST: usize = 1 << 12;

libfuzzer_sys::fuzz_target!(|input: (usize, &[u8])| {
    let (cut, bytes) = input;
    let cut = cut % (bytes.len() + 1);
    let (start, rest) = bytes.split_at(cut);
    assert_eq!(read(&[bytes]), read(&[start, rest]));
});

fn read(chunks: &[&[u8]]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut splitter = EventSplitter::new(LARGEST);
    let mut all: Vec<Event> = Vec::new();
    for chunk in chunks {
        all.extend(splitter.feed(chunk).ok()?);
    }
    Some(all.into_iter().map(|event| (event.raw.to_vec(), event.data.to_vec())).collect())
}
