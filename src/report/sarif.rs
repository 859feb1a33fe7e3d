//! SARIF 2.1.0 for code scanning: the audit's findings at the routes' lines of the scenario file.
//!
//! A run for each stack, so that one stack's alerts do not replace another's. A finding's places of one subject are one
//! result: its fingerprint names the check, the stack and the subject, never a value, an address or a time. Checks that
//! could not run are notifications of the invocation, since a reader takes every result for an alert.

mod exchange;
mod rule;

use serde_json::{Value, json};

use super::alert::{self, Alert};
use super::{Document, finding, foreign};
use crate::record::{CheckOutcome, Outcome, Place, Record, Severity, StackRecord};

/// Most runs, and locations of a result; readers refuse or cut more.
const RUNS: usize = 20;
const LOCATIONS: usize = 100;
/// Longest message of a notification, in characters.
const MESSAGE: usize = 1_000;

/// What becomes of accepted findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// They are results with a suppression, as SARIF has it.
    Suppressed,
    /// They are left out, for readers that take a suppressed result for an open alert.
    LeftOut,
}

/// The document as a SARIF log.
pub fn render(document: &Document<'_>, accepted: Accepted) -> String {
    let record = document.record;
    let runs: Vec<Value> =
        finding::stacks(record).iter().take(RUNS).map(|stack| run(record, stack, accepted)).collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": runs,
    });
    // A Value without foreign map keys always serialises.
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

fn run(record: &Record, stack: &str, accepted: Accepted) -> Value {
    let outcomes: Vec<&CheckOutcome> = record.audit.iter().filter(|outcome| outcome.stack == stack).collect();
    let all = accepted == Accepted::Suppressed;
    let found: Vec<&CheckOutcome> =
        outcomes.iter().copied().filter(|o| o.is_finding() || (all && o.accepted)).collect();
    let alerts = found.iter().enumerate().flat_map(|(rule, outcome)| {
        let alerts = alert::alerts(outcome).into_iter().filter(|alert| all || alert.accepted.is_none());
        alerts.map(move |alert| result(record, &alert, rule))
    });
    let results: Vec<Value> = alerts.collect();
    let name = line(stack, 60);
    json!({
        "tool": { "driver": {
            "name": line(&record.tool.name, 60),
            "semanticVersion": line(&record.tool.version, 60),
            "rules": found.iter().map(|outcome| rule::rule(outcome)).collect::<Vec<_>>(),
        } },
        // The category is what stands before the last slash.
        "automationDetails": { "id": format!("shakedown/{}/{}", alert::encoded(&name), record.started) },
        "invocations": [invocation(record, stack, &outcomes)],
        "taxonomies": rule::taxonomies(&found),
        "results": results,
        "columnKind": "unicodeCodePoints",
    })
}

/// Whether the audit of a stack came to its end, and what it could not look at.
fn invocation(record: &Record, stack: &str, outcomes: &[&CheckOutcome]) -> Value {
    let failure =
        record.stacks.iter().find(|of| of.name == stack).and_then(|of: &StackRecord| of.failure.as_deref());
    let missing = outcomes.iter().filter(|o| matches!(o.outcome, Outcome::NotRun | Outcome::Inconclusive));
    let mut notes: Vec<Value> = missing
        .map(|outcome| {
            json!({
                "level": "note",
                "descriptor": { "id": line(&outcome.check, 60) },
                "message": message(&line(&outcome.summary, MESSAGE)),
            })
        })
        .collect();
    notes.extend(
        failure.map(|reason| json!({ "level": "error", "message": message(&line(reason, MESSAGE)) })),
    );
    let mut of = json!({
        "executionSuccessful": failure.is_none() && record.partial.is_none(),
        "startTimeUtc": time(record.started),
        "toolExecutionNotifications": notes,
    });
    if let Some(at) = record.finished {
        of["endTimeUtc"] = time(at).into();
    }
    of
}

/// A plain message, in which readers would make a link of `[text](address)`.
fn message(text: &str) -> Value {
    json!({ "text": text.replace("](", "] (") })
}

fn time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn result(record: &Record, alert: &Alert<'_>, rule: usize) -> Value {
    let outcome = alert.outcome;
    let mut of = json!({
        "ruleId": line(&outcome.check, 60),
        "ruleIndex": rule,
        "level": level(outcome.severity),
        "kind": "fail",
        "message": message(&alert.message()),
        "locations": if alert.places.is_empty() {
            vec![location(record, None)]
        } else {
            alert.places.iter().take(LOCATIONS).map(|place| location(record, Some(place))).collect()
        },
        "partialFingerprints": { "primaryLocationLineHash": format!("{}:1", alert.fingerprint()) },
        "properties": {
            "stack": line(&outcome.stack, 60),
            "subject": line(alert.subject, 120),
            "revision": outcome.revision,
            "outcome": finding::word(outcome.outcome),
        },
    });
    if let Some(evidence) = alert.places.first().and_then(|place| place.evidence.as_ref()) {
        of["webRequest"] = exchange::request(evidence);
        of["webResponse"] = exchange::response(evidence);
    }
    if let Some(acceptance) = alert.accepted.and_then(|position| record.accepted.get(position)) {
        let why = line(&finding::why(acceptance), MESSAGE);
        of["suppressions"] = json!([{ "kind": "external", "status": "accepted", "justification": why }]);
    }
    of
}

/// The route's line of the scenario: a file of the repository, which code scanning asks for.
fn location(record: &Record, place: Option<&Place>) -> Value {
    let line_of = place.and_then(|place| place.line).unwrap_or(1);
    let mut of = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": alert::file(record), "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": line_of, "startColumn": 1 },
        },
    });
    if let Some(place) = place {
        let request = place.evidence.as_ref().map(exchange::line);
        let name = line(&place.route, 120);
        of["logicalLocations"] = json!([{ "name": name, "kind": "route", "fullyQualifiedName": request.unwrap_or_else(|| name.clone()) }]);
        of["message"] = message(&line(&place.detail, 600));
    }
    of
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium | Severity::Low => "warning",
        Severity::Info => "note",
    }
}

fn line(text: &str, max: usize) -> String {
    foreign::line(text, max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn log(record: &Record) -> Value {
        serde_json::from_str(&render(&Document::of(record), Accepted::Suppressed)).unwrap()
    }

    #[test]
    fn two_stacks() {
        insta::assert_snapshot!(render(&Document::of(&fixture::two_stacks()), Accepted::Suppressed));
    }

    #[test]
    fn an_accepted_finding_is_suppressed_with_its_reason() {
        let log = log(&fixture::accepted());
        let of = &log["runs"][1]["results"][0]["suppressions"][0];
        assert_eq!((&of["kind"], &of["status"]), (&json!("external"), &json!("accepted")));
        let why = "accepted until 2026-06-30 by platform team, OPS-12: the load balancer sends it";
        assert_eq!(of["justification"], why);
        assert!(log["runs"][0]["results"][0].get("suppressions").is_none());
        let open = render(&Document::of(&fixture::accepted()), Accepted::LeftOut);
        assert!(
            open.contains("DJ-DEBUG-404") && !open.contains("HDR-HSTS") && !open.contains("suppressions")
        );
    }

    #[test]
    fn what_did_not_run_is_no_alert_and_no_silence() {
        let log = log(&fixture::two_stacks());
        let run = &log["runs"][1];
        assert!(!run["results"].to_string().contains("CSRF-REQUIRED"));
        assert_eq!(
            run["invocations"][0]["toolExecutionNotifications"][0]["descriptor"]["id"],
            "CSRF-REQUIRED"
        );
    }

    #[test]
    fn hostile_text_is_harmless_and_bounded() {
        let text = render(&Document::of(&fixture::hostile()), Accepted::Suppressed);
        assert!(foreign::is_harmless(&text) && serde_json::from_str::<Value>(&text).is_ok());
        assert!(text.len() < 400_000, "bounded: {}", text.len());
    }
}
