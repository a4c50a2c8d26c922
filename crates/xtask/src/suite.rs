//! `cargo xtask test`: everything there is to check, one step after another.
//!
//! Each step says what it does and how long it took. A failing step does not hide the later ones. The last line is
//! always `N passed, N failed`; a test that was not run counts as failed.

use std::process::ExitCode;

use crate::{
    Findings, install,
    process::{self, Outcome, Stopwatch, command},
    tidy,
    workspace::{self, Workspace},
};

/// Passed and failed checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
}

impl Counts {
    const fn one(success: bool) -> Self {
        Self { passed: success as usize, failed: !success as usize }
    }
}

/// Runs every step.
pub(crate) fn all(workspace: &Workspace) -> ExitCode {
    let mut suite = Suite::new(workspace);
    suite.install();
    suite.cargo("formatting", &["fmt", "--all", "--check"], plain);
    suite.cargo("clippy", &["clippy", "--workspace", "--all-targets", "--locked", "-q", "--", "-D", "warnings"], plain);
    suite.findings("floors and bans", crate::layers);
    suite.findings("house rules", tidy::check);
    suite.cargo("Rust tests", &["test", "--workspace", "--locked", "--no-fail-fast"], rust_tests);
    suite.clients();
    suite.finish()
}

/// Runs only the real clients.
pub(crate) fn only_clients(workspace: &Workspace) -> ExitCode {
    let mut suite = Suite::new(workspace);
    suite.install();
    suite.clients();
    suite.finish()
}

struct Suite<'a> {
    workspace: &'a Workspace,
    total: Counts,
    failures: Vec<String>,
}

impl<'a> Suite<'a> {
    const fn new(workspace: &'a Workspace) -> Self {
        Self { workspace, total: Counts { passed: 0, failed: 0 }, failures: Vec::new() }
    }

    fn install(&mut self) {
        self.check("Debian packages: browser, fonts, openssl, npm, python", |w| install::debian(w, install::CLIENTS));
        self.check("npm packages of tests/clients", install::npm);
        self.check("PyPI packages of tests/clients", install::python);
    }

    /// Never against a binary of yesterday: without a build there is nothing to test.
    fn clients(&mut self) {
        let before = self.total.failed;
        let binaries = ["build", "--locked", "--bin", "vestibule", "--bin", "vestibule-fixture"];
        self.cargo("the binary and the conformance fixture", &binaries, plain);
        let built = self.total.failed == before;
        self.step("real clients against the real binary", |workspace| {
            anyhow::ensure!(built, "not run: the binary could not be built");
            let node = workspace.root().join("tests/clients/node_modules/.bin/node");
            process::run(command(workspace.root(), node, &["tests/clients/run.mjs"])).map(|outcome| clients(&outcome))
        });
    }

    fn step(&mut self, name: &str, work: impl FnOnce(&Workspace) -> anyhow::Result<Counts>) {
        println!("\n=== {name}");
        let watch = Stopwatch::start();
        let counts = work(self.workspace).unwrap_or_else(|error| {
            println!("{error:#}");
            Counts::one(false)
        });
        let verdict = if counts.failed == 0 { "ok" } else { "FAILED" };
        println!("--- {name}: {verdict}, {:.1} s", watch.elapsed().as_secs_f64());
        if counts.failed > 0 {
            self.failures.push(name.to_owned());
        }
        self.total.passed += counts.passed;
        self.total.failed += counts.failed;
    }

    fn check(&mut self, name: &str, work: impl FnOnce(&Workspace) -> anyhow::Result<()>) {
        self.step(name, |workspace| work(workspace).map(|()| Counts::one(true)));
    }

    fn findings(&mut self, name: &str, work: impl FnOnce(&Workspace) -> anyhow::Result<Findings>) {
        self.step(name, |workspace| {
            let findings = work(workspace)?;
            findings.print();
            Ok(Counts::one(findings.is_empty()))
        });
    }

    fn cargo(&mut self, name: &str, arguments: &[&str], count: impl FnOnce(&Outcome) -> Counts) {
        self.step(name, |workspace| {
            process::run(command(workspace.root(), workspace::cargo(), arguments)).map(|outcome| count(&outcome))
        });
    }

    fn finish(self) -> ExitCode {
        println!();
        for name in &self.failures {
            println!("FAILED: {name}");
        }
        println!("{} passed, {} failed", self.total.passed, self.total.failed);
        if self.total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

const fn plain(outcome: &Outcome) -> Counts {
    Counts::one(outcome.success)
}

/// Sums `test result: ok. 3 passed; 0 failed; 0 ignored; …` over all test binaries.
fn rust_tests(outcome: &Outcome) -> Counts {
    let mut counts = Counts::default();
    for line in outcome.lines.iter().filter(|line| line.starts_with("test result:")) {
        counts.passed += number_before(line, " passed");
        counts.failed += number_before(line, " failed") + number_before(line, " ignored");
    }
    with_exit_code(counts, outcome)
}

/// The runner's own last line: `clients: 40 passed, 0 failed`.
fn clients(outcome: &Outcome) -> Counts {
    let line = outcome.lines.iter().rev().find(|line| line.starts_with("clients: "));
    let counts = line.map_or_else(Counts::default, |line| Counts {
        passed: number_before(line, " passed"),
        failed: number_before(line, " failed"),
    });
    with_exit_code(counts, outcome)
}

/// A program that failed without a failed test, or that ran no test at all, is a failure of its own.
const fn with_exit_code(counts: Counts, outcome: &Outcome) -> Counts {
    let nothing = counts.passed == 0 && counts.failed == 0;
    if nothing || (!outcome.success && counts.failed == 0) {
        return Counts { passed: counts.passed, failed: counts.failed + 1 };
    }
    counts
}

fn number_before(line: &str, word: &str) -> usize {
    let before = line.split(word).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(success: bool, lines: &[&str]) -> Outcome {
        Outcome { success, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
    }

    #[test]
    fn rust_results_are_summed_and_ignored_tests_are_failures() {
        let lines = [
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ];
        assert_eq!(rust_tests(&outcome(true, &lines)), Counts { passed: 15, failed: 1 });
    }

    #[test]
    fn a_build_that_breaks_is_a_failure() {
        assert_eq!(rust_tests(&outcome(false, &[])), Counts { passed: 0, failed: 1 });
        assert_eq!(clients(&outcome(true, &[])), Counts { passed: 0, failed: 1 });
    }

    #[test]
    fn the_runner_of_the_clients_counts_for_itself() {
        let lines = ["ok    one", "clients: 40 passed, 2 failed"];
        assert_eq!(clients(&outcome(false, &lines)), Counts { passed: 40, failed: 2 });
        assert_eq!(clients(&outcome(false, &["clients: 40 passed, 0 failed"])), Counts { passed: 40, failed: 1 });
    }
}
