//! META-*: whether the audit itself is to be trusted.

use std::collections::BTreeMap;

use super::auth::WITHOUT_CREDENTIAL;
use super::check::{Check, Judgement, Level, Mode, Observation};
use super::collect::{MISFITS, ROUTES, SESSIONS};
use super::exchange::{Exchange, Facts, Purpose};
use super::forged::success;
use super::probe::{Consent, Probe, Unsent};
use super::scene;
use super::turned_away::is_login_page;
use crate::plan::RouteKind;
use crate::record::Severity;
use crate::wire::{Response, printable};

/// Their probes bring what the whole audit stands on.
const CONTROLS: &[&Probe] = &[&WITHOUT_CREDENTIAL, &SESSIONS];

/// The end of the audit.
static LAST: Probe = Probe {
    name: "meta-alive",
    consent: Consent::Active,
    about: "one route of each auth with its genuine credential, once everything else was sent",
    most: 20,
    lacks: |input| scene::protected(input, 0).is_empty().then_some("the scenario has no protected GET route"),
    send: |prober| {
        Box::pin(async move {
            for target in scene::one_of_each_auth(prober.input, 0) {
                prober.control(&target).await;
            }
        })
    },
};

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        probes: &[&ROUTES],
        rule: "Fails when a route of the scenario got no answer, when the audit gave up early, and when every route answers what a path \
               answers that cannot exist; warns when a probe could not be sent as a whole; notes what was not sent for want of consent.",
        references: &["ASVS v5.0.0-15.1.1"],
        ..Check::ROW.of("META-COVERAGE", "What the audit has not seen", Severity::High, coverage)
    },
    Check {
        mode: Mode::Active,
        probes: &[&WITHOUT_CREDENTIAL, &SESSIONS, &LAST],
        rule: "Looks at the genuine requests before and after those that should be refused. Fails when a credential stops working \
               meanwhile: refusals after that prove nothing.",
        references: &["ASVS v5.0.0-16.5.3"],
        ..Check::ROW.of("META-AUTH-ALIVE", "Credentials live through the audit", Severity::High, alive)
    },
    Check {
        mode: Mode::Active,
        probes: CONTROLS,
        rule: "Looks at the genuine requests that stand beside those that should be refused. Fails when one was refused itself: what \
               rests on it is inconclusive.",
        references: &["ASVS v5.0.0-16.5.3"],
        ..Check::ROW.of("META-CONTROL", "Genuine requests work", Severity::Medium, controls)
    },
    Check {
        mode: Mode::Active,
        probes: &[&WITHOUT_CREDENTIAL, &MISFITS],
        rule: "Sends the probes of a failing active check two times more, but for those that need `guarded` and for logins. Warns when \
               it does not fail each time: that check is then inconclusive, and no failure.",
        references: &["ASVS v5.0.0-16.5.3"],
        ..Check::ROW.of("META-FLAKY", "Failures that come back", Severity::Low, flaky)
    },
];

fn coverage(facts: &Facts) -> Judgement {
    let rest: Vec<(usize, &Exchange)> = facts
        .exchanges
        .iter()
        .enumerate()
        .filter(|(_, exchange)| exchange.purpose == Purpose::Rest)
        .collect();
    let mut observations = Vec::new();
    for (index, exchange) in &rest {
        if let Err(failure) = &exchange.answer {
            let detail = format!("no answer: {failure}");
            observations.push(Observation::new(Level::Fail, *index, "route", detail));
        }
    }
    let overall = |level, subject: &str, detail: String| Observation {
        exchange: None,
        ..Observation::new(level, 0, subject, detail)
    };
    if let Some(why) = &facts.gave_up {
        observations.push(overall(Level::Fail, "end", format!("the audit gave up early: {why}")));
    }
    if let Some(index) = only_not_found(facts) {
        let detail = "every route answers what a path answers that cannot exist";
        observations.push(Observation::new(Level::Fail, index, "soft-404", detail));
    }
    let mut forbidden: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (probe, unsent) in &facts.unsent {
        match unsent {
            Unsent::Lacking(_) => {}
            Unsent::Refused(_) | Unsent::Limited(_) if facts.gave_up.is_some() => {}
            Unsent::Refused(why) | Unsent::Limited(why) => {
                observations.push(overall(
                    Level::Warn,
                    probe,
                    format!("probe `{probe}`: {}", printable(why, 200)),
                ));
            }
            Unsent::Forbidden(why) => forbidden.entry(why.as_str()).or_default().push(probe),
        }
    }
    for (why, probes) in forbidden {
        let detail = format!("{} probes were not sent: {why}", probes.len());
        observations.push(overall(Level::Info, "consent", detail));
    }
    Judgement::of(rest.len(), observations, "the scenario has no GET route whose address is known beforehand")
}

/// The first route, when all that answer with a page or data answer as an unknown path does.
fn only_not_found(facts: &Facts) -> Option<usize> {
    let unknown: Vec<&Response> = facts.of(Purpose::NotFound).map(|(_, _, answer)| answer).collect();
    let content = |(_, exchange, answer): &(usize, &Exchange, &Response)| {
        exchange.site.kind != RouteKind::Static && success(answer) && !answer.body.is_empty()
    };
    let routes: Vec<_> = facts.of(Purpose::Rest).filter(content).collect();
    let same = |answer: &Response| {
        unknown.iter().any(|unknown| unknown.status == answer.status && unknown.body == answer.body)
    };
    // One page for everything is a site of one page.
    let all = routes.len() > 1 && routes.iter().all(|(_, _, answer)| same(answer));
    all.then(|| routes.first().map(|(index, _, _)| *index)).flatten()
}

/// The controls of each route: position, and whether it worked.
fn by_route(facts: &Facts) -> BTreeMap<&str, Vec<(usize, bool, u16)>> {
    let mut routes: BTreeMap<&str, Vec<(usize, bool, u16)>> = BTreeMap::new();
    for (index, exchange, answer) in facts.answers() {
        let works = match exchange.purpose {
            Purpose::Control => success(answer) && !is_login_page(facts, answer),
            Purpose::PostWithCsrf | Purpose::BeforeLogout => answer.status < 400,
            _ => continue,
        };
        routes.entry(exchange.site.name.as_str()).or_default().push((index, works, answer.status));
    }
    routes
}

fn alive(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (name, controls) in by_route(facts) {
        let Some(first) = controls.iter().position(|(_, works, _)| *works) else { continue };
        places += 1;
        if let Some((index, _, status)) = controls.iter().skip(first).find(|(_, works, _)| !works) {
            let detail =
                format!("the genuine credential of `{name}` worked, and was answered {status} later");
            observations.push(Observation::new(Level::Fail, *index, name, detail));
        }
    }
    match places {
        0 => Judgement::NotRun("no genuine request worked".into()),
        _ => Judgement::Judged { places, observations },
    }
}

fn controls(facts: &Facts) -> Judgement {
    let routes = by_route(facts);
    let observations = routes.iter().filter_map(|(name, controls)| {
        let (index, _, status) = controls.first().filter(|_| controls.iter().all(|(_, works, _)| !works))?;
        let detail =
            format!("the genuine request of `{name}` was answered {status}: its refusals prove nothing");
        Some(Observation::new(Level::Fail, *index, *name, detail))
    });
    match routes.len() {
        0 => Judgement::NotRun("no genuine request was answered".into()),
        places => Judgement::Judged { places, observations: observations.collect() },
    }
}

fn flaky(facts: &Facts) -> Judgement {
    let unstable = facts.repeats.iter().filter(|repeat| !repeat.stable());
    let observations = unstable.map(|repeat| Observation {
        exchange: None,
        ..Observation::new(
            Level::Warn,
            0,
            repeat.check,
            format!("{} failed {} times of {}", repeat.check, repeat.failed, repeat.times),
        )
    });
    let passive = [Purpose::Rest, Purpose::Repeat, Purpose::LoginPage];
    match facts.answers().filter(|(_, exchange, _)| !passive.contains(&exchange.purpose)).count() {
        0 => Judgement::NotRun("no active check was judged".into()),
        places => Judgement::Judged { places, observations: observations.collect() },
    }
}

#[cfg(test)]
pub(super) mod samples {
    //! What breaks each check of this family.

    use super::*;
    use crate::audit::exchange::Repeat;
    use crate::audit::samples::change;
    use crate::wire::{Failure, FailureKind};

    /// What the others bring is enough.
    pub fn sound(_: &mut Facts) {}

    pub fn spoil(check: &str, facts: &mut Facts) -> bool {
        match check {
            "META-COVERAGE" => {
                let mut rest =
                    facts.exchanges.iter_mut().filter(|exchange| exchange.purpose == Purpose::Rest);
                if let Some(route) = rest.next() {
                    let message = "connection refused".to_owned();
                    route.answer = Err(Failure { kind: FailureKind::Connect, message });
                }
            }
            "META-AUTH-ALIVE" => {
                let last = facts.exchanges.iter_mut().rfind(|exchange| exchange.purpose == Purpose::Control);
                if let Some(again) = last.cloned().map(|exchange| {
                    let mut answer = exchange.answer.clone();
                    if let Ok(answer) = &mut answer {
                        answer.status = 401;
                    }
                    Exchange { answer, ..exchange }
                }) {
                    facts.exchanges.push(again);
                }
            }
            "META-CONTROL" => {
                change(facts, Purpose::PostWithCsrf, |answer| answer.status = 403);
                let posts = facts.exchanges.iter_mut().filter(|e| e.purpose == Purpose::PostWithCsrf);
                posts.for_each(|exchange| "logout, genuine".clone_into(&mut exchange.site.name));
            }
            "META-FLAKY" => facts.repeats.push(Repeat { check: "AUTH-REQUIRED", failed: 1, times: 3 }),
            _ => return false,
        }
        true
    }

    #[test]
    fn one_page_for_all_paths_is_no_coverage() {
        let page =
            |facts: Facts, purpose| facts.answer(purpose, RouteKind::Html, 200, &[], "an app of one page");
        let mut facts = crate::audit::fixture::facts(true);
        for purpose in [Purpose::Rest, Purpose::Rest, Purpose::NotFound] {
            facts = page(facts, purpose);
        }
        assert_eq!(crate::audit::fixture::worst("META-COVERAGE", &facts), Some(Level::Fail));
        facts = facts.answer(Purpose::Rest, RouteKind::Json, 200, &[], "{}");
        assert_eq!(crate::audit::fixture::worst("META-COVERAGE", &facts), None);
    }

    #[test]
    fn what_was_not_sent_is_said() {
        let mut facts =
            crate::audit::fixture::facts(true).answer(Purpose::Rest, RouteKind::Html, 200, &[], "page");
        facts.unsent.insert("auth-anonymous", Unsent::Forbidden("needs your consent".into()));
        assert_eq!(crate::audit::fixture::worst("META-COVERAGE", &facts), Some(Level::Info));
        facts.unsent.insert("jwt-foreign", Unsent::Refused("dev gave no token".into()));
        assert_eq!(crate::audit::fixture::worst("META-COVERAGE", &facts), Some(Level::Warn));
        facts.gave_up = Some("the audit took 300 s".into());
        assert_eq!(crate::audit::fixture::worst("META-COVERAGE", &facts), Some(Level::Fail));
    }
}
