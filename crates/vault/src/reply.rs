//! What came back. Sealed: built only from an answer whose call is recorded on disk.
pub struct Reply { _p: () }
// status(), headers(): allow-listed (content-type, cache-control…, never www-authenticate/set-cookie), upstream_session() -> Option<&str>, into_body() -> egress Body
