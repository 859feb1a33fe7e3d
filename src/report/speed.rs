//! How fast the stacks are, in sentences: beside each other with what the blocks say, by rank, or one alone.

use super::{Document, foreign, series};
use crate::compare::{ALL_ROUTES, Comparison, Metric, Stall, Standing, quantity};
use crate::record::{Record, StackRecord};

/// Comparisons that a verdict tells one by one; more are a ranking.
const BESIDE: usize = 2;

impl Document<'_> {
    /// How fast the stacks are, in a sentence for each comparison; of a single stack, on its own.
    pub(super) fn speed(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if self.is_series() {
            parts.extend(
                series::searches(self.record).map(|(_, stack, capacity)| series::story(stack, capacity)),
            );
            parts.extend(series::beside(self.record));
            parts.extend(series::sweeps(self.record).map(|(_, stack, sweep)| series::best(stack, sweep)));
        } else if self.comparisons.is_empty() {
            parts.extend(self.record.stacks.iter().filter_map(alone));
        } else if self.comparisons.len() > BESIDE {
            parts.extend(ranking(&self.record.stacks));
        } else {
            parts.extend(self.comparisons.iter().filter_map(|comparison| beside(self.record, comparison)));
        }
        parts
    }
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
        "{} gave {} good answers at {}/s: median {}{tail}, {errors} errors.",
        foreign::line(&stack.name, 40),
        quantity::count(stack.total.response.count),
        quantity::rate(stack.total.throughput_rps),
        quantity::latency(median),
    ))
}

/// Many stacks by their median, the fastest first.
fn ranking(stacks: &[StackRecord]) -> Option<String> {
    let median =
        |stack: &StackRecord| Some((foreign::line(&stack.name, 40), Metric::P50.of(stack, &stack.total)?));
    let mut ranked: Vec<(String, f64)> = stacks.iter().filter_map(median).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let told: Vec<String> =
        ranked.iter().map(|(name, ms)| format!("{name} {}", quantity::latency(*ms))).collect();
    (!told.is_empty()).then(|| format!("The median response times: {}.", told.join(", ")))
}

fn beside(record: &Record, comparison: &Comparison) -> Option<String> {
    let row = comparison.row(ALL_ROUTES, Metric::P50)?;
    let (a, b, ratio) = (row.first?, row.second?, row.ratio?);
    let (first, second) = (foreign::line(&comparison.first, 40), foreign::line(&comparison.second, 40));
    let numbers = format!("median {} against {}", quantity::latency(b), quantity::latency(a));
    let mut text = match row.improved() {
        None if let Some(Standing::Unclear { .. }) = row.standing() => {
            let between = row
                .interval()
                .map(|of| format!(", ratio {} to {}", quantity::ratio(of.low), quantity::ratio(of.high)));
            let between = between.unwrap_or_default();
            format!("Whether {second} is as fast as {first} is not clear ({numbers}{between})")
        }
        None if let Some(Standing::Same) = row.standing() => {
            let margin = quantity::percent(comparison.margin);
            format!("{second} is as fast as {first}, within {margin} ({numbers})")
        }
        // One load each and no blocks: the next run may well say the opposite.
        _ if row.standing().is_none() => {
            format!(
                "{second}'s median is {} that of {first} ({} against {}; without blocks nothing says how sure)",
                quantity::ratio(ratio),
                quantity::latency(b),
                quantity::latency(a)
            )
        }
        None => format!("{second} is as fast as {first} ({numbers})"),
        Some(faster) => {
            let (word, times) = if faster { ("faster", 1.0 / ratio) } else { ("slower", ratio) };
            let sure = row
                .interval()
                .map(|of| if faster { (1.0 / of.high, 1.0 / of.low) } else { (of.low, of.high) });
            let sure = sure.map(|(low, high)| {
                format!("95 % confidence {} to {}; ", quantity::ratio(low), quantity::ratio(high))
            });
            let sure = sure.unwrap_or_default();
            format!("{second} is {} {word} than {first} ({sure}{numbers})", quantity::ratio(times))
        }
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
    text.push('.');
    let slow = record.stacks.iter().find(|stack| stack.name == comparison.first);
    if let Some(stall) = slow.and_then(|stack| Stall::of(record, &stack.total)) {
        text.push_str(&format!(
            " Most of {first}'s time is a stall of its server before the last byte ({}, split-write).",
            quantity::latency(stall.service - stall.first_byte)
        ));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_lead_that_is_a_stall_is_called_one() {
        let mut record = fixture::two_stacks();
        assert!(!Document::of(&record).verdict().contains("stall"));
        let total = &mut record.stacks[0].total;
        (total.first_byte.p50_ms, total.service.p50_ms) = (Some(1.2), Some(45.9));
        let said = Document::of(&record).verdict();
        assert!(
            said.contains("Most of dev's time is a stall of its server before the last byte (44.7 ms"),
            "{said}"
        );
    }

    #[test]
    fn many_stacks_are_ranked() {
        let mut record = fixture::two_stacks();
        for name in ["canary", "old"] {
            let stack = record.stacks[1].clone();
            record.stacks.push(StackRecord { name: name.into(), ..stack });
        }
        let said = Document::of(&record).verdict();
        assert!(said.starts_with("The median response times: prod 9."), "{said}");
        assert!(said.contains("ms, dev 45.") && !said.contains("faster"), "{said}");
    }
}
