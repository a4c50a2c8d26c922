//! Social security numbers: three, two and four digits; or nine behind a word that says what they are.

use super::{BESIDE, Refused};
use crate::{
    chain::{Chain, Digits},
    chars::Sep,
    context::{Support, Text},
    kind::Kind,
    recognizers::ssn::is_valid,
};

pub(super) fn look(text: &Text<'_>, chain: &Chain, refused: &mut Refused) {
    for (first, run) in chain.runs().iter().enumerate() {
        let lengths = [0, 1, 2].map(|offset| chain.run(first + offset).map_or(0, |run| run.len()));
        let sep = chain.sep(first).filter(|sep| matches!(sep, Sep::Dash | Sep::Space | Sep::Dot));
        let grouped = lengths == [3, 2, 4] && sep.is_some() && sep == chain.sep(first + 1);
        let last = match run.len() {
            3 if grouped => first + 2,
            9 if text.support(run.start, Kind::Ssn) == Support::Named => first,
            _ => continue,
        };
        let (Some(digits), Some(end)) = (chain.digits(text.bytes, first, last), chain.run(last)) else { continue };
        refused.add(run.start, end.end, why(&digits));
    }
}

fn why(digits: &Digits) -> String {
    if is_valid(digits) {
        return BESIDE.to_owned();
    }
    let (area, group, serial) = (digits.number(0, 3), digits.number(3, 5), digits.number(5, 9));
    match (area, group, serial) {
        (0 | 666 | 900.., ..) => format!("the area {area:03} is never given"),
        (_, 0, _) => "the group 00 is never given".to_owned(),
        (_, _, 0) => "the serial 0000 is never given".to_owned(),
        _ => "it is a famous example and nobody's".to_owned(),
    }
}
