//! `vestibule protect URL | -- COMMAND`: sign-in, policy and audit before one server, without a configuration file.

use std::{net::SocketAddr, path::Path, process::ExitCode};

use anyhow::{Context, Result, bail};
use serde_json::json;
use vestibule_model::{OrgId, Secret, User, UserId};
use vestibule_policy::PolicySet;

use super::{
    generated, passwords, place, ready,
    running::{self, Running, StopSignals},
};
use crate::{cli, config, logs::LogSwitch, wire};

const EMAIL: &str = "you@localhost.example";

pub(super) async fn run(args: cli::Protect, logs: &LogSwitch) -> Result<ExitCode> {
    let asked = StopSignals::hear()?;
    if let Some(program) = args.command.first().filter(|program| !is_there(program)) {
        bail!("there is no program `{program}`; check its name, or give its whole path");
    }
    let listener = running::bind_or_free(args.listen).await?;
    let address = listener.local_addr()?;
    let origin = format!("http://{}", loopback_name(address));
    let directory = generated::fresh_directory("protect", address)?;
    generated::write(&directory, "policy.toml", &PolicySet::everyone_everything())?;
    let path = generated::write_config(&directory, &configuration(&args, &origin, address))?;
    let config = config::load(&path)?;
    logs.turn(config.masking.logs);
    place::remember(&config.state);

    let running = running::start(config, listener, None).await?;
    let password = add_user(&running).await?;
    let mcp_url = format!("{origin}/mcp/{}", args.name);
    if args.json {
        let user = json!({ "email": EMAIL, "password": password.expose() });
        println!("{}", json!({ "mcp_url": mcp_url, "issuer": origin, "user": user }));
    } else {
        println!("Protected: {mcp_url}\n");
        println!("Sign in as  {EMAIL}\npassword    {}\n", password.expose());
        println!("Add it to a client:\n{}", ready::client_lines(&args.name, &mcp_url));
        println!("The policy is {}: every signed-in user, everything.", directory.join("policy.toml").display());
        println!("Watch:  vestibule audit tail     Stop: Ctrl-C");
    }
    running.until(asked).await?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a program can be found as the system will look for it.
fn is_there(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Everything that listens on a wildcard or loopback address is reached by its loopback name.
pub(super) fn loopback_name(address: SocketAddr) -> String {
    if address.ip().is_unspecified() || address.ip().is_loopback() {
        return format!("127.0.0.1:{}", address.port());
    }
    address.to_string()
}

fn configuration(args: &cli::Protect, origin: &str, address: SocketAddr) -> String {
    let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let upstream = match &args.url {
        Some(url) => format!("url = {}", quote(url)),
        None => format!("command = [{}]", args.command.iter().map(|part| quote(part)).collect::<Vec<_>>().join(", ")),
    };
    format!(
        "public_url = {}\nlisten = {}\nstate = \".\"\n\n[[server]]\nname = {}\n{upstream}\npolicy = \"policy.toml\"\n",
        quote(origin),
        quote(&address.to_string()),
        quote(&args.name),
    )
}

async fn add_user(running: &Running) -> Result<Secret<String>> {
    let (clock, random) = wire::senses();
    let password = passwords::generate(&*random);
    let phc = running.passwords.hash(&password).await?;
    let user = User {
        id: UserId::generate(&*clock, &*random),
        org: OrgId::new("default"),
        email: EMAIL.to_owned(),
        name: "You".to_owned(),
        roles: vec!["vestibule:admin".to_owned()],
        groups: Vec::new(),
        department: None,
        manager: None,
        attributes: std::collections::BTreeMap::new(),
        disabled: false,
    };
    running.store.create_user(&user, Some(&phc)).await.context("making the user")?;
    Ok(password)
}
