//! Event framing: the same bytes give the same events, however they are cut.

use bytes::Bytes;
use proptest::prelude::*;
use vestibule_mcp::sse::{Event, EventSplitter, TooLarge, encode};

fn split(stream: &[u8], cuts: &[usize], limit: usize) -> Result<(Vec<Event>, Option<Bytes>), TooLarge> {
    let mut splitter = EventSplitter::new(limit);
    let mut events = Vec::new();
    let mut from = 0;
    for &cut in cuts.iter().chain([&stream.len()]) {
        events.extend(splitter.feed(&stream[from..cut])?);
        from = cut;
    }
    Ok((events, splitter.finish()))
}

fn data(stream: &str) -> Vec<String> {
    let (events, _) = split(stream.as_bytes(), &[], 1000).unwrap();
    events.iter().map(|event| String::from_utf8(event.data.to_vec()).unwrap()).collect()
}

#[test]
fn fields_are_read_as_the_standard_says() {
    let stream =
        "\u{feff}: hello\nevent: message\nid: 7\ndata: one\ndata:two\ndata\ndata:  three\nretry: 5\nother: x\n\n";
    let (events, rest) = split(stream.as_bytes(), &[], 1000).unwrap();
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event.data, "one\ntwo\n\n three");
    assert_eq!((event.event.as_deref(), event.id.as_deref()), (Some("message"), Some("7")));
    assert_eq!((event.raw.as_ref(), rest), (stream.trim_start_matches('\u{feff}').as_bytes(), None));
}

#[test]
fn no_byte_order_mark_is_left_at_the_start_for_the_next_reader_to_drop() {
    for marks in ["", "\u{feff}", "\u{feff}\u{feff}", "\u{feff}\u{feff}\u{feff}"] {
        let stream = format!("{marks}data: a\n\n\u{feff}data: b\n\n");
        let each: Vec<usize> = (0..stream.len()).collect();
        for cuts in [&[][..], &each] {
            let (events, _) = split(stream.as_bytes(), cuts, 100).unwrap();
            assert_eq!(events[0].raw, "data: a\n\n", "{marks:?}");
            assert_eq!(events[1].data, "", "only at the start");
        }
    }
}

#[test]
fn all_line_endings_end_lines() {
    for end in ["\n", "\r\n", "\r"] {
        let stream = "data: a|data: b||: ping||data: c||".replace('|', end);
        assert_eq!(data(&stream), ["a\nb", "", "c"], "{end:?}");
        let (events, _) = split(stream.as_bytes(), &[], 1000).unwrap();
        assert_eq!(events.iter().flat_map(|event| event.raw.to_vec()).collect::<Vec<_>>(), stream.as_bytes());
    }
    assert_eq!(data("data: a\r\n\ndata: b\n\r\ndata: c\r\r\ndata: d\r\n\r\n"), ["a", "b", "c", "d"]);
}

#[test]
fn an_event_is_given_as_soon_as_it_is_complete() {
    for stream in ["data: a\n\n", "data: a\r\r", "data: a\r\n\r\n"] {
        assert_eq!(EventSplitter::new(100).feed(stream.as_bytes()).unwrap().len(), 1, "{stream:?}");
    }
}

#[test]
fn what_is_unfinished_is_left_over() {
    let (events, rest) = split(b"data: a\n\ndata: b\n", &[], 100).unwrap();
    assert_eq!((events.len(), rest), (1, Some(Bytes::from_static(b"data: b\n"))));
}

#[test]
fn large_events_are_refused_complete_or_not() {
    let event = format!("data: {}\n\n", "x".repeat(92));
    assert!(split(event.as_bytes(), &[], 100).is_ok());
    assert_eq!(split(event.as_bytes(), &[50], 99), Err(TooLarge(99)));
    assert_eq!(split(&event.as_bytes()[..99], &[], 98), Err(TooLarge(98)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_cut_gives_the_same_events(
        parts in prop::collection::vec(prop::sample::select(&["data", ":", " ", "\n", "\r", "\r\n", "\n\n", "\r\r", "id", "event", "x", "\u{feff}", "\0", "data: y\r\n\r\n"][..]), 0..24),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let stream = parts.concat().into_bytes();
        let mut cuts: Vec<usize> = places.iter().map(|place| place.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        prop_assert_eq!(split(&stream, &cuts, 1000)?, split(&stream, &[], 1000)?);
        let each: Vec<usize> = (0..stream.len()).collect();
        prop_assert_eq!(split(&stream, &each, 1000)?, split(&stream, &[], 1000)?);
    }

    #[test]
    fn what_is_written_is_read_back(text in "[ab:\r\n é]{0,20}", id in "[a\r\n]{0,4}") {
        let written = encode(Some("message"), Some(&id), text.as_bytes());
        let (events, rest) = split(&written, &[], 1000)?;
        prop_assert_eq!((events.len(), rest), (1, None));
        prop_assert_eq!(&events[0].data, &text.replace("\r\n", "\n").replace('\r', "\n"));
        prop_assert_eq!(events[0].id.as_deref(), id.split(['\r', '\n']).next());
    }
}
