//! Whether a probe kept the objective. A probe that cannot say is neither: too few answers, or a generator that was
//! the limit.

use crate::compare::quantity;
use crate::expression::{Metric, Objective};
use crate::plan::SearchPlan;
use crate::record::{GeneratorRecord, ProbeVerdict, RouteRecord, SecondRecord, latency};

/// Judges a load of a search by its objective, and by whether the stack kept up with the arrivals at all.
pub fn judge(
    plan: &SearchPlan,
    total: &RouteRecord,
    routes: &[RouteRecord],
    seconds: &[SecondRecord],
    generator: &GeneratorRecord,
) -> (ProbeVerdict, String) {
    if generator.saturated {
        return (ProbeVerdict::GeneratorLimit, "the generator could not keep its schedule".to_owned());
    }
    let local = total.errors.get("local").copied().unwrap_or(0);
    if local > 0 {
        let text = format!("{} requests failed on the generator's own limits", quantity::count(local));
        return (ProbeVerdict::GeneratorLimit, text);
    }
    if total.response.count == 0 {
        return (ProbeVerdict::Fail, "not one good answer".to_owned());
    }
    let judged: Vec<(ProbeVerdict, String)> = plan
        .objective
        .iter()
        .map(|line| {
            let row = match &line.route {
                Some(name) => routes.iter().find(|route| route.name == *name),
                None => Some(total),
            };
            row.map_or((ProbeVerdict::Undecided, "the route was never asked".to_owned()), |row| {
                limit(line, row)
            })
        })
        .chain(behind(plan, seconds, generator.unsent).map(|text| (ProbeVerdict::Fail, text)))
        .collect();
    let of = |wanted: ProbeVerdict| -> Vec<&str> {
        judged.iter().filter(|(verdict, _)| *verdict == wanted).map(|(_, text)| text.as_str()).collect()
    };
    [ProbeVerdict::Fail, ProbeVerdict::Undecided, ProbeVerdict::Pass]
        .into_iter()
        .map(|verdict| (verdict, of(verdict)))
        .find(|(_, texts)| !texts.is_empty())
        .map_or((ProbeVerdict::Undecided, "nothing was asked".to_owned()), |(verdict, texts)| {
            (verdict, texts.join(", "))
        })
}

fn limit(line: &Objective, row: &RouteRecord) -> (ProbeVerdict, String) {
    let metric = line.metric();
    let on = line.route.as_deref().map_or(String::new(), |route| format!("{route} "));
    let value = if metric == Metric::Errors { row.error_rate() } else { metric.of_latency(&row.response) };
    let Some(value) = value else {
        if row.error_count() * 2 > row.requests {
            return (ProbeVerdict::Fail, format!("{on}more than half of the requests failed"));
        }
        let needed = metric.quantile().map_or(1.0, |q| (latency::SAMPLES_BEYOND / (1.0 - q)).round());
        let (count, needed) = (quantity::count(row.response.count), quantity::count(needed as u64));
        let text = format!("{on}{} needs {needed} good answers, there were {count}", metric.name());
        return (ProbeVerdict::Undecided, text);
    };
    let verdict = if line.holds(value) { ProbeVerdict::Pass } else { ProbeVerdict::Fail };
    (verdict, format!("{on}{} {}", metric.name(), metric.show(value)))
}

/// Says that the stack fell behind the arrivals: the line of those that wait or are under way grew by more than half the
/// precision of what arrived, and by more than chance would.
fn behind(plan: &SearchPlan, seconds: &[SecondRecord], unsent: u64) -> Option<String> {
    let allowed = |arrived: u64| (plan.precision / 2.0 * arrived as f64).max(3.0 * (arrived as f64).sqrt());
    let all: u64 = seconds.iter().map(|second| second.wanted).sum();
    if unsent as f64 > allowed(all) {
        return Some(format!("fell behind: {} arrivals were never sent", quantity::count(unsent)));
    }
    // The last second holds what was waited for after the end.
    let (first, last) = match seconds {
        [first, .., last, _] => (first, last),
        _ => return None,
    };
    let line = |second: &SecondRecord| second.in_flight + second.backlog;
    let arrived: u64 = seconds[1..seconds.len() - 1].iter().map(|second| second.wanted).sum();
    let grown = line(last).saturating_sub(line(first));
    (grown as f64 > allowed(arrived))
        .then(|| format!("fell behind: {} more requests waited at the end", quantity::count(grown)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::objective;
    use crate::plan::RouteKind;
    use crate::report::fixture;

    fn search(lines: &[&str]) -> SearchPlan {
        let objective = lines.iter().map(|line| objective(line, &[], &["notes", "home"]).unwrap()).collect();
        SearchPlan { objective, from: 10.0, to: 100.0, step: 2.0, precision: 0.05, confirm: 1, budget: None }
    }

    fn route(requests: u64, failed: u64, ms: f64) -> RouteRecord {
        fixture::route("notes", RouteKind::Json, None, requests, failed, ms, ms, ms)
    }

    fn generator() -> GeneratorRecord {
        fixture::two_stacks().stacks[1].generator.clone()
    }

    fn seconds(line: [u64; 5], wanted: u64) -> Vec<SecondRecord> {
        let second = |(at, waiting): (usize, u64)| SecondRecord {
            second: at as u32,
            wanted,
            requests: wanted,
            errors: 0,
            p50_ms: None,
            p99_ms: None,
            max_ms: None,
            in_flight: waiting / 2,
            backlog: waiting - waiting / 2,
        };
        line.into_iter().enumerate().map(second).collect()
    }

    fn judged(lines: &[&str], total: &RouteRecord, seconds: &[SecondRecord]) -> (ProbeVerdict, String) {
        judge(&search(lines), total, std::slice::from_ref(total), seconds, &generator())
    }

    #[test]
    fn each_line_must_hold() {
        let total = route(1_000, 0, 10.0);
        let (verdict, reason) = judged(&["p99 < 200ms", "errors < 0.1%"], &total, &[]);
        assert_eq!(verdict, ProbeVerdict::Pass, "{reason}");
        assert!(reason.starts_with("p99 ") && reason.ends_with("errors 0%"), "{reason}");
        let (verdict, reason) = judged(&["p99 < 200ms", "/notes: p50 < 1ms"], &total, &[]);
        assert_eq!(verdict, ProbeVerdict::Fail);
        assert!(reason.starts_with("notes p50 "), "only what failed: {reason}");
        assert_eq!(judged(&["errors < 0.1%"], &route(1_000, 2, 10.0), &[]).0, ProbeVerdict::Fail);
    }

    #[test]
    fn too_few_answers_are_no_verdict_but_failures_are() {
        let (verdict, reason) = judged(&["p99 < 200ms"], &route(400, 0, 10.0), &[]);
        assert_eq!(verdict, ProbeVerdict::Undecided);
        assert_eq!(reason, "p99 needs 500 good answers, there were 400");
        assert_eq!(judged(&["p99 < 200ms"], &route(1_000, 900, 10.0), &[]).0, ProbeVerdict::Fail);
        assert_eq!(judged(&["p99 < 200ms"], &route(1_000, 1_000, 10.0), &[]).0, ProbeVerdict::Fail);
        assert_eq!(judged(&["/home: p50 < 1s"], &route(400, 0, 10.0), &[]).0, ProbeVerdict::Undecided);
        let both = judged(&["p99 < 200ms", "p50 < 1ms"], &route(400, 0, 10.0), &[]);
        assert_eq!(both.0, ProbeVerdict::Fail, "one line that surely fails is enough");
    }

    #[test]
    fn a_line_that_grows_is_a_stack_that_does_not_keep_up() {
        let total = route(1_000, 0, 10.0);
        let objective = ["errors < 1%"];
        assert_eq!(judged(&objective, &total, &seconds([9, 14, 8, 12, 0], 1_000)).0, ProbeVerdict::Pass);
        let (verdict, reason) = judged(&objective, &total, &seconds([50, 150, 250, 350, 0], 1_000));
        assert_eq!(
            (verdict, reason.as_str()),
            (ProbeVerdict::Fail, "fell behind: 300 more requests waited at the end")
        );
        let generator = GeneratorRecord { unsent: 600, ..generator() };
        let (verdict, _) = judge(&search(&objective), &total, &[], &seconds([0; 5], 1_000), &generator);
        assert_eq!(verdict, ProbeVerdict::Fail);
    }

    #[test]
    fn a_generator_at_its_limit_says_nothing_of_the_stack() {
        let total = route(1_000, 0, 900.0);
        let late = GeneratorRecord { saturated: true, ..generator() };
        let (verdict, _) = judge(&search(&["p99 < 200ms"]), &total, &[], &[], &late);
        assert_eq!(verdict, ProbeVerdict::GeneratorLimit);
    }
}
