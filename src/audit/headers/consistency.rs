//! Rows on the same header in several places: twice in one answer, missing on errors, redirects or some locations.

use std::collections::{BTreeMap, BTreeSet};

use super::look::{each, ordinary, quoted};
use crate::audit::cookies::NO_LOGOUT;
use crate::audit::{Exchange, Facts, Judgement, Level, Observation, Purpose};
use crate::wire::Response;

/// Headers that every answer should carry; HSTS over https only.
const REQUIRED: [&str; 2] = ["Strict-Transport-Security", "X-Content-Type-Options"];
/// Headers that count when they stand twice, and what browsers then do.
const ONCE: [(&str, &str); 7] = [
    ("Strict-Transport-Security", "browsers take the first"),
    ("X-Content-Type-Options", "browsers take the first"),
    ("X-Frame-Options", "browsers deny when they differ"),
    ("Referrer-Policy", "browsers take the last known one"),
    ("Cross-Origin-Opener-Policy", "browsers ignore a list"),
    ("Cross-Origin-Embedder-Policy", "browsers ignore a list"),
    ("Cross-Origin-Resource-Policy", "browsers ignore a list"),
];
/// Headers whose lines add up: different ones may be meant, each of them for itself.
const LISTS: [(&str, &str); 2] = [
    ("Content-Security-Policy", "browsers enforce all of them"),
    ("Permissions-Policy", "browsers join them"),
];

pub(super) fn doubled(facts: &Facts) -> Judgement {
    let mut places = 0;
    let mut observations = Vec::new();
    for (index, _, answer) in ordinary(facts) {
        places += 1;
        let once = ONCE.into_iter().map(|(name, browsers)| (name, browsers, Level::Fail));
        let lists = LISTS.into_iter().map(|(name, browsers)| (name, browsers, Level::Info));
        for (name, browsers, when_different) in once.chain(lists) {
            let lines: Vec<String> = answer.header_lines(name).collect();
            let different: BTreeSet<&str> = lines.iter().map(|line| line.trim()).collect();
            if lines.len() < 2 {
                continue;
            }
            let shown: Vec<String> = lines.iter().map(|line| quoted(line)).collect();
            let level = if different.len() > 1 { when_different } else { Level::Warn };
            let detail = format!("{name} stands {} times: {}; {browsers}", lines.len(), shown.join(" then "));
            observations.push(Observation::new(level, index, name.to_ascii_lowercase(), detail));
        }
    }
    Judgement::of(places, observations, "no answer")
}

/// The required headers that good answers carry.
fn carried(facts: &Facts) -> Vec<&'static str> {
    let good: Vec<&Response> =
        ordinary(facts).filter(|(_, _, answer)| answer.status == 200).map(|(_, _, answer)| answer).collect();
    REQUIRED.into_iter().filter(|name| good.iter().any(|answer| answer.header(name).is_some())).collect()
}

fn missing(answer: &Response, wanted: &[&'static str]) -> Vec<&'static str> {
    wanted.iter().copied().filter(|name| answer.header(name).is_none()).collect()
}

pub(super) fn on_errors(facts: &Facts) -> Judgement {
    let wanted = carried(facts);
    let probes = [Purpose::NotFound, Purpose::WrongMethod, Purpose::LongHeader, Purpose::LargeBody];
    let errors: Vec<(usize, &Exchange, &Response)> = facts
        .answers()
        .filter(|(_, exchange, answer)| probes.contains(&exchange.purpose) && answer.status >= 400)
        .collect();
    if errors.is_empty() {
        let reason = match probes.iter().find_map(|purpose| facts.failure(*purpose)) {
            Some(failure) => format!("no error was answered: {failure}"),
            None if facts.active => "no probe was answered with an error".into(),
            None => "it needs your consent: set `active = true`".into(),
        };
        return Judgement::NotRun(reason);
    }
    if wanted.is_empty() {
        return Judgement::NotApplicable(
            "no required header stands on a 200 either; see HDR-HSTS and HDR-XCTO".into(),
        );
    }
    let observations = errors
        .iter()
        .filter_map(|(index, exchange, answer)| {
            let gone = missing(answer, &wanted);
            let detail = format!("{} on {} ({:?})", gone.join(", "), answer.status, exchange.purpose);
            (!gone.is_empty()).then(|| {
                Observation::new(
                    Level::Fail,
                    *index,
                    format!("status-{}", answer.status),
                    format!("missing: {detail}"),
                )
            })
        })
        .collect();
    Judgement::Judged { places: errors.len(), observations }
}

pub(super) fn on_redirects(facts: &Facts) -> Judgement {
    let wanted = carried(facts);
    // By plain http browsers take HSTS from nobody.
    let by_https = |purpose: Purpose| !crate::audit::net::PLAIN_HTTP.contains(&purpose);
    let redirects = facts.answers().filter(|(_, exchange, answer)| {
        (300..400).contains(&answer.status) && answer.status != 304 && by_https(exchange.purpose)
    });
    if wanted.is_empty() {
        return Judgement::NotApplicable(
            "no required header stands on a 200 either; see HDR-HSTS and HDR-XCTO".into(),
        );
    }
    each(redirects, "redirect", "nothing was answered with a redirect", |answer| {
        let gone = missing(answer, &wanted);
        (!gone.is_empty())
            .then(|| (Level::Warn, format!("missing on {}: {}", answer.status, gone.join(", "))))
    })
}

pub(super) fn coverage(facts: &Facts) -> Judgement {
    let good: Vec<_> = ordinary(facts).filter(|(_, _, answer)| answer.status == 200).collect();
    if good.len() < 2 {
        return Judgement::NotApplicable("fewer than two routes answered 200".into());
    }
    let mut observations = Vec::new();
    for name in REQUIRED {
        let mut without: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, exchange, answer) in &good {
            if answer.header(name).is_none() {
                without.entry(exchange.site.name.as_str()).or_insert(*index);
            }
        }
        let with = good.iter().find(|(_, _, answer)| answer.header(name).is_some());
        let Some((_, with, _)) = with else { continue };
        observations.extend(without.into_iter().map(|(site, index)| {
            let detail = format!(
                "{name} stands on `{}` and is missing on `{}`",
                with.site.name,
                site.escape_default()
            );
            Observation::new(Level::Fail, index, name.to_ascii_lowercase(), detail)
        }));
    }
    Judgement::Judged { places: good.len(), observations }
}

pub(super) fn clear_site_data(facts: &Facts) -> Judgement {
    if !facts.has_session {
        return Judgement::NotApplicable("the scenario has no session auth".into());
    }
    let answers: Vec<_> = facts.of(Purpose::Logout).collect();
    if answers.is_empty() && facts.names_no_logout() {
        return Judgement::NotApplicable(NO_LOGOUT.into());
    }
    if answers.is_empty() {
        return Judgement::NotRun(if facts.active {
            "no logout took place".into()
        } else {
            "it needs your consent: set `active = true`".into()
        });
    }
    each(answers.into_iter(), "clear-site-data", "no logout", |answer| {
        let line = answer.header("clear-site-data").unwrap_or_default().to_ascii_lowercase();
        let clears = ["\"cookies\"", "\"storage\"", "\"*\""].iter().any(|kind| line.contains(kind));
        (!clears).then(|| (Level::Info, "the logout's answer does not clear the site's data".into()))
    })
}
