//! Mistakes a person makes, and what they are told.

use std::path::Path;

use vestibule_authserver::settings::{MetadataDocuments, PrivateUseSchemes};
use vestibule_model::Upstream;

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
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let server = format!("{SOUND}[[server]]\nname = \"hr\"\nurl = \"http://127.0.0.1/mcp\"\n");
    for (text, line) in [
        (format!("{SOUND}master_key = \"hunter2\"\n"), 2),
        (format!("{server}credential = {{ kind = \"static\", value = \"hunter2\" }}\n"), 5),
        (format!("{SOUND}[[user]]\nemail = \"a@example.com\"\npassword = \"hunter2\"\n"), 4),
        (server.replace("//127", "//ana:hunter2@127"), 4),
    ] {
        let told = mistakes(&text);
        assert!(told.starts_with(&format!("vestibule.toml:{line}: ")), "{told}");
        assert!(!told.contains("hunter2") && told.contains("remedy: write "), "{told}");
    }
    let told = mistakes(&format!("{SOUND}master_key = {{ path = \"x\" }}\n"));
    assert!(told.contains("a secret has the form"), "{told}");
}

#[test]
fn a_credential_in_a_header_with_another_use_is_refused() {
    for header in ["Host", "content-type", "Mcp-Session-Id", "Transfer-Encoding"] {
        let told = mistakes(&format!(
            "{SOUND}[[server]]\nname = \"hr\"\nurl = \"http://127.0.0.1/mcp\"\n\
             credential = {{ kind = \"static\", header = \"{header}\", value = {{ env = \"PATH\" }} }}\n"
        ));
        assert!(told.starts_with("vestibule.toml:5: ") && told.contains("cannot hold a credential"), "{told}");
    }
}

#[test]
fn tool_definitions_are_guarded_as_the_file_says() {
    let server = format!("{SOUND}[[server]]\nname = \"hr\"\nurl = \"http://127.0.0.1/mcp\"\n");
    let mode = |line: &str| {
        let parsed = parse("vestibule.toml", &format!("{server}{line}\n"), Path::new("/nonexistent"));
        parsed.unwrap_or_else(|errors| panic!("{errors}")).pin_modes()[0].1
    };
    assert_eq!(mode(""), PinMode::Warn);
    assert_eq!(mode("pin = \"hold\""), PinMode::Hold);
    assert_eq!(mode("pin = \"off\""), PinMode::Off);
    let told = mistakes(&format!("{server}pin = \"Hold\"\n"));
    assert!(
        told.starts_with("vestibule.toml:5: unknown variant `Hold`, expected one of `off`, `warn`, `hold`"),
        "{told}"
    );
    assert!(told.contains("remedy: use one of the values named"), "{told}");
}

#[test]
fn a_server_is_spoken_to_as_the_file_says() {
    let upstream = |lines: &str| {
        let text = format!("{SOUND}[[server]]\nname = \"hr\"\n{lines}\n");
        let parsed = parse("vestibule.toml", &text, Path::new("/nonexistent"));
        parsed.map(|config| config.servers[0].server.upstream.clone()).map_err(|errors| errors.to_string())
    };
    let url = "http://127.0.0.1/sse".to_owned();
    let sse = "url = \"http://127.0.0.1/sse\"\ntransport = \"sse\"";
    assert_eq!(upstream(sse), Ok(Upstream::Sse { url: url.clone() }));
    assert_eq!(upstream(&sse.replace("\"sse\"", "\"streamable-http\"")), Ok(Upstream::Http { url }));
    let command = "command = [\"server\"]\nmax_memory_mib = 64";
    let (argv, env) = (vec!["server".to_owned()], Vec::new());
    assert_eq!(upstream(command), Ok(Upstream::Command { argv, env, max_memory: Some(64 << 20) }));
    for (lines, told) in [
        (sse.replace("\"sse\"", "\"SSE\""), "vestibule.toml:5: unknown variant `SSE`"),
        (format!("{command}\ntransport = \"sse\""), "vestibule.toml:6: a command speaks on its standard input"),
        (format!("{sse}\nmax_memory_mib = 64"), "vestibule.toml:6: only the memory of a command can be limited"),
        (command.replace("64", "15"), "vestibule.toml:5: no command can work with 15 MiB"),
        (command.replace("64", "9223372036854775807"), "vestibule.toml:5: no command can work with"),
    ] {
        let errors = upstream(&lines).unwrap_err();
        assert!(errors.starts_with(told) && errors.contains("remedy: "), "{errors}");
    }
}

#[test]
fn users_need_an_address_and_a_password_of_the_policy() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good"), "four unrelated quiet words\n").unwrap();
    std::fs::write(folder.path().join("short"), "hunter2").unwrap();
    let parsed = |user: &str| parse("vestibule.toml", &format!("{SOUND}{user}"), folder.path());
    let ana = "[[user]]\nemail = \"Ana@example.com\"\npassword = { file = \"good\" }\nroles = [\"A\"]\n";
    let config = parsed(ana).unwrap_or_else(|errors| panic!("{errors}"));
    let user = config.users.first().unwrap();
    assert_eq!((user.email.as_str(), user.name.as_str(), user.org.as_str()), ("Ana@example.com", "Ana", "default"));
    for (text, told) in [
        (ana.replace("good", "short"), "4: the password of Ana@example.com is refused"),
        (ana.replace("good", "missing"), "4: the secret file"),
        (ana.replace("Ana@", ""), "3: `example.com` is no e-mail address"),
        (format!("{ana}{}", ana.to_lowercase().replace("[\"a\"]", "[]")), "7: two users have the e-mail address"),
        ("[[user]]\nemail = \"a@example.com\"\n".to_owned(), "missing field `password`"),
    ] {
        let Err(errors) = parsed(&text) else { panic!("{text} was accepted") };
        assert!(errors.to_string().contains(told), "{told} in\n{errors}");
        assert!(!errors.to_string().contains("hunter2"));
    }
}

#[test]
fn a_redirect_uri_must_be_one_that_people_can_be_sent_to() {
    for uri in ["javascript:alert(1)", "http://evil.example/cb", "https://ok.example/cb#x", "*"] {
        let told = mistakes(&format!("{SOUND}[[client]]\nid = \"app\"\nredirect_uris = [\"{uri}\"]\n"));
        assert!(told.starts_with(&format!("vestibule.toml:4: `{uri}` cannot be a redirect URI")), "{told}");
    }
    let sound =
        format!("{SOUND}[[client]]\nid = \"app\"\nredirect_uris = [\"http://127.0.0.1/cb\", \"cursor://x/y\"]\n");
    assert_eq!(mistakes(&sound), "none");
}

#[test]
fn memory_without_anybody_in_it_is_refused() {
    let told = mistakes(&format!("state = \"memory\"\n{SOUND}"));
    assert!(told.contains("nobody could ever sign in") && told.contains("add a [[user]]"), "{told}");
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
fn a_server_speaks_one_era_or_the_gateway_finds_out() {
    let server = |rest: &str| format!("{SOUND}[[server]]\nname = \"s\"\n{rest}\n");
    for sound in ["auto", "stateful", "stateless"] {
        assert_eq!(mistakes(&server(&format!("url = \"http://h/mcp\"\nprotocol = \"{sound}\""))), "none");
    }
    assert_eq!(mistakes(&server("command = [\"x\"]\nprotocol = \"stateful\"")), "none");
    let told = mistakes(&server("command = [\"x\"]\nprotocol = \"stateless\""));
    assert!(told.contains("spoken to in sessions") && told.contains("remove `protocol`"), "{told}");
    assert!(mistakes(&server("url = \"http://h/mcp\"\nprotocol = \"modern\"")).contains("modern"));
}

#[test]
fn no_server_takes_a_path_of_the_joined_endpoint() {
    for taken in ["sse", "messages", "ws", "ticket"] {
        let told = mistakes(&format!("{SOUND}[[server]]\nname = \"{taken}\"\nurl = \"http://h/mcp\"\n"));
        assert!(told.contains("belongs to the joined endpoint") && told.contains("choose another name"), "{told}");
    }
}

#[test]
fn a_federation_joins_servers_that_are_there() {
    let servers =
        "[[server]]\nname = \"hr\"\nurl = \"http://h/mcp\"\n[[server]]\nname = \"git\"\nurl = \"http://g/mcp\"\n";
    let told = |table: &str| mistakes(&format!("{SOUND}{servers}[federation]\n{table}\n"));
    assert_eq!(told(""), "none");
    assert_eq!(told("servers = [\"git\"]\ntitle = \"x\"\ntimeout_seconds = 3"), "none");
    assert!(told("servers = [\"git\", \"hrr\"]").starts_with("vestibule.toml:9: there is no server `hrr`"));
    assert!(told("servers = [\"git\", \"git\"]").contains("`git` is joined twice"));
    assert!(told("servers = []").starts_with("vestibule.toml:8: the federation joins no server"));
    assert!(told("timeout_seconds = 0").contains("1 to 60 seconds"));
    assert!(mistakes(&format!("{SOUND}[federation]\n")).contains("joins no server"));
    let config = parse("v.toml", &format!("{SOUND}{servers}[federation]\n"), Path::new("/")).ok().unwrap();
    let served = config.served();
    let federation = served.federation().unwrap();
    assert_eq!(federation.door.resource.as_str(), "https://mcp.example.com/mcp");
    assert_eq!(federation.parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["hr", "git"]);
    assert!(
        parse("v.toml", &format!("{SOUND}{servers}"), Path::new("/")).ok().unwrap().served().federation().is_none()
    );
}

#[test]
fn the_examples_are_sound() {
    for example in ["hr", "federation"] {
        let path = format!("{}/../../examples/{example}/vestibule.toml", env!("CARGO_MANIFEST_DIR"));
        let config = load(Path::new(&path)).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(config.served().federation().is_some(), example == "federation");
        crate::wire::load_policies(&config).unwrap();
    }
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
fn a_client_has_exactly_one_way_to_prove_itself_and_needs_one_to_act_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("secret", "0123456789012345678901234567890123");
    put("keys", r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#);
    put("private", r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qY","d":"AAAA"}]}"#);
    let told = |keys: &str| match parse("v.toml", &format!("{SOUND}[[client]]\nid = \"svc\"\n{keys}"), folder.path()) {
        Ok(_) => "none".to_owned(),
        Err(errors) => errors.to_string(),
    };
    assert!(told("").contains("v.toml:3: a client that acts for itself must prove who it is"));
    let secret = "secret = { file = \"secret\" }\n";
    assert!(told(&format!("{secret}jwks_file = \"keys\"\n")).contains("by a secret or by keys"));
    assert!(told("jwks_file = \"private\"\n").contains("v.toml:4: the keys cannot be used"));
    for sound in [secret, "jwks_file = \"keys\"\n", "redirect_uris = [\"https://a.example/cb\"]\n"] {
        assert_eq!(told(sound), "none", "{sound}");
    }
}

#[test]
fn switches_for_clients_are_honoured() {
    let auth = |line: &str| parse("v.toml", &format!("{SOUND}[clients]\n{line}\n"), Path::new("/")).ok().unwrap();
    let off = auth("metadata_documents = false\nregistration = false\nprivate_use_schemes = false");
    assert_eq!(off.auth.metadata_documents, MetadataDocuments::Refused);
    assert_eq!(off.auth.private_use_schemes, PrivateUseSchemes::Refused);
    assert!(!off.auth.registration.enabled);
    assert_eq!(auth("").auth.metadata_documents, MetadataDocuments::Accepted);
    assert!(matches!(auth("").documents, DocumentReach::Public));
    assert!(matches!(auth("danger_loopback_documents = true").documents, DocumentReach::Loopback));
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

#[test]
fn mistakes_about_masking_have_line_and_remedy() {
    let server = "[[server]]\nname = \"hr\"\nurl = \"http://127.0.0.1/mcp\"\n";
    for (text, line, what, remedy) in [
        ("[masking]\nbefore_lm = true\n", 3, "unknown field `before_lm`", "did you mean `before_llm`?"),
        ("[masking]\ntypes = [\"EMAIL\"]\n", 3, "`EMAIL` is no type of personal data", "use one of: EMAIL_ADDRESS"),
        (
            "[masking]\nactions = { EMAIL_ADDRESS = \"pseudonym\" }\n",
            3,
            "need a server that is named",
            "[[masking.rule]]",
        ),
        ("[masking]\naction = \"hide\"\n", 3, "unknown variant `hide`", "use one of the values named"),
        ("[masking]\naction = \"pass\"\n", 3, "`pass` masks nothing", "write a [[masking.rule]]"),
        ("[masking]\nactions = { US_SSN = \"pass\" }\n", 3, "`pass` masks nothing", "leave a type out of `types`"),
        ("[masking]\ntypes = []\n", 3, "`types` names nothing", "remove the line"),
        ("[[masking.rule]]\ntools = []\naction = \"pass\"\n", 3, "`tools` names nothing", "remove the line"),
        ("[[masking.rule]]\ntypes = []\naction = \"pass\"\n", 3, "`types` names nothing", "name some"),
        ("[[masking.rule]]\nservers = []\naction = \"pass\"\n", 3, "`servers` names nothing", "name some"),
        ("[[masking.rule]]\nroles = []\naction = \"pass\"\n", 3, "`roles` names nothing", "name some"),
        ("[masking]\nproof_one_in = 0\n", 3, "no sample", "write 1"),
        ("[masking]\nremember_hours = 0\n", 3, "1 to 168 hours", "choose a number"),
        ("[[masking.rule]]\nservers = [\"crm\"]\naction = \"block\"\n", 3, "there is no server `crm`", "use one of"),
        ("[[masking.rule]]\naction = \"pseudonym\"\n", 3, "need a server that is named", "servers = "),
        (
            "[[masking.rule]]\ndirection = \"arguments\"\naction = \"pseudonym\"\n",
            4,
            "cannot be turned back there",
            "use label",
        ),
    ] {
        let told = mistakes(&format!("{SOUND}{text}"));
        assert!(told.starts_with(&format!("vestibule.toml:{line}: ")), "{told}");
        assert!(told.contains(what) && told.contains(remedy), "{told}");
    }
    for mask in ["true", "false", "\"pseudonym\"", "\"block\"", "{ US_SSN = \"hash\" }"] {
        assert_eq!(mistakes(&format!("{SOUND}{server}mask = {mask}\n")), "none", "{mask}");
    }
    for mask in ["\"maybe\"", "1", "[\"US_SSN\"]", "{ US_SSN = 1 }"] {
        let told = mistakes(&format!("{SOUND}{server}mask = {mask}\n"));
        assert!(
            told.starts_with("vestibule.toml:5: a mask is true, false, one of the actions label, "),
            "{mask}: {told}"
        );
        assert!(told.contains("remedy: write `mask = true`"), "{mask}: {told}");
    }
    let told = mistakes(&format!("{SOUND}{server}mask = {{ SSN = \"hash\" }}\n"));
    assert!(told.starts_with("vestibule.toml:5: `SSN` is no type"), "{told}");
}

#[test]
fn the_environment_counts_more_than_the_file_and_never_guesses() {
    use vestibule_vault::screen::settings::Switch::{Off, On};
    let config = |text: &str| parse("vestibule.toml", &format!("{SOUND}{text}"), Path::new("/nonexistent")).unwrap();
    let with = |text: &str, name: &'static str, value: &'static str| {
        let mut masking = config(text).masking;
        let read = masking.overridden_by(|asked| (asked == name).then(|| value.to_owned()));
        read.map(|()| masking)
    };
    let plain = config("").masking;
    assert_eq!((plain.settings.before_llm, plain.logs), (Off, On));
    assert_eq!(with("", "MASK_PII_BEFORE_LLM", "true").unwrap().settings.before_llm, On);
    assert_eq!(with("[masking]\nbefore_llm = true\n", "MASK_PII_BEFORE_LLM", "off").unwrap().settings.before_llm, Off);
    assert_eq!(with("", "MASK_PII_IN_LOGS", "0").unwrap().logs, Off);
    for value in ["yes", "", "tru", "2"] {
        let told = with("", "MASK_PII_BEFORE_LLM", value).err().expect(value).to_string();
        assert!(told.contains("MASK_PII_BEFORE_LLM is neither on nor off") && told.contains("remedy: "), "{told}");
    }
    let server = "[[server]]\nname = \"hr\"\nurl = \"http://127.0.0.1/mcp\"\nmask = ";
    let own = |mask: &str, value| {
        let masking = with(&format!("{server}{mask}\n"), "MASK_PII_BEFORE_LLM", value).unwrap();
        masking.settings.servers[&ServerName::new("hr")].switch
    };
    assert_eq!(own("false", "true"), None, "the switch of the environment reaches every server");
    assert_eq!(own("true", "false"), Some(On), "and does not loosen one that is kept apart");
}
