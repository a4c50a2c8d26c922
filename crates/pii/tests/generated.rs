//! Ten thousand made-up answers of servers, in pieces and whole: no value is in any output, what is masked stays as it is,
//! and the rest is untouched.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use vestibule_model::{Secret, ServerName};
use vestibule_pii::{Config, JsonStream, Masker, Naming, Paths, Pseudonyms, SseStream, Treatment};

const DOCUMENTS: u64 = 10_000;

/// Xorshift: the same documents in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let at = usize::try_from(self.below(all.len() as u64)).unwrap();
        all.get(at).copied().unwrap()
    }

    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from)
    }
}

fn email(dice: &mut Dice) -> String {
    let first = dice.of(&["ada", "jean.luc", "m.oyelaran", "li-wei", "o.neil", "sara_k", "bjoern"]);
    let host = dice.of(&["example.com", "mail.example.org", "corp.example.net", "example.co.uk", "uni-x.de"]);
    format!("{first}{}@{host}", dice.below(1000))
}

fn phone(dice: &mut Dice) -> String {
    let (exchange, line) = (dice.between(220, 990) / 10 * 10 + 2, dice.between(1000, 9999));
    match dice.below(3) {
        0 => format!("+1 415 {exchange} {line}"),
        1 => format!("(212) {exchange}-{line}"),
        _ => format!("+49 30 9018{line}"),
    }
}

fn ssn(dice: &mut Dice) -> String {
    format!("{}-{}-{}", dice.between(100, 660), dice.between(10, 99), dice.between(1000, 9999))
}

/// With its check digit (ISO/IEC 7812-1 annex B).
fn card(dice: &mut Dice) -> String {
    let mut digits: Vec<u64> = vec![4];
    digits.extend((0..14).map(|_| dice.below(10)));
    let doubled = |(at, digit): (usize, &u64)| {
        let twice = if at % 2 == 0 { digit * 2 } else { *digit };
        if twice > 9 { twice - 9 } else { twice }
    };
    let sum: u64 = digits.iter().enumerate().map(doubled).sum();
    digits.push((10 - sum % 10) % 10);
    let text: String = digits.iter().map(u64::to_string).collect();
    let groups: Vec<&str> = [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|range| text.get(range)).collect();
    groups.join(dice.of(&[" ", "-"]))
}

fn ip(dice: &mut Dice) -> String {
    if dice.below(4) == 0 {
        return format!("2001:db8:{:x}::{:x}", dice.between(1, 0xFFFF), dice.between(1, 0xFFFF));
    }
    format!("{}.{}.{}.{}", dice.between(11, 120), dice.below(255), dice.below(255), dice.between(1, 254))
}

fn street(dice: &mut Dice) -> String {
    let name = dice.of(&["Main Street", "Oak Avenue", "Willow Lane", "Maple Drive", "Washington Boulevard"]);
    let town = dice.of(&["Springfield, IL 62704", "Austin, TX 78701", "Portland, OR 97201", "Salem, MA 01970"]);
    format!("{} {name}, {town}", dice.between(10, 9999))
}

fn passport(dice: &mut Dice) -> String {
    format!("C{:02}X{:02}T{:02}", dice.between(10, 99), dice.between(10, 99), dice.between(10, 99))
}

/// A document and the values in it.
fn document(dice: &mut Dice) -> (String, Vec<String>) {
    let values = vec![email(dice), phone(dice), ssn(dice), card(dice), ip(dice), street(dice), passport(dice)];
    let [email, phone, ssn, card, ip, street, passport] = values.as_slice() else { unreachable!() };
    let text = match dice.below(3) {
        0 => format!("Write to {email} or call {phone}. SSN: {ssn}\ncard {card}, from {ip}\nlives at {street}; passport no. {passport}"),
        1 => serde_json::json!({ "email": email, "phone": phone, "ssn": ssn, "card": card, "ip": ip, "address": street, "passport": passport }).to_string(),
        _ => format!("email,phone,ssn,card,ip,address,passport\n{email},{phone},{ssn},{card},{ip},\"{street}\",{passport}\n"),
    };
    let structured = serde_json::json!({
        "contact": { "email": email, "phones": [phone] }, "ssn": ssn, "payment": { "card_number": card }, "client_ip": ip,
        "home_address": street, "passport_number": passport, "count": dice.below(100), "id": format!("E{}", dice.between(1000, 9999)),
    });
    let result = serde_json::json!({ "content": [{ "type": "text", "text": text }], "structuredContent": structured });
    let id = dice.below(1 << 40);
    (serde_json::json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string(), values)
}

fn pieces<'b>(dice: &mut Dice, mut bytes: &'b [u8]) -> Vec<&'b [u8]> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let cut = usize::try_from(dice.between(1, 200)).unwrap().min(bytes.len());
        let (piece, rest) = bytes.split_at(cut);
        all.push(piece);
        bytes = rest;
    }
    all
}

#[test]
fn nothing_is_left_in_ten_thousand_answers() {
    let paths = Paths::new(&[(&["id"], Treatment::Spare)]);
    let masker = Masker::new(Config::default(), Secret::new([7; 32])).with_paths(paths);
    let server = ServerName::new("hr");
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for number in 0..DOCUMENTS {
        let (body, values) = document(&mut dice);
        let mut store = Pseudonyms::new();
        let mut naming = Naming::Numbered(&mut store, &server);
        let whole = masker.mask(&body, &mut naming).unwrap().into_inner().into_owned();
        let cut = pieces(&mut dice, body.as_bytes());
        let mut stream = JsonStream::new(&masker, 1 << 20);
        let mut streamed = Vec::new();
        for piece in &cut {
            streamed.extend(stream.feed(piece, &mut naming).unwrap());
        }
        streamed.extend(stream.finish(&mut naming).unwrap().0);
        let mut events = SseStream::new(&masker, 1 << 20);
        let mut sent = Vec::new();
        let event = format!("data: {body}\n\n");
        for piece in pieces(&mut dice, event.as_bytes()) {
            sent.extend(events.feed(piece, &mut naming).unwrap());
        }
        sent.extend(events.finish(&mut naming).unwrap().0);
        let (streamed, sent) = (String::from_utf8(streamed).unwrap(), String::from_utf8(sent).unwrap());
        assert_eq!(streamed, whole, "document {number} in pieces");
        assert_eq!(sent, format!("data: {whole}\n\n"), "document {number} as an event");
        for value in &values {
            assert!(!whole.contains(value.as_str()), "{value} of document {number}: {body}\n{whole}");
        }
        let again = masker.mask(&whole, &mut naming).unwrap().into_inner().into_owned();
        assert_eq!(again, whole, "document {number} masked again");
        let masked: serde_json::Value = serde_json::from_str(&whole).unwrap();
        let original: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&masked["id"], &masked["result"]["structuredContent"]["id"]),
            (&original["id"], &original["result"]["structuredContent"]["id"])
        );
    }
}
