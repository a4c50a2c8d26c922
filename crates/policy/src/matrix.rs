//! Roles × targets: what the policies of a server come to, found by asking them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use vestibule_model::{Acr, ClientId, OrgId, ScopeSet, Server, User, UserId};

use crate::{
    call::{CallTarget, Kind},
    facts::{Asker, Who},
    set::PolicySet,
    slice::{Answer, Mode},
    table::Reach,
    view::View,
};

/// What a role may do with a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// Nothing.
    No,
    /// About oneself.
    Own,
    /// About one's department.
    Department,
    /// Allowed; the server narrows its answer.
    Visible,
    /// Allowed.
    Yes,
    /// About anyone.
    All,
    /// It depends on arguments, or on facts beyond role and department.
    Depends,
}

impl Mark {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Own => "own",
            Self::Department => "department",
            Self::Visible => "visible",
            Self::Yes => "yes",
            Self::All => "all",
            Self::Depends => "depends",
        }
    }
}

/// One target and what each role may do with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MatrixRow {
    /// What kind of target.
    pub kind: Kind,
    /// Its name or URI.
    pub name: String,
    /// The argument that says whose data is meant.
    pub subject: Option<String>,
    /// In the order of the roles.
    pub marks: Vec<Mark>,
}

/// Roles × targets. `Display` prints a text table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Matrix {
    /// The columns.
    pub roles: Vec<String>,
    /// The rows, sorted by kind and name.
    pub rows: Vec<MatrixRow>,
}

/// What people of each role, and of no other, may do with each target that the policies name. `None`
/// when the server has no policy.
pub fn matrix(set: &PolicySet, server: &Server, roles: &[String]) -> Option<Matrix> {
    let policy = set.find(&server.name)?;
    let cast = Cast::new();
    let row = |target: CallTarget<'_>| {
        let (kind, name) = target.split()?;
        let subject = policy.subject_argument(&target).map(str::to_owned);
        let mark = |role: &String| cast.mark(set, server, &target, role, subject.is_some());
        Some(MatrixRow { kind, name: name.to_owned(), marks: roles.iter().map(mark).collect(), subject })
    };
    Some(Matrix { roles: roles.to_vec(), rows: policy.targets().into_iter().filter_map(row).collect() })
}

/// Three people who exist only for the question: the caller, a colleague, and somebody elsewhere.
struct Cast {
    caller: User,
    colleague: Arc<User>,
    stranger: Arc<User>,
    client: ClientId,
    scopes: ScopeSet,
}

impl Cast {
    fn new() -> Self {
        let person = |id: &str, department: &str| User {
            id: UserId::from(id),
            org: OrgId::from("matrix"),
            email: format!("{id}@matrix.invalid"),
            name: id.to_owned(),
            roles: Vec::new(),
            groups: Vec::new(),
            department: Some(department.to_owned()),
            manager: None,
            attributes: BTreeMap::new(),
            disabled: false,
        };
        Self {
            caller: person("caller", "here"),
            colleague: Arc::new(person("colleague", "here")),
            stranger: Arc::new(person("stranger", "elsewhere")),
            client: ClientId::from("matrix"),
            scopes: ScopeSet::default(),
        }
    }

    fn mark(&self, set: &PolicySet, server: &Server, target: &CallTarget<'_>, role: &str, has_subject: bool) -> Mark {
        let caller = Arc::new(User { roles: vec![role.to_owned()], ..self.caller.clone() });
        let (org, client, scopes) = (&caller.org, &self.client, &self.scopes);
        let asker = Asker { who: Who::User(&caller), org, client, scopes, acr: Acr::Multi, epoch: None };
        let Some(view) = View::new(set, None, server, target, &asker) else { return Mark::No };
        let about = |subject: &Arc<User>| {
            let subject = has_subject.then_some(subject);
            view.ask(Mode::Actual, subject, None)
        };
        let own = about(&caller);
        let permitted = |answer: &Answer| matches!(answer, Answer::Permit { .. });
        let others = [&self.colleague, &self.stranger].map(|subject| permitted(&about(subject).answer));
        let infos = own.policies.iter().filter_map(|id| set.find(&server.name)?.policy(id));
        match (permitted(&own.answer), others, has_subject) {
            (false, [false, false], _) if !view.is_visible() => Mark::No,
            (true, [false, false], true) => Mark::Own,
            (true, [true, false], true) => Mark::Department,
            (true, [true, true], true) => Mark::All,
            (true, _, false) => match infos.filter_map(|info| info.reach).max() {
                Some(Reach::All) => Mark::All,
                Some(Reach::Visible) => Mark::Visible,
                _ => Mark::Yes,
            },
            _ => Mark::Depends,
        }
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(6);
        write!(f, "{:width$}", "target")?;
        self.roles.iter().try_for_each(|role| write!(f, "  {role:>10}"))?;
        for row in &self.rows {
            write!(f, "\n{:width$}", row.name)?;
            for (role, mark) in self.roles.iter().zip(&row.marks) {
                write!(f, "  {:>1$}", mark.as_str(), role.chars().count().max(10))?;
            }
        }
        writeln!(f)
    }
}
