//! Reading a child's lines, bounded: its output for us, its errors for the log.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, BufReader},
    process::{ChildStderr, ChildStdout},
    sync::mpsc,
    time::Instant,
};

/// The longest message.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;
/// The longest line of the log; the rest of it is dropped.
const MAX_LOG_LINE: usize = 2048;
/// The most lines per second in the log.
const LOG_LINES: u32 = 50;

/// What reading a line gave.
enum Line {
    /// A line, without its end.
    Whole(Bytes),
    /// The beginning of a line that is too long; reading goes on inside it.
    TooLong(Bytes),
    /// The stream ended, or broke.
    End,
}

/// Passes whole lines on until the stream ends, a line is too long or nobody listens any more.
pub(super) async fn forward(stdout: ChildStdout, sender: mpsc::Sender<Bytes>, label: String) {
    let mut reader = BufReader::with_capacity(64 * 1024, stdout);
    loop {
        match next(&mut reader, MAX_MESSAGE).await {
            Line::Whole(line) if line.is_empty() => {}
            Line::Whole(line) => {
                if sender.send(line).await.is_err() {
                    return;
                }
            }
            Line::TooLong(_) => {
                tracing::error!(child = label, limit = MAX_MESSAGE, "the child printed a line above the limit");
                return;
            }
            Line::End => return,
        }
    }
}

/// Writes the child's stderr to the log, at most so many lines a second. It is read to its end in any case: a full
/// pipe would stop the child.
pub(super) async fn log(stderr: ChildStderr, label: String) {
    let mut reader = BufReader::new(stderr);
    let mut budget = Budget::new(Instant::now());
    loop {
        let line = match next(&mut reader, MAX_LOG_LINE).await {
            Line::Whole(line) => line,
            Line::TooLong(line) => {
                if !skip_line(&mut reader).await {
                    return;
                }
                line
            }
            Line::End => return,
        };
        match budget.spend(Instant::now()) {
            Spend::Log { dropped: 0 } => {}
            Spend::Log { dropped } => tracing::warn!(child = label, dropped, "the child writes too much to stderr"),
            Spend::Drop => continue,
        }
        tracing::info!(child = label, "{}", printable(&line));
    }
}

/// Whether a line goes to the log.
#[derive(PartialEq, Eq, Debug)]
enum Spend {
    /// Yes; so many were dropped before it.
    Log { dropped: u32 },
    /// No.
    Drop,
}

/// So many lines in each second.
struct Budget {
    since: Instant,
    used: u32,
    dropped: u32,
}

impl Budget {
    fn new(now: Instant) -> Self {
        Self { since: now, used: 0, dropped: 0 }
    }

    fn spend(&mut self, now: Instant) -> Spend {
        if now.duration_since(self.since) >= Duration::from_secs(1) {
            (self.since, self.used) = (now, 0);
        }
        if self.used >= LOG_LINES {
            self.dropped = self.dropped.saturating_add(1);
            return Spend::Drop;
        }
        self.used += 1;
        Spend::Log { dropped: std::mem::take(&mut self.dropped) }
    }
}

/// A child must not write control sequences, or lines of its own making, into our log.
fn printable(line: &[u8]) -> String {
    String::from_utf8_lossy(line).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// One line of at most `limit` bytes, without `\n` or `\r\n`.
async fn next<R: AsyncRead + Unpin>(reader: &mut BufReader<R>, limit: usize) -> Line {
    let mut line = BytesMut::new();
    loop {
        let Ok(chunk) = reader.fill_buf().await else { return Line::End };
        if chunk.is_empty() {
            return if line.is_empty() { Line::End } else { Line::Whole(without_return(line)) };
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let piece = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
        let room = limit.saturating_sub(line.len());
        line.extend_from_slice(piece.get(..room).unwrap_or(piece));
        let (too_long, used) = (piece.len() > room, piece.len().min(room));
        reader.consume(if too_long { used } else { used + usize::from(end.is_some()) });
        if too_long {
            return Line::TooLong(line.freeze());
        }
        if end.is_some() {
            return Line::Whole(without_return(line));
        }
    }
}

/// Reads to the end of the line; whether there is more after it.
async fn skip_line<R: AsyncBufRead + Unpin>(reader: &mut R) -> bool {
    loop {
        let Ok(chunk) = reader.fill_buf().await else { return false };
        if chunk.is_empty() {
            return false;
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(chunk.len(), |at| at + 1);
        reader.consume(used);
        if end.is_some() {
            return true;
        }
    }
}

fn without_return(mut line: BytesMut) -> Bytes {
    if line.last() == Some(&b'\r') {
        line.truncate(line.len() - 1);
    }
    line.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(text: &str, capacity: usize, limit: usize) -> Vec<String> {
        let mut reader = BufReader::with_capacity(capacity, text.as_bytes());
        let mut out = Vec::new();
        loop {
            match next(&mut reader, limit).await {
                Line::Whole(line) => out.push(String::from_utf8_lossy(&line).into_owned()),
                Line::TooLong(line) => {
                    out.push(format!("{}…", String::from_utf8_lossy(&line)));
                    if !skip_line(&mut reader).await {
                        return out;
                    }
                }
                Line::End => return out,
            }
        }
    }

    #[tokio::test]
    async fn lines_are_whole_at_every_buffer_size() {
        for capacity in 1..12 {
            assert_eq!(lines("one\r\n\ntwo\nthree", capacity, 8).await, ["one", "", "two", "three"], "{capacity}");
            assert_eq!(
                lines("12345678\n123456789\nx\n", capacity, 8).await,
                ["12345678", "12345678…", "x"],
                "{capacity}"
            );
        }
    }

    #[test]
    fn the_log_is_bounded_per_second() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        for _ in 0..LOG_LINES {
            assert_eq!(budget.spend(start), Spend::Log { dropped: 0 });
        }
        for _ in 0..7 {
            assert_eq!(budget.spend(start + Duration::from_millis(999)), Spend::Drop);
        }
        assert_eq!(budget.spend(start + Duration::from_secs(1)), Spend::Log { dropped: 7 });
    }

    #[test]
    fn control_characters_do_not_reach_the_log() {
        assert_eq!(printable(b"a\x1b[2Jb\r\xffc"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}c");
    }
}
