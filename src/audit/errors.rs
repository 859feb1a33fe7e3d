//! ERR-*: what errors and redirects tell, and to whom.

use super::check::{Check, Judgement, Level, Mode, Observation};
use super::collect::{MISFITS, ROUTES};
use super::django::deployment::ROUTE_HOST;
use super::exchange::{Exchange, Facts, Purpose};
use super::leaks;
use crate::plan::RouteKind;
use crate::record::Severity;
use crate::wire::{Response, printable};

/// A redirect's page may be that much longer than its address.
const PAGE: u64 = 1024;
/// Marks of Django's technical pages, which have rows of their own (DJ-DEBUG-…).
pub const TECHNICAL: [&str; 4] =
    ["Using the URLconf", "DEBUG = True", "Exception Type:", "Invalid HTTP_HOST header"];

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        id: "ERR-STACK",
        title: "Internals in errors",
        severity: Severity::High,
        probes: &[&ROUTES, &MISFITS],
        shows_body: true,
        rule: "Looks at every 4xx and 5xx. Fails for stack traces, SQL and database errors, names of environment variables; warns for \
               paths, libraries and upstream addresses. Django's technical pages are DJ-DEBUG-404's and its like.",
        fix: "R-ERR",
        references: &["CWE-209", "ASVS v5.0.0-16.5.1"],
        judge: stack,
        ..Check::ROW
    },
    Check {
        id: "ERR-SOFT404",
        title: "Unknown paths",
        severity: Severity::Low,
        mode: Mode::Active,
        probes: &[&MISFITS],
        rule: "Asks for a path that cannot exist. Warns for 200 and for a redirect to the front page: then 200 proves nothing.",
        fix: "R-ERR",
        references: &["ASVS v5.0.0-14.2.5"],
        judge: soft_404,
        ..Check::ROW
    },
    Check {
        id: "ERR-FORMAT",
        revision: 2,
        title: "Errors of the API",
        severity: Severity::Low,
        mode: Mode::Active,
        probes: &[&ROUTES, &MISFITS],
        rule: "Looks at 4xx and 5xx of JSON routes and of unknown paths under /api/. Warns when a page answers a program.",
        fix: "R-ERR",
        references: &["RFC 9457"],
        judge: format_of,
        ..Check::ROW
    },
    Check {
        id: "ERR-BIG-REDIRECT",
        title: "Pages behind redirects",
        severity: Severity::Medium,
        probes: &[&ROUTES],
        rule: "Warns for a redirect whose body is over 1 KiB longer than its address: a page that was rendered before somebody was \
               sent away may hold what they should not see.",
        fix: "R-AUTH",
        references: &["CWE-698"],
        judge: big_redirect,
        ..Check::ROW
    },
];

fn stack(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, _, answer) in facts.answers().filter(|(_, _, answer)| answer.status >= 400) {
        let body = String::from_utf8_lossy(&answer.body);
        if TECHNICAL.iter().filter(|mark| body.contains(*mark)).count() > 0 {
            continue;
        }
        places += 1;
        observations.extend(leaks::observed(index, answer));
    }
    Judgement::of(places, observations, "no error was seen")
}

fn soft_404(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    let pages = |exchange: &Exchange| exchange.site.kind != RouteKind::Static;
    for (index, _, answer) in facts.of(Purpose::NotFound).filter(|(_, exchange, _)| pages(exchange)) {
        places += 1;
        let to = answer.header("location").unwrap_or_default();
        let home = matches!(answer.status, 301 | 302 | 303 | 307 | 308) && path_of(&to) == "/";
        let detail = match answer.status {
            200..=299 => format!("an unknown path answers {}", answer.status),
            _ if home => format!("an unknown path is sent to the front page ({})", answer.status),
            _ => continue,
        };
        observations.push(Observation::new(Level::Warn, index, "404", detail));
    }
    Judgement::of(places, observations, "no unknown path was asked for")
}

fn path_of(location: &str) -> &str {
    let rest =
        location.split_once("://").map_or(location, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    rest.split(['?', '#']).next().unwrap_or_default()
}

fn format_of(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    // A probe's own paths, such as /swagger/, are nobody's promise to programs, nor is what another host answers.
    let promised = |exchange: &Exchange| {
        exchange.site.line.is_some() && exchange.purpose != ROUTE_HOST
            || matches!(exchange.purpose, Purpose::NotFound | Purpose::WrongMethod)
    };
    let for_programs = |exchange: &Exchange| exchange.site.kind == RouteKind::Json && promised(exchange);
    for (index, exchange, answer) in facts.answers().filter(|(_, exchange, _)| for_programs(exchange)) {
        if answer.status < 400 {
            continue;
        }
        places += 1;
        let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("text/html") {
            let path = printable(&exchange.request.target, 80);
            let detail = format!("`{path}` answers {} as a page", answer.status);
            observations.push(Observation::new(Level::Warn, index, "content-type", detail));
        }
    }
    Judgement::of(places, observations, "no JSON route answered an error")
}

fn big_redirect(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    let redirect = |answer: &Response| matches!(answer.status, 301 | 302 | 303 | 307 | 308);
    for (index, _, answer) in facts.answers().filter(|(_, _, answer)| redirect(answer)) {
        places += 1;
        let address = answer.header("location").unwrap_or_default().len() as u64;
        if answer.body_length > PAGE + address {
            let detail = format!("a redirect with a body of {} bytes", answer.body_length);
            observations.push(Observation::new(Level::Warn, index, "location", detail));
        }
    }
    Judgement::of(places, observations, "no redirect was seen")
}

#[cfg(test)]
pub(super) mod samples {
    //! What breaks each check of this family.

    use super::*;

    #[test]
    fn another_hosts_page_is_no_error_of_the_api() {
        let judged = |purpose| {
            let html = [("Content-Type", "text/html")];
            let mut facts =
                crate::audit::fixture::facts(true).answer(purpose, RouteKind::Json, 421, &html, "no");
            facts.exchanges[0].site.line = Some(3);
            format_of(&facts)
        };
        assert!(matches!(judged(ROUTE_HOST), Judgement::NotApplicable(_)));
        assert!(
            matches!(judged(Purpose::Rest), Judgement::Judged { observations, .. } if observations.len() == 1)
        );
    }

    /// What the base has is enough.
    pub fn sound(_: &mut Facts) {}

    fn each(facts: &mut Facts, of: impl Fn(&Exchange, u16) -> bool, change: impl Fn(&mut Response)) {
        for exchange in &mut facts.exchanges {
            let status = exchange.answer.as_ref().map_or(0, |answer| answer.status);
            if of(exchange, status)
                && let Ok(answer) = &mut exchange.answer
            {
                change(answer);
            }
        }
    }

    pub fn spoil(check: &str, facts: &mut Facts) -> bool {
        match check {
            "ERR-STACK" => each(
                facts,
                |_, status| status == 500,
                |answer| {
                    answer.body = b"Traceback (most recent call last):\n".to_vec();
                },
            ),
            "ERR-SOFT404" => each(facts, |e, _| e.purpose == Purpose::NotFound, |answer| answer.status = 200),
            "ERR-FORMAT" => each(
                facts,
                |e, status| e.site.kind == RouteKind::Json && status >= 400,
                |answer| {
                    answer.headers.retain(|(name, _)| name != "Content-Type");
                    answer.headers.push(("Content-Type".into(), b"text/html; charset=utf-8".to_vec()));
                },
            ),
            "ERR-BIG-REDIRECT" => each(facts, |_, status| status == 302, |answer| answer.body_length = 5000),
            _ => return false,
        }
        true
    }
}
