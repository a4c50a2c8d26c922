//! The network: one guarded HTTP client, streams and stdio children. Chooses no destination.
//!
//! | part | for | guard |
//! |---|---|---|
//! | [`client::Client`] | upstreams that the operator configured | no redirects, no proxies from the environment |
//! | [`fetch::Fetcher`] | URLs that somebody else chose | public addresses only, pinned, bounded in size and time |
//! | [`child::Child`] | commands that the operator configured | clean environment, own process group, bounded lines |

pub mod child;
pub mod client;
mod connect;
pub mod fetch;
pub mod guard;
mod stream;
mod tls;
