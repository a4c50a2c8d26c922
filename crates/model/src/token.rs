//! Opaque tokens of ours: `prefix_` + base64url(32 random bytes + CRC-32).
//!
//! The prefix lets people, log filters and secret scanners recognise them; the checksum refuses a
//! truncated or altered one before any look-up. Only the SHA-256 of a token is ever stored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{clock::Random, digest::Digest, secret::Secret};

/// What an opaque token is for. The prefixes never change once released.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenKind {
    /// An authorization code (RFC 6749 section 4.1.2).
    AuthorizationCode,
    /// A refresh token (RFC 6749 section 1.5).
    RefreshToken,
    /// A client secret (RFC 6749 section 2.3.1).
    ClientSecret,
    /// The cookie of a browser session.
    Session,
    /// The reference to an authorization request that waits for its user.
    Flow,
    /// A registration access token (RFC 7592).
    Registration,
    /// A sign-in whose second step is still to come.
    PendingLogin,
    /// Protects a form against cross-site requests.
    Csrf,
    /// Opens a WebSocket, once.
    Ticket,
}

impl TokenKind {
    /// The prefix, without the underscore.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "vac",
            Self::RefreshToken => "vrt",
            Self::ClientSecret => "vcs",
            Self::Session => "vss",
            Self::Flow => "vfl",
            Self::Registration => "vrg",
            Self::PendingLogin => "vpl",
            Self::Csrf => "vcf",
            Self::Ticket => "vti",
        }
    }
}

/// A freshly made token: the text to hand out once, and the digest to keep.
pub struct OpaqueToken {
    text: Secret<String>,
    digest: Digest,
}

impl OpaqueToken {
    /// Draws 256 bits.
    pub fn generate(kind: TokenKind, random: &dyn Random) -> Self {
        let mut bytes = [0u8; 36];
        let (body, sum) = bytes.split_at_mut(32);
        random.fill(body);
        sum.copy_from_slice(&crc32(body).to_be_bytes());
        let text = format!("{}_{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes));
        Self { digest: Digest::of(text.as_bytes()), text: Secret::new(text) }
    }

    /// The text to hand to its owner.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// What the store keeps.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Checks the form of a presented token and gives the digest to look up; `None` for another kind,
    /// another length, a non-canonical encoding or a wrong checksum.
    pub fn parse(kind: TokenKind, presented: &str) -> Option<Digest> {
        let body = presented.strip_prefix(kind.prefix())?.strip_prefix('_')?;
        let bytes = URL_SAFE_NO_PAD.decode(body).ok()?;
        let (random, sum) = bytes.split_at_checked(32)?;
        (sum == crc32(random).to_be_bytes()).then(|| Digest::of(presented.as_bytes()))
    }
}

/// CRC-32 (IEEE 802.3), bit by bit: it runs over 32 bytes, a table would not pay.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededRandom;

    #[test]
    fn crc_has_the_check_value_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn only_the_exact_token_parses() {
        let token = OpaqueToken::generate(TokenKind::RefreshToken, &SeededRandom::new(1));
        let text = token.expose();
        assert_eq!(OpaqueToken::parse(TokenKind::RefreshToken, text), Some(token.digest()));
        assert_eq!(OpaqueToken::parse(TokenKind::AuthorizationCode, text), None);
        for end in 0..text.len() {
            assert_eq!(OpaqueToken::parse(TokenKind::RefreshToken, &text[..end]), None, "prefix of {end}");
        }
        for suffix in ["=", "A", " ", "\n", "AAAA"] {
            assert_eq!(OpaqueToken::parse(TokenKind::RefreshToken, &format!("{text}{suffix}")), None);
        }
        for (at, _) in text.char_indices().skip(4) {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            assert_eq!(OpaqueToken::parse(TokenKind::RefreshToken, &altered), None, "altered at {at}");
        }
    }
}
