//! Errors have two halves: a public code and sentence, and a private cause; and one fault.

use std::{borrow::Cow, error::Error, fmt};

/// Whose mistake it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The caller's: a 4xx.
    Client,
    /// The server behind us: 502 or 504.
    Upstream,
    /// Ours, or a part of us that is down: 503 that names the part.
    Us,
}

/// An error with a public and a private half. `Display` shows only the public one.
#[derive(Debug)]
pub struct Problem {
    /// A stable, machine-readable code.
    pub code: &'static str,
    /// What the other side may read.
    pub public: Cow<'static, str>,
    /// Whose mistake it was.
    pub fault: Fault,
    /// What only our log may read.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// The caller's mistake.
    pub fn client(code: &'static str, public: impl Into<Cow<'static, str>>) -> Self {
        Self { code, public: public.into(), fault: Fault::Client, cause: None }
    }

    /// The mistake of the server behind us.
    pub fn upstream(code: &'static str, public: impl Into<Cow<'static, str>>) -> Self {
        Self { code, public: public.into(), fault: Fault::Upstream, cause: None }
    }

    /// A part of us is down: `part` says which.
    pub fn us(part: &'static str, public: impl Into<Cow<'static, str>>) -> Self {
        Self { code: part, public: public.into(), fault: Fault::Us, cause: None }
    }

    /// Adds the private cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
