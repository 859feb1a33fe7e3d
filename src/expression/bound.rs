//! What a gate's number is held against: `p99 < 250ms`, `p95 < 0.8x`.

use super::parser::Parser;
use super::slip::{nearest, short};
use super::{Dimension, GateError, Metric, unit};

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
        let Some(at) = predicate.find(['<', '>', '=', '≤', '≥', '!']) else {
            let help = match compared(predicate) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("a metric, one of < <= > >=, and a limit, as in `{example}`"),
            };
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
        let bound = Bound { metric, op, limit };
        match bound.foregone(ratio).filter(|_| self.names.checked) {
            None => Ok(bound),
            Some(holds) => Err(self.foregone(predicate, holds)),
        }
    }

    fn metric(&self, name: &'a str, predicate: &'a str) -> Result<Metric, GateError> {
        let all = Metric::ALL.map(Metric::name);
        if name.is_empty() {
            let help = format!("metrics are {}", all.join(", "));
            return Err(self.wrong(predicate, "the metric is missing", help));
        }
        metric(name).ok_or_else(|| {
            let quantile = name.strip_prefix('p').is_some_and(|n| n.parse::<f64>().is_ok());
            let help = match (synonym(name), nearest(name, all)) {
                (Some(word), _) => format!("did you mean `{word}`?"),
                (None, _) if quantile => "quantiles are p50, p90, p95, p99 and p99.9".to_owned(),
                (None, Some(word)) => format!("did you mean `{word}`?"),
                (None, None) => format!("metrics are {}", all.join(", ")),
            };
            self.wrong(name, format!("no metric `{}`", short(name)), help)
        })
    }

    fn limit(&self, metric: Metric, value: &'a str, near: &'a str, ratio: bool) -> Result<f64, GateError> {
        let (kind, usual) =
            if ratio { ("a ratio, as in 0.8x", "x") } else { unit::teach(metric.dimension()) };
        let at = if value.is_empty() { near } else { value };
        let Some((number, written)) = unit::split(value) else {
            let below = value.strip_prefix(['-', '−']).is_some_and(|rest| unit::split(rest).is_some());
            let what = match value {
                "" => "the limit is missing".into(),
                _ if below => format!("`{}` is below zero, and nothing measured is", short(value)),
                _ => format!("`{}` is no number", short(value)),
            };
            return Err(self.wrong(at, what, format!("the limit is {kind}")));
        };
        if written.is_empty() {
            return Err(self.wrong(
                at,
                format!("`{}` has no unit", short(value)),
                self.unit_wanted(number, usual, kind),
            ));
        }
        if let Some(help) = spelt_otherwise(written) {
            return Err(self.wrong(at, format!("`{}` is no number", short(value)), help));
        }
        if let Some((_, more)) = unit::then_more(written) {
            let help = "a gate ends with its limit; another gate is a string of its own";
            return Err(self.wrong(more, format!("`{}` follows the limit", short(more)), help));
        }
        if written == "x" && ratio {
            return Ok(number);
        }
        if ratio {
            let help = format!("a comparison is limited by {kind}");
            return Err(self.wrong(written, format!("`{}` is no ratio", short(written)), help));
        }
        if let Some((_, scale)) = unit::units(metric.dimension()).iter().find(|(name, _)| *name == written) {
            return Ok(number * scale);
        }
        if written == "x" {
            let help = format!("a ratio needs two stacks, as in `{}: {}`", self.example_pair(), short(near));
            return Err(self.wrong(written, format!("`{}` compares with nothing", short(value)), help));
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
        Err(self.wrong(written, format!("no unit `{}`", short(written)), help))
    }

    fn foregone(&self, predicate: &'a str, holds: bool) -> GateError {
        let (what, help) = if holds {
            (
                "always holds",
                "a gate is worth its name only where it can fail: set another limit, or leave it out",
            )
        } else {
            (
                "never holds",
                "no number can be on that side of the limit: set another one, or turn the comparison round",
            )
        };
        self.wrong(predicate, format!("`{}` {what}", short(predicate)), help)
    }

    fn unit_wanted(&self, number: f64, usual: &str, kind: &str) -> String {
        format!("the limit is {kind}; did you mean `{number}{usual}`?")
    }
}

impl Bound {
    /// What it says whatever is measured; `None` where that depends. Nothing measured is below zero, and no more requests
    /// fail than there are.
    fn foregone(self, ratio: bool) -> Option<bool> {
        let most = if self.metric == Metric::Errors && !ratio { 1.0 } else { f64::INFINITY };
        // No answer takes no time.
        let timed = self.metric.dimension() == Dimension::Latency && !ratio;
        match self.op {
            Op::AtMost if timed && self.limit <= 0.0 => Some(false),
            Op::More if timed && self.limit <= 0.0 => Some(true),
            Op::Less if self.limit <= 0.0 => Some(false),
            Op::Less if self.limit > most => Some(true),
            Op::AtMost if self.limit >= most => Some(true),
            Op::More if self.limit >= most => Some(false),
            Op::AtLeast if self.limit <= 0.0 => Some(true),
            Op::AtLeast if self.limit > most => Some(false),
            _ => None,
        }
    }
}

/// `p99 250ms` with the comparison that it lacks.
fn compared(predicate: &str) -> Option<String> {
    let (name, limit) = predicate.split_once(char::is_whitespace)?;
    let sign = if metric(name)?.more_is_better() { '>' } else { '<' };
    unit::split(limit.trim()).map(|_| format!("{name} {sign} {}", short(limit.trim())))
}

/// What to write instead of the exponent or the comma that follows the first digits.
fn spelt_otherwise(rest: &str) -> Option<&'static str> {
    let mut signs = rest.chars();
    let (first, next) = (signs.next()?, signs.next().unwrap_or(' '));
    match first {
        ',' => Some("a decimal sign is a point, `0.5s`; thousands may be set apart as in `1_000/s`"),
        'e' | 'E' if next.is_ascii_digit() || matches!(next, '+' | '-') => {
            Some("write its digits out: `1000ms`, not `1e3ms`")
        }
        _ => None,
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
