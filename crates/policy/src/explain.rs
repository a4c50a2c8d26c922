//! Why: which policies decided, on which facts, and what would change it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_json::value::RawValue;
use vestibule_model::{Digest, Directory, Principal, Server, User, spelling};

use crate::{
    call::{Call, CallTarget, Kind},
    compile::PolicyInfo,
    engine::{Engine, judge},
    facts::{Asker, Who},
    permit::DenyReason,
    set::PolicySet,
    slice::{Answer, Mode},
    subject,
    view::View,
};

/// A call that is only asked about.
#[derive(Debug)]
pub struct Question {
    kind: Kind,
    name: String,
    arguments: Option<String>,
    fields: BTreeMap<String, Box<RawValue>>,
}

impl Question {
    /// A target and, where it takes any, its arguments as the JSON text of an object.
    ///
    /// # Errors
    /// A sentence when the arguments are not a JSON object.
    pub fn new(kind: Kind, name: &str, arguments: Option<&str>) -> Result<Self, String> {
        let fields = arguments
            .map(serde_json::from_str)
            .transpose()
            .map_err(|error| format!("the arguments are not a JSON object: {error}"))?;
        let arguments = arguments.map(str::to_owned);
        Ok(Self { kind, name: name.to_owned(), arguments, fields: fields.unwrap_or_default() })
    }
}

impl Call for Question {
    fn method(&self) -> &str {
        match self.kind {
            Kind::Tool => "tools/call",
            Kind::Prompt => "prompts/get",
            Kind::Resource => "resources/read",
            Kind::Method => &self.name,
        }
    }

    fn target(&self) -> CallTarget<'_> {
        self.kind.target(&self.name)
    }

    fn also(&self) -> Vec<CallTarget<'_>> {
        Vec::new()
    }

    fn argument(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|raw| raw.get())
    }

    fn has_variant_of(&self, name: &str) -> bool {
        self.fields.keys().any(|key| spelling::is_variant(key, name))
    }

    fn arguments(&self) -> Option<&str> {
        self.arguments.as_deref()
    }

    fn arguments_digest(&self) -> Option<Digest> {
        self.arguments.as_ref().map(|text| Digest::of(text.as_bytes()))
    }
}

/// The answer, with its grounds.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The target.
    pub target: String,
    /// The server.
    pub server: String,
    /// Why not; `None` when it is allowed.
    pub refused: Option<DenyReason>,
    /// The policies that decided.
    pub decided_by: Vec<PolicyInfo>,
    /// The ids of the other policies that are about this target and did not decide.
    pub others: Vec<String>,
    /// What was looked at: name and value.
    pub facts: Vec<(String, String)>,
    /// What would change a refusal; any one of them is enough, as far as policy goes.
    pub cures: Vec<String>,
}

/// Explains what would be decided about a call, now.
pub fn explain(
    engine: &Engine,
    principal: &Principal,
    server: &Server,
    directory: &Directory,
    question: &Question,
) -> Explanation {
    let set = engine.current();
    let finding = judge(&set, None, principal, server, directory, question);
    let finding = engine.held_back(server, question, finding);
    let policy = set.find(&server.name);
    let asker = Asker::new(principal, directory);
    let target = question.target();
    let view = asker.as_ref().and_then(|asker| View::new(&set, None, server, &target, asker));
    let decided_by: Vec<PolicyInfo> =
        finding.policies.iter().filter_map(|id| policy.and_then(|policy| policy.policy(id)).cloned()).collect();
    let ids = view.iter().flat_map(View::policy_ids);
    let others = ids.filter(|id| decided_by.iter().all(|info| *info.id != **id)).map(str::to_owned).collect();
    let inquiry = Inquiry { set: &set, principal, server, directory, question, asker: asker.as_ref() };
    let refused = finding.verdict.err();
    Explanation {
        target: question.name.clone(),
        server: server.name.to_string(),
        decided_by,
        others,
        facts: inquiry.facts(),
        cures: refused.as_ref().map(|reason| inquiry.cures(reason)).unwrap_or_default(),
        refused,
    }
}

/// Everything the explanation is about.
struct Inquiry<'a> {
    set: &'a PolicySet,
    principal: &'a Principal,
    server: &'a Server,
    directory: &'a Directory,
    question: &'a Question,
    asker: Option<&'a Asker<'a>>,
}

impl Inquiry<'_> {
    fn subject_argument(&self) -> Option<&str> {
        self.set.find(&self.server.name)?.subject_argument(&self.question.target())
    }

    fn subject(&self) -> Result<Option<&Arc<User>>, String> {
        match (self.subject_argument(), self.asker) {
            (Some(argument), Some(asker)) => subject::resolve(argument, asker, self.directory, self.question),
            _ => Ok(None),
        }
    }

    fn facts(&self) -> Vec<(String, String)> {
        let mut facts = vec![("caller".to_owned(), self.principal.subject_id().to_owned())];
        let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
        match self.asker.map(|asker| &asker.who) {
            None => fact("caller is", "disabled, or of another organization than the token".into()),
            Some(Who::Service { roles, .. }) => fact("roles", list(roles)),
            Some(Who::User(user)) => {
                fact("email", user.email.clone());
                fact("roles", list(&user.roles));
                if !user.groups.is_empty() {
                    fact("groups", list(&user.groups));
                }
                fact("department", user.department.clone().unwrap_or_else(|| "none".into()));
            }
        }
        fact("client", self.principal.client.to_string());
        fact("scopes", self.principal.scopes.to_string());
        fact("sign-in", self.principal.authentication.acr.as_str().to_owned());
        if let Some(argument) = self.subject_argument() {
            fact("subject", self.subject_fact(argument));
        }
        facts
    }

    /// Who it is about, and how that was found.
    fn subject_fact(&self, argument: &str) -> String {
        let how = match self.question.argument(argument) {
            Some(raw) => format!("argument {argument} = {raw}"),
            None => format!("argument {argument} is absent: the caller"),
        };
        match self.subject() {
            Ok(Some(user)) => {
                let department = user.department.as_deref().unwrap_or("none");
                format!("{}, department {department} ({how})", user.email)
            }
            Ok(None) => format!("nobody in particular ({how})"),
            Err(why) => format!("unknown ({how}): {why}"),
        }
    }

    fn cures(&self, reason: &DenyReason) -> Vec<String> {
        match reason {
            DenyReason::Scope(scopes) => {
                vec![format!("the scopes {scopes}: the client must ask for them, the user consent")]
            }
            DenyReason::StepUp(acr) => vec![format!("a sign-in with two factors ({acr})")],
            DenyReason::Subject(_) => vec![format!(
                "an argument {} that is the attribute of that name of exactly one user, or none",
                self.subject_argument().unwrap_or("")
            )],
            DenyReason::Held(_) => vec!["an administrator who approves the definition (vestibule pin)".to_owned()],
            DenyReason::NoPolicy => vec!["a policy for this server".to_owned()],
            DenyReason::Error(error) => vec![format!("a policy that can be evaluated: {error}")],
            DenyReason::Hidden | DenyReason::Arguments(_) => self.policy_cures(),
        }
    }

    /// Found by asking again with one fact changed, never by reading the policies' text.
    fn policy_cures(&self) -> Vec<String> {
        let (Some(asker), Ok(subject)) = (self.asker, self.subject()) else { return Vec::new() };
        let mut cures = Vec::new();
        let roles: Vec<String> = self.roles_that_help(asker, subject);
        if !roles.is_empty() {
            cures.push(format!("a role among {}", list(&roles)));
        }
        if let (Some(user), Some(subject)) =
            (asker.user(), subject.filter(|_| subject.map(|user| &user.id) != asker.user().map(|user| &user.id)))
        {
            if self.permits(asker, Some(user)) {
                cures.push("the caller themselves as the subject".to_owned());
            }
            if let Some(department) = user.department.as_ref().filter(|_| subject.department != user.department) {
                let moved = Arc::new(User { department: Some(department.clone()), ..User::clone(subject) });
                if self.permits(asker, Some(&moved)) {
                    cures.push(format!("a subject in department {department}"));
                }
            }
        }
        if cures.is_empty() {
            cures.push("a policy that permits it".to_owned());
        }
        cures
    }

    fn roles_that_help(&self, asker: &Asker<'_>, subject: Option<&Arc<User>>) -> Vec<String> {
        let roles = self.set.find(&self.server.name).map(|policy| policy.roles()).unwrap_or_default();
        let helps = |role: &&String| match &asker.who {
            Who::User(user) if !user.has_role(role) => {
                let mut promoted = User::clone(user);
                promoted.roles.push((*role).clone());
                self.permits(&Asker { who: Who::User(&Arc::new(promoted)), ..asker.clone() }, subject)
            }
            Who::Service { client, roles } if !roles.contains(role) => {
                let roles: Vec<String> = roles.iter().chain([*role]).cloned().collect();
                self.permits(&Asker { who: Who::Service { client, roles: &roles }, ..asker.clone() }, subject)
            }
            _ => false,
        };
        roles.iter().filter(helps).cloned().collect()
    }

    fn permits(&self, asker: &Asker<'_>, subject: Option<&Arc<User>>) -> bool {
        let target = self.question.target();
        let view = View::new(self.set, None, self.server, &target, asker);
        let answer = view.map(|view| view.ask(Mode::Actual, subject, self.question.arguments()).answer);
        matches!(answer, Some(Answer::Permit { .. }))
    }
}

/// Names are data: what would move the cursor or turn the line around is escaped.
fn visible(text: &str) -> String {
    let odd = |char: char| {
        char.is_control() || matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().fold(String::with_capacity(text.len()), |mut out, char| {
        if odd(char) {
            out.extend(char.escape_unicode())
        } else {
            out.push(char)
        }
        out
    })
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

/// For a terminal.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.refused {
            None => writeln!(f, "ALLOWED: {} on {}", visible(&self.target), self.server)?,
            Some(reason) => writeln!(f, "DENIED: {} on {} ({})", visible(&self.target), self.server, reason.code())?,
        }
        if let Some(DenyReason::Arguments(text) | DenyReason::Subject(text)) = &self.refused {
            writeln!(f, "  {}", visible(text))?;
        }
        writeln!(f, "\nDecided by{}", if self.decided_by.is_empty() { ": no policy matched" } else { "" })?;
        for PolicyInfo { id, file, line, permits, text, .. } in &self.decided_by {
            let effect = if *permits { "permits" } else { "forbids" };
            writeln!(f, "  {} {effect} ({}:{line})", visible(id), visible(file))?;
            text.lines().try_for_each(|line| writeln!(f, "    {line}"))?;
        }
        if !self.others.is_empty() {
            writeln!(f, "Did not decide")?;
            self.others.iter().try_for_each(|id| writeln!(f, "  {}", visible(id)))?;
        }
        writeln!(f, "\nFacts")?;
        for (name, value) in &self.facts {
            writeln!(f, "  {name:<11} {}", visible(value))?;
        }
        if !self.cures.is_empty() {
            writeln!(f, "\nWhat would change it (any one of)")?;
        }
        self.cures.iter().try_for_each(|cure| writeln!(f, "  {}", visible(cure)))
    }
}
