//! `kill -9` under load: whoever got an answer is in the journal.

use std::{
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::binary::{Binary, allowed, assert_sound, call, digest};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_call_has_its_record_and_the_chain_goes_on() {
    let mut binary = Binary::demo();
    let (agent, tokens) = binary.connect().await;
    let next = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (http, agent, tokens, next) = (binary.http.clone(), agent.clone(), tokens.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                let mut answered = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Ok(answer) = http.attempt(call(&agent, &tokens, number)).await else { return answered };
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    answered.push(number);
                }
            })
        })
        .collect();
    while next.load(Ordering::Relaxed) < 300 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    binary.child.kill().unwrap();
    binary.child.wait().unwrap();
    let mut answered = Vec::new();
    for caller in callers {
        answered.extend(caller.await.unwrap());
    }
    assert!(answered.len() >= 200, "only {} calls were answered", answered.len());
    let allowed = allowed(&binary.state);
    let missing: Vec<&usize> = answered.iter().filter(|number| !allowed.contains(&digest(**number))).collect();
    assert!(missing.is_empty(), "answered without a record: {missing:?}");
    assert_sound(&binary.verify());
    println!("kill -9: {} calls answered, {} recorded, none answered without a record", answered.len(), allowed.len());

    goes_on(&binary).await;
    assert_sound(&binary.verify());
}

/// The next start mends the end and adds to the same chain.
async fn goes_on(binary: &Binary) {
    let before = crate::binary::lines(&binary.state).len();
    let config = binary.state.join("vestibule.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let mut child = command.args(["serve", "--config"]).arg(config).stdout(Stdio::null()).spawn().unwrap();
    let health = || http::Request::get("/.well-known/jwks.json").body(bytes::Bytes::new()).unwrap();
    let mut patience = 600;
    while binary.http.attempt(health()).await.is_err() {
        patience -= 1;
        assert!(patience > 0 && child.try_wait().unwrap().is_none(), "it does not start again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(crate::binary::lines(&binary.state).len() > before);
}
