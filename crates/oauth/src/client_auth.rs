//! How a client proves itself (RFC 6749 section 2.3, RFC 7523): exactly one way per request.

use base64::{Engine, engine::general_purpose::STANDARD};
use vestibule_model::{Client, ClientAuthMethod, ClientId, Digest, Secret, secret::constant_time_eq};

use crate::{assertion, error::OAuthError, params::Params};

/// The registered name of JWT assertions (RFC 7523 section 2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a request brought to prove its client; nothing of it is checked yet.
pub struct Presented {
    /// Which client it claims to be.
    pub client: ClientId,
    /// With which proof.
    pub proof: Proof,
}

/// A proof, unchecked.
pub enum Proof {
    /// None: a public client.
    None,
    /// A secret, in the header or the form. In the header it may have two readings: decoded as the standard wants, and
    /// as it was sent, because many clients forget to encode it.
    Secret(Vec<Secret<String>>),
    /// A signed assertion.
    Assertion(String),
}

/// Reads the proof. `authorization` are all values of that header.
///
/// RFC 6749 section 2.3: the client MUST NOT use more than one authentication method in each request.
pub fn presented<'a>(
    mut authorization: impl Iterator<Item = &'a [u8]>,
    params: &Params,
) -> Result<Presented, OAuthError> {
    let header = authorization.next();
    if authorization.next().is_some() {
        return Err(OAuthError::request("more than one Authorization header"));
    }
    let named = params.get("client_id");
    match (header, params.get("client_secret"), assertion_of(params)?) {
        (Some(header), None, None) => basic(header, named),
        (None, Some(secret), None) => {
            let client = ClientId::new(params.require("client_id")?);
            Ok(Presented { client, proof: Proof::Secret(vec![Secret::new(secret.to_owned())]) })
        }
        (None, None, Some(jwt)) => from_assertion(jwt, named),
        (None, None, None) => Ok(Presented { client: ClientId::new(params.require("client_id")?), proof: Proof::None }),
        _ => Err(OAuthError::request("more than one way of client authentication")),
    }
}

fn assertion_of(params: &Params) -> Result<Option<&str>, OAuthError> {
    match (params.get("client_assertion_type"), params.get("client_assertion")) {
        (None, None) => Ok(None),
        (Some(JWT_BEARER), Some(jwt)) => Ok(Some(jwt)),
        _ => Err(OAuthError::request("client_assertion needs the type jwt-bearer, and the other way round")),
    }
}

/// RFC 6749 section 2.3.1: both parts are form-encoded, then joined and encoded for Basic.
fn basic(header: &[u8], named: Option<&str>) -> Result<Presented, OAuthError> {
    let text = std::str::from_utf8(header).map_err(|_| OAuthError::client())?;
    let (scheme, encoded) = text.split_once(' ').ok_or_else(OAuthError::client)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(OAuthError::client());
    }
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()).map(Secret::new);
    let decoded = decoded.ok_or_else(OAuthError::client)?;
    let (client, sent) = decoded.expose().split_once(':').ok_or_else(OAuthError::client)?;
    let client = form_decode(client)?;
    if named.is_some_and(|named| named != client) {
        return Err(OAuthError::request("client_id differs from the one in the Authorization header"));
    }
    let sent = Secret::new(sent.to_owned());
    // `=` at the end of a base64 secret, for one: no encoder leaves it, so there is only the one reading.
    let decoded = form_decode(sent.expose()).ok().map(Secret::new);
    let decoded = decoded.filter(|decoded| !decoded.matches(sent.expose().as_bytes()));
    let proof = Proof::Secret(decoded.into_iter().chain([sent]).collect());
    Ok(Presented { client: ClientId::new(client), proof })
}

/// Decodes one part. `&` and `=` would be separators to the decoder, but the encoder never leaves them bare.
fn form_decode(part: &str) -> Result<String, OAuthError> {
    if part.contains(['&', '=']) {
        return Err(OAuthError::client());
    }
    let decoded = form_urlencoded::parse(part.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default();
    if decoded.contains(char::REPLACEMENT_CHARACTER) { Err(OAuthError::client()) } else { Ok(decoded) }
}

fn from_assertion(jwt: &str, named: Option<&str>) -> Result<Presented, OAuthError> {
    let claimed = assertion::claimed_client(jwt).ok_or_else(OAuthError::client)?;
    // RFC 7521 section 4.2: client_id is optional, and MUST be the same client when it is there.
    if named.is_some_and(|named| named != claimed) {
        return Err(OAuthError::request("client_id differs from the subject of the assertion"));
    }
    Ok(Presented { client: ClientId::new(claimed), proof: Proof::Assertion(jwt.to_owned()) })
}

/// Whether a client with this registration may prove itself like this. The two ways of sending a secret are one: many
/// clients ignore which of them was registered, and neither is safer.
pub fn suits(client: &Client, proof: &Proof) -> bool {
    match client.auth_method {
        ClientAuthMethod::None => matches!(proof, Proof::None),
        ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost => matches!(proof, Proof::Secret(_)),
        ClientAuthMethod::PrivateKeyJwt => matches!(proof, Proof::Assertion(_)),
    }
}

/// Whether a reading of the secret is one of the client's. Every stored digest is compared, in constant time.
pub fn secret_matches(readings: &[Secret<String>], stored: &[Digest]) -> bool {
    let presented = readings.iter().map(|secret| Digest::of(secret.expose().as_bytes()));
    let is_stored = |digest: Digest| {
        stored.iter().fold(false, |found, have| found | constant_time_eq(have.as_bytes(), digest.as_bytes()))
    };
    presented.fold(false, |found, digest| found | is_stored(digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    fn read(headers: &[&str], form: &str) -> Result<Presented, OAuthError> {
        presented(headers.iter().map(|header| header.as_bytes()), &Params::parse(form.as_bytes()).unwrap())
    }

    fn basic_of(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    fn secret_of(presented: &Presented) -> Option<&str> {
        if let Proof::Secret(readings) = &presented.proof {
            readings.first().map(|secret| secret.expose().as_str())
        } else {
            None
        }
    }

    #[test]
    fn each_way_is_read() {
        let basic = read(&[&basic_of("https%3A%2F%2Fc.example%2Fid:p%3Aw+%25")], "").unwrap();
        assert_eq!((basic.client.as_str(), secret_of(&basic)), ("https://c.example/id", Some("p:w %")));
        let lower = read(&[&basic_of("a:b").replace("Basic", "basic")], "client_id=a").unwrap();
        assert_eq!(secret_of(&lower), Some("b"));
        let post = read(&[], "client_id=a&client_secret=b").unwrap();
        assert_eq!(secret_of(&post), Some("b"));
        assert!(matches!(read(&[], "client_id=a").unwrap().proof, Proof::None));
        assert!(matches!(read(&[], "client_id=a&client_secret=").unwrap().proof, Proof::None), "empty is absent");
    }

    /// `openssl rand -base64 32` ends in `=`, and popular clients put it into the header as it is.
    #[test]
    fn a_secret_that_was_not_encoded_counts_as_sent() {
        let readings = |sent: &str| match read(&[&basic_of(&format!("a:{sent}"))], "").unwrap().proof {
            Proof::Secret(readings) => readings.iter().map(|secret| secret.expose().clone()).collect::<Vec<_>>(),
            Proof::None | Proof::Assertion(_) => Vec::new(),
        };
        for sent in ["plain", "Zm9v/mFy/w==", "a%ffb", "a&b=c"] {
            assert_eq!(readings(sent), [sent]);
        }
        assert_eq!(readings("x+y%2Bz"), ["x y+z", "x+y%2Bz"]);
    }

    #[test]
    fn more_than_one_way_is_refused() {
        let basic = basic_of("a:b");
        for (headers, form) in [
            (vec![basic.as_str(), basic.as_str()], ""),
            (vec![basic.as_str()], "client_id=a&client_secret=b"),
            (vec![basic.as_str()], "client_id=other"),
            (vec![basic.as_str()], &format!("client_assertion_type={JWT_BEARER}&client_assertion=x")),
            (vec![], &format!("client_id=a&client_secret=b&client_assertion_type={JWT_BEARER}&client_assertion=x")),
            (vec![], "client_id=a&client_assertion=x"),
            (vec![], &format!("client_id=a&client_assertion_type={JWT_BEARER}")),
            (vec![], "client_id=a&client_assertion_type=urn:x&client_assertion=x"),
            (vec![], ""),
        ] {
            let error = read(&headers, form).err().map(|error| error.code);
            assert_eq!(error, Some(ErrorCode::InvalidRequest), "{headers:?} {form}");
        }
    }

    #[test]
    fn malformed_headers_are_an_unknown_client() {
        for header in [
            "",
            "Basic",
            "Basic ",
            "Basic !!!",
            "Bearer x",
            "Digest x",
            &basic_of("nocolon"),
            &basic_of("a%ff:b"),
            &basic_of("a&b:c"),
            &basic_of("a=b:c"),
        ] {
            assert_eq!(read(&[header], "").err().map(|error| error.code), Some(ErrorCode::InvalidClient), "{header}");
        }
        let latin = presented([&b"Basic \xff"[..]].into_iter(), &Params::parse(b"").unwrap());
        assert_eq!(latin.err().map(|error| error.code), Some(ErrorCode::InvalidClient));
    }

    #[test]
    fn a_secret_is_compared_with_each_digest() {
        let stored = [Digest::of(b"old"), Digest::of(b"new")];
        let matches =
            |text: &str, stored| secret_matches(&[Secret::new("x".into()), Secret::new(text.to_owned())], stored);
        assert!(matches("new", &stored) && matches("old", &stored));
        assert!(!matches("other", &stored) && !matches("", &stored) && !matches("", &[]));
        assert!(!secret_matches(&[], &stored));
    }
}
