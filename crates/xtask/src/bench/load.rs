//! One cell of the measurement: wrk against a candidate, and the CPU that the candidate used meanwhile.

use std::{path::PathBuf, process::Command, thread, time::Duration};

use anyhow::{Context, ensure};

use super::proc::Running;

/// How long one cell takes.
pub(crate) const SECONDS: u32 = 10;

/// What wrk sends, and where.
pub(crate) struct Load {
    pub(crate) script: PathBuf,
    pub(crate) url: String,
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) connections: u32,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    requests: f64,
    seconds: u32,
    cpu_seconds: f64,
    pub(crate) p99_millis: f64,
}

impl Measured {
    /// CPU microseconds per request.
    pub(crate) fn micros_per_request(&self) -> f64 {
        self.cpu_seconds * 1e6 / self.requests
    }

    /// Requests per second of CPU.
    pub(crate) fn per_cpu_second(&self) -> f64 {
        self.requests / self.cpu_seconds
    }

    /// Requests per second of the clock.
    pub(crate) fn per_second(&self) -> f64 {
        self.requests / f64::from(self.seconds)
    }
}

impl Load {
    /// A short warm-up, then the measurement. An answer that is not a success voids the cell.
    pub(crate) fn measure(&self, process: &Running) -> anyhow::Result<Measured> {
        self.measure_for(SECONDS, process)
    }

    /// The same for so many seconds.
    pub(crate) fn measure_for(&self, seconds: u32, process: &Running) -> anyhow::Result<Measured> {
        self.wrk(1)?;
        thread::sleep(Duration::from_millis(500));
        let before = process.cpu_seconds()?;
        let output = self.wrk(seconds)?;
        // What is still in flight when wrk stops belongs to the requests that were counted.
        thread::sleep(Duration::from_millis(500));
        let cpu_seconds = process.cpu_seconds()? - before;
        ensure!(!output.contains("Non-2xx"), "refused answers:\n{output}");
        let requests = find_number(&output, " requests in ").context("wrk printed no count")?;
        ensure!(requests > 0.0 && cpu_seconds > 0.0, "nothing was measured:\n{output}");
        Ok(Measured {
            requests,
            seconds,
            cpu_seconds,
            p99_millis: p99_millis(&output).context("wrk printed no latency")?,
        })
    }

    /// The answer to one such request.
    pub(crate) fn once(&self) -> anyhow::Result<String> {
        let lines = self.headers.lines().filter(|line| !line.is_empty()).flat_map(|line| ["-H", line]);
        let output =
            Command::new("curl").args(["-sS", "-d", &self.body]).args(lines).arg(&self.url).output().context("curl")?;
        Ok(String::from_utf8(output.stdout)?)
    }

    fn wrk(&self, seconds: u32) -> anyhow::Result<String> {
        let output = Command::new("taskset")
            .args(["-c", "1", "wrk", "-t1", "--latency"])
            .arg(format!("-c{}", self.connections))
            .arg(format!("-d{seconds}s"))
            .arg("-s")
            .arg(&self.script)
            .arg(&self.url)
            .env("HEADERS", &self.headers)
            .env("BODY", &self.body)
            .output()
            .context("wrk")?;
        ensure!(output.status.success(), "wrk: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// The number just before these words.
fn find_number(text: &str, words: &str) -> Option<f64> {
    let before = text.split(words).next().filter(|before| before.len() < text.len())?;
    before.rsplit(char::is_whitespace).next()?.parse().ok()
}

/// From a line like `     99%   12.70ms`.
fn p99_millis(text: &str) -> Option<f64> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix("99%"))?.trim();
    let (number, factor) = match value {
        value if value.ends_with("us") => (value.trim_end_matches("us"), 0.001),
        value if value.ends_with("ms") => (value.trim_end_matches("ms"), 1.0),
        value => (value.trim_end_matches('s'), 1000.0),
    };
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "Running 10s test @ http://127.0.0.1:1/mcp\n  1 threads and 32 connections\n  Latency Distribution\n     50%    1.20ms\n     99%   12.70ms\n  184291 requests in 10.01s, 50.00MB read\n";

    #[test]
    fn the_output_of_wrk_is_understood() {
        assert_eq!(find_number(OUTPUT, " requests in "), Some(184_291.0));
        assert_eq!(p99_millis(OUTPUT), Some(12.7));
        assert_eq!(p99_millis("  99%  812.00us\n"), Some(0.812));
        assert_eq!(find_number("no such thing", " requests in "), None);
    }

    #[test]
    fn figures_are_per_request_and_per_cpu_second() {
        let measured = Measured { requests: 100_000.0, seconds: 10, cpu_seconds: 4.0, p99_millis: 1.0 };
        assert!((measured.micros_per_request() - 40.0).abs() < 1e-9);
        assert!((measured.per_cpu_second() - 25_000.0).abs() < 1e-9);
    }
}
