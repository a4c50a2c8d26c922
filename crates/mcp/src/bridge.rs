//! The wire between the eras: what a message of one is in the other. Pure; whoever carries the messages decides when.
//!
//! Messages are put together from pieces of the bytes as they came, so unknown members, big integers and the order of
//! keys survive.
//!
//! ```text
//! splice       objects as raw text: one member read, set, taken out
//! opening      initialize ⇄ server/discover, and who the client is
//! request      the reserved members of _meta, added or taken away; ids
//! asks         what a server asks its client for
//! answer       results and errors in the other era
//! changes      what a server tells without being asked
//! observe      which era an answer shows
//! ```

mod answer;
mod asks;
mod changes;
mod observe;
mod opening;
mod request;
mod splice;

pub use answer::{Exchange, Toward};
pub use asks::{Ask, InputRequired, ServerRequest, failed, input_required, input_responses, outcome_of};
pub use changes::{Changes, about_resource, ended, is_change, tagged, untagged};
pub use observe::{Shown, observe};
pub use opening::{Client, Initialized, discover_request};
pub use request::{Wishes, log_level, to_stateful, to_stateless};
