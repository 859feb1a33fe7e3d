//! Answers to what a reader asks first of a run, in a clause each: whether the stacks let anybody in, whether the generator was
//! the limit.

use super::{Document, foreign};
use crate::audit;
use crate::compare::quantity;
use crate::record::{CheckOutcome, Outcome, StackRecord};

/// Checks that are named.
const NAMED: usize = 3;

/// Whether a stack refuses whom it should.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Access {
    /// In a clause that follows the stack's name.
    pub text: String,
    /// Whether it let somebody in.
    pub open: bool,
}

impl Document<'_> {
    /// Whether a stack refused every stranger and bad token that the audit sent; `None` where no check asks.
    pub(super) fn access(&self, stack: &str) -> Option<Access> {
        let lets_in = |id: &str| audit::find(id).is_some_and(|check| check.lets_in);
        let asked = |o: &&CheckOutcome| o.stack == stack && lets_in(&o.check);
        let asked = || self.record.audit.iter().filter(asked);
        // A risk that somebody accepts is still a way in.
        let named = |outcome: Outcome| {
            let names: Vec<&str> =
                asked().filter(|o| o.outcome == outcome).map(|o| o.check.as_str()).collect();
            let shown =
                names.iter().take(NAMED).map(|name| foreign::line(name, 40)).collect::<Vec<_>>().join(", ");
            let more = names.len().saturating_sub(NAMED);
            if more > 0 { format!("{shown} and {more} more") } else { shown }
        };
        let (failed, warned) = (named(Outcome::Fail), named(Outcome::Warn));
        let count = |fits: fn(Outcome) -> bool| asked().filter(|o| fits(o.outcome)).count();
        let passed = count(|outcome| matches!(outcome, Outcome::Pass | Outcome::Info));
        let unknown = count(|outcome| matches!(outcome, Outcome::NotRun | Outcome::Inconclusive));
        let left = if unknown > 0 { format!(", {unknown} not judged") } else { String::new() };
        let basis = format!("({passed} {} passed{left})", if passed == 1 { "check" } else { "checks" });
        let text = match (failed.as_str(), warned.as_str(), passed) {
            ("", "", 0) if unknown == 0 => return None,
            ("", "", 0) => {
                format!("was not asked whether it refuses bad tokens and strangers ({unknown} not judged)")
            }
            ("", "", _) => format!("refused every bad token and stranger {basis}"),
            ("", small, _) => {
                format!("refused bad tokens and strangers, but for small things: {small} {basis}")
            }
            (failed, ..) => format!("took what it should refuse: {failed} {basis}"),
        };
        Some(Access { text, open: !failed.is_empty() })
    }

    /// Whether the generator was the limit, by its busiest load and its latest sends, in a sentence; `None` without a load.
    pub(super) fn generator(&self) -> Option<String> {
        let loaded = || self.record.stacks.iter().filter(|stack| stack.total.requests > 0);
        let limited: Vec<String> = loaded()
            .filter(|stack| stack.generator.saturated)
            .map(|stack| foreign::line(&stack.name, 40))
            .collect();
        if !limited.is_empty() {
            return Some(format!("The generator was the limit on {}.", limited.join(", ")));
        }
        let busiest = loaded().map(|stack| stack.generator.cpu_share).max_by(f64::total_cmp)?;
        // Only a schedule of arrivals can be missed.
        let open = self.has_arrivals();
        let lag = |stack: &StackRecord| stack.generator.schedule_lag.p99_ms.filter(|_| open);
        let late = loaded().filter_map(lag).max_by(f64::total_cmp);
        let late =
            late.map_or_else(String::new, |ms| format!(" and sent {} late at p99", quantity::latency(ms)));
        let share = quantity::percent((busiest * 1000.0).round() / 1000.0);
        Some(format!("The generator was not the limit: it used {share} of its processors{late}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Record, Severity};
    use crate::report::fixture;

    #[test]
    fn whether_a_bad_token_is_taken() {
        let mut record = fixture::two_stacks();
        let said = |record: &Record| Document::of(record).access("prod").map(|of| (of.text, of.open));
        assert_eq!(said(&record), None, "no check asks");
        let add = |record: &mut Record, check: &str, outcome: Outcome| {
            record.audit.push(fixture::outcome(check, "prod", outcome, Severity::Critical, "x"));
            said(record).unwrap()
        };
        let open = |text: &str| (text.to_owned(), true);
        let shut = |text: &str| (text.to_owned(), false);
        assert_eq!(
            add(&mut record, "JWT-NBF", Outcome::NotRun),
            shut("was not asked whether it refuses bad tokens and strangers (1 not judged)")
        );
        assert_eq!(
            add(&mut record, "JWT-EXP", Outcome::Pass),
            shut("refused every bad token and stranger (1 check passed, 1 not judged)")
        );
        assert_eq!(
            add(&mut record, "JWT-LOGOUT", Outcome::Warn),
            shut(
                "refused bad tokens and strangers, but for small things: JWT-LOGOUT (1 check passed, 1 not judged)"
            )
        );
        assert_eq!(
            add(&mut record, "JWT-ALG-NONE", Outcome::Fail),
            open("took what it should refuse: JWT-ALG-NONE (1 check passed, 1 not judged)")
        );
        record.audit.last_mut().unwrap().accepted = true;
        assert!(said(&record).unwrap().1, "also where somebody accepts it");
    }

    #[test]
    fn whether_the_generator_was_the_limit() {
        let mut record = fixture::two_stacks();
        let said = Document::of(&record).generator().unwrap();
        assert!(
            said.starts_with("The generator was not the limit: it used ") && said.contains("late at p99"),
            "{said}"
        );
        record.stacks[1].generator.saturated = true;
        assert_eq!(Document::of(&record).generator().unwrap(), "The generator was the limit on prod.");
        record.stacks.clear();
        assert_eq!(Document::of(&record).generator(), None);
    }
}
