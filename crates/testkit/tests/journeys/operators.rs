//! Mistakes of those who run it are named with file, line and remedy; files that are not ours are left alone.

use std::{os::unix::fs::MetadataExt, path::Path, sync::Arc};

use vestibule_gateway::{config, state, wire};
use vestibule_model::{Clock, Random};

/// Tries to open a state directory whose database is this file; what was said, and whether the file was left alone.
async fn open_with(content: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let file = state::database_path(directory.path());
    std::fs::write(&file, content).unwrap();
    std::fs::write(directory.path().join("master.key"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    let before = fingerprint(&file);
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = wire::senses();
    let error = state::open_store(directory.path(), None, &clock, &random).await.err().expect("a refusal");
    assert_eq!(fingerprint(&file), before, "the file was touched");
    assert_eq!(std::fs::read(&file).unwrap(), content);
    let names: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "something was put beside it: {names:?}");
    format!("{error:#}")
}

fn fingerprint(file: &Path) -> (i64, i64, u64, u32) {
    let metadata = std::fs::metadata(file).unwrap();
    (metadata.mtime(), metadata.mtime_nsec(), metadata.size(), metadata.mode())
}

/// The header of a SQLite file with an application id and a schema version.
fn header(application: u32, version: u32) -> Vec<u8> {
    let mut bytes = vec![0u8; 4096];
    bytes[..16].copy_from_slice(b"SQLite format 3\0");
    bytes[60..64].copy_from_slice(&version.to_be_bytes());
    bytes[68..72].copy_from_slice(&application.to_be_bytes());
    bytes
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_refused_untouched() {
    for (content, said) in [
        (b"Dear diary, ...".to_vec(), "not a SQLite database"),
        (header(0, 0), "another application"),
        (header(0x0f05_5112, 3), "another application"),
        (header(0x5673_7462, 999), "newer"),
    ] {
        let error = open_with(&content).await;
        assert!(error.contains(said) && error.contains("vestibule.sqlite"), "{error}");
    }
}

#[tokio::test]
async fn a_database_whose_key_is_gone_is_not_given_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let (clock, random) = wire::senses();
    state::open_store(directory.path(), None, &clock, &random).await.unwrap().close().await;
    let key = directory.path().join("master.key");
    std::fs::remove_file(&key).unwrap();
    let error = state::open_store(directory.path(), None, &clock, &random).await.err().expect("a refusal");
    assert!(format!("{error:#}").contains("remedy"), "{error:#}");
    assert!(!key.exists());
}

#[test]
fn every_mistake_in_a_configuration_has_file_line_and_remedy() {
    let start = "public_url = \"http://127.0.0.1:8808\"\n";
    let server = "[[server]]\nname = \"hr\"\nurl = \"http://127.0.0.1:3001/mcp\"\n";
    let corpus: Vec<(&str, String, usize)> = vec![
        ("broken TOML", format!("{start}listen = \n"), 2),
        ("an unknown key", format!("{start}lissten = \"127.0.0.1:1\"\n"), 2),
        ("an unknown key of a server", format!("{start}{server}polcy = \"x\"\n"), 5),
        ("no URL at all", "public_url = \"mcp.example.com\"\n".to_owned(), 1),
        ("a public URL without TLS", "public_url = \"http://mcp.example.com\"\n".to_owned(), 1),
        ("a wrong type", format!("{start}max_body = \"big\"\n"), 2),
        ("a wrong address", format!("{start}listen = \"here\"\n"), 2),
        ("two servers of one name", format!("{start}{server}{server}"), 6),
        ("a bad server name", format!("{start}[[server]]\nname = \"H R\"\nurl = \"http://127.0.0.1:1/\"\n"), 3),
        ("both URL and command", format!("{start}{server}command = [\"x\"]\n"), 3),
        ("an upstream that is no URL", format!("{start}[[server]]\nname = \"hr\"\nurl = \"ftp://x\"\n"), 4),
        ("a policy that is not there", format!("{start}{server}policy = \"nowhere.toml\"\n"), 5),
        (
            "a secret that is not there",
            format!("{start}{server}credential = {{ kind = \"static\", value = {{ env = \"VESTIBULE_NO_SUCH\" }} }}\n"),
            5,
        ),
        ("tokens that live too long", format!("{start}[tokens]\naccess_minutes = 60\n"), 3),
        ("cheap passwords", format!("{start}[sign_in]\nargon2_memory_mib = 1\n"), 3),
    ];
    for (what, text, line) in corpus {
        let folder = Path::new("/nonexistent");
        let Err(errors) = config::parse("vestibule.toml", &text, folder) else { panic!("{what} was accepted") };
        let said = errors.to_string();
        assert!(said.contains(&format!("vestibule.toml:{line}")), "{what}: {said}");
        assert!(said.contains("remedy: "), "{what}: {said}");
    }
}

#[test]
fn all_mistakes_are_named_at_once() {
    let text = "public_url = \"nonsense\"\nlisten = \"here\"\n[[server]]\nname = \"H R\"\nurl = \"ftp://x\"\n";
    let Err(errors) = config::parse("vestibule.toml", text, Path::new(".")) else { panic!("accepted") };
    for line in [1, 2, 4] {
        assert!(errors.to_string().contains(&format!("vestibule.toml:{line}")), "{errors}");
    }
}
