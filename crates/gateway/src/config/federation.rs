//! `[federation]`: one endpoint that joins several servers.

use std::{collections::BTreeSet, time::Duration};

use toml::Spanned;
use vestibule_model::{ServerName, federation};

use super::{ConfiguredFederation, ConfiguredServer, check::Checker, raw};

/// As many scopes as a client can ask for at once.
const MAX_SCOPES: usize = 64;

/// Checks which servers are joined. `servers` are those that are sound by themselves.
pub(super) fn check(
    checker: &mut Checker<'_>,
    given: &Spanned<raw::Federation>,
    servers: &[ConfiguredServer],
) -> Option<ConfiguredFederation> {
    let raw = given.get_ref();
    let joined = match &raw.servers {
        Some(names) => named(checker, names, servers),
        None => servers.iter().map(|one| one.server.name.clone()).collect(),
    };
    if joined.is_empty() {
        checker.mistake(given.span(), "the federation joins no server", "add a [[server]], or name one in `servers`");
        return None;
    }
    if let Some((one, other)) = federation::labels_clash(joined.iter().map(ServerName::as_str)) {
        let what = format!("tools of `{one}` and `{other}` could not be told apart");
        checker.mistake(given.span(), what, "give one of the two a shorter name");
    }
    let scopes: BTreeSet<&str> = servers
        .iter()
        .filter(|one| joined.contains(&one.server.name))
        .flat_map(|one| one.server.scope_groups.iter().map(|group| group.scope.as_str()))
        .collect();
    if scopes.len() + joined.len() + 2 > MAX_SCOPES {
        let what = format!("the joined servers have {} groups of tools, more than a client can ask for", scopes.len());
        checker.mistake(given.span(), what, "join fewer servers, or have fewer [[server.scope]]");
    }
    Some(ConfiguredFederation {
        servers: joined,
        title: raw.title.clone().unwrap_or_else(|| "All servers".to_owned()),
        patience: patience(checker, raw.timeout_seconds.as_ref()),
    })
}

fn named(checker: &mut Checker<'_>, names: &[Spanned<String>], servers: &[ConfiguredServer]) -> Vec<ServerName> {
    let mut joined: Vec<ServerName> = Vec::new();
    for name in names {
        let text = name.get_ref();
        match servers.iter().find(|one| one.server.name.as_str() == text) {
            Some(one) if joined.contains(&one.server.name) => {
                checker.mistake(name.span(), format!("`{text}` is joined twice"), "name it once");
            }
            Some(one) => joined.push(one.server.name.clone()),
            None => {
                checker.mistake(name.span(), format!("there is no server `{text}`"), "write a name of a [[server]]")
            }
        }
    }
    joined
}

fn patience(checker: &mut Checker<'_>, given: Option<&Spanned<u64>>) -> Duration {
    let seconds = given.map_or(10, |given| *given.get_ref());
    if let Some(given) = given.filter(|_| !(1..=60).contains(&seconds)) {
        checker.mistake(given.span(), "a server gets 1 to 60 seconds", "choose a number from 1 to 60");
    }
    Duration::from_secs(seconds)
}
