//! The steps of a sign-in, and everybody who tries to skip one.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header::COOKIE};
use totp_rs::{Algorithm, Builder};

use super::*;
use crate::{
    browser::session_cookie,
    device::DEVICE_COOKIE,
    factors::{backup_code, totp},
    fixture::{EMAIL, House, PASSWORD, user},
    throttle::{FREE_GUESSES, HARD_STOP, LONGEST_WAIT, PENDING_TRIES},
};

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

async fn first(house: &House, email: &str, password: &str) -> FirstStep {
    house.sign_in.first_step(email, &secret(password), house.caller()).await.unwrap()
}

fn why(step: FirstStep) -> Why {
    match step {
        FirstStep::Refused(refusal) => refusal.why,
        FirstStep::Arrived(_) => panic!("signed in"),
        FirstStep::Pending { .. } => panic!("half-way in"),
    }
}

fn second_why(step: SecondStep) -> Why {
    match step {
        SecondStep::Refused(refusal) => refusal.why,
        SecondStep::Arrived(_) => panic!("signed in"),
    }
}

/// Gives the user an authenticator app; the result draws its codes.
async fn with_app(house: &House) -> impl Fn(i64) -> String {
    let text = totp::enrol(&house.store, &house.user.id, &*house.clock, &*house.random).await.unwrap();
    let seed = totp_rs::Secret::try_from_base32(text).unwrap();
    let app = Builder::new().with_algorithm(Algorithm::SHA1).with_secret(seed).with_account_name("x").build().unwrap();
    let clock = Arc::clone(&house.clock);
    move |offset| app.generate(u64::try_from(clock.now().as_seconds() + offset).unwrap()).to_string()
}

async fn pending(house: &House) -> OpaqueToken {
    match first(house, EMAIL, PASSWORD).await {
        FirstStep::Pending { token, .. } => token,
        FirstStep::Arrived(_) => panic!("the second step was skipped"),
        FirstStep::Refused(refusal) => panic!("refused: {:?}", refusal.why),
    }
}

async fn second(house: &House, token: &OpaqueToken, code: &str) -> SecondStep {
    house.sign_in.second_step(token.expose(), &secret(code), house.caller()).await.unwrap()
}

fn cookies(lines: &[String]) -> HeaderMap {
    let pairs: Vec<&str> = lines.iter().filter_map(|line| line.split(';').next()).collect();
    HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(pairs.join("; ")).unwrap())])
}

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let house = House::new().await;
    let FirstStep::Arrived(arrived) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    let found = house.sessions.find(&cookies(&[session_cookie(&arrived.token)])).await.unwrap().unwrap();
    assert_eq!(found.user.id, house.user.id);
    assert_eq!(found.session.authentication.acr, Acr::Single);
}

#[tokio::test]
async fn every_spelling_is_one_account_with_one_counter() {
    let house = House::new().await;
    for spelling in ["MIRA@example.com", " mira@example.com ", "mira@EXAMPLE.COM", "ｍｉｒａ@example.com"] {
        assert!(matches!(first(&house, spelling, PASSWORD).await, FirstStep::Arrived(_)), "{spelling}");
    }
    let spellings =
        ["mira@example.com", "MIRA@example.com", " mira@example.com", "ｍira@example.com", "mirA@example.com"];
    for spelling in spellings {
        assert_eq!(why(first(&house, spelling, "wrong").await), Why::Wrong, "{spelling}");
    }
    assert!(matches!(why(first(&house, EMAIL, PASSWORD).await), Why::Wait(_)), "the sixth, right or not");
}

#[tokio::test]
async fn unknown_disabled_and_known_users_hear_the_same() {
    let house = House::new().await;
    let mut disabled = user("usr_gone", "gone@example.com");
    disabled.disabled = true;
    let phc = house.passwords.hash(&secret(PASSWORD)).await.unwrap();
    house.store.create_user(&disabled, Some(&phc)).await.unwrap();
    house.store.create_user(&user("usr_idp", "idp@example.com"), None).await.unwrap();
    let cases = [
        (EMAIL, "wrong"),
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("idp@example.com", PASSWORD),
    ];
    for (email, password) in cases {
        let mut heard = Vec::new();
        for _ in 0..=FREE_GUESSES {
            heard.push(why(first(&house, email, password).await));
        }
        let wait = house.clock.now() + Duration::from_secs(1);
        assert_eq!(heard, [Why::Wrong, Why::Wrong, Why::Wrong, Why::Wrong, Why::Wrong, Why::Wait(wait)], "{email}");
    }
}

#[tokio::test]
async fn success_forgives_and_a_hundred_failures_do_not() {
    let house = House::new().await;
    for _ in 0..FREE_GUESSES - 1 {
        why(first(&house, EMAIL, "wrong").await);
    }
    assert!(matches!(first(&house, EMAIL, PASSWORD).await, FirstStep::Arrived(_)));
    for _ in 0..HARD_STOP {
        assert_eq!(why(first(&house, EMAIL, "wrong").await), Why::Wrong);
        house.clock.advance(LONGEST_WAIT);
    }
    assert_eq!(why(first(&house, EMAIL, PASSWORD).await), Why::Closed);
}

#[tokio::test]
async fn a_browser_that_was_here_before_is_not_locked_out_by_others() {
    let mut house = House::new().await;
    let FirstStep::Arrived(arrived) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    for _ in 0..FREE_GUESSES {
        why(first(&house, EMAIL, "wrong").await);
    }
    assert!(matches!(why(first(&house, EMAIL, PASSWORD).await), Why::Wait(_)), "a stranger's browser waits");
    house.headers = cookies(std::slice::from_ref(&arrived.device_cookie));
    assert!(matches!(first(&house, EMAIL, PASSWORD).await, FirstStep::Arrived(_)), "the known browser does not");
    for _ in 0..FREE_GUESSES {
        assert_eq!(why(first(&house, EMAIL, "wrong").await), Why::Wrong);
    }
    assert!(matches!(why(first(&house, EMAIL, PASSWORD).await), Why::Wait(_)), "but it has a counter of its own");
}

#[tokio::test]
async fn a_device_cookie_is_worth_nothing_for_another_account() {
    let mut house = House::new().await;
    let FirstStep::Arrived(arrived) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    let (good, _) = arrived.device_cookie.split_once(';').unwrap();
    assert!(KnownDevice::find(&cookies(&[good.to_owned()]), &house.store, EMAIL).is_some());
    assert!(KnownDevice::find(&cookies(&[good.to_owned()]), &house.store, "other@example.com").is_none());
    for forged in
        [format!("{DEVICE_COOKIE}="), format!("{DEVICE_COOKIE}=AAAA"), format!("{good}A"), format!("{good}; {good}")]
    {
        house.headers = HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(forged.as_str()).unwrap())]);
        assert!(KnownDevice::find(&house.headers, &house.store, EMAIL).is_none(), "{forged}");
    }
}

#[tokio::test]
async fn with_an_app_the_password_alone_is_no_session() {
    let house = House::new().await;
    let code = with_app(&house).await;
    let token = pending(&house).await;
    let posing = format!("{}={}", crate::browser::SESSION_COOKIE, token.expose());
    assert!(house.sessions.find(&cookies(&[posing])).await.unwrap().is_none(), "a pending login is never a session");
    assert!(house.store.list_sessions(&house.user.id).await.unwrap().is_empty());
    let SecondStep::Arrived(arrived) = second(&house, &token, &code(0)).await else { panic!("refused") };
    assert_eq!(arrived.session.authentication.acr, Acr::Multi);
    assert_eq!(arrived.session.authentication.amr, ["pwd", "otp", "mfa"]);
    assert_eq!(second_why(second(&house, &token, &code(30)).await), Why::StartAgain, "it is used up");
}

#[tokio::test]
async fn no_spelling_of_the_address_goes_round_the_second_step() {
    let house = House::new().await;
    let _app = with_app(&house).await;
    for spelling in ["MIRA@EXAMPLE.COM", " mira@example.com\t", "ｍｉｒａ@example.com", "mira@example.com\u{3000}"]
    {
        assert!(matches!(first(&house, spelling, PASSWORD).await, FirstStep::Pending { .. }), "{spelling}");
    }
}

#[tokio::test]
async fn a_used_code_is_refused_in_every_spelling() {
    let house = House::new().await;
    let app = with_app(&house).await;
    let code = app(0);
    assert!(matches!(second(&house, &pending(&house).await, &code).await, SecondStep::Arrived(_)));
    let wide: String = code.chars().filter_map(|c| char::from_u32(u32::from(c) + 0xFEE0)).collect();
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let spellings = [
        code.clone(),
        format!("{code} "),
        format!(" {code}"),
        spaced,
        wide,
        format!("+{code}"),
        format!("{code}\n"),
        app(-30),
    ];
    for spelling in spellings {
        let token = pending(&house).await;
        assert_eq!(second_why(second(&house, &token, &spelling).await), Why::Wrong, "{spelling:?}");
        house.store.clear_guesses("code", house.user.id.as_str()).await.unwrap();
    }
}

#[tokio::test]
async fn one_code_at_two_doors_opens_one() {
    let house = House::new().await;
    let code = with_app(&house).await(0);
    let (one, two) = (pending(&house).await, pending(&house).await);
    let (a, b) = tokio::join!(second(&house, &one, &code), second(&house, &two, &code));
    let opened = [a, b].iter().filter(|step| matches!(step, SecondStep::Arrived(_))).count();
    assert_eq!(opened, 1);
}

#[tokio::test]
async fn three_tries_end_a_pending_login() {
    let house = House::new().await;
    let code = with_app(&house).await;
    let token = pending(&house).await;
    for left in (0..PENDING_TRIES).rev() {
        let expected = if left == 0 { Why::StartAgain } else { Why::Wrong };
        assert_eq!(second_why(second(&house, &token, "000000").await), expected);
    }
    assert_eq!(second_why(second(&house, &token, &code(0)).await), Why::StartAgain);
}

#[tokio::test]
async fn a_flood_of_codes_over_many_pending_logins_is_five_guesses() {
    let house = House::new().await;
    let _app = with_app(&house).await;
    let mut evaluated = 0;
    for _ in 0..40 {
        let token = pending(&house).await;
        let guesses = (0..5).map(|number| {
            let (sign_in, token) = (house.sign_in.clone(), token.expose().to_owned());
            tokio::spawn(async move {
                let headers = HeaderMap::new();
                let caller = Caller { headers: &headers, address: None, browser: Digest::of(b"browser") };
                second_why(sign_in.second_step(&token, &secret(&format!("00000{number}")), caller).await.unwrap())
            })
        });
        for guess in guesses.collect::<Vec<_>>() {
            evaluated += u32::from(guess.await.unwrap() == Why::Wrong);
        }
    }
    assert!((1..=FREE_GUESSES).contains(&evaluated), "{evaluated} guesses were looked at");
}

#[tokio::test]
async fn a_hundred_wrong_codes_close_the_factor_and_not_the_password() {
    let house = House::new().await;
    let code = with_app(&house).await;
    for _ in 0..HARD_STOP {
        let token = pending(&house).await;
        assert_eq!(second_why(second(&house, &token, "000000").await), Why::Wrong);
        house.clock.advance(LONGEST_WAIT);
    }
    let token = pending(&house).await;
    assert_eq!(second_why(second(&house, &token, &code(0)).await), Why::Closed);
}

#[tokio::test]
async fn a_pending_login_is_bound_to_its_browser_and_its_five_minutes() {
    let house = House::new().await;
    let code = with_app(&house).await;
    let token = pending(&house).await;
    let stolen = Caller { browser: Digest::of(b"another browser"), ..house.caller() };
    let step = house.sign_in.second_step(token.expose(), &secret(&code(0)), stolen).await.unwrap();
    assert_eq!(second_why(step), Why::StartAgain);
    house.clock.advance(PENDING_LIFE);
    assert_eq!(second_why(second(&house, &token, &code(0)).await), Why::StartAgain);
    for other in ["", "vss_x", "vpl_", token.expose().strip_prefix("vpl_").unwrap()] {
        let step = house.sign_in.second_step(other, &secret(&code(0)), house.caller()).await.unwrap();
        assert_eq!(second_why(step), Why::StartAgain, "{other}");
    }
}

#[tokio::test]
async fn a_user_disabled_half_way_stays_out() {
    let house = House::new().await;
    let code = with_app(&house).await;
    let token = pending(&house).await;
    let mut user = house.user.clone();
    user.disabled = true;
    house.store.update_user(&user).await.unwrap();
    assert_eq!(second_why(second(&house, &token, &code(0)).await), Why::StartAgain);
}

#[tokio::test]
async fn a_backup_code_stands_in_once() {
    let house = House::new().await;
    let _app = with_app(&house).await;
    let codes = backup_code::renew(&house.store, &house.passwords, &house.user.id, &*house.random).await.unwrap();
    assert_eq!(codes.len(), 10);
    let code = codes[3].to_ascii_uppercase();
    assert!(matches!(second(&house, &pending(&house).await, &code).await, SecondStep::Arrived(_)));
    assert_eq!(second_why(second(&house, &pending(&house).await, &codes[3]).await), Why::Wrong);
    assert_eq!(house.store.backup_codes_left(&house.user.id).await.unwrap(), 9);
    let fresh = backup_code::renew(&house.store, &house.passwords, &house.user.id, &*house.random).await.unwrap();
    assert_eq!(
        second_why(second(&house, &pending(&house).await, &codes[4]).await),
        Why::Wrong,
        "renewal ends the old ones"
    );
    assert!(matches!(second(&house, &pending(&house).await, &fresh[0]).await, SecondStep::Arrived(_)));
}

#[tokio::test]
async fn signing_in_again_kills_the_old_cookie() {
    let mut house = House::new().await;
    let FirstStep::Arrived(before) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    house.headers = cookies(&[session_cookie(&before.token)]);
    let FirstStep::Arrived(after) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    assert!(house.sessions.find(&house.headers).await.unwrap().is_none(), "the old cookie is dead");
    assert_ne!(before.session.id, after.session.id);
    assert!(house.sessions.find(&cookies(&[session_cookie(&after.token)])).await.unwrap().is_some());
}

#[tokio::test]
async fn renewal_keeps_the_session_and_kills_the_old_cookie() {
    let house = House::new().await;
    let FirstStep::Arrived(arrived) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    let stronger = Authentication { acr: Acr::Multi, ..arrived.session.authentication.clone() };
    let token = house.sessions.renew(&arrived.session, &stronger).await.unwrap().unwrap();
    assert!(house.sessions.find(&cookies(&[session_cookie(&arrived.token)])).await.unwrap().is_none());
    let found = house.sessions.find(&cookies(&[session_cookie(&token)])).await.unwrap().unwrap();
    assert_eq!((found.session.id, found.session.authentication.acr), (arrived.session.id.clone(), Acr::Multi));
    assert!(house.sessions.renew(&arrived.session, &stronger).await.unwrap().is_none(), "once only");
}

#[tokio::test]
async fn odd_cookies_are_nobody() {
    let house = House::new().await;
    let FirstStep::Arrived(arrived) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    let good = session_cookie(&arrived.token).split(';').next().unwrap().to_owned();
    let value = arrived.token.expose();
    let odd = [
        format!("{good}; {good}"),
        format!("{good}x"),
        format!("__Host-vestibule={}", &value[4..]),
        "__Host-vestibule=".to_owned(),
        format!("__Host-vestibule={}", "A".repeat(4096)),
        format!("__Host-vestibule=\"{value}\""),
        format!("vestibule={value}"),
        "__Host-vestibule=%00".to_owned(),
        format!("__Host-vestibule=vss_{}", "A".repeat(48)),
    ];
    for cookie in odd {
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(cookie.as_str()).unwrap())]);
        assert!(house.sessions.find(&headers).await.unwrap().is_none(), "{cookie}");
    }
    assert!(house.sessions.find(&cookies(&[good])).await.unwrap().is_some());
}

#[tokio::test]
async fn sessions_end_by_rest_by_age_and_with_their_user() {
    let house = House::new().await;
    let FirstStep::Arrived(arrived) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    let headers = cookies(&[session_cookie(&arrived.token)]);
    for _ in 0..23 {
        house.clock.advance(Duration::from_secs(3599));
        assert!(house.sessions.find(&headers).await.unwrap().is_some(), "use keeps it alive");
    }
    house.clock.advance(Duration::from_secs(3700));
    assert!(house.sessions.find(&headers).await.unwrap().is_none(), "a day is the end");

    let FirstStep::Arrived(arrived) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    let headers = cookies(&[session_cookie(&arrived.token)]);
    house.clock.advance(Duration::from_secs(3601));
    assert!(house.sessions.find(&headers).await.unwrap().is_none(), "an hour of rest is the end");

    let FirstStep::Arrived(arrived) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    let headers = cookies(&[session_cookie(&arrived.token)]);
    let mut user = house.user.clone();
    user.disabled = true;
    house.store.update_user(&user).await.unwrap();
    assert!(house.sessions.find(&headers).await.unwrap().is_none(), "a disabled user is signed out");
}

#[tokio::test]
async fn a_cheap_hash_is_replaced_when_the_password_passes_by() {
    let house = House::new().await;
    let cheap = "$argon2id$v=19$m=32,t=1,p=1$";
    let phc = crate::password::cheaper_hash_for_tests(PASSWORD, &*house.random);
    assert!(phc.starts_with(cheap), "{phc}");
    house.store.set_password(&house.user.id, &phc).await.unwrap();
    assert!(matches!(first(&house, EMAIL, PASSWORD).await, FirstStep::Arrived(_)));
    let now = house.store.password_of(&house.user.id).await.unwrap().unwrap();
    assert!(now.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{now}");
    assert!(matches!(first(&house, EMAIL, PASSWORD).await, FirstStep::Arrived(_)));
}

#[tokio::test]
async fn a_fresh_proof_is_asked_of_the_person_not_of_the_session() {
    let house = House::new().await;
    let FirstStep::Arrived(arrived) = first(&house, EMAIL, PASSWORD).await else { panic!("refused") };
    let who = SignedIn { session: arrived.session.clone(), user: Arc::clone(&arrived.user) };
    assert_eq!(house.sign_in.confirm_password(&who, &secret(PASSWORD)).await.unwrap(), Ok(()));
    for _ in 0..FREE_GUESSES {
        assert_eq!(house.sign_in.confirm_password(&who, &secret("wrong")).await.unwrap(), Err(Why::Wrong));
    }
    assert!(matches!(house.sign_in.confirm_password(&who, &secret(PASSWORD)).await.unwrap(), Err(Why::Wait(_))));
}
