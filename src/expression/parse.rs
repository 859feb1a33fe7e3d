//! The gate language. Every error points at the part that is wrong and says what would be right.

use super::bound::{Bound, metric};
use super::parser::{Names, Parser, error};
use super::slip::{nearest, short};
use super::subject::Subject;
use super::{GateError, Metric, Severity};

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

const SEVERITIES: [Severity; 5] =
    [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

const FORMS: &str = "a gate reads `prod: errors < 0.1%`, `prod/notes: p99 < 250ms`, `prod vs dev: p95 < 0.8x`, `prod vs baseline: p99 < 1.1x` or `audit prod: no high`";

pub(crate) fn parse(text: &str, names: Names<'_>) -> Result<Expression, GateError> {
    Parser { text, names }.expression()
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
        if subject.contains(['<', '>']) && !self.knows(subject) && self.names.checked {
            let help =
                "the stack stands first, as in `prod: p99 < 250ms`, and each gate is a string of its own";
            let message = format!("`{}` stands before the last colon and names no stack", short(subject));
            return Err(self.wrong(subject, message, help));
        }
        if let Some((a, b)) = self.versus(subject) {
            return self.ratio(a, b, predicate);
        }
        if let Some(pair) = subject.strip_suffix(" vs").or_else(|| subject.strip_prefix("vs ")) {
            let help = format!("name both stacks, as in `{}`", self.example_pair());
            return Err(self.wrong(
                subject,
                format!("only `{}` is named before or after `vs`", short(pair.trim())),
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
            let help = format!("write `{first}: {}`", short(rest));
            return Err(self.wrong(first, format!("a colon is missing after `{first}`"), help));
        }
        if let Some(near) = nearest(first, Metric::ALL.map(Metric::name)) {
            return Err(self.wrong(
                first,
                format!("no metric `{}`", short(first)),
                format!("did you mean `{near}`?"),
            ));
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
            name => Some(self.audited(name)?),
        };
        let list = "info, low, medium, high or critical";
        let Some(word) = predicate.strip_prefix("no ").map(str::trim) else {
            let help = if predicate.contains(['<', '>']) {
                "leave out `audit`: a limit is on a stack's number, as in `prod: errors < 0.1%`".to_owned()
            } else {
                format!("write `no` and a severity ({list}), as in `audit prod: no high`")
            };
            let message = format!("`{}` says nothing about findings", short(predicate));
            return Err(self.wrong(predicate, message, help));
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
                Err(self.wrong(word, format!("no severity `{}`", short(word)), help))
            }
        }
    }

    fn audited(&self, name: &str) -> Result<String, GateError> {
        match name.split_once('/') {
            Some((stack, _)) if self.names.stacks.contains(&stack) && !self.names.stacks.contains(&name) => {
                let help = format!("write `audit {stack}: …`");
                Err(self.wrong(name, "an audit is of a whole stack, not of a route", help))
            }
            _ => self.stack(name),
        }
    }

    fn ratio(&self, a: &'a str, b: &'a str, predicate: &'a str) -> Result<Expression, GateError> {
        if b == "baseline" && !self.names.stacks.contains(&"baseline") {
            return self.past(a, predicate);
        }
        if self.names.checked && !self.names.stacks.contains(&"baseline") {
            if a == "baseline" {
                let help = format!("this run stands first: write `{b} vs baseline`");
                return Err(self.wrong(a, "the baseline is what a run is held against", help));
            }
            if !self.knows(b) && nearest(b, ["baseline"]).is_some() {
                return Err(self.wrong(b, format!("no stack `{b}`"), "did you mean `baseline`?"));
            }
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
            return Err(self.wrong(b, format!("`{}` is compared with itself", short(a)), help));
        }
        let bound = self.bound(predicate, true)?;
        self.fits(a, &first, bound)?;
        Ok(Expression::Ratio(first, second, bound))
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
}

/// The stack part of `audit prod`, where it is an audit gate (a stack may itself be called `audit`).
fn audit_subject<'a>(subject: &'a str, predicate: &str) -> Option<&'a str> {
    let rest = subject.strip_prefix("audit")?;
    if rest.is_empty() {
        return predicate.starts_with("no ").then_some("");
    }
    rest.starts_with(char::is_whitespace).then(|| rest.trim())
}
