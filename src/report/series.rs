//! What a series of loads says, worked out once for every format: a search's answer and its knee, a sweep's law.

use super::foreign;
use crate::capacity::{self, Knee, NoFit, Scalability};
use crate::compare::quantity;
use crate::expression::{Metric, objective};
use crate::record::{CapacityRecord, ProbeRecord, ProbeVerdict, Record, StackRecord, SweepRecord};

/// The searches of a record: its stacks (with their position) that have one.
pub fn searches(record: &Record) -> impl Iterator<Item = (usize, &StackRecord, &CapacityRecord)> {
    record.stacks.iter().enumerate().filter_map(|(at, stack)| Some((at, stack, stack.capacity.as_ref()?)))
}

/// The sweeps of a record.
pub fn sweeps(record: &Record) -> impl Iterator<Item = (usize, &StackRecord, &SweepRecord)> {
    record.stacks.iter().enumerate().filter_map(|(at, stack)| Some((at, stack, stack.sweep.as_ref()?)))
}

/// The law over a sweep's levels, those left out where the generator was the limit.
pub fn law(sweep: &SweepRecord) -> Result<Scalability, NoFit> {
    let usable = sweep.probes.iter().filter(|probe| probe.verdict != ProbeVerdict::GeneratorLimit);
    capacity::fit(&usable.map(|probe| (probe.level, probe.reached_rps)).collect::<Vec<_>>())
}

/// The objective as a clause.
pub fn goal(capacity: &CapacityRecord) -> String {
    foreign::line(&capacity.objective.join(" and "), 160)
}

/// The objective's limit on the response time of all routes that a chart can show: its metric and milliseconds.
pub fn latency_limit(capacity: &CapacityRecord) -> Option<(Metric, f64)> {
    let lines = capacity.objective.iter().filter_map(|text| objective(text, &[], &[]).ok());
    lines
        .filter(|line| line.route.is_none() && line.metric().quantile().is_some())
        .map(|line| (line.metric(), line.limit()))
        .next_back()
}

/// A probe's value of a latency metric.
pub fn of(metric: Metric, probe: &ProbeRecord) -> Option<f64> {
    match metric {
        Metric::P50 => probe.p50_ms,
        Metric::P90 => probe.p90_ms,
        Metric::P95 => probe.p95_ms,
        Metric::P99 => probe.p99_ms,
        Metric::P999 => probe.p999_ms,
        Metric::Mean => probe.mean_ms,
        Metric::Max => probe.max_ms,
        _ => None,
    }
}

/// The search in sentences: the answer and what stopped it.
pub fn story(stack: &StackRecord, capacity: &CapacityRecord) -> String {
    let (name, goal, answer) = (foreign::line(&stack.name, 40), goal(capacity), capacity::answer(capacity));
    let mut text = match capacity.lower {
        Some(_) => format!("{name} keeps {goal} at a rate of {answer}."),
        None => format!("On {name} the highest rate that keeps {goal} is {answer}."),
    };
    if let Some(probe) = capacity::limit(capacity) {
        text.push_str(&format!(
            " At {}/s it did not: {}.",
            quantity::rate(probe.level),
            foreign::line(&probe.reason, 160)
        ));
    }
    text
}

/// The knee in a sentence.
pub fn knee(capacity: &CapacityRecord) -> String {
    match capacity::knee(&capacity.probes) {
        None => "The knee is not known: too few rates have a median.".to_owned(),
        Some(Knee { before, behind: Some(behind), light_ms, heavy_ms: Some(heavy_ms) }) => format!(
            "The knee lies between {}/s and {}/s: there the median response time leaves the {} of a light load ({}).",
            quantity::rate(before),
            quantity::rate(behind),
            quantity::latency(light_ms),
            quantity::latency(heavy_ms)
        ),
        Some(Knee { before, light_ms, .. }) => format!(
            "There is no knee up to {}/s: the median response time stays below twice the {} of a light load.",
            quantity::rate(before),
            quantity::latency(light_ms)
        ),
    }
}

/// The sweep in a sentence: the level with the most good answers.
pub fn best(stack: &StackRecord, sweep: &SweepRecord) -> String {
    let name = foreign::line(&stack.name, 40);
    match sweep.probes.iter().max_by(|a, b| a.reached_rps.total_cmp(&b.reached_rps)) {
        Some(most) => format!(
            "{name} gave the most good answers, {}/s, to {}.",
            quantity::rate(most.reached_rps),
            if most.level == 1.0 { "1 user".to_owned() } else { format!("{} users", most.level) }
        ),
        None => format!("{name} was not loaded."),
    }
}

/// The law of a sweep and its peak in sentences, or why there is none.
pub fn growth(sweep: &SweepRecord) -> String {
    let found = match law(sweep) {
        Ok(found) => found,
        Err(error) => return format!("No law was fitted: {error}."),
    };
    let estimate = |name: &str, of: capacity::Estimate| {
        format!("{name} {} ({} to {})", number(of.value), number(of.low), number(of.high))
    };
    let fit = found.r_squared.map_or(String::new(), |r| format!(", R² {r:.3}"));
    let mut text = format!(
        "Universal Scalability Law: {}, {}, {}, each with its 95 % interval{fit}.",
        estimate("one user gets λ", found.lambda),
        estimate("contention σ", found.sigma),
        estimate("coherency κ", found.kappa),
    );
    match (found.peak, found.fit.ceiling()) {
        (Some((users, rate)), _) => {
            let guess =
                if found.extrapolated { ", which is beyond what was tried and so a guess" } else { "" };
            text.push_str(&format!(" Its peak is {}/s with {users:.0} users{guess}.", quantity::rate(rate)));
        }
        (None, Some(ceiling)) => {
            text.push_str(&format!(" It has no peak; throughput nears {}/s.", quantity::rate(ceiling)));
        }
        (None, None) => text.push_str(" It has no peak: throughput grew with the users."),
    }
    text
}

/// A parameter of the law: three significant digits, however small.
pub fn number(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value.abs() < 0.01 {
        format!("{value:.2e}")
    } else {
        quantity::rate(value)
    }
}

/// How the second stack's capacity stands to the first's. The first's must be known at both ends; of the second a lower
/// end says "at least".
pub fn beside(record: &Record) -> Option<String> {
    let mut all = searches(record);
    let ((_, first, base), (_, second, other)) = (all.next()?, all.next()?);
    let (base, _) = base.lower.zip(base.upper)?;
    let least = if other.upper.is_some() { "" } else { "at least " };
    let ratio = quantity::ratio(other.lower? / base);
    Some(format!(
        "{} carries {least}{ratio} the load of {}.",
        foreign::line(&second.name, 40),
        foreign::line(&first.name, 40)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Ending;
    use crate::report::fixture;

    #[test]
    fn a_search_in_sentences() {
        let record = fixture::searched();
        let (_, stack, capacity) = searches(&record).nth(1).unwrap();
        let text = story(stack, capacity);
        let start = "prod keeps p99 < 200ms and errors < 0.1% at a rate of between 490/s and 512/s. At 512/s it did not: \
                     p99 1400 ms, errors 0%.";
        assert_eq!(text, start);
        assert!(knee(capacity).starts_with("The knee lies between 50.0/s and 392/s"), "{}", knee(capacity));
        assert_eq!(latency_limit(capacity), Some((Metric::P99, 200.0)));
        assert_eq!(beside(&record).unwrap(), "prod carries 4.08x the load of dev.");
    }

    #[test]
    fn an_answer_without_a_rate_reads_as_one() {
        let mut record = fixture::searched();
        let capacity = record.stacks[1].capacity.as_mut().unwrap();
        (capacity.lower, capacity.upper, capacity.ending) = (None, None, Ending::TimeUp);
        let (_, stack, capacity) = searches(&record).nth(1).unwrap();
        let text = "On prod the highest rate that keeps p99 < 200ms and errors < 0.1% is not found: the time for the \
                    search was up.";
        assert_eq!(story(stack, capacity), text);
    }

    #[test]
    fn half_an_interval_is_no_number() {
        let mut record = fixture::searched();
        let open = |record: &mut Record, at: usize| record.stacks[at].capacity.as_mut().unwrap().upper = None;
        open(&mut record, 1);
        assert_eq!(beside(&record).unwrap(), "prod carries at least 4.08x the load of dev.");
        assert_eq!(Metric::Capacity.of(&record.stacks[1], &record.stacks[1].total), None);
        open(&mut record, 0);
        assert_eq!(beside(&record), None, "at least so much against at least so much");
    }

    #[test]
    fn a_sweep_in_sentences() {
        let record = fixture::swept();
        let texts: Vec<String> =
            sweeps(&record).map(|(_, stack, sweep)| best(stack, sweep) + "\n" + &growth(sweep)).collect();
        insta::assert_snapshot!(texts.join("\n"));
        let few = SweepRecord { probes: record.stacks[1].sweep.as_ref().unwrap().probes[..4].to_vec() };
        assert!(growth(&few).contains("No law was fitted: not enough levels"));
        let mut limited = record.stacks[1].sweep.clone().unwrap();
        for probe in &mut limited.probes[3..] {
            probe.verdict = ProbeVerdict::GeneratorLimit;
        }
        assert!(law(&limited).is_err(), "levels at the generator's limit say nothing of the stack");
    }
}
