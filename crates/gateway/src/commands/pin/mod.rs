//! `vestibule pin …`: what servers have changed about their tools, also beside a running gateway.
//!
//! What is approved is the very definition that was shown: when the server changes it once more in between, nothing is
//! approved.

mod show;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use vestibule_model::ServerName;
use vestibule_store::{
    Store,
    pins::{Definition, PinRecord, PinState},
};

use super::{evidence, place};
use crate::cli::{self, PinRef};

/// Who has approved what is approved here.
const BY: &str = "the terminal";

pub(super) async fn run(command: cli::Pin) -> Result<ExitCode> {
    match command {
        cli::Pin::List(which) => list(&which).await,
        cli::Pin::Show(which) => show(&which).await,
        cli::Pin::Approve(args) => decide(&args, Verb::Approve).await,
        cli::Pin::Reject(args) => decide(&args, Verb::Reject).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn list(which: &PinRef) -> Result<()> {
    let mut pins = find(&place::find(&which.place)?.store().await?, which).await?;
    pins.sort_by_key(|pin| pin.state == PinState::Pinned);
    if which.json {
        return show::json(&pins);
    }
    show::table(&pins);
    Ok(())
}

async fn show(which: &PinRef) -> Result<()> {
    let mut pins = find(&place::find(&which.place)?.store().await?, which).await?;
    if which.tool.is_none() {
        pins.retain(|pin| pin.state == PinState::Held);
    }
    if which.json {
        return show::json(&pins);
    }
    for pin in &pins {
        show::difference(pin)?;
    }
    if pins.is_empty() {
        println!("nothing waits");
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Approve,
    Reject,
}

async fn decide(args: &cli::PinDecide, verb: Verb) -> Result<()> {
    let place = place::find(&args.which.place)?;
    let directory = place.directory.clone();
    let store = place.store().await?;
    let mut decided = Vec::new();
    for pin in waiting(find(&store, &args.which).await?, &args.which, verb)? {
        let Some((candidate, _)) = &pin.candidate else { continue };
        if !args.which.json {
            show::difference(&pin)?;
        }
        let action = if verb == Verb::Approve { "pin approve" } else { "pin reject" };
        evidence::record(
            &directory,
            action,
            &format!("{}/{} sha256 {}", pin.server, pin.tool, candidate.digest.to_hex()),
        )
        .await?;
        apply(&store, &pin, candidate, verb).await?;
        decided.push(pin);
    }
    place::seen().await;
    if args.which.json {
        let now = find(&store, &args.which).await?;
        let is_decided = |pin: &PinRecord| decided.iter().any(|one| one.server == pin.server && one.tool == pin.tool);
        return show::json(&now.into_iter().filter(is_decided).collect::<Vec<_>>());
    }
    for pin in &decided {
        println!("{}: {}", show::name(pin), if verb == Verb::Approve { "approved" } else { "rejected" });
    }
    if decided.is_empty() {
        println!("nothing waits");
    }
    Ok(())
}

async fn apply(store: &Store, pin: &PinRecord, candidate: &Definition, verb: Verb) -> Result<()> {
    let done = match verb {
        Verb::Approve => store.approve_pin(&pin.server, &pin.tool, candidate.digest, BY).await?,
        Verb::Reject => store.reject_pin(&pin.server, &pin.tool, candidate.digest).await?,
    };
    if !done {
        bail!("{} has changed once more since it was shown; look again with `vestibule pin show`", show::name(pin));
    }
    Ok(())
}

/// What there is to decide: what waits, and for an approval what was rejected before and is named.
fn waiting(pins: Vec<PinRecord>, which: &PinRef, verb: Verb) -> Result<Vec<PinRecord>> {
    let named = which.tool.is_some();
    let open = |pin: &PinRecord| match pin.state {
        PinState::Held => true,
        PinState::Rejected => named && verb == Verb::Approve,
        PinState::Pinned => false,
    };
    let open: Vec<PinRecord> = pins.into_iter().filter(open).collect();
    match open.as_slice() {
        [] if named => bail!("nothing about it waits; see `vestibule pin list`"),
        [_, _, ..] if named => {
            let servers: Vec<&str> = open.iter().map(|pin| pin.server.as_str()).collect();
            bail!("several servers have a tool of this name; say which with --server: {}", servers.join(", "))
        }
        _ => Ok(open),
    }
}

/// The tools that are meant; a name that nobody has is an error.
async fn find(store: &Store, which: &PinRef) -> Result<Vec<PinRecord>> {
    let mut pins = store.list_pins().await?;
    if let Some(server) = &which.server {
        pins.retain(|pin| pin.server == ServerName::new(server.as_str()));
        pins.first().with_context(|| format!("no tool of a server `{server}` was ever listed"))?;
    }
    if let Some(tool) = &which.tool {
        pins.retain(|pin| pin.tool == *tool);
        pins.first().with_context(|| format!("no tool `{tool}` was ever listed; see `vestibule pin list`"))?;
    }
    Ok(pins)
}
