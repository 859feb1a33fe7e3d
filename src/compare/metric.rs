//! Where a metric stands in a record, why it may be absent, and how a person reads it.

use super::quantity;
pub use crate::expression::{Dimension, Metric};
use crate::record::{LatencyRecord, RouteRecord, StackRecord, latency};
use crate::stats;

impl Metric {
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
            // Half an interval is a bound and no number to divide by.
            Metric::Capacity => stack
                .capacity
                .as_ref()
                .and_then(|capacity| capacity.lower.filter(|_| capacity.upper.is_some())),
            latency => latency.of_latency(&route.response),
        }
        .filter(|value| value.is_finite())
    }

    /// Why a stack has no value for it, as a clause.
    pub fn why_absent(self, stack: &StackRecord, route: &RouteRecord) -> String {
        if let Some(unmeasured) = stack.unmeasured() {
            return format!("{} {unmeasured}", stack.name);
        }
        if self == Metric::Capacity {
            return format!("the search on {} did not confirm both ends of its answer", stack.name);
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

    /// Good answers of a route below which no blocks give a quantile's ratio an interval; `None` for what is no quantile.
    pub fn answers_for_interval(self) -> Option<u64> {
        let each = (latency::SAMPLES_BEYOND / (1.0 - self.quantile()?)).round() as u64;
        Some(each * stats::LEAST as u64)
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
