//! Which verdicts a doubt takes back.

use super::Verdict;
use crate::compare::{Cause, Doubt, Metric, Weight, doubts_of_one};
use crate::expression::{Bound, Op};
use crate::record::StackRecord;

/// A comparison that is in doubt decides nothing.
pub(super) fn in_doubt(found: &[Doubt], routes: &[Option<&str>], metric: Metric) -> Result<(), String> {
    match gravest(found.iter().filter(|doubt| concerns(doubt, routes, metric))) {
        None => Ok(()),
        Some(doubt) => Err(format!("the comparison is {}: {}", doubt.weight.name(), doubt.reason)),
    }
}

/// Why a verdict on one stack's own number is none: its run is invalid, or errors made it look better than it was.
pub(super) fn taken_back(
    stack: &StackRecord,
    route: Option<&str>,
    bound: Bound,
    verdict: Verdict,
) -> Option<String> {
    let found = doubts_of_one(stack);
    let takes = |doubt: &&Doubt| {
        concerns(doubt, &[route], bound.metric)
            && match (doubt.weight, doubt.cause) {
                (Weight::Invalid, _) => true,
                // The figures stand, and a limit has its margin.
                (Weight::Weak, Cause::Conditions) => false,
                (Weight::Weak, Cause::Failures) => flattered(bound, verdict),
            }
    };
    let doubt = gravest(found.iter().filter(takes))?;
    Some(format!("the run is {}: {}", doubt.weight.name(), doubt.reason))
}

/// Failures that are counted by themselves are no reason to doubt their count.
fn concerns(doubt: &Doubt, routes: &[Option<&str>], metric: Metric) -> bool {
    let counts = doubt.cause == Cause::Failures && metric == Metric::Errors;
    !counts && (doubt.route.is_none() || routes.contains(&doubt.route.as_deref()))
}

/// Whether requests that fail quickly can have brought a verdict about: they make a stack look quick and cheap, so what
/// is too slow all the same is too slow. Throughput has only good answers.
fn flattered(bound: Bound, verdict: Verdict) -> bool {
    let small = matches!(bound.op, Op::Less | Op::AtMost) == (verdict == Verdict::Pass);
    small && bound.metric != Metric::Throughput
}

fn gravest<'d>(found: impl Iterator<Item = &'d Doubt>) -> Option<&'d Doubt> {
    found.max_by_key(|doubt| doubt.weight)
}

#[cfg(test)]
mod tests {
    use super::super::evaluate;
    use super::*;
    use crate::record::{GateText, Record};
    use crate::report::fixture::{self, spoilt};

    type Spoil = fn(&mut Record);

    fn judged(spoil: Spoil, text: &str) -> (Verdict, String) {
        let mut record = fixture::duet();
        spoil(&mut record);
        record.gates = vec![GateText { text: text.into(), line: 3 }];
        let outcome = evaluate(&record).remove(0);
        (outcome.verdict, outcome.reason)
    }

    #[test]
    fn a_number_of_an_invalid_run_is_neither_pass_nor_failure() {
        let invalid: [(Spoil, &str); 3] = [
            (|record| spoilt::stolen(record, 0.4), "the run is invalid: other guests of the host took 40%"),
            (spoilt::tokens_ended, "the run is invalid: tokens ended midway: prod refused"),
            (spoilt::not_renewed, "the run is invalid: prod would not renew tokens"),
        ];
        for (spoil, why) in invalid {
            for text in ["prod: p50 < 1s", "prod: p50 < 1us", "prod/notes: p99 < 250ms", "prod: rss < 1GiB"] {
                let (verdict, reason) = judged(spoil, text);
                assert_eq!(verdict, Verdict::Unknown, "{text}: {reason}");
                assert!(reason.contains(why), "{text}: {reason}");
            }
            assert_eq!(judged(spoil, "dev: p50 < 1s").0, Verdict::Pass, "the other stack's: {why}");
        }
        let (_, reason) = judged(spoilt::tokens_ended, "prod: rss < 1GiB");
        assert!(reason.starts_with("rss was 162 MiB, but the run is invalid"), "{reason}");
        // Refusals are what a gate on errors counts; what a host took may have caused some.
        assert_eq!(judged(spoilt::tokens_ended, "prod: errors < 1%").0, Verdict::Pass);
        assert_eq!(judged(invalid[0].0, "prod: errors < 1%").0, Verdict::Unknown);
    }

    #[test]
    fn a_weak_doubt_leaves_a_limit_its_margin() {
        let busy: Spoil = |record| {
            for block in &mut record.stacks[1].blocks[..8] {
                block.generator.saturated = true;
            }
            spoilt::stolen(record, 0.12);
        };
        assert_eq!(judged(busy, "prod: p50 < 1s").0, Verdict::Pass);
        assert_eq!(judged(busy, "prod vs dev: p50 < 0.8x").0, Verdict::Unknown);
    }

    #[test]
    fn fast_errors_take_back_what_they_flatter() {
        for (text, expected) in [
            ("dev: p99 < 250ms", Verdict::Unknown),
            ("dev: cpu/1k < 60s", Verdict::Unknown),
            ("dev: p99 < 1ms", Verdict::Fail),
            ("dev: throughput > 1/s", Verdict::Pass),
            ("dev: errors < 1%", Verdict::Fail),
            ("dev: errors < 50%", Verdict::Pass),
            ("dev vs prod: errors > 0.5x", Verdict::Pass),
            ("prod: p99 < 250ms", Verdict::Pass),
        ] {
            let (verdict, reason) = judged(spoilt::fast_errors, text);
            assert_eq!(verdict, expected, "{text}: {reason}");
        }
        let (_, reason) = judged(spoilt::fast_errors, "dev: cpu/1k < 60s");
        let said = "cpu/1k was 3.83 s, but the run is weak: 10% of the requests to dev failed, in ";
        assert!(reason.starts_with(said), "{reason}");
        // On one route they are that route's alone.
        assert_eq!(judged(|_| (), "dev/note-create: p50 < 1s").0, Verdict::Unknown);
        assert_eq!(judged(|_| (), "dev/notes: p50 < 1s").0, Verdict::Pass);
    }
}
