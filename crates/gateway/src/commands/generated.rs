//! State directories that `demo` and `protect` make for themselves: one per port, wiped at each start.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::place;

/// The first line of a configuration that we wrote and may throw away.
const MARK: &str = "# Written by vestibule; thrown away at the next start.\n";

/// Makes a fresh directory for this command and port.
pub(super) fn fresh_directory(command: &str, address: SocketAddr) -> Result<PathBuf> {
    let directory = place::own_states().join(format!("{command}-{}", address.port()));
    if directory.exists() {
        let ours = fs::read_to_string(directory.join("vestibule.toml")).is_ok_and(|text| text.starts_with(MARK));
        if !ours {
            bail!("{} is there but was not made by `vestibule {command}`; move it away", directory.display());
        }
        fs::remove_dir_all(&directory).with_context(|| format!("clearing {}", directory.display()))?;
    }
    make(&directory)?;
    Ok(directory)
}

/// Writes a file into it, owner-only.
pub(super) fn write(directory: &Path, name: &str, text: &str) -> Result<()> {
    let path = directory.join(name);
    if let Some(parent) = path.parent() {
        make(parent)?;
    }
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

/// Writes the configuration itself, marked as ours.
pub(super) fn write_config(directory: &Path, text: &str) -> Result<PathBuf> {
    write(directory, "vestibule.toml", &format!("{MARK}{text}"))?;
    Ok(directory.join("vestibule.toml"))
}

fn make(directory: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .with_context(|| format!("making {}; set XDG_STATE_HOME to a folder that can be written", directory.display()))
}
