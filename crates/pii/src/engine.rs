//! Drives the recognizers over one text and settles what overlaps.

use crate::{
    chain::{Continued, Lengths, Run},
    chain_table::ChainTable,
    chars::{at, before, char_at, char_before, is_alnum, is_alpha, is_digit, is_escape, is_letter, run, span},
    config::Config,
    context::Text,
    dull::{is_amount, is_dull, is_extension, moment_end, uuid_end},
    kind::Kind,
    look::Look,
    prefilter::Anchors,
    recognizers::{ALL, Candidate, Candidates, Find, MarkFn, Token, TokenFn, WholeFn},
    simd::Sort,
};

/// The recognizers that a configuration asks for, by what they start from.
#[derive(Debug)]
pub(crate) struct Engine {
    chains: ChainTable,
    tokens: Vec<TokenFn>,
    marks: Vec<(u8, MarkFn)>,
    wholes: Vec<WholeFn>,
    thresholds: [Option<i16>; Kind::ALL.len()],
}

impl Engine {
    pub(crate) fn new(config: &Config) -> Self {
        let mut engine = Self {
            chains: ChainTable::default(),
            tokens: Vec::new(),
            marks: Vec::new(),
            wholes: Vec::new(),
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
                Find::Chain(digits, one_of, find) => engine.chains.add(*digits, *one_of, Lengths::NONE, *find),
                Find::Groups(digits, all_of, find) => engine.chains.add(*digits, *all_of, *all_of, *find),
                Find::Token(find) => engine.tokens.push(*find),
                Find::Mark(byte, find) => engine.marks.push((*byte, *find)),
                Find::Whole(find) => engine.wholes.push(*find),
            }
        }
        engine
    }

    /// Leaves among the candidates what is found in the text, in order, without overlaps.
    pub(crate) fn scan(&self, text: &Text<'_>, look: &mut Look) {
        look.candidates.0.clear();
        for find in &self.wholes {
            find(text, &mut look.candidates);
        }
        let mut anchors = Anchors::new(text.bytes);
        let (mut place, mut floor) = (0, 0);
        while let Some(anchor) = anchors.next(place) {
            let known = look.candidates.0.len();
            place = self.visit(text, anchor, floor, look).max(anchor + 1);
            // What was visited is no part of a word behind it, unless it was a letter within one: "SSU391681".
            if !is_alpha(at(text.bytes, anchor)) {
                floor = place;
            }
            if look.candidates.0.len() > known {
                self.remember(text, look.candidates.0.get(known..).unwrap_or_default());
            }
        }
        self.settle(&mut look.candidates.0);
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
    fn visit(&self, text: &Text<'_>, anchor: usize, floor: usize, look: &mut Look) -> usize {
        let bytes = text.bytes;
        if !is_digit(at(bytes, anchor)) {
            return self.visit_mark(text, anchor, &mut look.candidates);
        }
        let first = Run::at(bytes, anchor);
        let left = before(bytes, anchor);
        // Nearly every number stands alone.
        if (is_apart(left) || anchor <= floor) && is_apart(at(bytes, first.end)) {
            return self.visit_chain(text, first, look);
        }
        let start = word_start(bytes, anchor, floor);
        let end = word_end(bytes, first.end);
        let leads = start == anchor;
        if leads && first.end == end {
            return self.visit_chain(text, first, look);
        }
        if let Some(end) = uuid_end(bytes, start) {
            return end;
        }
        let token = Token::new(bytes, start, end);
        for find in &self.tokens {
            find(text, token, &mut look.candidates);
        }
        // "415.555.2671x12" and "7am": the digits in front may end a number.
        if leads && first.len() >= 3 && is_extension(at(bytes, first.end)) {
            return self.visit_chain(text, first, look).max(first.end);
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

    fn visit_chain(&self, text: &Text<'_>, first: Run, look: &mut Look) -> usize {
        if let Some(end) = moment_end(text.bytes, first) {
            return end;
        }
        let Look { chain, candidates, .. } = look;
        chain.read(text.bytes, first, Continued::No);
        loop {
            if is_dull(text.bytes, chain) || is_amount(text.bytes, chain) {
                return chain.next;
            }
            text.group(chain.run(0).map_or(0, |run| run.start), chain.together());
            self.chains.ask(text, chain, candidates);
            let next = chain.next;
            if !chain.goes_on {
                return next;
            }
            let gap = span(text.bytes, next, 9, |byte| !is_digit(byte));
            chain.read(text.bytes, Run::at(text.bytes, next + gap), Continued::Yes);
        }
    }

    /// How sure it must be of a kind; nothing when nobody asks for it.
    fn threshold(&self, kind: Kind) -> Option<i16> {
        self.thresholds.get(kind.index()).copied().flatten()
    }

    fn passes(&self, candidate: &Candidate) -> bool {
        candidate.score >= self.threshold(candidate.kind).unwrap_or(50)
    }

    /// Of overlapping candidates the surest stays, then the longest, then the one of the higher rank. Then only those
    /// that somebody asked for.
    fn settle(&self, candidates: &mut Vec<Candidate>) {
        candidates.retain(|candidate| self.passes(candidate));
        if candidates.len() > 1 {
            candidates.sort_unstable_by_key(|candidate| (candidate.start, candidate.end));
            let (mut kept, mut next) = (0, 0);
            while next < candidates.len() {
                let end = cluster_end(candidates, next);
                kept = choose(candidates, kept, next, end);
                next = end;
            }
            candidates.truncate(kept);
        }
        candidates.retain(|candidate| self.threshold(candidate.kind).is_some());
    }
}

/// The most candidates that are settled together.
const MAX_CLUSTER: usize = 64;

/// Where the candidates end that touch each other, from one on.
fn cluster_end(candidates: &[Candidate], first: usize) -> usize {
    let mut next = first + 1;
    let mut end = candidates.get(first).map_or(0, |first| first.end.max(first.start + 1));
    while next < first + MAX_CLUSTER
        && let Some(candidate) = candidates.get(next).filter(|candidate| candidate.start < end)
    {
        end = end.max(candidate.end);
        next += 1;
    }
    next
}

/// Chooses among the candidates `first..end`, which touch each other, and puts those that stay behind the first `kept` ones.
/// Gives how many are kept then.
fn choose(candidates: &mut [Candidate], kept: usize, first: usize, end: usize) -> usize {
    let floor = kept.checked_sub(1).and_then(|last| candidates.get(last)).map_or(0, |last| last.end);
    if let Some(cluster) = candidates.get_mut(first..end).filter(|cluster| cluster.len() > 1) {
        cluster.sort_unstable_by_key(|candidate| {
            std::cmp::Reverse((candidate.score, candidate.end - candidate.start, candidate.kind.rank()))
        });
    }
    let mut stays = kept;
    for index in first..end {
        let Some(candidate) = candidates.get(index).copied() else { break };
        let taken = candidates.get(kept..stays).unwrap_or_default();
        let free = taken.iter().all(|other| candidate.end <= other.start || candidate.start >= other.end);
        if free && candidate.start >= floor {
            if let Some(slot) = candidates.get_mut(stays) {
                *slot = candidate;
            }
            stays += 1;
        }
    }
    if let Some(new) = candidates.get_mut(kept..stays).filter(|new| new.len() > 1) {
        new.sort_unstable_by_key(|candidate| candidate.start);
    }
    stays
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
