//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

/// The guarded entrance to MCP servers.
#[derive(Parser)]
#[command(name = "vestibule", version, about, long_about = LONG, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const LONG: &str = "\
The guarded entrance to MCP servers: who is calling, what may they do, with which key.

Start with `vestibule demo`, which runs everything on sample data and prints what to click.
Put it before a server of yours with `vestibule protect URL`. For the real thing write a
configuration file and run `vestibule serve --config vestibule.toml`.";

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Run a sample HR server, its users and the gateway, everything on
    Demo(Demo),
    /// Put sign-in, policy and audit before one MCP server, without a configuration file
    Protect(Protect),
    /// Run the gateway
    Serve(Serve),
    /// Check a configuration and its policies; print each mistake with line and remedy
    Check(Check),
    /// Add, list and change users
    #[command(subcommand)]
    User(User),
    /// Add, list and disable OAuth clients
    #[command(subcommand)]
    Client(Client),
    /// Show and explain policies
    #[command(subcommand)]
    Policy(Policy),
    /// See what servers have changed about their tools, and decide about it
    #[command(subcommand)]
    Pin(Pin),
    /// Watch and prove the audit journal
    #[command(subcommand)]
    Audit(Audit),
    /// Find personal data in a text and show how it is masked
    #[command(subcommand)]
    Pii(Pii),
    /// Be a stdio server for a client that starts a command; the credential comes from MCP_AUTH_TOKEN
    Stdio(Stdio),
    /// Play a new MCP client against a URL and say what it would stumble over
    Doctor(Doctor),
}

/// `vestibule demo`
#[derive(Args)]
pub struct Demo {
    /// Print one JSON object on standard output when ready, then stay up
    #[arg(long)]
    pub json: bool,
    /// Address to listen on; port 0 picks a free one [default: 127.0.0.1:8808, or a free port]
    #[arg(long)]
    pub listen: Option<SocketAddr>,
}

/// `vestibule protect`
#[derive(Args)]
pub struct Protect {
    /// The server's name in the public URL /mcp/<NAME>
    #[arg(long, default_value = "server")]
    pub name: String,
    /// Print one JSON object on standard output when ready, then stay up
    #[arg(long)]
    pub json: bool,
    /// Address to listen on; port 0 picks a free one [default: 127.0.0.1:8808, or a free port]
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// URL of a streamable HTTP server
    #[arg(conflicts_with = "command", required_unless_present = "command")]
    pub url: Option<String>,
    /// Or, after `--`, the command of a stdio server and its arguments
    #[arg(last = true)]
    pub command: Vec<String>,
}

/// `vestibule serve`
#[derive(Args)]
pub struct Serve {
    /// The configuration file
    #[arg(long, short, default_value = "vestibule.toml", env = "VESTIBULE_CONFIG")]
    pub config: PathBuf,
}

/// `vestibule check`
#[derive(Args)]
pub struct Check {
    /// The configuration file
    #[arg(long, short, default_value = "vestibule.toml", env = "VESTIBULE_CONFIG")]
    pub config: PathBuf,
    /// Print the JSON Schema of the configuration file instead
    #[arg(long)]
    pub schema: bool,
}

/// Where the state is: of a configuration, in a directory, or of the gateway that was started last.
#[derive(Args, Clone)]
pub struct Where {
    /// The configuration file whose state to use [default: vestibule.toml, if there is one]
    #[arg(long, short, env = "VESTIBULE_CONFIG", conflicts_with = "state")]
    pub config: Option<PathBuf>,
    /// The state directory itself [default: that of the demo or protect that was started last]
    #[arg(long)]
    pub state: Option<PathBuf>,
}

/// `vestibule user`
#[derive(Subcommand)]
pub enum User {
    /// Add a user; the password is read from standard input or generated
    Add(UserAdd),
    /// List all users
    List(Where),
    /// Refuse a user at every door, at once
    Disable(UserRef),
    /// Let a disabled user in again
    Enable(UserRef),
    /// Forget failed sign-ins, so that a locked account can be used again
    Unlock(UserRef),
    /// Set a user's password, read from standard input or generated
    Password(UserPassword),
    /// Replace a user's roles
    Roles(UserRoles),
}

/// `vestibule user add`
#[derive(Args)]
pub struct UserAdd {
    /// E-mail address, for sign-in
    pub email: String,
    /// Full name
    #[arg(long)]
    pub name: Option<String>,
    /// A role; may be given several times
    #[arg(long = "role")]
    pub roles: Vec<String>,
    /// The department
    #[arg(long)]
    pub department: Option<String>,
    /// A directory attribute as NAME=VALUE; may be given several times
    #[arg(long = "attribute", value_parser = attribute)]
    pub attributes: Vec<(String, String)>,
    /// The organization
    #[arg(long, default_value = "default")]
    pub org: String,
    /// Read the password from standard input instead of generating one
    #[arg(long)]
    pub password_stdin: bool,
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// A user by e-mail address.
#[derive(Args)]
pub struct UserRef {
    /// E-mail address
    pub email: String,
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// `vestibule user password`
#[derive(Args)]
pub struct UserPassword {
    /// E-mail address
    pub email: String,
    /// Read the password from standard input instead of generating one
    #[arg(long)]
    pub password_stdin: bool,
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// `vestibule user roles`
#[derive(Args)]
pub struct UserRoles {
    /// E-mail address
    pub email: String,
    /// The roles the user holds from now on
    #[arg(required_unless_present = "none")]
    pub roles: Vec<String>,
    /// Take all roles away
    #[arg(long, conflicts_with = "roles")]
    pub none: bool,
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// `vestibule client`
#[derive(Subcommand)]
pub enum Client {
    /// Add a client by hand
    Add(ClientAdd),
    /// List all clients
    List(Where),
    /// Refuse a client at every door, at once
    Disable(ClientRef),
    /// Let a disabled client in again
    Enable(ClientRef),
    /// Remove a client and revoke what it was given
    Delete(ClientRef),
}

/// `vestibule client add`
#[derive(Args)]
pub struct ClientAdd {
    /// Its name, for people
    pub name: String,
    /// A redirect URI, exactly; may be given several times
    #[arg(long = "redirect-uri")]
    pub redirect_uris: Vec<String>,
    /// Make a secret and print it once
    #[arg(long)]
    pub secret: bool,
    /// Let it act for itself (client_credentials); needs --secret
    #[arg(long, requires = "secret")]
    pub service: bool,
    /// A role it holds when it acts for itself; may be given several times
    #[arg(long = "role", requires = "service")]
    pub roles: Vec<String>,
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// A client by id.
#[derive(Args)]
pub struct ClientRef {
    /// The client_id
    pub id: String,
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// `vestibule policy`
#[derive(Subcommand)]
pub enum Policy {
    /// Print what a server's permission tables and policies compile to
    Show(PolicyShow),
    /// Say which policy decides a call, on which facts, and what would change it
    Explain(PolicyExplain),
}

/// `vestibule policy show`
#[derive(Args)]
pub struct PolicyShow {
    /// The server [default: all]
    pub server: Option<String>,
    /// Print the Cedar schema instead
    #[arg(long)]
    pub schema: bool,
    /// Print a table of roles and tools instead
    #[arg(long, conflicts_with = "schema")]
    pub table: bool,
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// `vestibule policy explain`
#[derive(Args)]
pub struct PolicyExplain {
    /// E-mail address of the user who would call
    pub user: String,
    /// The tool
    pub tool: String,
    /// Its arguments, as a JSON object
    #[arg(default_value = "{}")]
    pub arguments: String,
    /// The server [default: the only one]
    #[arg(long)]
    pub server: Option<String>,
    /// The scopes the client was given [default: all]
    #[arg(long)]
    pub scopes: Option<String>,
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// `vestibule pin`
#[derive(Subcommand)]
pub enum Pin {
    /// List the tools that are known, those that wait first
    List(PinRef),
    /// Show how the definition of a tool has changed; without a tool, of all that wait
    Show(PinRef),
    /// Put the changed definition of a tool in force
    Approve(PinDecide),
    /// Refuse the changed definition of a tool; it comes back when the server goes back to the old one
    Reject(PinDecide),
}

/// Tools by server and name.
#[derive(Args)]
pub struct PinRef {
    /// The tool [default: all]
    pub tool: Option<String>,
    /// The server [default: all]
    #[arg(long)]
    pub server: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// `vestibule pin approve|reject`
#[derive(Args)]
pub struct PinDecide {
    /// Decide about everything that waits
    #[arg(long, conflicts_with = "tool", required_unless_present = "tool")]
    pub all: bool,
    #[command(flatten)]
    /// Which tools.
    pub which: PinRef,
}

/// `vestibule audit`
#[derive(Subcommand)]
pub enum Audit {
    /// Print the newest records and follow
    Tail(AuditTail),
    /// Prove that no record was changed, dropped or reordered
    Verify(AuditVerify),
}

/// `vestibule audit tail`
#[derive(Args)]
pub struct AuditTail {
    /// How many records to start with
    #[arg(long, short = 'n', default_value_t = 20)]
    pub lines: usize,
    /// Stop after them instead of following
    #[arg(long)]
    pub no_follow: bool,
    /// Print the records as they are stored
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// `vestibule audit verify`
#[derive(Args)]
pub struct AuditVerify {
    #[command(flatten)]
    /// Where the state is.
    pub place: Where,
}

/// `vestibule pii`
#[derive(Subcommand)]
pub enum Pii {
    /// Report what is found on standard error, and write the masked text to standard output
    Scan(PiiScan),
    /// Say of each span why it was found or not: recognizer, evidence, score, threshold, action
    Explain(PiiExplain),
}

/// `vestibule pii explain`
#[derive(Args)]
pub struct PiiExplain {
    /// The file, or - for standard input
    pub file: PathBuf,
    /// Explain as this configuration file masks the answers of a server
    #[arg(long, short)]
    pub config: Option<PathBuf>,
    /// Print one JSON object per span
    #[arg(long)]
    pub json: bool,
}

/// `vestibule pii scan`
#[derive(Args)]
#[command(after_help = PII_SCAN)]
pub struct PiiScan {
    /// The file, or - for standard input
    pub file: PathBuf,
    /// Read {"id", "text"} lines and write a line of spans for each, offsets in code points
    #[arg(long, conflicts_with = "json")]
    pub jsonl: bool,
    /// Print findings, counts and the masked text as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `vestibule stdio`
#[derive(Args)]
#[command(after_help = STDIO)]
pub struct Stdio {
    /// The server's name at the gateway [default: the endpoint /mcp that joins servers]
    #[arg(long)]
    pub server: Option<String>,
    /// The gateway's origin, for example https://mcp.example.com [default: public_url of the configuration]
    #[arg(long)]
    pub url: Option<String>,
    /// The configuration file that names the gateway
    #[arg(long, short, default_value = "vestibule.toml", env = "VESTIBULE_CONFIG", conflicts_with = "url")]
    pub config: PathBuf,
}

const PII_SCAN: &str = "\
  vestibule pii scan export.csv > masked.csv           the report is on standard error
  kubectl logs web | vestibule pii scan - 2>/dev/null  masked as it would be for a model
  vestibule pii scan --json ticket.json | jq .counts
  vestibule pii scan --jsonl documents.jsonl           {\"id\": 1, \"text\": \"…\"} a line, and one line of spans each

The exit code is 0 whether something is found or not, and 1 when the input cannot be read. `vestibule pii explain` says why
something was found or left. NO_COLOR takes the colours away.";

const STDIO: &str = "\
The gateway must be running. A client starts this command with the token in its environment:

  { \"command\": \"vestibule\", \"args\": [\"stdio\", \"--server\", \"hr\", \"--url\", \"https://mcp.example.com\"],
    \"env\": { \"MCP_AUTH_TOKEN\": \"eyJ…\" } }

Standard output carries messages only; everything else goes to standard error.";

/// `vestibule doctor`
#[derive(Args)]
pub struct Doctor {
    /// The URL that a client would be given
    pub url: String,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

fn attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Cli;

    #[test]
    fn roles_are_not_taken_away_by_forgetting_to_name_them() {
        let parse =
            |more: &[&str]| Cli::try_parse_from([&["vestibule", "user", "roles", "a@example.com"], more].concat());
        assert!(parse(&[]).is_err() && parse(&["A", "--none"]).is_err());
        assert!(parse(&["A", "B"]).is_ok() && parse(&["--none"]).is_ok());
    }
}
