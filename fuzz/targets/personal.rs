//! Whatever passes: masking it never fails, what is written in the place of a value is not found again, and where a stream
//! is cut makes no difference, though its bytes be no text.
//!
//! Masking twice may mask more than masking once: a label no longer says what its value said of its neighbours.

#![no_main]

use std::ops::Range;

use vestibule_pii::{Config, HashKey, JsonStream, Masker, Naming};

libfuzzer_sys::fuzz_target!(|input: (usize, &[u8])| {
    let (cut, bytes) = input;
    let text = &String::from_utf8_lossy(bytes);
    let masker = Masker::new(Config::default(), HashKey::new([7; 32]));
    let (once, labels) = mask(&masker, text);
    for finding in masker.scanner().scan(&once) {
        let touches = |label: &&Range<usize>| label.start < finding.range.end && finding.range.start < label.end;
        assert_eq!(labels.iter().find(touches), None, "a label was found again, by {finding:?} in {once:?}");
    }
    let (start, rest) = bytes.split_at(cut % (bytes.len() + 1));
    let pieces = stream(&masker, &[start, rest]);
    assert_eq!(pieces, stream(&masker, &[bytes]), "cut at {}", start.len());
});

/// The masked text, and where the labels stand in it.
fn mask(masker: &Masker, text: &str) -> (String, Vec<Range<usize>>) {
    let once = masker.mask(text, &mut Naming::Plain).expect("nothing is blocked").into_inner().into_owned();
    let (mut labels, mut place, mut end) = (Vec::new(), 0, 0);
    for finding in masker.scanner().scan(text) {
        place += finding.range.start.checked_sub(end).expect("findings are in order");
        let length = once[place..].find(']').expect("a label") + 1;
        labels.push(place..place + length);
        (place, end) = (place + length, finding.range.end);
    }
    assert_eq!(once.get(place..), text.get(end..), "the rest passes as it is");
    (once, labels)
}

fn stream(masker: &Masker, chunks: &[&[u8]]) -> Vec<u8> {
    let mut stream = JsonStream::new(masker, 1 << 20);
    let mut out = Vec::new();
    for chunk in chunks {
        out.extend(stream.feed(chunk, &mut Naming::Plain).expect("nothing is blocked"));
    }
    out.extend(stream.finish(&mut Naming::Plain).expect("nothing is blocked").0);
    out
}
