//! GitLab's code quality report: the audit's findings and the gates that do not hold, at their lines of the scenario file.

use serde_json::{Value, json};

use super::alert::{self, Alert, fingerprint};
use super::{Document, finding, foreign};
use crate::gate::{GateOutcome, Verdict};
use crate::record::{Record, Severity};

/// The document as a list of issues.
pub fn render(document: &Document<'_>) -> String {
    let record = document.record;
    let gates = document.gates.iter().filter_map(|gate| broken(record, gate));
    let found = finding::findings(record);
    let findings = found.iter().flat_map(|outcome| alert::alerts(outcome));
    let findings = findings.filter(|alert| alert.accepted.is_none()).map(|alert| issue(record, &alert));
    let issues: Vec<Value> = gates.chain(findings).collect();
    // A Value without foreign map keys always serialises.
    serde_json::to_string_pretty(&issues).unwrap_or_default() + "\n"
}

fn broken(record: &Record, gate: &GateOutcome) -> Option<Value> {
    let severity = match gate.verdict {
        Verdict::Fail => "critical",
        Verdict::Unknown => "major",
        Verdict::Pass | Verdict::Skipped => return None,
    };
    let (text, reason) = (foreign::line(&gate.text, 160), foreign::line(&gate.reason, 600));
    Some(json!({
        "description": format!("{text}: {reason}"),
        "check_name": "gate",
        "fingerprint": fingerprint(["gate", gate.text.as_str()]),
        "severity": severity,
        "location": { "path": alert::file(record), "lines": { "begin": gate.line } },
    }))
}

fn issue(record: &Record, alert: &Alert<'_>) -> Value {
    let severity = match alert.outcome.severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    };
    json!({
        "description": alert.message(),
        "check_name": foreign::line(&alert.outcome.check, 60),
        "fingerprint": alert.fingerprint(),
        "severity": severity,
        "location": { "path": alert::file(record), "lines": { "begin": alert.line() } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn findings_and_broken_gates_have_a_line() {
        let text = render(&Document::of(&fixture::two_stacks()));
        let issues: Vec<Value> = serde_json::from_str(&text).unwrap();
        let told: Vec<_> = issues
            .iter()
            .map(|i| {
                (
                    i["check_name"].as_str().unwrap(),
                    i["severity"].as_str().unwrap(),
                    &i["location"]["lines"]["begin"],
                )
            })
            .collect();
        let (gate, unknown, route) = (json!(83), json!(84), json!(42));
        assert_eq!(
            told,
            [
                ("gate", "critical", &gate),
                ("gate", "major", &unknown),
                ("DJ-DEBUG-404", "critical", &route),
                ("HDR-HSTS", "major", &route),
                ("CSP-MISSING", "minor", &route),
            ]
        );
    }

    #[test]
    fn hostile_text_is_harmless() {
        let text = render(&Document::of(&fixture::hostile()));
        assert!(foreign::is_harmless(&text) && serde_json::from_str::<Value>(&text).is_ok());
    }
}
