//! A search's answer in words. No number is claimed that the probes did not confirm.

use crate::compare::quantity::rate;
use crate::record::{CapacityRecord, Ending, ProbeRecord, ProbeVerdict};

/// The answer as a clause: `between 490/s and 512/s`, `at least 5,000/s, …`.
pub fn answer(capacity: &CapacityRecord) -> String {
    match (capacity.lower, capacity.upper, capacity.ending) {
        (Some(lower), Some(upper), Ending::Found) => {
            format!("between {}/s and {}/s", rate(lower), rate(upper))
        }
        (Some(lower), _, Ending::AboveRange) => {
            format!("at least {}/s, the highest rate that was allowed", rate(lower))
        }
        (_, Some(upper), Ending::BelowRange) => {
            format!("below {}/s, the lowest rate that was allowed", rate(upper))
        }
        (Some(lower), _, Ending::GeneratorLimit) => {
            format!("at least {}/s: above it the generator was the limit, not the stack", rate(lower))
        }
        (lower, upper, ending) => {
            let why = why(ending);
            match (lower, upper) {
                (Some(lower), Some(upper)) => {
                    format!("between {}/s and {}/s and no nearer: {why}", rate(lower), rate(upper))
                }
                (Some(lower), None) => format!("at least {}/s and no nearer: {why}", rate(lower)),
                (None, Some(upper)) => format!("below {}/s and no nearer: {why}", rate(upper)),
                (None, None) => format!("not found: {why}"),
            }
        }
    }
}

/// The answer in a table's cell: `490–512/s`, `≥ 5,000/s`, `< 50.0/s`, `–`.
pub fn interval(capacity: &CapacityRecord) -> String {
    match (capacity.lower, capacity.upper) {
        (Some(lower), Some(upper)) => format!("{}–{}/s", rate(lower), rate(upper)),
        (Some(lower), None) => format!("≥ {}/s", rate(lower)),
        (None, Some(upper)) => format!("< {}/s", rate(upper)),
        (None, None) => "–".to_owned(),
    }
}

/// Why the answer is less than was asked for; `None` where it is whole.
pub fn doubt(capacity: &CapacityRecord) -> Option<String> {
    match capacity.ending {
        Ending::Found | Ending::AboveRange | Ending::BelowRange => None,
        ending => Some(why(ending).to_owned()),
    }
}

/// What stopped it at the upper end, in the words of a probe there: `p99 2.10 s`.
pub fn limit(capacity: &CapacityRecord) -> Option<&ProbeRecord> {
    let upper = capacity.upper?;
    capacity.probes.iter().rfind(|probe| probe.level == upper && probe.verdict == ProbeVerdict::Fail)
}

/// What a reader must know before trusting the answer.
pub fn warnings(capacity: &CapacityRecord) -> Vec<String> {
    let of = |verdict: ProbeVerdict| capacity.probes.iter().filter(move |probe| probe.verdict == verdict);
    let limited = of(ProbeVerdict::GeneratorLimit).count();
    let above = capacity.upper.and_then(|upper| {
        of(ProbeVerdict::Pass).map(|probe| probe.level).filter(|level| *level > upper).max_by(f64::total_cmp)
    });
    let unsteady = above.map(|level| {
        format!(
            "a probe at {}/s held although the answer lies below: the stack, or this machine, was not steady",
            rate(level)
        )
    });
    let limited = (limited > 0).then(|| {
        format!(
            "{limited} of {} probes say nothing: the generator was the limit in them",
            capacity.probes.len()
        )
    });
    unsteady.into_iter().chain(limited).collect()
}

fn why(ending: Ending) -> &'static str {
    match ending {
        Ending::GeneratorLimit => "the generator was the limit, not the stack",
        Ending::Undecided => "a probe had too few answers to be judged; measure longer or begin higher",
        Ending::ProbesUsedUp => "the probes contradicted each other; measure longer",
        Ending::TimeUp => "the time for the search was up",
        Ending::Interrupted => "the search was interrupted",
        Ending::Found | Ending::AboveRange | Ending::BelowRange => "the ends are not confirmed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn capacity(lower: Option<f64>, upper: Option<f64>, ending: Ending) -> CapacityRecord {
        CapacityRecord {
            objective: vec!["p99 < 200ms".into()],
            from: 50.0,
            to: 5_000.0,
            precision: 0.05,
            needed: 2,
            lower,
            upper,
            ending,
            probes: Vec::new(),
        }
    }

    #[test]
    fn what_speaks_against_the_answer_is_said() {
        let mut record = fixture::searched().stacks[1].capacity.clone().unwrap();
        assert_eq!(warnings(&record), [""; 0]);
        record.probes[2].verdict = ProbeVerdict::Pass;
        record.probes[3].verdict = ProbeVerdict::GeneratorLimit;
        let said = warnings(&record);
        assert!(said[0].starts_with("a probe at 819/s held although the answer lies below"), "{said:?}");
        assert!(said[1].starts_with("1 of 7 probes say nothing"), "{said:?}");
    }

    #[test]
    fn the_answer_claims_what_was_confirmed() {
        for (lower, upper, ending, words, cell) in [
            (Some(490.0), Some(512.0), Ending::Found, "between 490/s and 512/s", "490–512/s"),
            (
                Some(5e3),
                None,
                Ending::AboveRange,
                "at least 5,000/s, the highest rate that was allowed",
                "≥ 5,000/s",
            ),
            (
                None,
                Some(50.0),
                Ending::BelowRange,
                "below 50.0/s, the lowest rate that was allowed",
                "< 50.0/s",
            ),
            (
                Some(400.0),
                None,
                Ending::GeneratorLimit,
                "at least 400/s: above it the generator was the limit, not the stack",
                "≥ 400/s",
            ),
            (None, None, Ending::TimeUp, "not found: the time for the search was up", "–"),
            (
                Some(400.0),
                Some(800.0),
                Ending::TimeUp,
                "between 400/s and 800/s and no nearer: the time for the search was up",
                "400–800/s",
            ),
        ] {
            let capacity = capacity(lower, upper, ending);
            assert_eq!((answer(&capacity).as_str(), interval(&capacity).as_str()), (words, cell));
            let whole = matches!(ending, Ending::Found | Ending::AboveRange | Ending::BelowRange);
            assert_eq!(doubt(&capacity).is_none(), whole);
        }
    }
}
