//! Credentials that are ended while the load goes on: how long each still opens.

use std::time::Duration;

use tokio::time::Instant;

use super::no_load;
use super::trials::{Trial, When};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::collect::session;
use crate::audit::exchange::{Facts, Purpose, Site};
use crate::audit::forged::success;
use crate::audit::jwt::lifecycle::{ACCESS, AFTER_LOGOUT, Account, REFRESH};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::Prober;
use crate::wire::Request;

/// Control: the credential while it was good.
pub const BEFORE: Purpose = Purpose::Own("load-revoked-before");
/// The credential after its logout was answered.
pub const AFTER: Purpose = Purpose::Own("load-revoked");
pub const SESSION: &str = "the session after logout";

/// Servers that share what is revoked may take this long, in seconds.
const BOUND: f64 = 5.0;
/// So long is a credential watched, and so often tried.
const WATCH: Duration = Duration::from_secs(8);
const EVERY: Duration = Duration::from_millis(200);
/// What was refused so often in a row, each time by a connection of its own, is gone.
const ENOUGH: u32 = 10;

static PROBE: Probe = Probe {
    name: "load-revoked",
    consent: Consent::Active,
    about: "while the load goes on: one login and logout of the last user of the first session and of each `jwt` auth, and five times a \
            second for up to eight seconds what then should open nothing any more",
    most: 300,
    lacks: |input| {
        let tokens = Account::all(input).iter().any(|account| account.logout.is_some());
        let none = !tokens && session::no_end(input);
        none.then_some("no auth of the scenario that a page or a protected GET route has names a `logout`")
    },
    send: |_| Box::pin(async {}),
};

pub const REVOKED: Trial = Trial { probe: &PROBE, when: When::Beside, send: |prober| Box::pin(send(prober)) };

async fn send(prober: &mut Prober<'_>) {
    let mut ended: Vec<(Site, Request)> = Vec::new();
    if !session::no_end(prober.input) {
        match session::end(prober, BEFORE).await {
            Some(of) => ended.push((Site { variant: SESSION.to_owned(), ..of.site }, of.page)),
            None => prober.refuse("no session worked and was ended under load"),
        }
    }
    let since = Instant::now();
    watch(prober, since, ended).await;
    for account in Account::all(prober.input) {
        let Some(path) = account.logout else { continue };
        let Some(pair) = account.enter(prober, BEFORE).await else {
            prober.refuse("no token was got under load");
            continue;
        };
        let Some(request) = account.target.with_token(&pair.access) else { continue };
        let good = prober.send(BEFORE, account.target.site("fresh login", true), request.clone()).await;
        if !good.is_some_and(|answer| success(&answer)) {
            prober.refuse("no fresh token worked under load");
            continue;
        }
        let Some((site, logout)) = account.ending(path, &pair) else { continue };
        let gone = prober.ask(BEFORE, site, logout).await.and_then(|exchange| exchange.answer.ok());
        if !gone.is_some_and(|answer| success(&answer)) {
            prober.refuse("no logout worked under load");
            continue;
        }
        let since = Instant::now();
        let mut ended = vec![(account.target.site(ACCESS, true), request)];
        let refresh = account.refresh.zip(pair.refresh.as_deref());
        ended.extend(refresh.map(|(path, refresh)| account.posting(REFRESH, path, refresh)));
        watch(prober, since, ended).await;
    }
}

/// Tries what was ended, in turns, until all of it was refused often enough, or the time is over.
async fn watch(prober: &mut Prober<'_>, since: Instant, ended: Vec<(Site, Request)>) {
    let mut refused = 0;
    while !ended.is_empty() && since.elapsed() < WATCH && refused < ENOUGH && !prober.is_over() {
        let mut opens = false;
        for (site, request) in &ended {
            let answer = prober.send_since(since, AFTER, site.clone(), request.clone()).await;
            opens |= answer.is_some_and(|answer| success(&answer));
        }
        refused = if opens { 0 } else { refused + 1 };
        tokio::time::sleep(EVERY).await;
    }
}

/// What the same credential was worth after a logout without any load; `None` when that was not seen.
fn at_rest(facts: &Facts, what: &str) -> Option<bool> {
    let mut seen = match what {
        SESSION => facts.of(Purpose::AfterLogout).map(|(_, _, answer)| success(answer)).collect::<Vec<_>>(),
        _ => facts
            .of(AFTER_LOGOUT)
            .filter(|(_, exchange, _)| exchange.site.variant == what)
            .map(|(_, _, answer)| success(answer))
            .collect(),
    };
    seen.sort_unstable();
    seen.pop()
}

pub fn revoked(facts: &Facts) -> Judgement {
    let Some(load) = &facts.load else { return no_load() };
    let mut kinds: Vec<(&str, &str)> = facts
        .of(AFTER)
        .map(|(_, exchange, _)| (exchange.site.name.as_str(), exchange.site.variant.as_str()))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let (mut places, mut observations, mut elsewhere) = (0, Vec::new(), None);
    for (name, what) in kinds {
        if at_rest(facts, what) == Some(true) {
            let row = if what == SESSION { "SESSION-LOGOUT" } else { "JWT-LOGOUT" };
            elsewhere = Some(format!("{what} opens without a load too: {row}"));
            continue;
        }
        let tried: Vec<(usize, f64, bool)> = facts
            .of(AFTER)
            .filter(|(_, exchange, _)| {
                (exchange.site.name.as_str(), exchange.site.variant.as_str()) == (name, what)
            })
            .filter_map(|(index, _, answer)| Some((index, load.seconds_of(index)?, success(answer))))
            .collect();
        places += tried.len();
        let Some((index, worst, _)) = tried.iter().rfind(|(_, _, opened)| *opened) else { continue };
        let share = tried.iter().filter(|(_, _, opened)| *opened).count();
        let refused_first = tried.iter().position(|(_, _, opened)| !opened);
        let back = refused_first.is_some_and(|first| tried.iter().skip(first).any(|(_, _, opened)| *opened));
        let to_the_end = tried.iter().all(|(_, _, opened)| *opened);
        let level = match (back, to_the_end && at_rest(facts, what) == Some(false), *worst > BOUND) {
            (false, false, false) => Level::Info,
            _ => Level::Fail,
        };
        let ways = if back { ", after it had been refused already" } else { "" };
        let detail = format!(
            "{what} opened {worst:.1} s later still under load{ways}: {share} of {} requests",
            tried.len()
        );
        observations.push(Observation::new(level, *index, what, detail));
    }
    match (places, elsewhere) {
        (0, Some(why)) => Judgement::NotApplicable(why),
        (0, None) => Judgement::NotRun("nothing was ended and tried again before the load was over".into()),
        _ => Judgement::Judged { places, observations },
    }
}
