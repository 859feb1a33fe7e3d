//! From what the engine counted to what a record keeps.

use std::collections::BTreeMap;
use std::time::Duration;

use super::latency::estimable;
use super::{GeneratorRecord, LatencyRecord, LoadRecord, ResourceRecord, RouteRecord, SecondRecord};
use crate::engine::{Counts, ErrorClass, GeneratorTally, Latencies, LoadTally, RouteTally, SecondTally};
use crate::plan::{
    Arrivals, ConnectionMode, Item, LoadPlan, LoadProfile, ModelPlan, Plan, RoutePlan, SearchPlan,
    SeriesPlan, StackPlan,
};
use crate::stack::Sample;

/// A worker thread busier than this share of a core cannot be trusted to send on time.
const BUSY: f64 = 0.9;
/// Seconds between two samples below which their difference says nothing.
const SHORT: f64 = 0.25;
/// A schedule lag (p99, or what the samples allow) above this hides or invents latency a person would see.
const LATE_MS: f64 = 20.0;

impl RouteRecord {
    /// One route's results over a measured part of `wall_s` seconds.
    pub fn of(plan: &Plan, route: &RoutePlan, tally: &RouteTally, wall_s: f64) -> Self {
        RouteRecord::empty(plan, route).filled(&tally.counts, &tally.latencies, wall_s)
    }

    /// A route before anything was measured.
    pub fn empty(plan: &Plan, route: &RoutePlan) -> Self {
        RouteRecord {
            name: route.name.clone(),
            kind: Some(route.kind),
            method: route.method.clone().into_owned(),
            path: route.written.clone(),
            auth: route.auth.and_then(|id| plan.auths.get(id.0)).map(|auth| auth.name.clone()),
            ..RouteRecord::default()
        }
    }

    /// All routes together.
    pub fn total(tallies: &[RouteTally], wall_s: f64) -> Self {
        let mut counts = Counts::default();
        let mut latencies = Latencies::default();
        for tally in tallies {
            counts.add(&tally.counts);
            latencies.add(&tally.latencies);
        }
        RouteRecord { name: "all".into(), ..RouteRecord::default() }.filled(&counts, &latencies, wall_s)
    }

    fn filled(self, counts: &Counts, latencies: &Latencies, wall_s: f64) -> Self {
        RouteRecord {
            requests: counts.requests,
            errors: errors(counts),
            statuses: counts.statuses.clone(),
            bytes_in: counts.bytes_in,
            bytes_out: counts.bytes_out,
            connections: counts.connections,
            throughput_rps: if wall_s > 0.0 { latencies.response.len() as f64 / wall_s } else { 0.0 },
            response: LatencyRecord::of(&latencies.response),
            service: LatencyRecord::of(&latencies.service),
            first_byte: LatencyRecord::of(&latencies.first_byte),
            failed: LatencyRecord::of(&latencies.failed),
            ..self
        }
    }
}

fn errors(counts: &Counts) -> BTreeMap<String, u64> {
    ErrorClass::ALL
        .iter()
        .zip(counts.errors)
        .filter(|(_, n)| *n > 0)
        .map(|(class, n)| (class.name().to_owned(), n))
        .collect()
}

impl SecondRecord {
    /// One second.
    pub fn of(second: &SecondTally) -> Self {
        let spread = second.response;
        let ms = |nanos: u64| nanos as f64 / 1e6;
        SecondRecord {
            second: second.second,
            wanted: second.wanted,
            requests: second.counts.requests,
            errors: second.counts.errors.iter().sum(),
            p50_ms: (spread.count > 0).then(|| ms(spread.p50)),
            p99_ms: estimable(spread.count, 0.99).then(|| ms(spread.p99)),
            max_ms: (spread.count > 0).then(|| ms(spread.max)),
            in_flight: second.in_flight,
            backlog: second.backlog,
        }
    }
}

impl GeneratorRecord {
    /// The generator's own part, and whether it was the limit.
    pub fn of(tally: &GeneratorTally) -> Self {
        let threads = tally.threads.max(1);
        let capacity = tally.wall_s * threads as f64;
        let cpu_share = if capacity > 0.0 { tally.cpu_s / capacity } else { 0.0 };
        let schedule_lag = LatencyRecord::of(&tally.schedule_lag);
        let late = schedule_lag.tail().is_some_and(|(_, ms)| ms > LATE_MS);
        GeneratorRecord {
            schedule_lag,
            cpu_s: tally.cpu_s,
            cpu_share,
            threads: tally.threads,
            queued: tally.queued,
            unsent: tally.unsent,
            peak_connections: tally.peak_connections,
            saturated: cpu_share > BUSY || late,
        }
    }
}

/// What a reader must know about one stack's numbers, from the tally alone.
pub fn load_warnings(tally: &LoadTally) -> Vec<String> {
    let mut warnings = Vec::new();
    let generator = GeneratorRecord::of(&tally.generator);
    if generator.cpu_share > BUSY {
        warnings.push(format!(
            "the generator was the limit: its threads used {:.0} % of their cores, so these latencies are partly its own; \
             lower the rate or set load.threads",
            generator.cpu_share * 100.0
        ));
    }
    if let Some((share, ms)) = generator.schedule_lag.tail().filter(|(_, ms)| *ms > LATE_MS) {
        warnings.push(format!(
            "the generator was the limit: {share} % of the requests left more than {ms:.1} ms late although a connection \
             was free; the machine was too busy to keep the schedule"
        ));
    }
    let local: u64 = tally.routes.iter().map(|route| route.counts.errors[ErrorClass::Local as usize]).sum();
    if local > 0 {
        warnings.push(format!(
            "{local} requests failed on the generator's own limits (ports, file descriptors); they are not the stack's errors"
        ));
    }
    if tally.generator.queued > 0 {
        warnings.push(format!(
            "{} waited because all {} connections were busy; the wait is part of their response time",
            arrivals(tally.generator.queued),
            tally.generator.peak_connections
        ));
    }
    if tally.generator.unsent > 0 {
        warnings.push(format!(
            "{} of the schedule never went out: {}",
            arrivals(tally.generator.unsent),
            unsent(tally, &generator)
        ));
    }
    warnings
}

fn arrivals(n: u64) -> String {
    if n == 1 { "1 arrival".to_owned() } else { format!("{n} arrivals") }
}

/// Why arrivals were left over, as far as it was measured.
fn unsent(tally: &LoadTally, generator: &GeneratorRecord) -> &'static str {
    if generator.saturated {
        "the generator itself was behind its schedule, which says nothing of the stack"
    } else if generator.queued > 0 {
        "every connection was busy with the stack's earlier answers until the end"
    } else if tally.interrupted {
        "the run was stopped first"
    } else {
        "the end of the run came first"
    }
}

impl ResourceRecord {
    /// What the stack used between the first and the last sample, both counted from the first; `None` with fewer
    /// than two.
    pub fn of(mut samples: Vec<Sample>, requests: u64) -> Option<Self> {
        let start = *samples.first()?;
        for sample in &mut samples {
            sample.at_s -= start.at_s;
            sample.cpu_s -= start.cpu_s;
        }
        // The last two may be a moment apart: a rate between them would be noise.
        if let [.., before, last] = samples.as_slice()
            && samples.len() > 2
            && last.at_s - before.at_s < SHORT
        {
            samples.remove(samples.len() - 2);
        }
        let (first, last) = (samples.first()?, samples.last()?);
        if samples.len() < 2 {
            return None;
        }
        let cpu_s = last.cpu_s - first.cpu_s;
        Some(ResourceRecord {
            cpu_s,
            cpu_s_per_1k: (requests > 0).then(|| cpu_s / requests as f64 * 1e3),
            peak_rss_bytes: samples.iter().map(|sample| sample.rss_bytes).max().unwrap_or(0),
            samples,
        })
    }
}

impl LoadRecord {
    /// Of a run that audits only.
    pub fn none() -> Self {
        LoadRecord {
            summary: "audit only, no load was sent".into(),
            model: "none".into(),
            duration_s: 0.0,
            warmup_s: 0.0,
            profile: Vec::new(),
            requests_per_arrival: None,
            shares: BTreeMap::new(),
            connection: "new".into(),
            blocks: None,
        }
    }

    /// The load in words and numbers; `routes` are their names.
    pub fn of(load: &LoadPlan, items: &[Item], stacks: &[StackPlan], routes: &[&str]) -> Self {
        let flows = items.iter().any(|item| item.steps.len() > 1);
        let (model, profile, unit, detail) = match &load.model {
            ModelPlan::Open { profile, arrivals, .. } => {
                let arrivals = match arrivals {
                    Arrivals::Constant => "constant arrivals",
                    Arrivals::Poisson => "Poisson arrivals",
                };
                ("open", profile, "/s", arrivals.to_owned())
            }
            ModelPlan::Closed { profile, think } => {
                let think = if think.is_zero() {
                    "no think time".to_owned()
                } else {
                    format!("{} think time", seconds(*think))
                };
                ("closed", profile, " users", think)
            }
        };
        let (model, profile, levels) = match &load.series {
            None => (model, corners(profile), levels(profile, unit)),
            Some(SeriesPlan::Search(search)) => ("search", Vec::new(), searched(search)),
            Some(SeriesPlan::Sweep(sweep)) => {
                let users: Vec<String> = sweep.levels.iter().map(u32::to_string).collect();
                ("sweep", Vec::new(), format!("{} users in turn", users.join(", ")))
            }
        };
        let (word, each) = match model {
            "open" | "closed" => (format!("{model} model"), ""),
            _ => (model.to_owned(), "each "),
        };
        let connection = match load.connection {
            ConnectionMode::KeepAlive => "keep-alive",
            ConnectionMode::New => "new",
        };
        LoadRecord {
            summary: format!(
                "{word}, {levels}, {detail}, {each}{} after {} of warm-up, {}{}{}{}",
                seconds(load.duration()),
                seconds(load.warmup),
                if connection == "new" {
                    "a new connection for each request"
                } else {
                    "kept-alive connections"
                },
                protocols(stacks),
                if load.tls_resumption { "" } else { ", no TLS resumption" },
                if flows && matches!(model, "open" | "search") { ", a flow is one arrival" } else { "" },
            ),
            model: model.to_owned(),
            duration_s: load.duration().as_secs_f64(),
            warmup_s: load.warmup.as_secs_f64(),
            profile,
            requests_per_arrival: requests_per_arrival(items),
            shares: shares(items, routes),
            connection: connection.to_owned(),
            blocks: None,
        }
    }
}

/// The items' steps, each as often as its item is drawn.
fn requests_per_arrival(items: &[Item]) -> Option<f64> {
    let weights: f64 = items.iter().map(|item| f64::from(item.weight)).sum();
    let steps: f64 = items.iter().map(|item| f64::from(item.weight) * item.steps.len() as f64).sum();
    (weights > 0.0).then(|| steps / weights)
}

/// What each route gets of all those requests.
fn shares(items: &[Item], routes: &[&str]) -> BTreeMap<String, f64> {
    let mut shares = BTreeMap::new();
    let mut all = 0.0;
    for item in items {
        for name in item.steps.iter().filter_map(|step| routes.get(step.0)) {
            *shares.entry((*name).to_owned()).or_insert(0.0) += f64::from(item.weight);
            all += f64::from(item.weight);
        }
    }
    shares.values_mut().for_each(|share| *share /= all);
    shares
}

/// Which stacks are loaded over HTTP/2, with how many streams a connection.
fn protocols(stacks: &[StackPlan]) -> String {
    let over = |stack: &StackPlan| stack.http2.map(|n| format!("HTTP/2 with {n} streams a connection"));
    let first = stacks.first().and_then(over);
    if stacks.iter().all(|stack| over(stack) == first) {
        return first.map_or_else(String::new, |words| format!(", {words}"));
    }
    let each = stacks.iter().map(|stack| {
        format!(", {} over {}", stack.name, over(stack).unwrap_or_else(|| "HTTP/1.1".to_owned()))
    });
    each.collect()
}

fn searched(search: &SearchPlan) -> String {
    let objective: Vec<&str> = search.objective.iter().map(|line| line.text.as_str()).collect();
    let precision = search.precision * 100.0;
    format!(
        "the highest rate from {}/s to {}/s with {}, to {precision:.0} %",
        search.from,
        search.to,
        objective.join(" and ")
    )
}

fn corners(profile: &LoadProfile) -> Vec<(f64, f64)> {
    let mut at = 0.0;
    let mut corners = vec![(0.0, profile.start)];
    for (level, duration) in &profile.stages {
        at += duration.as_secs_f64();
        corners.push((at, *level));
    }
    corners
}

fn levels(profile: &LoadProfile, unit: &str) -> String {
    if profile.stages.iter().all(|(level, _)| *level == profile.start) {
        return format!("{}{unit}", profile.start);
    }
    let mut text = format!("{}{unit}", profile.start);
    for (level, duration) in &profile.stages {
        text.push_str(&format!(" → {level}{unit} in {}", seconds(*duration)));
    }
    text
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;

    fn generator(cpu_s: f64, lag_ms: u64) -> GeneratorTally {
        let mut schedule_lag = engine::histogram();
        for _ in 0..1000 {
            schedule_lag.record(lag_ms * 1_000_000 + 1).unwrap();
        }
        GeneratorTally {
            schedule_lag,
            cpu_s,
            wall_s: 10.0,
            threads: 1,
            queued: 0,
            unsent: 0,
            peak_connections: 4,
        }
    }

    #[test]
    fn says_when_the_generator_was_the_limit() {
        assert!(!GeneratorRecord::of(&generator(2.0, 0)).saturated);
        assert!(GeneratorRecord::of(&generator(9.5, 0)).saturated, "95 % of its core");
        assert!(GeneratorRecord::of(&generator(2.0, 50)).saturated, "50 ms late");
        let tally = LoadTally {
            routes: Vec::new(),
            seconds: Vec::new(),
            generator: generator(9.5, 50),
            samples: Vec::new(),
            sightings: Vec::new(),
            leaks: Vec::new(),
            interrupted: false,
            next: 0,
        };
        let warnings = load_warnings(&tally);
        assert_eq!(warnings.iter().filter(|w| w.starts_with("the generator was the limit")).count(), 2);
    }

    #[test]
    fn says_why_arrivals_were_left_over() {
        let said = |generator: GeneratorTally, interrupted| {
            let (routes, seconds, samples, sightings, leaks) = Default::default();
            let warnings = load_warnings(&LoadTally {
                routes,
                seconds,
                generator,
                samples,
                sightings,
                leaks,
                interrupted,
                next: 0,
            });
            warnings.into_iter().find(|w| w.starts_with("7 arrivals of the schedule never went out")).unwrap()
        };
        let left = |cpu_s, lag_ms, queued| GeneratorTally { unsent: 7, queued, ..generator(cpu_s, lag_ms) };
        assert!(said(left(9.5, 0, 3), false).contains("the generator itself"), "it had no CPU left");
        assert!(said(left(2.0, 50, 3), false).contains("the generator itself"), "it was late");
        assert!(said(left(2.0, 0, 3), false).contains("every connection was busy"));
        assert!(said(left(2.0, 0, 0), true).contains("stopped"));
        assert!(said(left(2.0, 0, 0), false).contains("end of the run came first"));
    }

    #[test]
    fn few_late_sends_are_judged_by_what_they_can_show() {
        let mut few = generator(2.0, 50);
        few.schedule_lag = engine::histogram();
        for n in 0..60 {
            few.schedule_lag.record(if n < 2 { 50_000_000 } else { 1_000 }).unwrap();
        }
        assert!(!GeneratorRecord::of(&few).saturated, "2 of 60 say nothing of the slowest hundredth");
        for _ in 0..10 {
            few.schedule_lag.record(50_000_000).unwrap();
        }
        let record = GeneratorRecord::of(&few);
        assert!(record.saturated && record.schedule_lag.p99_ms.is_none());
        assert_eq!(record.schedule_lag.tail().unwrap().0, 10, "a tenth of them was late");
    }

    #[test]
    fn resources_count_between_the_samples() {
        let sample = |at_s, cpu_s, rss_bytes| Sample { at_s, cpu_s, rss_bytes, processes: 2 };
        let record =
            ResourceRecord::of(vec![sample(0.0, 1.0, 10), sample(1.0, 1.5, 30), sample(2.0, 3.0, 20)], 500);
        let record = record.unwrap();
        assert_eq!((record.cpu_s, record.cpu_s_per_1k, record.peak_rss_bytes), (2.0, Some(4.0), 30));
        assert!(ResourceRecord::of(vec![sample(0.0, 1.0, 10)], 5).is_none());
    }

    #[test]
    fn describes_the_load() {
        let second = Duration::from_secs(1);
        let load = LoadPlan {
            model: ModelPlan::Open {
                profile: LoadProfile { start: 0.0, stages: vec![(100.0, 5 * second), (100.0, 10 * second)] },
                arrivals: Arrivals::Poisson,
                connections: 8,
            },
            series: None,
            blocks: None,
            first: 0,
            warmup: second,
            connection: ConnectionMode::KeepAlive,
            tls_resumption: true,
            timeout: second,
            threads: 1,
            seed: 1,
        };
        let record = LoadRecord::of(&load, &[], &[], &[]);
        assert_eq!(
            record.summary,
            "open model, 0/s → 100/s in 5 s → 100/s in 10 s, Poisson arrivals, 15 s after 1 s of warm-up, kept-alive connections"
        );
        assert_eq!(record.profile, [(0.0, 0.0), (5.0, 100.0), (15.0, 100.0)]);
        assert_eq!(record.requests_per_arrival, None, "nothing arrives");
        let item = |weight, steps: &[usize]| Item {
            name: "item".into(),
            weight,
            steps: steps.iter().map(|step| crate::plan::RouteId(*step)).collect(),
            think: Duration::ZERO,
            slots: 0,
        };
        let record = LoadRecord::of(&load, &[item(3, &[0]), item(1, &[0, 1, 1])], &[], &["a", "b"]);
        assert_eq!(record.requests_per_arrival, Some(1.5), "three of one request, then one of three");
        assert_eq!(record.shares, [("a".to_owned(), 4.0 / 6.0), ("b".to_owned(), 2.0 / 6.0)].into());
    }
}
