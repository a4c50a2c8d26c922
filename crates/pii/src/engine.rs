//! Drives the recognizers over one text and settles what overlaps.

use crate::{
    chain::{Chain, Continued, Lengths, Run},
    chars::{at, before, char_at, char_before, is_alnum, is_digit, is_escape, is_letter, run, span},
    config::Config,
    context::Text,
    dull::{is_amount, is_dull, moment_end, uuid_end},
    kind::Kind,
    prefilter::Anchors,
    recognizers::{ALL, Candidate, Candidates, Find, Token},
    simd::Sort,
};

type ChainFn = fn(&Text<'_>, &Chain, &mut Candidates);
type TokenFn = fn(&Text<'_>, Token, &mut Candidates);
type MarkFn = fn(&Text<'_>, usize, &mut Candidates);

/// The recognizers that a configuration asks for, by what they start from.
#[derive(Debug)]
pub(crate) struct Engine {
    chains: Vec<(usize, Lengths, ChainFn)>,
    groups: Vec<(usize, Lengths, ChainFn)>,
    tokens: Vec<TokenFn>,
    marks: Vec<(u8, MarkFn)>,
    thresholds: [Option<i16>; Kind::ALL.len()],
}

impl Engine {
    pub(crate) fn new(config: &Config) -> Self {
        let mut engine = Self {
            chains: Vec::new(),
            groups: Vec::new(),
            tokens: Vec::new(),
            marks: Vec::new(),
            thresholds: [None; Kind::ALL.len()],
        };
        for kind in Kind::ALL {
            if let Some(slot) = engine.thresholds.get_mut(kind.index()) {
                *slot = config.threshold(kind);
            }
        }
        // A kind that is not masked is looked for all the same: it tells what a value is not.
        for find in ALL.iter().flat_map(|recognizer| recognizer.finds) {
            match find {
                Find::Chain(digits, one_of, find) => engine.chains.push((*digits, *one_of, *find)),
                Find::Groups(digits, all_of, find) => engine.groups.push((*digits, *all_of, *find)),
                Find::Token(find) => engine.tokens.push(*find),
                Find::Mark(byte, find) => engine.marks.push((*byte, *find)),
            }
        }
        engine
    }

    /// What is found in the text, in order, without overlaps.
    pub(crate) fn scan(&self, text: &Text<'_>) -> Vec<Candidate> {
        let mut found = Candidates::default();
        let mut anchors = Anchors::new(text.bytes);
        let (mut place, mut word_floor) = (0, 0);
        while let Some(anchor) = anchors.next(place) {
            let known = found.0.len();
            place = self.visit(text, anchor, word_floor, &mut found).max(anchor + 1);
            word_floor = place;
            if found.0.len() > known {
                self.remember(text, found.0.get(known..).unwrap_or_default());
            }
        }
        if found.0.is_empty() { found.0 } else { self.settle(found.0) }
    }

    /// Tells the context which kind was found last.
    fn remember(&self, text: &Text<'_>, new: &[Candidate]) {
        if let Some(best) = new
            .iter()
            .filter(|candidate| self.passes(candidate))
            .max_by_key(|candidate| (candidate.score, candidate.kind.rank()))
        {
            text.accept(best.kind, best.end);
        }
    }

    /// Asks the recognizers about one anchor. Gives where to go on.
    fn visit(&self, text: &Text<'_>, anchor: usize, floor: usize, found: &mut Candidates) -> usize {
        let bytes = text.bytes;
        if !is_digit(at(bytes, anchor)) {
            return self.visit_mark(text, anchor, found);
        }
        let first = Run::at(bytes, anchor);
        let left = before(bytes, anchor);
        if left == b'%' {
            self.visit_mark(text, anchor - 1, found);
        }
        // Nearly every number stands alone.
        if (is_apart(left) || anchor <= floor) && is_apart(at(bytes, first.end)) {
            return self.visit_chain(text, first, found);
        }
        let start = word_start(bytes, anchor, floor);
        let end = word_end(bytes, first.end);
        let leads = start == anchor;
        if leads && first.end == end {
            return self.visit_chain(text, first, found);
        }
        if let Some(end) = uuid_end(bytes, start) {
            return end;
        }
        let token = Token::new(bytes, start, end);
        for find in &self.tokens {
            find(text, token, found);
        }
        // "415.555.2671x12" and "7am": the digits in front may end a number.
        if leads && first.len() >= 3 && is_extension(at(bytes, first.end)) {
            return self.visit_chain(text, first, found).max(first.end);
        }
        end
    }

    /// Asks about a byte that marks something. Gives where to go on.
    fn visit_mark(&self, text: &Text<'_>, place: usize, found: &mut Candidates) -> usize {
        let byte = at(text.bytes, place);
        for (_, find) in self.marks.iter().filter(|(mark, _)| *mark == byte) {
            find(text, place, found);
        }
        place + if byte == b'-' { span(text.bytes, place, usize::MAX, |byte| byte == b'-') } else { 1 }
    }

    fn visit_chain(&self, text: &Text<'_>, first: Run, found: &mut Candidates) -> usize {
        if let Some(end) = moment_end(text.bytes, first) {
            return end;
        }
        let mut chain = Chain::read(text.bytes, first, Continued::No);
        loop {
            if is_dull(text.bytes, &chain) || is_amount(text.bytes, &chain) {
                return chain.next;
            }
            text.group(chain.run(0).map_or(0, |run| run.start), chain.together());
            self.ask(text, &chain, found);
            let next = chain.next;
            if !chain.goes_on {
                return next;
            }
            let gap = span(text.bytes, next, 9, |byte| !is_digit(byte));
            chain = Chain::read(text.bytes, Run::at(text.bytes, next + gap), Continued::Yes);
        }
    }

    /// Asks the recognizers that can use a chain of its lengths.
    fn ask(&self, text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
        for (digits, one_of, find) in &self.chains {
            if chain.total >= *digits && chain.lengths.meets(*one_of) {
                find(text, chain, found);
            }
        }
        for (digits, all_of, find) in &self.groups {
            if chain.total >= *digits && chain.lengths.holds(*all_of) {
                find(text, chain, found);
            }
        }
    }

    fn passes(&self, candidate: &Candidate) -> bool {
        candidate.score >= self.thresholds.get(candidate.kind.index()).copied().flatten().unwrap_or(50)
    }

    /// Of overlapping candidates the surest stays, then the longest, then the one of the higher rank.
    fn settle(&self, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
        candidates.retain(|candidate| self.passes(candidate));
        let asked = |candidate: &Candidate| self.thresholds.get(candidate.kind.index()).copied().flatten().is_some();
        if candidates.len() < 2 {
            candidates.retain(asked);
            return candidates;
        }
        candidates.sort_unstable_by_key(|candidate| (candidate.start, candidate.end));
        let mut settled: Vec<Candidate> = Vec::with_capacity(candidates.len());
        let mut rest = candidates.as_mut_slice();
        while let Some(first) = rest.first() {
            let (mut count, mut end) = (0, first.end);
            for candidate in
                rest.iter().take_while(|candidate| candidate.start < first.end.max(first.start + 1)).take(64)
            {
                end = end.max(candidate.end);
                count += 1;
            }
            while let Some(candidate) = rest.get(count).filter(|candidate| candidate.start < end && count < 64) {
                end = end.max(candidate.end);
                count += 1;
            }
            let (cluster, others) = std::mem::take(&mut rest).split_at_mut(count.max(1));
            choose(cluster, &mut settled);
            rest = others;
        }
        settled.retain(asked);
        settled
    }
}

/// Chooses among a few candidates that touch each other.
fn choose(cluster: &mut [Candidate], settled: &mut Vec<Candidate>) {
    let floor = settled.last().map_or(0, |last| last.end);
    let from = settled.len();
    cluster.sort_unstable_by_key(|candidate| {
        std::cmp::Reverse((candidate.score, candidate.end - candidate.start, candidate.kind.rank()))
    });
    for candidate in cluster.iter() {
        let taken = settled.get(from..).unwrap_or_default();
        let free = taken.iter().all(|other| candidate.end <= other.start || candidate.start >= other.end);
        if free && candidate.start >= floor {
            settled.push(*candidate);
        }
    }
    if let Some(new) = settled.get_mut(from..) {
        new.sort_unstable_by_key(|candidate| candidate.start);
    }
}

/// A byte that is no part of a word.
fn is_apart(byte: u8) -> bool {
    byte < 0x80 && !is_alnum(byte)
}

/// The start of the word around a digit: letters and digits, but not the letter of an escape.
fn word_start(bytes: &[u8], anchor: usize, floor: usize) -> usize {
    let mut start = anchor;
    while start > floor {
        let byte = before(bytes, start);
        if is_alnum(byte) {
            if is_escape(bytes, start - 1) {
                break;
            }
            start -= 1;
        } else if byte >= 0x80 {
            match char_before(bytes, start) {
                Some(letter) if is_letter(letter) && start - letter.len_utf8() >= floor => start -= letter.len_utf8(),
                _ => break,
            }
        } else {
            break;
        }
    }
    start
}

fn word_end(bytes: &[u8], anchor: usize) -> usize {
    let mut end = anchor;
    loop {
        end += run(bytes, end, usize::MAX, Sort::Alnum);
        match char_at(bytes, end) {
            Some(letter) if !letter.is_ascii() && is_letter(letter) => end += letter.len_utf8(),
            _ => return end,
        }
    }
}

fn is_extension(byte: u8) -> bool {
    matches!(byte, b'x' | b'X' | b'e' | b'E')
}
