//! A small company for the tests of this crate.

use std::{collections::BTreeMap, sync::Arc};

use vestibule_model::{
    Acr, Authentication, ClientId, CredentialSpec, Directory, GrantId, OrgId, Principal, RequestId, ResourceUri,
    ScopeSet, Server, ServerName, Subject, Timestamp, TokenId, Upstream, User, UserId,
};

use crate::{Decision, DenyReason, Engine, Kind, PolicySet, Source, explain::Question};

/// The demo's permission table.
pub(crate) const HR: &str = include_str!("../../../examples/hr/policy/hr.toml");

pub(crate) const TABLE_ROLES: [&str; 4] = ["EMPLOYEE", "DEPARTMENT_HEAD", "ADMINISTRATOR", "EXECUTIVE"];

/// Users by the names `employee`, `peer`, `other`, `head`, `admin`, `executive`, `foreigner` (of another
/// organization). Each has the `employee_id` `E-` + name.
pub(crate) struct House {
    pub(crate) directory: Directory,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::at(1, |_| {})
    }

    /// With some users changed.
    pub(crate) fn at(epoch: u64, change: impl Fn(&mut User)) -> Self {
        let users = [
            ("employee", "EMPLOYEE", "Sales", "acme"),
            ("peer", "EMPLOYEE", "Sales", "acme"),
            ("other", "EMPLOYEE", "Legal", "acme"),
            ("head", "DEPARTMENT_HEAD", "Sales", "acme"),
            ("admin", "ADMINISTRATOR", "Sales", "acme"),
            ("executive", "EXECUTIVE", "Sales", "acme"),
            ("foreigner", "EXECUTIVE", "Sales", "evil"),
        ];
        let users = users.map(|(name, role, department, org)| {
            let mut user = user(name, role, department, org);
            change(&mut user);
            user
        });
        Self { directory: Directory::new(epoch, users) }
    }

    pub(crate) fn user(&self, name: &str) -> &Arc<User> {
        self.directory.find(&UserId::from(name)).unwrap()
    }
}

fn user(name: &str, role: &str, department: &str, org: &str) -> User {
    User {
        id: UserId::from(name),
        org: OrgId::from(org),
        email: format!("{name}@acme.example"),
        name: name.to_owned(),
        roles: vec![role.to_owned()],
        groups: vec!["all-staff".to_owned()],
        department: Some(department.to_owned()),
        manager: Some(UserId::from("head")),
        attributes: BTreeMap::from([("employee_id".to_owned(), format!("E-{name}"))]),
        disabled: false,
    }
}

pub(crate) fn principal(user: &Arc<User>, scopes: &str) -> Arc<Principal> {
    of_subject(Subject::User(Arc::clone(user)), user.org.as_str(), scopes, Acr::Single)
}

pub(crate) fn of_subject(subject: Subject, org: &str, scopes: &str, acr: Acr) -> Arc<Principal> {
    Arc::new(Principal {
        subject,
        org: OrgId::from(org),
        client: ClientId::from("cli_test"),
        grant: GrantId::from("grt_test"),
        scopes: ScopeSet::parse(scopes).unwrap(),
        authentication: Authentication { acr, amr: vec!["pwd".into()], auth_time: Timestamp::from_seconds(1) },
        token: TokenId::from("jti_test"),
        expires_at: Timestamp::from_seconds(600),
    })
}

pub(crate) fn server() -> Arc<Server> {
    Arc::new(Server {
        name: ServerName::from("hr"),
        title: "HR".into(),
        resource: ResourceUri::new("https://mcp.example.com/mcp/hr"),
        upstream: Upstream::Http { url: "http://127.0.0.1:3001/mcp".into() },
        credential: CredentialSpec::None,
        scope_groups: Vec::new(),
        allowed_origins: Vec::new(),
        protocol: vestibule_model::Protocol::default(),
    })
}

pub(crate) fn load(sources: &[(&str, &str)]) -> Result<PolicySet, Vec<crate::PolicyError>> {
    let sources = sources.iter().map(|(file, text)| Source { file: (*file).into(), text: (*text).into() });
    PolicySet::load(vec![(ServerName::from("hr"), sources.collect())])
}

pub(crate) fn engine(sources: &[(&str, &str)]) -> Engine {
    Engine::new(load(sources).unwrap_or_else(|errors| panic!("{errors:#?}")), Arc::new(crate::hold::NothingHeld))
}

pub(crate) fn tool(name: &str, arguments: &str) -> Question {
    Question::new(Kind::Tool, name, Some(arguments)).unwrap()
}

pub(crate) fn decide(
    engine: &Engine,
    principal: &Arc<Principal>,
    house: &House,
    question: Question,
) -> Decision<Question> {
    engine.decide(principal, &server(), &house.directory, RequestId::from("req_test"), question)
}

/// The reason of a refusal, or nothing.
pub(crate) fn refusal(
    engine: &Engine,
    principal: &Arc<Principal>,
    house: &House,
    question: Question,
) -> Option<DenyReason> {
    decide(engine, principal, house, question).into_permit().err().map(|denied| denied.reason)
}
