//! Every route has a test that calls it without credentials.
//!
//! The convention: a surface names its routes in `src/routes.rs` as `.route("/path", get(…).post(…))`, or by a constant
//! of `oauth`'s `paths`, and each method and path stands in a test module called `unauthorised.rs` (of that crate, or
//! of the test house) as `("GET", "/path")`.

use crate::{findings::Findings, workspace::Source};

const SURFACES: [&str; 3] = ["crates/authserver/", "crates/proxy/", "crates/console/"];
/// Where the paths are that the metadata documents name too.
const PATHS: &str = "crates/oauth/src/metadata.rs";
const INVENTORY: &str = "unauthorised.rs";
/// OPTIONS is missing on purpose: a preflight carries no credentials and does nothing.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Compares the routes with the inventory.
pub(crate) fn check(sources: &[Source]) -> Findings {
    let mut findings = Findings::default();
    let inventory: Vec<&Source> = sources.iter().filter(|source| source.path.ends_with(INVENTORY)).collect();
    let constants = sources.iter().find(|source| source.path == PATHS).map_or("", |source| source.text.as_str());
    for source in sources.iter().filter(|source| SURFACES.iter().any(|surface| source.path.starts_with(surface))) {
        for route in routes(&source.text) {
            let place = format!("{}:{}", source.path, route.line);
            let Some(path) = route.path(constants) else {
                findings
                    .note(place, "a route is a literal path or one of `paths`, so that people and tools can read it");
                continue;
            };
            if !source.path.ends_with("/src/routes.rs") {
                findings.note(&place, "routes live in src/routes.rs");
            }
            for method in route.methods() {
                if !inventory.iter().any(|source| lists(&source.text, method, path)) {
                    findings
                        .note(&place, format_args!("`(\"{method}\", \"{path}\")` is missing from every {INVENTORY}"));
                }
            }
        }
    }
    findings
}

/// One `.route(…)` of a surface.
struct Route<'a> {
    line: usize,
    /// As written: a literal, or an expression.
    argument: &'a str,
    /// What follows the path, up to the next route.
    handlers: &'a str,
}

impl<'a> Route<'a> {
    /// The path itself; nothing when it cannot be read.
    fn path(&self, constants: &'a str) -> Option<&'a str> {
        let literal = match self.argument.strip_prefix("paths::") {
            Some(name) => constants.split(&format!("const {name}: &str = ")).nth(1)?.split(';').next()?,
            None => self.argument,
        };
        literal.strip_prefix('"')?.strip_suffix('"')
    }

    fn methods(&self) -> impl Iterator<Item = &'static str> {
        METHODS.into_iter().filter(|method| {
            let call = format!("{}(", method.to_lowercase());
            self.handlers.match_indices(&call).any(|(at, _)| {
                let before = self.handlers.get(..at).and_then(|before| before.chars().last());
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            })
        })
    }
}

/// The routes of a file, without those of its tests.
fn routes(text: &str) -> Vec<Route<'_>> {
    let production = text.split("#[cfg(test)]").next().unwrap_or(text);
    let mut line = 1;
    let mut found = Vec::new();
    for (i, piece) in production.split(".route(").enumerate() {
        if i > 0 {
            let (argument, handlers) = piece.split_once(',').unwrap_or((piece, ""));
            found.push(Route { line, argument: argument.trim(), handlers });
        }
        line += piece.matches('\n').count();
    }
    found
}

/// Whether the text has this method just before this path.
fn lists(text: &str, method: &str, path: &str) -> bool {
    text.match_indices(&format!("{path}\"")).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        before.trim_end_matches(['"', ',', ' ', '\n']).ends_with(method)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(routes: &str, inventory: &str) -> Findings {
        let file = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        check(&[
            file("crates/proxy/src/routes.rs", routes),
            file("crates/proxy/src/unauthorised.rs", inventory),
            file(PATHS, "pub const TOKEN: &str = \"/token\";\n"),
        ])
    }

    #[test]
    fn a_route_without_a_test_is_found() {
        let routes = "Router::new()\n    .route(\n        \"/mcp/{server}\", post(call))";
        assert!(found(routes, "(\"POST\", \"/mcp/{server}\")").is_empty());
        assert!(found(routes, "(\"POST\", \"/mcp\")").mention("routes.rs:2"));
        assert!(found(routes, "(\"GET\", \"/mcp/{server}\")").mention("`(\"POST\", \"/mcp/{server}\")` is missing"));
    }

    #[test]
    fn each_method_of_a_route_counts() {
        let routes = ".route(\"/login\", get(page::show).post(login::target(x)))";
        assert!(found(routes, "(\"GET\", \"/login\")").mention("POST"));
        assert!(found(routes, "(\"GET\", \"/login\"), (\"POST\", \"/login\")").is_empty());
    }

    #[test]
    fn a_path_of_the_metadata_counts_as_what_it_is() {
        let routes = ".route(paths::TOKEN, post(token::handle))";
        assert!(found(routes, "(\"POST\", \"/token\")").is_empty());
        assert!(found(routes, "").mention("`(\"POST\", \"/token\")` is missing"));
    }

    #[test]
    fn a_route_that_cannot_be_read_is_found() {
        assert!(found("Router::new().route(PATH, post(call))", "").mention("literal"));
    }

    #[test]
    fn routes_elsewhere_are_found() {
        let source = Source { path: "crates/console/src/pages.rs".into(), text: ".route(\"/a\", get(a))".into() };
        assert!(check(&[source]).mention("routes live in"));
    }
}
