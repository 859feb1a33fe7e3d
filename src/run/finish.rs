//! What the record says of a run as a whole once it is over.

use jiff::Timestamp;

use super::early::NOT_LOADED;
use super::{Finished, Trial};
use crate::capacity;
use crate::record::UNMEASURED;

impl Trial<'_> {
    /// Names what failed, and writes the record for the last time.
    pub(super) fn finish(mut self) -> Finished {
        let mut failed: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut invalid = Vec::new();
        for stack in &self.record.stacks {
            if stack.failure.as_ref().is_some_and(|reason| reason.starts_with(NOT_LOADED)) {
                // The gate that the load was ended for says enough.
            } else if let Some(reason) = &stack.failure {
                match failed.iter_mut().find(|(said, _)| said == reason) {
                    Some((_, names)) => names.push(&stack.name),
                    None => failed.push((reason, vec![&stack.name])),
                }
            } else if stack.generator.saturated {
                invalid.push(format!("{}: the generator was the limit", stack.name));
            } else if let Some(doubt) = stack.capacity.as_ref().and_then(capacity::doubt) {
                invalid.push(format!("{}: the search has no whole answer: {doubt}", stack.name));
            }
        }
        // What the start says of a stack names it already.
        invalid.extend(failed.into_iter().map(|(reason, names)| match reason.starts_with("stack `") {
            true => reason.to_owned(),
            false => format!("{}: {reason}", names.join(", ")),
        }));
        self.record.finished = Some(Timestamp::now());
        self.record.partial = if self.interrupted {
            Some("interrupted by the user".to_owned())
        } else if let Some(early) = &self.record.ended_early {
            Some(format!("the load was ended early: the gate `{}` is lost on {}", early.gate, early.stack))
        } else {
            let failed = self.record.stacks.iter().filter(|stack| stack.failure.is_some());
            let names: Vec<&str> = failed.map(|stack| stack.name.as_str()).collect();
            (!names.is_empty()).then(|| format!("{UNMEASURED}: {}", names.join(", ")))
        };
        self.record.scenario.text = self.plan.redacted_source(&self.redactor);
        self.save();
        Finished { record: self.record, interrupted: self.interrupted, invalid, unsaved: self.unsaved }
    }
}
