//! `[[accept]]`: risks that somebody takes, each with a reason, an owner and a last day.

use std::ops::Range;

use jiff::civil::Date;

use super::StackPlan;
use super::check::Check;
use crate::expression::Severity;
use crate::plan::Role;
use crate::scenario::Document;
use crate::scenario::model::Accept;

/// A risk that is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptPlan {
    /// Id of the check, as written; whether there is one the audit knows.
    pub check: String,
    /// The stack; `None`: every stack.
    pub stack: Option<String>,
    /// The route or probe; `None`: every one.
    pub route: Option<String>,
    /// What the finding is about; `None`: anything.
    pub subject: Option<String>,
    /// Why.
    pub reason: String,
    /// Who takes it.
    pub owner: String,
    /// Where it is kept track of.
    pub ticket: Option<String>,
    /// The last day on which it counts.
    pub until: Date,
    /// The worst severity that it covers.
    pub max_severity: Option<Severity>,
    /// Line (1-based) in the scenario file.
    pub line: usize,
    /// Bytes of the check's id in the file.
    pub span: Range<usize>,
}

/// Whether a failure of this check opens data or accounts to anybody: on production it is not accepted in passing.
fn is_grave(check: &str) -> bool {
    const GRAVE: [&str; 4] = ["LOAD-CROSS-USER", "AUTH-REQUIRED", "JWT-ALG-NONE", "FILE-ENV"];
    GRAVE.contains(&check) || check.starts_with("JWT-SIG-")
}

impl Check<'_> {
    pub(super) fn accepts(&mut self, document: &Document, stacks: &[StackPlan]) -> Vec<AcceptPlan> {
        let all = document.scenario.accept.iter().enumerate();
        all.filter_map(|(position, accept)| self.accept(document, position, accept, stacks)).collect()
    }

    fn accept(
        &mut self,
        document: &Document,
        position: usize,
        accept: &Accept,
        stacks: &[StackPlan],
    ) -> Option<AcceptPlan> {
        let place = document.root.key("accept").item(position);
        for (key, text, help) in [
            ("reason", &accept.reason, "say why the risk is taken, for who reads it in a year"),
            ("owner", &accept.owner, "name a person or team who answers for it"),
        ] {
            if text.trim().is_empty() {
                self.wrong(place.key(key), format!("`{key}` is empty"), help);
            }
        }
        if let Some(name) = &accept.stack {
            self.lookup(name, stacks.iter().map(|stack| stack.name.as_str()), place.key("stack"), "stack");
        }
        let production = stacks.iter().find(|stack| {
            stack.role == Role::Production && accept.stack.as_ref().is_none_or(|name| *name == stack.name)
        });
        if let Some(stack) = production.filter(|_| is_grave(&accept.check) && !accept.allow_critical) {
            self.wrong(
                place.key("check"),
                format!("`{}` on `{}` opens data or accounts to anybody", accept.check, stack.name),
                "mend it; or set `allow_critical = true` beside it to take that risk all the same",
            );
        }
        let span = place.key("check").value_span();
        match accept.until.parse::<Date>() {
            Ok(until) => Some(AcceptPlan {
                check: accept.check.clone(),
                stack: accept.stack.clone(),
                route: accept.route.clone(),
                subject: accept.subject.clone(),
                reason: accept.reason.clone(),
                owner: accept.owner.clone(),
                ticket: accept.ticket.clone(),
                until,
                max_severity: accept.max_severity,
                line: document.line(place.key("check")),
                span,
            }),
            Err(_) => {
                let message = format!("`{}` is no day", accept.until);
                self.wrong(place.key("until"), message, "write it as `2027-03-31`");
                None
            }
        }
    }
}
