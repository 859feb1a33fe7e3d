//! Judges of headers, refusals and errors.

use std::collections::BTreeMap;

use super::pairs;
use crate::audit::auth::{ANONYMOUS, BAD_TOKEN, FORBIDDEN, IN_URL};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::errors::TECHNICAL;
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::headers::PROTECTING;
use crate::audit::leaks;
use crate::plan::RouteKind;
use crate::wire::{Response, printable};

fn joined(answer: &Response, name: &str) -> Option<String> {
    let lines: Vec<String> = answer.header_lines(name).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// A nonce differs each time.
fn without_nonces(value: &str) -> String {
    let words = value.split(' ').filter(|word| !word.trim_end_matches(';').starts_with("'nonce-"));
    words.collect::<Vec<_>>().join(" ")
}

pub fn headers(facts: &Facts) -> Judgement {
    let Some(dev) = &facts.beside else { return alone() };
    let (mut places, mut observations) = (0, Vec::new());
    let mut changes: BTreeMap<String, usize> = BTreeMap::new();
    for (index, exchange, answer, before) in pairs(facts, dev) {
        if exchange.purpose != Purpose::Rest || !success(answer) || !success(before) {
            continue;
        }
        places += 1;
        for name in PROTECTING {
            match (joined(before, name), joined(answer, name)) {
                (Some(value), None) if name != "X-Frame-Options" || !frames_by_policy(answer) => {
                    let detail = format!("dev sends {name}: {}, production does not", printable(&value, 80));
                    observations.push(Observation::new(
                        Level::Fail,
                        index,
                        name.to_ascii_lowercase(),
                        detail,
                    ));
                }
                (None, Some(_)) => {
                    changes.entry(format!("{name} on production only")).or_insert(index);
                }
                (Some(before), Some(now)) if without_nonces(&before) != without_nonces(&now) => {
                    changes.entry(format!("another {name} on production")).or_insert(index);
                }
                _ => {}
            }
        }
    }
    observations.extend(
        changes.into_iter().map(|(detail, index)| Observation::new(Level::Info, index, "change", detail)),
    );
    Judgement::of(places, observations, "no route answered on both stacks")
}

/// The policy says who may frame a page, which is the newer way.
fn frames_by_policy(answer: &Response) -> bool {
    joined(answer, "content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors"))
}

pub fn alone() -> Judgement {
    Judgement::NotApplicable("needs a dev and a production stack in one run".into())
}

/// 401, 403, or a redirect to a login.
fn refuses(answer: &Response) -> bool {
    let to = answer.header("location").unwrap_or_default().to_ascii_lowercase();
    matches!(answer.status, 401 | 403) || (300..400).contains(&answer.status) && to.contains("login")
}

pub fn statuses(facts: &Facts) -> Judgement {
    let Some(dev) = &facts.beside else { return alone() };
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer, before) in pairs(facts, dev) {
        if ![Purpose::Rest, ANONYMOUS, BAD_TOKEN, FORBIDDEN, IN_URL].contains(&exchange.purpose) {
            continue;
        }
        places += 1;
        if refuses(before) && success(answer) {
            let detail = format!("dev answers {}, production {}", before.status, answer.status);
            observations.push(Observation::new(Level::Fail, index, exchange.site.name.clone(), detail));
        }
    }
    Judgement::of(places, observations, "no request was answered on both stacks")
}

/// What an error tells of the inside, and how bad that is.
fn told(answer: &Response) -> Option<(Level, String)> {
    let body = String::from_utf8_lossy(&answer.body);
    let page = TECHNICAL.iter().find(|mark| body.contains(*mark));
    page.map(|mark| (Level::Fail, format!("Django's technical page: `{mark}`")))
        .or_else(|| leaks::found(answer))
}

pub fn errors(facts: &Facts) -> Judgement {
    let Some(dev) = &facts.beside else { return alone() };
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer, before) in pairs(facts, dev) {
        if answer.status < 400 || before.status < 400 || exchange.site.kind == RouteKind::Login {
            continue;
        }
        places += 1;
        let (now, then) = (told(answer), told(before));
        if let Some((level, detail)) = now
            && Some(level) > then.map(|(level, _)| level)
        {
            let detail = format!("{} on production only: {detail}", answer.status);
            observations.push(Observation::new(level.max(Level::Fail), index, "error", detail));
        }
    }
    Judgement::of(places, observations, "no request was answered with an error on both stacks")
}
