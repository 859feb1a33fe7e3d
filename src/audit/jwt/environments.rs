//! A token of one stack on the other.

use std::time::{SystemTime, UNIX_EPOCH};

use super::token::Jwt;
use super::victim::{forge, forged, no_jwt};
use crate::audit::AuditInput;
use crate::audit::check::{Judgement, Level};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::probe::{Consent, Probe};
use crate::plan::AuthId;

pub const FOREIGN: Purpose = Purpose::Own("jwt-foreign");

pub static CROSS_ENV: Probe = Probe {
    name: "jwt-foreign",
    consent: Consent::Active,
    about: "the dev stack's token of the same auth and user on one route of each JWT auth",
    most: 20,
    lacks: |input: &AuditInput<'_>| {
        let alone = "needs a dev stack that stands before this one in the scenario, in the same run";
        no_jwt(input).or(input.earlier.is_none().then_some(alone))
    },
    send: |prober| {
        Box::pin(forge(prober, async |prober, victim| {
            let Some(earlier) = &prober.input.earlier else { return };
            let plan = prober.input.plan;
            let position = plan.auths.iter().position(|auth| auth.name == victim.target.auth.name);
            let credential = position.and_then(|position| earlier.wallet.get(AuthId(position), 0));
            let Some(token) = credential.and_then(Jwt::of_credential) else {
                return prober.refuse(format!(
                    "{} gave no token for auth `{}`",
                    earlier.stack, victim.target.auth.name
                ));
            };
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs().cast_signed());
            // A token that has ended is refused for that.
            if token.time("exp").is_some_and(|end| end <= now) {
                return prober
                    .refuse(format!("the token of {} had ended before this stack was there", earlier.stack));
            }
            let what = format!("a token of {}", earlier.stack);
            victim.try_token(prober, FOREIGN, &what, &token.text).await;
        }))
    },
};

pub fn foreign(facts: &Facts) -> Judgement {
    forged(facts, FOREIGN, |exchange, answer| {
        success(answer)
            .then(|| (Level::Fail, format!("accepted: {}: both share a signing key", exchange.site.variant)))
    })
}
