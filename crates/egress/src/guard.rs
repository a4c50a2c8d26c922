//! Which addresses may be reached for URLs that others chose (CIMD documents, jwks_uri): resolve, refuse special-use, connect to the checked address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach { /// Only globally routable addresses (RFC 6890).
    PublicOnly, /// Loopback too; for development.
    PublicAndLoopback }
pub fn is_allowed(ip: std::net::IpAddr, reach: Reach) -> bool { todo!() }
