//! What a caller is told of a part: in the words of the door where they came in by it.

use vestibule_model::{ScopeSet, federation};

use crate::arrival::Arrival;

/// The name of a tool or prompt, as the caller knows it.
pub(crate) fn name(arrival: &Arrival, own: &str) -> String {
    if arrival.is_through_federation() { federation::outside_name(&arrival.server.name, own) } else { own.to_owned() }
}

/// The URI of a resource, as the caller knows it.
pub(crate) fn uri(arrival: &Arrival, own: &str) -> String {
    if arrival.is_through_federation() { federation::outside_uri(&arrival.server.name, own) } else { own.to_owned() }
}

/// The complete set of scopes to ask for, as the caller asks for them.
pub(crate) fn scopes(arrival: &Arrival, complete: &ScopeSet) -> ScopeSet {
    if !arrival.is_through_federation() {
        return complete.clone();
    }
    let here = &arrival.principal().scopes;
    federation::scopes_outside(&arrival.server, arrival.granted(), here, complete)
}
