//! How long a document may be kept (RFC 9111).

use std::time::Duration;

use http::{HeaderMap, header};

/// The longest, whatever the other side says.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// When the other side says nothing (RFC 9111 section 4.2.2 leaves it to us).
const UNSAID: Duration = Duration::from_secs(5 * 60);

/// From `Cache-Control` and `Age`; `None` when it may not be kept, or is stale already.
pub(super) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let mut shortest: Option<u64> = None;
    for value in headers.get_all(header::CACHE_CONTROL) {
        for directive in value.to_str().ok()?.split(',') {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                // `no-cache` asks for a check before each use; we do none, so we keep nothing.
                "no-store" | "no-cache" => return None,
                // RFC 9111 section 4.2.1: an invalid lifetime is a stale one.
                "max-age" => {
                    let seconds = argument.trim().trim_matches('"').parse().unwrap_or(0);
                    shortest = Some(shortest.map_or(seconds, |have| have.min(seconds)));
                }
                _ => {}
            }
        }
    }
    let age = headers.get(header::AGE).and_then(|age| age.to_str().ok()?.parse().ok()).unwrap_or(0);
    let left = shortest.map_or(UNSAID, |seconds| Duration::from_secs(seconds).min(LONGEST));
    let left = left.saturating_sub(Duration::from_secs(age));
    (!left.is_zero()).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(&'static str, &str)]) -> Option<u64> {
        let lines = lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let headers: HeaderMap = lines.collect();
        max_age(&headers).map(|age| age.as_secs())
    }

    #[test]
    fn follows_cache_control() {
        assert_eq!(of(&[("cache-control", "max-age=60")]), Some(60));
        assert_eq!(of(&[("cache-control", "public, Max-Age = \"90\"")]), Some(90));
        assert_eq!(of(&[("cache-control", "max-age=999999999")]), Some(86_400));
        assert_eq!(of(&[("cache-control", "max-age=600"), ("age", "500")]), Some(100));
        assert_eq!(of(&[]), Some(300));
        for never in ["no-store", "max-age=60, NO-STORE", "no-cache", "max-age=0", "max-age=-1", "max-age=x"] {
            assert_eq!(of(&[("cache-control", never)]), None, "{never}");
        }
        assert_eq!(of(&[("cache-control", "max-age=60, max-age=30")]), Some(30));
    }
}
