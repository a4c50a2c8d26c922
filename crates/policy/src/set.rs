//! Policy text → a checked set per server, or errors with file, line and remedy.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use cedar_policy::{PolicySet as CedarSet, ValidationMode, ValidationWarning, Validator};
use vestibule_model::ServerName;

use crate::{
    call::{CallTarget, Kind},
    compile::{Compiled, PolicyInfo, compile},
    draft::{Draft, Subjects},
    limits::{line_at, on_big_stack},
    mask::Mask,
    schema::{self, Vocabulary},
    slice::{Slice, Slices},
};

/// A mistake in a policy file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}: {what}; {remedy}")]
pub struct PolicyError {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// One source file: a permission table (`.toml`) or Cedar text (`.cedar`), by its ending.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, for errors.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// The compiled policies of one server.
pub struct ServerPolicy {
    infos: HashMap<Arc<str>, PolicyInfo>,
    roles: Vec<String>,
    subjects: Subjects,
    slices: [Slices; 4],
    /// All that any policy demands.
    masks: Arc<[Mask]>,
    shown: String,
}

/// Those of all servers; immutable, swapped whole.
pub struct PolicySet {
    servers: HashMap<ServerName, ServerPolicy>,
    pub(crate) names: Vocabulary,
}

impl PolicySet {
    /// Parses and checks all policies, on a thread of its own with size and depth limits. A server with
    /// no source, or with sources that hold no policy, denies everything.
    ///
    /// # Errors
    /// Every mistake that was found; then nothing is loaded.
    pub fn load(servers: Vec<(ServerName, Vec<Source>)>) -> Result<Self, Vec<PolicyError>> {
        on_big_stack(move || Self::load_here(servers))
    }

    fn load_here(servers: Vec<(ServerName, Vec<Source>)>) -> Result<Self, Vec<PolicyError>> {
        let names = Vocabulary::new().map_err(|what| {
            vec![PolicyError { file: "schema".into(), line: 0, what, remedy: "report this mistake".into() }]
        })?;
        let mut loaded = HashMap::new();
        let mut errors = Vec::new();
        for (server, sources) in servers {
            match ServerPolicy::load(&server, sources, &names) {
                Ok(policy) => drop(loaded.insert(server, policy)),
                Err(found) => errors.extend(found),
            }
        }
        if errors.is_empty() { Ok(Self { servers: loaded, names }) } else { Err(errors) }
    }

    /// The Cedar text a server's tables compile to, with its hand-written policies, as `policy show`
    /// prints it. `None` for an unknown server.
    pub fn show(&self, server: &ServerName) -> Option<String> {
        self.servers.get(server).map(|policy| policy.shown.clone())
    }

    /// The Cedar schema that policies are checked against.
    pub fn schema(&self) -> String {
        schema::TEXT.to_owned()
    }

    /// The permission table “every signed-in user, everything”, as `protect` generates it.
    pub fn everyone_everything() -> String {
        concat!(
            "# Every signed-in user may use everything.\n\n",
            "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n\n",
            "[[prompt]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n\n",
            "[[resource]]\nuris  = [\"*\"]\nallow = { \"*\" = \"all\" }\n\n",
            "[[method]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n",
        )
        .to_owned()
    }

    /// The policies of a server; `None` when there are none, and then everything is denied.
    pub fn find(&self, server: &ServerName) -> Option<&ServerPolicy> {
        self.servers.get(server).filter(|policy| !policy.infos.is_empty())
    }
}

impl ServerPolicy {
    /// The roles its tables name, in their order.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// The policy of this id.
    pub fn policy(&self, id: &str) -> Option<&PolicyInfo> {
        self.infos.get(id)
    }

    /// The targets that policies name, sorted. Policies about every target of a kind name none.
    pub fn targets(&self) -> Vec<CallTarget<'_>> {
        let mut all: Vec<(Kind, &str)> = Kind::ALL
            .into_iter()
            .zip(&self.slices)
            .flat_map(|(kind, of)| of.names().map(move |name| (kind, name)))
            .collect();
        all.sort_unstable();
        all.into_iter().map(|(kind, name)| kind.target(name)).collect()
    }

    /// The argument that says whose data a call of this target is about.
    pub fn subject_argument(&self, target: &CallTarget<'_>) -> Option<&str> {
        target.split().and_then(|(kind, name)| self.subjects.find(kind, name))
    }

    /// What must be masked of an answer that these policies permit. What comes on the stream of a session, or by a method
    /// that nothing is known of, may be the answer to any call.
    pub(crate) fn masks(&self, target: &CallTarget<'_>, method: &str, permitted_by: &[Arc<str>]) -> Arc<[Mask]> {
        match target {
            _ if self.masks.is_empty() => Arc::clone(&self.masks),
            CallTarget::Method(_) => Arc::clone(&self.masks),
            CallTarget::Session if method == "GET" => Arc::clone(&self.masks),
            _ => permitted_by.iter().filter_map(|id| self.infos.get(id)?.mask.clone()).collect(),
        }
    }

    /// All that any of them demands to be masked.
    pub(crate) fn demands(&self) -> Arc<[Mask]> {
        Arc::clone(&self.masks)
    }

    pub(crate) fn infos(&self) -> &HashMap<Arc<str>, PolicyInfo> {
        &self.infos
    }

    /// The policies that can decide about a target; `None` when there are none.
    pub(crate) fn slice(&self, kind: Kind, name: &str) -> Option<&Slice> {
        let [tools, prompts, resources, methods] = &self.slices;
        match kind {
            Kind::Tool => tools.find(name),
            Kind::Prompt => prompts.find(name),
            Kind::Resource => resources.find(name),
            Kind::Method => methods.find(name),
        }
    }

    fn load(server: &ServerName, sources: Vec<Source>, names: &Vocabulary) -> Result<Self, Vec<PolicyError>> {
        let Draft { statements, roles, subjects, shown, mut errors } = Draft::read(server, sources);
        let mut compiled = Vec::new();
        for statement in statements {
            match compile(statement) {
                Ok(policy) => compiled.push(policy),
                Err(found) => errors.extend(found),
            }
        }
        if errors.is_empty() {
            errors.extend(check(&compiled, names));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let slices = |kind| {
            Slices::build(kind, &compiled, names).map_err(|what| {
                let file = server.to_string();
                vec![PolicyError { file, line: 0, what, remedy: "give each policy its own @id".into() }]
            })
        };
        let slices = [slices(Kind::Tool)?, slices(Kind::Prompt)?, slices(Kind::Resource)?, slices(Kind::Method)?];
        let masks = compiled.iter().filter_map(|policy| policy.info.mask.clone()).collect();
        let infos = compiled.into_iter().map(|policy| (Arc::clone(&policy.info.id), policy.info)).collect();
        Ok(Self { infos, roles, subjects, slices, masks, shown })
    }
}

/// Checks all policies of a server together: ids, and types against the schema. A policy that can never
/// match is a mistake too: nobody writes a forbid in order that it forbids nothing.
fn check(compiled: &[Compiled], names: &Vocabulary) -> Vec<PolicyError> {
    let mut by_id: BTreeMap<&str, &PolicyInfo> = BTreeMap::new();
    let mut errors = Vec::new();
    let mut set = CedarSet::new();
    let fault = |info: &PolicyInfo, what: String, remedy: String| {
        let (file, line) = (info.file.to_string(), info.line);
        PolicyError { file, line, what, remedy }
    };
    for Compiled { policy, info, .. } in compiled {
        if let Some(first) = by_id.insert(&info.id, info) {
            let what = format!("the id “{}” is already used in {}:{}", info.id.escape_debug(), first.file, first.line);
            errors.push(fault(info, what, "give each policy its own @id".into()));
        } else if let Err(error) = set.add(policy.clone()) {
            errors.push(fault(info, error.to_string(), "give each policy its own @id".into()));
        }
    }
    let result = Validator::new(names.schema.clone()).validate(&set, ValidationMode::Strict);
    let find = |id: &cedar_policy::PolicyId| by_id.get(AsRef::<str>::as_ref(id)).copied();
    for error in result.validation_errors() {
        let Some(info) = find(error.policy_id()) else { continue };
        let help = miette::Diagnostic::help(error).map(|help| help.to_string());
        let label = miette::Diagnostic::labels(error).and_then(|mut labels| labels.next());
        let line = label.map_or(info.line, |label| info.line + line_at(&info.text, label.offset()) - 1);
        let remedy = help.unwrap_or_else(|| "see the schema that `policy schema` prints".into());
        errors.push(PolicyError { line, ..fault(info, error.to_string(), remedy) });
    }
    // Foreign letters in names are fine; text that reads in another order than it runs is not.
    let refused = |warning: &&ValidationWarning| {
        use ValidationWarning as W;
        matches!(
            warning,
            W::ImpossiblePolicy(_)
                | W::InvalidActionApplication(_)
                | W::BidiCharsInString(_)
                | W::BidiCharsInIdentifier(_)
        )
    };
    for warning in result.validation_warnings().filter(refused) {
        let Some(info) = find(warning.policy_id()) else { continue };
        // Names in tables are data, and are printed escaped.
        if info.reach.is_none() {
            errors.push(fault(info, warning.to_string(), "mend or remove the policy".into()));
        }
    }
    errors
}
