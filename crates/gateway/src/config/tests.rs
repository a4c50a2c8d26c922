//! Mistakes a person makes, and what they are told.

use std::path::Path;

use super::*;

fn mistakes(text: &str) -> String {
    match parse("vestibule.toml", text, Path::new("/nonexistent")) {
        Ok(_) => "none".to_owned(),
        Err(errors) => errors.to_string(),
    }
}

const SOUND: &str = "public_url = \"https://mcp.example.com\"\n";

#[test]
fn the_smallest_file_is_sound() {
    assert_eq!(mistakes(SOUND), "none");
}

#[test]
fn a_misspelt_key_is_named_with_its_line_and_the_right_one() {
    let text = format!("{SOUND}\nlissen = \"127.0.0.1:1\"\n");
    let told = mistakes(&text);
    assert!(told.starts_with("vestibule.toml:3: unknown field `lissen`"), "{told}");
    assert!(told.contains("did you mean `listen`?"), "{told}");
}

#[test]
fn a_missing_public_url_is_named() {
    let told = mistakes("listen = \"127.0.0.1:1\"\n");
    assert!(told.contains("missing field `public_url`"), "{told}");
    assert!(told.contains("add a line `public_url = …`"), "{told}");
}

#[test]
fn broken_toml_has_a_line() {
    let told = mistakes("public_url = \"https://x.example\"\nlisten = \n");
    assert!(told.starts_with("vestibule.toml:2:"), "{told}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "public_url = \"http://mcp.example.com\"\nlisten = \"here\"\n\n[[server]]\nname = \"H R\"\nurl = \"http://127.0.0.1/mcp\"\n";
    let told = mistakes(text);
    for line in [
        "vestibule.toml:1: the public URL must use https",
        "vestibule.toml:2: `here` is no address",
        "vestibule.toml:5: `H R` cannot be the name",
    ] {
        assert!(told.contains(line), "{line} in\n{told}");
    }
}

#[test]
fn public_urls_are_bare_lower_case_https_origins() {
    for bad in [
        "https://mcp.example.com/path",
        "https://user@mcp.example.com",
        "https://mcp.example.com?x=1",
        "https://mcp.example.com#x",
        "https://MCP.example.com",
        "http://localhost.evil.example",
        "ftp://mcp.example.com",
        "mcp.example.com",
        "",
    ] {
        assert_ne!(mistakes(&format!("public_url = \"{bad}\"\n")), "none", "{bad}");
    }
    for good in [
        "https://mcp.example.com",
        "https://mcp.example.com/",
        "https://h:8443",
        "http://127.0.0.1:8808",
        "http://localhost",
    ] {
        assert_eq!(mistakes(&format!("public_url = \"{good}\"\n")), "none", "{good}");
    }
}

#[test]
fn secrets_are_references_and_never_empty() {
    let server = |value: &str| {
        format!(
            "{SOUND}[[server]]\nname = \"s\"\nurl = \"http://127.0.0.1:1/mcp\"\ncredential = {{ kind = \"static\", value = {value} }}\n"
        )
    };
    assert_ne!(mistakes(&server("\"plain\"")), "none");
    assert!(mistakes(&server("{ env = \"VESTIBULE_TEST_NOT_SET\" }")).contains("no variable `VESTIBULE_TEST_NOT_SET`"));
    assert!(mistakes(&server("{ file = \"missing\" }")).contains("cannot be read"));
    assert!(mistakes(&server("{ env = \"A\", file = \"b\" }")).contains("exactly one"));
    assert_eq!(mistakes(&server("{ env = \"PATH\" }")), "none");
}

#[test]
fn a_server_is_a_url_or_a_command() {
    let server = |rest: &str| format!("{SOUND}[[server]]\nname = \"s\"\n{rest}\n");
    assert!(mistakes(&server("")).contains("exactly one of the two"));
    assert!(mistakes(&server("url = \"http://h/mcp\"\ncommand = [\"x\"]")).contains("exactly one of the two"));
    assert!(mistakes(&server("url = \"http://user:pass@h/mcp\"")).contains("no http or https URL"));
    assert!(
        mistakes(&server("command = [\"x\"]\ncredential = { kind = \"signed-jwt\" }")).contains("from its environment")
    );
    assert_eq!(mistakes(&server("command = [\"npx\", \"server\"]")), "none");
}

#[test]
fn token_lifetimes_and_password_costs_have_bounds() {
    assert!(mistakes(&format!("{SOUND}[tokens]\naccess_minutes = 60\n")).contains("5 to 15 minutes"));
    assert!(mistakes(&format!("{SOUND}[sign_in]\nargon2_memory_mib = 1\n")).contains("19 to 1024 MiB"));
}

#[test]
fn short_client_secrets_are_refused() {
    // Stored as a plain hash, a short secret could be guessed.
    let text = format!("{SOUND}[[client]]\nid = \"svc\"\nsecret = {{ env = \"VESTIBULE_TEST_SHORT\" }}\n");
    assert!(mistakes(&text).contains("no variable"));
    assert!(mistakes(&format!("{SOUND}[[client]]\nid = \"https://x.example\"\n")).contains("no https URL"));
    assert!(mistakes(&format!("{SOUND}[[client]]\nid = \"a\"\n[[client]]\nid = \"a\"\n")).contains("two clients"));
}

#[test]
fn the_schema_names_every_section() {
    let schema = schema();
    for key in ["public_url", "signed-jwt", "argon2_memory_mib", "registrations_per_hour"] {
        assert!(schema.contains(key), "{key}");
    }
}

#[test]
fn the_manual_names_every_key() {
    let manual = include_str!("../../../../docs/configuration.md");
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let mut missing = Vec::new();
    let sections = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    for properties in sections.filter_map(|section| section["properties"].as_object()) {
        missing.extend(properties.keys().filter(|key| !manual.contains(key.as_str())).cloned());
    }
    assert_eq!(missing, Vec::<String>::new());
}
