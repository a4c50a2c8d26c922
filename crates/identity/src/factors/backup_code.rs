//! Backup codes: ten of sixty bits, shown once, each good for one sign-in in place of the usual second factor.

use vestibule_model::{Digest, Random, Secret, User, UserId};
use vestibule_store::Store;

use super::{Factor, FactorError, Proof, Workshop};
use crate::password::PasswordPool;

/// How many there are.
pub const COUNT: usize = 10;
/// Crockford's base 32: no letter is mistaken for another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const GROUPS: usize = 3;
const GROUP: usize = 4;

/// The factor.
pub struct BackupCode;

impl Factor for BackupCode {
    fn kind(&self) -> &'static str {
        "backup_code"
    }

    fn amr(&self) -> &'static str {
        "otp"
    }

    fn has_form(&self, answer: &str) -> bool {
        canonical(answer).is_some()
    }

    fn is_enrolled<'a>(&'a self, workshop: &'a Workshop<'a>, user: &'a User) -> Proof<'a> {
        Box::pin(async move { Ok(workshop.store.backup_codes_left(&user.id).await? > 0) })
    }

    fn prove<'a>(&'a self, workshop: &'a Workshop<'a>, user: &'a User, answer: &'a Secret<String>) -> Proof<'a> {
        Box::pin(async move {
            let Some(code) = canonical(answer.expose()) else { return Ok(false) };
            let digest = digest(workshop.passwords, &user.id, code).await?;
            Ok(workshop.store.use_backup_code(&user.id, digest).await?)
        })
    }
}

/// Replaces a user's codes with fresh ones and gives them, to be shown once.
pub async fn renew(
    store: &Store,
    passwords: &PasswordPool,
    user: &UserId,
    random: &dyn Random,
) -> Result<Vec<String>, FactorError> {
    let codes: Vec<String> = (0..COUNT).map(|_| draw(random)).collect();
    let mut digests = Vec::with_capacity(COUNT);
    for code in &codes {
        let code = canonical(code).ok_or(FactorError::Damaged)?;
        digests.push(digest(passwords, user, code).await?);
    }
    store.set_backup_codes(user, &digests).await?;
    Ok(codes)
}

fn draw(random: &dyn Random) -> String {
    let mut bytes = [0u8; GROUPS * GROUP];
    random.fill(&mut bytes);
    let letters = bytes.map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from));
    letters.chunks(GROUP).map(String::from_iter).collect::<Vec<_>>().join("-")
}

/// `xxxx-xxxx-xxxx`, the dashes and the case being the person's choice, without dashes and in lower case; `None` for
/// anything else.
fn canonical(answer: &str) -> Option<Secret<String>> {
    let groups: Vec<&str> = answer.split('-').collect();
    let dashed = groups.len() == GROUPS && groups.iter().all(|group| group.len() == GROUP);
    if answer.len() > GROUPS * (GROUP + 1) || !(dashed || groups.len() == 1) {
        return None;
    }
    let plain = groups.concat().to_ascii_lowercase();
    let legal = plain.len() == GROUPS * GROUP && plain.bytes().all(|byte| ALPHABET.contains(&byte));
    legal.then(|| Secret::new(plain))
}

/// Sixty bits are too few for a fast hash (NIST SP 800-63B-4 section 3.1.2.2 asks for 112): argon2id, salted with the
/// user, and a digest of that for the look-up.
async fn digest(passwords: &PasswordPool, user: &UserId, code: Secret<String>) -> Result<Digest, FactorError> {
    let salt = Digest::of_parts([b"backup code".as_slice(), user.as_str().as_bytes()]);
    let mut half = [0u8; 16];
    half.copy_from_slice(salt.as_bytes().split_at(16).0);
    Ok(Digest::of(&passwords.derive(code, half).await?))
}

#[cfg(test)]
mod tests {
    use vestibule_model::clock::SeededRandom;

    use super::*;

    #[test]
    fn codes_are_drawn_in_a_form_people_can_type() {
        let code = draw(&SeededRandom::new(3));
        assert_eq!(code.len(), 14);
        let plain = canonical(&code).unwrap();
        assert_eq!(canonical(&code.to_ascii_uppercase()).unwrap().expose(), plain.expose());
        assert_eq!(canonical(&code.replace('-', "")).unwrap().expose(), plain.expose());
    }

    #[test]
    fn nothing_else_has_the_form() {
        for bad in [
            "",
            "123456",
            "abcd-efgh-jkm",
            "abcd-efgh-jkmnp",
            "abcd efgh jkmn",
            "abcdefgh-jkmn",
            "abcd-efgh-jkmn-",
            "ABCD-EFGH-JKM\u{212a}",
            "abcd-efgh-jkil",
        ] {
            assert!(canonical(bad).is_none(), "{bad:?}");
        }
    }
}
