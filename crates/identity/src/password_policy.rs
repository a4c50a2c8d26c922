//! Which new passwords are accepted: long enough, and not among the first that anybody would guess.
//!
//! No rules about kinds of characters and no expiry (NIST SP 800-63B-4 section 3.1.1.2).

use crate::password::normalize;

/// Rules for new passwords.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PasswordPolicy {
    /// The least length in code points; never below 8.
    pub min_length: usize,
}

impl Default for PasswordPolicy {
    /// Twelve: between the 8 that suffice beside a second factor and the 15 that a password needs alone.
    fn default() -> Self {
        Self { min_length: 12 }
    }
}

/// Why a new password is refused; the sentences are for the person who chose it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PolicyError {
    /// Too short.
    #[error("Choose a longer password: at least {0} characters.")]
    Short(usize),
    /// Too long.
    #[error("Choose a shorter password: at most 256 characters.")]
    Long,
    /// Known, or made of your name, a run of keys or one repeated piece.
    #[error("That password is too easy to guess. A few unrelated words make a good one.")]
    Guessable,
}

impl PasswordPolicy {
    /// Checks a new password. `context` holds what an attacker knows about the person: e-mail address, name, product.
    pub fn check(&self, password: &str, context: &[&str]) -> Result<(), PolicyError> {
        let least = self.min_length.max(8);
        let normal = normalize(password).ok_or(PolicyError::Long)?;
        let length = normal.expose().chars().count();
        if length < least {
            return Err(PolicyError::Short(least));
        }
        if is_guessable(normal.expose(), context) { Err(PolicyError::Guessable) } else { Ok(()) }
    }
}

fn is_guessable(password: &str, context: &[&str]) -> bool {
    let lower = password.to_lowercase();
    let folded = fold(&lower);
    // Once as it stands, once with the decoration at both ends taken away and the substitutions undone.
    let plain = letters(&lower);
    let bare = letters(&fold(lower.trim_matches(|c: char| !c.is_alphabetic())));
    let known = |letters: &str| is_common(letters) || is_context(letters, context);
    is_repetition(&folded) || is_run(&folded) || known(&plain) || known(&bare)
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).collect()
}

/// The usual substitutions undone: `p@ssw0rd` is `password`.
fn fold(lower: &str) -> String {
    let plain = |c: char| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    lower.chars().map(plain).collect()
}

/// One piece of up to a third of the length, again and again: `abcabcabc`, `aaaaaaaaaaaa`; or a piece twice.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=chars.len() / 2).any(|size| chars.chunks(size).all(|piece| chars.starts_with(piece)))
}

/// Most neighbours are neighbours on a keyboard row or in the alphabet, in either direction.
fn is_run(text: &str) -> bool {
    // The second is the row of digits, 0 to 9 and round again, as `fold` leaves it.
    const ROWS: [&str; 5] = ["abcdefghijklmnopqrstuvwxyz", "oi2eas6t89oi", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let chars: Vec<char> = text.chars().collect();
    let beside = |a: char, b: char| {
        a == b
            || ROWS
                .iter()
                .any(|row| row.chars().zip(row.chars().skip(1)).any(|(x, y)| (x, y) == (a, b) || (y, x) == (a, b)))
    };
    let pairs = chars.len().saturating_sub(1);
    let run = chars.iter().zip(chars.iter().skip(1)).filter(|(a, b)| beside(**a, **b)).count();
    pairs > 0 && run * 10 >= pairs * 8
}

/// The letters are nothing but one or several of the words everybody chooses.
fn is_common(letters: &str) -> bool {
    if letters.is_empty() {
        return false;
    }
    let mut rest = letters;
    while !rest.is_empty() {
        let Some(word) = COMMON.iter().filter(|word| rest.starts_with(**word)).max_by_key(|word| word.len()) else {
            return rest.len() < 3 && rest.len() < letters.len();
        };
        rest = rest.get(word.len()..).unwrap_or("");
    }
    true
}

/// The letters are made of what everybody knows about the person, with at most four letters beside it.
fn is_context(letters: &str, context: &[&str]) -> bool {
    let known = context.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).map(str::to_lowercase);
    let rest =
        known.filter(|word| word.chars().count() >= 4).fold(letters.to_owned(), |rest, word| rest.replace(&word, ""));
    rest.len() < letters.len() && (rest.chars().count() < 5 || is_common(&rest))
}

/// The stems of the most used passwords, folded as [`fold`] does. Short lists suffice where at least eight, and
/// usually twelve, characters are asked for: what is left of the lists are these, repeated and decorated.
const COMMON: &[&str] = &[
    "password",
    "passwort",
    "passwd",
    "passphrase",
    "pass",
    "contrasena",
    "motdepasse",
    "parola",
    "senha",
    "wachtwoord",
    "heslo",
    "haslo",
    "qwerty",
    "qwertz",
    "azerty",
    "qwertyuiop",
    "asdfgh",
    "asdfghjkl",
    "zxcvbn",
    "zxcvbnm",
    "qazwsx",
    "qaz",
    "wsx",
    "edc",
    "abc",
    "abcdef",
    "letmein",
    "welcome",
    "willkommen",
    "bienvenue",
    "admin",
    "administrator",
    "root",
    "user",
    "guest",
    "login",
    "logmein",
    "master",
    "secret",
    "geheim",
    "changeme",
    "change",
    "default",
    "temp",
    "temporary",
    "test",
    "testing",
    "tester",
    "demo",
    "hello",
    "hallo",
    "iloveyou",
    "love",
    "you",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "basketball",
    "soccer",
    "hockey",
    "superman",
    "batman",
    "spiderman",
    "pokemon",
    "starwars",
    "princess",
    "sunshine",
    "shadow",
    "michael",
    "jennifer",
    "jessica",
    "daniel",
    "thomas",
    "ashley",
    "charlie",
    "jordan",
    "hunter",
    "killer",
    "trustno",
    "whatever",
    "freedom",
    "computer",
    "internet",
    "samsung",
    "google",
    "facebook",
    "microsoft",
    "windows",
    "apple",
    "summer",
    "winter",
    "spring",
    "autumn",
    "sommer",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "monday",
    "friday",
    "sunday",
    "company",
    "office",
    "vestibule",
    "gateway",
    "server",
    "access",
    "my",
    "the",
    "new",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), PolicyError> {
        PasswordPolicy::default().check(password, &["mira.okafor@example.com", "Mira Okafor", "Vestibule"])
    }

    #[test]
    fn length_is_counted_in_code_points_and_bounded() {
        assert_eq!(check("kürbis-löwe"), Err(PolicyError::Short(12)));
        assert_eq!(check("kürbis-löwen"), Ok(()));
        assert_eq!(check(&"correct horse ".repeat(19)), Err(PolicyError::Long));
        let careless = PasswordPolicy { min_length: 1 };
        assert_eq!(careless.check("x7#kQ2", &[]), Err(PolicyError::Short(8)), "never below eight");
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for bad in [
            "password1234",
            "P@ssw0rd2024!",
            "passwordpassword",
            "aaaaaaaaaaaaaa",
            "abcabcabcabc",
            "123456789012",
            "abcdefghijkl",
            "qwertyuiopas",
            "QWERTY123456",
            "Welcome12345!",
            "changeme-123",
            "mira.okafor1",
            "MiraOkafor2024",
            "okafor-password",
            "vestibule-admin",
            "iloveyou-you1",
            "1qaz2wsx3edc",
            "SummerWinter25",
        ] {
            assert_eq!(check(bad), Err(PolicyError::Guessable), "{bad}");
        }
    }

    #[test]
    fn ordinary_good_passwords_pass() {
        for good in [
            "correct horse battery",
            "tram-otter-89-gravel",
            "Xk4#mm2pQz!9",
            "die Katze malt Fahrräder",
            "mira likes violet trams",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }
}
