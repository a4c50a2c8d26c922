//! AEAD envelope, AES-256-GCM, per-row key by HKDF, associated data = version | table | column | row id.
use vestibule_model::{Random, Secret};
/// Holds the key-encryption keys (current first, older ones only open).
#[derive(Clone)]
pub struct Sealer;
#[derive(Debug, thiserror::Error)]
#[error("a sealed value cannot be opened")]
pub struct OpenError;
impl Sealer {
    /// `keys`: 32 bytes each; the first seals, all open (key id = first 4 bytes of SHA-256 of the key).
    pub fn new(keys: Vec<Secret<[u8; 32]>>) -> Self { todo!() }
    /// A fresh random key that dies with the process (memory mode).
    pub fn ephemeral(random: &dyn Random) -> Self { todo!() }
    /// Output: version(1) | key id(4) | nonce(12) | ciphertext+tag.
    pub fn seal(&self, table: &str, column: &str, row: &str, plaintext: &[u8], random: &dyn Random) -> Vec<u8> { todo!() }
    /// Fails for any other table, column, row or key, and for any changed byte.
    pub fn open(&self, table: &str, column: &str, row: &str, sealed: &[u8]) -> std::result::Result<Secret<Vec<u8>>, OpenError> { todo!() }
}
