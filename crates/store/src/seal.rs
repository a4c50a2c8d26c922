//! Sealed columns: AES-256-GCM under a key of the row's own, with the place in the database as associated data.
//!
//! The key of a cell is HKDF-SHA256(key-encryption key, info = table | column | row), each part preceded by its
//! length. A ciphertext that is moved to another cell meets another key and other associated data, and does not
//! open. A key that seals one cell only makes nonces unlikely to repeat however many cells there are.

use std::sync::Arc;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce},
    constant_time::verify_slices_are_equal,
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
};
use vestibule_model::{Digest, Random, Secret};

const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 4;
const HEADER_LEN: usize = 1 + KEY_ID_LEN + NONCE_LEN;
const CELL: &[u8] = b"vestibule cell v1";
const TAG: &[u8] = b"vestibule tag v1";
/// The length of a tag, in bytes.
pub const TAG_LEN: usize = 16;
const ANSWER: &[u8] = b"vestibule answer v1";

/// Holds the key-encryption keys (current first, older ones only open).
#[derive(Clone)]
pub struct Sealer {
    keys: Arc<[Kek]>,
}

/// A key-encryption key, already extracted (RFC 5869 section 2.2).
struct Kek {
    id: [u8; KEY_ID_LEN],
    prk: Prk,
}

struct TagLength;

impl KeyType for TagLength {
    fn len(&self) -> usize {
        TAG_LEN
    }
}

/// The value was changed, moved, or sealed by a key we do not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a sealed value cannot be opened")]
pub struct OpenError;

impl Sealer {
    /// `keys`: 32 bytes each; the first seals, all open (key id = first 4 bytes of SHA-256 of the key).
    pub fn new(keys: Vec<Secret<[u8; 32]>>) -> Self {
        Self { keys: keys.iter().map(Kek::new).collect() }
    }

    /// A fresh random key that dies with the process (memory mode).
    pub fn ephemeral(random: &dyn Random) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        Self::new(vec![Secret::new(key)])
    }

    /// Output: version(1) | key id(4) | nonce(12) | ciphertext and tag.
    pub fn seal(&self, table: &str, column: &str, row: &str, plaintext: &[u8], random: &dyn Random) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let place = place([table, column, row]);
        // A sealer without keys, or a message of 64 GiB: there is nothing safe to write down.
        self.keys.first().and_then(|kek| kek.seal(&place, nonce, plaintext)).unwrap_or_else(|| std::process::abort())
    }

    /// A tag for the content of a cell: whoever brings both back got them from us. The same content has the same tag, and
    /// under another key or in another place another.
    pub fn tag(&self, table: &str, column: &str, row: &str) -> [u8; TAG_LEN] {
        let place = place([table, column, row]);
        // A sealer without keys: there is nothing safe to write down.
        self.keys.first().and_then(|kek| kek.tag(&place)).unwrap_or_else(|| std::process::abort())
    }

    /// Whether it is the tag of this content by any of the keys; compared in constant time.
    pub fn is_tag(&self, table: &str, column: &str, row: &str, presented: &[u8]) -> bool {
        let place = place([table, column, row]);
        let mut tags = self.keys.iter().filter_map(|kek| kek.tag(&place));
        tags.any(|tag| verify_slices_are_equal(&tag, presented).is_ok())
    }

    /// Fails for any other table, column, row or key, and for any changed byte.
    pub fn open(&self, table: &str, column: &str, row: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, OpenError> {
        let (header, body) = sealed.split_at_checked(HEADER_LEN).ok_or(OpenError)?;
        let (version, rest) = header.split_first().ok_or(OpenError)?;
        let (id, nonce) = rest.split_at_checked(KEY_ID_LEN).ok_or(OpenError)?;
        if *version != VERSION {
            return Err(OpenError);
        }
        let kek = self.keys.iter().find(|kek| kek.id == id).ok_or(OpenError)?;
        kek.open(&place([table, column, row]), nonce, body).map(Secret::new).ok_or(OpenError)
    }
}

impl Kek {
    fn new(key: &Secret<[u8; 32]>) -> Self {
        let mut id = [0; KEY_ID_LEN];
        for (to, from) in id.iter_mut().zip(Digest::of(key.expose()).as_bytes()) {
            *to = *from;
        }
        Self { id, prk: Salt::new(HKDF_SHA256, CELL).extract(key.expose()) }
    }

    fn tag(&self, place: &[u8]) -> Option<[u8; TAG_LEN]> {
        let info = [TAG, place];
        let mut tag = [0; TAG_LEN];
        // HKDF-Expand is a pseudorandom function of its info (RFC 5869 section 2.3).
        self.prk.expand(&info, TagLength).ok()?.fill(&mut tag).ok()?;
        Some(tag)
    }

    fn seal(&self, place: &[u8], nonce: [u8; NONCE_LEN], plaintext: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(HEADER_LEN + plaintext.len() + AES_256_GCM.tag_len());
        out.push(VERSION);
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&nonce);
        encrypt(&self.prk, place, nonce, plaintext, &mut out)?;
        Some(out)
    }

    fn open(&self, place: &[u8], nonce: &[u8], body: &[u8]) -> Option<Vec<u8>> {
        decrypt(&self.prk, place, nonce, body)
    }
}

/// Version and the three names, each preceded by its length: no two places read alike.
fn place(parts: [&str; 3]) -> Vec<u8> {
    let mut out = vec![VERSION];
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out
}

fn key(prk: &Prk, place: &[u8]) -> Option<LessSafeKey> {
    let info = [place];
    let okm = prk.expand(&info, &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(okm.into()))
}

fn encrypt(prk: &Prk, place: &[u8], nonce: [u8; NONCE_LEN], plaintext: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    out.extend_from_slice(plaintext);
    let tag = key(prk, place)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), out.get_mut(start..)?)
        .ok()?;
    out.extend_from_slice(tag.as_ref());
    Some(())
}

fn decrypt(prk: &Prk, place: &[u8], nonce: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut buffer = body.to_vec();
    let length = key(prk, place)?.open_in_place(nonce, Aad::from(place), &mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

/// Encrypts an answer under a key derived from the token that asked for it (HKDF), so that whoever reads the
/// store cannot open it: the store knows the token's digest only. Output: version(1) | nonce(12) | ciphertext.
/// The nonce is a digest over token and answer: one token never seals two answers under one nonce.
pub fn seal_for_holder(presented: &str, answer: &[u8]) -> Vec<u8> {
    let bound = Digest::of_parts([ANSWER, presented.as_bytes(), answer]);
    let mut nonce = [0; NONCE_LEN];
    for (to, from) in nonce.iter_mut().zip(bound.as_bytes()) {
        *to = *from;
    }
    let mut out = vec![VERSION];
    out.extend_from_slice(&nonce);
    match encrypt(&holder(presented), ANSWER, nonce, answer, &mut out) {
        Some(()) => out,
        None => std::process::abort(),
    }
}

/// Opens what [`seal_for_holder`] made; `None` for any other token or any changed byte.
pub fn open_as_holder(presented: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (version, rest) = sealed.split_first()?;
    let (nonce, body) = rest.split_at_checked(NONCE_LEN)?;
    (*version == VERSION).then(|| decrypt(&holder(presented), ANSWER, nonce, body))?
}

fn holder(presented: &str) -> Prk {
    Salt::new(HKDF_SHA256, ANSWER).extract(presented.as_bytes())
}

#[cfg(test)]
mod tests {
    use vestibule_model::clock::SeededRandom;

    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(vec![Secret::new([byte; 32])])
    }

    #[test]
    fn a_tag_holds_for_its_content_under_its_keys_only() {
        let (old, new) = ([1; 32], [2; 32]);
        let tag = Sealer::new(vec![Secret::new(old)]).tag("t", "c", "row");
        let rotated = Sealer::new(vec![Secret::new(new), Secret::new(old)]);
        assert!(rotated.is_tag("t", "c", "row", &tag), "an older key still counts");
        assert_eq!(rotated.tag("t", "c", "row"), rotated.tag("t", "c", "row"));
        assert_ne!(rotated.tag("t", "c", "row"), tag);
        for (table, column, row) in [("t", "c", "ro"), ("t", "cr", "ow"), ("", "tc", "row")] {
            assert!(!rotated.is_tag(table, column, row, &tag), "{table} {column} {row}");
        }
        assert!(!rotated.is_tag("t", "c", "row", &tag[..15]) && !rotated.is_tag("t", "c", "row", b""));
        assert!(!sealer(3).is_tag("t", "c", "row", &tag));
    }

    #[test]
    fn a_cell_opens_only_in_its_place() {
        let (sealer, random) = (sealer(7), SeededRandom::new(1));
        let names = ["a", "b", "ab", "", "a|b"];
        let mut cells = Vec::new();
        for table in names {
            for column in names {
                for row in names {
                    let text = format!("{table}/{column}/{row}");
                    cells.push(((table, column, row), sealer.seal(table, column, row, text.as_bytes(), &random), text));
                }
            }
        }
        for (at, ((table, column, row), _, text)) in cells.iter().enumerate() {
            for (from, (_, sealed, _)) in cells.iter().enumerate() {
                let opened = sealer.open(table, column, row, sealed).ok().map(|secret| secret.expose().clone());
                assert_eq!(opened, (at == from).then(|| text.clone().into_bytes()), "cell {from} put into {at}");
            }
        }
    }

    #[test]
    fn every_bit_counts() {
        let (sealer, random) = (sealer(7), SeededRandom::new(1));
        let sealed = sealer.seal("factors", "secret", "x", b"JBSWY3DPEHPK3PXP", &random);
        for at in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[at / 8] ^= 1 << (at % 8);
            assert!(sealer.open("factors", "secret", "x", &bad).is_err(), "bit {at}");
        }
        for end in 0..sealed.len() {
            assert!(sealer.open("factors", "secret", "x", &sealed[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn an_old_key_opens_and_an_unknown_one_does_not() {
        let random = SeededRandom::new(1);
        let sealed = sealer(1).seal("t", "c", "r", b"secret", &random);
        let rotated = Sealer::new(vec![Secret::new([2; 32]), Secret::new([1; 32])]);
        assert_eq!(rotated.open("t", "c", "r", &sealed).unwrap().expose(), b"secret");
        assert!(sealer(2).open("t", "c", "r", &sealed).is_err());
        let fresh = rotated.seal("t", "c", "r", b"secret", &random);
        assert!(sealer(1).open("t", "c", "r", &fresh).is_err(), "the first key seals");
        assert_ne!(fresh, rotated.seal("t", "c", "r", b"secret", &random), "a fresh nonce each time");
    }

    #[test]
    fn only_the_holder_opens_an_answer() {
        let sealed = seal_for_holder("vrt_a", b"{\"access_token\":\"x\"}");
        assert_eq!(open_as_holder("vrt_a", &sealed).as_deref(), Some(b"{\"access_token\":\"x\"}".as_slice()));
        assert_eq!(open_as_holder("vrt_b", &sealed), None);
        for at in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[at / 8] ^= 1 << (at % 8);
            assert_eq!(open_as_holder("vrt_a", &bad), None, "bit {at}");
        }
        assert_eq!(open_as_holder("vrt_a", b""), None);
    }
}
