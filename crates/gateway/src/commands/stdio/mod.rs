//! `vestibule stdio`: for clients that start a command. Messages on standard input and output, one per line; behind them
//! the streamable HTTP endpoint of a running gateway, with the credential that is in the environment (MCP, stdio).

mod bridge;

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    sync::mpsc,
};
use vestibule_egress::client::{Client, ClientConfig};
use vestibule_vault::screen::{settings::Switch, wish};

use self::bridge::Bridge;
use crate::{cli, config};

/// The variable that holds the credential (MCP, stdio: credentials come from the environment).
const TOKEN: &str = "MCP_AUTH_TOKEN";
/// A call may take this long to begin its answer; the gateway has a shorter limit of its own.
const PATIENCE: Duration = Duration::from_secs(600);
/// Messages that wait for a slow client.
const QUEUE: usize = 256;

pub(super) async fn run(args: cli::Stdio) -> Result<ExitCode> {
    let endpoint: Uri = endpoint(&args)?.parse().context("the gateway's URL is not a URL")?;
    let token = std::env::var(TOKEN).unwrap_or_default();
    ensure!(
        !token.trim().is_empty(),
        "{TOKEN} is not set: put an access token for {endpoint} into the environment of this command"
    );
    let mut credential = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
        .ok()
        .with_context(|| format!("{TOKEN} holds characters that no token has"))?;
    credential.set_sensitive(true);
    let settings = ClientConfig { response_timeout: PATIENCE, ..ClientConfig::default() };
    let (out, lines) = mpsc::channel(QUEUE);
    let wishes = wishes(|name| std::env::var(name).ok())?;
    let bridge = Arc::new(Bridge::new(Client::new(&settings)?, endpoint, credential, wishes, out));
    let writer = tokio::spawn(write(lines));
    read(&bridge).await?;
    bridge.close().await;
    drop(bridge);
    writer.await??;
    Ok(ExitCode::SUCCESS)
}

/// The variables that switch masking, and the headers that say the same. Only what hides more is said: whether anything may
/// be shown is the gateway's.
const SWITCHES: [(&str, &str); 2] = [("MASK_PII_BEFORE_LLM", wish::BEFORE_LLM), ("MASK_PII_IN_LOGS", wish::IN_LOGS)];

fn wishes(environment: impl Fn(&str) -> Option<String>) -> Result<HeaderMap> {
    let mut wishes = HeaderMap::new();
    for (variable, header) in SWITCHES {
        let Some(text) = environment(variable) else { continue };
        let switch = wish::read(&text);
        let switch = switch.with_context(|| {
            format!("{variable} is neither on nor off: set it to one of true, false, 1, 0, on, off")
        })?;
        if switch == Switch::On {
            wishes.insert(HeaderName::from_static(header), HeaderValue::from_static("on"));
        }
    }
    Ok(wishes)
}

fn endpoint(args: &cli::Stdio) -> Result<String> {
    let origin = match &args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => config::load(&args.config)?.public_url,
    };
    Ok(args.server.as_ref().map_or_else(|| format!("{origin}/mcp"), |server| format!("{origin}/mcp/{server}")))
}

/// Takes lines until standard input ends.
async fn read(bridge: &Arc<Bridge>) -> Result<()> {
    let mut input = BufReader::new(tokio::io::stdin());
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).await.context("standard input")? == 0 {
            return Ok(());
        }
        let text = line.trim_ascii();
        if !text.is_empty() {
            bridge.take(Bytes::copy_from_slice(text)).await;
        }
    }
}

/// Writes each message as one line. Outside of its strings JSON may hold line breaks, inside it cannot.
async fn write(mut lines: mpsc::Receiver<Bytes>) -> Result<()> {
    let mut output = tokio::io::stdout();
    while let Some(message) = lines.recv().await {
        let mut line: Vec<u8> =
            message.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect();
        line.push(b'\n');
        output.write_all(&line).await.context("standard output")?;
        output.flush().await.context("standard output")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_asks_for_masking_and_never_against_it() {
        let said = |value: &'static str| wishes(|name| (name == "MASK_PII_BEFORE_LLM").then(|| value.to_owned()));
        assert_eq!(said("true").unwrap().get("x-mask-pii-before-llm").unwrap(), "on");
        assert!(said("off").unwrap().is_empty());
        assert!(said("maybe").unwrap_err().to_string().contains("MASK_PII_BEFORE_LLM is neither on nor off"));
        assert!(wishes(|_| None).unwrap().is_empty());
    }

    #[test]
    fn without_a_server_it_is_the_joined_endpoint() {
        let at = |server: Option<&str>| {
            let url = Some("https://mcp.example.com/".to_owned());
            endpoint(&cli::Stdio { server: server.map(str::to_owned), url, config: "unused".into() }).unwrap()
        };
        assert_eq!(at(Some("hr")), "https://mcp.example.com/mcp/hr");
        assert_eq!(at(None), "https://mcp.example.com/mcp");
    }
}
