//! A sound stack's answers to the probes of this family, and what breaks each check.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::claims::{AUDIENCE, EARLY, EXPIRED, ISSUER, MISSHAPEN};
use super::environments::FOREIGN;
use super::header_keys::{CHAIN, CRITICAL, EMBEDDED, FETCHED, KID, POINTED};
use super::key_sets::KEY_SET;
use super::lifecycle::{
    ACCESS, AFTER_LOGOUT, DISABLED, LOGGED_OUT, LOGIN, MIXED_TYPES, REFRESH, REFRESHED, REUSED, ROTATED,
};
use super::signatures::{CONFUSED, NONE, OTHER_ALGORITHM, STRIPPED, WRONG};
use super::token::signed;
use super::victim::GARBAGE;
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::samples::{change, plain};
use crate::audit::{Judgement, find};

const ISSUED: i64 = 1_700_000_000;
const DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
const KEY: &str = "a key that nobody has chosen, 6f1c0b9e";
/// Forged tokens that the stack refuses.
const FORGED: [(Purpose, &str); 16] = [
    (NONE, "alg `none` without a signature"),
    (STRIPPED, "two parts"),
    (WRONG, "signed by another key"),
    (CONFUSED, "HS256 with the TLS certificate: public key, PEM"),
    (OTHER_ALGORITHM, "alg HS512 with the genuine key"),
    (KID, "kid /dev/null"),
    (EMBEDDED, "own key in jwk"),
    (POINTED, "jku to our listener"),
    (CHAIN, "own certificate in x5c"),
    (CRITICAL, "a critical header that nobody understands"),
    (EXPIRED, "a minute after its end"),
    (EARLY, "a token that begins in an hour"),
    (AUDIENCE, "another aud"),
    (ISSUER, "no iss"),
    (FOREIGN, "a token of dev"),
    (MISSHAPEN, "one part"),
];

fn token(key: &str, life: i64, more: &[(&str, Value)]) -> String {
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let claims = json!({ "iss": "notes", "aud": "notes", "sub": "ada", "iat": ISSUED, "exp": ISSUED + life });
    let mut claims = claims.as_object().cloned().unwrap();
    claims.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let key = EncodingKey::from_secret(key.as_bytes());
    signed(header.as_object().unwrap(), &claims, &key, Algorithm::HS256).unwrap()
}

fn add(facts: &mut Facts, purpose: Purpose, variant: &str, status: u16, body: &str) {
    plain(facts, purpose, status, body);
    if let Some(last) = facts.exchanges.last_mut() {
        last.site.name = "jwt".into();
        last.site.variant = variant.into();
        last.site.authenticated = purpose == Purpose::Control;
    }
}

fn carry(facts: &mut Facts, token: &str) {
    if let Some(last) = facts.exchanges.last_mut() {
        last.request.headers.push(("Authorization".into(), format!("Bearer {token}")));
    }
}

pub fn sound(facts: &mut Facts) {
    let access = token(KEY, 300, &[("token_type", json!("access"))]);
    let refresh = token(KEY, 86_400, &[("token_type", json!("refresh"))]);
    add(facts, Purpose::Control, "genuine", 200, "{\"owner\":\"ada\"}");
    carry(facts, &access);
    add(facts, GARBAGE, "no token", 401, "{}");
    for (purpose, variant) in FORGED {
        add(facts, purpose, variant, 401, "{}");
    }
    add(facts, LOGIN, "login", 200, &json!({ "access": access, "refresh": refresh }).to_string());
    if let Some(Ok(answer)) = facts.exchanges.last_mut().map(|last| last.answer.as_mut()) {
        answer.headers.push(("Date".into(), DATE.into()));
    }
    add(facts, MIXED_TYPES, "a refresh token as access token", 401, "{}");
    add(facts, DISABLED, "a disabled user's access token", 401, "{}");
    add(facts, REFRESHED, "refresh", 200, "{}");
    add(facts, REUSED, ROTATED, 401, "{}");
    add(facts, LOGGED_OUT, "logout", 200, "{}");
    add(facts, AFTER_LOGOUT, ACCESS, 401, "{}");
    carry(facts, &access);
    add(facts, AFTER_LOGOUT, REFRESH, 401, "{}");
    let key = json!({ "kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "one" });
    add(facts, KEY_SET, "", 200, &json!({ "keys": [key] }).to_string());
}

/// Another token opens the route.
fn opens(facts: &mut Facts, token: &str) {
    let controls =
        facts.exchanges.iter_mut().filter(|e| e.purpose == Purpose::Control && e.site.name == "jwt");
    for exchange in controls {
        exchange.request.headers.retain(|(name, _)| name != "Authorization");
        exchange.request.headers.push(("Authorization".into(), format!("Bearer {token}")));
    }
}

fn accepted(facts: &mut Facts, purpose: Purpose) {
    change(facts, purpose, |answer| answer.status = 200);
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    match check {
        "JWT-ALG-NONE" => accepted(facts, NONE),
        "JWT-SIG-STRIP" => accepted(facts, STRIPPED),
        "JWT-SIG-VERIFY" => accepted(facts, WRONG),
        "JWT-KEY-CONFUSION" => accepted(facts, CONFUSED),
        "JWT-ALG-ALLOW" => accepted(facts, OTHER_ALGORITHM),
        "JWT-WEAK-SECRET" => opens(facts, &token("your-256-bit-secret", 300, &[])),
        "JWT-KID-INJECT" => change(facts, KID, |answer| answer.status = 500),
        "JWT-JWK-EMBED" => accepted(facts, EMBEDDED),
        "JWT-JKU" => {
            let pointed = facts.exchanges.iter_mut().filter(|exchange| exchange.purpose == POINTED);
            pointed.for_each(|exchange| exchange.site.variant = format!("jku: {FETCHED}"));
        }
        "JWT-X5C" => accepted(facts, CHAIN),
        "JWT-CRIT" => accepted(facts, CRITICAL),
        "JWT-EXP" => accepted(facts, EXPIRED),
        "JWT-NBF" => accepted(facts, EARLY),
        "JWT-IAT" => change(facts, LOGIN, |answer| {
            answer.headers.retain(|(name, _)| name != "Date");
            answer.headers.push(("Date".into(), b"Tue, 14 Nov 2023 23:13:20 GMT".to_vec()));
        }),
        "JWT-AUD" => accepted(facts, AUDIENCE),
        "JWT-ISS" => opens(facts, &token(KEY, 300, &[("iss", Value::Null)])),
        "JWT-CROSS-ENV" => accepted(facts, FOREIGN),
        "JWT-TYPE-MIX" => accepted(facts, MIXED_TYPES),
        "JWT-LIFETIME" => opens(facts, &token(KEY, 8 * 86_400, &[])),
        "JWT-PAYLOAD-DATA" => opens(facts, &token(KEY, 300, &[("contact", json!("ada@example.com"))])),
        "JWT-LOGOUT" => accepted(facts, AFTER_LOGOUT),
        "JWT-REFRESH-REUSE" => accepted(facts, REUSED),
        "JWT-DISABLED-USER" => accepted(facts, DISABLED),
        "JWT-MALFORMED" => change(facts, MISSHAPEN, |answer| answer.status = 500),
        "JWT-JWKS" => change(facts, KEY_SET, |answer| {
            let key = json!({ "kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d": "d" });
            answer.body = json!({ "keys": [key] }).to_string().into_bytes();
        }),
        _ => return false,
    }
    true
}

mod tests {
    use super::*;

    fn judged(check: &str, facts: &Facts) -> Judgement {
        (find(check).unwrap().judge)(facts)
    }

    fn fresh() -> Facts {
        let mut facts = crate::audit::fixture::facts(true);
        sound(&mut facts);
        facts
    }

    /// Checks that judge forged tokens.
    fn forging() -> Vec<&'static str> {
        let own = [
            "JWT-WEAK-SECRET",
            "JWT-IAT",
            "JWT-LIFETIME",
            "JWT-PAYLOAD-DATA",
            "JWT-LOGOUT",
            "JWT-REFRESH-REUSE",
            "JWT-JWKS",
        ];
        super::super::CHECKS.iter().map(|check| check.id).filter(|id| !own.contains(id)).collect()
    }

    #[test]
    fn without_a_genuine_token_that_works_nothing_is_proven() {
        let mut dead = fresh();
        change(&mut dead, Purpose::Control, |answer| answer.status = 401);
        let mut ended = fresh();
        add(&mut ended, Purpose::Control, "genuine", 401, "{}");
        for facts in [&dead, &ended] {
            for check in forging() {
                let said = judged(check, facts);
                assert!(matches!(said, Judgement::Inconclusive(_)), "{check}: {said:?}");
            }
        }
    }

    #[test]
    fn a_route_that_takes_what_is_no_token_proves_nothing() {
        let mut lax = fresh();
        accepted(&mut lax, GARBAGE);
        FORGED.iter().for_each(|(purpose, _)| accepted(&mut lax, *purpose));
        [MIXED_TYPES, DISABLED].into_iter().for_each(|purpose| accepted(&mut lax, purpose));
        for check in forging() {
            let said = judged(check, &lax);
            assert!(matches!(said, Judgement::Inconclusive(_)), "{check}: {said:?}");
        }
    }

    #[test]
    fn what_was_not_sent_did_not_pass() {
        let mut facts = fresh();
        let sent = |purpose| FORGED.iter().any(|(other, _)| *other == purpose);
        facts.exchanges.retain(|e| !sent(e.purpose) && ![MIXED_TYPES, DISABLED].contains(&e.purpose));
        for check in forging() {
            let said = judged(check, &facts);
            assert!(matches!(said, Judgement::NotRun(_)), "{check}: {said:?}");
        }
        facts.exchanges.retain(|exchange| exchange.purpose != REFRESHED || exchange.site.name.is_empty());
        add(&mut facts, REFRESHED, "refresh", 500, "");
        assert!(matches!(judged("JWT-REFRESH-REUSE", &facts), Judgement::Inconclusive(_)));
        change(&mut facts, LOGGED_OUT, |answer| answer.status = 405);
        assert!(matches!(judged("JWT-LOGOUT", &facts), Judgement::Inconclusive(_)));
    }

    #[test]
    fn a_short_access_token_after_logout_is_a_warning() {
        let mut facts = fresh();
        for exchange in facts.exchanges.iter_mut().filter(|exchange| exchange.site.variant == ACCESS) {
            exchange.answer.as_mut().unwrap().status = 200;
        }
        let worst = crate::audit::fixture::worst("JWT-LOGOUT", &facts);
        assert_eq!(worst, Some(crate::audit::Level::Warn));
    }

    #[test]
    fn an_audience_that_nobody_asks_for_is_one_warning() {
        let mut facts = fresh();
        facts.exchanges.retain(|exchange| exchange.purpose != LOGIN);
        opens(&mut facts, &token(KEY, 300, &[("aud", Value::Null)]));
        accepted(&mut facts, AUDIENCE);
        let Judgement::Judged { observations, .. } = judged("JWT-AUD", &facts) else { panic!() };
        assert_eq!(observations.len(), 1);
        assert_eq!(observations[0].level, crate::audit::Level::Warn);
    }
}
