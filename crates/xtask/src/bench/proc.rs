//! A running program under measurement: its CPU time and memory, from `/proc`.

use std::{
    fs,
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, ensure};

use crate::process::Stopwatch;

/// Clock ticks per second in `/proc/PID/stat`; fixed at 100 on Linux.
const TICKS: f64 = 100.0;

/// A program that ends when this is dropped.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    /// Starts `command` on this CPU only, and waits until it listens. Gives how long that took.
    pub(crate) fn start(cpu: u8, command: &Command, port: u16) -> anyhow::Result<(Self, Duration)> {
        // It must not outlive us, even when we are killed: it would spoil the next measurement.
        let mut pinned = Command::new("setpriv");
        pinned
            .args(["--pdeathsig", "KILL", "taskset", "-c", &cpu.to_string()])
            .arg(command.get_program())
            .args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            pinned.current_dir(folder);
        }
        pinned.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let watch = Stopwatch::start();
        let child = pinned.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn();
        let mut running = Self { child: child.with_context(|| format!("{command:?}"))? };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(running.child.try_wait()?.is_none(), "{command:?} ended before it listened on {port}");
            ensure!(watch.elapsed() < Duration::from_secs(30), "{command:?} does not listen on {port}");
            thread::sleep(Duration::from_millis(2));
        }
        Ok((running, watch.elapsed()))
    }

    /// Seconds of CPU it has used, in user and system mode, all threads.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may contain anything; what follows it does not.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
        let (user, system) = ticks(11).zip(ticks(12)).context("/proc/PID/stat")?;
        Ok((user + system) / TICKS)
    }

    /// Resident memory in megabytes.
    pub(crate) fn resident_megabytes(&self) -> anyhow::Result<f64> {
        self.megabytes("VmRSS:")
    }

    /// The most resident memory it ever had, in megabytes.
    pub(crate) fn peak_megabytes(&self) -> anyhow::Result<f64> {
        self.megabytes("VmHWM:")
    }

    fn megabytes(&self, name: &'static str) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context(name)?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes / 1024.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
