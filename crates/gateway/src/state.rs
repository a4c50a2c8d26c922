//! The state directory: database, keys and audit journal. Made with owner-only rights, or nowhere at all.

use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use vestibule_model::{Clock, Random, Secret};
use vestibule_oauth::keys::generate_ed25519;
use vestibule_store::{Store, journal::Journal, seal::Sealer};

use crate::{
    config::{self, State},
    logs::LogSwitch,
};

/// What is opened from a state directory.
pub struct Opened {
    /// The database.
    pub store: Store,
    /// The evidence.
    pub journal: Journal,
}

/// Opens or creates the state.
///
/// # Errors
/// When a file cannot be read, is not ours, or is damaged; the text says which and what to do.
pub async fn open(
    state: &State,
    master_key: Option<Secret<[u8; 32]>>,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Result<Opened> {
    match state {
        State::Memory => {
            let sealer = Sealer::ephemeral(&**random);
            let store = Store::memory(sealer, Arc::clone(clock), Arc::clone(random)).await?;
            let key = generate_ed25519(&**random)?;
            let journal = Journal::memory(key.expose(), Arc::clone(clock))?;
            Ok(Opened { store, journal })
        }
        State::Directory(path) => {
            let store = open_store(path, master_key, clock, random).await?;
            Ok(Opened { store, journal: open_journal(path, clock, &**random)? })
        }
    }
}

/// Opens only the database of a state directory, as the administrators' commands do beside a running gateway.
///
/// # Errors
/// As [`open`].
pub async fn open_store(
    path: &Path,
    master_key: Option<Secret<[u8; 32]>>,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Result<Store> {
    make_directory(path)?;
    let key = match master_key {
        Some(key) => key,
        None => kept_master_key(&path.join("master.key"), path, &**random)?,
    };
    let database = database_path(path);
    Store::open(&database, Sealer::new(vec![key]), Arc::clone(clock), Arc::clone(random))
        .await
        .with_context(|| format!("opening the database {}", database.display()))
}

fn open_journal(path: &Path, clock: &Arc<dyn Clock>, random: &dyn Random) -> Result<Journal> {
    open_journal_in(path, &journal_path(path), clock, random)
}

/// Opens the journal of what administrators do at the terminal.
///
/// # Errors
/// When it cannot be written, or another command is writing it.
pub fn open_terminal_journal(path: &Path, clock: &Arc<dyn Clock>, random: &dyn Random) -> Result<Journal> {
    let journal = open_journal_in(path, &terminal_journal_path(path), clock, random)?;
    Ok(journal.masked_by(LogSwitch::new(config::logs_by_environment()).for_journal()))
}

fn open_journal_in(path: &Path, folder: &Path, clock: &Arc<dyn Clock>, random: &dyn Random) -> Result<Journal> {
    let key = kept_file(&path.join("audit.key"), || Ok(generate_ed25519(random)?))?;
    make_directory(folder)?;
    Journal::open(folder, key.expose(), Arc::clone(clock))
        .with_context(|| format!("opening the audit journal in {}", folder.display()))
}

/// The public half of the key that signs the journal in a state directory, when the key is there.
///
/// # Errors
/// When the key cannot be read.
pub fn journal_public_key(path: &Path) -> Result<Option<Vec<u8>>> {
    let file = path.join("audit.key");
    match fs::read(&file).map(Secret::new) {
        Ok(key) => Ok(Some(vestibule_store::journal::public_key(key.expose())?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
    }
}

/// The database file of a state directory.
pub fn database_path(state: &Path) -> PathBuf {
    state.join("vestibule.sqlite")
}

/// The folder of the audit journal in a state directory.
pub fn journal_path(state: &Path) -> PathBuf {
    state.join("audit")
}

fn terminal_journal_path(state: &Path) -> PathBuf {
    state.join("audit-terminal")
}

/// The journals that are there: the gateway's, and the terminal's once something was done there.
pub fn journals(state: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let terminal = Some(terminal_journal_path(state)).filter(|path| path.is_dir());
    std::iter::once(journal_path(state)).chain(terminal)
}

fn make_directory(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("making the state directory {}", path.display()))
}

/// The key-encryption key kept beside the database. A database without its key is never given a new one: that would
/// lose every sealed secret in silence.
fn kept_master_key(path: &Path, state: &Path, random: &dyn Random) -> Result<Secret<[u8; 32]>> {
    if !path.exists() && database_path(state).exists() {
        bail!(
            "the database is there but its key {} is not\n  remedy: restore the key file, or set `master_key` in the configuration",
            path.display()
        );
    }
    let text = kept_file(path, || {
        let mut key = Secret::new([0u8; 32]);
        let mut bytes = *key.expose();
        random.fill(&mut bytes);
        key = Secret::new(bytes);
        Ok(Secret::new(STANDARD.encode(key.expose()).into_bytes()))
    })?;
    let decoded = STANDARD.decode(text.expose().trim_ascii()).map(Secret::new).ok();
    let key = decoded.and_then(|bytes| <[u8; 32]>::try_from(bytes.expose().as_slice()).ok());
    key.map(Secret::new)
        .with_context(|| format!("{} does not hold 32 bytes in base64; restore it from a backup", path.display()))
}

/// Reads a file that is made once, with owner-only rights.
fn kept_file(path: &Path, make: impl FnOnce() -> Result<Secret<Vec<u8>>>) -> Result<Secret<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => return Ok(Secret::new(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    }
    let bytes = make()?;
    let written = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).and_then(|mut file| {
        file.write_all(bytes.expose())?;
        file.sync_all()
    });
    written.with_context(|| format!("writing {}", path.display()))?;
    Ok(bytes)
}
