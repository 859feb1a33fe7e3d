//! Answers of one stack that make poor figures: those that fail quickly, and those that are too few.

use super::{Insight, names, on_route, on_stack};
use crate::compare::doubt::FastErrors;
use crate::compare::quantity::{count, latency, percent};
use crate::record::{StackRecord, latency::SAMPLES_BEYOND};

pub(super) fn fast_errors(stack: &StackRecord) -> Vec<Insight> {
    let mut found = Vec::new();
    for route in &stack.routes {
        let Some(FastErrors { rate, failed, good }) = FastErrors::of(route) else { continue };
        let text = format!(
            "{} of the requests failed, and failing was quicker (median {}) than a good answer ({}). Throughput \
             and latency count good answers only.",
            percent(rate),
            latency(failed),
            latency(good)
        );
        found.push(on_route(stack, &route.name, "fast-errors", text));
    }
    found
}

pub(super) fn low_samples(stack: &StackRecord) -> Option<Insight> {
    if stack.failure.is_some() {
        return None;
    }
    let needed = (SAMPLES_BEYOND / 0.01).round() as u64;
    let few: Vec<&str> = stack
        .routes
        .iter()
        // Of one that only fails there is nothing more to learn by asking longer.
        .filter(|route| route.response.count > 0 && route.response.p99_ms.is_none())
        .map(|route| route.name.as_str())
        .collect();
    if few.is_empty() {
        return None;
    }
    let text = format!(
        "{} of {} routes had fewer than {} good answers ({}), so their p99 would be a guess and is not printed. A longer \
         run or a higher rate gives it.",
        few.len(),
        stack.routes.len(),
        count(needed),
        names(&few)
    );
    Some(on_stack(stack, "low-samples", text))
}

#[cfg(test)]
mod tests {
    use super::super::{insights, one, patterns};
    use crate::report::fixture;

    #[test]
    fn quick_failures_are_not_speed() {
        let insight = one(&fixture::two_stacks(), "fast-errors");
        assert_eq!(insight.route.as_deref(), Some("note-create"));
        assert!(insight.text.starts_with("4% of the requests failed"), "{}", insight.text);
    }

    #[test]
    fn few_samples_are_said_once() {
        let mut record = fixture::two_stacks();
        let insight = one(&record, "low-samples");
        assert!(insight.text.starts_with("6 of 10 routes had fewer than 500"), "{}", insight.text);
        assert!(insight.text.contains("and 2 more"), "{}", insight.text);
        for stack in &mut record.stacks {
            stack.routes[3].response = Default::default();
        }
        let insight = one(&record, "low-samples");
        assert!(!insight.text.contains("note-delete"), "it had no good answer at all: {}", insight.text);
        let mut record = fixture::two_stacks();
        record.stacks[1].routes[0].response.p99_ms = None;
        let found = insights(&record);
        assert!(patterns(&found, "prod").contains(&"low-samples"), "where it differs, again");
    }
}
