//! Secrets by reference: `{ env = "NAME" }` or `{ file = "path" }`, never in the configuration itself.

use std::path::Path;

use vestibule_model::Secret;

use super::raw::SecretRef;

/// Where a secret came from cannot be used; says why, without the secret.
pub(super) struct Unresolved {
    pub(super) what: String,
    pub(super) remedy: String,
}

/// Reads the secret. White space at its ends is dropped; an empty one is refused: there is no default secret.
pub(super) fn resolve(reference: &SecretRef, folder: &Path) -> Result<Secret<String>, Unresolved> {
    let text = match (&reference.env, &reference.file) {
        (Some(name), None) => std::env::var(name).map_err(|_| Unresolved {
            what: format!("the environment has no variable `{name}`"),
            remedy: format!("set `{name}` before starting, or use {{ file = \"…\" }}"),
        })?,
        (None, Some(path)) => read(&folder.join(path))?,
        _ => {
            return Err(Unresolved {
                what: "a secret is either { env = \"NAME\" } or { file = \"path\" }".to_owned(),
                remedy: "give exactly one of the two".to_owned(),
            });
        }
    };
    let trimmed = Secret::new(text.trim().to_owned());
    drop(Secret::new(text));
    if trimmed.expose().is_empty() {
        return Err(Unresolved { what: "the secret is empty".to_owned(), remedy: "put a value there".to_owned() });
    }
    Ok(trimmed)
}

fn read(path: &Path) -> Result<String, Unresolved> {
    warn_if_loose(path);
    std::fs::read_to_string(path).map_err(|error| Unresolved {
        what: format!("the secret file {} cannot be read: {error}", path.display()),
        remedy: "check the path and its owner".to_owned(),
    })
}

/// A secret file that others may read is used, but reported.
fn warn_if_loose(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = std::fs::metadata(path) else { return };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), mode = %format!("{mode:o}"), "others may read this secret file; run: chmod 600");
    }
}
