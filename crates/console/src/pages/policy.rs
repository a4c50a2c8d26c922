//! `/console/policy/{server}`: who may do what, asked of the engine itself, and the text it runs.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use vestibule_model::Server;
use vestibule_policy::{
    Kind, PolicySet,
    matrix::{Mark, MatrixRow, matrix},
};

use crate::{
    Desk,
    administrator::Administrator,
    shell::{self, Shell, Tab},
};

/// For servers whose tables name no role: what somebody with no special role may do.
const NO_ROLE: &str = "everyone";

#[derive(Template)]
#[template(path = "policies.html")]
struct Policies {
    shell: Shell,
    servers: Vec<Listed>,
}

struct Listed {
    name: String,
    title: String,
    roles: String,
    has_policy: bool,
}

#[derive(Template)]
#[template(path = "policy.html")]
struct Policy {
    shell: Shell,
    title: String,
    roles: Vec<String>,
    rows: Vec<MatrixRow>,
    /// The Cedar text; none when the server has no policy and denies everything.
    text: Option<String>,
}

/// All servers.
pub(crate) async fn list(administrator: Administrator, State(desk): State<Arc<Desk>>) -> Response {
    let policies = desk.console.engine.current();
    let listed = |server: &Arc<Server>| {
        let policy = policies.find(&server.name);
        Listed {
            name: server.name.to_string(),
            title: server.title.clone(),
            roles: policy.map(|policy| policy.roles().join(", ")).unwrap_or_default(),
            has_policy: policy.is_some(),
        }
    };
    let servers = desk.console.servers.load().iter().map(listed).collect();
    shell::page(&Policies { shell: Shell::new(&desk, &administrator, Tab::Policy), servers }, None)
}

/// One server.
pub(crate) async fn show(
    administrator: Administrator,
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
) -> Result<Response, Response> {
    let server = desk.console.servers.load().find(&name).cloned();
    let server = server
        .ok_or_else(|| shell::problem(&desk, StatusCode::NOT_FOUND, "Not found", "There is no server of this name."))?;
    let policies = desk.console.engine.current();
    let (roles, rows) = table(&policies, &server);
    let template = Policy {
        shell: Shell::new(&desk, &administrator, Tab::Policy),
        title: server.title.clone(),
        roles,
        rows,
        text: policies.show(&server.name),
    };
    Ok(shell::page(&template, None))
}

fn table(policies: &PolicySet, server: &Server) -> (Vec<String>, Vec<MatrixRow>) {
    let Some(policy) = policies.find(&server.name) else { return Default::default() };
    let roles = if policy.roles().is_empty() { vec![NO_ROLE.to_owned()] } else { policy.roles().to_vec() };
    let rows = matrix(policies, server, &roles).map(|matrix| matrix.rows).unwrap_or_default();
    (roles, rows)
}

impl Policy {
    /// For the style sheet.
    fn class(mark: &Mark) -> &'static str {
        match mark {
            Mark::No => "no",
            Mark::Yes | Mark::All => "all",
            Mark::Own | Mark::Department | Mark::Visible | Mark::Depends => "some",
        }
    }

    fn kind(kind: &Kind) -> &'static str {
        match kind {
            Kind::Tool => "tool",
            Kind::Prompt => "prompt",
            Kind::Resource => "resource",
            Kind::Method => "method",
        }
    }
}
