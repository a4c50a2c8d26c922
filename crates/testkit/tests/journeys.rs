//! Journeys through the whole product, over real HTTP: who comes, what they try, and what must happen.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a journey fails by panicking"
)]

#[path = "journeys/asking.rs"]
mod asking;
#[path = "journeys/batches.rs"]
mod batches;
#[path = "journeys/binding.rs"]
mod binding;
#[path = "journeys/broken.rs"]
mod broken;
#[path = "journeys/browsers.rs"]
mod browsers;
#[path = "journeys/doors.rs"]
mod doors;
#[path = "journeys/eras.rs"]
mod eras;
#[path = "journeys/federation.rs"]
mod federation;
#[path = "journeys/federation_doors.rs"]
mod federation_doors;
#[path = "journeys/federation_guards.rs"]
mod federation_guards;
#[path = "journeys/federation_names.rs"]
mod federation_names;
#[path = "journeys/federation_streams.rs"]
mod federation_streams;
#[path = "journeys/hearing.rs"]
mod hearing;
#[path = "journeys/isolation.rs"]
mod isolation;
#[path = "journeys/malformed.rs"]
mod malformed;
#[path = "journeys/masking.rs"]
mod masking;
#[path = "journeys/masking_arguments.rs"]
mod masking_arguments;
#[path = "journeys/masking_bodies.rs"]
mod masking_bodies;
#[path = "journeys/masking_promises.rs"]
mod masking_promises;
#[path = "journeys/masking_pseudonyms.rs"]
mod masking_pseudonyms;
#[path = "journeys/masking_readers.rs"]
mod masking_readers;
#[path = "journeys/masking_sessions.rs"]
mod masking_sessions;
#[path = "journeys/masking_streams.rs"]
mod masking_streams;
#[path = "journeys/operators.rs"]
mod operators;
#[path = "journeys/permission_table.rs"]
mod permission_table;
#[path = "journeys/pins.rs"]
mod pins;
#[path = "journeys/race.rs"]
mod race;
#[path = "journeys/revocation.rs"]
mod revocation;
#[path = "journeys/round_trips.rs"]
mod round_trips;
#[path = "journeys/scene.rs"]
mod scene;
#[path = "journeys/scopes.rs"]
mod scopes;
#[path = "journeys/second_factor.rs"]
mod second_factor;
#[path = "journeys/secrets.rs"]
mod secrets;
#[path = "journeys/server_requests.rs"]
mod server_requests;
#[path = "journeys/sse_upstreams.rs"]
mod sse_upstreams;
#[path = "journeys/streaming.rs"]
mod streaming;
#[path = "journeys/tasks.rs"]
mod tasks;
#[path = "journeys/unauthorised.rs"]
mod unauthorised;
#[path = "journeys/upstreams.rs"]
mod upstreams;
#[path = "journeys/wires.rs"]
mod wires;
