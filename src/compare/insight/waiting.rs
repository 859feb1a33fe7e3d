//! Where requests lose time without work: a stall before the last byte, a line, a stack that gets slower.

use super::{Insight, names, on_route, on_stack};
use crate::compare::quantity::{count, latency};
use crate::record::{Record, RouteRecord, SecondRecord, StackRecord};

/// Linux delays an ACK by 40 ms (TCP_DELACK_MIN); the margins are for the work around it.
const DELAYED_ACK_MS: std::ops::Range<f64> = 35.0..50.0;

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

pub(super) fn split_write(record: &Record, stack: &StackRecord) -> Option<Insight> {
    let mut found = Vec::new();
    for route in &stack.routes {
        if let Some(Stall { first_byte, service }) = Stall::of(record, route) {
            found.push((route, first_byte, service));
        }
    }
    let (route, first_byte, service) = found.first().copied()?;
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
    Some(on_route(stack, &route.name, "split-write", text))
}

/// Why response time and service time part: requests waited for the stack, or the generator sent them late.
pub(super) fn queueing(stack: &StackRecord) -> Option<Insight> {
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

pub(super) fn slowdown(record: &Record, stack: &StackRecord) -> Option<Insight> {
    let level = record.load.profile.first()?.1;
    let steady = record.load.profile.iter().all(|(_, at)| *at == level);
    if !steady || stack.seconds.len() < 9 {
        return None;
    }
    let third = stack.seconds.len() / 3;
    let middle = |seconds: &[SecondRecord]| {
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

#[cfg(test)]
mod tests {
    use super::super::{insights, one, patterns};
    use crate::report::fixture;

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
    fn a_slowdown_under_steady_load_is_seen() {
        let mut record = fixture::two_stacks();
        for (at, second) in record.stacks[1].seconds.iter_mut().enumerate() {
            second.p50_ms = Some(10.0 + at as f64 * 5.0);
        }
        assert_eq!(one(&record, "slowdown").stack, "prod");
        record.load.profile = vec![(0.0, 0.0), (20.0, 400.0)];
        assert!(!patterns(&insights(&record), "prod").contains(&"slowdown"), "a ramp may slow down");
    }
}
