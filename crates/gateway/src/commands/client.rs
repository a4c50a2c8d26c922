//! `vestibule client …`: OAuth clients, also beside a running gateway.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use vestibule_model::{
    ApplicationType, Client, ClientAuthMethod, ClientId, ClientKind, Clock, OpaqueToken, Random, RedirectUri, TokenKind,
};
use vestibule_oauth::redirect_uri::{self, PrivateUseSchemes};
use vestibule_store::Store;

use super::{evidence, place};
use crate::{
    cli::{self, Where},
    wire,
};

pub(super) async fn run(command: cli::Client) -> Result<ExitCode> {
    match command {
        cli::Client::Add(args) => add(args).await,
        cli::Client::List(place) => list(&place).await,
        cli::Client::Disable(client) => disable(&client).await,
        cli::Client::Enable(client) => enable(&client).await,
        cli::Client::Delete(client) => delete(&client).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn add(args: cli::ClientAdd) -> Result<()> {
    if args.redirect_uris.is_empty() && !args.service {
        bail!("a client needs --redirect-uri, or --secret --service to act for itself");
    }
    for uri in &args.redirect_uris {
        redirect_uri::check(uri, PrivateUseSchemes::Allowed).with_context(|| format!("`{uri}`"))?;
    }
    let place = place::find(&args.place)?;
    let directory = place.directory.clone();
    let store = place.store().await?;
    let (clock, random) = wire::senses();
    let secret = args.secret.then(|| OpaqueToken::generate(TokenKind::ClientSecret, &*random));
    let client = describe(args, secret.is_some(), &*clock, &*random);
    evidence::record(&directory, "client add", client.id.as_str()).await?;
    store.create_client(&client, secret.as_ref().map(OpaqueToken::digest)).await?;
    println!("client_id:     {}", client.id);
    if let Some(secret) = &secret {
        println!("client_secret: {}   (shown only now)", secret.expose());
    }
    Ok(())
}

fn describe(args: cli::ClientAdd, confidential: bool, clock: &dyn Clock, random: &dyn Random) -> Client {
    let mut grant_types = Vec::new();
    if !args.redirect_uris.is_empty() {
        grant_types.extend(["authorization_code".to_owned(), "refresh_token".to_owned()]);
    }
    if args.service {
        grant_types.push("client_credentials".to_owned());
    }
    Client {
        id: ClientId::generate(clock, random),
        kind: ClientKind::Preregistered,
        name: args.name,
        uri: None,
        redirect_uris: args.redirect_uris.into_iter().map(RedirectUri).collect(),
        auth_method: if confidential { ClientAuthMethod::ClientSecretBasic } else { ClientAuthMethod::None },
        grant_types,
        application_type: ApplicationType::Web,
        scope: None,
        jwks: None,
        roles: args.roles,
        disabled: false,
        created_at: clock.now(),
        expires_at: None,
    }
}

async fn list(place: &Where) -> Result<()> {
    let store = place::find(place)?.store().await?;
    println!("{:<48} {:<28} {:<18} STATE", "CLIENT_ID", "NAME", "KIND");
    for client in store.list_clients().await? {
        let state = if client.disabled { "disabled" } else { "active" };
        println!("{:<48} {:<28} {:<18} {state}", client.id.as_str(), client.name, client.kind.as_str());
    }
    Ok(())
}

/// Records what is about to be done to a client, and opens the database.
async fn open(client: &cli::ClientRef, action: &'static str) -> Result<(Store, ClientId)> {
    let place = place::find(&client.place)?;
    let directory = place.directory.clone();
    let (store, id) = (place.store().await?, ClientId::new(client.id.as_str()));
    known(store.find_client(&id).await?.is_some(), &id)?;
    evidence::record(&directory, action, id.as_str()).await?;
    Ok((store, id))
}

async fn disable(client: &cli::ClientRef) -> Result<()> {
    let (store, id) = open(client, "client disable").await?;
    known(store.set_client_disabled(&id, true).await?, &id)?;
    place::seen().await;
    println!("{id} is disabled; it bites on the next request");
    Ok(())
}

async fn enable(client: &cli::ClientRef) -> Result<()> {
    let (store, id) = open(client, "client enable").await?;
    known(store.set_client_disabled(&id, false).await?, &id)?;
    place::seen().await;
    println!("{id} is enabled");
    Ok(())
}

async fn delete(client: &cli::ClientRef) -> Result<()> {
    let (store, id) = open(client, "client delete").await?;
    known(store.delete_client(&id).await?, &id)?;
    place::seen().await;
    println!("{id} is removed, and all it was given is revoked");
    Ok(())
}

fn known(found: bool, id: &ClientId) -> Result<()> {
    if !found {
        bail!("there is no client {id}; see `vestibule client list`");
    }
    Ok(())
}
