//! `vestibule serve`: the real thing.

use std::process::ExitCode;

use anyhow::Result;

use super::{
    place,
    running::{self, StopSignals},
};
use crate::{cli, config, logs::LogSwitch};

pub(super) async fn run(args: cli::Serve, logs: &LogSwitch) -> Result<ExitCode> {
    let asked = StopSignals::hear()?;
    let config = config::load(&args.config)?;
    logs.turn(config.masking.logs);
    let public = running::bind(config.listen).await?;
    let admin = match config.admin_listen {
        Some(address) => Some(running::bind(address).await?),
        None => None,
    };
    let url = config.public_url.clone();
    let served = config.served();
    let servers: Vec<String> = served.iter().map(|server| server.resource.to_string()).collect();
    let joined = served.federation().map(|federation| federation.door.resource.to_string());
    place::remember(&config.state);
    let running = running::start(config, public, admin).await?;
    tracing::info!(%url, "serving");
    for server in servers {
        tracing::info!("protecting {server}");
    }
    if let Some(joined) = joined {
        tracing::info!("joining servers at {joined}");
    }
    running.until(asked).await?;
    Ok(ExitCode::SUCCESS)
}
