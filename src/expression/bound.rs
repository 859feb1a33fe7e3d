//! What a gate's number is held against: `p99 < 250ms`, `p95 < 0.8x`.

use super::parser::Parser;
use super::slip::nearest;
use super::{GateError, Metric, unit};

/// `p99 < 250ms`, the limit in the record's own unit (or a plain ratio).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bound {
    pub(crate) metric: Metric,
    pub(crate) op: Op,
    pub(crate) limit: f64,
}

/// How a number stands to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Op {
    /// Whether a value is on the right side.
    pub(crate) fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Op::Less => value < limit,
            Op::AtMost => value <= limit,
            Op::More => value > limit,
            Op::AtLeast => value >= limit,
        }
    }
}

impl<'a> Parser<'a> {
    pub(super) fn bound(&self, predicate: &'a str, ratio: bool) -> Result<Bound, GateError> {
        let example = if ratio { "p95 < 0.8x" } else { "p99 < 250ms" };
        let Some(at) = predicate.find(['<', '>', '=', '≤', '≥']) else {
            let help = format!("a metric, one of < <= > >=, and a limit, as in `{example}`");
            return Err(self.wrong(predicate, "there is no comparison", help));
        };
        let name = predicate[..at].trim();
        let metric = self.metric(name, predicate)?;
        let rest = &predicate[at..];
        let end = rest.find(|c| !"<>=≤≥!".contains(c)).unwrap_or(rest.len());
        let op = match &rest[..end] {
            "<" => Op::Less,
            "<=" => Op::AtMost,
            ">" => Op::More,
            ">=" => Op::AtLeast,
            other => {
                let near = match other {
                    "≤" | "=<" => "write `<=`",
                    "≥" | "=>" => "write `>=`",
                    _ => "use <, <=, > or >=: a measured number is never exactly another",
                };
                return Err(self.wrong(&rest[..end], format!("`{other}` is no comparison here"), near));
            }
        };
        let limit = self.limit(metric, rest[end..].trim(), predicate, ratio)?;
        Ok(Bound { metric, op, limit })
    }

    fn metric(&self, name: &'a str, predicate: &'a str) -> Result<Metric, GateError> {
        let all = Metric::ALL.map(Metric::name);
        if name.is_empty() {
            let help = format!("metrics are {}", all.join(", "));
            return Err(self.wrong(predicate, "the metric is missing", help));
        }
        metric(name).ok_or_else(|| {
            let help = match (synonym(name), nearest(name, all)) {
                (Some(word), _) | (None, Some(word)) => format!("did you mean `{word}`?"),
                (None, None) => format!("metrics are {}", all.join(", ")),
            };
            self.wrong(name, format!("no metric `{name}`"), help)
        })
    }

    fn limit(&self, metric: Metric, value: &'a str, near: &'a str, ratio: bool) -> Result<f64, GateError> {
        let (kind, usual) =
            if ratio { ("a ratio, as in 0.8x", "x") } else { unit::teach(metric.dimension()) };
        let at = if value.is_empty() { near } else { value };
        let Some((number, written)) = unit::split(value) else {
            let what = if value.is_empty() {
                "the limit is missing".into()
            } else {
                format!("`{value}` is no number")
            };
            return Err(self.wrong(at, what, format!("the limit is {kind}")));
        };
        if written.is_empty() {
            return Err(self.wrong(
                at,
                format!("`{value}` has no unit"),
                self.unit_wanted(number, usual, kind),
            ));
        }
        if written == "x" && ratio {
            return Ok(number);
        }
        if ratio {
            let help = format!("a comparison is limited by {kind}");
            return Err(self.wrong(written, format!("`{written}` is no ratio"), help));
        }
        if let Some((_, scale)) = unit::units(metric.dimension()).iter().find(|(name, _)| *name == written) {
            return Ok(number * scale);
        }
        if written == "x" {
            let help = format!("a ratio needs two stacks, as in `{}: {near}`", self.example_pair());
            return Err(self.wrong(written, format!("`{value}` compares with nothing"), help));
        }
        let foreign =
            unit::ALL.iter().any(|other| unit::units(*other).iter().any(|(name, _)| *name == written));
        if foreign {
            let help = format!("`{}` is {kind}", metric.name());
            return Err(self.wrong(written, format!("`{written}` is no unit of `{}`", metric.name()), help));
        }
        let units = unit::units(metric.dimension());
        let near = unit::synonym(written)
            .filter(|word| units.iter().any(|(name, _)| name == word))
            .or_else(|| nearest(written, units.iter().map(|(name, _)| *name)));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("`{}` is {kind}", metric.name()),
        };
        Err(self.wrong(written, format!("no unit `{written}`"), help))
    }

    fn unit_wanted(&self, number: f64, usual: &str, kind: &str) -> String {
        format!("the limit is {kind}; did you mean `{number}{usual}`?")
    }
}

pub(super) fn metric(name: &str) -> Option<Metric> {
    Metric::ALL.into_iter().find(|metric| metric.name() == name)
}

fn synonym(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "median" | "latency" => Some("p50"),
        "p999" => Some("p99.9"),
        "avg" | "average" => Some("mean"),
        "rps" | "rate" | "req/s" | "requests" => Some("throughput"),
        "error rate" | "error_rate" | "failures" | "failed" => Some("errors"),
        "cpu" | "cost" => Some("cpu/1k"),
        "memory" | "mem" | "ram" => Some("rss"),
        _ => None,
    }
}
