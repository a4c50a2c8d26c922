//! Cards: twelve digits or more in the groups of a card.

use super::{BESIDE, Refused};
use crate::{
    chain::{Chain, Digits},
    chars::Sep,
    context::Text,
    recognizers::card::{SHAPES, fits, issuer, luhn},
};

/// Nothing but a card is this long and stands alone, in digits.
const ALONE: usize = 16;

pub(super) fn look(text: &Text<'_>, chain: &Chain, refused: &mut Refused) {
    let mut first = 0;
    while let Some(run) = chain.run(first) {
        let shape = SHAPES.iter().find(|shape| {
            let sep = chain.sep(first).filter(|sep| matches!(sep, Sep::Space | Sep::Dash | Sep::Dot));
            sep.is_some_and(|sep| fits(chain, first, shape, sep))
        });
        let last = match shape {
            Some(shape) => first + shape.len() - 1,
            None if (13..=19).contains(&run.len()) => first,
            None => {
                first += 1;
                continue;
            }
        };
        if let (Some(digits), Some(end)) = (chain.digits(text.bytes, first, last), chain.run(last))
            && let Some(why) = why(&digits, last > first)
        {
            refused.add(run.start, end.end, why);
        }
        first = last + 1;
    }
}

fn why(digits: &Digits, is_grouped: bool) -> Option<String> {
    if issuer(digits).is_none() {
        // Most long numbers are something else.
        let shaped = is_grouped || digits.len() == ALONE;
        return shaped.then(|| {
            format!("no issuer of cards has {} digits that begin with {:04}", digits.len(), digits.number(0, 4))
        });
    }
    Some(if luhn(digits.as_slice()) { BESIDE.to_owned() } else { "its check digit is wrong (Luhn)".to_owned() })
}
