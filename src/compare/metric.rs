//! What can be compared and gated: where a metric stands in a record, what it is called, which way is better.

use super::quantity;
use crate::record::{LatencyRecord, RouteRecord, StackRecord, latency};

/// What can be compared (and gated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Median response time, ms.
    P50,
    /// 90th percentile, ms.
    P90,
    /// 95th percentile, ms.
    P95,
    /// 99th percentile, ms.
    P99,
    /// 99.9th percentile, ms.
    P999,
    /// Mean, ms.
    Mean,
    /// Largest, ms.
    Max,
    /// Requests a second.
    Throughput,
    /// Share of failed requests, 0 to 1.
    Errors,
    /// CPU-seconds of the stack for each 1,000 requests (stack-wide).
    CpuPer1k,
    /// Peak resident memory of the stack in bytes (stack-wide).
    Rss,
}

/// What a metric's number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Milliseconds.
    Latency,
    /// Requests a second.
    Rate,
    /// 0 to 1.
    Share,
    /// CPU-seconds.
    Cpu,
    /// Bytes.
    Memory,
}

impl Metric {
    /// All of them, in the order reports show them.
    pub const ALL: [Metric; 11] = [
        Metric::P50,
        Metric::P90,
        Metric::P95,
        Metric::P99,
        Metric::P999,
        Metric::Mean,
        Metric::Max,
        Metric::Throughput,
        Metric::Errors,
        Metric::CpuPer1k,
        Metric::Rss,
    ];

    /// Its name in gates.
    pub fn name(self) -> &'static str {
        match self {
            Metric::P50 => "p50",
            Metric::P90 => "p90",
            Metric::P95 => "p95",
            Metric::P99 => "p99",
            Metric::P999 => "p99.9",
            Metric::Mean => "mean",
            Metric::Max => "max",
            Metric::Throughput => "throughput",
            Metric::Errors => "errors",
            Metric::CpuPer1k => "cpu/1k",
            Metric::Rss => "rss",
        }
    }

    /// Its name in reports.
    pub fn title(self) -> &'static str {
        match self {
            Metric::P50 => "median",
            Metric::CpuPer1k => "CPU / 1k requests",
            Metric::Rss => "peak memory",
            other => other.name(),
        }
    }

    /// What its number counts.
    pub fn dimension(self) -> Dimension {
        match self {
            Metric::Throughput => Dimension::Rate,
            Metric::Errors => Dimension::Share,
            Metric::CpuPer1k => Dimension::Cpu,
            Metric::Rss => Dimension::Memory,
            _ => Dimension::Latency,
        }
    }

    /// Whether more of it is better.
    pub fn more_is_better(self) -> bool {
        self == Metric::Throughput
    }

    /// Whether it is of the whole stack and not of a route.
    pub fn is_stack_wide(self) -> bool {
        matches!(self, Metric::CpuPer1k | Metric::Rss)
    }

    /// The quantile it is, where it is one.
    pub fn quantile(self) -> Option<f64> {
        match self {
            Metric::P50 => Some(0.5),
            Metric::P90 => Some(0.9),
            Metric::P95 => Some(0.95),
            Metric::P99 => Some(0.99),
            Metric::P999 => Some(0.999),
            _ => None,
        }
    }

    /// Its value in a distribution of response times; `None` for what is no latency or could not be estimated.
    pub fn of_latency(self, latency: &LatencyRecord) -> Option<f64> {
        match self {
            Metric::P50 => latency.p50_ms,
            Metric::P90 => latency.p90_ms,
            Metric::P95 => latency.p95_ms,
            Metric::P99 => latency.p99_ms,
            Metric::P999 => latency.p999_ms,
            Metric::Mean => latency.mean_ms,
            Metric::Max => latency.max_ms,
            _ => None,
        }
    }

    /// Its value on a stack, for one of its routes or its total. Stack-wide metrics ignore the route.
    pub fn of(self, stack: &StackRecord, route: &RouteRecord) -> Option<f64> {
        match self {
            Metric::Throughput => (stack.wall_s > 0.0 && route.requests > 0).then_some(route.throughput_rps),
            Metric::Errors => route.error_rate(),
            Metric::CpuPer1k => stack.resources.as_ref().and_then(|resources| resources.cpu_s_per_1k),
            Metric::Rss => stack.resources.as_ref().map(|resources| resources.peak_rss_bytes as f64),
            latency => latency.of_latency(&route.response),
        }
        .filter(|value| value.is_finite())
    }

    /// Why a stack has no value for it, as a clause.
    pub fn why_absent(self, stack: &StackRecord, route: &RouteRecord) -> String {
        if let Some(failure) = &stack.failure {
            return format!("{} was not measured to the end: {}", stack.name, quantity::first_line(failure));
        }
        if self.is_stack_wide() && stack.resources.is_none() {
            return format!("{} was not started here, so its CPU and memory are unknown", stack.name);
        }
        if route.requests == 0 {
            return "no request ended".to_owned();
        }
        match self.quantile() {
            Some(quantile) => format!(
                "{} needs {} good answers, there were {}",
                self.name(),
                quantity::count((latency::SAMPLES_BEYOND / (1.0 - quantile)).round() as u64),
                quantity::count(route.response.count)
            ),
            None => "there was no good answer".to_owned(),
        }
    }

    /// A value with its unit, as a person reads it.
    pub fn show(self, value: f64) -> String {
        match self.dimension() {
            Dimension::Latency => quantity::latency(value),
            Dimension::Rate => format!("{}/s", quantity::rate(value)),
            Dimension::Share => quantity::percent(value),
            Dimension::Cpu => quantity::latency(value * 1e3),
            Dimension::Memory => quantity::bytes(value),
        }
    }
}
