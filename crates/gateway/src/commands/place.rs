//! Which state directory a command works on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use vestibule_model::Secret;
use vestibule_store::Store;

use crate::{
    cli::Where,
    config::{self, Config, State},
    state, wire,
};

/// A state directory, and its master key where the configuration has one.
pub(super) struct Place {
    pub(super) directory: PathBuf,
    master_key: Option<Secret<[u8; 32]>>,
}

/// The configuration a command works on: the one named, or `vestibule.toml`, or that of the last demo or protect.
pub(super) fn configuration(place: &Where) -> Result<Config> {
    let usual = Path::new("vestibule.toml");
    let path = match (&place.config, &place.state) {
        (Some(path), _) => path.clone(),
        (None, Some(state)) => state.join("vestibule.toml"),
        (None, None) if usual.is_file() => usual.to_owned(),
        (None, None) => last_started()?.join("vestibule.toml"),
    };
    Ok(config::load(&path)?)
}

/// Finds the state directory.
pub(super) fn find(place: &Where) -> Result<Place> {
    if let Some(directory) = &place.state {
        return Ok(Place { directory: directory.clone(), master_key: None });
    }
    if place.config.is_none() && !Path::new("vestibule.toml").is_file() {
        return Ok(Place { directory: last_started()?, master_key: None });
    }
    let config = configuration(place)?;
    match config.state {
        State::Directory(directory) => Ok(Place { directory, master_key: config.master_key }),
        State::Memory => {
            bail!(
                "this configuration keeps its state in memory only; nothing outside the running process can see it\n  remedy: change `[[user]]` and `[[client]]` in the configuration and start again"
            )
        }
    }
}

impl Place {
    /// Opens the database beside whatever runs on it. A directory without one is not given one by mistake.
    pub(super) async fn store(self) -> Result<Store> {
        let database = state::database_path(&self.directory);
        if !database.exists() {
            bail!(
                "there is no database in {}; start the gateway once, or name another place with --config or --state",
                self.directory.display()
            );
        }
        let (clock, random) = wire::senses();
        state::open_store(&self.directory, self.master_key, &clock, &random).await
    }
}

/// Waits until a gateway that runs on the same state has seen the change, so that what a command then says is true.
pub(super) async fn seen() {
    tokio::time::sleep(vestibule_store::SEEN_WITHIN).await;
}

/// Where `demo` and `protect` keep their state.
pub(super) fn own_states() -> PathBuf {
    let base = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    base.or_else(home).unwrap_or_else(std::env::temp_dir).join("vestibule")
}

/// Notes which state was started last, so that `vestibule audit tail` finds it. Only a convenience: failing is no error.
pub(super) fn remember(state: &State) {
    let State::Directory(directory) = state else { return };
    let (Ok(absolute), pointer) = (std::path::absolute(directory), own_states().join("last")) else { return };
    let written =
        fs::create_dir_all(own_states()).and_then(|()| fs::write(&pointer, absolute.as_os_str().as_encoded_bytes()));
    if let Err(error) = written {
        tracing::debug!(%error, "the place of the state could not be noted");
    }
}

fn last_started() -> Result<PathBuf> {
    let pointer = own_states().join("last");
    let text = fs::read_to_string(&pointer)
        .context("no gateway was started here yet; name a place with --config FILE or --state DIR")?;
    Ok(PathBuf::from(text))
}
