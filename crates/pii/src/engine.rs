//! Drives the recognizers over one text and settles what overlaps.

use crate::{
    chain::{Chain, Continued, Run},
    chars::{
        Sep, at, before, char_at, char_before, is_alnum, is_digit, is_escape, is_hex, is_letter, part, run, run_back,
        span,
    },
    config::Config,
    context::Text,
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
    chains: Vec<(usize, ChainFn)>,
    tokens: Vec<TokenFn>,
    marks: Vec<(u8, MarkFn)>,
    thresholds: [Option<i16>; Kind::ALL.len()],
}

impl Engine {
    pub(crate) fn new(config: &Config) -> Self {
        let mut engine =
            Self { chains: Vec::new(), tokens: Vec::new(), marks: Vec::new(), thresholds: [None; Kind::ALL.len()] };
        for kind in Kind::ALL {
            if let Some(slot) = engine.thresholds.get_mut(kind.index()) {
                *slot = config.threshold(kind);
            }
        }
        // A kind that is not masked is looked for all the same: it tells what a value is not.
        for find in ALL.iter().flat_map(|recognizer| recognizer.finds) {
            match find {
                Find::Chain(digits, find) => engine.chains.push((*digits, *find)),
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
        let byte = at(bytes, anchor);
        if !is_digit(byte) {
            for (_, find) in self.marks.iter().filter(|(mark, _)| *mark == byte) {
                find(text, anchor, found);
            }
            return if byte == b'-' {
                anchor + span(bytes, anchor, usize::MAX, |byte| byte == b'-')
            } else {
                anchor + 1
            };
        }
        // Nearly every number stands alone.
        let digits = run(bytes, anchor, usize::MAX, Sort::Digit);
        let left = if anchor > floor { before(bytes, anchor) } else { 0 };
        if is_apart(left) && is_apart(at(bytes, anchor + digits)) {
            return self.visit_chain(text, anchor, found);
        }
        let start = word_start(bytes, anchor, floor);
        let end = word_end(bytes, anchor + digits);
        let digits = if start == anchor { digits } else { 0 };
        if start == anchor && digits == end - start {
            return self.visit_chain(text, anchor, found);
        }
        if let Some(end) = uuid_end(bytes, start) {
            return end;
        }
        let token = Token::new(bytes, start, end);
        for find in &self.tokens {
            find(text, token, found);
        }
        // "415.555.2671x12" and "7am": the digits in front may end a number.
        if start == anchor && digits >= 3 && is_extension(at(bytes, anchor + digits)) {
            return self.visit_chain(text, anchor, found).max(anchor + digits);
        }
        if anchor == start + 2 && before(bytes, anchor) == b'B' && before(bytes, start) == b'%' {
            return anchor;
        }
        end
    }

    fn visit_chain(&self, text: &Text<'_>, anchor: usize, found: &mut Candidates) -> usize {
        if let Some(end) = moment_end(text.bytes, anchor) {
            return end;
        }
        let mut chain = Chain::read(text.bytes, anchor, Continued::No);
        loop {
            if is_dull(text.bytes, &chain) || is_amount(text.bytes, &chain) {
                return chain.next;
            }
            text.group(chain.run(0).map_or(0, |run| run.start), chain.together());
            for (digits, find) in &self.chains {
                if chain.total >= *digits {
                    find(text, &chain, found);
                }
            }
            let next = chain.next;
            if !chain.goes_on {
                return next;
            }
            let gap = span(text.bytes, next, 9, |byte| !is_digit(byte));
            chain = Chain::read(text.bytes, next + gap, Continued::Yes);
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

/// Where the UUID ends that starts here.
pub(crate) fn uuid_end(bytes: &[u8], start: usize) -> Option<usize> {
    let text = part(bytes, start, start + 36);
    let dashes = [8, 13, 18, 23].into_iter().all(|place| at(text, place) == b'-');
    let fits = dashes && text.len() == 36 && text.iter().all(|&byte| is_hex(byte) || byte == b'-');
    (fits && !is_alnum(at(bytes, start + 36))).then_some(start + 36)
}

/// Where the moment ends that starts here: `2024-05-01T10:00:00.123Z`, `2024-05-01 10:00`, `10:00:00`.
#[inline]
pub(crate) fn moment_end(bytes: &[u8], start: usize) -> Option<usize> {
    let length = run(bytes, start, 5, Sort::Digit);
    match (length, at(bytes, start + length)) {
        (2, b':') | (4, b'-') => long_moment_end(bytes, start, length),
        _ => None,
    }
}

fn long_moment_end(bytes: &[u8], start: usize, length: usize) -> Option<usize> {
    let first = Run { start, end: start + length };
    let clock = |place: usize| {
        let colons = [2, 5].map(|offset| at(bytes, place + offset) == b':');
        let digits = [0, 1, 3, 4].into_iter().all(|offset| is_digit(at(bytes, place + offset)));
        let long = colons == [true, true] && is_digit(at(bytes, place + 6)) && is_digit(at(bytes, place + 7));
        let end = if long { place + 8 } else { place + 5 };
        (digits && colons.first() == Some(&true) && at(bytes, end) != b':' && !is_hex(at(bytes, end))).then_some(end)
    };
    if first.len() == 2 && at(bytes, first.end) == b':' {
        let end = clock(first.start).filter(|_| before(bytes, first.start) != b':')?;
        return Some(end + span(bytes, end, 12, |byte| is_digit(byte) || byte == b'.'));
    }
    let dated = first.len() == 4 && at(bytes, first.end) == b'-' && at(bytes, first.end + 3) == b'-';
    let time = first.start + 11;
    if !dated || !matches!(at(bytes, time - 1), b'T' | b' ') {
        return None;
    }
    let end = clock(time)?;
    Some(end + span(bytes, end, 16, |byte| is_digit(byte) || matches!(byte, b'.' | b'+' | b'Z')))
}

/// A decimal with at most three digits behind its point: no value of ours is written so.
fn is_amount(bytes: &[u8], chain: &Chain) -> bool {
    let (Some(first), Some(last)) = (chain.run(0), chain.run(1)) else { return false };
    chain.len() == 2
        && !chain.goes_on
        && chain.sep(0) == Some(Sep::Dot)
        && last.len() <= 3
        && first.len() <= 6
        && at(bytes, last.end) != b':'
        && before(bytes, first.start) != b':'
}

/// Few digits with nothing around them that any recognizer could use: the most of the numbers in a program.
fn is_dull(bytes: &[u8], chain: &Chain) -> bool {
    let (Some(first), Some(last)) = (chain.run(0), chain.run(chain.len().saturating_sub(1))) else { return true };
    if chain.total > 5 || (chain.len() > 2 && chain.total > 3) || chain.sep(0) == Some(Sep::Space) {
        return false;
    }
    let (left, right) = (before(bytes, first.start), at(bytes, last.end));
    let worded = |byte: u8| is_alnum(byte) || byte >= 0x80;
    let leads = match right {
        b' ' => worded(at(bytes, last.end + 1)),
        b',' => at(bytes, last.end + 1) == b' ' && worded(at(bytes, last.end + 2)),
        _ => false,
    };
    // "Avenida Madero #38"
    let start = first.start - usize::from(left == b'#');
    let closes = before(bytes, start) == b' ' && start > 1 && {
        let byte = before(bytes, start - 1);
        let letters = run_back(bytes, start - 1, 40, Sort::Lower);
        matches!(byte, b'.' | b',')
            || byte >= 0x80
            || (letters < 40 && !matches!(before(bytes, start - 1 - letters), b' ' | b'\n' | b'"' | b'(' | b'_'))
    };
    !leads && !closes && right != b':' && left != b':' && left != b'%' && right != b'<'
}
