//! The scanner: text and JSON in, findings out.

use std::ops::Range;

use crate::{
    chars::{at, closed_line, part, run_back, span, starts_with_ignore_case},
    config::Config,
    context::{Surroundings, Text, key_topics},
    disguise,
    engine::Engine,
    finding::Finding,
    json::{Origin, Paths, looks_like_json, site, walk, walk_alone},
    look::Look,
    simd::Sort,
    suspects::Care,
};

/// Finds personal data. Build one per configuration and share it.
#[derive(Debug)]
pub struct Scanner {
    engine: Engine,
    config: Config,
    paths: Paths,
    care: Care,
}

impl Scanner {
    /// A scanner for a configuration.
    pub fn new(config: Config) -> Self {
        Self { engine: Engine::new(&config), care: Care::of(&config), config, paths: Paths::default() }
    }

    /// The same for documents of a known form.
    #[must_use]
    pub fn with_paths(self, paths: Paths) -> Self {
        Self { paths, ..self }
    }

    /// What the quick look at JSON may pass over.
    pub(crate) fn care(&self) -> Care {
        self.care
    }

    pub(crate) fn paths(&self) -> &Paths {
        &self.paths
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What is in a text of any sort: JSON, lines of JSON, server-sent events, tables, prose. In order, without
    /// overlaps.
    pub fn scan(&self, text: &str) -> Vec<Finding> {
        self.document(text.as_bytes(), &Origin::ROOT, Surroundings::default())
    }

    /// What is in the value of a key, or of an argument of that name.
    pub fn scan_value(&self, key: &str, text: &str) -> Vec<Finding> {
        let surroundings = Surroundings { key: key_topics(key.as_bytes()), ..Surroundings::default() };
        self.document(text.as_bytes(), &Origin::ROOT, surroundings)
    }

    /// A text of any sort.
    pub(crate) fn document(&self, bytes: &[u8], origin: &Origin<'_>, surroundings: Surroundings) -> Vec<Finding> {
        let mut look = Look::default();
        if !looks_like_json(bytes) || walk_alone(self, bytes, origin, surroundings, &mut look).is_err() {
            self.lines(bytes, origin, surroundings, &mut look);
        }
        look.found
    }

    /// Text in which some lines may be JSON of their own. What lies between such lines is read as one text.
    pub(crate) fn lines(&self, bytes: &[u8], origin: &Origin<'_>, surroundings: Surroundings, look: &mut Look) {
        let (mut next, mut plain) = (0, 0);
        while next < bytes.len() {
            // JSON ends with a bracket; most lines do not.
            let end = closed_line(bytes, next).unwrap_or(bytes.len());
            let place = end - run_back(bytes, end, end - next, Sort::InLine);
            let closes = matches!(part(bytes, place, end).trim_ascii_end().last(), Some(b'}' | b']'));
            let start = if closes { json_start(bytes, place) } else { end };
            if matches!(at(bytes, start), b'{' | b'[') && looks_like_json(part(bytes, start, end)) {
                let line = Origin { base: start, decoded: None, parent: Some(origin), nested: origin.nested };
                let known = look.found.len();
                if walk(self, part(bytes, start, end), &line, surroundings, look).is_ok() {
                    let inner = look.found.split_off(known);
                    self.between(bytes, plain..place, origin, surroundings, look);
                    look.found.extend(inner);
                    plain = end;
                }
            }
            next = end + 1;
        }
        self.between(bytes, plain..bytes.len(), origin, surroundings, look);
    }

    fn between(
        &self,
        bytes: &[u8],
        range: Range<usize>,
        origin: &Origin<'_>,
        surroundings: Surroundings,
        look: &mut Look,
    ) {
        if !range.is_empty() {
            let inner = Origin { base: range.start, decoded: None, parent: Some(origin), nested: origin.nested };
            self.text(part(bytes, range.start, range.end), &inner, surroundings, look);
        }
    }

    /// Text that holds no JSON.
    pub(crate) fn plain(&self, bytes: &[u8], origin: &Origin<'_>, surroundings: Surroundings) -> Vec<Finding> {
        let mut look = Look::default();
        self.text(bytes, origin, surroundings, &mut look);
        look.found
    }

    /// The same, in a look that goes on.
    pub(crate) fn text(&self, bytes: &[u8], origin: &Origin<'_>, surroundings: Surroundings, look: &mut Look) {
        let plain = disguise::taken_off(bytes);
        let mut text = Text::new(plain.as_ref().map_or(bytes, |plain| &plain.bytes), surroundings);
        text.read_on(look.reading.take());
        self.engine.scan(&text, look);
        look.reading = text.close();
        let Look { found, candidates, .. } = look;
        found.extend(candidates.0.iter().map(|candidate| {
            let (start, end) = match &plain {
                Some(plain) => (plain.raw(candidate.start), disguise::end_of(plain, bytes, candidate.end)),
                None => (candidate.start, candidate.end),
            };
            Finding {
                range: origin.raw(start)..origin.raw(end),
                kind: candidate.kind,
                score: u8::try_from(candidate.score.clamp(0, 100)).unwrap_or(100),
                site: site(bytes, start, end, origin.nested),
                value: origin.is_decoded().then(|| String::from_utf8_lossy(part(bytes, start, end)).into()),
                inside: None,
            }
        }));
    }
}

/// Where JSON can begin in a line: behind blanks and the `data:` of a server-sent event.
fn json_start(bytes: &[u8], line: usize) -> usize {
    let start = line + span(bytes, line, 80, |byte| byte == b' ' || byte == b'\t');
    let start = if starts_with_ignore_case(bytes, start, b"data:") { start + 5 } else { start };
    start + usize::from(at(bytes, start) == b' ')
}
