//! House rules that neither the compiler nor clippy can hold.

mod links;
mod routes;
mod sizes;
mod words;

use crate::{findings::Findings, workspace::Workspace};

/// Runs every rule over the repository.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Findings> {
    let rust = workspace.sources(&[".rs"])?;
    let mut findings = sizes::check(&rust);
    findings.extend(words::check_code(&rust));
    findings.extend(routes::check(&rust));
    let prose = workspace.sources(&[".md"])?;
    findings.extend(links::check(&prose, &workspace.files()?));
    findings.extend(words::check_paths(&workspace.sources(&words::TEXT)?));
    Ok(findings)
}
