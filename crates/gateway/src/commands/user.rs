//! `vestibule user …`: the directory, also beside a running gateway.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};
use vestibule_identity::throttle::Throttle;
use vestibule_model::{OrgId, User, UserId};
use vestibule_store::{Store, StoreError};

use super::{evidence, passwords, place};
use crate::{
    cli::{self, Where},
    wire,
};

pub(super) async fn run(command: cli::User) -> Result<ExitCode> {
    match command {
        cli::User::Add(args) => add(args).await,
        cli::User::List(place) => list(&place).await,
        cli::User::Disable(user) => set_disabled(&user, Door::Shut).await,
        cli::User::Enable(user) => set_disabled(&user, Door::Open).await,
        cli::User::Unlock(user) => unlock(&user).await,
        cli::User::Password(args) => password(args).await,
        cli::User::Roles(args) => roles(args).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn add(args: cli::UserAdd) -> Result<()> {
    let (store, directory) = open(&args.place).await?;
    let (clock, random) = wire::senses();
    if !args.email.contains('@') {
        bail!("`{}` is no e-mail address", args.email);
    }
    let (password, made) = match args.password_stdin {
        true => (passwords::from_stdin()?, false),
        false => (passwords::generate(&*random), true),
    };
    let user = User {
        id: UserId::generate(&*clock, &*random),
        org: OrgId::new(args.org),
        name: args.name.unwrap_or_else(|| args.email.split('@').next().unwrap_or_default().to_owned()),
        email: args.email,
        roles: args.roles,
        groups: Vec::new(),
        department: args.department,
        manager: None,
        attributes: args.attributes.into_iter().collect::<BTreeMap<_, _>>(),
        disabled: false,
    };
    let phc = passwords::pool(&random)?.hash(&password).await?;
    evidence::record(&directory, "user add", user.id.as_str()).await?;
    match store.create_user(&user, Some(&phc)).await {
        Ok(()) => {}
        Err(StoreError::Conflict(_)) => bail!("a user with the e-mail address {} is there already", user.email),
        Err(error) => return Err(error.into()),
    }
    place::seen().await;
    println!("added {} ({})", user.email, user.id);
    if made {
        println!("password, shown only now: {}", password.expose());
    }
    Ok(())
}

async fn list(place: &Where) -> Result<()> {
    let store = place::find(place)?.store().await?;
    let users = store.list_users(None).await?;
    println!("{:<32} {:<24} {:<20} {:<16} STATE", "E-MAIL", "NAME", "ROLES", "DEPARTMENT");
    for user in users {
        let state = if user.disabled { "disabled" } else { "active" };
        let department = user.department.as_deref().unwrap_or("-");
        println!("{:<32} {:<24} {:<20} {:<16} {state}", user.email, user.name, user.roles.join(","), department);
    }
    Ok(())
}

enum Door {
    Open,
    Shut,
}

async fn set_disabled(args: &cli::UserRef, door: Door) -> Result<()> {
    let (store, directory) = open(&args.place).await?;
    let mut user = by_email(&store, &args.email).await?;
    user.disabled = matches!(door, Door::Shut);
    evidence::record(&directory, if user.disabled { "user disable" } else { "user enable" }, user.id.as_str()).await?;
    store.update_user(&user).await?;
    if user.disabled {
        store.end_all_sessions(&user.id).await?;
    }
    place::seen().await;
    println!("{} is {}", user.email, if user.disabled { "disabled; it bites on the next request" } else { "enabled" });
    Ok(())
}

async fn unlock(args: &cli::UserRef) -> Result<()> {
    let (store, directory) = open(&args.place).await?;
    let user = by_email(&store, &args.email).await?;
    evidence::record(&directory, "user unlock", user.id.as_str()).await?;
    Throttle::new(store).unlock(&Store::canonical_email(&user.email), &user.id).await?;
    println!("the failed sign-ins of {} are forgotten", user.email);
    Ok(())
}

async fn password(args: cli::UserPassword) -> Result<()> {
    let (store, directory) = open(&args.place).await?;
    let (_, random) = wire::senses();
    let user = by_email(&store, &args.email).await?;
    let (password, made) = match args.password_stdin {
        true => (passwords::from_stdin()?, false),
        false => (passwords::generate(&*random), true),
    };
    let phc = passwords::pool(&random)?.hash(&password).await?;
    evidence::record(&directory, "user password", user.id.as_str()).await?;
    store.set_password(&user.id, &phc).await?;
    let ended = store.end_all_sessions(&user.id).await?;
    place::seen().await;
    println!("the password of {} is changed; {ended} session(s) ended", user.email);
    if made {
        println!("password, shown only now: {}", password.expose());
    }
    Ok(())
}

async fn roles(args: cli::UserRoles) -> Result<()> {
    let (store, directory) = open(&args.place).await?;
    let mut user = by_email(&store, &args.email).await?;
    user.roles = args.roles;
    evidence::record(&directory, "user roles", user.id.as_str()).await?;
    store.update_user(&user).await?;
    place::seen().await;
    println!(
        "{} now holds: {}",
        user.email,
        if user.roles.is_empty() { "no role".to_owned() } else { user.roles.join(", ") }
    );
    Ok(())
}

/// The database, and the directory it lies in.
async fn open(place: &Where) -> Result<(Store, PathBuf)> {
    let place = place::find(place)?;
    let directory = place.directory.clone();
    Ok((place.store().await?, directory))
}

/// The user with this address.
pub(super) async fn by_email(store: &Store, email: &str) -> Result<User> {
    let found = store.find_user_by_email(email).await?;
    found.with_context(|| format!("there is no user {email}; see `vestibule user list`"))
}
