//! A run as metrics, for dashboards: families of gauges and summaries in base units (seconds, bytes, shares from 0 to 1). What
//! could not be estimated has no sample.

use super::{Document, finding};
use crate::compare::{Comparison, Metric};
use crate::gate::Verdict;
use crate::record::{LatencyRecord, Outcome, RouteRecord, Severity, StackRecord};

const QUANTILES: [Metric; 5] = [Metric::P50, Metric::P90, Metric::P95, Metric::P99, Metric::P999];
const SEVERITIES: [Severity; 5] =
    [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
const OUTCOMES: [Outcome; 7] = [
    Outcome::Pass,
    Outcome::Info,
    Outcome::Warn,
    Outcome::Fail,
    Outcome::NotApplicable,
    Outcome::NotRun,
    Outcome::Inconclusive,
];

/// Names and values; the values are foreign text.
pub(super) type Labels = Vec<(&'static str, String)>;

/// A metric with its samples.
pub(super) struct Family {
    /// `shakedown_response_seconds`.
    pub(super) name: String,
    /// What it is.
    pub(super) help: String,
    /// Its unit by UCUM, which OTLP asks for; empty where it has none.
    pub(super) unit: &'static str,
    /// Its samples.
    pub(super) samples: Samples,
}

/// Samples of one kind.
pub(super) enum Samples {
    /// A number each.
    Gauge(Vec<(Labels, f64)>),
    /// A distribution each.
    Summary(Vec<(Labels, Distribution)>),
}

/// Quantiles with their values, and how many samples they are of.
pub(super) struct Distribution {
    pub(super) quantiles: Vec<(f64, f64)>,
    pub(super) sum: Option<f64>,
    pub(super) count: u64,
}

/// One kind of latency of a route.
type OfRoute = fn(&RouteRecord) -> &LatencyRecord;

/// Every family of a document.
pub(super) fn families(document: &Document<'_>) -> Vec<Family> {
    let mut families = of_the_run(document);
    families.extend(latencies(document));
    families.extend(counts(&document.record.stacks));
    families.extend(resources(&document.record.stacks));
    families.extend(ratios(&document.comparisons));
    families.extend(of_the_audit(document));
    families
}

fn gauge(name: &str, unit: &'static str, help: &str, mut samples: Vec<(Labels, f64)>) -> Family {
    samples.retain(|(_, value)| value.is_finite());
    Family { name: name.to_owned(), help: help.to_owned(), unit, samples: Samples::Gauge(samples) }
}

fn of_the_run(document: &Document<'_>) -> Vec<Family> {
    let record = document.record;
    let info = vec![
        ("version", record.tool.version.clone()),
        ("scenario", record.scenario.slug.clone()),
        ("status", document.status_word().to_owned()),
    ];
    let judged = document.gates.iter().filter_map(|gate| match gate.verdict {
        Verdict::Pass => Some((vec![("gate", gate.text.clone())], 1.0)),
        Verdict::Fail => Some((vec![("gate", gate.text.clone())], 0.0)),
        Verdict::Unknown | Verdict::Skipped => None,
    });
    let measured =
        record.stacks.iter().map(|stack| (of_stack(stack), f64::from(u8::from(stack.failure.is_none()))));
    let started = record.started.as_millisecond() as f64 / 1e3;
    vec![
        gauge("shakedown_run_info", "", "The run: always 1.", vec![(info, 1.0)]),
        gauge(
            "shakedown_run_start_timestamp_seconds",
            "s",
            "When the run began.",
            vec![(Vec::new(), started)],
        ),
        gauge(
            "shakedown_gate",
            "",
            "Whether a gate holds: 1 or 0; no sample where it can't be judged.",
            judged.collect(),
        ),
        gauge(
            "shakedown_stack_measured",
            "",
            "Whether a stack was measured to the end: 1 or 0.",
            measured.collect(),
        ),
    ]
}

fn latencies(document: &Document<'_>) -> Vec<Family> {
    let kinds: [(&str, &str, OfRoute); 3] = [
        ("response", "Time from the intended start to the end of a good answer", |route| &route.response),
        ("service", "Time from the send to the end of a good answer", |route| &route.service),
        ("first_byte", "Time from the send to the first byte of a good answer", |route| &route.first_byte),
    ];
    let stacks = &document.record.stacks;
    let mut families = Vec::new();
    for (kind, help, of) in kinds {
        let routes = each_route(stacks).map(|(labels, _, route)| (labels, distribution(of(route))));
        let totals = stacks.iter().map(|stack| (of_stack(stack), distribution(of(&stack.total))));
        for (name, help, samples) in [
            (format!("shakedown_{kind}_seconds"), format!("{help}."), routes.collect()),
            (
                format!("shakedown_stack_{kind}_seconds"),
                format!("{help}, all routes together."),
                totals.collect(),
            ),
        ] {
            families.push(Family { name, help, unit: "s", samples: Samples::Summary(samples) });
        }
    }
    families
}

fn distribution(latency: &LatencyRecord) -> Distribution {
    let at = |metric: Metric| Some((metric.quantile()?, metric.of_latency(latency)? / 1e3));
    Distribution {
        quantiles: QUANTILES.into_iter().filter_map(at).collect(),
        sum: latency.mean_ms.map(|mean| mean / 1e3 * latency.count as f64),
        count: latency.count,
    }
}

fn counts(stacks: &[StackRecord]) -> Vec<Family> {
    let requests = each_route(stacks).map(|(labels, _, route)| (labels, route.requests as f64));
    let errors = each_route(stacks).flat_map(|(labels, _, route)| {
        let with = move |class: &String| labels.iter().cloned().chain([("class", class.clone())]).collect();
        route.errors.iter().map(move |(class, n)| (with(class), *n as f64))
    });
    let of = |metric: Metric| -> Vec<(Labels, f64)> {
        each_route(stacks)
            .filter_map(|(labels, stack, route)| Some((labels, metric.of(stack, route)?)))
            .collect()
    };
    vec![
        gauge("shakedown_requests", "{request}", "Requests that ended.", requests.collect()),
        gauge("shakedown_errors", "{request}", "Requests that failed, by class.", errors.collect()),
        gauge("shakedown_error_ratio", "1", "Share of the requests that failed.", of(Metric::Errors)),
        gauge(
            "shakedown_requests_per_second",
            "{request}/s",
            "Requests a second that ended.",
            of(Metric::Throughput),
        ),
    ]
}

fn resources(stacks: &[StackRecord]) -> Vec<Family> {
    let of = |metric: Metric| -> Vec<(Labels, f64)> {
        stacks.iter().filter_map(|stack| Some((of_stack(stack), metric.of(stack, &stack.total)?))).collect()
    };
    vec![
        gauge(
            "shakedown_stack_cpu_seconds_per_1k_requests",
            "s",
            "CPU time of a stack for 1,000 requests.",
            of(Metric::CpuPer1k),
        ),
        gauge(
            "shakedown_stack_peak_resident_bytes",
            "By",
            "Largest resident memory of a stack.",
            of(Metric::Rss),
        ),
        gauge(
            "shakedown_stack_capacity_requests_per_second",
            "{request}/s",
            "Highest rate that keeps the objective of a search: the confirmed lower end.",
            of(Metric::Capacity),
        ),
    ]
}

/// Every later stack over the first, all routes together.
fn ratios(comparisons: &[Comparison]) -> Vec<Family> {
    let rows = comparisons.iter().flat_map(|of| of.headline().into_iter().map(move |row| (of, row)));
    let (mut points, mut lows, mut highs) = (Vec::new(), Vec::new(), Vec::new());
    for (of, row) in rows {
        let labels = vec![
            ("first", of.first.clone()),
            ("second", of.second.clone()),
            ("metric", row.metric.name().to_owned()),
        ];
        if let Some(interval) = row.interval() {
            lows.push((labels.clone(), interval.low));
            highs.push((labels.clone(), interval.high));
        }
        points.extend(row.ratio.map(|ratio| (labels, ratio)));
    }
    vec![
        gauge("shakedown_ratio", "1", "A number of the second stack over that of the first.", points),
        gauge("shakedown_ratio_low", "1", "Lower end of the ratio's 95 % interval.", lows),
        gauge("shakedown_ratio_high", "1", "Upper end of the ratio's 95 % interval.", highs),
    ]
}

fn of_the_audit(document: &Document<'_>) -> Vec<Family> {
    let record = document.record;
    let found = finding::findings(record);
    let (mut findings, mut checks) = (Vec::new(), Vec::new());
    for stack in finding::stacks(record) {
        let labels = |name, value: &str| vec![("stack", stack.to_owned()), (name, value.to_owned())];
        for severity in SEVERITIES {
            let n = found.iter().filter(|o| o.stack == stack && o.severity == severity).count();
            findings.push((labels("severity", severity.name()), n as f64));
        }
        let accepted = finding::accepted(record).iter().filter(|(outcome, _)| outcome.stack == stack).count();
        checks.push((labels("outcome", "accepted"), accepted as f64));
        for outcome in OUTCOMES {
            let n = finding::count(record, stack, outcome);
            checks.push((labels("outcome", finding::word(outcome)), n as f64));
        }
    }
    vec![
        gauge("shakedown_audit_findings", "{finding}", "Findings of the audit by severity.", findings),
        gauge("shakedown_audit_checks", "{check}", "Checks of the audit by what became of them.", checks),
    ]
}

fn of_stack(stack: &StackRecord) -> Labels {
    vec![("stack", stack.name.clone())]
}

fn each_route(stacks: &[StackRecord]) -> impl Iterator<Item = (Labels, &StackRecord, &RouteRecord)> {
    stacks.iter().flat_map(|stack| {
        stack.routes.iter().map(move |route| {
            (vec![("stack", stack.name.clone()), ("route", route.name.clone())], stack, route)
        })
    })
}
