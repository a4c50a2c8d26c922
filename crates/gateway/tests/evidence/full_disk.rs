//! A full disk: what cannot be recorded is refused, and the calls go on when there is room again.

use std::{process::Command, time::Duration};

use crate::binary::{Binary, allowed, assert_sound, call, digest};

/// Files of the process may grow to this size, and no further.
fn limit_files(pid: u32, bytes: &str) {
    let pid = pid.to_string();
    let done = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:")]).status();
    assert!(done.expect("prlimit (util-linux) is there").success());
}

/// The size of the journal now.
fn journal_size(binary: &Binary) -> u64 {
    crate::binary::lines(&binary.state).iter().map(|line| line.len() as u64).sum()
}

#[tokio::test]
async fn a_full_disk_refuses_calls_and_they_go_on_when_there_is_room() {
    let mut binary = Binary::demo();
    let (agent, tokens) = binary.connect().await;
    let mut answered = Vec::new();
    let mut refused = Vec::new();
    limit_files(binary.child.id(), &(journal_size(&binary) + 20_000).to_string());
    for number in 0..200 {
        let answer = binary.http.send(call(&agent, &tokens, number)).await;
        match answer.status.as_u16() {
            200 => answered.push(number),
            503 => {
                assert!(
                    answer.json()["error"]["message"].as_str().unwrap().contains("audit journal"),
                    "{}",
                    answer.text()
                );
                assert!(answer.header("retry-after").is_some());
                refused.push(number);
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    assert!(!answered.is_empty() && refused.len() > 50, "{} answered, {} refused", answered.len(), refused.len());
    assert_eq!(agent.try_refresh(&tokens.refresh).await.status, 503, "no token leaves without its record");

    limit_files(binary.child.id(), "unlimited");
    let mut patience = 200;
    while binary.http.send(call(&agent, &tokens, 200)).await.status != 200 {
        patience -= 1;
        assert!(patience > 0, "it does not recover");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    answered.push(200);
    binary.stop();
    assert_sound(&binary.verify());
    let allowed = allowed(&binary.state);
    assert!(answered.iter().all(|number| allowed.contains(&digest(*number))), "answered without a record");
    println!("full disk: {} calls answered, {} refused, then served again", answered.len(), refused.len());
}
