//! From what a check says of a stack to what the record keeps.

use super::check::{Check, Judgement, Level, Mode, Observation};
use super::evidence::Reporter;
use super::exchange::Facts;
use crate::record::{CheckOutcome, Confidence, Outcome, Place, Severity};
use crate::wire::printable;

/// Most places of one outcome.
const PLACES: usize = 50;
/// Places that come with their exchange: more would make the record large and tell nothing new.
const SHOWN: usize = 8;
/// Longest text of one detail, in characters.
const LONGEST: usize = 600;

/// Judges one check on one stack.
pub(super) fn judge(check: &Check, facts: &Facts, reporter: &Reporter<'_>) -> CheckOutcome {
    if let Some(reason) = nothing_came(facts) {
        return decided(check, facts, Judgement::NotRun(reason), reporter);
    }
    let judgement = match (check.judge)(facts) {
        judgement @ Judgement::Judged { .. } => judgement,
        judgement @ Judgement::NotApplicable(_) if !facts.has_session && is_of_session(check) => judgement,
        // Without consent its exchanges are missing, whatever the check makes of that.
        _ if check.mode == Mode::Active && !facts.active => Judgement::NotRun(wants_consent(&facts.stack)),
        other => other,
    };
    decided(check, facts, judgement, reporter)
}

/// Whether a check is about sessions: without a session auth consent would not help.
fn is_of_session(check: &Check) -> bool {
    super::cookies::CHECKS.iter().any(|other| other.id == check.id)
}

fn wants_consent(stack: &str) -> String {
    format!("needs your consent, set `active = true` in [stacks.{stack}.audit]")
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
        route: site.map_or_else(|| "several".to_owned(), |site| printable(&site.name, 200)),
        line: site.and_then(|site| site.line),
        subject: reporter.clean(&observation.subject, 120),
        detail: reporter.clean(&observation.detail, LONGEST),
        evidence: None,
    };
    (place, exchange)
}
