//! A gateway on a free port, in this process, with time in the test's hand and state in a folder of its own.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use vestibule_gateway::{
    commands::{
        demo::{self, Person},
        running::{self, Running},
    },
    config::{self, Config},
    wire::Senses,
};
use vestibule_identity::{factors::totp, password::HashSettings};
use vestibule_model::{
    Clock, OrgId, Random, Secret, Timestamp, User, UserId,
    clock::{ManualClock, SeededRandom},
};

use crate::http::Http;

/// When every house starts: Monday, 1 June 2026, 09:00 UTC.
const START: Timestamp = Timestamp::from_seconds(1_780_304_400);

/// What everybody that a test adds signs in with.
pub const PASSWORD: &str = "correct horse battery staple";

/// A gateway that is up.
pub struct House {
    /// The way in.
    pub http: Http,
    /// The operators' way in.
    pub operators: Http,
    /// The gateway itself.
    pub running: Running,
    /// Its time; it stands still until the test moves it.
    pub clock: Arc<ManualClock>,
    /// Who can sign in.
    pub people: Vec<Person>,
    senses: Senses,
    directory: TempDir,
}

/// A port and a folder for a house that is still to be built.
struct Plot {
    listener: TcpListener,
    directory: TempDir,
    clock: Arc<ManualClock>,
    senses: Senses,
}

impl Plot {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let senses: Senses = (Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(SeededRandom::new(1)));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        Self { listener, directory: tempfile::tempdir().expect("a folder"), clock, senses }
    }

    async fn build(self, mut config: Config) -> House {
        config.password_cost = HashSettings::FOR_TESTS;
        let http = Http::new(self.listener.local_addr().unwrap());
        let admin = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let operators = Http::new(admin.local_addr().unwrap());
        let running =
            running::start_with(config, self.listener, Some(admin), self.senses.clone()).await.expect("a sound house");
        House {
            http,
            operators,
            running,
            clock: self.clock,
            people: Vec::new(),
            senses: self.senses,
            directory: self.directory,
        }
    }
}

impl House {
    /// The example of the sample company: its HR server, its people, its permission table.
    pub async fn demo() -> Self {
        Self::demo_with(|_| {}).await
    }

    /// The example, with a configuration that the test changes.
    pub async fn demo_with(change: impl FnOnce(&mut Config)) -> Self {
        let plot = Plot::new().await;
        let address = plot.listener.local_addr().unwrap();
        let mut config = demo::prepare(plot.directory.path(), address, &plot.senses.0).await.expect("the example");
        change(&mut config);
        let mut house = plot.build(config).await;
        house.people = demo::add_people(&house.running, &house.senses).await.expect("the people of the example");
        house
    }

    /// A house of this configuration. `public_url`, `listen` and `state` are given by the house; `files` lie beside it.
    pub async fn of(text: &str, files: &[(&str, &str)]) -> Self {
        let plot = Plot::new().await;
        let address = plot.listener.local_addr().unwrap();
        for (name, content) in files {
            std::fs::write(plot.directory.path().join(name), content).unwrap();
        }
        let text = format!("public_url = \"http://{address}\"\nlisten = \"{address}\"\nstate = \".\"\n{text}");
        let config = config::parse("vestibule.toml", &text, plot.directory.path());
        let config = config.unwrap_or_else(|errors| panic!("{errors}"));
        plot.build(config).await
    }

    /// Its public URL.
    pub fn origin(&self) -> String {
        self.http.origin()
    }

    /// Its folder of state.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Time passes.
    pub fn wait(&self, duration: Duration) {
        self.clock.set(self.clock.now() + duration);
    }

    /// Somebody of the sample company by their number.
    pub fn person(&self, employee_id: &str) -> &Person {
        self.people.iter().find(|person| person.employee_id == employee_id).expect("somebody of the example")
    }

    /// Adds somebody with [`PASSWORD`].
    pub async fn add_user(&self, email: &str, roles: &[&str]) -> User {
        self.add_user_with(email, roles, PASSWORD).await
    }

    /// Adds somebody with a password of their own.
    pub async fn add_user_with(&self, email: &str, roles: &[&str], password: &str) -> User {
        let (clock, random) = &self.senses;
        let user = User {
            id: UserId::generate(&**clock, &**random),
            org: OrgId::new("default"),
            email: email.to_owned(),
            name: email.to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            groups: Vec::new(),
            department: None,
            manager: None,
            attributes: std::collections::BTreeMap::new(),
            disabled: false,
        };
        let phc = self.running.passwords.hash(&Secret::new(password.to_owned())).await.unwrap();
        self.running.store.create_user(&user, Some(&phc)).await.unwrap();
        user
    }

    /// Gives somebody a second factor; the seed in base32.
    pub async fn enrol(&self, user: &UserId) -> String {
        let (clock, random): (&dyn Clock, &dyn Random) = (&*self.senses.0, &*self.senses.1);
        totp::enrol(&self.running.store, user, clock, random).await.unwrap()
    }

    /// The one-time code of a seed, now.
    pub fn code_of(&self, seed: &str) -> String {
        let seed = totp_rs::Secret::try_from_base32(seed).expect("base32");
        let totp =
            totp_rs::Builder::new().with_digits(6).with_step_duration(30).with_secret(seed).build().expect("a seed");
        totp.generate(u64::try_from(self.clock.now().as_seconds()).unwrap()).to_string()
    }

    /// Every record of the audit journal, oldest first.
    pub fn records(&self) -> Vec<Value> {
        let lines = self.running.journal.last(1_000_000).expect("a readable journal");
        lines.iter().map(|line| serde_json::from_str(line).expect("a record is JSON")).collect()
    }

    /// The newest event of one kind in the audit journal.
    pub fn last_event(&self, kind: &str) -> Option<Value> {
        let lines = self.running.journal.last(16).expect("a readable journal");
        let records = lines.iter().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        records.map(|mut record| record["event"].take()).find(|event| event["kind"] == kind)
    }

    /// The events of one kind in the audit journal, oldest first.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        let events = self.records().into_iter().filter_map(|mut record| Some(record.get_mut("event")?.take()));
        events.filter(|event| event["kind"] == kind).collect()
    }
}
