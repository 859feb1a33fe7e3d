//! DJ-*: what tells a Django development set-up.

pub(super) mod check_deploy;
pub(super) mod deployment;

use super::check::{Check, Judgement, Level, Mode, Observation};
use super::collect::{MISFITS, ROUTES, SESSIONS};
use super::exchange::{Exchange, Facts, Purpose};
use crate::plan::Role;
use crate::record::{Confidence, Severity};
use crate::wire::{Response, printable};

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        id: "DJ-RUNSERVER",
        title: "Django's development server",
        severity: Severity::High,
        rule: "Fails when Server says WSGIServer/… CPython/… on a production stack; on a dev stack that is information. Two \
               blanks after `Set-Cookie:` are a second sign.",
        fix: "R-GUNICORN",
        references: &["CWE-489", "ASVS v5.0.0-13.4.2"],
        judge: runserver,
        ..Check::ROW
    },
    Check {
        id: "DJ-DEBUG-404",
        shows_body: true,
        title: "Debug page for unknown paths",
        severity: Severity::High,
        mode: Mode::Active,
        probes: &[&MISFITS],
        rule: "Asks for a random path; fails when Django's technical 404 answers, with at least two of its marks; one alone \
               warns.",
        fix: "R-DEBUG",
        references: &["CWE-489", "CWE-215", "ASVS v5.0.0-13.4.2", "Django security.W018"],
        judge: debug_404,
        ..Check::ROW
    },
    Check {
        id: "DJ-DEBUG-500",
        shows_body: true,
        title: "Debug page for errors",
        severity: Severity::Critical,
        rule: "Fails when any 500 seen is Django's technical page, with at least two of its marks; one alone warns.",
        fix: "R-DEBUG",
        references: &["CWE-209", "ASVS v5.0.0-16.5.1", "Django security.W018"],
        judge: debug_500,
        ..Check::ROW
    },
    Check {
        id: "DJ-DEBUG-HOST",
        shows_body: true,
        title: "Debug page for a foreign Host",
        severity: Severity::High,
        mode: Mode::Active,
        probes: &[&MISFITS],
        rule: "Sends a Host that nobody serves; fails when the technical DisallowedHost page answers.",
        fix: "R-HOST",
        references: &["CWE-489", "Django security.W018", "Django security.W020"],
        judge: debug_host,
        ..Check::ROW
    },
    Check {
        id: "DJ-DEBUG-CSRF",
        shows_body: true,
        title: "Debug page for a missing CSRF token",
        severity: Severity::Medium,
        mode: Mode::Active,
        probes: &[&SESSIONS],
        rule: "Posts the login form without its CSRF token; warns when the 403 explains the reason as DEBUG does.",
        fix: "R-DEBUG",
        references: &["Django security.W018"],
        judge: debug_csrf,
        ..Check::ROW
    },
    Check {
        id: "DJ-STATIC-DEV",
        title: "Static files served by Django",
        severity: Severity::Medium,
        rule: "Fails when a static file comes with a file's name in Content-Disposition, without ETag and without nosniff: the view \
               of the development server, which no middleware sees. On a dev stack that is information.",
        fix: "R-STATIC",
        references: &["CWE-489"],
        judge: deployment::static_dev,
        ..Check::ROW
    },
    Check {
        id: "DJ-STATIC-INSECURE",
        title: "Static files looked for by Django",
        severity: Severity::High,
        mode: Mode::Active,
        probes: &[&ROUTES, &MISFITS],
        shows_body: true,
        rule: "Asks for a static file that cannot exist; fails when the technical 404 of Django's static files answers (runserver \
               --insecure, or its view in the URL configuration). On a dev stack that is information.",
        fix: "R-STATIC",
        references: &["CWE-489"],
        judge: deployment::static_insecure,
        ..Check::ROW
    },
    Check {
        id: "DJ-APP-DIRECT",
        title: "Application server without a proxy",
        severity: Severity::Medium,
        rule: "Warns when Server names gunicorn, uvicorn, daphne, hypercorn, waitress or uWSGI: slow clients hold its workers. On a \
               dev stack that is information.",
        fix: "R-GUNICORN",
        references: &["CWE-400"],
        judge: deployment::app_direct,
        ..Check::ROW
    },
    Check {
        id: "DJ-HOST",
        title: "Foreign Host headers",
        severity: Severity::High,
        mode: Mode::Active,
        probes: &[&MISFITS, &deployment::DJANGO, &deployment::FOREIGN_HOSTS],
        rule: "Sends Host and X-Forwarded-Host of a stranger to the front page and to up to 20 other routes. Passes 400, 404 and 421; \
               warns when such a Host is answered; fails when the name comes back in Location or in the page: links in mails would \
               lead there.",
        fix: "R-HOST",
        references: &["CWE-644", "Django security.W020"],
        judge: deployment::host,
        ..Check::ROW
    },
    Check {
        id: "DJ-PROTO-SPOOF",
        title: "X-Forwarded-Proto of a client",
        severity: Severity::Medium,
        mode: Mode::Active,
        probes: &[&deployment::SPOOFED_PROTO],
        rule: "Over plain http: fails when `X-Forwarded-Proto: https` of the client turns the redirect off, or brings Secure cookies \
               or HSTS.",
        fix: "R-PROXY",
        references: &["CWE-348", "ASVS v5.0.0-4.1.3"],
        judge: deployment::spoofed_proto,
        ..Check::ROW
    },
    Check {
        id: "DJ-ADMIN",
        title: "Django's admin",
        severity: Severity::Low,
        mode: Mode::Active,
        probes: &[&deployment::DJANGO],
        rule: "Notes where the admin answers. Whether it may be reached from everywhere is yours to decide.",
        fix: "R-ADMIN",
        references: &["ASVS v5.0.0-8.4.2"],
        judge: deployment::admin,
        ..Check::ROW
    },
    Check {
        id: "DJ-TOOLBAR",
        title: "Debugging tools",
        severity: Severity::High,
        mode: Mode::Active,
        probes: &[&ROUTES, &deployment::DJANGO],
        rule: "Asks for the paths of django-debug-toolbar and Silk, and looks for the toolbar in pages; fails when one answers.",
        fix: "R-DEBUG",
        references: &["CWE-489", "ASVS v5.0.0-13.4.2"],
        judge: deployment::toolbar,
        ..Check::ROW
    },
    Check {
        id: "DJ-CHECK-DEPLOY",
        title: "Django's own deployment checks",
        severity: Severity::Info,
        probes: &[&ROUTES, &check_deploy::DEPLOY],
        rule: "Runs the scenario's `check_deploy` (`manage.py check --deploy` with the stack's settings) and reads Django's ids from what it \
               prints. Notes each, with what the wire shows of it; warns where Django finds a setting good and our check of the same thing \
               fails on the wire.",
        fix: "R-DEBUG",
        references: &["Django security.W001 to W025"],
        judge: check_deploy::agreement,
        ..Check::ROW
    },
];

fn runserver(facts: &Facts) -> Judgement {
    let level = if facts.role == Role::Dev { Level::Info } else { Level::Fail };
    let mut places = 0;
    let mut observations: Vec<Observation> = Vec::new();
    for (index, _, answer) in facts.answers() {
        places += 1;
        let server = answer.header("server").unwrap_or_default();
        if server.starts_with("WSGIServer/") && server.contains("CPython/") {
            let detail = format!("`Server: {}` is manage.py runserver", printable(&server, 80));
            observations.push(Observation::new(level, index, "server", detail));
        } else if answer.head.windows(13).any(|line| line == b"Set-Cookie:  ") {
            let detail = "two blanks after `Set-Cookie:`, as wsgiref writes it".to_owned();
            let mut hint = Observation::new(level.min(Level::Warn), index, "set-cookie", detail);
            hint.confidence = Confidence::Heuristic;
            observations.push(hint);
        }
    }
    // One server is one finding.
    observations.truncate(1);
    Judgement::of(places, observations, "no answer")
}

/// Which of these marks a body holds.
fn marks<'a>(answer: &Response, wanted: &[&'a str]) -> Vec<&'a str> {
    let body = String::from_utf8_lossy(&answer.body);
    wanted.iter().copied().filter(|mark| body.contains(mark)).collect()
}

/// Judges answers by how many marks of a technical page they hold.
fn technical<'a>(
    answers: impl Iterator<Item = (usize, &'a Exchange, &'a Response)>,
    wanted: &[&str],
    page: &str,
) -> (usize, Vec<Observation>) {
    let mut places = 0;
    let mut observations = Vec::new();
    for (index, _, answer) in answers {
        places += 1;
        let found = marks(answer, wanted);
        if found.is_empty() {
            continue;
        }
        let certain = found.len() >= 2;
        let shown: Vec<String> = found.iter().map(|mark| format!("\"{mark}\"")).collect();
        let detail = format!("{page} answered {} and says {}", answer.status, shown.join(", "));
        let level = if certain { Level::Fail } else { Level::Warn };
        let mut observation = Observation::new(level, index, "debug-page", detail);
        observation.confidence = if certain { Confidence::Certain } else { Confidence::Heuristic };
        observations.push(observation);
    }
    (places, observations)
}

/// The judgement of a probe, or why there is none.
fn probed(facts: &Facts, purpose: Purpose, places: usize, observations: Vec<Observation>) -> Judgement {
    if places > 0 {
        return Judgement::Judged { places, observations };
    }
    match facts.failure(purpose) {
        // A closed connection is the strictest refusal there is (nginx 444).
        Some(failure)
            if purpose == Purpose::ForeignHost && failure.kind == crate::wire::FailureKind::Reset =>
        {
            Judgement::Judged { places: 1, observations: Vec::new() }
        }
        Some(failure) => Judgement::NotRun(format!("the probe failed: {failure}")),
        None if facts.active => Judgement::NotApplicable("the scenario gives nothing to probe".into()),
        None => Judgement::NotRun("it needs your consent: set `active = true`".into()),
    }
}

fn debug_404(facts: &Facts) -> Judgement {
    let wanted = ["Page not found at", "Using the URLconf", "DEBUG = True"];
    let (places, observations) = technical(facts.of(Purpose::NotFound), &wanted, "an unknown path");
    probed(facts, Purpose::NotFound, places, observations)
}

fn debug_500(facts: &Facts) -> Judgement {
    let wanted = ["Exception Type", "Request Method", "Traceback", "Settings"];
    let errors = facts.answers().filter(|(_, _, answer)| answer.status == 500);
    // "Settings" and "Request Method" alone may stand on anybody's page.
    let telling = |answer: &Response| !marks(answer, &["Exception Type", "Traceback"]).is_empty();
    let (places, observations) = technical(errors, &wanted, "an error");
    let observations = observations
        .into_iter()
        .filter(|seen| {
            let answer = seen.exchange.and_then(|index| facts.exchanges.get(index)?.answer.as_ref().ok());
            answer.is_some_and(telling)
        })
        .collect();
    Judgement::of(places, observations, "no 500 was seen")
}

fn debug_host(facts: &Facts) -> Judgement {
    let wanted = ["Invalid HTTP_HOST header", "DisallowedHost", "ALLOWED_HOSTS"];
    let (places, observations) = technical(facts.of(Purpose::ForeignHost), &wanted, "a foreign Host");
    probed(facts, Purpose::ForeignHost, places, observations)
}

fn debug_csrf(facts: &Facts) -> Judgement {
    let wanted = ["Reason given for failure", "DEBUG = True"];
    let (places, mut observations) =
        technical(facts.of(Purpose::LoginWithoutCsrf), &wanted, "a login without CSRF token");
    observations.iter_mut().for_each(|observation| observation.level = Level::Warn);
    probed(facts, Purpose::LoginWithoutCsrf, places, observations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::{facts, judge, worst};
    use crate::plan::RouteKind;

    fn page(purpose: Purpose, status: u16, body: &str) -> Facts {
        facts(true).answer(purpose, RouteKind::Html, status, &[("Content-Type", "text/html")], body)
    }

    #[test]
    fn runserver_is_told_by_its_banner() {
        let served = |server: &str| {
            facts(false).answer(Purpose::Rest, RouteKind::Html, 200, &[("Server", server)], "")
        };
        let mut dev = served("WSGIServer/0.2 CPython/3.11.7");
        assert_eq!(worst("DJ-RUNSERVER", &dev), Some(Level::Fail));
        dev.role = Role::Dev;
        assert_eq!(worst("DJ-RUNSERVER", &dev), Some(Level::Info));
        assert_eq!(worst("DJ-RUNSERVER", &served("nginx")), None);
    }

    #[test]
    fn debug_pages_are_told_by_their_marks() {
        let cases = [
            (
                "DJ-DEBUG-404",
                Purpose::NotFound,
                404,
                "<h1>Page not found at /x</h1> Using the URLconf a.urls",
                Level::Fail,
            ),
            ("DJ-DEBUG-404", Purpose::NotFound, 404, "DEBUG = True", Level::Warn),
            (
                "DJ-DEBUG-500",
                Purpose::Rest,
                500,
                "Exception Type: ValueError Request Method: GET",
                Level::Fail,
            ),
            (
                "DJ-DEBUG-HOST",
                Purpose::ForeignHost,
                400,
                "Invalid HTTP_HOST header: add to ALLOWED_HOSTS",
                Level::Fail,
            ),
            (
                "DJ-DEBUG-CSRF",
                Purpose::LoginWithoutCsrf,
                403,
                "Reason given for failure: DEBUG = True",
                Level::Warn,
            ),
        ];
        for (check, purpose, status, body, level) in cases {
            assert_eq!(worst(check, &page(purpose, status, body)), Some(level), "{check}: {body}");
            assert_eq!(worst(check, &page(purpose, status, "Not found")), None, "{check}");
        }
    }

    #[test]
    fn ordinary_words_are_no_marks() {
        let own = page(Purpose::Rest, 500, "<nav>Settings</nav> Sorry, something went wrong.");
        assert_eq!(worst("DJ-DEBUG-500", &own), None);
    }

    #[test]
    fn a_probe_that_was_not_sent_proves_nothing() {
        let mut silent = facts(true);
        silent.active = false;
        for check in ["DJ-DEBUG-404", "DJ-DEBUG-HOST", "DJ-DEBUG-CSRF"] {
            assert!(matches!(judge(check, &silent), Judgement::NotRun(_)), "{check}");
        }
        assert!(matches!(judge("DJ-DEBUG-500", &silent), Judgement::NotApplicable(_)));
    }
}
