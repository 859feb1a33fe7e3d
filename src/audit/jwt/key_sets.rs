//! Key sets that the stack publishes.

use serde_json::Value;

use super::token::decoded;
use crate::audit::AuditInput;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{get, site};
use crate::plan::RouteKind;
use crate::scenario::model::Auth;
use crate::wire::Response;

pub const KEY_SET: Purpose = Purpose::Own("jwt-key-set");

const USUAL: &str = "/.well-known/jwks.json";
const DISCOVERY: &str = "/.well-known/openid-configuration";
/// Members of a JWK that only its owner may know (RFC 7518 6.2.2, 6.3.2, 6.4).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];
/// Bits of an RSA modulus.
const BITS: usize = 2048;

pub static KEY_SETS: Probe = Probe {
    name: "jwt-key-sets",
    consent: Consent::Active,
    about: "/.well-known/jwks.json, /.well-known/openid-configuration and the key set it names, and the paths of `verify` in the scenario",
    most: 10,
    lacks: |_| None,
    send: |prober| {
        Box::pin(async move {
            let mut paths = vec![USUAL.to_owned()];
            paths.extend(named(prober.input));
            let answer = prober.send(KEY_SET, site(DISCOVERY, RouteKind::Json), get(DISCOVERY)).await;
            paths.extend(answer.and_then(|answer| own_path(&answer, prober.input)));
            paths.dedup();
            for path in paths {
                prober.send(KEY_SET, site(&path, RouteKind::Json), get(path.as_str())).await;
            }
        })
    },
};

/// Paths of key sets that the scenario names.
fn named(input: &AuditInput<'_>) -> Vec<String> {
    let of = |auth: &Auth| match auth {
        Auth::Jwt { verify: Some(verify), .. } => verify.jwks.clone().filter(|path| path.starts_with('/')),
        _ => None,
    };
    input.plan.auths.iter().filter_map(|auth| of(&auth.auth)).collect()
}

/// The path that a discovery document names, where it leads to the same stack: nobody else is asked.
fn own_path(answer: &Response, input: &AuditInput<'_>) -> Option<String> {
    let document: Value = serde_json::from_slice(&answer.body).ok()?;
    let url = url::Url::parse(document.get("jwks_uri")?.as_str()?).ok()?;
    (url.origin() == input.endpoint.url.origin()).then(|| url.path().to_owned())
}

/// The keys of a set.
pub fn of(set: &Value) -> Option<Vec<Value>> {
    Some(set.get("keys")?.as_array()?.iter().filter(|key| key.get("kty").is_some()).cloned().collect())
}

/// The keys that an answer publishes.
pub fn keys(answer: &Response) -> Option<Vec<Value>> {
    if answer.status != 200 {
        return None;
    }
    of(&serde_json::from_slice(&answer.body).ok()?)
}

pub fn published(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, _, answer) in facts.of(KEY_SET) {
        for key in keys(answer).unwrap_or_default() {
            places += 1;
            let text = |name: &str| key.get(name).and_then(Value::as_str);
            let name = crate::wire::printable(text("kid").unwrap_or("without a kid"), 60);
            let shown: Vec<&str> = PRIVATE.into_iter().filter(|name| key.get(*name).is_some()).collect();
            let bits = text("n").and_then(decoded).map(|n| bits(&n));
            let (level, detail) = if !shown.is_empty() {
                (Level::Fail, format!("key {name} is published with its private part ({})", shown.join(", ")))
            } else if let Some(bits) = bits.filter(|bits| *bits < BITS) {
                (Level::Warn, format!("key {name} is RSA of {bits} bits"))
            } else {
                continue;
            };
            observations.push(Observation::new(level, index, name, detail));
        }
    }
    match facts.failure(KEY_SET) {
        Some(failure) if facts.of(KEY_SET).next().is_none() => {
            Judgement::NotRun(format!("no answer came: {failure}"))
        }
        _ => Judgement::of(places, observations, "the stack publishes no key set"),
    }
}

fn bits(number: &[u8]) -> usize {
    let rest = number.iter().skip_while(|byte| **byte == 0);
    let first = rest.clone().next().map_or(0, |byte| byte.leading_zeros() as usize);
    (rest.count() * 8).saturating_sub(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_the_first_one() {
        assert_eq!(bits(&[0, 0x80, 0]), 16);
        assert_eq!(bits(&[1, 0]), 9);
        assert_eq!(bits(&[]), 0);
    }
}
