//! Judges of what kept answers say.

use std::collections::{BTreeMap, BTreeSet};

use super::{kept, no_load};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::headers::PROTECTING;
use crate::audit::leaks;
use crate::wire::{Response, printable};

/// Protecting headers that errors carry too.
const ON_ERRORS: [&str; 2] = ["Strict-Transport-Security", "X-Content-Type-Options"];
/// How often each of two kinds of answers has to be seen before they are two configurations.
const AGAIN: usize = 2;

/// Headers that the route's own answer of the same class carries at rest; for errors, what any good answer does.
fn wanted(facts: &Facts, route: &str, status: u16) -> Vec<&'static str> {
    let good = |answer: &Response| answer.status / 100 == status / 100;
    let at_rest = facts.of(Purpose::Rest).filter(|(_, exchange, _)| exchange.site.name == route);
    let own: Vec<&Response> = at_rest.map(|(_, _, answer)| answer).filter(|answer| good(answer)).collect();
    if !own.is_empty() {
        let always = |name: &&str| own.iter().all(|answer| answer.header(name).is_some());
        return PROTECTING.into_iter().filter(always).collect();
    }
    if status < 400 {
        return Vec::new();
    }
    let any = |name: &&str| {
        facts.of(Purpose::Rest).any(|(_, _, answer)| success(answer) && answer.header(name).is_some())
    };
    ON_ERRORS.into_iter().filter(any).collect()
}

pub fn dropped(facts: &Facts) -> Judgement {
    if facts.load.is_none() {
        return no_load();
    }
    let mut places = 0;
    let mut gone: BTreeMap<(&str, &str, u16), (usize, usize, usize)> = BTreeMap::new();
    for (index, exchange, answer) in kept(facts) {
        let route = exchange.site.name.as_str();
        places += 1;
        for name in wanted(facts, route, answer.status) {
            let counts = gone.entry((route, name, answer.status)).or_insert((index, 0, 0));
            counts.2 += 1;
            if answer.header(name).is_none() {
                if counts.1 == 0 {
                    counts.0 = index;
                }
                counts.1 += 1;
            }
        }
    }
    let missing = gone.into_iter().filter(|(_, (_, without, _))| *without > 0);
    let observations = missing.map(|((_, name, status), (index, without, of))| {
        let detail = format!("{name} is missing on {without} of {of} answers {status} that were kept");
        Observation::new(Level::Fail, index, name.to_ascii_lowercase(), detail)
    });
    Judgement::of(places, observations.collect(), "no answer of the load was kept")
}

pub fn errors(facts: &Facts) -> Judgement {
    let Some(load) = &facts.load else { return no_load() };
    let mut observations = Vec::new();
    for (index, _, answer) in kept(facts).filter(|(_, _, answer)| answer.status >= 500) {
        observations.extend(leaks::observed(index, answer));
    }
    let places = usize::try_from(load.requests).unwrap_or(usize::MAX);
    Judgement::of(places, observations, "the load got no answer")
}

/// The nonces in an answer's policies.
fn nonces_of(answer: &Response) -> Vec<String> {
    let policies = answer.header_lines("content-security-policy");
    let words = |line: String| {
        let nonce = |word: &str| {
            let word = word.trim_end_matches(';');
            Some(word.strip_prefix("'nonce-")?.strip_suffix('\'')?.to_owned())
        };
        line.split_ascii_whitespace().filter_map(nonce).collect::<BTreeSet<String>>()
    };
    policies.flat_map(words).collect()
}

pub fn nonces(facts: &Facts) -> Judgement {
    if facts.load.is_none() {
        return no_load();
    }
    let (mut places, mut observations) = (0, Vec::new());
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for (index, _, answer) in kept(facts) {
        for nonce in nonces_of(answer) {
            places += 1;
            if first.insert(nonce, index).is_some() {
                let detail = "the nonce of this answer stood in an earlier one";
                observations.push(Observation::new(Level::Fail, index, "nonce", detail));
            }
        }
    }
    Judgement::of(places, observations, "no answer of the load that was kept has a nonce")
}

/// What an answer's head tells of who made it. Names only, where values differ by nature.
fn kind(answer: &Response) -> String {
    let value = |name: &&str| {
        let lines: Vec<String> = answer.header_lines(name).collect();
        if lines.is_empty() { format!("no {name}") } else { format!("{name}: {}", lines.join(", ")) }
    };
    let by_nature = ["Content-Security-Policy"];
    let mut parts: Vec<String> = ["Server"]
        .iter()
        .chain(PROTECTING.iter().filter(|name| !by_nature.contains(name)))
        .map(value)
        .collect();
    let mut policies: Vec<&str> =
        by_nature.into_iter().filter(|name| answer.header(name).is_some()).collect();
    policies.sort_unstable();
    parts.push(policies.join(", "));
    parts.join("\n")
}

pub fn drift(facts: &Facts) -> Judgement {
    if facts.load.is_none() {
        return no_load();
    }
    let mut places = 0;
    let mut kinds: BTreeMap<(&str, u16), BTreeMap<String, Vec<usize>>> = BTreeMap::new();
    for (index, exchange, answer) in kept(facts).filter(|(_, _, answer)| success(answer)) {
        places += 1;
        let route = kinds.entry((exchange.site.name.as_str(), answer.status)).or_default();
        route.entry(kind(answer)).or_default().push(index);
    }
    let mut observations = Vec::new();
    for ((_, status), kinds) in kinds {
        let often: Vec<(&String, &Vec<usize>)> =
            kinds.iter().filter(|(_, seen)| seen.len() >= AGAIN).collect();
        let [(one, first), (other, second), ..] = often.as_slice() else { continue };
        let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        let (one, other) = differs.unwrap_or(("", ""));
        let detail = format!(
            "answers {status} come in {} kinds: {} and {} of those kept say `{}` and `{}`",
            often.len(),
            first.len(),
            second.len(),
            printable(one, 100),
            printable(other, 100)
        );
        let index = second.first().or(first.first()).copied().unwrap_or_default();
        observations.push(Observation::new(Level::Warn, index, "configuration", detail));
    }
    Judgement::of(places, observations, "the load got no good answer")
}
