//! Ed25519 signatures of checkpoints and of the head file.

use std::io;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use vestibule_model::Digest;

use super::record::write_hex;

/// Bytes of a signature.
pub(super) const SIGNATURE_LEN: usize = 64;

// Labels keep a signature for one purpose from passing for another.
const CHECKPOINT: &[u8] = b"vestibule audit checkpoint 1\0";
const HEAD: &[u8] = b"vestibule audit head 1\0";

/// The node's key.
pub(super) struct Signer {
    pair: Ed25519KeyPair,
    public_hex: String,
}

impl Signer {
    /// From PKCS #8, as the key store keeps it.
    pub(super) fn new(pkcs8: &[u8]) -> io::Result<Self> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|rejected| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("the journal's key is not Ed25519: {rejected}"))
        })?;
        let mut hex = Vec::with_capacity(64);
        write_hex(&mut hex, pair.public_key().as_ref());
        let public_hex = String::from_utf8_lossy(&hex).into_owned();
        Ok(Self { pair, public_hex })
    }

    /// The 32 bytes of the public key.
    pub(super) fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    pub(super) fn public_hex(&self) -> &str {
        &self.public_hex
    }

    pub(super) fn sign_checkpoint(&self, hash: Digest) -> Vec<u8> {
        self.pair.sign(&[CHECKPOINT, hash.as_bytes()].concat()).as_ref().to_vec()
    }

    pub(super) fn sign_head(&self, text: &[u8]) -> Vec<u8> {
        self.pair.sign(&[HEAD, text].concat()).as_ref().to_vec()
    }
}

pub(super) fn checkpoint_is_signed(key: &[u8], hash: Digest, signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(&[CHECKPOINT, hash.as_bytes()].concat(), signature).is_ok()
}

pub(super) fn head_is_signed(key: &[u8], text: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(&[HEAD, text].concat(), signature).is_ok()
}
