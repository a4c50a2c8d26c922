//! The wires besides streamable HTTP. Each carries messages to and from a [`Channel`](crate::channel::Channel).

pub mod sse;
pub mod ticket;
pub mod ws;
