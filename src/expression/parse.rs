//! The gate language. Every error points at the part that is wrong and says what would be right.

use std::ops::Range;

use super::{GateError, Metric, Severity, unit};

/// What a gate asks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// A number of one stack, or of each.
    Level(Subject, Bound),
    /// A number of one stack over the same number of another.
    Ratio(Subject, Subject, Bound),
    /// No finding of this severity or above.
    Audit(Option<String>, Severity),
    /// None that the baseline does not have.
    NewFindings(Option<String>, Severity),
    /// A number of one stack over the same number in earlier runs.
    Past(Subject, Bound),
}

/// Whose number it is. No stack: each of them; no route: all together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) stack: Option<String>,
    pub(crate) route: Option<String>,
}

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

/// What may be named. Unchecked names are taken as they stand: a record can lack what its scenario had.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) stacks: &'a [&'a str],
    pub(crate) routes: &'a [&'a str],
    pub(crate) checked: bool,
}

const SEVERITIES: [Severity; 5] =
    [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

const FORMS: &str = "a gate reads `prod: errors < 0.1%`, `prod/notes: p99 < 250ms`, `prod vs dev: p95 < 0.8x`, `prod vs baseline: p99 < 1.1x` or `audit prod: no high`";

pub(crate) fn parse(text: &str, names: Names<'_>) -> Result<Expression, GateError> {
    Parser { text, names }.expression()
}

struct Parser<'a> {
    text: &'a str,
    names: Names<'a>,
}

impl<'a> Parser<'a> {
    fn expression(&self) -> Result<Expression, GateError> {
        let text = self.text.trim();
        if text.is_empty() {
            return Err(error("the gate is empty", FORMS, 0..self.text.len()));
        }
        // A route's name may hold a colon; what follows the subject can't.
        let (subject, predicate) = match text.rsplit_once(':') {
            Some((subject, predicate)) => (Some(subject.trim()), predicate.trim()),
            None => (None, text),
        };
        if let Some(stack) = audit_subject(subject.unwrap_or(text), predicate) {
            return self.audit(stack, subject.is_some(), predicate);
        }
        let Some(subject) = subject else { return self.without_colon(text) };
        if let Some((a, b)) = self.versus(subject) {
            return self.ratio(a, b, predicate);
        }
        if let Some(pair) = subject.strip_suffix(" vs").or_else(|| subject.strip_prefix("vs ")) {
            let help = format!("name both stacks, as in `{}`", self.example_pair());
            return Err(self.wrong(
                subject,
                format!("only `{}` is named before or after `vs`", pair.trim()),
                help,
            ));
        }
        let whose = self.subject(subject)?;
        let bound = self.bound(predicate, false)?;
        self.fits(subject, &whose, bound)?;
        Ok(Expression::Level(whose, bound))
    }

    /// `errors < 1%` asks every stack; anything else without a colon lacks one.
    fn without_colon(&self, text: &str) -> Result<Expression, GateError> {
        let first = text.split(['<', '>', '=', ' ']).next().unwrap_or("");
        if metric(first).is_some() {
            let nobody = Subject { stack: None, route: None };
            return Ok(Expression::Level(nobody, self.bound(text, false)?));
        }
        let stack = first.split('/').next().unwrap_or(first);
        let rest = text.get(first.len()..).unwrap_or("").trim();
        if self.names.stacks.contains(&stack) && !rest.is_empty() {
            let help = format!("write `{first}: {rest}`");
            return Err(self.wrong(first, format!("a colon is missing after `{first}`"), help));
        }
        if let Some(near) = nearest(first, Metric::ALL.map(Metric::name)) {
            return Err(self.wrong(first, format!("no metric `{first}`"), format!("did you mean `{near}`?")));
        }
        Err(self.wrong(text, "this is no gate: it has no colon", FORMS))
    }

    fn audit(&self, stack: &str, colon: bool, predicate: &'a str) -> Result<Expression, GateError> {
        if !colon {
            return Err(self.wrong(
                self.text.trim(),
                "a colon is missing",
                "write it as `audit prod: no high`",
            ));
        }
        let stack = match stack {
            "" => None,
            name => Some(self.stack(name)?),
        };
        let list = "info, low, medium, high or critical";
        let Some(word) = predicate.strip_prefix("no ").map(str::trim) else {
            let help = format!("write `no` and a severity ({list}), as in `audit prod: no high`");
            return Err(self.wrong(predicate, format!("`{predicate}` says nothing about findings"), help));
        };
        let (word, new) = match word.strip_prefix("new ") {
            Some(rest) => (rest.trim(), true),
            None => (word, false),
        };
        match SEVERITIES.into_iter().find(|severity| severity.name() == word) {
            Some(severity) if new => Ok(Expression::NewFindings(stack, severity)),
            Some(severity) => Ok(Expression::Audit(stack, severity)),
            None => {
                let help = match nearest(word, SEVERITIES.map(Severity::name)) {
                    Some(near) => format!("did you mean `{near}`? Severities are {list}"),
                    None => format!("severities are {list}; `no high` also means no critical"),
                };
                Err(self.wrong(word, format!("no severity `{word}`"), help))
            }
        }
    }

    /// The two sides of ` vs `; where a name holds the word itself, the split that makes both sides known.
    fn versus(&self, subject: &'a str) -> Option<(&'a str, &'a str)> {
        let splits: Vec<_> = subject
            .match_indices(" vs ")
            .map(|(at, word)| (subject[..at].trim(), subject[at + word.len()..].trim()))
            .filter(|(a, b)| !a.is_empty() && !b.is_empty())
            .collect();
        if self.knows(subject) {
            return None;
        }
        splits.iter().find(|(a, b)| self.knows(a) && self.knows(b)).or(splits.first()).copied()
    }

    fn knows(&self, subject: &str) -> bool {
        if self.names.stacks.contains(&subject) {
            return true;
        }
        subject.split_once('/').is_some_and(|(stack, route)| {
            (stack.is_empty() || self.names.stacks.contains(&stack.trim()))
                && self.names.routes.contains(&route.trim())
        })
    }

    /// `prod vs baseline: p99 < 1.10x`, where no stack is called `baseline`.
    fn past(&self, a: &'a str, predicate: &'a str) -> Result<Expression, GateError> {
        let subject = self.subject(a)?;
        if subject.stack.is_none() {
            let stack = self.names.stacks.last().copied().unwrap_or("prod");
            let help = format!("name the stack, as in `{stack}{a} vs baseline`");
            return Err(self.wrong(a, "a comparison with the baseline needs a stack", help));
        }
        let bound = self.bound(predicate, true)?;
        self.fits(a, &subject, bound)?;
        Ok(Expression::Past(subject, bound))
    }

    fn ratio(&self, a: &'a str, b: &'a str, predicate: &'a str) -> Result<Expression, GateError> {
        if b == "baseline" && !self.names.stacks.contains(&"baseline") {
            return self.past(a, predicate);
        }
        let (mut first, mut second) = (self.subject(a)?, self.subject(b)?);
        // `prod/notes vs dev` asks about the same route on both.
        match (&first.route, &second.route) {
            (Some(route), None) => second.route = Some(route.clone()),
            (None, Some(route)) => first.route = Some(route.clone()),
            _ => {}
        }
        for (part, side) in [(a, &first), (b, &second)] {
            if side.stack.is_none() {
                let help = format!("name both stacks, as in `{}`", self.example_pair());
                return Err(self.wrong(part, "a comparison needs a stack on each side", help));
            }
        }
        if first == second {
            let help = format!("name two stacks, as in `{}`", self.example_pair());
            return Err(self.wrong(b, format!("`{a}` is compared with itself"), help));
        }
        let bound = self.bound(predicate, true)?;
        self.fits(a, &first, bound)?;
        Ok(Expression::Ratio(first, second, bound))
    }

    fn example_pair(&self) -> String {
        match self.names.stacks {
            [first, second, ..] => format!("{second} vs {first}"),
            _ => "prod vs dev".to_owned(),
        }
    }

    fn subject(&self, part: &'a str) -> Result<Subject, GateError> {
        if part.is_empty() {
            return Ok(Subject { stack: None, route: None });
        }
        if self.names.stacks.contains(&part) {
            return Ok(Subject { stack: Some(part.to_owned()), route: None });
        }
        let Some((stack, route)) = part.split_once('/') else {
            return Ok(Subject { stack: Some(self.stack(part)?), route: None });
        };
        let (stack, route) = (stack.trim(), route.trim());
        let stack = if stack.is_empty() { None } else { Some(self.stack(stack)?) };
        if route.is_empty() {
            return Err(self.wrong(
                part,
                "the route after `/` is missing",
                "write `prod/notes: …`, or no slash",
            ));
        }
        if self.names.checked && !self.names.routes.contains(&route) {
            let help = match nearest(route, self.names.routes.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => listed("routes", self.names.routes),
            };
            return Err(self.wrong(route, format!("no route `{route}`"), help));
        }
        Ok(Subject { stack, route: Some(route.to_owned()) })
    }

    fn stack(&self, name: &str) -> Result<String, GateError> {
        if !self.names.checked || self.names.stacks.contains(&name) {
            return Ok(name.to_owned());
        }
        let help = if self.names.routes.contains(&name) {
            let stack = self.names.stacks.last().copied().unwrap_or("prod");
            format!("`{name}` is a route: write `{stack}/{name}`, or `/{name}` for every stack")
        } else {
            match nearest(name, self.names.stacks.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => listed("stacks", self.names.stacks),
            }
        };
        Err(self.wrong(name, format!("no stack `{name}`"), help))
    }

    fn bound(&self, predicate: &'a str, ratio: bool) -> Result<Bound, GateError> {
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

    fn fits(&self, part: &str, subject: &Subject, bound: Bound) -> Result<(), GateError> {
        match (&subject.route, bound.metric.is_stack_wide()) {
            (Some(_), true) => {
                let name = bound.metric.name();
                let stack = subject.stack.as_deref().unwrap_or("prod");
                let help = format!("write `{stack}: {name} …`");
                Err(self.wrong(part, format!("`{name}` is of the whole stack, not of a route"), help))
            }
            _ => Ok(()),
        }
    }

    fn wrong(&self, part: &str, message: impl Into<String>, help: impl Into<String>) -> GateError {
        // Every part is a slice of the text, so its place is the distance between the two.
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        let end = (start + part.len()).min(self.text.len());
        error(message, help, start..end)
    }
}

fn error(message: impl Into<String>, help: impl Into<String>, span: Range<usize>) -> GateError {
    GateError { message: message.into(), help: help.into(), span }
}

/// The stack part of `audit prod`, where it is an audit gate (a stack may itself be called `audit`).
fn audit_subject<'a>(subject: &'a str, predicate: &str) -> Option<&'a str> {
    let rest = subject.strip_prefix("audit")?;
    if rest.is_empty() {
        return predicate.starts_with("no ").then_some("");
    }
    rest.starts_with(char::is_whitespace).then(|| rest.trim())
}

fn metric(name: &str) -> Option<Metric> {
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

fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = word.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(word.chars().count()) / 3 + 1)
        .filter(|(distance, name)| *distance < name.chars().count().max(2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn listed(what: &str, names: &[&str]) -> String {
    if names.is_empty() {
        return format!("there are no {what}");
    }
    let mut names = names.to_vec();
    let mut known = std::collections::HashSet::new();
    names.retain(|name| known.insert(*name));
    let shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > 8 { " …" } else { "" };
    format!("{what} are {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression as gate;

    const STACKS: &[&str] = &["dev", "prod", "baseline-2"];
    const ROUTES: &[&str] = &["notes", "notes/create", "list: all", "a vs b", "stylesheet"];

    fn level(stack: Option<&str>, route: Option<&str>, metric: Metric, op: Op, limit: f64) -> Expression {
        Expression::Level(subject(stack, route), Bound { metric, op, limit })
    }

    fn subject(stack: Option<&str>, route: Option<&str>) -> Subject {
        Subject { stack: stack.map(Into::into), route: route.map(Into::into) }
    }

    fn good(text: &str) -> Expression {
        match gate::parse(text, STACKS, ROUTES) {
            Ok(gate) => gate.expression,
            Err(error) => panic!("{text}: {error} ({})", error.help),
        }
    }

    /// The error, with the text its span covers.
    fn bad(text: &str) -> (String, String, String) {
        let error = gate::parse(text, STACKS, ROUTES).expect_err(text);
        (error.message, error.help, text[error.span].to_owned())
    }

    #[test]
    fn reads_every_form() {
        use Op::*;
        assert_eq!(good("prod: errors < 0.1%"), level(Some("prod"), None, Metric::Errors, Less, 0.001));
        assert_eq!(
            good("prod/notes: p99 <= 250ms"),
            level(Some("prod"), Some("notes"), Metric::P99, AtMost, 250.0)
        );
        assert_eq!(good("/notes: p99.9<1.5s"), level(None, Some("notes"), Metric::P999, Less, 1500.0));
        assert_eq!(good("errors < 1%"), level(None, None, Metric::Errors, Less, 0.01));
        assert_eq!(
            good("  prod : throughput >= 1_000/s "),
            level(Some("prod"), None, Metric::Throughput, AtLeast, 1000.0)
        );
        assert_eq!(good("prod: max > 5us"), level(Some("prod"), None, Metric::Max, More, 0.005));
        assert_eq!(good("prod: cpu/1k < 2s"), level(Some("prod"), None, Metric::CpuPer1k, Less, 2.0));
        assert_eq!(good("prod: rss < 400MiB"), level(Some("prod"), None, Metric::Rss, Less, 419_430_400.0));
        assert_eq!(good("prod: rss < 1 GB"), level(Some("prod"), None, Metric::Rss, Less, 1e9));
        assert_eq!(good("audit prod: no high"), Expression::Audit(Some("prod".into()), Severity::High));
        assert_eq!(
            good("audit prod: no new low"),
            Expression::NewFindings(Some("prod".into()), Severity::Low)
        );
        assert_eq!(good("audit: no critical"), Expression::Audit(None, Severity::Critical));
        let bound = Bound { metric: Metric::P95, op: Less, limit: 0.8 };
        assert_eq!(
            good("prod vs dev: p95 < 0.8x"),
            Expression::Ratio(subject(Some("prod"), None), subject(Some("dev"), None), bound)
        );
        let both = Expression::Ratio(
            subject(Some("prod"), Some("notes")),
            subject(Some("dev"), Some("notes")),
            bound,
        );
        assert_eq!(good("prod/notes vs dev/notes: p95 < 0.8x"), both);
        assert_eq!(good("prod/notes vs dev: p95 < 0.8x"), both, "the same route on both");
        assert_eq!(
            good("prod/notes vs baseline: p95 < 0.8x"),
            Expression::Past(subject(Some("prod"), Some("notes")), bound)
        );
    }

    #[test]
    fn names_may_hold_the_languages_own_signs() {
        let bound = Bound { metric: Metric::P50, op: Op::Less, limit: 1.0 };
        let route = |name| Expression::Level(subject(Some("prod"), Some(name)), bound);
        assert_eq!(good("prod/notes/create: p50 < 1ms"), route("notes/create"));
        assert_eq!(good("prod/list: all: p50 < 1ms"), route("list: all"));
        assert_eq!(good("prod/a vs b: p50 < 1ms"), route("a vs b"));
        let (a, b) = (subject(Some("prod"), Some("a vs b")), subject(Some("dev"), Some("a vs b")));
        let ratio = Bound { limit: 2.0, ..bound };
        assert_eq!(good("prod/a vs b vs dev/a vs b: p50 < 2x"), Expression::Ratio(a, b, ratio));
        assert_eq!(
            parse("audit: p50 < 1ms", Names { stacks: &["audit"], routes: &[], checked: true }),
            Ok(Expression::Level(subject(Some("audit"), None), bound)),
            "a stack called audit"
        );
    }

    #[test]
    fn errors_point_and_teach() {
        for (text, message, help, span) in [
            ("prd: p99 < 1ms", "no stack `prd`", "did you mean `prod`?", "prd"),
            ("prod/note: p99 < 1ms", "no route `note`", "did you mean `notes`?", "note"),
            ("notes: p99 < 1ms", "no stack `notes`", "`notes` is a route: write `baseline-2/notes`", "notes"),
            ("prod: p98 < 1ms", "no metric `p98`", "did you mean `p9", "p98"),
            ("prod: median < 1ms", "no metric `median`", "did you mean `p50`?", "median"),
            ("prod: memory < 1MiB", "no metric `memory`", "did you mean `rss`?", "memory"),
            ("prod: p99 < 250", "`250` has no unit", "did you mean `250ms`?", "250"),
            ("prod: errors < 1", "`1` has no unit", "did you mean `1%`?", "1"),
            ("prod: p99 < 250MiB", "`MiB` is no unit of `p99`", "a time in us, ms or s", "MiB"),
            ("prod: p99 < 2 sec", "no unit `sec`", "did you mean `s`?", "sec"),
            ("prod: rss < 2 mib", "no unit `mib`", "did you mean `MiB`?", "mib"),
            ("prod: p99 < 0.8x", "`0.8x` compares with nothing", "prod vs dev: p99 < 0.8x", "x"),
            ("prod vs dev: p99 < 8ms", "`ms` is no ratio", "0.8x", "ms"),
            ("prod: p99 = 1ms", "`=` is no comparison here", "<, <=, > or >=", "="),
            ("prod: p99 =< 1ms", "`=<` is no comparison here", "write `<=`", "=<"),
            ("prod: p99 ≤ 1ms", "`≤` is no comparison here", "write `<=`", "≤"),
            ("prod: p99 < fast", "`fast` is no number", "a time in us, ms or s", "fast"),
            ("prod: p99 < -1ms", "`-1ms` is no number", "a time", "-1ms"),
            ("prod: p99 <", "the limit is missing", "a time", "p99 <"),
            ("prod: p99", "there is no comparison", "p99 < 250ms", "p99"),
            ("prod: < 1ms", "the metric is missing", "p50, p90", "< 1ms"),
            ("prod p99 < 1ms", "a colon is missing after `prod`", "write `prod: p99 < 1ms`", "prod"),
            ("prod/notes: rss < 1MiB", "`rss` is of the whole stack", "write `prod: rss", "prod/notes"),
            ("prod/: p99 < 1ms", "the route after `/` is missing", "no slash", "prod/"),
            ("prod vs prod: p99 < 1x", "`prod` is compared with itself", "prod vs dev", "prod"),
            ("prod vs : p99 < 1x", "only `prod` is named", "prod vs dev", "prod vs"),
            ("prod vs baseline: p99 < 1.1ms", "`ms` is no ratio", "0.8x", "ms"),
            (
                "/notes vs baseline: p99 < 1.1x",
                "a comparison with the baseline needs a stack",
                "baseline-2/notes vs baseline",
                "/notes",
            ),
            ("audit prod: no hihg", "no severity `hihg`", "did you mean `high`?", "hihg"),
            ("audit prod: no new", "no severity `new`", "everities are info", "new"),
            ("audit prod: no new hihg", "no severity `hihg`", "did you mean `high`?", "hihg"),
            ("audit prod: clean", "`clean` says nothing about findings", "audit prod: no high", "clean"),
            ("audit prd: no high", "no stack `prd`", "did you mean `prod`?", "prd"),
            ("audit prod no high", "a colon is missing", "audit prod: no high", "audit prod no high"),
            ("", "the gate is empty", "prod: errors < 0.1%", ""),
            ("fast please", "this is no gate", "prod: errors < 0.1%", "fast please"),
        ] {
            let (got, taught, at) = bad(text);
            assert!(got.starts_with(message), "{text}: {got}");
            assert!(taught.contains(help), "{text}: {taught}");
            assert_eq!(at, span, "{text}");
        }
    }

    #[test]
    fn spans_are_of_the_text_as_given() {
        let error = gate::parse("   prd: p99 < 1ms", STACKS, ROUTES).unwrap_err();
        assert_eq!(error.span, 3..6);
        let error = gate::parse("µ: p99 < 1ms", STACKS, ROUTES).unwrap_err();
        assert_eq!(error.span, 0..2, "bytes, not characters");
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_spans_stay_inside(text in "(prod|dev|audit|p99|errors|vs|no|high|[ :/<>=x%0-9.]|\\PC){0,12}") {
            if let Err(error) = gate::parse(&text, STACKS, ROUTES) {
                proptest::prop_assert!(text.get(error.span).is_some() && !error.help.is_empty());
            }
        }
    }
}
