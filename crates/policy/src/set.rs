//! Policy text → a checked set per server, or errors with file, line and remedy.
use vestibule_model::ServerName;
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {what}; {remedy}")]
pub struct PolicyError { pub file: String, pub line: usize, pub what: String, pub remedy: String }
/// One source file: a permission table (TOML) or Cedar text, by its ending.
pub struct Source { pub file: String, pub text: String }
/// The compiled policies of one server.
pub struct ServerPolicy { _p: () }
/// Those of all servers; immutable, swapped whole.
pub struct PolicySet { _p: () }
impl PolicySet {
    /// Parses on a thread of its own with size and depth limits; validates against the generated schema.
    /// A server with no source denies everything.
    pub fn load(servers: Vec<(ServerName, Vec<Source>)>) -> Result<Self, Vec<PolicyError>> { todo!() }
    /// The Cedar text a server's tables compile to, with its hand-written policies, as `policy show` prints it.
    pub fn show(&self, server: &ServerName) -> Option<String> { todo!() }
    pub fn schema(&self) -> String { todo!() }
    /// The permission table "every signed-in user, everything", as `protect` generates it.
    pub fn everyone_everything() -> String { todo!() }
}
