//! What two stacks under the same load do differently.

use super::{Insight, on_route, waiting::Stall};
use crate::compare::quantity::{latency, rate, ratio};
use crate::compare::{Metric, route, route_names};
use crate::plan::RouteKind;
use crate::record::{Record, RouteRecord, StackRecord};

pub(super) fn different_answers(first: &StackRecord, second: &StackRecord) -> Vec<Insight> {
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
            found.push(on_route(second, name, "different-answers", text));
        }
    }
    found
}

fn usual_status(route: &RouteRecord) -> Option<u16> {
    route.statuses.iter().max_by_key(|(_, n)| **n).map(|(status, _)| *status)
}

pub(super) fn static_serving(record: &Record, first: &StackRecord, second: &StackRecord) -> Option<Insight> {
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
    Some(on_route(second, name, "static-serving", text))
}

#[cfg(test)]
mod tests {
    use super::super::{insights, one, patterns};
    use crate::report::fixture;

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
    fn static_files_get_their_ratio() {
        let insight = one(&fixture::two_stacks(), "static-serving");
        assert_eq!((insight.stack.as_str(), insight.route.as_deref()), ("prod", Some("stylesheet")));
        assert!(insight.text.contains("quicker at the median"), "{}", insight.text);
        assert!(insight.text.contains("Most of that is the stall of dev"), "{}", insight.text);
    }
}
