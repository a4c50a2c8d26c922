//! One policy: from a statement of Cedar text to something that can be evaluated and explained.

use std::sync::Arc;

use cedar_policy::{Effect, Policy, PolicyId};
use miette::Diagnostic;
use serde_json::Value;

use crate::{limits::line_at, mask::Mask, set::PolicyError, suggest, table::Reach};

/// A statement on its way in, from a table or from a hand-written file.
pub(crate) struct Statement {
    /// Cedar text of exactly one policy.
    pub(crate) text: String,
    pub(crate) file: Arc<str>,
    pub(crate) line: usize,
    /// How far it reaches, when a table said so.
    pub(crate) reach: Option<Reach>,
    /// How deep its evaluation may go.
    pub(crate) weight: usize,
}

/// What people want to know of a policy.
#[derive(Clone, Debug)]
pub struct PolicyInfo {
    /// Its `@id`, or `file:line`.
    pub id: Arc<str>,
    /// The file it comes from.
    pub file: Arc<str>,
    /// The line there, counted from 1.
    pub line: usize,
    /// Whether it permits; otherwise it forbids.
    pub permits: bool,
    /// Its `@tier`; 0 when it names none.
    pub tier: i32,
    /// Whether its `@step_up` asks for two factors.
    pub step_up: bool,
    /// What of its answers must be masked.
    pub mask: Option<Mask>,
    /// How far it reaches, when it comes from a table.
    pub reach: Option<Reach>,
    /// Its Cedar text.
    pub text: Arc<str>,
}

/// A parsed policy.
pub(crate) struct Compiled {
    pub(crate) policy: Policy,
    pub(crate) info: PolicyInfo,
    /// Whether it looks at `context.arguments`.
    pub(crate) uses_arguments: bool,
    pub(crate) weight: usize,
    /// The same permit without the conditions that look at the subject or the arguments: it tells whether
    /// there is any call that it could permit.
    pub(crate) at_best: AtBest,
}

/// What a policy does when subject and arguments are as the caller would wish them.
pub(crate) enum AtBest {
    /// The same as ever: it looks at neither.
    Same,
    /// It permits on its other conditions alone.
    Permits(Box<Policy>),
    /// It forbids nothing.
    Nothing,
}

/// The annotations that have a meaning.
const ANNOTATIONS: [&str; 4] = ["id", "tier", "step_up", "mask"];

/// Parses one statement and reads its annotations.
///
/// # Errors
/// With file and line: text that is not Cedar, an annotation that this version cannot fulfil.
pub(crate) fn compile(statement: Statement) -> Result<Compiled, Vec<PolicyError>> {
    let Statement { text, file, line, reach, weight } = statement;
    let fault = |line: usize, what: String, remedy: String| PolicyError { file: file.to_string(), line, what, remedy };
    let policy = Policy::parse(None, &text).map_err(|errors| {
        let faults = errors.iter().map(|error| {
            let offset = error.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
            let remedy = error.help().map_or_else(|| "mend the policy’s text".to_owned(), |help| help.to_string());
            fault(line + line_at(&text, offset) - 1, error.to_string(), remedy)
        });
        faults.collect::<Vec<_>>()
    })?;
    let annotations = Annotations::read(&policy).map_err(|(what, remedy)| vec![fault(line, what, remedy)])?;
    let id: Arc<str> = annotations.id.unwrap_or_else(|| format!("{file}:{line}")).into();
    let policy = policy.new_id(PolicyId::new(&id));
    let est = policy.to_json().map_err(|error| vec![fault(line, error.to_string(), "simplify the policy".into())])?;
    let uses_arguments = uses(&est, "arguments");
    let permits = policy.effect() == Effect::Permit;
    let at_best = match (uses_arguments || uses(&est, "subject"), permits) {
        (false, _) => AtBest::Same,
        (true, false) => AtBest::Nothing,
        (true, true) => {
            let policy = without_conditions(est, policy.id());
            AtBest::Permits(Box::new(policy.map_err(|what| vec![fault(line, what, "simplify the policy".into())])?))
        }
    };
    let (tier, step_up, mask) = (annotations.tier, annotations.step_up, annotations.mask);
    let info = PolicyInfo { id, line, permits, tier, step_up, mask, reach, text: text.into(), file };
    Ok(Compiled { policy, info, uses_arguments, weight, at_best })
}

#[derive(Default)]
struct Annotations {
    id: Option<String>,
    tier: i32,
    step_up: bool,
    mask: Option<Mask>,
}

impl Annotations {
    /// An annotation that is not understood is an obligation that would not be fulfilled: refused.
    fn read(policy: &Policy) -> Result<Self, (String, String)> {
        let mut found = Self::default();
        for (name, value) in policy.annotations() {
            match name {
                "id" if !value.is_empty() => found.id = Some(value.to_owned()),
                "id" => return Err(("@id is empty".into(), "name the policy".into())),
                "tier" => {
                    found.tier = value.parse().map_err(|_| {
                        (
                            format!("@tier(\"{}\") is not a whole number", value.escape_debug()),
                            "write @tier(\"10\")".into(),
                        )
                    })?;
                }
                "step_up" if policy.effect() == Effect::Forbid => {
                    let remedy = "put it on the permit, or forbid `when { context.acr != \"aal2\" }`".into();
                    return Err(("@step_up has no meaning on a forbid".into(), remedy));
                }
                "step_up" if value == "mfa" => found.step_up = true,
                "step_up" => {
                    let what = format!("@step_up(\"{}\") is unknown", value.escape_debug());
                    return Err((what, "write @step_up(\"mfa\")".into()));
                }
                "mask" if policy.effect() == Effect::Forbid => {
                    let remedy = "put it on the permits whose answers are to be masked".into();
                    return Err(("@mask has no meaning on a forbid".into(), remedy));
                }
                "mask" => found.mask = Some(Mask::parse(value)?),
                "limit" | "approve" => {
                    let remedy = "remove it, or forbid the call until it is supported".into();
                    return Err((format!("@{name} is an obligation that this version cannot fulfil"), remedy));
                }
                other => {
                    return Err((format!("the annotation @{other} is unknown"), suggest::remedy(other, ANNOTATIONS)));
                }
            }
        }
        Ok(found)
    }
}

/// Whether a policy may look at `context.<attribute>`. Where the context is used in any other way than
/// by one of its attributes, the answer is yes.
fn uses(est: &Value, attribute: &str) -> bool {
    match est {
        Value::Array(items) => items.iter().any(|item| uses(item, attribute)),
        Value::Object(fields) => fields.iter().any(|(operator, operand)| match operator.as_str() {
            "Var" => operand == "context",
            "." | "has" if is_context(operand) => !names_other(operand, attribute),
            _ => uses(operand, attribute),
        }),
        _ => false,
    }
}

fn is_context(operand: &Value) -> bool {
    operand.pointer("/left/Var").is_some_and(|name| name == "context")
}

/// Whether an access names one attribute, and another one.
fn names_other(operand: &Value, attribute: &str) -> bool {
    match operand.get("attr") {
        Some(Value::String(name)) => name != attribute,
        _ => false,
    }
}

/// Drops the conditions that look at the subject or the arguments.
fn without_conditions(mut est: Value, id: &PolicyId) -> Result<Policy, String> {
    if let Some(Value::Array(conditions)) = est.get_mut("conditions") {
        conditions.retain(|condition| !uses(condition, "arguments") && !uses(condition, "subject"));
    }
    Policy::from_json(Some(id.clone()), est).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Compiled, Vec<PolicyError>> {
        compile(Statement { text: text.into(), file: "p.cedar".into(), line: 7, reach: None, weight: 0 })
    }

    #[test]
    fn notices_every_way_to_look_at_arguments() {
        for (condition, looks) in [
            ("principal has department", false),
            ("context.acr == \"aal2\"", false),
            ("context has subject", false),
            ("context has arguments", true),
            ("context.arguments.hasTag(\"x\")", true),
            ("context[\"argum\\u{65}nts\"].hasTag(\"x\")", true),
            ("(if true then context else context).arguments.hasTag(\"x\")", true),
            ("[context].contains(context)", true),
            ("principal.name == \"arguments\"", false),
            ("context has arguments.foo", true),
        ] {
            let policy = read(&format!("permit (principal, action, resource) when {{ {condition} }};")).unwrap();
            assert_eq!(policy.uses_arguments, looks, "{condition}");
        }
    }

    #[test]
    fn obligations_that_cannot_be_fulfilled_are_refused() {
        for (annotation, what, remedy) in [
            ("@mask(\"EMAIL\")", "“EMAIL” is no type of personal data", "EMAIL_ADDRESS"),
            ("@mask(\"IBAN=hide\")", "“hide” is no way to mask", "use one of: label"),
            ("@limit(\"5\")", "@limit is an obligation", "remove it"),
            ("@approve", "@approve is an obligation", "remove it"),
            ("@teir(\"1\")", "the annotation @teir is unknown", "did you mean `tier`?"),
            ("@tier(\"high\")", "is not a whole number", "write @tier"),
            ("@step_up(\"sms\")", "is unknown", "write @step_up(\"mfa\")"),
            ("@id(\"\")", "@id is empty", "name the policy"),
        ] {
            let errors = read(&format!("{annotation} permit (principal, action, resource);")).err().unwrap();
            assert_eq!(errors[0].line, 7);
            assert!(errors[0].what.contains(what), "{}", errors[0]);
            assert!(errors[0].remedy.contains(remedy), "{}", errors[0]);
        }
        let errors = read("@step_up(\"mfa\") forbid (principal, action, resource);").err().unwrap();
        assert!(errors[0].what.contains("no meaning on a forbid"), "{}", errors[0]);
        let errors = read("@mask forbid (principal, action, resource);").err().unwrap();
        assert!(errors[0].what.contains("no meaning on a forbid"), "{}", errors[0]);
    }

    #[test]
    fn errors_name_their_line() {
        let errors = read("permit (principal,\n action,\n resorce);").err().unwrap();
        assert_eq!((errors[0].file.as_str(), errors[0].line), ("p.cedar", 9), "{}", errors[0]);
        assert!(read("permit (principal == ?principal, action, resource);").is_err());
    }
}
