//! What the scenario says of findings: accepted risks, the checks that gates heed, and the findings that are known.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::baseline::Baseline;
use super::lock::Lock;
use super::{catalogue, find};
use crate::plan::{AcceptPlan, Plan};
use crate::record::{Acceptance, CheckOutcome, Outcome, Place, Record, Severity, Standing};
use crate::scenario::{Diagnostics, Mistakes, did_you_mean};

/// Days ahead that an acceptance may reach, and one of a critical finding.
const LONGEST: i64 = 365;
const LONGEST_CRITICAL: i64 = 90;
/// Days before its end from which it is said.
const SOON: i64 = 14;
/// Names in a warning.
const NAMED: usize = 6;

/// What the scenario and the files beside it say of findings.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    accepts: Vec<AcceptPlan>,
    lock: Option<Lock>,
    /// With its file, as the scenario names it.
    baseline: Option<(String, Baseline)>,
    scenario: String,
}

impl Policy {
    /// Reads the files that `[audit]` names, where they are there, and checks the ids of `[[accept]]`.
    ///
    /// # Errors
    /// Every id that no check has, and every file that is not what it should be, with its place in the scenario.
    pub fn read(plan: &Plan) -> Result<Self, Diagnostics> {
        let mut mistakes = Mistakes::default();
        for accept in &plan.accepts {
            if find(&accept.check).is_none() {
                let help = match did_you_mean(&accept.check, catalogue().map(|check| check.id)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`shakedown audit list` shows them all".to_owned(),
                };
                mistakes.at(accept.span.clone(), format!("no check is called `{}`", accept.check), help);
            }
        }
        let mut read = |file: &Option<crate::plan::AuditFile>, what: &str| {
            let file = file.as_ref()?;
            match std::fs::read_to_string(&file.path) {
                Ok(text) => Some((file.clone(), text)),
                // It is written by a command that reads the scenario first.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(error) => {
                    let message = format!("cannot read `{}`: {error}", file.written);
                    mistakes.at(file.span.clone(), message, format!("`shakedown audit {what}` writes it"));
                    None
                }
            }
        };
        let (lock, baseline) = (read(&plan.audit_lock, "lock"), read(&plan.audit_baseline, "baseline"));
        let mut wrong = |file: &crate::plan::AuditFile, what: &str, error: String| {
            let message = format!("`{}` is no {what}: {error}", file.written);
            mistakes.at(file.span.clone(), message, format!("`shakedown audit {what}` writes it anew"));
        };
        let lock = lock.and_then(|(file, text)| Lock::parse(&text).map_err(|e| wrong(&file, "lock", e)).ok());
        let baseline = baseline.and_then(|(file, text)| {
            let parsed = Baseline::parse(&text).map_err(|error| wrong(&file, "baseline", error));
            Some((file.written.clone(), parsed.ok()?))
        });
        if !mistakes.is_empty() {
            return Err(plan.diagnostics(mistakes));
        }
        let scenario = plan.source.path.display().to_string();
        Ok(Policy { accepts: plan.accepts.clone(), lock, baseline, scenario })
    }

    /// Marks in a record what is accepted, what gates do not heed and what is known, and says what a person should know:
    /// acceptances that are over, end soon or cover nothing, checks that are not in the lock, findings that are fixed.
    pub fn apply(&self, record: &mut Record) -> Vec<String> {
        let today = record.started.to_zoned_datetime(TimeZone::UTC).date();
        let mut warnings = self.lock(record);
        let accepts = self.accepts.iter().enumerate();
        let accepts = accepts.map(|(position, accept)| accepted(position, accept, record, today)).collect();
        record.accepted = accepts;
        for outcome in &mut record.audit {
            settle(outcome);
        }
        warnings.extend(record.accepted.iter().filter_map(|accept| said(accept, today)));
        if let Some((file, baseline)) = &self.baseline {
            baseline.mark(file, record);
            if let Some(fixed) =
                record.baseline.as_ref().map(|of| &of.fixed).filter(|fixed| !fixed.is_empty())
            {
                warnings.push(format!(
                    "{} of the baseline {file} were not found again ({}): write it anew, so that they count if they come back",
                    fixed.len(),
                    some(fixed),
                ));
            }
        }
        warnings
    }

    fn lock(&self, record: &mut Record) -> Vec<String> {
        let Some(lock) = &self.lock else { return Vec::new() };
        let mut unlocked: Vec<String> = Vec::new();
        for outcome in &mut record.audit {
            outcome.unlocked = !lock.has(&outcome.check, outcome.revision);
            if outcome.unlocked && !unlocked.contains(&outcome.check) {
                unlocked.push(outcome.check.clone());
            }
        }
        let mut warnings = Vec::new();
        if !unlocked.is_empty() {
            warnings.push(format!(
                "no gate heeds {}: new or changed since audit.lock was written; `shakedown audit lock {}` takes them in",
                some(&unlocked),
                self.scenario
            ));
        }
        let gone: Vec<String> = lock.gone().into_iter().map(str::to_owned).collect();
        if !gone.is_empty() {
            warnings.push(format!("audit.lock names checks that are no more: {}", some(&gone)));
        }
        warnings
    }
}

/// Marks the places that an acceptance covers, and tells what came of it.
fn accepted(position: usize, accept: &AcceptPlan, record: &mut Record, today: Date) -> Acceptance {
    let ahead = days(today, accept.until);
    let mut standing = Standing::NotAsked;
    for outcome in record.audit.iter_mut().filter(|outcome| is_about(accept, outcome)) {
        let now = cover(position, accept, outcome, ahead);
        // One that covers something less than it should somewhere is said, whatever it covers elsewhere.
        standing = standing.max(now);
    }
    Acceptance {
        check: accept.check.clone(),
        stack: accept.stack.clone(),
        route: accept.route.clone(),
        subject: accept.subject.clone(),
        reason: accept.reason.clone(),
        owner: accept.owner.clone(),
        ticket: accept.ticket.clone(),
        until: accept.until,
        max_severity: accept.max_severity,
        line: accept.line,
        standing,
    }
}

fn cover(position: usize, accept: &AcceptPlan, outcome: &mut CheckOutcome, ahead: i64) -> Standing {
    if matches!(outcome.outcome, Outcome::NotRun | Outcome::Inconclusive) {
        return Standing::NotAsked;
    }
    let severity = outcome.severity;
    let longest = if severity == Severity::Critical { LONGEST_CRITICAL } else { LONGEST };
    // What was cut off may be what is not accepted.
    let narrow = accept.route.is_some() || accept.subject.is_some();
    let found = outcome.is_finding() && !(outcome.is_cut() && narrow);
    let covers = |place: &&mut Place| place.counts() && is_at(accept, place);
    let places: Vec<&mut Place> = outcome.places.iter_mut().filter(covers).filter(|_| found).collect();
    if places.is_empty() {
        return Standing::Stale;
    }
    if ahead < 0 {
        return Standing::Expired;
    }
    if ahead > longest {
        return Standing::TooLong;
    }
    if accept.max_severity.is_some_and(|most| severity > most) {
        return Standing::Outgrown;
    }
    places.into_iter().for_each(|place| place.accepted = Some(position));
    Standing::Used
}

fn is_about(accept: &AcceptPlan, outcome: &CheckOutcome) -> bool {
    accept.check == outcome.check && accept.stack.as_ref().is_none_or(|stack| *stack == outcome.stack)
}

/// A route is named with or without what was different of its request: `notes`, `notes: no credential`.
fn is_at(accept: &AcceptPlan, place: &Place) -> bool {
    let route = accept.route.as_ref().is_none_or(|route| {
        place.route.strip_prefix(route.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(": "))
    });
    route && accept.subject.as_ref().is_none_or(|subject| *subject == place.subject)
}

/// What a finding is once its accepted places no longer count: none, or one of the places that are left.
fn settle(outcome: &mut CheckOutcome) {
    if !outcome.is_finding() || outcome.places.iter().all(|place| place.accepted.is_none()) {
        return;
    }
    let left: Vec<&Place> = outcome.open_places().collect();
    let Some(first) = left.iter().find(|place| place.outcome != Some(Outcome::Warn)).or(left.first()) else {
        outcome.accepted = true;
        return;
    };
    let accepted = outcome.places.iter().filter(|place| place.accepted.is_some()).count();
    let more = match left.len() - 1 {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let summary = format!("{}{more}; {accepted} accepted", first.detail);
    if first.outcome == Some(Outcome::Warn) {
        outcome.outcome = Outcome::Warn;
        outcome.severity = outcome.severity.min(Severity::Low);
    }
    outcome.summary = summary;
    outcome.places.sort_by_key(|place| place.accepted.is_some());
}

/// What a person should know of an acceptance.
fn said(accept: &Acceptance, today: Date) -> Option<String> {
    let ahead = days(today, accept.until);
    let stack = accept.stack.as_ref().map(|stack| format!(" on {stack}")).unwrap_or_default();
    let what = format!("the acceptance of {}{stack} (line {})", accept.check, accept.line);
    Some(match accept.standing {
        Standing::NotAsked => return None,
        Standing::Used if ahead > SOON => return None,
        Standing::Used => format!("{what} ends on {}, in {ahead} days", accept.until),
        Standing::Stale => format!("{what} covers nothing that was found: take it out"),
        Standing::Expired => format!("{what} ended on {}: what it covered counts again", accept.until),
        Standing::TooLong => format!(
            "{what} covers nothing, since {} is too far ahead: {LONGEST} days at most, {LONGEST_CRITICAL} for a critical finding",
            accept.until
        ),
        Standing::Outgrown => {
            let most = accept.max_severity.map(Severity::name).unwrap_or_default();
            format!("{what} is for {most} at most, and what was found is worse: it counts")
        }
    })
}

fn days(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn accept(check: &str, until: &str) -> AcceptPlan {
        AcceptPlan {
            check: check.into(),
            stack: None,
            route: None,
            subject: None,
            reason: "plain http on loopback".into(),
            owner: "team".into(),
            ticket: None,
            until: until.parse().unwrap(),
            max_severity: None,
            line: 12,
            span: 0..0,
        }
    }

    fn applied(accepts: Vec<AcceptPlan>, record: &mut Record) -> Vec<String> {
        Policy { accepts, ..Policy::default() }.apply(record)
    }

    fn of<'r>(record: &'r Record, check: &str, stack: &str) -> &'r CheckOutcome {
        record.audit.iter().find(|o| o.check == check && o.stack == stack).unwrap()
    }

    /// HSTS on production fails on notes and warns on home.
    fn two_places() -> Record {
        let mut record = fixture::two_stacks();
        let at = record.audit.iter().position(|o| o.check == "HDR-HSTS" && o.stack == "prod").unwrap();
        let outcome = &mut record.audit[at];
        outcome.places[0].outcome = Some(Outcome::Fail);
        let warned = Place {
            route: "home: no credential".into(),
            outcome: Some(Outcome::Warn),
            detail: "short".into(),
            ..outcome.places[0].clone()
        };
        outcome.places.push(warned);
        record
    }

    #[test]
    fn an_accepted_finding_is_none() {
        let mut record = two_places();
        assert!(applied(vec![accept("HDR-HSTS", "2026-06-01")], &mut record).is_empty());
        let outcome = of(&record, "HDR-HSTS", "prod");
        assert!(outcome.accepted && !outcome.is_finding());
        assert_eq!((outcome.places[1].accepted, record.accepted[0].standing), (Some(0), Standing::Used));
    }

    #[test]
    fn what_is_left_still_counts_for_what_it_is() {
        let mut record = two_places();
        let on_notes = AcceptPlan { route: Some("notes".into()), ..accept("HDR-HSTS", "2026-06-01") };
        applied(vec![on_notes], &mut record);
        let outcome = of(&record, "HDR-HSTS", "prod");
        assert_eq!((outcome.outcome, outcome.severity), (Outcome::Warn, Severity::Low));
        assert_eq!(outcome.summary, "short; 1 accepted");
        assert!(outcome.is_finding() && outcome.places[0].accepted.is_none());

        let mut record = two_places();
        let on_home = AcceptPlan { route: Some("home".into()), ..accept("HDR-HSTS", "2026-06-01") };
        applied(vec![on_home], &mut record);
        let outcome = of(&record, "HDR-HSTS", "prod");
        assert_eq!((outcome.outcome, outcome.severity), (Outcome::Fail, Severity::Medium));
    }

    #[test]
    fn one_that_is_over_too_long_or_outgrown_covers_nothing_and_says_so() {
        for (accept, said) in [
            (accept("HDR-HSTS", "2026-02-28"), "ended on 2026-02-28: what it covered counts again"),
            (accept("HDR-HSTS", "2027-03-02"), "is too far ahead: 365 days"),
            (
                AcceptPlan { max_severity: Some(Severity::Low), ..accept("HDR-HSTS", "2026-06-01") },
                "is for low at most",
            ),
            (
                AcceptPlan { subject: Some("x-frame-options".into()), ..accept("HDR-HSTS", "2026-06-01") },
                "covers nothing that was found",
            ),
        ] {
            let mut record = two_places();
            let warnings = applied(vec![accept], &mut record);
            assert!(warnings.len() == 1 && warnings[0].contains(said), "{warnings:?}");
            assert!(of(&record, "HDR-HSTS", "prod").is_finding(), "{said}");
        }
    }

    #[test]
    fn the_last_day_counts_and_the_last_days_are_said() {
        let mut record = two_places();
        let warnings = applied(vec![accept("HDR-HSTS", "2026-03-01")], &mut record);
        assert!(of(&record, "HDR-HSTS", "prod").accepted);
        assert!(warnings[0].ends_with("ends on 2026-03-01, in 0 days"), "{warnings:?}");
    }

    #[test]
    fn what_nobody_looked_at_is_not_stale() {
        let mut record = fixture::two_stacks();
        assert!(applied(vec![accept("CSRF-REQUIRED", "2026-06-01")], &mut record).is_empty());
        assert_eq!(record.accepted[0].standing, Standing::NotAsked);
    }

    #[test]
    fn places_beyond_those_kept_are_accepted_only_with_all() {
        let mut record = two_places();
        let at = record.audit.iter().position(|o| o.check == "HDR-HSTS" && o.stack == "prod").unwrap();
        let place = record.audit[at].places[0].clone();
        record.audit[at].places = vec![place; crate::record::MOST_PLACES];
        let mut narrow = record.clone();
        let on_notes = AcceptPlan { route: Some("notes".into()), ..accept("HDR-HSTS", "2026-06-01") };
        applied(vec![on_notes], &mut narrow);
        assert!(narrow.audit[at].is_finding());
        applied(vec![accept("HDR-HSTS", "2026-06-01")], &mut record);
        assert!(!record.audit[at].is_finding());
    }

    #[test]
    fn a_check_that_is_not_in_the_lock_is_said() {
        let mut record = fixture::two_stacks();
        let lock = Lock::parse("HDR-HSTS 1\nNO-SUCH 1\nCSP-MISSING 2").unwrap();
        let warnings = Policy { lock: Some(lock), ..Policy::default() }.apply(&mut record);
        assert!(!of(&record, "HDR-HSTS", "prod").unlocked && of(&record, "CSP-MISSING", "dev").unlocked);
        assert!(warnings[0].contains("no gate heeds CSP-MISSING, CK-SECURE"), "{warnings:?}");
        assert!(warnings[1].contains("no more: CSP-MISSING, NO-SUCH"), "{warnings:?}");
    }
}
