//! The run in one sentence or two, and whether it can be trusted.

use super::{Document, finding, foreign, series};
use crate::capacity;
use crate::compare::{ALL_ROUTES, Comparison, Metric, quantity};
use crate::gate::Verdict;
use crate::record::StackRecord;

impl Document<'_> {
    /// The whole run's verdict: `Unknown` beats `Pass`, `Fail` beats both. Without gates a whole run passes.
    pub fn status(&self) -> Verdict {
        if self.failed() {
            Verdict::Fail
        } else if self.doubts().is_empty() && self.gates.iter().all(|gate| gate.verdict == Verdict::Pass) {
            Verdict::Pass
        } else {
            Verdict::Unknown
        }
    }

    /// Whether there was a load to measure.
    pub fn has_load(&self) -> bool {
        self.record.load.model != "none"
    }

    /// Whether each stack got several loads, so that its figures are those of a load of its own.
    pub fn is_series(&self) -> bool {
        matches!(self.record.load.model.as_str(), "search" | "sweep")
    }

    /// What a reader must know of the stacks' figures beside each other.
    pub(super) fn basis(&self) -> &'static str {
        match self.record.load.model.as_str() {
            "search" => "all routes together, each stack at the highest rate that it kept",
            "sweep" => "all routes together, each stack with the users that gave the most good answers",
            _ => "all routes together",
        }
    }

    /// Why the run can't be trusted whole: it is partial, a stack failed, the generator was the limit.
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        if let Some(partial) = &self.record.partial {
            doubts.push(format!("The record is partial: {}.", sentence(partial)));
        }
        for stack in &self.record.stacks {
            let name = foreign::line(&stack.name, 40);
            if let Some(failure) = &stack.failure {
                doubts.push(format!("{name} was not measured to the end: {}.", sentence(failure)));
            }
            if stack.generator.saturated {
                doubts.push(format!("On {name} the generator was the limit, not the stack."));
            }
            if let Some(doubt) = stack.capacity.as_ref().and_then(capacity::doubt) {
                doubts.push(format!("The search on {name} has no whole answer: {doubt}."));
            }
        }
        doubts
    }

    /// What the run says, in a few plain sentences: doubts, speed, gates, audit.
    pub fn verdict(&self) -> String {
        let mut parts = self.doubts();
        parts.extend(self.record.stacks.iter().filter_map(fruitless));
        if self.is_series() {
            parts.extend(
                series::searches(self.record).map(|(_, stack, capacity)| series::story(stack, capacity)),
            );
            parts.extend(series::beside(self.record));
            parts.extend(series::sweeps(self.record).map(|(_, stack, sweep)| series::best(stack, sweep)));
        } else if self.comparisons.is_empty() {
            parts.extend(self.record.stacks.iter().filter_map(alone));
        } else {
            parts.extend(self.comparisons.iter().filter_map(beside));
        }
        parts.extend(self.gates_sentence());
        parts.extend(self.audit_sentence());
        if parts.is_empty() { "Nothing was measured.".to_owned() } else { parts.join(" ") }
    }

    fn gates_sentence(&self) -> Option<String> {
        let all = self.gates.len();
        let of = |verdict| self.gates.iter().filter(|gate| gate.verdict == verdict).count();
        let (failed, unknown) = (of(Verdict::Fail), of(Verdict::Unknown));
        Some(match (all, failed, unknown) {
            (0, ..) => return None,
            (1, 0, 0) => "The gate passes.".to_owned(),
            (1, 0, _) => "The gate can't be judged.".to_owned(),
            (1, ..) => "The gate failed.".to_owned(),
            (_, 0, 0) => format!("All {all} gates pass."),
            (_, 0, unknown) => format!("{unknown} of {all} gates can't be judged."),
            (_, failed, 0) => format!("{failed} of {all} gates failed."),
            (_, failed, unknown) => format!("{failed} of {all} gates failed, {unknown} can't be judged."),
        })
    }

    fn audit_sentence(&self) -> Option<String> {
        let stacks = finding::stacks(self.record);
        if stacks.is_empty() {
            return None;
        }
        let parts: Vec<String> = stacks
            .iter()
            .map(|stack| {
                let found = finding::tally(self.record, stack).unwrap_or_else(|| "nothing".to_owned());
                format!("{found} on {}", foreign::line(stack, 40))
            })
            .collect();
        Some(format!("The audit found {}.", parts.join("; ")))
    }
}

fn sentence(text: &str) -> String {
    foreign::line(quantity::first_line(text), 160).trim_end_matches('.').to_owned()
}

fn alone(stack: &StackRecord) -> Option<String> {
    let median = Metric::P50.of(stack, &stack.total)?;
    let tail = [Metric::P99, Metric::P95, Metric::P90]
        .into_iter()
        .find_map(|metric| {
            Some(format!(", {} {}", metric.name(), metric.show(metric.of(stack, &stack.total)?)))
        })
        .unwrap_or_default();
    let errors = Metric::Errors.of(stack, &stack.total).map(quantity::percent).unwrap_or_default();
    Some(format!(
        "{} answered {} requests at {}/s: median {}{tail}, {errors} errors.",
        foreign::line(&stack.name, 40),
        quantity::count(stack.total.requests),
        quantity::rate(stack.total.throughput_rps),
        quantity::latency(median),
    ))
}

fn beside(comparison: &Comparison) -> Option<String> {
    let row = comparison.row(ALL_ROUTES, Metric::P50)?;
    let (a, b, ratio) = (row.first?, row.second?, row.ratio?);
    let (first, second) = (foreign::line(&comparison.first, 40), foreign::line(&comparison.second, 40));
    let numbers = format!("median {} against {}", quantity::latency(b), quantity::latency(a));
    let mut text = match row.improved() {
        None => format!("{second} is as fast as {first} ({numbers})"),
        Some(true) => format!("{second} is {} faster than {first} ({numbers})", quantity::ratio(1.0 / ratio)),
        Some(false) => format!("{second} is {} slower than {first} ({numbers})", quantity::ratio(ratio)),
    };
    let errors = comparison.row(ALL_ROUTES, Metric::Errors).and_then(|row| Some((row.first?, row.second?)));
    if let Some((before, after)) = errors.filter(|(before, after)| *before > 0.0 || *after > 0.0) {
        text.push_str(&format!(
            "; errors {} against {}",
            quantity::percent(after),
            quantity::percent(before)
        ));
    }
    let cost = comparison.row(ALL_ROUTES, Metric::CpuPer1k).and_then(|row| row.ratio);
    if let Some(cost) = cost {
        text.push_str(&format!("; {} the CPU for each request", quantity::ratio(cost)));
    }
    Some(text + ".")
}

/// A stack that answered nothing as it should: its latency is absent, and that needs a word.
fn fruitless(stack: &StackRecord) -> Option<String> {
    let none = stack.total.requests > 0 && stack.total.response.count == 0;
    let name = foreign::line(&stack.name, 40);
    none.then(|| format!("None of {} requests to {name} got a good answer.", stack.total.requests))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn says_speed_gates_and_audit() {
        let record = fixture::two_stacks();
        let text = Document::of(&record).verdict();
        assert!(text.starts_with("prod is 4."), "{text}");
        for part in
            ["faster than dev", "errors 0% against", "gates failed", "1 high, 1 low on dev; 1 medium on prod"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn doubts_come_first() {
        let record = fixture::partial();
        let document = Document::of(&record);
        assert!(document.verdict().starts_with("The record is partial: interrupted while loading `prod`."));
        let record = fixture::failed_stack();
        let document = Document::of(&record);
        assert!(
            document
                .verdict()
                .starts_with("prod was not measured to the end: stack `prod` did not become ready")
        );
        assert_eq!(document.doubts().len(), 1);
    }

    #[test]
    fn one_doubt_is_no_pass() {
        let mut record = fixture::two_stacks();
        record.gates.clear();
        assert_eq!(Document::of(&record).status(), Verdict::Pass);
        record.stacks[1].generator.saturated = true;
        assert_eq!(Document::of(&record).status(), Verdict::Unknown);
        assert_eq!(Document::of(&fixture::two_stacks()).status(), Verdict::Fail);
    }

    #[test]
    fn an_empty_record_says_so() {
        let mut record = fixture::two_stacks();
        (record.stacks, record.gates, record.audit) = Default::default();
        assert_eq!(Document::of(&record).verdict(), "Nothing was measured.");
    }
}
