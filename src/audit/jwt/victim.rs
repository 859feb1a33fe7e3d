//! A route that a genuine JWT opens, and what is known of forged ones on it.

use std::collections::BTreeSet;

use jsonwebtoken::EncodingKey;
use serde_json::{Map, Value};

use super::keys;
use super::token::{Jwt, signed};
use crate::audit::AuditInput;
use crate::audit::check::{Judgement, Level};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::audit::forged::{judged, success};
use crate::audit::prober::{Prober, nonsense};
use crate::audit::scene::{self, Target};
use crate::wire::Response;

/// Control: what is no token at all.
pub const GARBAGE: Purpose = Purpose::Own("jwt-garbage");
/// Control: the genuine claims signed anew with the scenario's key.
const SIGNED_ANEW: Purpose = Purpose::Own("jwt-signed-anew");

/// Why a scenario has nothing for this family.
pub fn no_jwt(input: &AuditInput<'_>) -> Option<&'static str> {
    victims(input).is_empty().then_some("the scenario has no protected GET route with a JWT")
}

/// A route with the first user's genuine token.
pub struct Victim<'a> {
    /// The route.
    pub target: Target<'a>,
    /// The token that opens it.
    pub token: Jwt,
}

/// One route of each auth whose tokens are JWTs.
pub fn victims<'a>(input: &AuditInput<'a>) -> Vec<Victim<'a>> {
    let targets = scene::one_of_each_auth(input, 0).into_iter();
    targets
        .filter_map(|target| {
            let token = Jwt::read(target.token()?)?;
            Some(Victim { target, token })
        })
        .collect()
}

impl Victim<'_> {
    /// Sends another token in the genuine one's place.
    pub async fn try_token(
        &self,
        prober: &mut Prober<'_>,
        purpose: Purpose,
        what: &str,
        token: &str,
    ) -> bool {
        let Some(request) = self.target.with_token(token) else { return false };
        let answer = prober.send(purpose, self.target.site(what, false), request).await;
        answer.is_some_and(|answer| success(&answer))
    }

    /// The genuine claims with other members in the header, signed by this key.
    pub fn signed(&self, members: &[(&str, Value)], key: &EncodingKey) -> Option<String> {
        let header = self.token.header_with(members);
        let algorithm = header.get("alg")?.as_str()?.parse().ok()?;
        signed(&header, &self.token.claims, key, algorithm)
    }

    /// Other claims under the genuine header, signed by this key.
    pub fn claiming(&self, claims: &Map<String, Value>, key: &EncodingKey) -> Option<String> {
        signed(&self.token.header, claims, key, self.token.algorithm()?)
    }

    /// The scenario's signing key, once a token that it signed anew was accepted; else the probe is refused.
    pub async fn key(&self, prober: &mut Prober<'_>) -> Option<EncodingKey> {
        let auth = self.target.auth;
        let Some(key) = keys::of_scenario(prober.input, auth, &self.token) else {
            prober.lack(format!(
                "needs the key that signs the tokens of auth `{}`: `jwt_secret` of the stack, `verify` of the auth, or an auth of kind `mint`",
                auth.name
            ));
            return None;
        };
        let anew = self.claiming(&self.token.claims, &key)?;
        if self.try_token(prober, SIGNED_ANEW, "signed anew with the scenario's key", &anew).await {
            return Some(key);
        }
        prober.refuse(format!(
            "the scenario's key of auth `{}` signs no token that the stack accepts",
            auth.name
        ));
        None
    }
}

/// Runs `each` on every victim between two genuine requests, after one with what is no token.
pub async fn forge<'i>(prober: &mut Prober<'i>, each: impl AsyncFn(&mut Prober<'i>, &Victim<'i>)) {
    for victim in victims(prober.input) {
        prober.control(&victim.target).await;
        victim.try_token(prober, GARBAGE, "no token", &nonsense()).await;
        each(prober, &victim).await;
        prober.control(&victim.target).await;
    }
}

/// Judges answers to forged tokens. A route that takes what is no token proves nothing: AUTH-401-INVALID speaks of it.
pub fn forged(
    facts: &Facts,
    purpose: Purpose,
    wrong: impl Fn(&Exchange, &Response) -> Option<(Level, String)>,
) -> Judgement {
    let lax: BTreeSet<&str> = facts
        .of(GARBAGE)
        .filter(|(_, _, answer)| success(answer))
        .map(|(_, exchange, _)| exchange.site.name.as_str())
        .collect();
    let mut sent = facts.of(purpose).map(|(_, exchange, _)| exchange.site.name.as_str()).peekable();
    if let Some(first) = sent.peek().copied()
        && sent.all(|name| lax.contains(name))
    {
        return Judgement::Inconclusive(format!("`{first}` opens to what is no token: AUTH-401-INVALID"));
    }
    judged(
        facts,
        purpose,
        |_, _| false,
        |exchange, answer, _| {
            if lax.contains(exchange.site.name.as_str()) {
                return None;
            }
            wrong(exchange, answer)
        },
    )
}

/// Any 2xx fails.
pub fn never_accepted(facts: &Facts, purpose: Purpose) -> Judgement {
    forged(facts, purpose, accepted)
}

/// A 2xx as a failure.
pub fn accepted(exchange: &Exchange, answer: &Response) -> Option<(Level, String)> {
    success(answer).then(|| (Level::Fail, format!("accepted: {} ({})", exchange.site.variant, answer.status)))
}
