//! The baseline: findings that were there when it was written. `no new …` gates ask about the others.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::record::{BaselineRecord, CheckOutcome, Outcome, Place, Record, Severity};

/// Version of the format written here.
const VERSION: u32 = 1;
/// Fixed entries that a record names.
const NAMED: usize = 100;

/// The findings that are known, each by check, stack, route and subject: never by value, address or time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    baseline_version: u32,
    /// The day it was written: an old one is to be looked at again.
    pub written: Date,
    /// Places of findings.
    pub findings: Vec<Entry>,
}

/// A place of a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Id of the check.
    pub check: String,
    /// The stack.
    pub stack: String,
    /// The route or probe.
    pub route: String,
    /// What it is about.
    pub subject: String,
    /// How bad it was: the same place at a worse severity is new.
    pub severity: Severity,
}

impl Entry {
    fn is_at(&self, outcome: &CheckOutcome, place: &Place) -> bool {
        self.check == outcome.check
            && self.stack == outcome.stack
            && self.route == place.route
            && self.subject == place.subject
    }
}

impl Baseline {
    /// Everything that counts in a record, dated as the record is.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let written = record.started.to_zoned_datetime(TimeZone::UTC).date();
        let found = record.audit.iter().filter(|outcome| outcome.is_finding());
        let mut findings: Vec<Entry> =
            found.flat_map(|outcome| outcome.open_places().map(move |place| entry(outcome, place))).collect();
        findings.sort();
        findings.dedup();
        Baseline { baseline_version: VERSION, written, findings }
    }

    /// This one, with what an earlier one has of checks and stacks that the record says nothing of.
    #[must_use]
    pub fn with_unseen(mut self, before: &Baseline, record: &Record) -> Self {
        let unseen = |entry: &&Entry| {
            let of = record.audit.iter().find(|o| o.check == entry.check && o.stack == entry.stack);
            of.is_none_or(|o| matches!(o.outcome, Outcome::NotRun | Outcome::Inconclusive))
        };
        self.findings.extend(before.findings.iter().filter(unseen).cloned());
        self.findings.sort();
        self.findings.dedup();
        self
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// Why it is no baseline, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let baseline: Baseline = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if baseline.baseline_version > VERSION {
            return Err(format!(
                "it has version {}; this program reads up to {VERSION}",
                baseline.baseline_version
            ));
        }
        Ok(baseline)
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        // A struct with text keys always serialises.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Marks the places that are known, and tells what is fixed.
    pub(super) fn mark(&self, file: &str, record: &mut Record) {
        for outcome in record.audit.iter_mut().filter(|outcome| outcome.is_finding()) {
            let severity = outcome.severity;
            let of = outcome.clone();
            for place in &mut outcome.places {
                place.known =
                    self.findings.iter().any(|entry| entry.severity >= severity && entry.is_at(&of, place));
            }
        }
        let fixed = self.findings.iter().filter(|entry| is_fixed(entry, record));
        record.baseline = Some(BaselineRecord {
            file: file.to_owned(),
            written: self.written,
            entries: self.findings.len(),
            fixed: fixed
                .take(NAMED)
                .map(|entry| {
                    format!("{} on {} at {} ({})", entry.check, entry.stack, entry.route, entry.subject)
                })
                .collect(),
        });
    }
}

fn entry(outcome: &CheckOutcome, place: &Place) -> Entry {
    Entry {
        check: outcome.check.clone(),
        stack: outcome.stack.clone(),
        route: place.route.clone(),
        subject: place.subject.clone(),
        severity: outcome.severity,
    }
}

/// Whether the check did look at the stack, and saw nothing of this any more.
fn is_fixed(entry: &Entry, record: &Record) -> bool {
    let of = record.audit.iter().find(|outcome| outcome.check == entry.check && outcome.stack == entry.stack);
    of.is_some_and(|outcome| {
        !matches!(outcome.outcome, Outcome::NotRun | Outcome::Inconclusive)
            && !outcome.is_cut()
            && !outcome.places.iter().any(|place| entry.is_at(outcome, place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn is_read_as_it_was_written() {
        let baseline = Baseline::of(&fixture::two_stacks());
        assert_eq!(Baseline::parse(&baseline.text()), Ok(baseline.clone()));
        assert_eq!(baseline.findings.len(), 3);
        assert!(Baseline::parse("{}").is_err());
        assert!(Baseline::parse(&baseline.text().replace("_version\": 1", "_version\": 9")).is_err());
    }

    #[test]
    fn known_is_the_same_place_at_the_same_severity() {
        let mut record = fixture::two_stacks();
        let baseline = Baseline::of(&record);
        let at = record.audit.iter().position(|o| o.check == "HDR-HSTS" && o.stack == "prod").unwrap();
        baseline.mark("b.json", &mut record);
        assert!(record.audit[at].places[0].known);
        record.audit[at].severity = Severity::High;
        baseline.mark("b.json", &mut record);
        assert!(!record.audit[at].places[0].known, "it is worse than it was");
        record.audit[at].severity = Severity::Medium;
        record.audit[at].places[0].route = "home".into();
        baseline.mark("b.json", &mut record);
        assert!(!record.audit[at].places[0].known);
        let of = record.baseline.as_ref().unwrap();
        assert_eq!(of.fixed, ["HDR-HSTS on prod at notes (strict-transport-security)"]);
        record.audit[at].outcome = Outcome::NotRun;
        baseline.mark("b.json", &mut record);
        assert!(record.baseline.unwrap().fixed.is_empty(), "nobody looked");
    }

    #[test]
    fn a_stack_that_was_left_out_keeps_its_entries() {
        let mut record = fixture::two_stacks();
        let whole = Baseline::of(&record);
        record.audit.retain(|outcome| outcome.stack == "prod");
        record.audit.iter_mut().for_each(|outcome| outcome.outcome = Outcome::Pass);
        let renewed = Baseline::of(&record).with_unseen(&whole, &record);
        let stacks: Vec<&str> = renewed.findings.iter().map(|entry| entry.stack.as_str()).collect();
        assert_eq!(stacks, ["dev", "dev"]);
    }
}
