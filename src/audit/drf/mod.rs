//! DRF-*: habits of Django REST framework.

mod probes;
#[cfg(test)]
pub(super) mod samples;

use super::auth::{ANONYMOUS, WITHOUT_CREDENTIAL};
use super::check::{Check, Judgement, Level, Mode, Observation};
use super::exchange::{Exchange, Facts, Purpose};
use super::forged::success;
use super::probe::Probe;
use crate::plan::Role;
use crate::record::Severity;
use crate::secret::mark;
use crate::wire::{Response, printable};
use probes::{BROWSER, HABITS, LARGE_PAGE, LARGE_PAGES, OPTIONS, SCHEMA, TOKEN, TOKENS};

/// Items on one page beyond which a limit is missing.
const ITEMS: usize = 1000;

/// What most rows of the family share.
const ROW: Check = Check { mode: Mode::Active, fix: "R-DRF", ..Check::ROW };

const PROBES: &[&Probe] = &[&HABITS];

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        probes: &[&TOKENS],
        rule: "Logs the last user in twice at a `drf-token` endpoint. Warns when the same forty hex digits come back: such a token has no \
               end and is shared by all of a user's devices.",
        fix: "R-DRFTOKEN",
        references: &["CWE-613", "ASVS v5.0.0-7.3.2", "ASVS v5.0.0-7.4.1"],
        ..ROW.of("DRF-TOKEN-FOREVER", "Tokens without an end", Severity::Medium, token_forever)
    },
    Check {
        probes: PROBES,
        rule: "Asks API routes as a browser does. Warns when a production stack answers with the browsable API.",
        references: &["CWE-200", "ASVS v5.0.0-13.4.5"],
        ..ROW.of("DRF-BROWSABLE", "Browsable API", Severity::Low, browsable)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL],
        rule: "Warns when a route that wants a token answers 403 without WWW-Authenticate to a request without one: \
               SessionAuthentication stands first, and clients are not told to log in.",
        fix: "R-DRF401",
        references: &["RFC 9110 15.5.2"],
        ..ROW.of("DRF-SESSION-FIRST", "403 for 401", Severity::Low, session_first)
    },
    Check {
        probes: PROBES,
        rule: "Sends OPTIONS without a credential. Warns when fields, their types and choices come back.",
        references: &["CWE-200"],
        ..ROW.of("DRF-OPTIONS-META", "Metadata by OPTIONS", Severity::Low, options_meta)
    },
    Check {
        probes: PROBES,
        rule: "Asks for the usual addresses of schemas and their viewers. Warns when one answers on a production stack.",
        references: &["ASVS v5.0.0-13.4.5"],
        ..ROW.of("DRF-SCHEMA-OPEN", "Open schema", Severity::Low, schema_open)
    },
    Check {
        probes: &[&LARGE_PAGES],
        rule: "Asks for a page of 100,000 items. Warns when over a thousand come, or ten times the bytes.",
        references: &["CWE-770"],
        ..ROW.of("DRF-PAGE-SIZE", "Size of a page", Severity::Medium, page_size)
    },
];

fn each(
    facts: &Facts,
    purpose: Purpose,
    subject: &str,
    otherwise: &str,
    wrong: impl Fn(&Exchange, &Response) -> Option<(Level, String)>,
) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(purpose) {
        places += 1;
        if let Some((level, detail)) = wrong(exchange, answer) {
            observations.push(Observation::new(level, index, subject, detail));
        }
    }
    match facts.failure(purpose) {
        Some(failure) if places == 0 => Judgement::NotRun(format!("no answer came: {failure}")),
        _ => Judgement::of(places, observations, otherwise),
    }
}

/// What is wrong on production is information on a dev stack.
fn mild(facts: &Facts) -> Level {
    if facts.role == Role::Dev { Level::Info } else { Level::Warn }
}

/// The token of an answer of the token endpoint.
fn token(answer: &Response) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    Some(body.get("token")?.as_str()?.to_owned())
}

fn token_forever(facts: &Facts) -> Judgement {
    let tokens: Vec<(usize, String)> =
        facts.of(TOKEN).filter_map(|(index, _, answer)| Some((index, token(answer)?))).collect();
    let [(_, first), (index, second), ..] = tokens.as_slice() else {
        return Judgement::NotRun("the token endpoint did not give two tokens".into());
    };
    let hex = second.len() == 40 && second.bytes().all(|b| b.is_ascii_hexdigit());
    let mut observations = Vec::new();
    if first == second && hex {
        let detail = format!("two logins got the same token, {}", mark(second.as_bytes()));
        observations.push(Observation::new(Level::Warn, *index, "token", detail));
    }
    Judgement::Judged { places: 2, observations }
}

fn browsable(facts: &Facts) -> Judgement {
    each(facts, BROWSER, "accept", "the scenario has no API route", |_, answer| {
        let page = String::from_utf8_lossy(&answer.body);
        let shown = page.contains("Django REST framework") || page.contains("/rest_framework/css/");
        shown.then(|| (mild(facts), "the browsable API answers".to_owned()))
    })
}

fn session_first(facts: &Facts) -> Judgement {
    let by_token = |exchange: &Exchange| {
        facts.of(Purpose::Control).any(|(_, control, _)| {
            control.site.name == exchange.site.name
                && control.request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        })
    };
    let (mut places, mut observations) = (0, Vec::new());
    for (index, _, answer) in facts.of(ANONYMOUS).filter(|(_, exchange, _)| by_token(exchange)) {
        places += 1;
        if answer.status == 403 && answer.header("www-authenticate").is_none() {
            let detail = "403 without a challenge where a token is wanted".to_owned();
            observations.push(Observation::new(Level::Warn, index, "www-authenticate", detail));
        }
    }
    Judgement::of(places, observations, "the scenario has no protected route with a token")
}

fn options_meta(facts: &Facts) -> Judgement {
    each(facts, OPTIONS, "options", "the scenario has no API route", |_, answer| {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
        let fields = body.get("actions")?.as_object()?.len();
        (success(answer) && fields > 0)
            .then(|| (Level::Warn, "OPTIONS tells fields and their types".to_owned()))
    })
}

fn schema_open(facts: &Facts) -> Judgement {
    each(facts, SCHEMA, "schema", "no answer", |exchange, answer| {
        let body = String::from_utf8_lossy(&answer.body);
        let schema = ["\"openapi\"", "openapi:", "\"swagger\"", "swagger-ui", "redoc"]
            .iter()
            .any(|mark| body.contains(mark));
        let path = printable(&exchange.request.target, 60);
        (answer.status == 200 && schema).then(|| (mild(facts), format!("`{path}` shows the schema")))
    })
}

/// Items of a list, or of a page's `results`.
fn items(answer: &Response) -> Option<usize> {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    let list = body.as_array().or_else(|| body.get("results")?.as_array())?;
    Some(list.len())
}

fn page_size(facts: &Facts) -> Judgement {
    each(facts, LARGE_PAGE, "page size", "the scenario has no API route", |exchange, answer| {
        let usual = facts
            .of(Purpose::Control)
            .find(|(_, control, _)| control.site.name == exchange.site.name)
            .map(|(_, _, usual)| usual)?;
        let (many, few) = (items(answer).unwrap_or(0), items(usual).unwrap_or(0));
        let larger = answer.body_length > 10 * usual.body_length.max(1000);
        if success(answer) && many > few && (many > ITEMS || larger) {
            return Some((Level::Warn, format!("{many} items on one page where {few} are usual")));
        }
        // A body that was cut cannot be counted.
        (success(answer) && larger)
            .then(|| (Level::Warn, format!("{} bytes on one page", answer.body_length)))
    })
}
