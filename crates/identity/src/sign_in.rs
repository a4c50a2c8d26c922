//! The steps of a sign-in: password → (pending login) → second factor → session.
//!
//! A pending login is never a session: it is a single-use reference that only the second step understands. Answers are
//! the same for unknown, disabled and known users, and so is the work behind them.

use std::{net::IpAddr, sync::Arc, time::Duration};

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use vestibule_model::{
    Acr, Authentication, Clock, Digest, OpaqueToken, Random, Secret, Timestamp, TokenKind, User, UserId,
};
use vestibule_store::{
    Store, StoreError,
    once::{Consumed, OnceKind},
    sessions::SessionRecord,
};

use crate::{
    browser::{Sessions, SignedIn, Whereabouts},
    device::KnownDevice,
    factors::{self, Factor, FactorError, Workshop},
    password::{Checked, PasswordError, PasswordPool},
    throttle::{Allowed, Guess, Throttle},
};

/// How long the second step may take.
pub const PENDING_LIFE: Duration = Duration::from_secs(5 * 60);
/// No real address is longer (RFC 5321 section 4.5.3.1).
const LONGEST_EMAIL: usize = 320;

/// Where an attempt comes from.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The headers of the request.
    pub headers: &'a HeaderMap,
    /// The peer's address.
    pub address: Option<IpAddr>,
    /// The browser's own cookie: a pending login is bound to it.
    pub browser: Digest,
}

/// Why a step was refused. The user is for the audit only; nothing of it may reach the page.
#[derive(Debug)]
pub struct Refusal {
    /// What the person is told.
    pub why: Why,
    /// Whose account it was about, when there is one.
    pub user: Option<UserId>,
}

/// What a refused person is told; the same for accounts that exist and accounts that do not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The account, the password or the code is not right.
    Wrong,
    /// Too many tries: again at that time.
    Wait(Timestamp),
    /// Too many tries in a row; an administrator must help.
    Closed,
    /// The pending login is over: begin with the password.
    StartAgain,
}

impl Why {
    /// A stable code for the audit.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Wrong => "wrong_credentials",
            Self::Wait(_) => "throttled",
            Self::Closed => "locked",
            Self::StartAgain => "pending_login_over",
        }
    }
}

/// A part of us is down: 503.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The pool of slow hashes is full or broken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A factor cannot be checked.
    #[error(transparent)]
    Factor(#[from] FactorError),
}

/// Somebody has just signed in.
pub struct Arrived {
    /// Goes into the session cookie.
    pub token: OpaqueToken,
    /// The session.
    pub session: SessionRecord,
    /// Who.
    pub user: Arc<User>,
    /// The `Set-Cookie` value that makes this browser known to the account.
    pub device_cookie: String,
}

/// What the password step led to.
pub enum FirstStep {
    /// The password was enough.
    Arrived(Box<Arrived>),
    /// A second factor is needed; the token goes into the browser, and only [`SignIn::second_step`] takes it.
    Pending {
        /// The reference.
        token: OpaqueToken,
        /// Who is half-way in; for the audit.
        user: Arc<User>,
    },
    /// No.
    Refused(Refusal),
}

/// What the second step led to.
pub enum SecondStep {
    /// Signed in.
    Arrived(Box<Arrived>),
    /// No.
    Refused(Refusal),
}

/// What a pending login remembers.
#[derive(Serialize, Deserialize)]
struct Pending {
    user: UserId,
    browser: String,
}

/// Signs people in.
#[derive(Clone)]
pub struct SignIn {
    store: Store,
    passwords: Arc<PasswordPool>,
    throttle: Throttle,
    sessions: Sessions,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl SignIn {
    /// Signs people of this store in.
    pub fn new(
        store: Store,
        passwords: Arc<PasswordPool>,
        sessions: Sessions,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self { throttle: Throttle::new(store.clone()), store, passwords, sessions, clock, random }
    }

    /// The first step: e-mail address and password.
    pub async fn first_step(
        &self,
        email: &str,
        password: &Secret<String>,
        caller: Caller<'_>,
    ) -> Result<FirstStep, SignInError> {
        let account = canonical_account(email);
        let device = KnownDevice::find(caller.headers, &self.store, &account);
        if let Some(why) = self.may_try(&account, device.as_ref(), caller).await? {
            return Ok(FirstStep::Refused(Refusal { why, user: None }));
        }
        let user = self.store.find_user_by_email(&account).await?;
        let id = user.as_ref().map_or_else(|| UserId::new("nobody"), |user| user.id.clone());
        // Asked for a user who is not there too: the same work for every name.
        let stored = self.store.password_of(&id).await?;
        let checked = self.passwords.check(password, stored.as_deref()).await?;
        let Some(user) = user.filter(|user| checked.is_right() && !user.disabled) else {
            self.throttle.note_failure(caller.address, self.clock.now()).await?;
            return Ok(FirstStep::Refused(Refusal { why: Why::Wrong, user: stored.map(|_| id) }));
        };
        let (guess, subject) = counter(&account, device.as_ref());
        self.throttle.clear(guess, subject).await?;
        if checked == Checked::RightButWeak {
            self.store.set_password(&user.id, &self.passwords.hash(password).await?).await?;
        }
        self.after_password(Arc::new(user), caller).await
    }

    /// Counts the guess, and says why it may not be looked at.
    async fn may_try(
        &self,
        account: &str,
        device: Option<&KnownDevice>,
        caller: Caller<'_>,
    ) -> Result<Option<Why>, SignInError> {
        let now = self.clock.now();
        if device.is_none()
            && let Some(why) = refused(self.throttle.may_guess(caller.address, now).await?)
        {
            return Ok(Some(why));
        }
        let (guess, subject) = counter(account, device);
        Ok(refused(self.throttle.reserve(guess, subject, now).await?))
    }

    /// The password was right: a session, or the door to the second step.
    async fn after_password(&self, user: Arc<User>, caller: Caller<'_>) -> Result<FirstStep, SignInError> {
        if !factors::needs_second_step(&self.workshop(), &user).await? {
            return Ok(FirstStep::Arrived(Box::new(self.arrive(user, None, caller).await?)));
        }
        let token = OpaqueToken::generate(TokenKind::PendingLogin, &*self.random);
        let pending = Pending { user: user.id.clone(), browser: caller.browser.to_hex() };
        let data = serde_json::to_vec(&pending).map_err(|_| StoreError::Damaged("pending login"))?;
        let until = self.clock.now() + PENDING_LIFE;
        self.store.issue_once(OnceKind::PendingLogin, token.digest(), user.id.as_str(), until, &data).await?;
        Ok(FirstStep::Pending { token, user })
    }

    /// Whether a pending login can still be finished in this browser; the page asks before it shows the form.
    pub async fn is_pending(&self, token: &str, browser: Digest) -> Result<bool, SignInError> {
        Ok(self.find_pending(token, browser).await?.is_some())
    }

    async fn find_pending(&self, token: &str, browser: Digest) -> Result<Option<(Digest, Arc<User>)>, SignInError> {
        let Some(digest) = OpaqueToken::parse(TokenKind::PendingLogin, token) else { return Ok(None) };
        let Some(data) = self.store.peek_once(OnceKind::PendingLogin, digest).await? else { return Ok(None) };
        let pending: Pending = serde_json::from_slice(&data).map_err(|_| StoreError::Damaged("pending login"))?;
        let user = self.store.directory().find(&pending.user).cloned();
        let user = user.filter(|user| !user.disabled && pending.browser == browser.to_hex());
        Ok(user.map(|user| (digest, user)))
    }

    /// The second step: a code. Three tries per pending login, and the account's own counter over all of them.
    pub async fn second_step(
        &self,
        token: &str,
        code: &Secret<String>,
        caller: Caller<'_>,
    ) -> Result<SecondStep, SignInError> {
        let Some((pending, user)) = self.find_pending(token, caller.browser).await? else {
            return Ok(refuse(Why::StartAgain, None));
        };
        let Some(left) = self.throttle.reserve_try(&pending.to_hex()).await? else {
            self.store.consume(OnceKind::PendingLogin, pending).await?;
            return Ok(refuse(Why::StartAgain, Some(&user)));
        };
        if let Some(why) = refused(self.throttle.reserve(Guess::Code, user.id.as_str(), self.clock.now()).await?) {
            return Ok(refuse(why, Some(&user)));
        }
        let Some(factor) = factors::prove(&self.workshop(), &user, code).await? else {
            self.throttle.note_failure(caller.address, self.clock.now()).await?;
            if left == 0 {
                self.store.consume(OnceKind::PendingLogin, pending).await?;
            }
            return Ok(refuse(if left == 0 { Why::StartAgain } else { Why::Wrong }, Some(&user)));
        };
        // Exactly one request finishes a pending login, however many right codes arrive at once.
        let Consumed::Won(_) = self.store.consume(OnceKind::PendingLogin, pending).await? else {
            return Ok(refuse(Why::StartAgain, Some(&user)));
        };
        self.throttle.clear(Guess::Code, user.id.as_str()).await?;
        Ok(SecondStep::Arrived(Box::new(self.arrive(user, Some(factor), caller).await?)))
    }

    /// A fresh proof of the password by somebody who is signed in, before something that matters.
    pub async fn confirm_password(
        &self,
        who: &SignedIn,
        password: &Secret<String>,
    ) -> Result<Result<(), Why>, SignInError> {
        let (guess, subject) = (Guess::PasswordFromKnownDevice, who.session.id.as_str());
        if let Some(why) = refused(self.throttle.reserve(guess, subject, self.clock.now()).await?) {
            return Ok(Err(why));
        }
        let stored = self.store.password_of(&who.user.id).await?;
        if !self.passwords.check(password, stored.as_deref()).await?.is_right() {
            return Ok(Err(Why::Wrong));
        }
        self.throttle.clear(guess, subject).await?;
        Ok(Ok(()))
    }

    /// What factors work with.
    pub fn workshop(&self) -> Workshop<'_> {
        Workshop { store: &self.store, passwords: &self.passwords, now: self.clock.now() }
    }

    /// Starts the session. Whoever was signed in in this browser before is signed out: the old cookie is dead.
    async fn arrive(
        &self,
        user: Arc<User>,
        factor: Option<&'static dyn Factor>,
        caller: Caller<'_>,
    ) -> Result<Arrived, SignInError> {
        if let Some(before) = self.sessions.find(caller.headers).await? {
            self.store.end_session(&before.user.id, &before.session.id).await?;
        }
        let methods = match factor {
            Some(factor) => (Acr::Multi, vec!["pwd".to_owned(), factor.amr().to_owned(), "mfa".to_owned()]),
            None => (Acr::Single, vec!["pwd".to_owned()]),
        };
        let authentication = Authentication { acr: methods.0, amr: methods.1, auth_time: self.clock.now() };
        let whereabouts = Whereabouts::of(caller.headers, caller.address);
        let (token, session) = self.sessions.start(&user, authentication, whereabouts).await?;
        let account = Store::canonical_email(&user.email);
        let device_cookie = KnownDevice::set_cookie(&self.store, &account, &self.random);
        Ok(Arrived { token, session, user, device_cookie })
    }
}

/// One spelling per account, so that all spellings share one counter. Overlong input is nobody's.
fn canonical_account(email: &str) -> String {
    if email.len() > LONGEST_EMAIL { String::new() } else { Store::canonical_email(email) }
}

fn counter<'a>(account: &'a str, device: Option<&'a KnownDevice>) -> (Guess, &'a str) {
    device.map_or((Guess::Password, account), |device| (Guess::PasswordFromKnownDevice, device.counter()))
}

fn refused(allowed: Allowed) -> Option<Why> {
    match allowed {
        Allowed::Yes => None,
        Allowed::After(until) => Some(Why::Wait(until)),
        Allowed::Never => Some(Why::Closed),
    }
}

fn refuse(why: Why, user: Option<&Arc<User>>) -> SecondStep {
    SecondStep::Refused(Refusal { why, user: user.map(|user| user.id.clone()) })
}

#[cfg(test)]
#[path = "sign_in_tests.rs"]
mod tests;
