//! The numbering plans of all countries: one automaton over digits. See `data/phone_plans.py` for how it is laid out.

use std::sync::OnceLock;

/// How much of a number a plan accepts.
pub(super) struct Plan {
    code: u16,
    start: u16,
}

/// The tables, unpacked once.
pub(crate) struct Plans {
    rows: Vec<[u16; 10]>,
    ends: &'static [u8],
    plans: Vec<Plan>,
    /// By calling code: the place of its plan, from 1 on.
    by_code: Vec<u16>,
    /// Where the automaton begins to read a number as it is dialled inside some country.
    dialled: u16,
}

static DATA: &[u8] = include_bytes!("../../data/phone_plans.bin");
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
        let plans: Vec<Plan> = (0..codes)
            .map(|index| {
                let place = plans_at + index * 8;
                Plan { start: word(place), code: word(place + 2) }
            })
            .collect();
        let mut by_code = vec![0; 1000];
        for (plan, place) in plans.iter().zip(1..) {
            if let Some(slot) = by_code.get_mut(usize::from(plan.code)).filter(|slot| **slot == 0) {
                *slot = place;
            }
        }
        let ends = DATA.get(ends_at..plans_at).unwrap_or_default();
        Self { rows, ends, plans, by_code, dialled: word(plans_at + codes * 8) }
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
        digits.len() > 1 && self.ends(self.state(self.dialled, digits))
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
        self.ends(self.state(plan.start, digits))
    }

    /// Whether a number may end in a state of the automaton.
    fn ends(&self, state: u16) -> bool {
        state != 0 && self.ends.get(usize::from(state / 8)).is_some_and(|byte| byte & (1 << (state % 8)) != 0)
    }

    /// Where the automaton is behind the digits; 0 when no number begins so.
    fn state(&self, start: u16, digits: &[u8]) -> u16 {
        let mut state = start;
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
        for number in ["0612345678", "612345678", "02079460958", "4155552671", "89161234567"] {
            assert!(plans.is_national(&digits(number)), "{number}");
        }
        for number in ["", "0", "1", "0000", "123456789012345678"] {
            assert!(!plans.is_national(&digits(number)), "{number}");
        }
        assert!(plans.is_north_american(&digits("14155552671")));
        assert_eq!(plans.code_length(&digits("442079460958")), Some(2));
    }

    #[test]
    fn what_a_country_accepts_is_dialled_there() {
        let plans = plans();
        let mut seed = 7u64;
        for _ in 0..200_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let length = 4 + (seed >> 60) as usize;
            let number: Vec<u8> =
                (0..length).map(|index| (seed >> (index * 3) & 7) as u8 + (index % 3) as u8).collect();
            let known = plans.plans.iter().any(|plan| plans.accepts(plan, &number));
            assert!(!known || plans.is_national(&number), "{number:?}");
        }
    }
}
