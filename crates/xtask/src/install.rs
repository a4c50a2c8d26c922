//! What the tests need from outside: Debian, npm and PyPI packages. What is already there is left alone.

use std::{env, fs, path::Path, process::Command, thread, time::Duration};

use anyhow::{Context, ensure};

use crate::{
    process::{self, command},
    workspace::Workspace,
};

/// A Debian package, and how to see that what it brings is already there.
pub(crate) struct Need {
    package: &'static str,
    probe: &'static str,
}

/// For the real clients and their browser.
pub(crate) const CLIENTS: &[Need] = &[
    Need { package: "chromium", probe: "command -v chromium" },
    Need { package: "fonts-dejavu-core", probe: "fc-list | grep -q ." },
    Need { package: "openssl", probe: "command -v openssl" },
    Need { package: "npm", probe: "command -v npm" },
    Need { package: "python3-venv", probe: "python3 -c 'import ensurepip, venv'" },
];

/// For the bench.
pub(crate) const BENCH: &[Need] = &[
    Need { package: "wrk", probe: "command -v wrk" },
    Need { package: "nginx-light", probe: "command -v nginx || test -x /usr/sbin/nginx" },
    Need { package: "curl", probe: "command -v curl" },
    Need { package: "npm", probe: "command -v npm" },
    Need { package: "util-linux", probe: "command -v taskset" },
];

/// For libFuzzer, which is compiled along.
pub(crate) const FUZZ: &[Need] = &[Need { package: "g++", probe: "command -v c++" }];

const TRIES: u32 = 3;

/// Installs the missing Debian packages.
pub(crate) fn debian(workspace: &Workspace, needs: &[Need]) -> anyhow::Result<()> {
    let missing: Vec<&str> = needs.iter().filter(|need| !process::holds(need.probe)).map(|need| need.package).collect();
    if missing.is_empty() {
        println!("already here");
        return Ok(());
    }
    println!("missing: {}", missing.join(" "));
    ensure!(process::holds("command -v apt-get"), "this system has no apt-get; install by hand: {}", missing.join(" "));
    with_retries(|| apt(workspace, &["update", "-q"]))?;
    let mut arguments = vec!["install", "-q", "-y", "--no-install-recommends"];
    arguments.extend(missing);
    with_retries(|| apt(workspace, &arguments))
}

fn apt(workspace: &Workspace, arguments: &[&str]) -> Command {
    let root = process::holds("test \"$(id -u)\" = 0");
    let mut apt = if root {
        command(workspace.root(), "apt-get", arguments)
    } else {
        let mut sudo = command(workspace.root(), "sudo", &["-n", "apt-get"]);
        sudo.args(arguments);
        sudo
    };
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

/// Installs the npm packages of `tests/clients`, exactly as locked.
pub(crate) fn npm(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = workspace.root().join("tests/clients");
    let stamp = folder.join("node_modules/.installed");
    once_per_lock(&folder.join("package-lock.json"), &stamp, || {
        with_retries(|| command(&folder, "npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
    })
}

/// Installs the PyPI packages of `tests/clients` into `.cache/venv`.
pub(crate) fn python(workspace: &Workspace) -> anyhow::Result<()> {
    let root = workspace.root();
    let stamp = root.join(".cache/venv/.installed");
    once_per_lock(&root.join("tests/clients/requirements.txt"), &stamp, || {
        with_retries(|| command(root, "python3", &["-m", "venv", ".cache/venv"]))?;
        let pip = root.join(".cache/venv/bin/pip");
        with_retries(|| command(root, &pip, &["install", "-q", "-r", "tests/clients/requirements.txt"]))
    })
}

/// Installs unless it was already installed from this very lock file.
fn once_per_lock(lock: &Path, stamp: &Path, install: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let wanted = fs::read(lock).with_context(|| lock.display().to_string())?;
    if fs::read(stamp).is_ok_and(|installed| installed == wanted) {
        println!("already here");
        return Ok(());
    }
    install()?;
    fs::write(stamp, wanted).with_context(|| stamp.display().to_string())
}

/// Registries and mirrors fail now and then.
fn with_retries(make: impl Fn() -> Command) -> anyhow::Result<()> {
    for attempt in 1..=TRIES {
        if process::run(make())?.success {
            return Ok(());
        }
        println!("failed (try {attempt} of {TRIES})");
        if attempt < TRIES && env::var_os("CI").is_some() {
            thread::sleep(Duration::from_secs(10));
        }
    }
    anyhow::bail!("`{:?}` failed {TRIES} times", make())
}
