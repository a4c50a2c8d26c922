//! `vestibule policy show|explain`.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use vestibule_mcp::Message;
use vestibule_model::{
    Acr, Authentication, ClientId, Clock, GrantId, Principal, ScopeSet, Server, ServerName, Subject, TokenId, User,
    server::GENERAL_SCOPES,
};
use vestibule_policy::{
    Engine, Kind,
    explain::{Question, explain},
    matrix::matrix,
};
use vestibule_proxy::PinnedTools;

use super::{place, user};
use crate::{cli, config::Config, wire};

pub(super) async fn run(command: cli::Policy) -> Result<ExitCode> {
    match command {
        cli::Policy::Show(args) => show(&args),
        cli::Policy::Explain(args) => explain_call(args).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

fn show(args: &cli::PolicyShow) -> Result<()> {
    let config = place::configuration(&args.place)?;
    let set = wire::load_policies(&config)?;
    if args.schema {
        println!("{}", set.schema());
        return Ok(());
    }
    let servers = match &args.server {
        Some(name) => vec![server(&config, Some(name))?],
        None => config.servers.iter().map(|one| one.server.clone()).collect(),
    };
    for server in servers {
        if args.table {
            let Some(policy) = set.find(&server.name) else { continue };
            match matrix(&set, &server, policy.roles()) {
                Some(matrix) => println!("{}\n\n{matrix}", server.name),
                None => println!("{}: no policy, everything is denied\n", server.name),
            }
        } else {
            println!("// {}\n{}", server.resource, set.show(&server.name).unwrap_or_default());
        }
    }
    Ok(())
}

async fn explain_call(args: cli::PolicyExplain) -> Result<()> {
    let config = place::configuration(&args.place)?;
    let set = wire::load_policies(&config)?;
    let server = server(&config, args.server.as_deref())?;
    let store = place::find(&args.place)?.store().await?;
    let caller = user::by_email(&store, &args.user).await?;
    let scopes = match &args.scopes {
        Some(text) => ScopeSet::parse(text).context("--scopes takes scopes separated by spaces")?,
        None => server
            .scopes_supported()
            .union(&GENERAL_SCOPES.iter().filter_map(|(scope, _)| vestibule_model::Scope::parse(scope)).collect()),
    };
    let (clock, _) = wire::senses();
    let principal = principal(caller, scopes, &*clock);
    let question = question(&args.tool, &args.arguments)?;
    let tools = PinnedTools::new(store.clone(), config.pin_modes());
    let engine = Engine::new(set, Arc::new(tools));
    println!("{}", explain(&engine, &principal, &server, &store.directory(), &question));
    Ok(())
}

/// The call, as long as the gateway would hand it to the policies at all: it refuses what can be read in two ways.
fn question(tool: &str, arguments: &str) -> Result<Question> {
    let question = Question::new(Kind::Tool, tool, Some(arguments)).map_err(anyhow::Error::msg)?;
    let name = serde_json::to_string(tool)?;
    let call = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":{name},"arguments":{arguments}}}}}"#
    );
    Message::parse(call.into()).context("the gateway refuses this call before any policy is asked")?;
    Ok(question)
}

/// The user as a client with these scopes would act for them, signed in with a password.
fn principal(user: User, scopes: ScopeSet, clock: &dyn Clock) -> Principal {
    Principal {
        org: user.org.clone(),
        subject: Subject::User(Arc::new(user)),
        client: ClientId::new("policy-explain"),
        grant: GrantId::new("policy-explain"),
        scopes,
        authentication: Authentication { acr: Acr::Single, amr: vec!["pwd".to_owned()], auth_time: clock.now() },
        token: TokenId::new("policy-explain"),
        expires_at: clock.now() + Duration::from_secs(600),
    }
}

fn server(config: &Config, name: Option<&str>) -> Result<Server> {
    let servers = || config.servers.iter().map(|one| &one.server);
    let found = match name {
        Some(name) => servers().find(|server| server.name == ServerName::new(name)),
        None if config.servers.len() == 1 => servers().next(),
        None => bail!("there are several servers; name one of: {}", names(config)),
    };
    found.cloned().with_context(|| format!("there is no such server; there are: {}", names(config)))
}

fn names(config: &Config) -> String {
    let names: Vec<&str> = config.servers.iter().map(|one| one.server.name.as_str()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_gateway_cannot_read_in_one_way_is_not_explained() {
        assert!(question("query_leaves", r#"{"employee_id":"E1"}"#).is_ok());
        for (arguments, told) in [
            (r#"{"employee_id":"E1","employee_id":"E2"}"#, "refuses this call"),
            (r#"{"employee_id":"E1","Employee_Id":"E2"}"#, "refuses this call"),
            (r#"{},"x":{}"#, "not a JSON object"),
            ("[]", "not a JSON object"),
            ("{", "not a JSON object"),
        ] {
            let error = format!("{:#}", question("query_leaves", arguments).err().unwrap());
            assert!(error.contains(told), "{arguments}: {error}");
        }
    }
}
