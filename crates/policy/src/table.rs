//! Permission tables: roles × tools × reach, compiled to Cedar.
//!
//! ```toml
//! roles = ["EMPLOYEE", "ADMINISTRATOR"]
//!
//! [[tool]]
//! names   = ["query_leaves"]
//! subject = "employee_id"                              # the argument that says whose data is meant
//! allow   = { EMPLOYEE = "own", ADMINISTRATOR = "all" }
//! mask    = ["US_SSN"]                                 # what of the answers must be masked; see `mask`
//!
//! [[resource]]
//! uris  = ["hr://policies/*"]
//! allow = { "*" = true }                               # every signed-in user
//! ```
//!
//! `names = ["*"]` is every tool that no other row names: a row that names a tool replaces the general
//! one for it, as a longer URI pattern replaces a shorter one. A row without `allow` takes rights away.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::{call::Kind, limits::line_at, mask::Masks, set::PolicyError, suggest};

/// The role that every signed-in user has.
pub(crate) const EVERYONE: &str = "*";

/// How far a permission reaches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reach {
    /// About the caller.
    Own,
    /// About anyone in the caller's department, and the caller.
    Department,
    /// Allowed; the server narrows its answer by the identity it receives from us.
    Visible,
    /// Allowed; the target is about nobody in particular.
    Allowed,
    /// About anyone.
    All,
}

impl Reach {
    /// As tables spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Department => "department",
            Self::Visible => "visible",
            Self::Allowed => "true",
            Self::All => "all",
        }
    }
}

/// The spellings of a reach, for remedies.
const REACHES: [&str; 6] = ["own", "department", "visible", "all", "true", "false"];

/// A checked table.
pub(crate) struct Table {
    pub(crate) roles: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// One row: the same rights for some targets of one kind.
pub(crate) struct Row {
    pub(crate) kind: Kind,
    /// Where the row starts.
    pub(crate) line: usize,
    pub(crate) targets: Vec<Target>,
    /// The argument that says whose data is meant.
    pub(crate) subject: Option<String>,
    /// By role (or `*`), in the order of the table's roles.
    pub(crate) allow: Vec<(String, Reach)>,
    /// What of the answers must be masked.
    pub(crate) masks: Masks,
}

/// What a row is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Target {
    /// Exactly this name or URI.
    Exact(String),
    /// Every URI that starts so.
    Prefix(String),
    /// Every one of the kind.
    Every,
}

impl Table {
    /// All targets that the rows name.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (Kind, Target)> {
        self.rows.iter().flat_map(|row| row.targets.iter().map(|target| (row.kind, target.clone())))
    }
}

impl Target {
    /// Whether `other` is a part of this, and not the same.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Every, other) => *other != Self::Every,
            (Self::Prefix(head), Self::Exact(name)) => name.starts_with(head.as_str()),
            (Self::Prefix(head), Self::Prefix(longer)) => longer != head && longer.starts_with(head.as_str()),
            _ => false,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    #[serde(default)]
    roles: Vec<Spanned<String>>,
    /// For every row that says nothing else.
    mask: Option<Spanned<toml::Value>>,
    #[serde(default)]
    tool: Vec<Spanned<RawNames>>,
    #[serde(default)]
    prompt: Vec<Spanned<RawNames>>,
    #[serde(default)]
    resource: Vec<Spanned<RawUris>>,
    #[serde(default)]
    method: Vec<Spanned<RawMethods>>,
}

/// Methods have no arguments that we know of, so no subject.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMethods {
    names: Vec<Spanned<String>>,
    #[serde(default)]
    allow: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    mask: Option<Spanned<toml::Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNames {
    names: Vec<Spanned<String>>,
    subject: Option<Spanned<String>>,
    #[serde(default)]
    allow: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    mask: Option<Spanned<toml::Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUris {
    uris: Vec<Spanned<String>>,
    allow: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    mask: Option<Spanned<toml::Value>>,
}

/// Reads and checks a table.
///
/// # Errors
/// Every mistake, with its line and remedy.
pub(crate) fn parse(file: &str, text: &str) -> Result<Table, Vec<PolicyError>> {
    if text.len() > crate::limits::SOURCE_LIMIT {
        let what = format!("the file has more than {} bytes", crate::limits::SOURCE_LIMIT);
        return Err(vec![PolicyError {
            file: file.into(),
            line: 1,
            what,
            remedy: "split it into several files".into(),
        }]);
    }
    let raw: RawTable = toml::from_str(text).map_err(|error| vec![syntax_error(file, text, &error)])?;
    let mut check = Check { file, text, roles: Vec::new(), masks: Masks::default(), errors: Vec::new() };
    check.roles(raw.roles);
    check.masks = check.masks_of(raw.mask);
    let mut rows = Vec::new();
    for (kind, raw_rows) in [(Kind::Tool, raw.tool), (Kind::Prompt, raw.prompt)] {
        for row in raw_rows {
            let line = check.line(row.span().start);
            let RawNames { names, subject, allow, mask } = row.into_inner();
            rows.push(check.row(kind, line, Given { names, subject, allow, mask }));
        }
    }
    for row in raw.resource {
        let line = check.line(row.span().start);
        let RawUris { uris, allow, mask } = row.into_inner();
        rows.push(check.row(Kind::Resource, line, Given { names: uris, subject: None, allow, mask }));
    }
    for row in raw.method {
        let line = check.line(row.span().start);
        let RawMethods { names, allow, mask } = row.into_inner();
        rows.push(check.row(Kind::Method, line, Given { names, subject: None, allow, mask }));
    }
    check.repeats(&rows);
    if check.errors.is_empty() { Ok(Table { roles: check.roles, rows }) } else { Err(check.errors) }
}

/// What the TOML parser says, with a suggestion for a misspelt key.
fn syntax_error(file: &str, text: &str, error: &toml::de::Error) -> PolicyError {
    let what = error.message().lines().next().unwrap_or("this is not TOML").to_owned();
    let mut quoted = what.split('`').skip(1).step_by(2);
    let remedy = match quoted.next().filter(|_| what.starts_with("unknown field")) {
        Some(key) => suggest::remedy(key, quoted.collect::<Vec<_>>()),
        None => "see the permission tables in the documentation".to_owned(),
    };
    let line = error.span().map_or(1, |span| line_at(text, span.start));
    PolicyError { file: file.to_owned(), line, what, remedy }
}

/// Collects all mistakes of one table.
struct Check<'a> {
    file: &'a str,
    text: &'a str,
    roles: Vec<String>,
    /// What holds for rows that say nothing else.
    masks: Masks,
    errors: Vec<PolicyError>,
}

/// A row as it is written.
struct Given {
    names: Vec<Spanned<String>>,
    subject: Option<Spanned<String>>,
    allow: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    mask: Option<Spanned<toml::Value>>,
}

impl Check<'_> {
    fn line(&self, offset: usize) -> usize {
        line_at(self.text, offset)
    }

    fn fault(&mut self, line: usize, what: String, remedy: impl Into<String>) {
        self.errors.push(PolicyError { file: self.file.to_owned(), line, what, remedy: remedy.into() });
    }

    fn roles(&mut self, roles: Vec<Spanned<String>>) {
        for role in roles {
            let line = self.line(role.span().start);
            let role = role.into_inner();
            if role.trim().is_empty() || role == EVERYONE {
                self.fault(line, format!("“{}” cannot be a role", role.escape_debug()), "give the role a name");
            } else if self.roles.contains(&role) {
                self.fault(line, format!("the role “{}” is listed twice", role.escape_debug()), "remove one");
            } else {
                self.roles.push(role);
            }
        }
    }

    fn row(&mut self, kind: Kind, line: usize, given: Given) -> Row {
        let Given { names, subject, allow, mask } = given;
        if names.is_empty() {
            self.fault(line, "the row names nothing".into(), "list the names it is about, or remove the row");
        }
        let targets = names.into_iter().filter_map(|name| self.target(kind, &name)).collect();
        let subject = subject.and_then(|subject| self.subject(subject));
        let mut allow: Vec<(String, Reach)> =
            allow.iter().filter_map(|(role, reach)| self.permission(role, reach, subject.is_some())).collect();
        allow.sort_by_key(|(role, _)| self.roles.iter().position(|known| known == role));
        let masks = self.masks_of(mask);
        Row { kind, line, targets, subject, allow, masks }
    }

    /// What a row says about masking, or else the table.
    fn masks_of(&mut self, given: Option<Spanned<toml::Value>>) -> Masks {
        let Some(given) = given else { return self.masks.clone() };
        let line = self.line(given.span().start);
        Masks::parse(given.get_ref(), &self.roles, EVERYONE).unwrap_or_else(|(what, remedy)| {
            self.fault(line, what, remedy);
            Masks::default()
        })
    }

    /// A `*` has a meaning at the end of a URI and alone; elsewhere it would be a name that nothing has.
    fn target(&mut self, kind: Kind, name: &Spanned<String>) -> Option<Target> {
        let text = name.get_ref();
        let head = text.strip_suffix('*').unwrap_or(text);
        if text.is_empty()
            || head.contains('*')
            || (kind != Kind::Resource && head.len() != text.len() && !head.is_empty())
        {
            let remedy = match kind {
                Kind::Resource => "write a URI, a URI that ends in `*`, or `*` alone",
                _ => "write the exact name, or `*` alone for every one",
            };
            let line = self.line(name.span().start);
            self.fault(line, format!("“{}” names nothing", text.escape_debug()), remedy);
            return None;
        }
        Some(match (head.is_empty(), head.len() == text.len()) {
            (true, _) => Target::Every,
            (false, true) => Target::Exact(text.clone()),
            (false, false) => Target::Prefix(head.to_owned()),
        })
    }

    fn subject(&mut self, subject: Spanned<String>) -> Option<String> {
        if subject.get_ref().trim().is_empty() {
            let line = self.line(subject.span().start);
            self.fault(
                line,
                "`subject` is empty".into(),
                "name the argument that says whose data is meant, or remove it",
            );
            return None;
        }
        Some(subject.into_inner())
    }

    fn permission(
        &mut self,
        role: &Spanned<String>,
        reach: &Spanned<toml::Value>,
        has_subject: bool,
    ) -> Option<(String, Reach)> {
        let (role_line, reach_line) = (self.line(role.span().start), self.line(reach.span().start));
        let role = role.get_ref();
        if role != EVERYONE && !self.roles.contains(role) {
            let known: Vec<&str> = self.roles.iter().map(String::as_str).chain([EVERYONE]).collect();
            let remedy = suggest::remedy(role, known);
            self.fault(role_line, format!("the role “{}” is not in `roles`", role.escape_debug()), remedy);
        }
        let reach = match reach.get_ref() {
            toml::Value::Boolean(false) => return None,
            toml::Value::Boolean(true) => Some(Reach::Allowed),
            toml::Value::String(word) => match word.as_str() {
                "own" => Some(Reach::Own),
                "department" => Some(Reach::Department),
                "visible" => Some(Reach::Visible),
                "all" => Some(Reach::All),
                other => {
                    let what = format!("the reach “{}” is unknown", other.escape_debug());
                    self.fault(reach_line, what, suggest::remedy(other, REACHES));
                    None
                }
            },
            _ => {
                self.fault(reach_line, "a reach is a word, or true or false".into(), suggest::remedy("", REACHES));
                None
            }
        }?;
        if !has_subject && reach < Reach::Visible {
            // Without the argument's name every call would be about the caller, whatever its arguments say.
            let what = format!("“{}” needs to know whose data a call is about", reach.as_str());
            self.fault(reach_line, what, "add `subject = \"…\"`, the argument that says so, or write true");
            return None;
        }
        Some((role.clone(), reach))
    }

    /// Two answers to one question are a mistake, even when they agree.
    fn repeats(&mut self, rows: &[Row]) {
        let mut seen: BTreeMap<(Kind, String, &str), usize> = BTreeMap::new();
        for row in rows {
            for (target, (role, _)) in
                row.targets.iter().flat_map(|target| row.allow.iter().map(move |allow| (target, allow)))
            {
                if let Some(first) = seen.insert((row.kind, target.to_string(), role), row.line) {
                    let what = format!("“{target}” for “{}” was already said in line {first}", role.escape_debug());
                    self.fault(row.line, what, "keep one of the two");
                }
            }
        }
    }
}

/// As the table spells it, with what is not printable escaped.
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(name) => write!(f, "{}", name.escape_debug()),
            Self::Prefix(head) => write!(f, "{}*", head.escape_debug()),
            Self::Every => f.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<String> {
        parse("hr.toml", text).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn mistakes_have_line_and_remedy() {
        let roles = "roles = [\"EMPLOYEE\", \"EXECUTIVE\"]\n";
        for (text, expected) in [
            (
                "[[tool]]\nnmaes = [\"a\"]",
                "hr.toml:3: unknown field `nmaes`, expected one of `names`, `subject`, `allow`, `mask`; did you mean `names`?",
            ),
            (
                "[[tools]]\nnames = [\"a\"]",
                "hr.toml:2: unknown field `tools`, expected one of `roles`, `mask`, `tool`, `prompt`, `resource`, `method`; did you mean `tool`?",
            ),
            (
                "[[tool]]\nnames = [\"a\"]\nallow = { EMPLOYE = true }",
                "hr.toml:4: the role “EMPLOYE” is not in `roles`; did you mean `EMPLOYEE`?",
            ),
            (
                "[[tool]]\nnames = [\"a\"]\nsubject = \"id\"\nallow = { EMPLOYEE = \"onw\" }",
                "hr.toml:5: the reach “onw” is unknown; did you mean `own`?",
            ),
            (
                "[[tool]]\nnames = [\"a\"]\nallow = { EMPLOYEE = 3 }",
                "hr.toml:4: a reach is a word, or true or false; use one of: own, department, visible, all, true, false",
            ),
            (
                "[[tool]]\nnames = [\"a\"]\nallow = { EMPLOYEE = \"own\" }",
                "hr.toml:4: “own” needs to know whose data a call is about; add `subject = \"…\"`, the argument that says so, or write true",
            ),
            (
                "[[tool]]\nnames = [\"get_*\"]\nallow = { EMPLOYEE = true }",
                "hr.toml:3: “get_*” names nothing; write the exact name, or `*` alone for every one",
            ),
            ("[[tool]]\nnames = []", "hr.toml:2: the row names nothing; list the names it is about, or remove the row"),
            (
                "[[resource]]\nuris = [\"a*b\"]\nallow = {}",
                "hr.toml:3: “a*b” names nothing; write a URI, a URI that ends in `*`, or `*` alone",
            ),
            (
                "[[tool]]\nnames = [\"a\", \"a\"]\nallow = { EMPLOYEE = true }",
                "hr.toml:2: “a” for “EMPLOYEE” was already said in line 2; keep one of the two",
            ),
            (
                "[[tool]]\nnames = [\"a\"]\nsubject = \" \"",
                "hr.toml:4: `subject` is empty; name the argument that says whose data is meant, or remove it",
            ),
        ] {
            assert_eq!(errors(&format!("{roles}{text}")), [expected], "{text}");
        }
        assert_eq!(errors("roles = [\"a\", \"a\"]"), ["hr.toml:1: the role “a” is listed twice; remove one"]);
        assert_eq!(errors("roles = [\"*\"]"), ["hr.toml:1: “*” cannot be a role; give the role a name"]);
        assert!(errors("roles = [").first().is_some_and(|error| error.starts_with("hr.toml:1: ")));
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        assert_eq!(errors("[[tool]]\nnames = [\"\"]\nallow = { A = true, B = \"x\" }").len(), 4);
    }
}
