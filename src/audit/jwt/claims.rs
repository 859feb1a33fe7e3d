//! Claims that a verifier has to look at: end, beginning, audience, issuer; and tokens that are none.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::issued::{self, Issued};
use super::lifecycle::Account;
use super::token::{Jwt, encoded, unsigned};
use super::victim::{Victim, forge, forged, no_jwt};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, nonsense};
use crate::wire::Response;

pub const EXPIRED: Purpose = Purpose::Own("jwt-expired");
pub const EARLY: Purpose = Purpose::Own("jwt-early");
pub const AUDIENCE: Purpose = Purpose::Own("jwt-audience");
pub const ISSUER: Purpose = Purpose::Own("jwt-issuer");
pub const MISSHAPEN: Purpose = Purpose::Own("jwt-misshapen");

/// A tolerance for clocks up to this is usual; beyond it an expired token must be refused.
pub const LEEWAY: i64 = 60;
/// A genuine token's end is waited for when it is this near.
const WAIT: i64 = 30;
pub const WITHIN: &str = "just after its end";
const BEYOND: &str = "a minute after its end";
const ENDLESS: &str = "without an end";

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs().cast_signed())
}

pub static EXP: Probe = Probe {
    name: "jwt-expired",
    consent: Consent::Active,
    about: "the genuine claims signed with the scenario's key that ended two seconds ago, two minutes ago, and never end; without a key a fresh token two \
            seconds and a minute after its end, where that comes within half a minute",
    most: 30,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            let Some(key) = super::keys::of_scenario(prober.input, victim.target.auth, &victim.token) else {
                return wait_for_the_end(prober, victim).await;
            };
            if victim.key(prober).await.is_none() {
                return;
            }
            let ended = |ago: i64| {
                let iat = now() - ago - 300;
                victim.token.claims_with(&[
                    ("exp", json!(now() - ago)),
                    ("iat", json!(iat)),
                    ("nbf", json!(iat)),
                ])
            };
            for (what, claims) in [
                (WITHIN, ended(2)),
                (BEYOND, ended(2 * LEEWAY)),
                (ENDLESS, victim.token.claims_without("exp")),
            ] {
                let Some(token) = victim.claiming(&claims, &key) else { continue };
                victim.try_token(prober, EXPIRED, what, &token).await;
            }
        }))
    },
};

/// Seconds from now until so many after a token's end. The token is the server's: its end may be any number.
fn until(end: i64, after: i64, now: i64) -> i64 {
    end.saturating_add(after).saturating_sub(now)
}

/// A token of our own, kept until it has ended: the load's own must not be the one.
async fn wait_for_the_end(prober: &mut Prober<'_>, victim: &Victim<'_>) {
    let keyless = "needs the key that signs the tokens (`jwt_secret` of the stack), or tokens that end within half a minute";
    let Some(account) = Account::of(prober.input, victim.target.auth.name.as_str()) else {
        return prober.lack(keyless);
    };
    let Some(pair) = account.login(prober).await else { return prober.refuse("the audit could not log in") };
    let Some(end) = Jwt::read(&pair.access).and_then(|token| token.time("exp")) else {
        return prober.refuse("the token has no end");
    };
    if until(end, 0, now()) > WAIT {
        return prober.lack(keyless);
    }
    for (what, after) in [(WITHIN, 2), (BEYOND, LEEWAY + 2)] {
        let pause = Duration::from_secs(until(end, after, now()).clamp(0, 2 * LEEWAY).unsigned_abs());
        tokio::time::sleep(pause).await;
        if !victim.try_token(prober, EXPIRED, what, &pair.access).await {
            return;
        }
    }
}

pub fn expired(facts: &Facts) -> Judgement {
    let endless: Vec<Observation> = issued::tokens(facts)
        .iter()
        .filter(|issued| issued.token.time("exp").is_none())
        .map(|issued| {
            Observation::new(
                Level::Fail,
                issued.exchange,
                issued.name(),
                "the token has no exp: it never ends",
            )
        })
        .collect();
    if !endless.is_empty() {
        return Judgement::Judged { places: endless.len(), observations: endless };
    }
    forged(facts, EXPIRED, |exchange, answer| {
        let date = answer.header("date").map_or(String::new(), |date| format!(", by its own Date of {date}"));
        let level = if exchange.site.variant == WITHIN { Level::Warn } else { Level::Fail };
        success(answer).then(|| (level, format!("accepted: a token {}{date}", exchange.site.variant)))
    })
}

pub static NBF: Probe = Probe {
    name: "jwt-early",
    consent: Consent::Active,
    about: "the genuine claims signed with the scenario's key, with nbf an hour ahead",
    most: 20,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            let Some(key) = victim.key(prober).await else { return };
            let claims =
                victim.token.claims_with(&[("nbf", json!(now() + 3600)), ("exp", json!(now() + 7200))]);
            let Some(token) = victim.claiming(&claims, &key) else { return };
            victim.try_token(prober, EARLY, "a token that begins in an hour", &token).await;
        }))
    },
};

pub fn early(facts: &Facts) -> Judgement {
    super::victim::never_accepted(facts, EARLY)
}

pub static AUD: Probe = Probe {
    name: "jwt-audience",
    consent: Consent::Active,
    about: "the genuine claims signed with the scenario's key, without aud and with another one",
    most: 30,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| other(prober, victim, "aud", AUDIENCE).await))
    },
};

pub static ISS: Probe = Probe {
    name: "jwt-issuer",
    consent: Consent::Active,
    about: "the genuine claims signed with the scenario's key, without iss and with another one",
    most: 30,
    lacks: no_jwt,
    send: |prober| Box::pin(forge(prober, async |prober, victim| other(prober, victim, "iss", ISSUER).await)),
};

async fn other(prober: &mut Prober<'_>, victim: &Victim<'_>, claim: &str, purpose: Purpose) {
    let Some(key) = victim.key(prober).await else { return };
    let foreign = format!("{}.invalid", nonsense());
    for (what, claims) in [
        (format!("another {claim}"), victim.token.claims_with(&[(claim, json!(foreign))])),
        (format!("no {claim}"), victim.token.claims_without(claim)),
    ] {
        let Some(token) = victim.claiming(&claims, &key) else { continue };
        victim.try_token(prober, purpose, &what, &token).await;
    }
}

pub fn audience(facts: &Facts) -> Judgement {
    claim(facts, "aud", AUDIENCE)
}

pub fn issuer(facts: &Facts) -> Judgement {
    claim(facts, "iss", ISSUER)
}

/// A token issued without the claim is one thing, a verifier that does not look at it another.
fn claim(facts: &Facts, claim: &str, purpose: Purpose) -> Judgement {
    let tokens = issued::tokens(facts);
    let without = |issued: &&Issued| issued.token.claims.get(claim).is_none_or(Value::is_null);
    let mut observations: Vec<Observation> = tokens
        .iter()
        .filter(without)
        .map(|issued| {
            Observation::new(Level::Warn, issued.exchange, issued.name(), format!("issued without {claim}"))
        })
        .collect();
    match forged(facts, purpose, super::victim::accepted) {
        Judgement::Judged { places, observations: forged } => {
            // A verifier that asks for none cannot refuse one: the warning says it.
            observations.extend(forged.into_iter().filter(|_| observations_allow(&tokens, claim)));
            Judgement::Judged { places, observations }
        }
        _ if !observations.is_empty() => Judgement::Judged { places: tokens.len(), observations },
        other => other,
    }
}

fn observations_allow(tokens: &[Issued], claim: &str) -> bool {
    tokens.iter().any(|issued| issued.token.claims.get(claim).is_some_and(|value| !value.is_null()))
}

pub static MALFORMED: Probe = Probe {
    name: "jwt-misshapen",
    consent: Consent::Active,
    about: "twenty misshapen tokens: missing and empty parts, broken base64 and JSON, other types, many dots, large numbers, deep nesting",
    most: 100,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            for (what, token) in misshapen(&victim.token) {
                victim.try_token(prober, MISSHAPEN, what, &token).await;
            }
        }))
    },
};

/// Shapes that no verifier may take, or fall over.
fn misshapen(token: &Jwt) -> Vec<(&'static str, String)> {
    let parts: Vec<&str> = token.text.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { return Vec::new() };
    let part = |text: &str| encoded(text);
    let ended = |head: &Map<String, Value>, body: &Map<String, Value>| {
        format!("{}.{signature}", unsigned(head, body))
    };
    let without = |name: &str| {
        let mut header = token.header.clone();
        header.shift_remove(name);
        header
    };
    vec![
        ("dots alone", "..".to_owned()),
        ("one part", (*header).to_owned()),
        ("four parts", format!("{}.{signature}", token.text)),
        ("five parts", format!("{0}.{0}.{0}.{0}.{0}", part("{}"))),
        ("a hundred dots", ".".repeat(100)),
        ("empty header", format!(".{claims}.{signature}")),
        ("empty claims", format!("{header}..{signature}")),
        ("header that is no base64", format!("%%%.{claims}.{signature}")),
        ("claims that are no base64", format!("{header}.%%%.{signature}")),
        ("signature that is no base64", format!("{header}.{claims}.%%%")),
        ("padded header", format!("{header}==.{claims}.{signature}")),
        ("header that is no JSON", format!("{}.{claims}.{signature}", part("{"))),
        ("header that is a list", format!("{}.{claims}.{signature}", part("[1]"))),
        ("header that is a number", format!("{}.{claims}.{signature}", part("1e400"))),
        ("claims that are a string", format!("{header}.{}.{signature}", part("\"text\""))),
        ("bytes that are no UTF-8", format!("{}.{claims}.{signature}", encoded([0xff, 0xfe, 0x00]))),
        ("no alg", ended(&without("alg"), &token.claims)),
        ("alg that is a number", ended(&token.header_with(&[("alg", json!(256))]), &token.claims)),
        ("exp that is a list", ended(&token.header, &token.claims_with(&[("exp", json!([1]))]))),
        ("claims nested a thousand deep", {
            let deep = format!("{{\"a\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
            format!("{header}.{}.{signature}", part(&deep))
        }),
    ]
}

pub fn malformed(facts: &Facts) -> Judgement {
    forged(facts, MISSHAPEN, |exchange: &Exchange, answer: &Response| {
        let status = answer.status;
        let variant = &exchange.site.variant;
        (success(answer) || status >= 500).then(|| (Level::Fail, format!("{variant} was answered {status}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::jwt::token::signed;
    use jsonwebtoken::{Algorithm, EncodingKey};

    #[test]
    fn a_token_may_end_at_any_time() {
        assert_eq!((until(130, 2, 100), until(90, 0, 100)), (32, -10));
        assert_eq!((until(i64::MIN, 0, 100), until(i64::MIN, 62, 100)), (i64::MIN, i64::MIN));
        assert_eq!(until(i64::MAX, 62, 100), i64::MAX - 100);
    }

    #[test]
    fn there_are_twenty_shapes_and_each_is_another() {
        let (header, claims) = (json!({"alg": "HS256"}), json!({"exp": 1}));
        let key = EncodingKey::from_secret(b"x");
        let text =
            signed(header.as_object().unwrap(), claims.as_object().unwrap(), &key, Algorithm::HS256).unwrap();
        let token = Jwt::read(&text).unwrap();
        let shapes = misshapen(&token);
        let distinct: std::collections::HashSet<&str> =
            shapes.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!((shapes.len(), distinct.len()), (20, 20));
        assert!(!distinct.contains(text.as_str()));
    }
}
