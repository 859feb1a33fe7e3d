//! Patterns in the numbers that a person should know, each with the numbers that show it.

use super::doubt::FastErrors;
use super::quantity::{count, latency, percent, rate, ratio};
use super::{Metric, route, route_names};
use crate::plan::RouteKind;
use crate::record::{Record, RouteRecord, StackRecord, latency::SAMPLES_BEYOND};

/// A pattern in the numbers, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Insight {
    /// The stack.
    pub stack: String,
    /// The route; absent when it is about the whole stack.
    pub route: Option<String>,
    /// A short name: `split-write`, `queueing`, `late-sends`, `fast-errors`, `generator-limit`, `local-errors`, `slowdown`,
    /// `different-answers`, `static-serving`, `low-samples`.
    pub pattern: &'static str,
    /// What was seen, why, and what to do about it.
    pub text: String,
}

/// Linux delays an ACK by 40 ms (TCP_DELACK_MIN); the margins are for the work around it.
const DELAYED_ACK_MS: std::ops::Range<f64> = 35.0..50.0;

/// Names in one sentence before "and N more".
const NAMED: usize = 4;

/// Patterns in the numbers of each stack, then those between the stacks.
pub fn insights(record: &Record) -> Vec<Insight> {
    let mut found: Vec<Insight> = Vec::new();
    for stack in &record.stacks {
        found.extend(generator_limit(stack));
        found.extend(local_errors(record, stack));
        found.extend(split_write(record, stack));
        found.extend(queueing(stack));
        found.extend(fast_errors(stack));
        found.extend(slowdown(record, stack));
        // Said once where it is the same: the stacks get the same load.
        let few = low_samples(stack).filter(|few| !found.iter().any(|said| said.text == few.text));
        found.extend(few);
    }
    // After a search or sweep each stack's figures are of a load of its own: they do not compare.
    let same_load = !matches!(record.load.model.as_str(), "search" | "sweep");
    if let Some((first, later)) = record.stacks.split_first().filter(|_| same_load) {
        for second in later {
            found.extend(different_answers(first, second));
            found.extend(static_serving(record, first, second));
        }
    }
    found
}

fn on_stack(stack: &StackRecord, pattern: &'static str, text: String) -> Insight {
    Insight { stack: stack.name.clone(), route: None, pattern, text }
}

fn generator_limit(stack: &StackRecord) -> Option<Insight> {
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

fn local_errors(record: &Record, stack: &StackRecord) -> Option<Insight> {
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

/// A delayed acknowledgement between the first byte and the last, in milliseconds at the median.
#[derive(Debug, Clone, Copy)]
pub struct Stall {
    /// From the send to the first byte.
    pub first_byte: f64,
    /// From the send to the last.
    pub service: f64,
}

impl Stall {
    /// The stall of a route, or of all of a stack's together.
    pub fn of(record: &Record, route: &RouteRecord) -> Option<Stall> {
        let (first_byte, service) = (route.first_byte.p50_ms?, route.service.p50_ms?);
        let gap = service - first_byte;
        let held = record.load.connection != "new" && DELAYED_ACK_MS.contains(&gap) && first_byte < gap;
        held.then_some(Stall { first_byte, service })
    }
}

fn split_write(record: &Record, stack: &StackRecord) -> Vec<Insight> {
    let mut found = Vec::new();
    for route in &stack.routes {
        if let Some(Stall { first_byte, service }) = Stall::of(record, route) {
            found.push((route, first_byte, service));
        }
    }
    let Some((route, first_byte, service)) = found.first().copied() else { return Vec::new() };
    let others: Vec<&str> = found.iter().skip(1).map(|(route, ..)| route.name.as_str()).collect();
    let also = if others.is_empty() { String::new() } else { format!(" (also on {})", names(&others)) };
    let text = format!(
        "The first byte came after {}, the last after {}{also}: the server writes headers and body apart without \
         TCP_NODELAY, so Nagle's algorithm holds the body back until the client's delayed ACK, about 40 ms later. \
         Django's runserver does this on kept-alive connections. It is a cost of that server, not of your code: use a \
         production server, or set TCP_NODELAY; connection = \"new\" avoids it in the test.",
        latency(first_byte),
        latency(service),
    );
    vec![Insight { stack: stack.name.clone(), route: Some(route.name.clone()), pattern: "split-write", text }]
}

/// Why response time and service time part: requests waited for the stack, or the generator sent them late.
fn queueing(stack: &StackRecord) -> Option<Insight> {
    if stack.generator.saturated {
        return None;
    }
    let parts = |route: &RouteRecord| {
        let (response, service) = (route.response.p99_ms?, route.service.p99_ms?);
        (response > 1.5 * service && response - service > 1.0).then_some((response, service))
    };
    let (response, service) = parts(&stack.total)?;
    let measured = format!(
        "counted from the intended start, p99 was {}; counted from the send only {}",
        latency(response),
        latency(service)
    );
    let late = stack.generator.schedule_lag.p99_ms.unwrap_or(0.0);
    if late > (response - service) / 2.0 {
        let text = format!(
            "A part of the response time is the generator's own: it sent 1 % of the requests more than {} late, because the \
             machine was busy. {}{}. On an idle machine the tail would be shorter.",
            latency(late),
            measured[..1].to_uppercase(),
            &measured[1..],
        );
        return Some(on_stack(stack, "late-sends", text));
    }
    let queued = match stack.generator.queued {
        0 => String::new(),
        n => format!(" {} requests waited for a free connection.", count(n)),
    };
    let text = format!(
        "The stack could not keep up with the arrivals: {measured}. The difference is time spent waiting in \
         line.{queued} Users would feel the larger number."
    );
    Some(on_stack(stack, "queueing", text))
}

fn fast_errors(stack: &StackRecord) -> Vec<Insight> {
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
        let name = Some(route.name.clone());
        found.push(Insight { stack: stack.name.clone(), route: name, pattern: "fast-errors", text });
    }
    found
}

fn slowdown(record: &Record, stack: &StackRecord) -> Option<Insight> {
    let level = record.load.profile.first()?.1;
    let steady = record.load.profile.iter().all(|(_, at)| *at == level);
    if !steady || stack.seconds.len() < 9 {
        return None;
    }
    let third = stack.seconds.len() / 3;
    let middle = |seconds: &[crate::record::SecondRecord]| {
        let mut medians: Vec<f64> = seconds.iter().filter_map(|second| second.p50_ms).collect();
        medians.sort_by(f64::total_cmp);
        medians.get(medians.len() / 2).copied()
    };
    let (early, late) =
        (middle(&stack.seconds[..third])?, middle(&stack.seconds[stack.seconds.len() - third..])?);
    if late < 1.5 * early || late - early < 1.0 {
        return None;
    }
    let text = format!(
        "It got slower under a steady load: the median was {} in the first {third} seconds and {} in the last. A queue, \
         a leak or a growing table does that; a longer run shows where it ends.",
        latency(early),
        latency(late)
    );
    Some(on_stack(stack, "slowdown", text))
}

fn low_samples(stack: &StackRecord) -> Option<Insight> {
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

fn different_answers(first: &StackRecord, second: &StackRecord) -> Vec<Insight> {
    let mut found = Vec::new();
    for name in route_names([first, second]) {
        let (Some(a), Some(b)) = (route(first, name), route(second, name)) else { continue };
        let (Some(on_first), Some(on_second)) = (usual_status(a), usual_status(b)) else { continue };
        if on_first / 100 != on_second / 100 {
            let text = format!(
                "{} answers mostly {on_second} where {} answers mostly {on_first}: the two do different work here, so \
                 their latencies do not compare.",
                second.name, first.name
            );
            let route = Some(name.to_owned());
            found.push(Insight { stack: second.name.clone(), route, pattern: "different-answers", text });
        }
    }
    found
}

fn usual_status(route: &RouteRecord) -> Option<u16> {
    route.statuses.iter().max_by_key(|(_, n)| **n).map(|(status, _)| *status)
}

fn static_serving(record: &Record, first: &StackRecord, second: &StackRecord) -> Option<Insight> {
    let mut best: Option<(&str, f64, f64)> = None;
    for a in first.routes.iter().filter(|route| route.kind == Some(RouteKind::Static)) {
        let Some(b) = route(second, &a.name) else { continue };
        let (Some(slow), Some(quick)) = (Metric::P50.of(first, a), Metric::P50.of(second, b)) else {
            continue;
        };
        if slow > 2.0 * quick && best.is_none_or(|(_, s, q)| slow / quick > s / q) {
            best = Some((a.name.as_str(), slow, quick));
        }
    }
    let (name, slow, quick) = best?;
    let a = route(first, name)?;
    let b = route(second, name)?;
    let throughput = if b.throughput_rps > 2.0 * a.throughput_rps && a.throughput_rps > 0.0 {
        format!(
            ", at {}/s against {}/s ({})",
            rate(b.throughput_rps),
            rate(a.throughput_rps),
            ratio(b.throughput_rps / a.throughput_rps)
        )
    } else {
        String::new()
    };
    let stall = match (Stall::of(record, a), b.first_byte.p50_ms) {
        (Some(stall), Some(quick)) => format!(
            " Most of that is the stall of {} (split-write): the first byte came after {} and {} ({}).",
            first.name,
            latency(quick),
            latency(stall.first_byte),
            ratio(stall.first_byte / quick)
        ),
        _ => String::new(),
    };
    let text = format!(
        "Static files: {} serves {name} in {} where {} takes {} ({} quicker at the median){throughput}.{stall}",
        second.name,
        latency(quick),
        first.name,
        latency(slow),
        ratio(slow / quick)
    );
    let route = Some(name.to_owned());
    Some(Insight { stack: second.name.clone(), route, pattern: "static-serving", text })
}

fn names(names: &[&str]) -> String {
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn patterns<'a>(found: &'a [Insight], stack: &str) -> Vec<&'a str> {
        found.iter().filter(|insight| insight.stack == stack).map(|insight| insight.pattern).collect()
    }

    fn one(record: &Record, pattern: &str) -> Insight {
        let found = insights(record);
        let mut of: Vec<Insight> = found.into_iter().filter(|insight| insight.pattern == pattern).collect();
        assert_eq!(of.len(), 1, "{pattern}");
        of.remove(0)
    }

    #[test]
    fn names_the_split_write_of_the_dev_server_only() {
        let record = fixture::two_stacks();
        let insight = one(&record, "split-write");
        assert_eq!((insight.stack.as_str(), insight.route.as_deref()), ("dev", Some("notes")));
        for word in ["delayed ACK", "Nagle", "runserver", "TCP_NODELAY", "production server", "44."] {
            assert!(insight.text.contains(word), "{word}: {}", insight.text);
        }
    }

    #[test]
    fn a_server_that_is_only_slow_is_no_split_write() {
        let mut record = fixture::two_stacks();
        for route in &mut record.stacks[0].routes {
            route.first_byte.p50_ms = Some(42.0);
            route.service.p50_ms = Some(82.0);
        }
        assert!(!patterns(&insights(&record), "dev").contains(&"split-write"), "the first byte was slow too");
        let mut record = fixture::two_stacks();
        record.load.connection = "new".into();
        assert!(
            !patterns(&insights(&record), "dev").contains(&"split-write"),
            "a new connection has no such stall"
        );
    }

    #[test]
    fn tells_the_generators_own_lateness_from_the_stacks_queue() {
        let mut record = fixture::two_stacks();
        record.stacks[0].total.response.p99_ms = Some(4.1);
        record.stacks[0].total.service.p99_ms = Some(2.4);
        record.stacks[0].generator.schedule_lag.p99_ms = Some(1.6);
        let insight = one(&record, "late-sends");
        assert!(insight.text.contains("more than 1.60 ms late"), "{}", insight.text);
        assert!(
            insight.text.contains("Counted from the intended start, p99 was 4.10 ms"),
            "{}",
            insight.text
        );
        assert!(!patterns(&insights(&record), "dev").contains(&"queueing"));
    }

    #[test]
    fn tells_waiting_in_line_from_work() {
        let mut record = fixture::two_stacks();
        assert!(!patterns(&insights(&record), "dev").contains(&"queueing"));
        record.stacks[0].total.response.p99_ms = Some(900.0);
        record.stacks[0].total.service.p99_ms = Some(60.0);
        let insight = one(&record, "queueing");
        assert!(insight.text.contains("900 ms") && insight.text.contains("60.0 ms"), "{}", insight.text);
        assert!(insight.text.contains("212 requests waited"), "{}", insight.text);
        record.stacks[0].generator.saturated = true;
        let found = insights(&record);
        let dev = patterns(&found, "dev");
        assert!(
            dev.contains(&"generator-limit") && !dev.contains(&"queueing"),
            "not the stack's fault: {dev:?}"
        );
    }

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
    fn quick_failures_are_not_speed() {
        let insight = one(&fixture::two_stacks(), "fast-errors");
        assert_eq!(insight.route.as_deref(), Some("note-create"));
        assert!(insight.text.starts_with("4% of the requests failed"), "{}", insight.text);
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

    #[test]
    fn answers_of_another_kind_do_not_compare() {
        let mut record = fixture::two_stacks();
        assert!(!patterns(&insights(&record), "prod").contains(&"different-answers"));
        record.stacks[1].routes[6].statuses = [(302, 260)].into();
        let insight = one(&record, "different-answers");
        assert_eq!(insight.route.as_deref(), Some("home"));
        assert!(insight.text.contains("mostly 302 where dev answers mostly 200"), "{}", insight.text);
    }

    #[test]
    fn a_slowdown_under_steady_load_is_seen() {
        let mut record = fixture::two_stacks();
        for (at, second) in record.stacks[1].seconds.iter_mut().enumerate() {
            second.p50_ms = Some(10.0 + at as f64 * 5.0);
        }
        assert_eq!(one(&record, "slowdown").stack, "prod");
        record.load.profile = vec![(0.0, 0.0), (20.0, 400.0)];
        assert!(!patterns(&insights(&record), "prod").contains(&"slowdown"), "a ramp may slow down");
    }

    #[test]
    fn static_files_get_their_ratio() {
        let insight = one(&fixture::two_stacks(), "static-serving");
        assert_eq!((insight.stack.as_str(), insight.route.as_deref()), ("prod", Some("stylesheet")));
        assert!(insight.text.contains("quicker at the median"), "{}", insight.text);
        assert!(insight.text.contains("Most of that is the stall of dev"), "{}", insight.text);
    }
}
