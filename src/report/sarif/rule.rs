//! A check as a SARIF rule: what it is about, how to mend it, and where the field's own lists have it.

use serde_json::{Value, json};

use crate::audit::{self, Check};
use crate::record::{CheckOutcome, Confidence, Severity};
use crate::report::foreign;

/// Longest description, in characters, and most tags: readers refuse more.
const DESCRIPTION: usize = 1_000;
const TAGS: usize = 20;

/// The lists that references point into: name, whose it is. ASVS ids carry their version.
const LISTS: [(&str, &str); 2] = [("CWE", "MITRE"), ("ASVS", "OWASP")];

/// The rule of a finding. Its severity is that of this finding: a warning weighs less than a failure would.
pub(super) fn rule(outcome: &CheckOutcome) -> Value {
    let id = foreign::line(&outcome.check, 60);
    let severity = json!({
        "security-severity": score(outcome.severity),
        "precision": precision(outcome.confidence),
    });
    // A record of an older catalogue may name a check that is gone.
    let Some(check) = audit::find(&outcome.check) else {
        let summary = foreign::line(&outcome.summary, DESCRIPTION);
        let mut of = json!({
            "id": id,
            "shortDescription": { "text": id },
            "fullDescription": { "text": summary },
            "help": { "text": summary },
            "defaultConfiguration": { "level": super::level(outcome.severity) },
            "properties": severity,
        });
        of["properties"]["tags"] = json!(["security"]);
        return of;
    };
    let page = audit::page(check);
    let mut of = json!({
        "id": id,
        "shortDescription": { "text": check.title },
        "fullDescription": { "text": foreign::line(check.rule, DESCRIPTION) },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": super::level(outcome.severity) },
        "properties": severity,
        "relationships": relationships(check),
    });
    of["properties"]["tags"] = tags(check).into();
    of
}

/// Those entries of the lists that these findings point to.
pub(super) fn taxonomies(found: &[&CheckOutcome]) -> Vec<Value> {
    let checks: Vec<&Check> = found.iter().filter_map(|outcome| audit::find(&outcome.check)).collect();
    LISTS
        .iter()
        .filter_map(|(name, organization)| {
            let mut ids: Vec<String> = checks
                .iter()
                .flat_map(|check| entries(check))
                .filter(|(list, _)| list == name)
                .map(|(_, id)| id)
                .collect();
            ids.sort();
            ids.dedup();
            let taxa: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
            (!taxa.is_empty()).then(|| {
                json!({
                    "name": name,
                    "organization": organization,
                    "shortDescription": { "text": format!("Entries of {name} that the rules point to.") },
                    "taxa": taxa,
                })
            })
        })
        .collect()
}

fn relationships(check: &Check) -> Vec<Value> {
    entries(check)
        .map(|(list, id)| {
            json!({ "target": { "id": id, "toolComponent": { "name": list } }, "kinds": ["relevant"] })
        })
        .collect()
}

/// A check's references into the lists: `("CWE", "CWE-319")`, `("ASVS", "v5.0.0-3.4.1")`.
fn entries(check: &Check) -> impl Iterator<Item = (&'static str, String)> {
    check.references.iter().filter_map(|reference| {
        if reference.starts_with("CWE-") {
            return Some(("CWE", (*reference).to_owned()));
        }
        reference.strip_prefix("ASVS ").map(|id| ("ASVS", id.to_owned()))
    })
}

/// `external/cwe/cwe-319` is how code scanning knows a CWE.
fn tags(check: &Check) -> Vec<String> {
    let family = check.id.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let listed = entries(check).map(|(list, id)| match list {
        "CWE" => format!("external/cwe/{}", id.to_ascii_lowercase()),
        _ => format!("external/{}/{id}", list.to_ascii_lowercase()),
    });
    ["security".to_owned(), family].into_iter().chain(listed).take(TAGS).collect()
}

/// On the scale of code scanning: over 9 critical, from 7 high, from 4 medium, below low.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.1",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "very-high",
        Confidence::Repeated => "high",
        Confidence::Heuristic => "medium",
        Confidence::Timing => "low",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_of_the_catalogue_is_a_rule_that_readers_take() {
        for check in audit::catalogue() {
            let mut outcome = crate::report::fixture::outcome(
                check.id,
                "prod",
                crate::record::Outcome::Fail,
                check.severity,
                "seen",
            );
            outcome.check = check.id.into();
            let rule = rule(&outcome);
            for key in ["shortDescription", "fullDescription", "help"] {
                let text = rule[key]["text"].as_str().unwrap();
                assert!(
                    !text.is_empty() && (key == "help" || text.chars().count() <= 1024),
                    "{} {key}",
                    check.id
                );
            }
            assert!(rule["properties"]["tags"].as_array().unwrap().len() <= TAGS);
            assert!(rule["properties"]["security-severity"].as_str().unwrap().parse::<f64>().unwrap() > 0.0);
        }
    }
}
