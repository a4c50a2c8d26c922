//! A stdio child: one JSON message per line, clean environment, stderr to the log, ended with its whole group.
//!
//! MCP, transports, stdio: messages are delimited by newlines and hold none; shutdown closes stdin, waits, then sends
//! SIGTERM, then SIGKILL.

mod lines;

use std::{io, process::Stdio, time::Duration};

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::AsyncWriteExt,
    process::{ChildStdin, Command},
    sync::mpsc,
    task::JoinHandle,
};
use tracing::{Instrument, Span};

/// How long the child has to end by itself, and again after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(2);
/// Messages on their way in and out; more wait in the pipes.
const QUEUE: usize = 64;

/// Why a child cannot be started or spoken to.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The program cannot be started; names the program, never its arguments.
    #[error("cannot start `{0}`")]
    Start(String, #[source] io::Error),
    /// It ended, or closed its standard input.
    #[error("the child has ended")]
    Ended,
    /// The message holds a line break and would be read as two.
    #[error("the message holds a line break")]
    LineBreak,
}

/// A running child. Dropping it kills its process group at once; [`Child::stop`] lets it end in peace.
pub struct Child {
    process: tokio::process::Child,
    group: Option<Pid>,
    input: Input,
    writer: JoinHandle<()>,
}

/// What a child may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ChildLimits {
    /// The most memory for itself, in bytes: heap and other private, writable memory (`RLIMIT_DATA`), not what it only
    /// reserves or shares. Beyond, it gets no more, and most programs end. Each process that it starts has as much for
    /// itself. It is set right after the start, so a program that starts others in its first instant may have some
    /// without it.
    pub memory: Option<u64>,
}

impl ChildLimits {
    #[cfg(target_os = "linux")]
    fn apply(self, process: Option<Pid>) -> io::Result<()> {
        use rustix::process::{Resource, Rlimit, prlimit};
        let Some(bytes) = self.memory else { return Ok(()) };
        let process = process.ok_or(io::ErrorKind::NotFound)?;
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        prlimit(Some(process), Resource::Data, limit).map(drop).map_err(Into::into)
    }

    #[cfg(not(target_os = "linux"))]
    fn apply(self, _: Option<Pid>) -> io::Result<()> {
        match self.memory {
            None => Ok(()),
            Some(_) => Err(io::Error::new(io::ErrorKind::Unsupported, "memory can be limited on Linux only")),
        }
    }
}

/// The standard input of a child. Cheap to clone.
#[derive(Clone)]
pub struct Input(mpsc::Sender<Bytes>);

impl Input {
    /// Writes one message and a newline.
    pub async fn send(&self, message: Bytes) -> Result<(), ChildError> {
        if message.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return Err(ChildError::LineBreak);
        }
        self.0.send(message).await.map_err(|_| ChildError::Ended)
    }
}

impl Child {
    /// Starts a program; no shell reads the arguments. Every line it prints arrives on the receiver, in order; the
    /// receiver ends when the child closes its output or prints a line above 16 MiB. Of our environment it gets
    /// `PATH` and `HOME`, and beyond that what is given. `label` marks its lines in the log, where they belong to `span`.
    pub fn start(
        argv: &[String],
        env: &[(String, String)],
        label: &str,
        limits: ChildLimits,
        span: &Span,
    ) -> Result<(Self, mpsc::Receiver<Bytes>), ChildError> {
        let program = argv.first().map_or("", String::as_str);
        let failed = |error| ChildError::Start(program.to_owned(), error);
        let mut process = command(argv, env).spawn().map_err(failed)?;
        let group = process.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        // What cannot be limited does not run: dropping the process kills it.
        limits.apply(group).map_err(failed)?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (process.stdin.take(), process.stdout.take(), process.stderr.take())
        else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let (input, messages) = mpsc::channel(QUEUE);
        let (sender, lines) = mpsc::channel(QUEUE);
        tokio::spawn(lines::forward(stdout, sender, label.to_owned()).instrument(span.clone()));
        tokio::spawn(lines::log(stderr, label.to_owned()).instrument(span.clone()));
        let writer = tokio::spawn(write(stdin, messages));
        Ok((Self { process, group, input: Input(input), writer }, lines))
    }

    /// Its standard input.
    pub fn input(&self) -> Input {
        self.input.clone()
    }

    /// Closes stdin, waits two seconds, SIGTERM, two seconds, SIGKILL; always for the whole group.
    pub async fn stop(mut self) {
        self.writer.abort();
        if !self.ends_in_time().await {
            self.signal(Signal::TERM);
            self.ends_in_time().await;
        }
        // Also when the child itself has ended: what it started may still run.
        self.signal(Signal::KILL);
        let _ = self.process.wait().await;
        self.group = None;
    }

    async fn ends_in_time(&mut self) -> bool {
        tokio::time::timeout(PATIENCE, self.process.wait()).await.is_ok()
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // It fails only when nobody is left in the group.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.writer.abort();
        self.signal(Signal::KILL);
    }
}

fn command(argv: &[String], env: &[(String, String)]) -> Command {
    let mut parts = argv.iter();
    let mut command = Command::new(parts.next().map_or("", String::as_str));
    command.args(parts).env_clear();
    for name in ["PATH", "HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.envs(env.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

async fn write(mut stdin: ChildStdin, mut messages: mpsc::Receiver<Bytes>) {
    while let Some(message) = messages.recv().await {
        let written = async {
            stdin.write_all(&message).await?;
            stdin.write_all(b"\n").await?;
            stdin.flush().await
        };
        if written.await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, env: &[(&str, &str)]) -> (Child, mpsc::Receiver<Bytes>) {
        let argv = ["/bin/sh", "-c", script].map(str::to_owned);
        let env: Vec<_> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Child::start(&argv, &env, "test", ChildLimits::default(), &Span::none()).unwrap()
    }

    /// Whether a process runs: a zombie that nobody has reaped yet does not.
    fn runs(pid: &str) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    }

    async fn is_gone(pid: &str) -> bool {
        for _ in 0..100 {
            if !runs(pid) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    #[tokio::test]
    async fn lines_go_in_and_come_out_in_order() {
        let (child, mut lines) = sh("cat", &[]);
        for n in 0..200 {
            child.input().send(Bytes::from(format!("{{\"n\":{n}}}"))).await.unwrap();
            assert_eq!(lines.recv().await.unwrap(), format!("{{\"n\":{n}}}"));
        }
        assert!(matches!(child.input().send(Bytes::from_static(b"a\nb")).await, Err(ChildError::LineBreak)));
        child.stop().await;
        assert_eq!(lines.recv().await, None);
    }

    #[tokio::test]
    async fn the_environment_is_clean() {
        let (child, mut lines) = sh("env | cut -d= -f1 | sort | tr '\\n' ' '; echo; echo $GIVEN", &[("GIVEN", "yes")]);
        let names = String::from_utf8(lines.recv().await.unwrap().to_vec()).unwrap();
        for name in names.split_whitespace() {
            // The shell itself sets the last three.
            assert!(["PATH", "HOME", "GIVEN", "PWD", "SHLVL", "_"].contains(&name), "{name}");
        }
        assert!(std::env::vars_os().count() > 2, "the test itself runs in a richer one");
        assert_eq!(lines.recv().await.unwrap(), "yes");
        child.stop().await;
    }

    #[tokio::test]
    async fn stop_ends_the_whole_group_even_against_its_will() {
        let (child, mut lines) =
            sh("trap '' TERM; (trap '' TERM; while :; do sleep 0.1; done) & echo $!; echo $$; wait", &[]);
        let grandchild = String::from_utf8(lines.recv().await.unwrap().to_vec()).unwrap();
        let leader = String::from_utf8(lines.recv().await.unwrap().to_vec()).unwrap();
        assert!(runs(&grandchild));
        child.stop().await;
        assert!(is_gone(&grandchild).await && is_gone(&leader).await);
    }

    #[tokio::test]
    async fn dropping_kills_the_group() {
        let (child, mut lines) = sh("sleep 60 & echo $!; wait", &[]);
        let grandchild = String::from_utf8(lines.recv().await.unwrap().to_vec()).unwrap();
        assert!(runs(&grandchild));
        drop(child);
        assert!(is_gone(&grandchild).await);
    }

    #[tokio::test]
    async fn a_line_without_end_ends_the_stream() {
        let (_child, mut lines) = sh("echo first; head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last", &[]);
        assert_eq!(lines.recv().await.unwrap(), "first");
        assert_eq!(lines.recv().await, None);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn memory_beyond_the_limit_is_not_given() {
        // The shell holds all that it reads in a variable.
        let script = "read go; x=$(head -c 50000000 /dev/zero | tr '\\0' x) && echo ${#x}; echo end";
        let argv = ["/bin/sh", "-c", script].map(str::to_owned);
        for (memory, given) in [(None, true), (Some(16 << 20), false)] {
            let (child, mut lines) = Child::start(&argv, &[], "test", ChildLimits { memory }, &Span::none()).unwrap();
            child.input().send(Bytes::from_static(b"go")).await.unwrap();
            let first = lines.recv().await;
            assert_eq!(first.as_deref() == Some(b"50000000"), given, "{first:?}");
            child.stop().await;
        }
    }

    #[tokio::test]
    async fn an_ended_child_takes_nothing_more() {
        let (child, mut lines) = sh("exit 3", &[]);
        assert_eq!(lines.recv().await, None);
        let mut result = Ok(());
        for _ in 0..200 {
            result = child.input().send(Bytes::from_static(b"{}")).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(matches!(result, Err(ChildError::Ended)));
    }

    #[tokio::test]
    async fn what_cannot_start_says_so_without_its_arguments() {
        let argv = ["/no/such/program", "--token=hunter2"].map(str::to_owned);
        let Err(error) = Child::start(&argv, &[], "test", ChildLimits::default(), &Span::none()) else {
            panic!("it started")
        };
        assert_eq!(error.to_string(), "cannot start `/no/such/program`");
        assert!(Child::start(&[], &[], "test", ChildLimits::default(), &Span::none()).is_err());
    }
}
