//! What must hold for any document.

use vestibule_model::Secret;
use vestibule_pii::{Config, JsonStream, Masker, Naming, Scanner};

use crate::{documents, mutate::Mutator};

const MANY: usize = 10_000;

fn masker() -> Masker {
    Masker::new(Config::default(), Secret::new([7; 32]))
}

fn mask(masker: &Masker, text: &str) -> String {
    masker.mask(text, &mut Naming::Plain).unwrap().into_inner().into_owned()
}

#[test]
fn what_was_masked_has_nothing_left_to_mask() {
    let masker = masker();
    let mut clear = 0;
    let mut values = 0;
    for document in documents(7_000_000, MANY) {
        let masked = mask(&masker, &document.text);
        assert_eq!(mask(&masker, &masked), masked, "{}", document.text);
        for gold in &document.gold {
            let value = &document.text[gold.range.clone()];
            values += 1;
            // A value that stands in the document a second time, as part of something else, may stay there.
            clear += usize::from(document.text.matches(value).count() == 1 && masked.contains(value));
        }
    }
    assert!(clear * 500 <= values, "{clear} of {values} values are in the clear");
}

#[test]
fn findings_fit_the_text_whatever_it_is() {
    let scanner = Scanner::new(Config::default());
    let mut mutator = Mutator::new(1);
    for _ in 0..MANY * 3 {
        let text = mutator.next();
        let mut end = 0;
        for finding in scanner.scan(&text) {
            assert!(finding.range.start >= end && !finding.range.is_empty(), "{text:?}");
            assert!(text.get(finding.range.clone()).is_some(), "{text:?}");
            end = finding.range.end;
        }
    }
}

/// Feeds a stream in these pieces.
macro_rules! run {
    ($stream:expr, $pieces:expr) => {{
        let mut stream = $stream;
        let mut out = Vec::new();
        for piece in $pieces {
            out.extend(stream.feed(piece, &mut Naming::Plain).unwrap());
        }
        out.extend(stream.finish(&mut Naming::Plain).unwrap().0);
        out
    }};
}

#[test]
fn streams_give_the_same_wherever_they_are_cut() {
    let masker = masker();
    for document in documents(9_000_000, MANY / 40) {
        let body = document.text.as_bytes();
        let json = run!(JsonStream::new(&masker, 1 << 20), [body]);
        for cut in 0..=body.len() {
            let (head, tail) = body.split_at(cut);
            assert_eq!(run!(JsonStream::new(&masker, 1 << 20), [head, tail]), json, "cut at {cut}: {}", document.text);
        }
        assert_eq!(run!(JsonStream::new(&masker, 1 << 20), body.chunks(1)), json, "{}", document.text);
    }
}

#[test]
fn streams_take_bytes_that_are_no_text() {
    let masker = masker();
    let mut mutator = Mutator::new(2);
    for round in 0..MANY {
        let body = mutator.bytes();
        let (head, tail) = body.split_at(round % (body.len() + 1));
        let json = run!(JsonStream::new(&masker, 1 << 20), [&body]);
        assert_eq!(run!(JsonStream::new(&masker, 1 << 20), [head, tail]), json, "{body:?}");
    }
}
