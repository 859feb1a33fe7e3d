//! Whether the limit on logins is the one that the scenario states, however many are tried at once.

use tokio::time::Instant;

use super::no_load;
use super::trials::{Trial, When};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::login::probes::{SERIAL, limited, no_login, wrong};
use crate::audit::login::visitor::visitors;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, nonsense};

/// A login above the limit.
pub const ABOVE: Purpose = Purpose::Own("load-login-limit");

/// At once, so that every worker of a server gets some.
const AT_ONCE: usize = 8;
/// So many times the limit is tried, and some more.
const TIMES: usize = 3;
const MORE: usize = 16;
/// What may slip through beyond the limit.
const MARGIN: f64 = 1.2;

static PROBE: Probe = Probe {
    name: "load-login-limit",
    consent: Consent::Guarded,
    about: "after the load: wrong passwords in a name nobody has, eight at once, up to three times as many as `login_limit` and sixteen more",
    most: TIMES * 100 + MORE + AT_ONCE + 1,
    lacks: |input| {
        let none = input.plan.login_limit.is_none();
        no_login(input).or(none.then_some("the scenario states no limit on logins: `login_limit` in [audit]"))
    },
    send: |_| Box::pin(async {}),
};

pub const LOGIN_LIMIT: Trial =
    Trial { probe: &PROBE, when: When::Afterwards, send: |prober| Box::pin(send(prober)) };

async fn send(prober: &mut Prober<'_>) {
    let Some((limit, _)) = prober.input.plan.login_limit else { return };
    let Some(mut visitor) = visitors(prober.input, false).into_iter().next() else { return };
    visitor.arrive(prober).await;
    let nobody = nonsense();
    let since = Instant::now();
    let mut sent = 0;
    while sent < TIMES * limit as usize + MORE {
        let first = prober.exchanges.len();
        let requests = (0..AT_ONCE).map(|_| visitor.login(&nobody, &wrong())).collect();
        prober.send_at_once(ABOVE, &visitor.site("above the limit"), requests).await;
        let seconds = since.elapsed().as_secs_f64();
        let came = prober.exchanges.len() - first;
        prober.seconds.extend((first..first + came).map(|position| (position, seconds)));
        sent += AT_ONCE;
        let answers =
            prober.exchanges.iter().skip(first).filter_map(|exchange| exchange.answer.as_ref().ok());
        if came == 0 || answers.filter(|answer| limited(answer, 0)).count() == AT_ONCE {
            return;
        }
    }
}

pub fn fires(facts: &Facts) -> Judgement {
    let Some(load) = &facts.load else { return no_load() };
    let Some((limit, window)) = load.login_limit else {
        return Judgement::NotApplicable(
            "the scenario states no limit on logins: `login_limit` in [audit]".into(),
        );
    };
    let tried: Vec<_> = facts.of(ABOVE).collect();
    let Some((last, _, _)) = tried.last() else {
        return Judgement::NotRun("no login was answered after the load".into());
    };
    let passed = tried.iter().filter(|(_, _, answer)| !limited(answer, 0)).count();
    if passed == 0 {
        let why = "a limit held already: it counts by address, and logins before had used it up";
        return Judgement::Inconclusive(why.into());
    }
    let seconds = tried.iter().filter_map(|(index, _, _)| load.seconds_of(*index)).fold(0.0, f64::max);
    let allowed = f64::from(limit) * (1.0 + (seconds / window.as_secs_f64()).floor());
    let stated = format!("the scenario states {limit} in {} s", window.as_secs());
    if passed as f64 <= MARGIN * allowed + 1.0 {
        return Judgement::Judged { places: tried.len(), observations: Vec::new() };
    }
    let none = passed == tried.len();
    if none && facts.of(SERIAL).any(|(_, _, answer)| limited(answer, 0)) {
        return Judgement::Inconclusive("names that nobody has come under no limit".into());
    }
    let detail = if none {
        format!("{passed} wrong passwords within {seconds:.1} s and no limit; {stated}")
    } else {
        let times = (passed as f64 / allowed).round();
        format!(
            "{passed} wrong passwords were let through within {seconds:.1} s; {stated}: about {times:.0} times as many, as where each worker counts for itself"
        )
    };
    let observations = vec![Observation::new(Level::Fail, *last, "limit", detail)];
    Judgement::Judged { places: tried.len(), observations }
}
