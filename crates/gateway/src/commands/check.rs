//! `vestibule check`: the configuration and all policies, without starting anything.

use std::process::ExitCode;

use anyhow::Result;

use crate::{cli, config, wire};

pub(super) fn run(args: &cli::Check) -> Result<ExitCode> {
    if args.schema {
        println!("{}", config::schema());
        return Ok(ExitCode::SUCCESS);
    }
    let config = config::load(&args.config)?;
    wire::load_policies(&config)?;
    let servers = config.servers.len();
    println!(
        "{}: sound; {servers} server{}, {} pre-registered client{}",
        args.config.display(),
        plural(servers),
        config.clients.len(),
        plural(config.clients.len())
    );
    for configured in &config.servers {
        let server = &configured.server;
        println!("  {} -> {}", server.resource, describe(&server.upstream));
        if configured.policies.is_empty() {
            println!("    no policy: everything is denied; add `policy = \"policy/{}.toml\"`", server.name);
        }
    }
    if let Some(federation) = config.served().federation() {
        let names: Vec<&str> = federation.parts.iter().map(|part| part.name.as_str()).collect();
        println!("  {} -> {}", federation.door.resource, names.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn describe(upstream: &vestibule_model::Upstream) -> String {
    match upstream {
        vestibule_model::Upstream::Http { url } | vestibule_model::Upstream::Sse { url } => url.clone(),
        vestibule_model::Upstream::Command { argv, .. } => argv.join(" "),
        vestibule_model::Upstream::Federation => "several servers".to_owned(),
    }
}
