//! Judges of what protected routes answer: challenges, caching, errors.

use super::probes::{ANONYMOUS, BAD_TOKEN};
use super::refusals::genuine;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::leaks;
use crate::wire::{Response, printable};

pub fn challenge(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(ANONYMOUS).filter(|(_, _, answer)| answer.status == 401) {
        places += 1;
        let lines: Vec<String> = answer.header_lines("www-authenticate").collect();
        let used = scheme_of(facts, &exchange.site.name);
        let offered = |scheme: &str| {
            lines.iter().flat_map(|line| line.split(',')).any(|part| {
                part.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(scheme))
            })
        };
        let (level, detail) = if lines.is_empty() {
            (Level::Fail, "401 without WWW-Authenticate".to_owned())
        } else if let Some(scheme) = used.filter(|scheme| !offered(scheme)) {
            let shown = printable(&lines.join(", "), 80);
            (Level::Warn, format!("the challenge `{shown}` does not offer {scheme}, which the scenario uses"))
        } else if lines.iter().any(|line| line.contains("error=")) {
            (Level::Warn, "the challenge has error= although no token was sent".to_owned())
        } else {
            continue;
        };
        observations.push(Observation::new(level, index, "www-authenticate", detail));
    }
    Judgement::of(places, observations, "no route answers 401")
}

/// The scheme of the route's genuine Authorization header.
fn scheme_of(facts: &Facts, route: &str) -> Option<String> {
    let (_, control, _) = facts.of(Purpose::Control).find(|(_, exchange, _)| exchange.site.name == route)?;
    let (_, value) =
        control.request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    Some(value.split_whitespace().next()?.to_owned())
}

/// What Cache-Control says, by lower-case directive name.
fn directives(answer: &Response) -> Vec<(String, Option<u64>)> {
    answer
        .header_lines("cache-control")
        .flat_map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>())
        .map(|directive| {
            let (name, value) =
                directive.split_once('=').map_or((directive.as_str(), None), |(n, v)| (n, Some(v)));
            let seconds = value.and_then(|value| value.trim().trim_matches('"').parse().ok());
            (name.trim().to_ascii_lowercase(), seconds)
        })
        .collect()
}

/// Whether a shared cache may keep the answer: RFC 9111 3 and 3.5.
fn shared_cache_may_keep(exchange: &Exchange, answer: &Response) -> bool {
    let directives = directives(answer);
    let has = |name: &str| directives.iter().any(|(other, _)| other == name);
    if has("no-store") || has("private") || !cacheable(answer) {
        return false;
    }
    let explicit = has("public") || directives.iter().any(|(name, s)| name == "s-maxage" && *s != Some(0));
    let authorization =
        exchange.request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let fresh = directives.iter().any(|(name, seconds)| name == "max-age" && *seconds != Some(0));
    explicit || (!authorization && (fresh || !(has("no-cache") || has("max-age"))))
}

/// Statuses that a cache keeps without being told to (RFC 9110 15.1).
fn cacheable(answer: &Response) -> bool {
    matches!(answer.status, 200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

fn own_routes(facts: &Facts) -> impl Iterator<Item = (usize, &Exchange, &Response)> {
    facts.of(Purpose::Rest).filter(|(_, exchange, answer)| exchange.site.authenticated && success(answer))
}

pub fn cache(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in own_routes(facts) {
        places += 1;
        let directives = directives(answer);
        let has = |name: &str| directives.iter().any(|(other, _)| other == name);
        let said = printable(&answer.header_lines("cache-control").collect::<Vec<_>>().join(", "), 80);
        let (level, detail) = if shared_cache_may_keep(exchange, answer) {
            let said = if said.is_empty() {
                "no Cache-Control".to_owned()
            } else {
                format!("`Cache-Control: {said}`")
            };
            (Level::Fail, format!("{said} on an answer to a credential: a shared cache may keep it"))
        } else if !has("no-store") && !has("private") && !has("no-cache") {
            (Level::Warn, "neither no-store nor private on an answer to a credential".to_owned())
        } else {
            continue;
        };
        observations.push(Observation::new(level, index, "cache-control", detail));
    }
    Judgement::of(places, observations, "no route was answered to a credential")
}

pub fn vary(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, without) in facts.of(ANONYMOUS) {
        let Some(with) = genuine(facts, exchange) else { continue };
        places += 1;
        if with.status == without.status && with.body == without.body {
            continue;
        }
        let control = facts.of(Purpose::Control).find(|(_, other, _)| other.site.name == exchange.site.name);
        let Some((_, control, _)) = control else { continue };
        let header = if control.request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
            "cookie"
        } else {
            "authorization"
        };
        let varies = with.header_lines("vary").any(|line| {
            line.split(',').any(|word| word.trim() == "*" || word.trim().eq_ignore_ascii_case(header))
        });
        if !varies && shared_cache_may_keep(control, with) {
            let detail =
                format!("differs by {header}, may be kept by a shared cache, and Vary does not name it");
            observations.push(Observation::new(Level::Warn, index, "vary", detail));
        }
    }
    Judgement::of(places, observations, "no protected route was asked for")
}

pub fn error_leak(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, _, answer) in facts.of(BAD_TOKEN).chain(facts.of(ANONYMOUS)) {
        if answer.status < 400 {
            continue;
        }
        places += 1;
        if let Some((level, detail)) = leaks::found(answer) {
            observations.push(Observation::new(level, index, "error", detail));
        }
    }
    Judgement::of(places, observations, "no refusal was seen")
}
