//! CORS-*: which other origins may read answers.

mod probes;
#[cfg(test)]
pub(super) mod samples;

use std::collections::BTreeSet;

use super::check::{Check, Judgement, Level, Mode, Observation};
use super::exchange::{Exchange, Facts, Purpose};
use crate::record::Severity;
use crate::wire::{Response, printable};
use probes::{AFFIX, FOREIGN, NULL, ORIGINS, PREFLIGHT};

/// Longest time that a preflight's answer should be kept: browsers cap it there or below.
const DAY: u64 = 86_400;

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        id: "CORS-REFLECT",
        title: "Any origin echoed",
        severity: Severity::Critical,
        mode: Mode::Active,
        probes: &[&ORIGINS],
        rule: "Sends an Origin that nobody knows to up to 20 routes. Fails when it is echoed together with Allow-Credentials; warns when it is echoed \
               without on an answer to a credential.",
        fix: "R-CORS",
        references: &["CWE-942", "ASVS v5.0.0-3.4.2"],
        judge: reflect,
        ..Check::ROW
    },
    Check {
        id: "CORS-NULL",
        title: "The origin `null`",
        severity: Severity::High,
        mode: Mode::Active,
        probes: &[&ORIGINS],
        rule: "Sends `Origin: null`, which sandboxed frames of any site have. Fails when it is allowed with credentials; warns when it \
               is allowed at all.",
        fix: "R-CORS",
        references: &["CWE-942"],
        judge: null,
        ..Check::ROW
    },
    Check {
        id: "CORS-AFFIX",
        title: "Look-alike origins",
        severity: Severity::High,
        mode: Mode::Active,
        probes: &[&ORIGINS],
        rule: "Sends origins that begin or end like the site's own, a sub-domain, and the site by http. Fails when one is allowed with \
               credentials. Where any origin is echoed, CORS-REFLECT says so.",
        fix: "R-CORS",
        references: &["CWE-346"],
        judge: affix,
        ..Check::ROW
    },
    Check {
        id: "CORS-STAR",
        title: "Every origin allowed",
        severity: Severity::Medium,
        rule: "Fails for `*` together with Allow-Credentials, which browsers refuse; warns for `*` on answers to credentials; passes \
               it on static files and public routes.",
        fix: "R-CORS",
        references: &["ASVS v5.0.0-3.4.2"],
        judge: star,
        ..Check::ROW
    },
    Check {
        id: "CORS-VARY",
        title: "Vary: Origin",
        severity: Severity::Medium,
        mode: Mode::Active,
        probes: &[&ORIGINS],
        rule: "Warns when Access-Control-Allow-Origin depends on Origin and Vary does not name it: a cache gives one origin's answer \
               to another.",
        fix: "R-CORS",
        references: &["CWE-524"],
        judge: vary,
        ..Check::ROW
    },
    Check {
        id: "CORS-PREFLIGHT",
        title: "Preflights",
        severity: Severity::Low,
        mode: Mode::Active,
        probes: &[&ORIGINS],
        rule: "Sends a preflight. Warns for every method allowed together with credentials, and for a Max-Age over a day.",
        fix: "R-CORS",
        references: &["ASVS v5.0.0-3.5.2"],
        judge: preflight,
        ..Check::ROW
    },
];

fn allowed(answer: &Response) -> String {
    answer.header("access-control-allow-origin").unwrap_or_default().trim().to_owned()
}

fn with_credentials(answer: &Response) -> bool {
    // The value is compared by case (Fetch 3.3.3).
    answer.header("access-control-allow-credentials").is_some_and(|value| value.trim() == "true")
}

fn origin(exchange: &Exchange) -> &str {
    exchange.request.headers.iter().find(|(name, _)| name == "Origin").map_or("", |(_, value)| value)
}

fn echoes(exchange: &Exchange, answer: &Response) -> bool {
    let origin = origin(exchange);
    !origin.is_empty() && allowed(answer) == origin
}

fn each(
    facts: &Facts,
    purpose: Purpose,
    wrong: impl Fn(&Exchange, &Response) -> Option<(Level, String)>,
) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(purpose) {
        places += 1;
        if let Some((level, detail)) = wrong(exchange, answer) {
            observations.push(Observation::new(level, index, "access-control-allow-origin", detail));
        }
    }
    match facts.failure(purpose) {
        Some(failure) if places == 0 => Judgement::NotRun(format!("no answer came: {failure}")),
        _ => Judgement::of(places, observations, "the scenario has no route to ask for"),
    }
}

fn reflect(facts: &Facts) -> Judgement {
    each(facts, FOREIGN, |exchange, answer| {
        if !echoes(exchange, answer) {
            return None;
        }
        if with_credentials(answer) {
            return Some((Level::Fail, "any origin may read it with the user's credentials".into()));
        }
        exchange
            .site
            .authenticated
            .then(|| (Level::Warn, "any origin may read an answer to a credential".into()))
    })
}

fn null(facts: &Facts) -> Judgement {
    each(facts, NULL, |_, answer| {
        (allowed(answer) == "null").then(|| match with_credentials(answer) {
            true => (Level::Fail, "the origin `null` may read it with the user's credentials".to_owned()),
            false => (Level::Warn, "the origin `null` may read it".to_owned()),
        })
    })
}

fn affix(facts: &Facts) -> Judgement {
    let echoing = facts.of(FOREIGN).filter(|(_, exchange, answer)| echoes(exchange, answer));
    let echoing: BTreeSet<&str> = echoing.map(|(_, exchange, _)| exchange.site.name.as_str()).collect();
    let any = |exchange: &Exchange| echoing.contains(exchange.site.name.as_str());
    if !echoing.is_empty() && facts.of(AFFIX).all(|(_, exchange, _)| any(exchange)) {
        return Judgement::NotApplicable("any origin is echoed: CORS-REFLECT".into());
    }
    each(facts, AFFIX, |exchange, answer| {
        let wrong = echoes(exchange, answer) && with_credentials(answer) && !any(exchange);
        wrong.then(|| {
            (Level::Fail, format!("`{}` may read it with credentials", printable(origin(exchange), 100)))
        })
    })
}

fn star(facts: &Facts) -> Judgement {
    each(facts, Purpose::Rest, |exchange, answer| {
        if allowed(answer) != "*" {
            return None;
        }
        if with_credentials(answer) {
            return Some((Level::Fail, "`*` together with Allow-Credentials: browsers refuse it".into()));
        }
        exchange.site.authenticated.then(|| (Level::Warn, "`*` on an answer to a credential".into()))
    })
}

fn vary(facts: &Facts) -> Judgement {
    // What is refused for another reason tells nothing of origins.
    let alike = [Purpose::Rest, FOREIGN, NULL, AFFIX];
    each(facts, FOREIGN, |exchange, answer| {
        let other = facts
            .answers()
            .filter(|(_, other, _)| alike.contains(&other.purpose) && other.site.name == exchange.site.name)
            .any(|(_, _, other)| other.status == answer.status && allowed(other) != allowed(answer));
        let varies = answer.header_lines("vary").any(|line| {
            line.split(',').any(|word| word.trim() == "*" || word.trim().eq_ignore_ascii_case("origin"))
        });
        (other && !varies)
            .then(|| (Level::Warn, "Allow-Origin depends on Origin, and Vary does not name it".into()))
    })
}

fn preflight(facts: &Facts) -> Judgement {
    each(facts, PREFLIGHT, |_, answer| {
        if allowed(answer).is_empty() {
            return None;
        }
        let methods = answer.header("access-control-allow-methods").unwrap_or_default();
        let every =
            methods.trim() == "*" || ["PUT", "PATCH", "DELETE"].iter().all(|method| methods.contains(method));
        if every && with_credentials(answer) {
            return Some((Level::Warn, format!("allows `{}` with credentials", printable(&methods, 80))));
        }
        let age: u64 =
            answer.header("access-control-max-age").and_then(|age| age.trim().parse().ok()).unwrap_or(0);
        (age > DAY).then(|| (Level::Warn, format!("the preflight may be kept for {age} seconds")))
    })
}
