//! The obligation to mask: which types of personal data, and how. What the types and actions mean is not known here.
//!
//! In Cedar: `@mask` (every type by a label), `@mask("partial")`, `@mask("EMAIL_ADDRESS, CREDIT_CARD=block")`. In a table:
//!
//! ```toml
//! mask = true                                          # every type, for every role
//! mask = "partial"
//! mask = ["EMAIL_ADDRESS", "US_SSN"]                   # these by a label
//! mask = { EMAIL_ADDRESS = "pseudonym", CREDIT_CARD = "block" }
//! mask = { EMPLOYEE = true, ADMINISTRATOR = ["US_SSN"] }   # by role
//! ```

use std::{collections::BTreeMap, fmt};

use crate::suggest;

/// The types, as everywhere in configuration and reports.
pub const TYPES: [&str; 11] = [
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "US_SSN",
    "CREDIT_CARD",
    "IP_ADDRESS",
    "STREET_ADDRESS",
    "PASSPORT",
    "IBAN",
    "SECRET",
    "DATE_OF_BIRTH",
    "NATIONAL_ID",
];
/// The actions.
pub const ACTIONS: [&str; 5] = ["label", "partial", "hash", "pseudonym", "block"];
/// What is done where only a type is named.
const USUAL: &str = "label";

/// An obligation to mask.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mask(BTreeMap<&'static str, &'static str>);

/// A mistake in one: what, and the remedy.
pub(crate) type Wrong = (String, String);

impl Mask {
    /// Every type, by this action.
    fn all(action: &'static str) -> Self {
        Self(TYPES.into_iter().map(|name| (name, action)).collect())
    }

    /// The types with what is done to each.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        self.0.iter().map(|(name, action)| (*name, *action))
    }

    /// From the text of an annotation.
    pub(crate) fn parse(text: &str) -> Result<Self, Wrong> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::all(USUAL));
        }
        if let Some(action) = known(text, &ACTIONS) {
            return Ok(Self::all(action));
        }
        let mut mask = Self::default();
        for part in text.split(',') {
            let (name, action) = part.split_once('=').unwrap_or((part, USUAL));
            mask.add(name.trim(), action.trim())?;
        }
        Ok(mask)
    }

    fn add(&mut self, name: &str, action: &str) -> Result<(), Wrong> {
        let wrong = |what: &str, word: &str, all: &[&'static str]| {
            (format!("“{}” is no {what}", word.escape_debug()), suggest::remedy(word, all.to_vec()))
        };
        let known_name = known(name, &TYPES).ok_or_else(|| wrong("type of personal data", name, &TYPES))?;
        let known_action = known(action, &ACTIONS).ok_or_else(|| wrong("way to mask", action, &ACTIONS))?;
        if self.0.insert(known_name, known_action).is_some() {
            return Err((format!("{known_name} is named twice"), "keep one of the two".to_owned()));
        }
        Ok(())
    }

    /// From a table: what is said for all roles alike. `Ok(None)`: nothing is masked.
    fn of_value(value: &toml::Value) -> Result<Option<Self>, Wrong> {
        match value {
            toml::Value::Boolean(false) => Ok(None),
            toml::Value::Boolean(true) => Ok(Some(Self::all(USUAL))),
            toml::Value::String(action) => match known(action, &ACTIONS) {
                Some(action) => Ok(Some(Self::all(action))),
                None => Self::parse(action).map(Some),
            },
            toml::Value::Array(names) => {
                let mut mask = Self::default();
                for name in names {
                    mask.add(name.as_str().unwrap_or_default(), USUAL)?;
                }
                Ok(Some(mask))
            }
            toml::Value::Table(actions) => {
                let mut mask = Self::default();
                for (name, action) in actions {
                    mask.add(name, action.as_str().unwrap_or_default())?;
                }
                Ok(Some(mask))
            }
            _ => Err((
                "a mask is true, an action, a list of types, or actions by type".to_owned(),
                "write true".to_owned(),
            )),
        }
    }
}

fn known(word: &str, among: &[&'static str]) -> Option<&'static str> {
    among.iter().find(|known| **known == word).copied()
}

/// As an annotation of Cedar says it.
impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, action)) in self.iter().enumerate() {
            write!(f, "{}{name}={action}", if at > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// What a row of a table says, by role.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Masks {
    all: Option<Mask>,
    by_role: BTreeMap<String, Option<Mask>>,
}

impl Masks {
    /// From the `mask` of a row. A key that is a role of the table speaks of this role.
    pub(crate) fn parse(value: &toml::Value, roles: &[String], everyone: &str) -> Result<Self, Wrong> {
        let toml::Value::Table(entries) = value else {
            return Ok(Self { all: Mask::of_value(value)?, by_role: BTreeMap::new() });
        };
        let is_role = |key: &String| key == everyone || roles.contains(key);
        // Types are said with an action, roles with a mask of their own.
        if let Some((role, _)) = entries.iter().find(|(key, value)| {
            !is_role(key) && known(key, &TYPES).is_none() && !matches!(value, toml::Value::String(_))
        }) {
            let what = format!("“{}” is no role of this table", role.escape_debug());
            let all: Vec<&str> = roles.iter().map(String::as_str).chain([everyone]).collect();
            return Err((what, suggest::remedy(role, all)));
        }
        if !entries.keys().any(is_role) {
            return Ok(Self { all: Mask::of_value(value)?, by_role: BTreeMap::new() });
        }
        if let Some(other) = entries.keys().find(|key| !is_role(key)) {
            let what = format!("“{}” is no role, and beside it there are roles", other.escape_debug());
            return Err((what, "name either roles or types of personal data".to_owned()));
        }
        let by_role = entries.iter().map(|(role, value)| Ok((role.clone(), Mask::of_value(value)?)));
        Ok(Self { all: None, by_role: by_role.collect::<Result<_, Wrong>>()? })
    }

    /// The roles for which something is masked by name.
    pub(crate) fn masked_roles(&self) -> impl Iterator<Item = &String> {
        self.by_role.iter().filter_map(|(role, mask)| mask.as_ref().map(|_| role))
    }

    pub(crate) fn of(&self, role: &str) -> Option<&Mask> {
        match self.by_role.get(role) {
            Some(own) => own.as_ref(),
            None => self.all.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_the_table_does_not_know_is_named_as_one() {
        let roles = ["EMPLOYEE".to_owned(), "ADMINISTRATOR".to_owned()];
        let told = |mask: &str| {
            let table: toml::Table = toml::from_str(mask).unwrap();
            Masks::parse(&table["mask"], &roles, "*").unwrap_err()
        };
        for mask in [
            r#"mask = { NOROLE = ["US_SSN"] }"#,
            "mask = { NOROLE = true }",
            "mask = { NOROLE = { US_SSN = \"block\" } }",
        ] {
            let (what, remedy) = told(mask);
            assert_eq!(
                (what.as_str(), remedy.as_str()),
                ("“NOROLE” is no role of this table", "use one of: EMPLOYEE, ADMINISTRATOR, *")
            );
        }
        assert_eq!(told(r#"mask = { EMPLOYE = true, ADMINISTRATOR = true }"#).1, "did you mean `EMPLOYEE`?");
        assert_eq!(told(r#"mask = { US_SN = "block" }"#).0, "“US_SN” is no type of personal data");
    }

    #[test]
    fn an_annotation_says_types_and_actions() {
        let of = |text: &str| Mask::parse(text).map(|mask| mask.to_string()).map_err(|(what, _)| what);
        assert_eq!(of("EMAIL_ADDRESS, CREDIT_CARD = block"), Ok("CREDIT_CARD=block, EMAIL_ADDRESS=label".to_owned()));
        assert_eq!(Mask::parse("").unwrap().iter().count(), TYPES.len());
        assert!(Mask::parse("partial").unwrap().iter().all(|(_, action)| action == "partial"));
        assert_eq!(of("EMAIL"), Err("“EMAIL” is no type of personal data".to_owned()));
        assert_eq!(of("IBAN=hide"), Err("“hide” is no way to mask".to_owned()));
        assert_eq!(of("IBAN,IBAN"), Err("IBAN is named twice".to_owned()));
        let all = Mask::parse("hash").unwrap();
        assert_eq!(Mask::parse(&all.to_string()).unwrap(), all, "as written, so read");
    }

    #[test]
    fn a_row_speaks_of_all_roles_or_of_each() {
        let roles = ["A".to_owned(), "B".to_owned()];
        let of = |text: &str| {
            let table: toml::Table = toml::from_str(text).unwrap();
            Masks::parse(&table["mask"], &roles, "*")
        };
        assert_eq!(of("mask = [\"IBAN\"]").unwrap().of("A").unwrap().to_string(), "IBAN=label");
        let each = of("mask = { A = \"block\", \"*\" = { IBAN = \"hash\" } }").unwrap();
        assert!(each.of("A").unwrap().iter().all(|(_, action)| action == "block"));
        assert_eq!((each.of("*").unwrap().to_string(), each.of("B")), ("IBAN=hash".to_owned(), None));
        assert_eq!(of("mask = false").unwrap().of("A"), None);
        assert!(of("mask = { A = true, IBAN = \"hash\" }").is_err());
        assert!(of("mask = 3").is_err() && of("mask = [3]").is_err() && of("mask = { IBAN = 3 }").is_err());
    }
}
