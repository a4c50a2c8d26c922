//! Whatever text passes: masking it never fails, masking it again changes nothing, and where a stream is cut makes no
//! difference.

#![no_main]

use vestibule_pii::{Config, HashKey, Masker, Naming, TextStream};

libfuzzer_sys::fuzz_target!(|input: (usize, &str)| {
    let (cut, text) = input;
    let masker = Masker::new(Config::default(), HashKey::new([7; 32]));
    let once = mask(&masker, text);
    assert_eq!(mask(&masker, &once), once, "masked again");
    let (start, rest) = text.as_bytes().split_at(cut % (text.len() + 1));
    let pieces = stream(&masker, &[start, rest]);
    assert_eq!(pieces, stream(&masker, &[text.as_bytes()]), "cut at {}", start.len());
});

fn mask(masker: &Masker, text: &str) -> String {
    masker.mask(text, &mut Naming::Plain).expect("nothing is blocked").into_inner().into_owned()
}

fn stream(masker: &Masker, chunks: &[&[u8]]) -> Vec<u8> {
    let mut stream = TextStream::new(masker);
    let mut out = Vec::new();
    for chunk in chunks {
        out.extend(stream.feed(chunk, &mut Naming::Plain).expect("nothing is blocked"));
    }
    out.extend(stream.finish(&mut Naming::Plain).expect("nothing is blocked").0);
    out
}
