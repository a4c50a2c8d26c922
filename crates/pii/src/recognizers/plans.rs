//! The numbering plans of all countries: one automaton over digits. See `data/phone_plans.py` for how it is laid out.

use std::sync::OnceLock;

/// How much of a number a plan accepts.
pub(super) struct Plan {
    code: u16,
    start: u16,
    /// What is dialled before a national number, as digits.
    prefix: &'static [u8],
}

/// The tables, unpacked once.
pub(crate) struct Plans {
    rows: Vec<[u16; 10]>,
    ends: &'static [u8],
    plans: Vec<Plan>,
    /// By calling code: the place of its plan, from 1 on.
    by_code: Vec<u16>,
    /// By the first two digits of a number as it is dialled inside a country: the plans that know such, in their order.
    by_start: Vec<Vec<u16>>,
}

static DATA: &[u8] = include_bytes!("../../data/phone_plans.bin");
/// Countries whose national numbers are tried first, because they are met most.
const FIRST: [u16; 12] = [1, 44, 49, 33, 61, 39, 34, 31, 55, 91, 52, 81];

/// The plans.
pub(crate) fn plans() -> &'static Plans {
    static PLANS: OnceLock<Plans> = OnceLock::new();
    PLANS.get_or_init(Plans::read)
}

impl Plans {
    fn read() -> Self {
        let word = |place: usize| match DATA.get(place..place + 2) {
            Some([low, high]) => u16::from_le_bytes([*low, *high]),
            _ => 0,
        };
        let (states, codes) = (usize::from(word(0)), usize::from(word(2)));
        let rows = (0..states).map(|state| std::array::from_fn(|digit| word(4 + state * 20 + digit * 2))).collect();
        let ends_at = 4 + states * 20;
        let plans_at = ends_at + states.div_ceil(8);
        let mut plans: Vec<Plan> = (0..codes)
            .map(|index| {
                let place = plans_at + index * 8;
                let prefix = DATA.get(place + 4..place + 8).unwrap_or_default();
                let length = prefix.iter().take_while(|byte| byte.is_ascii_digit()).count();
                Plan { start: word(place), code: word(place + 2), prefix: prefix.get(..length).unwrap_or_default() }
            })
            .collect();
        plans.sort_by_key(|plan| (FIRST.iter().position(|code| *code == plan.code).unwrap_or(FIRST.len()), plan.code));
        let mut by_code = vec![0; 1000];
        for (plan, place) in plans.iter().zip(1..) {
            if let Some(slot) = by_code.get_mut(usize::from(plan.code)).filter(|slot| **slot == 0) {
                *slot = place;
            }
        }
        let ends = DATA.get(ends_at..plans_at).unwrap_or_default();
        let mut read = Self { rows, ends, plans, by_code, by_start: Vec::new() };
        read.by_start = (0..100).map(|start| read.starting(&[start / 10, start % 10])).collect();
        read
    }

    /// The plans of which some number, with what is dialled before it, begins with these digits.
    fn starting(&self, digits: &[u8]) -> Vec<u16> {
        let begins = |plan: &Plan| {
            let prefix = plan.prefix.iter().zip(digits).all(|(byte, digit)| digit + b'0' == *byte);
            (!plan.prefix.is_empty() && prefix) || self.state(plan, digits) != 0
        };
        (0..).zip(&self.plans).filter(|(_, plan)| begins(plan)).map(|(index, _)| index).collect()
    }

    /// Whether the digits, calling code first, are a number of some country.
    pub(crate) fn is_international(&self, digits: &[u8]) -> bool {
        (1..=3.min(digits.len())).any(|length| {
            let (code, rest) = digits.split_at_checked(length).unwrap_or_default();
            let code = code.iter().fold(0, |code, digit| code * 10 + u16::from(*digit));
            self.plan(code).is_some_and(|plan| self.accepts(plan, rest))
        })
    }

    /// How many digits the calling code at the start has.
    pub(crate) fn code_length(&self, digits: &[u8]) -> Option<usize> {
        let mut code = 0;
        for (index, digit) in digits.iter().take(3).enumerate() {
            code = code * 10 + u16::from(*digit);
            if self.plan(code).is_some() {
                return Some(index + 1);
            }
        }
        None
    }

    /// Whether the digits are a number as written inside some country.
    pub(crate) fn is_national(&self, digits: &[u8]) -> bool {
        let [first, second, ..] = digits else { return false };
        let known = self.by_start.get(usize::from(*first) * 10 + usize::from(*second));
        known.into_iter().flatten().filter_map(|index| self.plans.get(usize::from(*index))).any(|plan| {
            let bare = self.accepts(plan, digits);
            bare || (!plan.prefix.is_empty() && strip(digits, plan.prefix).is_some_and(|rest| self.accepts(plan, rest)))
        })
    }

    /// Whether the digits are a number of North America, with or without the leading 1.
    pub(crate) fn is_north_american(&self, digits: &[u8]) -> bool {
        let digits = if digits.len() == 11 { digits.strip_prefix(&[1]).unwrap_or(digits) } else { digits };
        digits.len() == 10 && self.plan(1).is_some_and(|plan| self.accepts(plan, digits))
    }

    fn plan(&self, code: u16) -> Option<&Plan> {
        let place = usize::from(*self.by_code.get(usize::from(code))?);
        self.plans.get(place.checked_sub(1)?)
    }

    fn accepts(&self, plan: &Plan, digits: &[u8]) -> bool {
        let state = self.state(plan, digits);
        state != 0 && self.ends.get(usize::from(state / 8)).is_some_and(|byte| byte & (1 << (state % 8)) != 0)
    }

    /// Where the automaton is behind the digits; 0 when no number begins so.
    fn state(&self, plan: &Plan, digits: &[u8]) -> u16 {
        let mut state = plan.start;
        for digit in digits {
            let next = self.rows.get(usize::from(state)).and_then(|row| row.get(usize::from(*digit)));
            state = next.copied().unwrap_or(0);
            if state == 0 {
                break;
            }
        }
        state
    }
}

/// The digits behind a prefix that is written in ASCII.
fn strip<'a>(digits: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = digits.split_at_checked(prefix.len())?;
    head.iter().zip(prefix).all(|(digit, byte)| digit + b'0' == *byte).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    #[test]
    fn knows_the_plans() {
        let plans = plans();
        for number in ["14155552671", "442079460958", "4930123456", "33612345678", "81312345678", "8801812345678"] {
            assert!(plans.is_international(&digits(number)), "{number}");
        }
        for number in ["11155552671", "999", "44207946095899", ""] {
            assert!(!plans.is_international(&digits(number)), "{number}");
        }
        assert!(plans.is_national(&digits("0612345678")));
        assert!(plans.is_north_american(&digits("14155552671")));
        assert_eq!(plans.code_length(&digits("442079460958")), Some(2));
    }
}
