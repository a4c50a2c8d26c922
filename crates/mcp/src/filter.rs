//! Filtering list results by splicing the original bytes: kept entries stay byte-identical.
use crate::Target;
/// Filters `result.tools|prompts|resources|resourceTemplates` of a response body. `keep` gets the entry's name (tools, prompts), uri
/// (resources) or uriTemplate. When the message is stateless-era, forces `cacheScope` to "private". Returns None when the body is not such a result (errors pass unchanged).
pub fn filter_list(body: &[u8], list: &Target<'_>, keep: impl FnMut(&str) -> bool) -> Option<Filtered> { todo!() }
pub struct Filtered { pub body: Vec<u8>, pub kept: usize, pub removed: usize }
