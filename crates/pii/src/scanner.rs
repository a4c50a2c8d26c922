//! The scanner: text and JSON in, findings out.

use crate::{
    config::Config,
    context::{Surroundings, Text},
    engine::Engine,
    finding::{Finding, Site},
};

/// Finds personal data. Build one per configuration and share it.
#[derive(Debug)]
pub struct Scanner {
    engine: Engine,
    config: Config,
}

impl Scanner {
    /// A scanner for a configuration.
    pub fn new(config: Config) -> Self {
        Self { engine: Engine::new(&config), config }
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What is in a text that is no JSON.
    pub fn scan_text(&self, text: &str) -> Vec<Finding> {
        let text = Text::new(text.as_bytes(), Surroundings::default());
        let found = self.engine.scan(&text);
        found
            .into_iter()
            .map(|candidate| Finding {
                range: candidate.start..candidate.end,
                kind: candidate.kind,
                score: u8::try_from(candidate.score.clamp(0, 100)).unwrap_or(100),
                site: Site::Text,
            })
            .collect()
    }
}
