//! Findings as code scanners have them: an alert for each subject of a finding, at a line of the scenario file.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::foreign;
use crate::record::{CheckOutcome, Place, Record};

/// Routes that a message names.
const NAMED: usize = 3;
/// Longest message and longest detail in it, in characters.
const MESSAGE: usize = 1_000;
const DETAIL: usize = 600;

/// What a finding says of one subject, wherever it was seen.
pub struct Alert<'a> {
    /// The finding.
    pub outcome: &'a CheckOutcome,
    /// A header, a cookie, a directive; empty where the finding has no place.
    pub subject: &'a str,
    /// What accepts it: its position in the record's list.
    pub accepted: Option<usize>,
    /// Where it was seen.
    pub places: Vec<&'a Place>,
}

/// A finding's alerts, in the order of its places; at least one.
pub fn alerts(outcome: &CheckOutcome) -> Vec<Alert<'_>> {
    let mut alerts: Vec<Alert<'_>> = Vec::new();
    for place in &outcome.places {
        let (subject, accepted) = (&place.subject, place.accepted);
        // What is accepted at one place may not be at another.
        match alerts.iter_mut().find(|a| a.subject == subject && a.accepted.is_some() == accepted.is_some()) {
            Some(alert) => alert.places.push(place),
            None => alerts.push(Alert { outcome, subject, accepted, places: vec![place] }),
        }
    }
    if alerts.is_empty() {
        alerts.push(Alert { outcome, subject: "", accepted: None, places: Vec::new() });
    }
    alerts
}

impl Alert<'_> {
    /// Stable between runs: of the check, the stack and the subject, never of a value, an address or a time.
    pub fn fingerprint(&self) -> String {
        let accepted = if self.accepted.is_some() && !self.outcome.accepted { "accepted" } else { "" };
        fingerprint([self.outcome.check.as_str(), self.outcome.stack.as_str(), self.subject, accepted])
    }

    /// Line (1-based) of the first route in the scenario file; the file's first for probes.
    pub fn line(&self) -> usize {
        self.places.iter().find_map(|place| place.line).unwrap_or(1)
    }

    /// What was seen, then where. The first sentence is what a list of alerts shows.
    pub fn message(&self) -> String {
        let detail = self.places.first().map_or(&self.outcome.summary, |place| &place.detail);
        let mut text =
            format!("{}: {}", foreign::line(&self.outcome.stack, 60), foreign::line(detail, DETAIL));
        if !text.ends_with(['.', '!', '?']) {
            text.push('.');
        }
        let mut routes: Vec<String> = Vec::new();
        for route in self.places.iter().map(|place| foreign::line(&place.route, 60)) {
            if !routes.contains(&route) {
                routes.push(route);
            }
        }
        if !routes.is_empty() {
            let more = routes.len().saturating_sub(NAMED);
            routes.truncate(NAMED);
            text.push_str(&format!(" Seen at {}", routes.join(", ")));
            if more > 0 {
                text.push_str(&format!(" and {more} more"));
            }
            text.push('.');
        }
        foreign::line(&text, MESSAGE)
    }
}

/// Sixteen hex digits of these parts.
pub fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The scenario file as a URI reference that stays in the repository: relative, its odd characters encoded.
pub fn file(record: &Record) -> String {
    let text = foreign::line(&record.scenario.path, foreign::LINE).replace('\\', "/");
    let relative = if text.starts_with('/') {
        // Where the repository begins is not known.
        text.rsplit('/').next().unwrap_or_default()
    } else {
        &text
    };
    let parts: Vec<String> =
        relative.split('/').filter(|part| !matches!(*part, "" | "." | "..")).map(encoded).collect();
    parts.join("/")
}

/// One segment of a URI.
pub fn encoded(text: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_subject_is_one_alert_whose_fingerprint_stays() {
        let mut record = fixture::two_stacks();
        let hsts = record.audit.iter_mut().find(|o| o.check == "HDR-HSTS" && o.stack == "prod").unwrap();
        let before = alerts(hsts)[0].fingerprint();
        let mut other = hsts.places[0].clone();
        (other.route, other.line, other.detail) = ("home".into(), Some(50), "another text".into());
        hsts.places.insert(0, other);
        hsts.summary = "other words".into();
        let after = alerts(hsts);
        assert_eq!((after.len(), after[0].places.len(), after[0].line()), (1, 2, 50));
        assert_eq!(after[0].fingerprint(), before);
        assert_eq!(after[0].message(), "prod: another text. Seen at home, notes.");
        hsts.places[0].subject = "referrer-policy".into();
        assert_eq!(alerts(hsts).len(), 2);
        assert_ne!(alerts(hsts)[0].fingerprint(), alerts(hsts)[1].fingerprint());
    }

    #[test]
    fn a_file_stays_in_the_repository() {
        let mut record = fixture::two_stacks();
        for (path, uri) in [
            ("./scenarios/my file.toml", "scenarios/my%20file.toml"),
            ("/home/me/x/trial.toml", "trial.toml"),
            ("../../etc/x.toml", "etc/x.toml"),
            ("http://a.example/x", "http%3A/a.example/x"),
        ] {
            record.scenario.path = path.into();
            assert_eq!(file(&record), uri);
        }
    }
}
