//! Values that must not be printed, compared with `==`, or written out.

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A secret. It has no `Debug`, `Display`, `PartialEq` or `Serialize`, and is wiped when dropped.
///
/// ```compile_fail
/// let secret = vestibule_model::Secret::new(String::from("k"));
/// println!("{secret:?}");
/// ```
/// ```compile_fail
/// let (a, b) = (vestibule_model::Secret::new(1u8), vestibule_model::Secret::new(1u8));
/// assert!(a == b);
/// ```
/// ```compile_fail
/// serde_json::to_string(&vestibule_model::Secret::new(String::from("k")));
/// ```
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes a secret in.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret in the clear. Each use is a place to review.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Compares in constant time with what somebody presented; the length may be learnt.
    pub fn matches(&self, presented: &[u8]) -> bool {
        self.0.as_ref().ct_eq(presented).into()
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Compares two byte strings in constant time for equal lengths.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_only_the_same_bytes() {
        let secret = Secret::new(String::from("hunter2"));
        assert!(secret.matches(b"hunter2"));
        assert!(!secret.matches(b"hunter3"));
        assert!(!secret.matches(b"hunter"));
    }
}
