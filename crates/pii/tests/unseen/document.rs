//! A document with what is personal in it marked, and how one is written.

use std::ops::Range;

use vestibule_pii::Kind;

use crate::{lists::Lists, random::Random};

/// A value that must be found.
#[derive(Clone, Debug)]
pub(crate) struct Gold {
    pub(crate) range: Range<usize>,
    /// Where it may also end.
    pub(crate) short: Option<usize>,
    pub(crate) kind: Kind,
}

/// A text and what is personal in it, in bytes.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) gold: Vec<Gold>,
    pub(crate) source: &'static str,
}

/// Writes documents from the templates.
pub(crate) struct Writer {
    lists: Lists,
    lines: Vec<&'static str>,
    hard: Vec<&'static str>,
    whole: Vec<&'static str>,
}

fn entries(file: &'static str) -> Vec<&'static str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")).collect()
}

impl Writer {
    pub(crate) fn new() -> Self {
        let whole = include_str!("data/documents.txt").split_once('\n').expect("a remark").1;
        Self {
            lists: Lists::read(),
            lines: entries(include_str!("data/lines.txt")),
            hard: entries(include_str!("data/hard.txt")),
            whole: whole.split("====\n").collect(),
        }
    }

    pub(crate) fn document(&self, seed: u64) -> Document {
        let mut random = Random::new(seed);
        let mut document = Document::default();
        match random.below(100) {
            0..35 => {
                document.source = "hard";
                let count = 1 + random.below(4);
                self.several(&[&self.hard], count, &mut random, &mut document);
            }
            35..55 => {
                document.source = "line";
                self.several(&[&self.lines], 1, &mut random, &mut document);
            }
            55..75 => {
                document.source = "lines";
                let count = 2 + random.below(3);
                self.several(&[&self.lines, &self.lines, &self.hard], count, &mut random, &mut document);
            }
            _ => {
                document.source = "whole";
                self.fill(random.pick(&self.whole).trim_end(), &mut random, &mut document);
            }
        }
        if random.percent(15) { document.wrapped(&mut random) } else { document }
    }

    fn several(&self, from: &[&Vec<&'static str>], count: usize, random: &mut Random, document: &mut Document) {
        let between = if random.percent(70) { "\n" } else { " " };
        for index in 0..count {
            if index > 0 {
                if between == " " && document.text.ends_with(|letter: char| letter.is_alphanumeric() || letter == ')') {
                    document.text.push('.');
                }
                document.text.push_str(between);
            }
            let list = from[random.below(from.len())];
            let line = random.pick(list);
            self.fill(&line.replace('⏎', "\n"), random, document);
        }
    }

    /// Writes a template: values for names, repeated lines repeatedly.
    fn fill(&self, template: &str, random: &mut Random, document: &mut Document) {
        let mut rest = template;
        while let Some((plain, after)) = rest.split_once('«') {
            document.text.push_str(plain);
            if let Some(block) = after.strip_prefix("*\n") {
                let (block, after) = block.split_once("*»").expect("a block is closed");
                for index in 0..2 + random.below(4) {
                    let block = if index == 0 { block } else { block.trim_start_matches('\n') };
                    self.fill(block, random, document);
                }
                rest = after.strip_prefix('\n').unwrap_or(after);
                if rest.is_empty() && document.text.ends_with('\n') {
                    document.text.pop();
                }
                continue;
            }
            let (name, after) = after.split_once('»').expect("a name is closed");
            let (value, kind) = self.lists.value(name, random);
            document.put(&value, kind);
            rest = after;
        }
        document.text.push_str(rest);
    }
}

impl Document {
    fn put(&mut self, value: &str, kind: Option<Kind>) {
        let start = self.text.len();
        let short = value.find('¦').map(|place| start + place);
        self.text.push_str(&value.replace('¦', ""));
        if let Some(kind) = kind {
            self.gold.push(Gold { range: start..self.text.len(), short, kind });
        }
    }

    /// The document as the text of a tool's result.
    fn wrapped(&self, random: &mut Random) -> Self {
        let ascii = random.percent(30);
        let mut wrapped = Self { source: self.source, ..Self::default() };
        wrapped.text.push_str("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"");
        let mut places = Vec::with_capacity(self.text.len() + 1);
        for letter in self.text.chars() {
            places.resize(places.len() + letter.len_utf8(), wrapped.text.len());
            match letter {
                '"' => wrapped.text.push_str("\\\""),
                '\\' => wrapped.text.push_str("\\\\"),
                '\n' => wrapped.text.push_str("\\n"),
                '\t' => wrapped.text.push_str("\\t"),
                _ if ascii && !letter.is_ascii() => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        wrapped.text.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                _ => wrapped.text.push(letter),
            }
        }
        places.push(wrapped.text.len());
        wrapped.text.push_str("\"}],\"isError\":false}}");
        wrapped.gold = self
            .gold
            .iter()
            .map(|gold| Gold {
                range: places[gold.range.start]..places[gold.range.end],
                short: gold.short.map(|place| places[place]),
                kind: gold.kind,
            })
            .collect();
        wrapped
    }

    /// The document as one line of JSON; offsets in code points.
    pub(crate) fn line(&self, index: usize) -> String {
        let points = |place: usize| self.text[..place].chars().count();
        let spans: Vec<serde_json::Value> = self
            .gold
            .iter()
            .map(|gold| {
                let start = points(gold.range.start);
                let alt: Vec<[usize; 2]> = gold.short.iter().map(|&end| [start, points(end)]).collect();
                serde_json::json!({"start": start, "end": points(gold.range.end), "type": gold.kind.name(), "alt": alt})
            })
            .filter(|span| crate::score::is_scored(span["type"].as_str().unwrap()))
            .collect();
        serde_json::json!({"id": format!("{index}"), "text": self.text, "spans": spans, "source": self.source, "kind": "x"})
            .to_string()
    }
}
