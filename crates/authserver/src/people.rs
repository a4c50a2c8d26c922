//! What the pages need to sign people in: sessions, the steps, the pool of slow hashes, the rules for passwords.

use std::sync::Arc;

use vestibule_identity::{
    browser::{SessionLife, Sessions},
    password::PasswordPool,
    password_policy::PasswordPolicy,
    sign_in::SignIn,
};
use vestibule_model::{Clock, Random};
use vestibule_store::Store;

/// The part of [`crate::AuthServer`] that concerns people.
pub struct People {
    /// Cookie → who is signed in.
    pub sessions: Sessions,
    /// The steps of a sign-in.
    pub sign_in: SignIn,
    /// Hashes passwords, a few at a time.
    pub passwords: Arc<PasswordPool>,
    /// Which new passwords are accepted.
    pub policy: PasswordPolicy,
}

impl People {
    /// People of this store.
    pub fn new(
        store: &Store,
        passwords: Arc<PasswordPool>,
        policy: PasswordPolicy,
        life: SessionLife,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Self {
        let sessions = Sessions::new(store.clone(), Arc::clone(clock), Arc::clone(random), life);
        let sign_in =
            SignIn::new(store.clone(), Arc::clone(&passwords), sessions.clone(), Arc::clone(clock), Arc::clone(random));
        Self { sessions, sign_in, passwords, policy }
    }
}
