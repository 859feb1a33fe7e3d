//! NET-*: plain http, redirects, and servers that should not be reached.

mod probes;
#[cfg(test)]
pub(super) mod samples;

use super::check::{Check, Judgement, Level, Mode, Observation};
use super::exchange::{Exchange, Facts, Purpose};
use crate::plan::RouteKind;
use crate::record::Severity;
use crate::wire::{Response, printable};
use probes::{API, BACKEND, BACKENDS, NEXT, OPEN_REDIRECT, PLAIN, REDIRECT};

/// What was asked by plain http of a stack that answers over https.
pub const PLAIN_HTTP: [Purpose; 2] = [REDIRECT, API];

/// What most rows of the family share.
const ROW: Check = Check { mode: Mode::Active, fix: "R-REDIR", ..Check::ROW };

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        probes: &[&PLAIN],
        rule: "Asks for the root by plain http. Passes 301 and 308 to https on the same host, and a refusal; warns for another redirect and \
               for another host first; fails when plain http answers with content or leads to plain http.",
        references: &["CWE-319", "ASVS v5.0.0-12.2.1", "Django security.W008"],
        ..ROW.of("NET-REDIRECT", "Redirect to https", Severity::High, redirect)
    },
    Check {
        probes: &[&PLAIN],
        rule: "Sends an empty POST to the first login, or to the root, by plain http. Passes a refusal; warns for a redirect, since a client \
               has already sent its secret by then; fails when the application answers.",
        references: &["ASVS v5.0.0-4.1.2"],
        ..ROW.of("NET-REDIRECT-API", "Secrets sent by http", Severity::Medium, redirect_api)
    },
    Check {
        probes: Check::ROW.probes,
        mode: Mode::Passive,
        rule: "Fails when the scenario sends credentials by plain http to a host that is not this machine.",
        references: &["CWE-319", "RFC 6750 5.3"],
        ..ROW.of("NET-PLAIN-CRED", "Credentials by plain http", Severity::Critical, plain_credentials)
    },
    Check {
        probes: &[&OPEN_REDIRECT],
        rule: "Logs in by the form with a `next` on another site, written in the ways that slip through. Fails when the redirect leads there; warns \
               when a login that answers 2xx names the site in its answer.",
        references: &["CWE-601", "ASVS v5.0.0-3.7.2"],
        ..ROW.of("NET-OPEN-REDIRECT", "Redirects to other sites", Severity::Medium, open_redirect)
    },
    Check {
        probes: &[&BACKENDS],
        fix: "R-BIND",
        rule: "Asks the `backends` of the stack, and no other address. Fails when an application server answers on an address that is not \
               loopback.",
        references: &["CWE-668"],
        ..ROW.of("NET-BACKEND-OPEN", "Application server in the open", Severity::High, backend_open)
    },
];

/// Host of a Host header, without its port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Where a redirect leads, as a browser reads it.
fn target(answer: &Response, scheme: &str, host: &str) -> Option<url::Url> {
    let location = answer.header("location")?;
    url::Url::parse(&format!("{scheme}://{host}/")).ok()?.join(location.trim()).ok()
}

fn is_redirect(answer: &Response) -> bool {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308)
}

fn sent(facts: &Facts, purpose: Purpose) -> Vec<(usize, &Exchange)> {
    facts.exchanges.iter().enumerate().filter(|(_, exchange)| exchange.purpose == purpose).collect()
}

fn judged(
    facts: &Facts,
    purpose: Purpose,
    subject: &str,
    wrong: impl Fn(&Response) -> Option<(Level, String)>,
) -> Judgement {
    let exchanges = sent(facts, purpose);
    let mut observations = Vec::new();
    for (index, exchange) in &exchanges {
        // Nobody there, or nobody who answers: nothing is sent in the clear.
        let Ok(answer) = &exchange.answer else { continue };
        if let Some((level, detail)) = wrong(answer) {
            observations.push(Observation::new(level, *index, subject, detail));
        }
    }
    match exchanges.len() {
        0 => Judgement::NotRun("nothing was sent for it".into()),
        places => Judgement::Judged { places, observations },
    }
}

fn redirect(facts: &Facts) -> Judgement {
    let own = name(&facts.host);
    judged(facts, REDIRECT, "location", |answer| {
        if !is_redirect(answer) {
            let content = (200..300).contains(&answer.status);
            return content.then(|| (Level::Fail, "plain http is answered with content".to_owned()));
        }
        let Some(to) = target(answer, "http", own) else {
            return Some((Level::Warn, "a redirect that leads nowhere".to_owned()));
        };
        let shown = printable(to.as_str(), 100);
        if to.scheme() != "https" {
            return Some((Level::Fail, format!("plain http leads to plain http: {shown}")));
        }
        if to.host_str().is_some_and(|host| !host.eq_ignore_ascii_case(own)) {
            return Some((Level::Warn, format!("plain http leads to another host first: {shown}")));
        }
        let lasting = matches!(answer.status, 301 | 308);
        (!lasting)
            .then(|| (Level::Warn, format!("the redirect to https is not permanent: {}", answer.status)))
    })
}

fn redirect_api(facts: &Facts) -> Judgement {
    judged(facts, API, "plain http", |answer| match answer.status {
        status if is_redirect(answer) => {
            Some((Level::Warn, format!("{status} for what a client has already sent in the clear")))
        }
        403 | 404 | 405 | 421 | 426 | 444 => None,
        status => Some((Level::Fail, format!("the application answers by plain http ({status})"))),
    })
}

fn plain_credentials(facts: &Facts) -> Judgement {
    let carrying: Vec<usize> = facts
        .exchanges
        .iter()
        .enumerate()
        .filter(|(_, exchange)| exchange.site.authenticated || exchange.site.kind == RouteKind::Login)
        .map(|(index, _)| index)
        .collect();
    let Some(first) = carrying.first() else {
        return Judgement::NotApplicable("the scenario sends no credentials".into());
    };
    if !facts.https && facts.on_this_machine() {
        return Judgement::NotApplicable("plain http, but it does not leave this machine".into());
    }
    let mut observations = Vec::new();
    if !facts.https {
        let detail = format!("credentials go to {} by plain http", printable(&facts.host, 80));
        observations.push(Observation::new(Level::Fail, *first, "scheme", detail));
    }
    Judgement::Judged { places: carrying.len(), observations }
}

/// Whether a login's answer brings a session without leading anywhere.
fn opens_session(facts: &Facts, answer: &Response) -> bool {
    let ours = |line: String| {
        line.split('=').next().is_some_and(|name| facts.session_cookies.iter().any(|own| own == name.trim()))
    };
    (200..300).contains(&answer.status) && answer.header_lines("set-cookie").any(ours)
}

/// The host that the `next` of a login names.
fn elsewhere(exchange: &Exchange) -> Option<&[u8]> {
    let (_, next) = exchange.request.target.split_once("next=")?;
    let end = next.find(".invalid")? + ".invalid".len();
    let start = next.find("shakedown-")?;
    Some(next.get(start..end)?.as_bytes())
}

fn open_redirect(facts: &Facts) -> Judgement {
    let own = name(&facts.host);
    let scheme = if facts.https { "https" } else { "http" };
    let exchanges = sent(facts, NEXT);
    let answers = || exchanges.iter().filter_map(|(index, e)| Some((*index, e, e.answer.as_ref().ok()?)));
    let (mut places, mut observations, mut refused) = (0, Vec::new(), None);
    for (index, exchange, answer) in answers() {
        let variant = &exchange.site.variant;
        if is_redirect(answer) {
            places += 1;
            let away = target(answer, scheme, own)
                .is_some_and(|to| to.host_str().is_some_and(|host| !host.eq_ignore_ascii_case(own)));
            if away {
                let detail = format!("a `next` written as {variant} leads away");
                observations.push(Observation::new(Level::Fail, index, "next", detail));
            }
        } else if opens_session(facts, answer) {
            // Where a script of the page goes is for the answer to say.
            places += 1;
            let names = elsewhere(exchange)
                .is_some_and(|host| answer.body.windows(host.len()).any(|part| part == host));
            if names {
                let detail = format!(
                    "the login answers {} and names the site of a `next` written as {variant}",
                    answer.status
                );
                observations.push(Observation::new(Level::Warn, index, "next", detail));
            }
        } else {
            refused.get_or_insert(answer.status);
        }
    }
    match (places, refused) {
        (0, Some(status)) => Judgement::NotRun(format!(
            "the login with a `next` did not succeed: {status}, no redirect and no session"
        )),
        (0, None) => Judgement::NotRun("no answer came to a login".into()),
        _ => Judgement::Judged { places, observations },
    }
}

fn backend_open(facts: &Facts) -> Judgement {
    judged(facts, BACKEND, "backend", |answer| {
        let server = answer.header("server").unwrap_or_default();
        let server = if server.is_empty() { String::new() } else { format!(", {}", printable(&server, 60)) };
        Some((Level::Fail, format!("an application server answers from here ({}{server})", answer.status)))
    })
}
