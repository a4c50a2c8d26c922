//! The Cedar schema that every policy is checked against, and the names it defines.

use std::str::FromStr;

use cedar_policy::{EntityId, EntityTypeName, EntityUid, Schema};

use crate::call::Kind;

/// The schema. It is the same for every server: a policy only ever sees the calls of its own server.
///
/// Arguments are an entity with tags, because no schema of ours can know the arguments of other
/// people's tools; each tag says which kind of JSON value it is, so that policies stay fully typed.
pub(crate) const TEXT: &str = r#"// Who calls. Facts come from the directory, never from the token.
entity Role;
entity Group;
entity User in [Role, Group] = {
    "id": String,
    "org": String,
    "email": String,
    "name": String,
    "department"?: String,
    "manager"?: User,
    "disabled": Bool,
} tags String; // further attributes: principal.hasTag("employee_id") && principal.getTag("employee_id") == …
entity Service in [Role] = {
    "id": String,
    "org": String,
};

// What is called.
entity Server;
entity Tool in [Server] = { "name": String };
entity Prompt in [Server] = { "name": String };
entity Resource in [Server] = { "uri": String };
entity Method in [Server] = { "name": String };

// With what. `kind` is text, number, truth, list (of text), null or other.
type Argument = {
    "kind": String,
    "text"?: String,
    "number"?: Long,
    "truth"?: Bool,
    "list"?: Set<String>,
};
entity Arguments tags Argument;

type Call = {
    "server": Server,
    "subject"?: User, // whose data, when a permission table names the argument that says so
    "arguments": Arguments, // context.arguments.hasTag("days") && context.arguments.getTag("days") has number && …
    "client": String,
    "scopes": Set<String>,
    "acr": String, // "aal1" or "aal2"
};

action callTool appliesTo { principal: [User, Service], resource: [Tool], context: Call };
action getPrompt appliesTo { principal: [User, Service], resource: [Prompt], context: Call };
action readResource appliesTo { principal: [User, Service], resource: [Resource], context: Call };
action callMethod appliesTo { principal: [User, Service], resource: [Method], context: Call };
"#;

/// The schema and its names, parsed once.
#[derive(Clone)]
pub(crate) struct Vocabulary {
    pub(crate) schema: Schema,
    user: EntityTypeName,
    service: EntityTypeName,
    role: EntityTypeName,
    group: EntityTypeName,
    server: EntityTypeName,
    arguments: EntityTypeName,
    action: EntityTypeName,
    tool: EntityTypeName,
    prompt: EntityTypeName,
    resource: EntityTypeName,
    method: EntityTypeName,
}

impl Vocabulary {
    /// Parses the schema.
    ///
    /// # Errors
    /// A sentence, if the schema above were wrong.
    pub(crate) fn new() -> Result<Self, String> {
        let (schema, _) = Schema::from_cedarschema_str(TEXT).map_err(|error| error.to_string())?;
        let name = |text: &str| EntityTypeName::from_str(text).map_err(|error| error.to_string());
        Ok(Self {
            schema,
            user: name("User")?,
            service: name("Service")?,
            role: name("Role")?,
            group: name("Group")?,
            server: name("Server")?,
            arguments: name("Arguments")?,
            action: name("Action")?,
            tool: name("Tool")?,
            prompt: name("Prompt")?,
            resource: name("Resource")?,
            method: name("Method")?,
        })
    }

    pub(crate) fn user(&self, id: &str) -> EntityUid {
        uid(&self.user, id)
    }

    pub(crate) fn service(&self, id: &str) -> EntityUid {
        uid(&self.service, id)
    }

    pub(crate) fn role(&self, id: &str) -> EntityUid {
        uid(&self.role, id)
    }

    pub(crate) fn group(&self, id: &str) -> EntityUid {
        uid(&self.group, id)
    }

    pub(crate) fn server(&self, id: &str) -> EntityUid {
        uid(&self.server, id)
    }

    /// The arguments of the call that is being decided.
    pub(crate) fn arguments(&self) -> EntityUid {
        uid(&self.arguments, "call")
    }

    pub(crate) fn action(&self, kind: Kind) -> EntityUid {
        uid(&self.action, kind.action())
    }

    pub(crate) fn target(&self, kind: Kind, name: &str) -> EntityUid {
        let type_name = match kind {
            Kind::Tool => &self.tool,
            Kind::Prompt => &self.prompt,
            Kind::Resource => &self.resource,
            Kind::Method => &self.method,
        };
        uid(type_name, name)
    }
}

/// The id is data, never parsed: quotes, newlines and `"::"` in it mean nothing.
fn uid(type_name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name.clone(), EntityId::new(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_parses_without_warnings() {
        let (_, warnings) = Schema::from_cedarschema_str(TEXT).unwrap();
        assert_eq!(warnings.map(|warning| warning.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
        assert!(Vocabulary::new().is_ok());
    }
}
