//! The facts of one question, as Cedar entities and context.

use std::{error::Error, sync::Arc};

use cedar_policy::{Context, Entities, Entity, EntityUid, Request, RestrictedExpression};
use serde_json::Value;
use vestibule_model::{Acr, ClientId, Directory, OrgId, Principal, ScopeSet, ServerName, Subject, User, UserId};

use crate::{call::Kind, schema::Vocabulary};

/// Who asks, with facts that belong to one snapshot of the directory.
#[derive(Clone)]
pub(crate) struct Asker<'a> {
    pub(crate) who: Who<'a>,
    pub(crate) org: &'a OrgId,
    pub(crate) client: &'a ClientId,
    pub(crate) scopes: &'a ScopeSet,
    pub(crate) acr: Acr,
    /// The snapshot that the facts come from; `None` when it does not know the user, and then nothing
    /// that is decided about them may be remembered under its number.
    pub(crate) epoch: Option<u64>,
}

/// The subject of the principal.
#[derive(Clone)]
pub(crate) enum Who<'a> {
    User(&'a Arc<User>),
    Service { client: &'a ClientId, roles: &'a [String] },
}

impl<'a> Asker<'a> {
    /// Takes the facts about the caller from the directory where it knows them: the principal may have
    /// been authenticated a moment before the directory changed. `None` for a user who is disabled by
    /// now, or who belongs to another organization than the token.
    pub(crate) fn new(principal: &'a Principal, directory: &'a Directory) -> Option<Self> {
        let (who, epoch) = match &principal.subject {
            Subject::Service { client, roles } => (Who::Service { client, roles }, Some(directory.epoch())),
            Subject::User(user) => match directory.find(&user.id) {
                Some(known) => (Who::User(known), Some(directory.epoch())),
                None => (Who::User(user), None),
            },
        };
        if let Who::User(user) = who
            && (user.disabled || user.org != principal.org)
        {
            return None;
        }
        let Principal { org, client, scopes, authentication, .. } = principal;
        Some(Self { who, org, client, scopes, acr: authentication.acr, epoch })
    }

    /// The user, unless a client acts for itself.
    pub(crate) fn user(&self) -> Option<&'a Arc<User>> {
        match self.who {
            Who::User(user) => Some(user),
            Who::Service { .. } => None,
        }
    }

    /// The id of the user, or of the client that acts for itself.
    pub(crate) fn id(&self) -> &'a str {
        match self.who {
            Who::User(user) => user.id.as_str(),
            Who::Service { client, .. } => client.as_str(),
        }
    }

    /// The roles that the directory does not know: those of a client that acts for itself.
    pub(crate) fn service_roles(&self) -> Option<&'a [String]> {
        match self.who {
            Who::User(_) => None,
            Who::Service { roles, .. } => Some(roles),
        }
    }
}

/// One question to the policies.
pub(crate) struct Facts<'a> {
    pub(crate) server: &'a ServerName,
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    pub(crate) asker: &'a Asker<'a>,
    pub(crate) subject: Option<&'a Arc<User>>,
    /// Raw JSON text; only given to slices that look at arguments.
    pub(crate) arguments: Option<&'a str>,
}

impl Facts<'_> {
    pub(crate) fn subject_id(&self) -> Option<&UserId> {
        self.subject.map(|user| &user.id)
    }

    /// The Cedar request and its entities.
    ///
    /// # Errors
    /// What could not be said in Cedar; the caller denies.
    pub(crate) fn to_cedar(&self, names: &Vocabulary) -> Result<(Request, Entities), Box<dyn Error + Send + Sync>> {
        let target = names.target(self.kind, self.name);
        let server = names.server(self.server.as_str());
        let principal = match &self.asker.who {
            Who::User(user) => user_entity(names, user)?,
            Who::Service { client, roles } => service_entity(names, client, roles, self.asker.org)?,
        };
        let request = Request::new(
            principal.uid(),
            names.action(self.kind),
            target.clone(),
            self.context(names, &server)?,
            None,
        )?;
        let name = [(self.kind.name_attribute().to_owned(), text(self.name))];
        let mut entities = vec![Entity::new_with_tags(target, name, [server], [])?];
        if let Some(subject) = self.subject.filter(|subject| self.asker.user().is_none_or(|user| user.id != subject.id))
        {
            entities.push(user_entity(names, subject)?);
        }
        entities.push(principal);
        entities.push(arguments_entity(names, self.arguments)?);
        Ok((request, Entities::from_entities(entities, None)?))
    }

    fn context(&self, names: &Vocabulary, server: &EntityUid) -> Result<Context, Box<dyn Error + Send + Sync>> {
        let scopes = self.asker.scopes.iter().map(|scope| text(scope.as_str()));
        let mut pairs = vec![
            ("server".to_owned(), RestrictedExpression::new_entity_uid(server.clone())),
            ("arguments".to_owned(), RestrictedExpression::new_entity_uid(names.arguments())),
            ("client".to_owned(), text(self.asker.client.as_str())),
            ("scopes".to_owned(), RestrictedExpression::new_set(scopes)),
            ("acr".to_owned(), text(self.asker.acr.as_str())),
        ];
        if let Some(subject) = self.subject {
            pairs.push(("subject".to_owned(), RestrictedExpression::new_entity_uid(names.user(subject.id.as_str()))));
        }
        Ok(Context::from_pairs(pairs)?)
    }
}

fn user_entity(names: &Vocabulary, user: &User) -> Result<Entity, Box<dyn Error + Send + Sync>> {
    let mut attributes = vec![
        ("id".to_owned(), text(user.id.as_str())),
        ("org".to_owned(), text(user.org.as_str())),
        ("email".to_owned(), text(&user.email)),
        ("name".to_owned(), text(&user.name)),
        ("disabled".to_owned(), RestrictedExpression::new_bool(user.disabled)),
    ];
    // An empty department is none: two people without one are not colleagues.
    if let Some(department) = user.department.as_deref().filter(|department| !department.trim().is_empty()) {
        attributes.push(("department".to_owned(), text(department)));
    }
    if let Some(manager) = &user.manager {
        attributes.push(("manager".to_owned(), RestrictedExpression::new_entity_uid(names.user(manager.as_str()))));
    }
    let roles = user.roles.iter().map(|role| names.role(role));
    let parents = roles.chain(user.groups.iter().map(|group| names.group(group)));
    let tags = user.attributes.iter().map(|(name, value)| (name.clone(), text(value)));
    Ok(Entity::new_with_tags(names.user(user.id.as_str()), attributes, parents, tags)?)
}

fn service_entity(
    names: &Vocabulary,
    client: &ClientId,
    roles: &[String],
    org: &OrgId,
) -> Result<Entity, Box<dyn Error + Send + Sync>> {
    let attributes = [("id".to_owned(), text(client.as_str())), ("org".to_owned(), text(org.as_str()))];
    let parents = roles.iter().map(|role| names.role(role));
    Ok(Entity::new_with_tags(names.service(client.as_str()), attributes, parents, [])?)
}

/// Top-level arguments as tags. Without arguments there are no tags.
fn arguments_entity(names: &Vocabulary, raw: Option<&str>) -> Result<Entity, Box<dyn Error + Send + Sync>> {
    let arguments: serde_json::Map<String, Value> = raw.map(serde_json::from_str).transpose()?.unwrap_or_default();
    let tags = arguments
        .into_iter()
        .map(|(name, value)| Ok((name, argument(value)?)))
        .collect::<Result<Vec<_>, Box<dyn Error + Send + Sync>>>()?;
    Ok(Entity::new_with_tags(names.arguments(), [], [], tags)?)
}

/// One JSON value as far as Cedar can say it. Fractions, big numbers, nested lists and objects are only
/// known to be there.
fn argument(value: Value) -> Result<RestrictedExpression, Box<dyn Error + Send + Sync>> {
    let (kind, field) = match value {
        Value::Null => ("null", None),
        Value::Bool(truth) => ("truth", Some(("truth", RestrictedExpression::new_bool(truth)))),
        Value::String(string) => ("text", Some(("text", RestrictedExpression::new_string(string)))),
        Value::Number(number) => match number.as_i64() {
            Some(long) => ("number", Some(("number", RestrictedExpression::new_long(long)))),
            None => ("other", None),
        },
        Value::Array(items) => match items.iter().map(Value::as_str).collect::<Option<Vec<_>>>() {
            Some(items) => ("list", Some(("list", RestrictedExpression::new_set(items.into_iter().map(text))))),
            None => ("other", None),
        },
        Value::Object(_) => ("other", None),
    };
    let fields = field.into_iter().chain([("kind", text(kind))]).map(|(name, value)| (name.to_owned(), value));
    Ok(RestrictedExpression::new_record(fields)?)
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    /// What we build at run time is what policies were checked against.
    #[test]
    fn entities_and_requests_conform_to_the_schema() {
        let names = Vocabulary::new().unwrap();
        let house = testing::House::new();
        let caller = testing::principal(house.user("head"), "tools:*");
        let arguments = r#"{"a":1,"b":"x","c":true,"d":["p","q"],"e":[],"f":null,"g":{"h":1},"i":1.5,"j":99999999999999999999,"k":[1]}"#;
        for kind in Kind::ALL {
            let asker = Asker::new(&caller, &house.directory).unwrap();
            let facts = Facts {
                server: &ServerName::from("hr"),
                kind,
                name: "x",
                asker: &asker,
                subject: Some(house.user("peer")),
                arguments: Some(arguments),
            };
            let (request, entities) = facts.to_cedar(&names).unwrap();
            let context = request.context().cloned().unwrap();
            Request::new(
                request.principal().cloned().unwrap(),
                request.action().cloned().unwrap(),
                request.resource().cloned().unwrap(),
                context,
                Some(&names.schema),
            )
            .unwrap();
            Entities::from_entities(entities.iter().cloned(), Some(&names.schema)).unwrap();
        }
    }
}
