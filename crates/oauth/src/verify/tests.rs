//! How other libraries were led to accept a forged or foreign token, each as a test.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vestibule_model::{
    Clock, KeyId,
    clock::{ManualClock, SeededRandom},
};

use super::*;
use crate::{
    issue::sign_claims,
    jws,
    keys::{Algorithm, KeyChange, RotationPlan, SigningKey, plan_rotation},
};

const ISSUER: &str = "https://gate.example.com";
const RESOURCE: &str = "https://gate.example.com/mcp/hr";

struct House {
    keys: Vec<SigningKey>,
    ring: KeyRing,
    now: Timestamp,
}

fn house(algorithm: Algorithm) -> House {
    let clock = ManualClock::new(Timestamp::from_seconds(1_800_000_000));
    let plan = plan_rotation(&[], &RotationPlan::default(), algorithm, &clock, &SeededRandom::new(7)).unwrap();
    let keys: Vec<_> =
        plan.into_iter().filter_map(|change| if let KeyChange::Add(key) = change { Some(key) } else { None }).collect();
    House { ring: KeyRing::new(keys.clone()).unwrap(), keys, now: clock.now() }
}

fn token(now: Timestamp) -> AccessToken {
    AccessToken {
        issuer: ISSUER.into(),
        audience: ResourceUri::new(RESOURCE),
        subject: "usr_1".into(),
        client: "cli_1".into(),
        org: "org_1".into(),
        grant: "grt_1".into(),
        scopes: ScopeSet::parse("tools:*").unwrap(),
        authentication: Authentication { acr: Acr::Multi, amr: vec!["pwd".into(), "otp".into()], auth_time: now },
        id: "jti_1".into(),
        issued_at: now,
        expires_at: now + Duration::from_secs(600),
    }
}

fn claims(now: Timestamp) -> Value {
    let seconds = now.as_seconds();
    json!({"iss": ISSUER, "exp": seconds + 600, "aud": RESOURCE, "sub": "usr_1", "client_id": "cli_1", "iat": seconds,
        "nbf": seconds, "jti": "jti_1", "scope": "tools:*", "org_id": "org_1", "grant_id": "grt_1", "acr": "aal1",
        "amr": ["pwd"], "auth_time": seconds})
}

fn check(house: &House, raw: &str) -> Result<VerifiedToken, TokenError> {
    verify(raw, &house.ring, ISSUER, &ResourceUri::new(RESOURCE), house.now)
}

#[test]
fn what_was_signed_comes_back() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let house = house(algorithm);
        let token = token(house.now);
        let raw = token.sign(&house.ring).unwrap();
        assert_eq!(check(&house, &raw).unwrap().into_claims(), token, "{algorithm:?}");
    }
}

#[test]
fn every_altered_byte_is_refused() {
    let house = house(Algorithm::EdDsa);
    let raw = token(house.now).sign(&house.ring).unwrap();
    for at in 0..raw.len() {
        let mut bytes = raw.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(check(&house, std::str::from_utf8(&bytes).unwrap()).is_err(), "byte {at}");
        assert!(check(&house, &raw[..at]).is_err(), "cut at {at}");
    }
}

/// CVE-2026-25537: wrong-typed times were skipped.
#[test]
fn each_registered_claim_with_each_wrong_type_is_refused() {
    let house = house(Algorithm::EdDsa);
    let good = claims(house.now);
    let sign = |claims: &Value| sign_claims(&house.ring, "at+jwt", claims, house.now).unwrap();
    assert!(check(&house, &sign(&good)).is_ok());
    for name in good.as_object().unwrap().keys() {
        let mut missing = good.clone();
        missing.as_object_mut().unwrap().remove(name);
        assert!(check(&house, &sign(&missing)).is_err(), "without {name}");
        let own_type = |value: &Value| std::mem::discriminant(value) == std::mem::discriminant(&good[name]);
        let wrong = [
            json!(null),
            json!(true),
            json!("x"),
            json!(1.5),
            json!(-1),
            json!([]),
            json!([1]),
            json!({}),
            json!([RESOURCE]),
        ];
        for value in wrong {
            if own_type(&value) && !value.is_number() {
                continue;
            }
            let mut bad = good.clone();
            bad[name] = value.clone();
            assert!(check(&house, &sign(&bad)).is_err(), "{name} = {value}");
        }
    }
}

#[test]
fn duplicate_claims_and_odd_numbers_are_refused() {
    let house = house(Algorithm::EdDsa);
    let good = claims(house.now).to_string();
    let exp = format!("\"exp\":{}", house.now.as_seconds() + 600);
    assert!(good.contains(&exp));
    for replacement in [
        format!("{exp},{exp}"),
        "\"exp\":1e400".into(),
        "\"exp\":NaN".into(),
        "\"exp\":Infinity".into(),
        "\"exp\":1.8e10".into(),
        "\"exp\":99999999999999999999".into(),
        "\"exp\":\"1800000600\"".into(),
        "\"exp\":18446744073709551616".into(),
        "\"exp\":-1".into(),
    ] {
        let bad = good.replace(&exp, &replacement);
        let raw = house.ring.sign("at+jwt", bad.as_bytes(), house.now).unwrap();
        assert_eq!(check(&house, &raw).unwrap_err(), TokenError::Malformed, "{replacement}");
    }
}

/// CVE-2026-22817 and others: the header's algorithm chose the check.
#[test]
fn the_header_never_chooses_the_algorithm() {
    let house = house(Algorithm::EdDsa);
    let kid = &house.keys[0].id;
    let body = claims(house.now).to_string();
    for alg in ["none", "nOnE", "None", "", "HS256", "HS512", "RS256", "ES256", "eddsa", "Ed25519"] {
        let header = format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"at+jwt"}}"#);
        let input = jws::signing_input(header.as_bytes(), body.as_bytes());
        for key in [house.keys[0].public_jwk.as_bytes(), b"", b"secret"] {
            let mac =
                aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key), input.as_bytes());
            assert!(check(&house, &jws::finish(input.clone(), mac.as_ref())).is_err(), "{alg}");
        }
        assert!(check(&house, &jws::finish(input.clone(), b"")).is_err(), "{alg} without signature");
        // Even our own signature over a header that names another algorithm.
        let signed = token(house.now).sign(&house.ring).unwrap();
        let (_, signature) = signed.rsplit_once('.').unwrap();
        assert!(check(&house, &format!("{input}.{signature}")).is_err(), "{alg} with a foreign signature");
    }
}

#[test]
fn an_unknown_or_missing_kid_is_refused() {
    let house = house(Algorithm::EdDsa);
    let body = claims(house.now).to_string();
    for header in [
        r#"{"alg":"EdDSA","typ":"at+jwt"}"#.to_owned(),
        r#"{"alg":"EdDSA","kid":"../../dev/null","typ":"at+jwt"}"#.to_owned(),
        format!(r#"{{"alg":"EdDSA","kid":"{} ","typ":"at+jwt"}}"#, house.keys[0].id),
    ] {
        let input = jws::signing_input(header.as_bytes(), body.as_bytes());
        assert!(check(&house, &jws::finish(input, &[0; 64])).is_err(), "{header}");
    }
}

/// Another deployment signs with a key of the same id, or our own key signs for a staging issuer.
#[test]
fn another_deployment_s_token_is_refused() {
    let house = house(Algorithm::EdDsa);
    let clock = ManualClock::new(house.now);
    let mut foreign = SigningKey::generate(
        KeyId::generate(&clock, &SeededRandom::new(9)),
        Algorithm::EdDsa,
        house.now,
        &SeededRandom::new(9),
    )
    .unwrap();
    foreign.id = house.keys[0].id.clone();
    foreign.sign_until = house.now + Duration::from_secs(600);
    foreign.verify_until = foreign.sign_until;
    let raw = token(house.now).sign(&KeyRing::new(vec![foreign]).unwrap()).unwrap();
    assert_eq!(check(&house, &raw).unwrap_err(), TokenError::Signature);
    for issuer in
        ["https://gate.example.com/", "https://staging.example.com", "https://gate.example.com.evil.example", ""]
    {
        let raw = AccessToken { issuer: issuer.into(), ..token(house.now) }.sign(&house.ring).unwrap();
        assert_eq!(check(&house, &raw).unwrap_err(), TokenError::Issuer, "{issuer}");
    }
}

#[test]
fn a_token_for_another_resource_is_refused() {
    let house = house(Algorithm::EdDsa);
    for audience in [
        "https://gate.example.com/mcp/github",
        "https://gate.example.com/mcp/h",
        "https://gate.example.com/mcp/hr/",
        "https://gate.example.com",
    ] {
        let raw = AccessToken { audience: ResourceUri::new(audience), ..token(house.now) }.sign(&house.ring).unwrap();
        assert_eq!(check(&house, &raw).unwrap_err(), TokenError::Audience, "{audience}");
    }
}

#[test]
fn another_kind_of_jwt_of_ours_is_no_access_token() {
    let house = house(Algorithm::EdDsa);
    for typ in ["JWT", "jwt", "AT+JWT", "at+jwt ", "application/at+jwt", "id+jwt", "logout+jwt", ""] {
        let raw = sign_claims(&house.ring, typ, &claims(house.now), house.now).unwrap();
        assert_eq!(check(&house, &raw).unwrap_err(), TokenError::Malformed, "{typ}");
    }
}

#[test]
fn times_hold_with_ten_seconds_of_leeway() {
    let house = house(Algorithm::EdDsa);
    let raw = token(house.now).sign(&house.ring).unwrap();
    let at = |offset: i64| {
        let now = Timestamp::from_seconds(house.now.as_seconds() + offset);
        verify(&raw, &house.ring, ISSUER, &ResourceUri::new(RESOURCE), now).map(|_| ())
    };
    assert_eq!(at(609), Ok(()));
    assert_eq!(at(610), Err(TokenError::Expired));
    // A key is not trusted before it was published, so the token has to be from a clock that ran ahead.
    let ahead =
        AccessToken { issued_at: house.now + Duration::from_secs(11), ..token(house.now) }.sign(&house.ring).unwrap();
    assert_eq!(check(&house, &ahead).unwrap_err(), TokenError::NotYet);
    let little =
        AccessToken { issued_at: house.now + Duration::from_secs(10), ..token(house.now) }.sign(&house.ring).unwrap();
    assert!(check(&house, &little).is_ok());
}

#[test]
fn a_past_or_revoked_key_verifies_nothing() {
    let house = house(Algorithm::EdDsa);
    let raw = token(house.now).sign(&house.ring).unwrap();
    for change in
        [|key: &mut SigningKey, now| key.revoked_at = Some(now), |key: &mut SigningKey, now| key.verify_until = now]
    {
        let mut keys = house.keys.clone();
        change(&mut keys[0], house.now);
        let ring = KeyRing::new(keys).unwrap();
        assert_eq!(
            verify(&raw, &ring, ISSUER, &ResourceUri::new(RESOURCE), house.now).unwrap_err(),
            TokenError::Signature
        );
    }
}

#[test]
fn deep_and_large_payloads_are_refused() {
    let house = house(Algorithm::EdDsa);
    let deep = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    let raw = house.ring.sign("at+jwt", deep.as_bytes(), house.now).unwrap();
    assert_eq!(check(&house, &raw).unwrap_err(), TokenError::Malformed);
    let large = format!("{}.{}.AA", URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA"}"#), "A".repeat(9000));
    assert_eq!(check(&house, &large).unwrap_err(), TokenError::Malformed);
}

#[test]
fn damaged_keys_are_named_and_refused() {
    let good = house(Algorithm::EdDsa).keys.remove(0);
    let other =
        SigningKey::generate("key_other".into(), Algorithm::EdDsa, good.publish_at, &SeededRandom::new(8)).unwrap();
    let swapped = SigningKey { public_jwk: other.public_jwk, ..good.clone() };
    let wrong_type = SigningKey { algorithm: Algorithm::Es256, ..good.clone() };
    let no_json = SigningKey { public_jwk: "{".into(), ..good.clone() };
    for key in [swapped, wrong_type, no_json] {
        assert!(matches!(KeyRing::new(vec![key]), Err(crate::keys::KeyError::Damaged(id)) if id == good.id));
    }
}
