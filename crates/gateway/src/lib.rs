//! The binary: commands, configuration, wiring and listeners.
