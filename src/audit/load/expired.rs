//! Tokens that end while the load goes on, by the server's own clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio::time::Instant;

use super::no_load;
use super::trials::{Trial, When};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::jwt::claims::{EXPIRED as AT_REST, LEEWAY, WITHIN};
use crate::audit::jwt::keys;
use crate::audit::jwt::token::Jwt;
use crate::audit::jwt::victim::{Victim, no_jwt, victims};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::Prober;
use crate::wire::Response;

/// A token before its end and after it.
pub const CROSSING: Purpose = Purpose::Own("load-expired");

/// Dates are whole seconds, and a server may write one that is a second old.
const CERTAIN: i64 = 2;
/// A token is made to end so soon, in seconds; the longer ones where a shorter one is over before it is tried.
const LIVES: [i64; 3] = [1, 3, 6];
const EVERY: Duration = Duration::from_millis(200);
/// What was refused so often in a row, each time by a connection of its own, has ended.
const ENOUGH: u32 = 20;
/// So long after its end is a token tried where leeway is unknown.
const WATCH: i64 = LEEWAY + 10;

static PROBE: Probe = Probe {
    name: "load-expired",
    consent: Consent::Active,
    about: "while the load goes on: the genuine claims signed with the scenario's key that end within seconds, tried five times a second \
            until a minute and ten seconds after their end",
    most: 450,
    lacks: no_jwt,
    send: |_| Box::pin(async {}),
};

pub const EXPIRED: Trial = Trial { probe: &PROBE, when: When::Beside, send: |prober| Box::pin(send(prober)) };

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs().cast_signed())
}

async fn send(prober: &mut Prober<'_>) {
    let Some(victim) = victims(prober.input).into_iter().next() else { return };
    let Some(key) = keys::of_scenario(prober.input, victim.target.auth, &victim.token) else {
        return prober.lack(
            "needs the key that signs the tokens: `jwt_secret` of the stack, `verify` of the auth, or an auth of kind `mint`",
        );
    };
    for life in LIVES {
        let end = now() + life;
        let claims = victim.token.claims_with(&[("exp", json!(end)), ("iat", json!(end - 300))]);
        let Some(token) = victim.claiming(&claims, &key) else { return };
        if !tried(prober, &victim, &token).await {
            continue;
        }
        let watched = Instant::now() + Duration::from_secs((life + WATCH).unsigned_abs());
        let mut refused = 0;
        while Instant::now() < watched && !prober.is_over() && refused < ENOUGH {
            tokio::time::sleep(EVERY).await;
            refused = if tried(prober, &victim, &token).await { 0 } else { refused + 1 };
        }
        return;
    }
    prober.refuse("no token that ends soon was accepted before its end");
}

async fn tried(prober: &mut Prober<'_>, victim: &Victim<'_>, token: &str) -> bool {
    victim.try_token(prober, CROSSING, "a token that ends under load", token).await
}

/// Seconds since the token's end, by the answer's own Date.
fn late(exchange: &Exchange, answer: &Response) -> Option<i64> {
    let end = Jwt::of_request(&exchange.request)?.time("exp")?;
    let date = answer.header("date")?;
    let date = jiff::fmt::rfc2822::parse(&date).ok()?.timestamp().as_second();
    Some(date - end)
}

pub fn expired(facts: &Facts) -> Judgement {
    if facts.load.is_none() {
        return no_load();
    }
    let tried: Vec<(usize, i64, bool)> = facts
        .of(CROSSING)
        .filter_map(|(index, exchange, answer)| Some((index, late(exchange, answer)?, success(answer))))
        .collect();
    let ended = tried.iter().filter(|(_, late, _)| *late >= CERTAIN).count();
    if ended == 0 {
        let why = "no token came to its end, by the server's own Date, before the load was over";
        return Judgement::NotRun(why.into());
    }
    let worst =
        tried.iter().filter(|(_, late, opened)| *opened && *late >= CERTAIN).max_by_key(|(_, late, _)| *late);
    let Some((index, worst, _)) = worst else {
        return Judgement::Judged { places: ended, observations: Vec::new() };
    };
    // Without a load it is seen what the server lets pass for its clock.
    let strict = facts
        .of(AT_REST)
        .filter(|(_, exchange, _)| exchange.site.variant == WITHIN)
        .any(|(_, _, answer)| !success(answer));
    let after = tried.iter().filter(|(_, late, _)| *late >= CERTAIN);
    let first = after.clone().position(|(_, _, opened)| !opened);
    let back = first.is_some_and(|first| after.clone().skip(first).any(|(_, _, opened)| *opened));
    let level = if back || strict || *worst > LEEWAY { Level::Fail } else { Level::Info };
    let accepted = after.filter(|(_, _, opened)| *opened).count();
    let ways = if back { ", after it had been refused already" } else { "" };
    let detail = format!(
        "accepted {worst} s after its end by the server's own Date{ways}: {accepted} of {ended} requests after the end"
    );
    let observations = vec![Observation::new(level, *index, "exp", detail)];
    Judgement::Judged { places: ended, observations }
}
