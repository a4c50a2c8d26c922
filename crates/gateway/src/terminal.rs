//! What a terminal is given.

use std::io::IsTerminal;

/// Whether text has colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Colours {
    On,
    Off,
}

impl Colours {
    /// Only for people who want them: at a terminal that can show them, without `NO_COLOR` (<https://no-color.org>).
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let unable = std::env::var_os("TERM").is_some_and(|kind| kind == "dumb");
        if stream.is_terminal() && !unwanted && !unable { Self::On } else { Self::Off }
    }
}
