//! Values with check digits.

use vestibule_pii::Kind;

use crate::random::Random;

/// Brands: the first digits and the length.
static BRANDS: [(&str, usize); 14] = [
    ("4", 16),
    ("4", 16),
    ("4", 13),
    ("51", 16),
    ("54", 16),
    ("2223", 16),
    ("2655", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("36", 14),
    ("3540", 16),
    ("6221", 16),
    ("2202", 16),
];

/// The value of a computed name.
pub(crate) fn computed(name: &str, random: &mut Random) -> Option<(String, Kind)> {
    let brand = match name {
        "card.visa" => ("4", 16),
        "card.amex" => ("37", 15),
        "card" | "card.plain" => BRANDS[random.below(BRANDS.len())],
        "card.grouped" => BRANDS[[0, 3, 5, 7, 9][random.below(5)]],
        "mrz" => return Some((zone(random), Kind::Passport)),
        "iban" => return Some((iban(random), Kind::Iban)),
        _ => return None,
    };
    let digits = card(brand, random);
    let plain = name == "card.plain" || (name != "card.grouped" && random.percent(40));
    let sep = random.pick(&[" ", " ", "-", "\u{A0}"]);
    Some((if plain { digits } else { grouped(&digits, sep) }, Kind::Card))
}

fn card((head, length): (&str, usize), random: &mut Random) -> String {
    let mut digits: Vec<u8> = head.bytes().map(|byte| byte - b'0').collect();
    while digits.len() < length - 1 {
        digits.push(random.digit());
    }
    let sum: u8 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, &digit)| match index % 2 {
            0 if digit > 4 => digit * 2 - 9,
            0 => digit * 2,
            _ => digit,
        })
        .fold(0, |sum, value| (sum + value) % 10);
    digits.push((10 - sum) % 10);
    digits.into_iter().map(|digit| char::from(b'0' + digit)).collect()
}

fn grouped(digits: &str, sep: &str) -> String {
    let cuts: &[usize] = match digits.len() {
        15 => &[4, 10],
        14 => &[4, 10],
        16 => &[4, 8, 12],
        _ => &[],
    };
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if cuts.contains(&index) {
            out.push_str(sep);
        }
        out.push(digit);
    }
    out
}

/// The second line of a passport's zone, ICAO 9303 part 4.
fn zone(random: &mut Random) -> String {
    let number: String = (0..9).map(|_| char::from(b"ACFGHJKLMNPRTVWXYZ0123456789"[random.below(28)])).collect();
    let birth = format!("{:02}{:02}{:02}", 50 + random.below(50), 1 + random.below(12), 1 + random.below(28));
    let expiry = format!("{:02}{:02}{:02}", 25 + random.below(10), 1 + random.below(12), 1 + random.below(28));
    let state = random.pick(&["GBR", "D<<", "FRA", "USA", "IND", "POL"]);
    let sex = random.pick(&["M", "F", "<"]);
    let personal = "<".repeat(14);
    let body =
        format!("{number}{}{state}{birth}{}{sex}{expiry}{}{personal}0", check(&number), check(&birth), check(&expiry));
    let all: String = [&body[0..10], &body[13..20], &body[21..43]].concat();
    format!("{body}{}", check(&all))
}

fn check(field: &str) -> u32 {
    let value = |letter: char| match letter {
        '<' => 0,
        _ => letter.to_digit(36).expect("a letter or digit"),
    };
    field.chars().zip([7, 3, 1].into_iter().cycle()).map(|(letter, weight)| value(letter) * weight).sum::<u32>() % 10
}

fn iban(random: &mut Random) -> String {
    let digits = |count: usize, random: &mut Random| -> String {
        (0..count).map(|_| char::from(b'0' + random.digit())).collect()
    };
    let (country, account) = match random.below(4) {
        0 => ("DE", digits(18, random)),
        1 => ("FR", digits(23, random)),
        2 => ("GB", format!("NWBK{}", digits(14, random))),
        _ => ("NL", format!("ABNA{}", digits(10, random))),
    };
    let remainder = format!("{account}{country}00").chars().fold(0, |rest: u32, letter| {
        let value = letter.to_digit(36).expect("a letter or digit");
        (rest * if value > 9 { 100 } else { 10 } + value) % 97
    });
    let whole = format!("{country}{:02}{account}", 98 - remainder);
    if random.percent(50) {
        return whole;
    }
    let groups: Vec<String> =
        whole.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join(" ")
}
