//! What the HR system knows of its staff besides their work: how to reach them, what payroll and travel need. Everything here
//! is made up: telephone numbers, cards and IP addresses come from ranges that are kept for examples.

use schemars::JsonSchema;
use serde::Serialize;

use super::people::Employee;

/// An employee with all that is on their file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct Profile {
    #[serde(flatten)]
    employee: Employee,
    /// The telephone number at home.
    phone: &'static str,
    /// Where they live.
    home_address: &'static str,
    /// The passport, for travel.
    passport_number: &'static str,
    /// The number with the United States' social security, for payroll of the parent company.
    us_ssn: &'static str,
    /// The company card.
    company_card: &'static str,
    /// Where they last signed in from.
    last_sign_in_ip: &'static str,
}

impl Profile {
    pub(crate) fn of(employee: Employee) -> Self {
        let file = FILES.iter().find(|(id, _)| *id == employee.id).map_or(EMPTY, |(_, file)| *file);
        let [phone, home_address, passport_number, us_ssn, company_card, last_sign_in_ip] = file;
        Self { employee, phone, home_address, passport_number, us_ssn, company_card, last_sign_in_ip }
    }
}

type File = [&'static str; 6];

const EMPTY: File = [""; 6];

#[rustfmt::skip]
static FILES: [(&str, File); 13] = [
    ("E1001", ["+49 30 23125 101", "Oranienstraße 14, 10999 Berlin", "C4VK7L203", "734-12-3101", "4111 1111 1111 1111", "203.0.113.11"]),
    ("E1002", ["+49 30 23125 102", "Kastanienallee 82, 10435 Berlin", "C3XP9T418", "734-12-3102", "5555 5555 5555 4444", "203.0.113.12"]),
    ("E1003", ["+1 212 555 0103", "112 Willow Street, Brooklyn, NY 11201", "E58291346", "734-12-3103", "4012 8888 8888 1881", "198.51.100.13"]),
    ("E1004", ["+49 30 23125 104", "Bergmannstraße 27, 10961 Berlin", "A07215836", "734-12-3104", "5105 1051 0510 5100", "203.0.113.14"]),
    ("E1005", ["+1 212 555 0105", "48 Bleecker Street, New York, NY 10012", "512874093", "734-12-3105", "6011 1111 1111 1117", "198.51.100.15"]),
    ("E1006", ["+44 20 7946 0106", "27 Albert Road, London NW1 7RY", "925076473", "734-12-3106", "4242 4242 4242 4242", "192.0.2.16"]),
    ("E1007", ["+49 30 23125 107", "Torstraße 140, 10119 Berlin", "Z3187402", "734-12-3107", "3782 822463 10005", "203.0.113.17"]),
    ("E1008", ["+49 30 23125 108", "Karl-Marx-Allee 93, 10243 Berlin", "C8RN2M557", "734-12-3108", "5200 8282 8282 8210", "203.0.113.18"]),
    ("E1009", ["+49 30 23125 109", "Schönhauser Allee 36, 10435 Berlin", "C1TJ6H094", "734-12-3109", "4000 0566 5566 5556", "203.0.113.19"]),
    ("E1010", ["+1 212 555 0110", "305 Lafayette Avenue, Brooklyn, NY 11238", "AAF482915", "734-12-3110", "3530 1113 3330 0000", "198.51.100.20"]),
    ("E1011", ["+44 20 7946 0111", "9 Church Lane, London N8 7BU", "A12049357", "734-12-3111", "6011 0009 9013 9424", "192.0.2.21"]),
    ("E1012", ["+1 212 555 0112", "740 Park Avenue, New York, NY 10021", "530918274", "734-12-3112", "3714 496353 98431", "198.51.100.22"]),
    ("E1013", ["+49 30 23125 113", "Danziger Straße 55, 10435 Berlin", "TK4827160", "734-12-3113", "4917 6100 0000 0000", "203.0.113.23"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hr::people::employees;

    #[test]
    fn everybody_has_a_file_of_their_own() {
        let files: Vec<File> = employees()
            .iter()
            .map(|employee| FILES.iter().find(|(id, _)| *id == employee.id).map(|(_, file)| *file).unwrap())
            .collect();
        for field in 0..6 {
            let mut values: Vec<&str> = files.iter().map(|file| file[field]).collect();
            values.sort_unstable();
            values.dedup();
            assert_eq!(values.len(), employees().len(), "field {field}");
            assert!(values.iter().all(|value| !value.is_empty()));
        }
    }
}
