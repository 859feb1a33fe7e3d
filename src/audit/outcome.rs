//! From what a check says of a stack to what the record keeps.

use super::check::{Check, Judgement, Level, Mode, Observation};
use super::evidence::Reporter;
use super::exchange::Facts;
use super::probe::Unsent;
use super::tls::judges_handshakes;
use crate::record::{CheckOutcome, Confidence, MOST_PLACES as PLACES, Outcome, Place, Severity};

/// Places that come with their exchange: more would make the record large and tell nothing new.
const SHOWN: usize = 8;
/// Longest text of one detail, in characters.
const LONGEST: usize = 600;

/// Judges one check on one stack.
pub(super) fn judge(check: &Check, facts: &Facts, reporter: &Reporter<'_>) -> CheckOutcome {
    let shaken = judges_handshakes(check) && facts.handshakes().next().is_some();
    if let Some(reason) = nothing_came(facts).filter(|_| !shaken) {
        return decided(check, facts, Judgement::NotRun(reason), reporter);
    }
    decided(check, facts, judgement(check, facts), reporter)
}

fn judgement(check: &Check, facts: &Facts) -> Judgement {
    if check.mode == Mode::TwoTargets && facts.beside.is_none() {
        let reason = "needs a dev and a production stack in one run, and is judged on production";
        return Judgement::NotApplicable(reason.into());
    }
    let flaky = facts.repeats.iter().find(|repeat| repeat.check == check.id && !repeat.stable());
    match (check.judge)(facts) {
        Judgement::Judged { observations, .. }
            if flaky.is_some() && observations.iter().any(|seen| seen.level == Level::Fail) =>
        {
            let (failed, times) = flaky.map_or((0, 0), |repeat| (repeat.failed, repeat.times));
            let first = observations.iter().find(|seen| seen.level == Level::Fail);
            let what = first.map_or("", |seen| seen.detail.as_str());
            Judgement::Inconclusive(format!("it failed {failed} times of {times}: {what}"))
        }
        Judgement::Judged { observations, .. }
            if observations.iter().all(|seen| seen.level == Level::Info)
                && let Some(reason) = limited(check, facts) =>
        {
            Judgement::NotRun(reason.to_owned())
        }
        judged @ (Judgement::Judged { .. } | Judgement::Inconclusive(_)) => judged,
        // Without its probe the exchanges are missing, whatever the check makes of that.
        other => match check.probes.iter().find_map(|probe| facts.unsent.get(probe.name)) {
            Some(Unsent::Lacking(reason)) => Judgement::NotApplicable(reason.clone()),
            Some(Unsent::Refused(reason) | Unsent::Forbidden(reason) | Unsent::Limited(reason)) => {
                Judgement::NotRun(reason.clone())
            }
            None => other,
        },
    }
}

/// Why a check that saw nothing wrong did not see everything.
fn limited<'f>(check: &Check, facts: &'f Facts) -> Option<&'f str> {
    check.probes.iter().find_map(|probe| match facts.unsent.get(probe.name)? {
        Unsent::Limited(reason) => Some(reason.as_str()),
        _ => None,
    })
}

/// Why no check can say anything: the first failure, when every exchange failed.
fn nothing_came(facts: &Facts) -> Option<String> {
    if facts.answers().next().is_some() {
        return None;
    }
    Some(match facts.exchanges.first() {
        Some(first) => match &first.answer {
            Err(failure) => format!("no request was answered: {failure}"),
            Ok(_) => return None,
        },
        None => "the scenario has no GET route whose address is known beforehand".to_owned(),
    })
}

fn decided(check: &Check, facts: &Facts, judgement: Judgement, reporter: &Reporter<'_>) -> CheckOutcome {
    let mut outcome = CheckOutcome {
        check: check.id.to_owned(),
        revision: check.revision,
        stack: facts.stack.clone(),
        outcome: Outcome::Pass,
        severity: Severity::Info,
        confidence: Confidence::Certain,
        summary: String::new(),
        places: Vec::new(),
        accepted: false,
        unlocked: false,
    };
    match judgement {
        Judgement::NotApplicable(reason) => {
            outcome.outcome = Outcome::NotApplicable;
            outcome.summary = reporter.clean(&reason, LONGEST);
        }
        Judgement::NotRun(reason) => {
            outcome.outcome = Outcome::NotRun;
            outcome.severity = check.severity;
            outcome.summary = format!("not run: {}", reporter.clean(&reason, LONGEST));
        }
        Judgement::Inconclusive(reason) => {
            outcome.outcome = Outcome::Inconclusive;
            outcome.severity = check.severity;
            outcome.summary = reporter.clean(&reason, LONGEST);
        }
        Judgement::Judged { places, observations } => {
            seen(&mut outcome, check, facts, places, &observations, reporter);
        }
    }
    outcome
}

fn seen(
    outcome: &mut CheckOutcome,
    check: &Check,
    facts: &Facts,
    looked_at: usize,
    observations: &[Observation],
    reporter: &Reporter<'_>,
) {
    let Some(worst) = observations.iter().map(|o| o.level).max() else {
        let places = if looked_at == 1 { "place".to_owned() } else { format!("{looked_at} places") };
        outcome.summary = format!("as it should be at the {places} looked at");
        return;
    };
    (outcome.outcome, outcome.severity) = match worst {
        Level::Fail => (Outcome::Fail, check.severity),
        Level::Warn => (Outcome::Warn, check.severity.min(Severity::Low)),
        Level::Info => (Outcome::Info, Severity::Info),
    };
    let of_worst = || observations.iter().filter(|o| o.level == worst);
    outcome.confidence = of_worst().map(|o| o.confidence).max().unwrap_or(Confidence::Certain);

    let mut sorted: Vec<&Observation> = observations.iter().collect();
    sorted.sort_by_key(|o| std::cmp::Reverse(o.level));
    let mut places: Vec<(Place, Option<usize>)> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for observation in sorted {
        let (place, exchange) = place(facts, observation, reporter);
        if known.insert((place.route.clone(), place.subject.clone(), place.detail.clone())) {
            places.push((place, exchange));
        }
    }
    outcome.summary = summary(&places);
    places.truncate(PLACES);
    outcome.places = places
        .into_iter()
        .enumerate()
        .map(|(position, (place, exchange))| {
            let exchange = exchange.filter(|_| position < SHOWN).and_then(|index| facts.exchanges.get(index));
            Place { evidence: exchange.map(|exchange| reporter.evidence(check, exchange)), ..place }
        })
        .collect();
}

/// Shorter than a place's detail: it stands in a table's cell.
fn summary(places: &[(Place, Option<usize>)]) -> String {
    let Some((first, _)) = places.first() else { return String::new() };
    let same = places.iter().filter(|(place, _)| place.detail == first.detail).count();
    let mut text = first.detail.clone();
    if same > 1 {
        text.push_str(&format!(" (at {same} places)"));
    }
    match places.len() - same {
        0 => {}
        more => text.push_str(&format!("; and {more} more")),
    }
    if places.len() > PLACES {
        text.push_str(&format!(", the first {PLACES} of which are kept"));
    }
    text
}

fn place(facts: &Facts, observation: &Observation, reporter: &Reporter<'_>) -> (Place, Option<usize>) {
    let exchange = observation.exchange.filter(|index| *index < facts.exchanges.len());
    let site = exchange.and_then(|index| facts.exchanges.get(index)).map(|exchange| &exchange.site);
    let place = Place {
        route: site.map_or_else(|| "several".to_owned(), |site| reporter.clean(&site.to_string(), 200)),
        line: site.and_then(|site| site.line),
        subject: reporter.clean(&observation.subject, 120),
        detail: reporter.clean(&observation.detail, LONGEST),
        outcome: Some(match observation.level {
            Level::Fail => Outcome::Fail,
            Level::Warn => Outcome::Warn,
            Level::Info => Outcome::Info,
        }),
        accepted: None,
        known: false,
        evidence: None,
    };
    (place, exchange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::curl::Origin;
    use crate::audit::fixture::facts;
    use crate::audit::{Exchange, Purpose};
    use crate::plan::RouteKind;
    use crate::secret::Redactor;
    use crate::wire::{Failure, FailureKind};

    fn check(mode: Mode, judge: fn(&Facts) -> Judgement) -> Check {
        Check { id: "HDR-TEST", revision: 3, severity: Severity::High, mode, judge, ..Check::ROW }
    }

    fn outcome(check: &Check, facts: &Facts) -> CheckOutcome {
        let origin = Origin { scheme: "https".into(), host: facts.host.clone(), ..Origin::default() };
        let redactor = Redactor::new(["a-secret-value"]);
        judge(check, facts, &Reporter::new(facts, &redactor, [], &origin))
    }

    fn two_answers() -> Facts {
        facts(true).answer(Purpose::Rest, RouteKind::Html, 200, &[], "").answer(
            Purpose::Rest,
            RouteKind::Json,
            200,
            &[],
            "",
        )
    }

    fn observed(level: Level, exchange: usize, detail: &str) -> Observation {
        Observation::new(level, exchange, "subject", detail)
    }

    #[test]
    fn the_worst_observation_decides_and_comes_first() {
        let check = check(Mode::Passive, |_| Judgement::Judged {
            places: 2,
            observations: vec![
                observed(Level::Info, 0, "known"),
                observed(Level::Warn, 0, "odd"),
                Observation { confidence: Confidence::Heuristic, ..observed(Level::Fail, 1, "broken") },
            ],
        });
        let outcome = outcome(&check, &two_answers());
        assert_eq!((outcome.outcome, outcome.severity), (Outcome::Fail, Severity::High));
        assert_eq!(outcome.confidence, Confidence::Heuristic);
        assert_eq!(outcome.revision, 3);
        assert_eq!(outcome.summary, "broken; and 2 more");
        assert_eq!(outcome.places[0].detail, "broken");
        assert_eq!(outcome.places[0].route, "json");
        assert_eq!(outcome.places[0].line, Some(7));
        assert!(outcome.places[0].evidence.is_some());
    }

    #[test]
    fn a_warning_is_low_at_most_and_info_is_info() {
        let warned = check(Mode::Passive, |_| Judgement::Judged {
            places: 1,
            observations: vec![observed(Level::Warn, 0, "odd")],
        });
        assert_eq!(outcome(&warned, &two_answers()).severity, Severity::Low);
        let info = Check { severity: Severity::Info, ..warned };
        assert_eq!(outcome(&info, &two_answers()).severity, Severity::Info);
        let informed = check(Mode::Passive, |_| Judgement::Judged {
            places: 1,
            observations: vec![observed(Level::Info, 0, "known")],
        });
        let informed = outcome(&informed, &two_answers());
        assert_eq!((informed.outcome, informed.severity), (Outcome::Info, Severity::Info));
    }

    #[test]
    fn the_same_is_said_once_a_route_and_bounded() {
        let check = check(Mode::Passive, |_| {
            let mut observations = vec![observed(Level::Fail, 0, "same"); 3];
            observations.push(observed(Level::Fail, 1, "same"));
            observations.extend((0..60).map(|n| observed(Level::Warn, 0, &format!("other {n}"))));
            observations.push(observed(Level::Warn, 999, "of an exchange that is not there"));
            Judgement::Judged { places: 2, observations }
        });
        let outcome = outcome(&check, &two_answers());
        assert_eq!(outcome.places.len(), PLACES);
        assert_eq!(outcome.places.iter().filter(|p| p.detail == "same").count(), 2);
        assert_eq!(outcome.places.iter().filter(|p| p.evidence.is_some()).count(), SHOWN);
        assert_eq!(outcome.summary, "same (at 2 places); and 61 more, the first 50 of which are kept");
    }

    #[test]
    fn without_its_probe_a_check_says_why() {
        let unsent = |why| Facts { unsent: [("routes", why)].into(), ..two_answers() };
        let nothing = check(Mode::Active, |_| Judgement::NotApplicable("no such answer".into()));
        assert_eq!(outcome(&nothing, &two_answers()).outcome, Outcome::NotApplicable);
        let refused = outcome(&nothing, &unsent(Unsent::Refused("needs your consent".into())));
        assert_eq!(refused.summary, "not run: needs your consent");
        assert_eq!((refused.outcome, refused.severity), (Outcome::NotRun, Severity::High));
        let lacking = outcome(&nothing, &unsent(Unsent::Lacking("no session login".into())));
        assert_eq!((lacking.outcome, lacking.summary.as_str()), (Outcome::NotApplicable, "no session login"));
        // What came before the probe broke off may be enough.
        let judged = check(Mode::Active, |_| Judgement::Judged { places: 1, observations: vec![] });
        let refused = unsent(Unsent::Refused("the audit took 300 s".into()));
        assert_eq!(outcome(&judged, &refused).outcome, Outcome::Pass);
        let limited = unsent(Unsent::Limited("a limit refused some of it".into()));
        assert_eq!(outcome(&judged, &limited).outcome, Outcome::NotRun);
    }

    #[test]
    fn two_targets_take_two() {
        let check = check(Mode::TwoTargets, |_| Judgement::Judged { places: 1, observations: vec![] });
        assert_eq!(outcome(&check, &two_answers()).outcome, Outcome::NotApplicable);
        let beside = Facts { beside: Some(two_answers().into()), ..two_answers() };
        assert_eq!(outcome(&check, &beside).outcome, Outcome::Pass);
    }

    #[test]
    fn nothing_is_judged_when_nothing_came() {
        let passes = check(Mode::Passive, |_| Judgement::Judged { places: 1, observations: vec![] });
        let silent = outcome(&passes, &facts(true));
        assert_eq!(silent.outcome, Outcome::NotRun);
        assert!(silent.summary.starts_with("not run: the scenario has no GET route"), "{}", silent.summary);

        let mut unreachable = two_answers();
        let failure = Failure { kind: FailureKind::Connect, message: "connection refused".into() };
        unreachable.exchanges = unreachable
            .exchanges
            .into_iter()
            .map(|e| Exchange { answer: Err(failure.clone()), ..e })
            .collect();
        let silent = outcome(&passes, &unreachable);
        assert_eq!(silent.summary, "not run: no request was answered: connection refused");
        assert_eq!((silent.outcome, silent.severity), (Outcome::NotRun, Severity::High));
    }

    #[test]
    fn words_of_a_check_hold_no_secret_and_no_control_character() {
        let check = check(Mode::Passive, |_| Judgement::Judged {
            places: 1,
            observations: vec![observed(Level::Fail, 0, "saw a-secret-value\x1b[31m\nnext")],
        });
        let outcome = outcome(&check, &two_answers());
        let text = serde_json::to_string(&outcome).unwrap();
        assert!(!text.contains("a-secret-value"), "{text}");
        assert!(!outcome.summary.contains(['\x1b', '\n']), "{}", outcome.summary);
    }
}
