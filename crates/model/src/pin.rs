//! How the tool definitions of a server are guarded.

/// What happens when a server changes the definition of a tool, or lists one that looks like another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PinMode {
    /// Nothing is recorded.
    Off,
    /// It is recorded and reported, and passes.
    #[default]
    Warn,
    /// The tool is out of service until an administrator has approved the new definition.
    Hold,
}
