//! What a search keeps, in the words of the gate language: `p99 < 200ms`, `errors < 0.1%`, `/notes: p95 < 50ms`.

use super::parse::{Expression, parse};
use super::{Bound, GateError, Metric, Names, Op};

/// One line of an objective. It holds for each stack, so it names none.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// As written.
    pub text: String,
    /// The route it is about; none: all together.
    pub route: Option<String>,
    pub(crate) bound: Bound,
}

impl Objective {
    /// What it limits.
    pub fn metric(&self) -> Metric {
        self.bound.metric
    }

    /// The limit in the metric's own unit.
    pub fn limit(&self) -> f64 {
        self.bound.limit
    }

    /// Whether a number keeps it.
    pub fn holds(&self, value: f64) -> bool {
        self.bound.op.holds(value, self.bound.limit)
    }
}

/// Parses one line of an objective.
///
/// # Errors
/// As for a gate, and what cannot be an objective: a stack's name, a comparison, a number that falls as the rate rises.
pub fn objective(text: &str, stacks: &[&str], routes: &[&str]) -> Result<Objective, GateError> {
    let part = |word: &str| {
        let at = text.find(word).unwrap_or(0);
        at..at + word.len()
    };
    let wrong = |span, message: String, help: &str| GateError { message, help: help.to_owned(), span };
    let (subject, bound) = match parse(text, Names { stacks, routes, checked: true })? {
        Expression::Level(subject, bound) => (subject, bound),
        Expression::Ratio(..)
        | Expression::Past(..)
        | Expression::Audit(..)
        | Expression::NewFindings(..) => {
            let message = "an objective is a limit on one number".to_owned();
            return Err(wrong(0..text.len(), message, "for example `p99 < 200ms` or `errors < 0.1%`"));
        }
    };
    if let Some(stack) = &subject.stack {
        let message = format!("an objective names no stack, and this names `{stack}`");
        return Err(wrong(
            part(stack),
            message,
            "leave the stack out: each stack is searched with the same objective",
        ));
    }
    let name = bound.metric.name();
    if bound.metric.is_stack_wide() || bound.metric == Metric::Throughput {
        let help = "limit a latency (`p99 < 200ms`) or `errors < 0.1%`; that the rate is reached is always a part of it";
        return Err(wrong(part(name), format!("`{name}` cannot be an objective of a search"), help));
    }
    if matches!(bound.op, Op::More | Op::AtLeast) {
        let sign = if bound.op == Op::More { ">" } else { ">=" };
        let message = format!("`{name}` grows with the rate: a search needs an upper limit");
        return Err(wrong(part(sign), message, "write `<` or `<=`"));
    }
    Ok(Objective { text: text.trim().to_owned(), route: subject.route, bound })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Objective, GateError> {
        objective(text, &["dev", "prod"], &["notes"])
    }

    #[test]
    fn limits_of_all_routes_or_one() {
        let whole = parsed("p99 < 200ms").unwrap();
        assert_eq!((whole.metric(), whole.limit(), whole.route.as_deref()), (Metric::P99, 200.0, None));
        assert!(whole.holds(199.9) && !whole.holds(200.0));
        assert_eq!(parsed("/notes: errors <= 0.1%").unwrap().route.as_deref(), Some("notes"));
    }

    #[test]
    fn mistakes_are_pointed_at() {
        for (text, pointed, message) in [
            ("prod: p99 < 200ms", "prod", "names no stack"),
            ("prod vs dev: p99 < 2x", "prod vs dev: p99 < 2x", "a limit on one number"),
            ("audit: no high", "audit: no high", "a limit on one number"),
            ("throughput < 200/s", "throughput", "cannot be an objective"),
            ("capacity < 200/s", "capacity", "cannot be an objective"),
            ("rss < 1GiB", "rss", "cannot be an objective"),
            ("p99 > 200ms", ">", "needs an upper limit"),
            ("p99 < 200", "200", "has no unit"),
            ("/nots: p99 < 1s", "nots", "no route"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.message.contains(message), "{text}: {error}");
            assert_eq!(&text[error.span.clone()], pointed, "{text}: {error}");
        }
    }
}
