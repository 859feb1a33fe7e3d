//! Limits of the tool and the machine that it runs on, which say nothing of the stack.

use super::{Insight, on_stack};
use crate::compare::quantity::{count, latency, percent};
use crate::record::{Record, StackRecord};

pub(super) fn generator_limit(stack: &StackRecord) -> Option<Insight> {
    if !stack.generator.saturated {
        return None;
    }
    let lag = match stack.generator.schedule_lag.tail() {
        Some((share, ms)) => format!(" and {share} % of its sends were more than {} late", latency(ms)),
        None => String::new(),
    };
    let text = format!(
        "The generator was the limit, not the stack: it used {} of its {}{lag}. These numbers say how fast the \
         generator is; lower the rate, or give it more threads or a machine of its own.",
        percent(stack.generator.cpu_share),
        threads(stack.generator.threads),
    );
    Some(on_stack(stack, "generator-limit", text))
}

fn threads(n: usize) -> String {
    if n == 1 { "one thread".to_owned() } else { format!("{n} threads") }
}

pub(super) fn local_errors(record: &Record, stack: &StackRecord) -> Option<Insight> {
    let local = stack.total.errors.get("local").copied().filter(|n| *n > 0)?;
    let why = if record.load.connection == "new" {
        "a new connection for each request leaves a socket in TIME_WAIT for a minute, and the local ports ran out; use \
         keep-alive or a lower rate"
    } else {
        "file descriptors or local ports ran out; raise the limit (`ulimit -n`) or use fewer connections"
    };
    let text = format!(
        "{} of {} requests never left this machine: {why}. They are not counted as errors of the stack.",
        count(local),
        count(stack.total.requests)
    );
    Some(on_stack(stack, "local-errors", text))
}

#[cfg(test)]
mod tests {
    use super::super::one;
    use crate::report::fixture;

    #[test]
    fn the_generators_limit_is_told_by_what_was_measured() {
        let mut record = fixture::two_stacks();
        let generator = &mut record.stacks[0].generator;
        generator.saturated = true;
        generator.schedule_lag.p99_ms = None;
        generator.schedule_lag.p95_ms = Some(50.2);
        let insight = one(&record, "generator-limit");
        assert!(
            insight.text.contains("and 5 % of its sends were more than 50.2 ms late"),
            "{}",
            insight.text
        );
        record.stacks[0].generator.schedule_lag = Default::default();
        let insight = one(&record, "generator-limit");
        assert!(insight.text.contains("it used 7% of its one thread. These"), "{}", insight.text);
    }

    #[test]
    fn the_tools_own_limits_are_said() {
        let mut record = fixture::two_stacks();
        record.load.connection = "new".into();
        record.stacks[1].total.errors.insert("local".into(), 1200);
        let insight = one(&record, "local-errors");
        assert!(
            insight.text.contains("1,200 of 4,000") && insight.text.contains("TIME_WAIT"),
            "{}",
            insight.text
        );
    }
}
