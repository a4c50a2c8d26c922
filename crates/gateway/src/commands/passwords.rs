//! Passwords at the terminal: read from standard input, or made up.

use std::{io::Read, sync::Arc};

use anyhow::{Context, Result, bail};
use vestibule_identity::password::{HashSettings, PasswordPool};
use vestibule_model::{Random, Secret};

/// A pool for one-off hashing.
pub(super) fn pool(random: &Arc<dyn Random>) -> Result<PasswordPool> {
    PasswordPool::new(HashSettings::STANDARD, 2, 64, Arc::clone(random)).context("passwords cannot be hashed")
}

/// Reads one line from standard input.
pub(super) fn from_stdin() -> Result<Secret<String>> {
    let mut text = String::new();
    std::io::stdin().lock().take(4096).read_to_string(&mut text).context("reading the password from standard input")?;
    let password = Secret::new(text.trim_end_matches(['\r', '\n']).to_owned());
    drop(Secret::new(text));
    if password.expose().chars().count() < 8 {
        bail!("the password is shorter than 8 characters");
    }
    Ok(password)
}

/// Four groups of four from an alphabet without look-alikes: 78 bits, easy to type.
pub(super) fn generate(random: &dyn Random) -> Secret<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 16];
    random.fill(&mut bytes);
    let mut text = String::with_capacity(19);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'x')));
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let random = vestibule_model::clock::SeededRandom::new(1);
        let (a, b) = (generate(&random), generate(&random));
        assert_eq!(a.expose().len(), 19);
        assert_ne!(a.expose(), b.expose());
    }
}
