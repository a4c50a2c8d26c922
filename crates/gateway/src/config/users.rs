//! `[[user]]`: people who may sign in from the first start on.

use vestibule_identity::password_policy::PasswordPolicy;
use vestibule_store::Store;

use super::{ConfiguredUser, check::Checker, raw};

/// Checks all users.
pub(super) fn check(checker: &mut Checker<'_>, policy: &PasswordPolicy, given: Vec<raw::User>) -> Vec<ConfiguredUser> {
    let mut users: Vec<ConfiguredUser> = Vec::new();
    for raw in given {
        let email = raw.email.get_ref();
        let canonical = Store::canonical_email(email);
        if users.iter().any(|have| Store::canonical_email(&have.email) == canonical) {
            let what = format!("two users have the e-mail address `{email}`");
            checker.mistake(raw.email.span(), what, "give each their own address");
        }
        if let Some(user) = one(checker, policy, raw) {
            users.push(user);
        }
    }
    users
}

fn one(checker: &mut Checker<'_>, policy: &PasswordPolicy, raw: raw::User) -> Option<ConfiguredUser> {
    let (at, email) = (raw.email.span(), raw.email.into_inner());
    let local = email.split_once('@').map_or("", |(local, _)| local);
    if local.is_empty() {
        checker.mistake(at, format!("`{email}` is no e-mail address"), "write it as ana@example.com");
        return None;
    }
    let name = raw.name.unwrap_or_else(|| local.to_owned());
    let password = checker.secret(raw.password.get_ref(), raw.password.span())?;
    if let Err(error) = policy.check(password.expose(), &[&email, &name]) {
        checker.mistake(raw.password.span(), format!("the password of {email} is refused"), error.to_string());
        return None;
    }
    Some(ConfiguredUser {
        email,
        name,
        password,
        roles: raw.roles,
        department: raw.department,
        attributes: raw.attributes,
        org: raw.org.unwrap_or_else(|| "default".to_owned()),
    })
}
