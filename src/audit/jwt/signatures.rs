//! Signatures that are missing, wrong, or of an algorithm that the token chose.

use serde_json::{Value, json};

use super::key_sets::KEY_SET;
use super::keys::Own;
use super::public_keys;
use super::token::{decoded, encoded, unsigned};
use super::victim::{Victim, forge, forged, never_accepted, no_jwt};
use crate::audit::check::{Judgement, Level};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::Prober;
use crate::scenario::model::Auth;
use crate::wire::{Limits, certificate};

pub const NONE: Purpose = Purpose::Own("jwt-alg-none");
pub const STRIPPED: Purpose = Purpose::Own("jwt-signature-stripped");
pub const WRONG: Purpose = Purpose::Own("jwt-signature-wrong");
pub const CONFUSED: Purpose = Purpose::Own("jwt-key-confusion");
pub const OTHER_ALGORITHM: Purpose = Purpose::Own("jwt-other-algorithm");

/// Ways to write that there is no signature.
const NONES: [&str; 6] = ["none", "None", "NONE", "nOnE", "", "none "];

pub static ALG_NONE: Probe = Probe {
    name: "jwt-alg-none",
    consent: Consent::Active,
    about: "one route of each JWT auth with the genuine claims under alg none, None, NONE, nOnE, empty and `none `, with and \
            without the genuine signature",
    most: 60,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            for name in NONES {
                let header = victim.token.header_with(&[("alg", name.into())]);
                let signed = unsigned(&header, &victim.token.claims);
                for (what, signature) in
                    [("without a signature", ""), ("with the old signature", victim.token.signature())]
                {
                    let token = format!("{signed}.{signature}");
                    victim.try_token(prober, NONE, &format!("alg `{name}` {what}"), &token).await;
                }
            }
        }))
    },
};

pub fn alg_none(facts: &Facts) -> Judgement {
    forged(facts, NONE, |exchange, answer| {
        let variant = &exchange.site.variant;
        match answer.status {
            200..=299 => Some((Level::Fail, format!("accepted: {variant}"))),
            status @ 500.. => Some((Level::Warn, format!("{variant} was answered {status}"))),
            _ => None,
        }
    })
}

pub static SIG_STRIP: Probe = Probe {
    name: "jwt-signature-stripped",
    consent: Consent::Active,
    about: "the genuine token without its signature, without its third part, and with a signature of one NUL byte",
    most: 30,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            let signed = victim.token.signed_part().to_owned();
            for (what, token) in [
                ("an empty signature", format!("{signed}.")),
                ("two parts", signed.clone()),
                ("a signature of one NUL byte", format!("{signed}.AA")),
            ] {
                victim.try_token(prober, STRIPPED, what, &token).await;
            }
        }))
    },
};

pub fn stripped(facts: &Facts) -> Judgement {
    never_accepted(facts, STRIPPED)
}

pub static SIG_VERIFY: Probe = Probe {
    name: "jwt-signature-wrong",
    consent: Consent::Active,
    about: "the genuine token with one bit of its signature turned, with other claims under the old signature, signed by a key of our own, and, for ECDSA, \
            with r = s = 0",
    most: 40,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            for (what, token) in wrong(victim) {
                victim.try_token(prober, WRONG, what, &token).await;
            }
        }))
    },
};

fn wrong(victim: &Victim<'_>) -> Vec<(&'static str, String)> {
    let token = &victim.token;
    let mut tokens = Vec::new();
    let mut bytes = decoded(token.signature()).unwrap_or_default();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
        tokens.push((
            "one bit of the signature turned",
            format!("{}.{}", token.signed_part(), encoded(&bytes)),
        ));
    }
    let claims = token.claims_with(&[("shakedown", true.into())]);
    tokens.push((
        "other claims under the old signature",
        format!("{}.{}", unsigned(&token.header, &claims), token.signature()),
    ));
    let own = token.algorithm().and_then(Own::new);
    tokens.extend(
        own.and_then(|own| victim.signed(&[], &own.key)).map(|token| ("signed by another key", token)),
    );
    if token.header.get("alg").and_then(Value::as_str).is_some_and(|name| name.starts_with("ES")) {
        let zeros = encoded(vec![0; bytes.len()]);
        tokens.push(("an ECDSA signature with r = s = 0", format!("{}.{zeros}", token.signed_part())));
        let zeros = encoded([0x30, 6, 2, 1, 0, 2, 1, 0]);
        tokens
            .push(("an ECDSA signature with r = s = 0, in DER", format!("{}.{zeros}", token.signed_part())));
    }
    tokens
}

pub fn verified(facts: &Facts) -> Judgement {
    never_accepted(facts, WRONG)
}

pub static KEY_CONFUSION: Probe = Probe {
    name: "jwt-key-confusion",
    consent: Consent::Active,
    about: "the genuine claims under HS256 with the public key for a secret: of the served key set, the TLS certificate and the scenario's `verify`, each as \
            PEM (with, without and with another line break), DER, PKCS #1 and JWK",
    most: 250,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(async move {
            let of_stack = match certificate(prober.input.endpoint, Limits::default()).await {
                Ok(Some(der)) => named("TLS certificate", public_keys::of_certificate(&der)),
                _ => Vec::new(),
            };
            let served = named("served key set", served(prober));
            forge(prober, async |prober, victim| {
                let mut forms = [of_stack.clone(), served.clone(), of_scenario(prober, victim)].concat();
                let mut known = std::collections::HashSet::new();
                forms.retain(|(_, bytes)| known.insert(bytes.clone()));
                if forms.is_empty() {
                    return prober.lack("no public key is known: no TLS, no key set, no `verify`");
                }
                for (what, secret) in forms {
                    let key = jsonwebtoken::EncodingKey::from_secret(&secret);
                    let Some(token) = victim.signed(&[("alg", json!("HS256"))], &key) else { continue };
                    victim.try_token(prober, CONFUSED, &what, &token).await;
                }
            })
            .await;
        })
    },
};

fn named(of: &str, forms: Vec<public_keys::Form>) -> Vec<public_keys::Form> {
    forms.into_iter().map(|(form, bytes)| (format!("HS256 with the {of}: {form}"), bytes)).collect()
}

/// Keys of the key sets that the stack serves.
fn served(prober: &Prober<'_>) -> Vec<public_keys::Form> {
    let answers = prober.exchanges.iter().filter(|exchange| exchange.purpose == KEY_SET);
    answers
        .filter_map(|exchange| super::key_sets::keys(exchange.answer.as_ref().ok()?))
        .flatten()
        .flat_map(|key| public_keys::of_jwk(&key))
        .collect()
}

/// Keys that the scenario verifies this auth's tokens with.
fn of_scenario(prober: &Prober<'_>, victim: &Victim<'_>) -> Vec<public_keys::Form> {
    let Auth::Jwt { verify: Some(verify), .. } = &victim.target.auth.auth else { return Vec::new() };
    let read = |name: &String| std::fs::read(prober.input.plan.source.folder().join(name)).ok();
    let pem = verify.key.as_ref().and_then(read).map(|pem| public_keys::of_pem(&pem));
    let file = verify.jwks.as_ref().filter(|path| !path.starts_with('/')).and_then(read);
    let set =
        file.and_then(|bytes| serde_json::from_slice(&bytes).ok()).and_then(|set| super::key_sets::of(&set));
    // A secret is no public key: with it the token would be genuine.
    let public = set.into_iter().flatten().filter(|key| key.get("k").is_none());
    let forms = pem.into_iter().flatten().chain(public.flat_map(|key| public_keys::of_jwk(&key)));
    named("scenario's key", forms.collect())
}

pub fn confused(facts: &Facts) -> Judgement {
    never_accepted(facts, CONFUSED)
}

pub static ALG_ALLOW: Probe = Probe {
    name: "jwt-other-algorithm",
    consent: Consent::Active,
    about: "the genuine claims signed with the scenario's key by the other algorithms that the key is fit for",
    most: 40,
    lacks: no_jwt,
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            let Some(key) = victim.key(prober).await else { return };
            let genuine = victim.token.header.get("alg").cloned().unwrap_or_default();
            for name in ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
                let Some(token) = victim.signed(&[("alg", json!(name))], &key) else { continue };
                if genuine != name {
                    victim
                        .try_token(
                            prober,
                            OTHER_ALGORITHM,
                            &format!("alg {name} with the genuine key"),
                            &token,
                        )
                        .await;
                }
            }
        }))
    },
};

pub fn allowed(facts: &Facts) -> Judgement {
    forged(facts, OTHER_ALGORITHM, |exchange, answer| {
        success(answer).then(|| (Level::Fail, format!("accepted: {}", exchange.site.variant)))
    })
}
