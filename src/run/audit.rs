//! The audit within a run: before the load of a stack, and what had to wait for all loads.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Broken, Event, Trial, or_stopped};
use crate::audit::{self, AuditInput, Mode};
use crate::auth::Wallet;
use crate::plan::{Role, StackId};
use crate::record::Outcome;
use crate::stack::Running;

impl Trial<'_> {
    /// What a stack shows before its load.
    pub(super) async fn audit(
        &mut self,
        running: &Running,
        name: &str,
        values: &BTreeMap<String, String>,
        wallet: &Wallet,
    ) -> Result<(), Broken> {
        let events = self.events.clone();
        let stack = name.to_owned();
        let say = move |text: &str| {
            let _ = events.send(Event::Probing { stack: stack.clone(), text: text.to_owned() });
        };
        let input = AuditInput {
            plan: self.plan,
            stack: running.id,
            endpoint: &running.endpoint,
            values,
            wallet,
            redactor: &self.redactor,
            earlier: self.earlier(running.id),
        };
        let audited = or_stopped(self.stop.clone(), audit::collect(&input, &self.options.checks, &say)).await;
        let Some(audited) = audited.ok_or(Broken::Interrupted)? else { return Ok(()) };
        let outcomes = audited.judge(&[Mode::Passive, Mode::Active], &self.redactor);
        let failed = outcomes.iter().filter(|outcome| outcome.outcome == Outcome::Fail).count();
        let exchanges = audited.facts.exchanges.len();
        let told = format!("{} checks on {exchanges} exchanges, {failed} failed", outcomes.len());
        let early = audited.facts.gave_up.as_ref().map(|why| format!("the audit gave up early: {why}"));
        for text in early.into_iter().chain([told]) {
            self.say(Event::Step { stack: Some(name.to_owned()), text });
        }
        self.record.audit.extend(outcomes);
        self.audited.push(audited);
        Ok(())
    }

    /// The dev stack's credentials, for the audit of a production stack.
    fn earlier(&self, stack: StackId) -> Option<audit::Earlier<'_>> {
        let production = self.plan.stacks.get(stack.0).is_some_and(|stack| stack.role == Role::Production);
        let (name, wallet) = self.dev.as_ref().filter(|_| production)?;
        Some(audit::Earlier { stack: name, wallet })
    }

    /// The checks that had to wait for the load and for the other stack.
    pub(super) fn conclude_audit(&mut self) {
        let dev = self.audited.iter().find(|audited| audited.facts.role == Role::Dev);
        let dev = dev.map(|audited| Arc::clone(&audited.facts));
        for audited in &mut self.audited {
            if audited.facts.role == Role::Production {
                Arc::make_mut(&mut audited.facts).beside = dev.clone();
            }
            self.record.audit.extend(audited.judge(&[Mode::UnderLoad, Mode::TwoTargets], &self.redactor));
        }
    }
}
