//! Runs that were recorded apart: one stack in several of them beside each other.

use super::doubt::{Weight, doubt};
use super::{Comparison, apart, other_load, other_shares};
use crate::record::past::Load;
use crate::record::{Machine, Record};

/// One stack in several runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Runs {
    /// The stack's name in the first run.
    pub stack: String,
    /// The first run's record with one stack a run, each named after its run; what differs between the runs beside the
    /// stack itself stands in its warnings.
    pub record: Record,
    /// Every later run against the first.
    pub comparisons: Vec<Comparison>,
}

/// Puts the stacks of one name beside each other; of runs that have one stack each, those whatever they are called. Runs
/// come with the names they are shown by. Empty where no stack is in all of them.
pub fn runs(records: &[(String, Record)]) -> Vec<Runs> {
    let Some(((_, first), later)) = records.split_first() else { return Vec::new() };
    let alone = records.iter().all(|(_, record)| record.stacks.len() == 1);
    let in_all = |name: &str| later.iter().all(|(_, record)| record.stacks.iter().any(|s| s.name == name));
    let names = first.stacks.iter().map(|stack| stack.name.as_str());
    names.filter(|name| alone || in_all(name)).map(|name| beside(records, first, name, alone)).collect()
}

fn beside(records: &[(String, Record)], first: &Record, name: &str, alone: bool) -> Runs {
    let mut record = Record { stacks: Vec::new(), gates: Vec::new(), ..first.clone() };
    record.audit.clear();
    record.left_out.clear();
    record.partial = None;
    record.ended_early = None;
    record.title = format!("{name} in {} runs", records.len());
    record.warnings = differences(records);
    for (run, other) in records {
        let stack = other.stacks.iter().find(|stack| alone || stack.name == name);
        if let Some(mut stack) = stack.cloned() {
            stack.name.clone_from(run);
            record.stacks.push(stack);
        }
    }
    let mut comparisons = Vec::new();
    if let Some((base, others)) = record.stacks.split_first() {
        for (stack, (_, other)) in others.iter().zip(&records[1..]) {
            let mut comparison = apart(base, stack, first.judging.margin);
            let machine = other_machine(&first.machine, &other.machine);
            for reason in machine.into_iter().chain(another_load(first, other)) {
                comparison.doubts.push(doubt(Weight::Weak, reason));
            }
            comparisons.push(comparison);
        }
    }
    Runs { stack: name.to_owned(), record, comparisons }
}

/// What a reader must know of the later runs beside the first.
fn differences(records: &[(String, Record)]) -> Vec<String> {
    let Some(((_, first), later)) = records.split_first() else { return Vec::new() };
    let mut found = Vec::new();
    for (run, record) in later {
        found.extend(other_machine(&first.machine, &record.machine).map(|reason| format!("{run}: {reason}")));
        if record.load.summary != first.load.summary {
            found.push(format!("{run} had another load: {}", record.load.summary));
        }
        let shares = other_shares(Load::from(&first.load), Load::from(&record.load));
        found.extend(shares.map(|shares| format!("{run} had another load: {shares}")));
        if record.scenario.text != first.scenario.text {
            found.push(format!("{run} ran another version of the scenario"));
        }
        if let Some(partial) = &record.partial {
            found.push(format!("{run} is partial: {partial}"));
        }
    }
    found
}

/// How two loads differ by more than their length.
fn another_load(first: &Record, second: &Record) -> Option<String> {
    let how = other_load(Load::from(&first.load), Load::from(&second.load))?;
    Some(format!("another load ({how})"))
}

/// How two machines differ; `None` for the same one, as far as the system tells.
pub fn other_machine(first: &Machine, second: &Machine) -> Option<String> {
    let of = |machine: &Machine| {
        let memory = super::quantity::bytes(machine.memory_bytes as f64);
        format!("{}, {} cores, {memory}, {}", machine.cpu, machine.cores, machine.os)
    };
    (!first.is(second)).then(|| format!("another machine ({} instead of {})", of(second), of(first)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{ALL_ROUTES, Basis, Metric};
    use crate::report::fixture;

    fn two(change: impl Fn(&mut Record)) -> Vec<(String, Record)> {
        let mut later = fixture::duet();
        change(&mut later);
        vec![("before".into(), fixture::duet()), ("after".into(), later)]
    }

    #[test]
    fn a_stack_stands_beside_itself() {
        let found = runs(&two(|_| ()));
        assert_eq!(found.len(), 2, "dev and prod");
        let Runs { record, comparisons, .. } = &found[1];
        let names: Vec<&str> = record.stacks.iter().map(|stack| stack.name.as_str()).collect();
        assert_eq!((record.title.as_str(), names), ("prod in 2 runs", vec!["before", "after"]));
        let row = comparisons[0].row(ALL_ROUTES, Metric::P50).unwrap();
        assert_eq!((row.ratio, comparisons[0].basis), (Some(1.0), Basis::Apart(20)));
        let interval = row.interval().unwrap();
        assert!(interval.low < 0.99 && interval.high > 1.01, "no pair takes out what swings: {interval:?}");
        assert!(record.warnings.is_empty() && comparisons[0].doubts.is_empty(), "{:?}", record.warnings);
    }

    #[test]
    fn another_machine_or_load_is_said() {
        let found = runs(&two(|record| {
            record.machine.cores = 64;
            record.load.summary = "closed".into();
        }));
        let Runs { record, comparisons, .. } = &found[0];
        assert!(record.warnings[0].contains("64 cores") && record.warnings[1].contains("another load"));
        let doubted = |words: &str| comparisons[0].doubts.iter().any(|doubt| doubt.reason.contains(words));
        assert!(doubted("another machine") && doubted("another load (closed instead of open model"));
        let skewed = |record: &mut Record| _ = record.load.shares.insert("notes".into(), 0.5);
        let Runs { record, comparisons, .. } = &runs(&two(skewed))[1];
        let said = "notes gets 50% of the requests instead of 22.5%";
        assert_eq!(record.warnings, [format!("after had another load: {said}")]);
        assert_eq!(comparisons[0].doubts[0].reason, format!("another load ({said})"));
        let longer = |record: &mut Record| {
            record.load.summary =
                record.load.summary.replace("20 s after 3 s of warm-up", "60 s after 3 s of warm-up");
        };
        let Runs { record, comparisons, .. } = &runs(&two(longer))[1];
        assert!(record.warnings[0].contains("after had another load") && comparisons[0].doubts.is_empty());
    }

    #[test]
    fn names_count_only_where_there_is_a_choice() {
        let with = |name: &str| {
            let mut record = fixture::one_stack();
            record.stacks[0].name = name.into();
            record
        };
        let found = runs(&[("a".into(), with("prod")), ("b".into(), with("staging"))]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].comparisons[0].basis, Basis::Nothing);
        assert!(runs(&[("a".into(), with("elsewhere")), ("b".into(), fixture::two_stacks())]).is_empty());
    }
}
