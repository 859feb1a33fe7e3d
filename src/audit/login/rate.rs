//! Judges of series of logins.

use std::collections::BTreeMap;

use super::answers::is_authtoken;
use super::probes::{
    AFTERWARDS, AT_ONCE, BURST, FORWARDED, GENUINE, NAMES, OPENED, OTHER_NAME, ROUNDS, SERIAL, SPELLING,
    STILL, limited,
};
use super::{nothing_sent, of, status};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts};

/// A limit should come within so many.
const SOON: usize = 10;
/// Logins that a limit lets through at once, of those that it lets through one after the other.
const RATIO: f64 = 1.5;

/// One series at one login.
struct Series<'f> {
    /// Wrong passwords that were refused as such.
    let_through: usize,
    /// Position and exchange of the last one.
    last: (usize, &'f Exchange),
    limited: bool,
    authtoken: bool,
}

/// The series by the login's name.
fn series(facts: &Facts) -> BTreeMap<&str, Series<'_>> {
    let mut all: BTreeMap<&str, (u16, Series<'_>)> = BTreeMap::new();
    for (index, exchange) in of(facts, SERIAL) {
        let Ok(answer) = &exchange.answer else { continue };
        let (first, series) = all.entry(exchange.site.name.as_str()).or_insert((
            0,
            Series {
                let_through: 0,
                last: (index, exchange),
                limited: false,
                authtoken: is_authtoken(exchange),
            },
        ));
        series.last = (index, exchange);
        if limited(answer, *first) {
            series.limited = true;
        } else {
            series.let_through += 1;
            *first = if *first == 0 { answer.status } else { *first };
        }
    }
    // A lock that looks like a wrong password shows by the right one.
    for (_, exchange) in of(facts, AFTERWARDS) {
        if let Some((_, series)) = all.get_mut(exchange.site.name.as_str())
            && exchange.site.variant != OPENED
        {
            series.limited = true;
        }
    }
    all.into_iter().map(|(name, (_, series))| (name, series)).collect()
}

pub fn limit(facts: &Facts) -> Judgement {
    let series = series(facts);
    let elsewhere = series.values().any(|series| series.limited && !series.authtoken);
    let mut observations = Vec::new();
    for series in series.values() {
        let (index, tries) = (series.last.0, series.let_through);
        let left_to_drf = series.authtoken && elsewhere;
        if !(series.limited || left_to_drf) {
            let detail = format!("{tries} wrong passwords in a row, and no limit");
            observations.push(Observation::new(Level::Fail, index, "limit", detail));
        } else if series.limited && tries > SOON {
            let detail = format!("the limit comes after {tries} wrong passwords");
            observations.push(Observation::new(Level::Warn, index, "limit", detail));
        }
    }
    if series.is_empty() { nothing_sent() } else { Judgement::Judged { places: series.len(), observations } }
}

/// DRF-AUTHTOKEN-UNTHROTTLED.
pub fn authtoken(facts: &Facts) -> Judgement {
    let series = series(facts);
    if series.is_empty() {
        return nothing_sent();
    }
    let own: Vec<&Series<'_>> = series.values().filter(|series| series.authtoken).collect();
    let elsewhere = series.values().any(|series| series.limited && !series.authtoken);
    if own.is_empty() {
        return Judgement::NotApplicable("the scenario has no auth of kind `drf-token`".into());
    }
    let mut observations = Vec::new();
    for series in own.iter().filter(|series| !series.limited && elsewhere) {
        let tries = series.let_through;
        let detail = format!("{tries} wrong passwords in a row, and no limit, where other logins have one");
        observations.push(Observation::new(Level::Fail, series.last.0, "limit", detail));
    }
    Judgement::Judged { places: own.len(), observations }
}

/// Why there is no limit to get past.
fn no_limit(facts: &Facts) -> Judgement {
    match of(facts, SERIAL).next() {
        Some(_) => Judgement::NotApplicable("there is no limit to get past: LOGIN-RATE".into()),
        None => nothing_sent(),
    }
}

pub fn forwarded(facts: &Facts) -> Judgement {
    let Some((_, _, plain)) = facts.of(STILL).next() else { return no_limit(facts) };
    if !limited(plain, 0) {
        return Judgement::Inconclusive("the limit did not hold for a plain request either".into());
    }
    let mut headers: BTreeMap<&str, Vec<(usize, bool)>> = BTreeMap::new();
    for (index, exchange, answer) in facts.of(FORWARDED) {
        headers.entry(exchange.site.variant.as_str()).or_default().push((index, !limited(answer, 0)));
    }
    let places = headers.values().map(Vec::len).sum();
    let mut observations = Vec::new();
    for (header, tries) in headers {
        // A limit that lets one through now and then did not look at the header.
        if let Some((index, _)) = tries.first().filter(|_| tries.iter().all(|(_, passed)| *passed)) {
            let detail = format!("with another address in {header} the limit does not hold");
            observations.push(Observation::new(Level::Fail, *index, header, detail));
        }
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}

pub fn concurrent(facts: &Facts) -> Judgement {
    let Some(first) = of(facts, SERIAL).next().map(|(_, exchange)| exchange.site.name.as_str()) else {
        return nothing_sent();
    };
    let one_by_one = series(facts).remove(first).filter(|series| series.limited);
    let Some(one_by_one) = one_by_one else { return no_limit(facts) };
    let at_once = facts.of(BURST).filter(|(_, _, answer)| !limited(answer, 0)).count();
    if of(facts, BURST).next().is_none() {
        return nothing_sent();
    }
    if one_by_one.let_through == 0 || at_once == 0 {
        let why = "the limit counts by address, and was used up by then";
        return Judgement::Inconclusive(why.into());
    }
    if at_once == AT_ONCE * ROUNDS {
        return Judgement::Inconclusive("names that nobody has come under no limit".into());
    }
    let mut observations = Vec::new();
    if at_once as f64 > RATIO * one_by_one.let_through as f64 {
        let detail =
            format!("{at_once} were let through at once, and {} one after the other", one_by_one.let_through);
        let last = of(facts, BURST).last().map_or(0, |(index, _)| index);
        observations.push(Observation::new(Level::Fail, last, "concurrency", detail));
    }
    Judgement::Judged { places: 1, observations }
}

pub fn key(facts: &Facts) -> Judgement {
    let tried: Vec<(usize, &Exchange)> = of(facts, OTHER_NAME).collect();
    let Some((last, _)) = tried.last() else { return no_limit(facts) };
    let mut observations = Vec::new();
    let stopped = facts.of(OTHER_NAME).any(|(_, _, answer)| limited(answer, 0));
    if tried.len() >= NAMES && !stopped {
        let detail = format!("one password could be tried in {NAMES} names: the limit counts by name only");
        observations.push(Observation::new(Level::Fail, *last, "names", detail));
    }
    for (index, exchange) in of(facts, SPELLING).filter(|(_, exchange)| exchange.site.variant == OPENED) {
        let detail = format!("another spelling of the locked name opens ({})", status(exchange));
        observations.push(Observation::new(Level::Fail, index, "spelling", detail));
    }
    Judgement::Judged { places: tried.len() + of(facts, SPELLING).count(), observations }
}

pub fn retry_after(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, _, answer) in facts.answers().filter(|(_, _, answer)| matches!(answer.status, 429 | 503)) {
        places += 1;
        if answer.header("retry-after").is_none_or(|value| value.trim().is_empty()) {
            let detail = format!("{} does not say when to come back", answer.status);
            observations.push(Observation::new(Level::Warn, index, "retry-after", detail));
        }
    }
    let asked = of(facts, GENUINE).chain(of(facts, SERIAL)).next().is_some();
    if places == 0 && !asked {
        return nothing_sent();
    }
    Judgement::of(places, observations, "nothing was refused for its rate")
}
