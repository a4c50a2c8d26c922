//! Names that a careless reader could take for each other.
//!
//! Some servers match argument names without regard to case, to `_` and `-`, to white space around them or to the
//! brackets of a list (`id[]`). What policy looks for under one spelling must not slip by under another.

/// Whether `have` is not `name`, but a careless reader could take it for it.
pub fn is_variant(have: &str, name: &str) -> bool {
    have != name && folded(have).eq(folded(name))
}

/// Letters and digits only, without case. Upper case first, then lower: that also folds letters such as the long s, the Kelvin
/// sign and the dotless i, which readers in some languages and locales take for plain ones.
fn folded(name: &str) -> impl Iterator<Item = char> {
    let plain = name.chars().filter(|c| c.is_alphanumeric());
    plain.flat_map(char::to_uppercase).flat_map(char::to_lowercase).filter(|c| *c != '\u{307}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_a_name() {
        for variant in [
            "employeeId",
            "EMPLOYEE_ID",
            "employee-id",
            "Employee_Id",
            "employee_\u{131}d",
            "EMPLOYEE_\u{130}D",
            "employee__id",
            "employee_id ",
            "employee_id\0",
            "employee_id\u{200b}",
            "employee.id",
            "employee_id[]",
        ] {
            assert!(is_variant(variant, "employee_id"), "{variant}");
        }
        assert!(is_variant("\u{212A}ey", "key") && is_variant("\u{17F}ubject", "subject"));
        for other in ["employee_id", "employee", "employee_ids", "employer_id", ""] {
            assert!(!is_variant(other, "employee_id"), "{other}");
        }
    }
}
