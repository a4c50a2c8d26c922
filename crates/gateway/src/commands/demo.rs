//! `vestibule demo`: the sample HR server, its users, and the gateway before it, everything on.

use std::{net::SocketAddr, path::Path, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vestibule_demo::hr;
use vestibule_identity::factors::totp;
use vestibule_model::{Clock, OrgId, Random, Secret, User, UserId};
use vestibule_vault::screen::settings::Switch;

use super::{
    generated, passwords, place,
    protect::loopback_name,
    ready,
    running::{self, Running, StopSignals},
};
use crate::{
    cli,
    config::{self, Config},
    logs::LogSwitch,
    wire::{self, Senses},
};

/// The files of the example; the demo is the example, started.
const POLICY: &str = include_str!("../../../../examples/hr/policy/hr.toml");
const CONFIG: &str = include_str!("../../../../examples/hr/vestibule.toml");

/// What the example's configuration says, and the demo replaces by what it really bound.
const EXAMPLE_ORIGIN: &str = "http://127.0.0.1:8808";
const EXAMPLE_LISTEN: &str = "127.0.0.1:8808";
const EXAMPLE_UPSTREAM: &str = "http://127.0.0.1:3001/mcp";

/// The administrator of the sample company also administers the gateway.
const ADMIN_ROLE: &str = "vestibule:admin";

pub(super) async fn run(args: cli::Demo, logs: &LogSwitch) -> Result<ExitCode> {
    let asked = StopSignals::hear()?;
    let listener = running::bind_or_free(args.listen).await?;
    let address = listener.local_addr()?;
    let origin = format!("http://{}", loopback_name(address));
    let directory = generated::fresh_directory("demo", address)?;
    let senses = wire::senses();
    let config = prepare(&directory, address, &senses.0).await?;
    logs.turn(config.masking.logs);
    let masking = config.masking.settings.before_llm;
    place::remember(&config.state);

    let running = running::start_with(config, listener, None, senses.clone()).await?;
    let people = add_people(&running, &senses).await?;
    let mcp_url = format!("{origin}/mcp/hr");
    if args.json {
        println!("{}", as_json(&mcp_url, &origin, &people));
    } else {
        print(&mcp_url, &origin, &people, masking);
    }
    running.until(asked).await?;
    Ok(ExitCode::SUCCESS)
}

/// Starts the sample server and writes the example's files for it into `directory`: a gateway that listens on
/// `address` and runs this configuration guards it.
///
/// # Errors
/// When no port is free or the files cannot be written.
pub async fn prepare(directory: &Path, address: SocketAddr, clock: &Arc<dyn Clock>) -> Result<Config> {
    let origin = format!("http://{}", loopback_name(address));
    let upstream = start_hr_server(&origin, Arc::clone(clock)).await?;
    let path = write_files(directory, &origin, &address.to_string(), &upstream)?;
    Ok(config::load(&path)?)
}

/// An ordinary MCP server on a port of its own; it trusts nothing but our signature.
async fn start_hr_server(origin: &str, clock: Arc<dyn Clock>) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("binding a port for the sample server")?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    let (issuer, keys, audience) = (origin.to_owned(), format!("{origin}/.well-known/jwks.json"), url.clone());
    let server = hr::serve(listener, issuer, keys, audience, move || clock.now().as_seconds());
    tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the sample server ended");
        }
    });
    Ok(url)
}

fn write_files(directory: &Path, origin: &str, listen: &str, upstream: &str) -> Result<std::path::PathBuf> {
    generated::write(directory, "policy/hr.toml", POLICY)?;
    let config = CONFIG
        .replace(EXAMPLE_UPSTREAM, upstream)
        .replace(EXAMPLE_ORIGIN, origin)
        .replace(EXAMPLE_LISTEN, listen)
        .replace("state = \"vestibule-data\"", "state = \".\"");
    generated::write_config(directory, &config)
}

/// Somebody who can sign in.
pub struct Person {
    /// As the directory knows them.
    pub user: User,
    /// Their role in the sample company.
    pub role: &'static str,
    /// Their number there.
    pub employee_id: &'static str,
    /// Their department.
    pub department: &'static str,
    /// Their password, made up at each start.
    pub password: Secret<String>,
    /// The seed of their one-time codes in base32, where they have a second factor.
    pub totp_secret: Option<String>,
}

/// The one who also has a second factor: an EMPLOYEE whose department has two others without.
fn with_second_factor() -> Option<&'static str> {
    let plain = || hr::employees().iter().filter(|employee| employee.role == "EMPLOYEE");
    let colleagues = |department: &str| plain().filter(|employee| employee.department == department).count();
    plain().rev().find(|employee| colleagues(employee.department) > 2).map(|employee| employee.id)
}

/// Adds one user per employee of the sample company.
///
/// # Errors
/// When the users are there already, or the database fails.
pub async fn add_people(running: &Running, (clock, random): &Senses) -> Result<Vec<Person>> {
    let with_totp = with_second_factor();
    let ids: Vec<(&str, UserId)> =
        hr::employees().iter().map(|employee| (employee.id, UserId::generate(&**clock, &**random))).collect();
    let mut people = Vec::new();
    for employee in hr::employees() {
        let id_of = |employee_id: &str| ids.iter().find(|(have, _)| *have == employee_id).map(|(_, id)| id.clone());
        let mut roles = vec![employee.role.to_owned()];
        if employee.role == "ADMINISTRATOR" {
            roles.push(ADMIN_ROLE.to_owned());
        }
        let user = User {
            id: id_of(employee.id).context("every employee has an id")?,
            org: OrgId::new("default"),
            email: employee.email.to_owned(),
            name: employee.name.to_owned(),
            roles,
            groups: Vec::new(),
            department: Some(employee.department.to_owned()),
            manager: employee.manager.and_then(id_of),
            attributes: [("employee_id".to_owned(), employee.id.to_owned())].into(),
            disabled: false,
        };
        people.push(Person {
            role: employee.role,
            employee_id: employee.id,
            department: employee.department,
            password: passwords::generate(&**random),
            totp_secret: (with_totp == Some(employee.id)).then(String::new),
            user,
        });
    }
    store_all(running, people, &**clock, &**random).await
}

async fn store_all(
    running: &Running,
    people: Vec<Person>,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Vec<Person>> {
    let hashes =
        futures_util::future::join_all(people.iter().map(|person| running.passwords.hash(&person.password))).await;
    let mut stored = Vec::new();
    for (mut person, phc) in people.into_iter().zip(hashes) {
        running.store.create_user(&person.user, Some(&phc?)).await.context("making the demo's users")?;
        if person.totp_secret.is_some() {
            person.totp_secret = Some(totp::enrol(&running.store, &person.user.id, clock, random).await?);
        }
        stored.push(person);
    }
    Ok(stored)
}

fn as_json(mcp_url: &str, origin: &str, people: &[Person]) -> Value {
    let users: Vec<Value> = people
        .iter()
        .map(|person| {
            let mut user = json!({
                "email": person.user.email,
                "password": person.password.expose(),
                "name": person.user.name,
                "role": person.role,
                "employee_id": person.employee_id,
                "department": person.department,
            });
            if let (Some(secret), Some(object)) = (&person.totp_secret, user.as_object_mut()) {
                object.insert("totp_secret".to_owned(), json!(secret));
            }
            user
        })
        .collect();
    json!({ "mcp_url": mcp_url, "issuer": origin, "console_url": format!("{origin}/console"), "users": users })
}

fn print(mcp_url: &str, origin: &str, people: &[Person], masking: Switch) {
    println!("The sample company is up. Its MCP server, guarded: {mcp_url}\n");
    println!("  {:<16} {:<14} {:<6} {:<36} PASSWORD", "ROLE", "DEPARTMENT", "ID", "E-MAIL");
    for person in people {
        let second = if person.totp_secret.is_some() { "  + one-time code" } else { "" };
        println!(
            "  {:<16} {:<14} {:<6} {:<36} {}{second}",
            person.role,
            person.department,
            person.employee_id,
            person.user.email,
            person.password.expose()
        );
    }
    if let Some(secret) = people.iter().find_map(|person| person.totp_secret.as_ref()) {
        println!("\n  one-time codes: enter this secret into an authenticator app: {secret}");
    }
    println!("\nAdd it to a client, then sign in when your browser opens:\n{}", ready::client_lines("hr", mcp_url));
    println!("Try: ask for your leaves (query_leaves), then, as an EMPLOYEE, for get_dashboard_stats.");
    println!("{}", about_masking(masking));
    println!("  your account   {origin}/account");
    println!("  the console    {origin}/console   (as the ADMINISTRATOR)");
    println!("  the evidence   vestibule audit tail");
    println!("  the policy     vestibule policy show --table\n\nStop: Ctrl-C");
}

/// What the model sees of personal data, and how to see the other.
const fn about_masking(masking: Switch) -> &'static str {
    match masking {
        Switch::On => "Masking is on: in get_user_profile the model sees [EMAIL_1] in the place of an address.",
        Switch::Off => "Masking is off. What a model sees with it: MASK_PII_BEFORE_LLM=true vestibule demo",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_whether_masking_is_on_and_how_to_see_it() {
        assert!(about_masking(Switch::On).starts_with("Masking is on"));
        assert!(about_masking(Switch::Off).ends_with("MASK_PII_BEFORE_LLM=true vestibule demo"));
    }
}
