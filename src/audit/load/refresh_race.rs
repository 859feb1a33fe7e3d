//! One refresh token at several connections at once.

use std::collections::BTreeMap;

use super::no_load;
use super::trials::{Trial, When};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::jwt::lifecycle::{Account, REUSED, ROTATED};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::Prober;

/// One of the requests that came at once; its variant says which round.
pub const AT_ONCE: Purpose = Purpose::Own("load-refresh");
const LOGIN: Purpose = Purpose::Own("load-refresh-login");

const CONNECTIONS: usize = 8;
/// A race is not lost each time.
const ROUNDS: usize = 3;
const ACCOUNTS: usize = 3;

static PROBE: Probe = Probe {
    name: "load-refresh-race",
    consent: Consent::Active,
    about: "after the load: three logins of the last user of each `jwt` auth, and each refresh token eight times at once",
    most: ACCOUNTS * ROUNDS * (CONNECTIONS + 1),
    lacks: |input| {
        let none = Account::all(input).iter().all(|account| account.refresh.is_none());
        none.then_some("no auth of kind `jwt` on a protected GET route names a `refresh`")
    },
    send: |_| Box::pin(async {}),
};

pub const REFRESH_RACE: Trial =
    Trial { probe: &PROBE, when: When::Afterwards, send: |prober| Box::pin(send(prober)) };

async fn send(prober: &mut Prober<'_>) {
    for account in Account::all(prober.input).into_iter().take(ACCOUNTS) {
        let Some(path) = account.refresh else { continue };
        for round in 1..=ROUNDS {
            let token = account.enter(prober, LOGIN).await.and_then(|pair| pair.refresh);
            let Some(token) = token else {
                prober.refuse("no refresh token was got after the load");
                break;
            };
            let (site, request) = account.posting(&format!("round {round}"), path, &token);
            prober.send_at_once(AT_ONCE, &site, vec![request; CONNECTIONS]).await;
        }
    }
}

pub fn raced(facts: &Facts) -> Judgement {
    if facts.load.is_none() {
        return no_load();
    }
    let reused = facts.of(REUSED).find(|(_, _, answer)| success(answer));
    if let Some((_, exchange, _)) = reused {
        let why = match exchange.site.variant.as_str() {
            ROTATED => "the old refresh token works after a new one was given, one after the other too",
            _ => "refresh tokens are not rotated: each works again and again by design",
        };
        return Judgement::NotApplicable(format!("{why}: JWT-REFRESH-REUSE"));
    }
    let mut rounds: BTreeMap<(&str, &str), Vec<(usize, bool)>> = BTreeMap::new();
    for (index, exchange, answer) in facts.of(AT_ONCE) {
        let round = (exchange.site.name.as_str(), exchange.site.variant.as_str());
        rounds.entry(round).or_default().push((index, success(answer)));
    }
    let good = |answers: &[(usize, bool)]| answers.iter().filter(|(_, good)| *good).count();
    match rounds.values().map(|answers| good(answers)).max() {
        None => return Judgement::NotRun("no refresh token was sent at once".into()),
        Some(0) => return Judgement::Inconclusive("no fresh refresh token brought anything".into()),
        Some(_) => {}
    }
    let mut observations = Vec::new();
    for ((_, round), answers) in &rounds {
        let (good, of) = (good(answers), answers.len());
        if good > 1
            && let Some((index, _)) = answers.iter().rfind(|(_, good)| *good)
        {
            let detail = format!("one refresh token brought new ones {good} times of {of} at once ({round})");
            observations.push(Observation::new(Level::Fail, *index, "refresh token", detail));
        }
    }
    Judgement::Judged { places: rounds.len(), observations }
}
