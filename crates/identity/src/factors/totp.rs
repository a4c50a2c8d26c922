//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, thirty seconds, one step to either side.

use std::time::Duration;

use totp_rs::{Algorithm, Builder};
use vestibule_model::{Clock, Random, Secret, Timestamp, User, UserId};
use vestibule_store::{Store, StoreError, factors::FactorRecord};

use super::{Factor, FactorError, Proof, Workshop};

/// The kind in the store.
pub const KIND: &str = "totp";
const STEP_SECONDS: i64 = 30;
/// RFC 4226 section 4: 160 bits are recommended.
const SEED_BYTES: usize = 20;

/// The factor.
pub struct Totp;

impl Factor for Totp {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn amr(&self) -> &'static str {
        "otp"
    }

    /// Exactly six ASCII digits. Nothing is trimmed or folded: a used code must not come back in another spelling.
    fn has_form(&self, answer: &str) -> bool {
        answer.len() == 6 && answer.bytes().all(|byte| byte.is_ascii_digit())
    }

    fn is_enrolled<'a>(&'a self, workshop: &'a Workshop<'a>, user: &'a User) -> Proof<'a> {
        Box::pin(
            async move { Ok(workshop.store.list_factors(&user.id).await?.iter().any(|factor| factor.kind == KIND)) },
        )
    }

    fn prove<'a>(&'a self, workshop: &'a Workshop<'a>, user: &'a User, answer: &'a Secret<String>) -> Proof<'a> {
        Box::pin(async move {
            if !self.has_form(answer.expose()) {
                return Ok(false);
            }
            for factor in workshop.store.list_factors(&user.id).await?.iter().filter(|factor| factor.kind == KIND) {
                let seed = workshop.store.factor_secret(&user.id, &factor.id).await?.ok_or(FactorError::Damaged)?;
                if accept(workshop, &user.id, &factor.id, seed.expose(), answer.expose()).await? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

/// RFC 6238 section 5.2: the verifier MUST NOT accept the second attempt of the OTP. The step is remembered, not the
/// text, and only a greater step is accepted, by one compare-and-set.
async fn accept(
    workshop: &Workshop<'_>,
    user: &UserId,
    factor: &str,
    seed: &[u8],
    code: &str,
) -> Result<bool, FactorError> {
    let Some(step) = matching_step(seed, code, workshop.now.as_seconds())? else { return Ok(false) };
    Ok(workshop.store.accept_totp_step(user, factor, step).await?)
}

/// The step whose code this is, within one step of now.
fn matching_step(seed: &[u8], code: &str, now_seconds: i64) -> Result<Option<i64>, FactorError> {
    let totp = generator(seed, "", "")?;
    let now = u64::try_from(now_seconds).map_err(|_| FactorError::Damaged)?;
    Ok(totp.check(code, now).and_then(|step| i64::try_from(step).ok()))
}

fn generator(seed: &[u8], issuer: &str, account: &str) -> Result<totp_rs::Totp, FactorError> {
    // The otpauth format separates with colons; they cannot be part of a name.
    let (issuer, account) = (issuer.replace(':', " "), account.replace(':', " "));
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(STEP_SECONDS.unsigned_abs())
        .with_secret(seed)
        .with_issuer(Some(issuer))
        .with_account_name(account)
        .build()
        .map_err(|_| FactorError::Damaged)
}

/// A seed that is shown to its owner and not yet theirs: it counts only once they have proved it with a code.
/// Nothing is stored until then; the form carries it sealed.
pub struct Enrolment {
    seed: Secret<Vec<u8>>,
    begun: Timestamp,
}

/// An enrolment that is not confirmed within this time begins again, with the password.
const ENROLMENT_LIFE: Duration = Duration::from_secs(600);

impl Enrolment {
    /// Draws a seed.
    pub fn begin(random: &dyn Random, now: Timestamp) -> Self {
        let mut seed = vec![0u8; SEED_BYTES];
        random.fill(&mut seed);
        Self { seed: Secret::new(seed), begun: now }
    }

    /// The seed sealed for one session, to travel through the confirming form.
    pub fn seal(&self, store: &Store, session: &str, random: &dyn Random) -> Vec<u8> {
        let begun = self.begun.as_millis().to_be_bytes();
        let plain = Secret::new([begun.as_slice(), self.seed.expose().as_slice()].concat());
        store.sealer().seal("enrolment", KIND, session, plain.expose(), random)
    }

    /// Opens what [`Self::seal`] made for the same session, within ten minutes of its beginning.
    pub fn open(store: &Store, session: &str, sealed: &[u8], now: Timestamp) -> Option<Self> {
        let plain = store.sealer().open("enrolment", KIND, session, sealed).ok()?;
        let (begun, seed) = plain.expose().split_first_chunk::<8>()?;
        let begun = Timestamp::from_millis(i64::from_be_bytes(*begun));
        let fits = seed.len() == SEED_BYTES && now.since(begun) <= ENROLMENT_LIFE;
        fits.then(|| Self { seed: Secret::new(seed.to_vec()), begun })
    }

    /// The `otpauth:` URI for the QR code.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<String, FactorError> {
        generator(self.seed.expose(), issuer, account)?.to_url().map_err(|_| FactorError::Damaged)
    }

    /// The seed in base32, for typing.
    pub fn text(&self) -> String {
        totp_rs::Secret::from(self.seed.expose().as_slice()).to_base32()
    }

    /// Stores the factor when the code proves that the person's device has the seed; that code is used up by it.
    pub async fn confirm(
        &self,
        workshop: &Workshop<'_>,
        user: &User,
        code: &Secret<String>,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Result<bool, FactorError> {
        if !Totp.has_form(code.expose()) {
            return Ok(false);
        }
        let Some(step) = matching_step(self.seed.expose(), code.expose(), workshop.now.as_seconds())? else {
            return Ok(false);
        };
        let id = store_factor(workshop.store, &user.id, self.seed.expose(), clock, random).await?;
        Ok(workshop.store.accept_totp_step(&user.id, &id, step).await?)
    }
}

async fn store_factor(
    store: &Store,
    user: &UserId,
    seed: &[u8],
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<String, StoreError> {
    let id = vestibule_model::RequestId::generate(clock, random).as_str().replacen("req_", "fac_", 1);
    let now = clock.now();
    let factor = FactorRecord {
        id: id.clone(),
        user: user.clone(),
        kind: KIND.to_owned(),
        label: "Authenticator app".to_owned(),
        created_at: now,
        confirmed_at: None,
        last_used_at: None,
    };
    store.create_factor(&factor, seed).await?;
    store.confirm_factor(user, &id, now).await?;
    Ok(id)
}

/// Gives a user a TOTP factor with a known seed, already confirmed: for administrators and demonstrations.
pub async fn enrol(store: &Store, user: &UserId, clock: &dyn Clock, random: &dyn Random) -> Result<String, StoreError> {
    let enrolment = Enrolment::begin(random, clock.now());
    store_factor(store, user, enrolment.seed.expose(), clock, random).await?;
    Ok(enrolment.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_of_rfc_6238_appendix_b() {
        // The eight-digit codes of the appendix end in the six-digit ones.
        for (time, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(matching_step(SEED, code, time).unwrap(), Some(time / 30), "{time}");
        }
    }

    #[test]
    fn one_step_to_either_side_and_no_more() {
        let found = |offset: i64| matching_step(SEED, "005924", 1_234_567_890 + offset).unwrap().is_some();
        assert!(found(0) && found(30) && found(-30));
        assert!(!found(60) && !found(-60));
    }

    #[test]
    fn only_six_ascii_digits_have_the_form() {
        assert!(Totp.has_form("005924"));
        for bad in [
            "005924 ",
            " 005924",
            "005 924",
            "+05924",
            "５５５５５５",
            "٠٠٥٩٢٤",
            "00592",
            "0059240",
            "00592\n",
            "",
            "-05924",
            "0x5924",
        ] {
            assert!(!Totp.has_form(bad), "{bad:?}");
        }
    }
}
