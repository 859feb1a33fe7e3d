//! The stacks of a run: prepared and started, or failed.

use super::{Event, Trial, empty, folder, or_stopped};
use crate::plan::StackId;
use crate::stack::{self, Running};

impl Trial<'_> {
    /// Prepares and starts every stack; those that fail are marked in the record.
    pub(super) async fn start_all(&mut self) -> Vec<Running> {
        let events = self.events.clone();
        let say = move |text: &str| {
            let _ = events.send(Event::Step { stack: None, text: text.to_owned() });
        };
        let prepared = or_stopped(self.stop.clone(), stack::prepare(self.plan, &say)).await;
        let reason = match prepared {
            None => {
                self.interrupted = true;
                return Vec::new();
            }
            Some(Ok(())) => None,
            Some(Err(error)) => Some(error.to_string()),
        };
        let mut running = Vec::new();
        for (index, stack) in self.plan.stacks.iter().enumerate() {
            if !self.options.tries(&stack.name) {
                continue;
            }
            self.record.stacks.push(empty::stack(self.plan, stack, self.options.load));
            if let Some(reason) = &reason {
                self.fail(&stack.name, reason.clone());
                continue;
            }
            let name = stack.name.clone();
            let events = self.events.clone();
            let say = move |text: &str| {
                let _ = events.send(Event::Step { stack: Some(name.clone()), text: text.to_owned() });
            };
            let logs = self.options.folder.join(folder::LOGS);
            let started =
                or_stopped(self.stop.clone(), stack::start(self.plan, StackId(index), &logs, &say)).await;
            match started {
                None => {
                    self.interrupted = true;
                    return running;
                }
                Some(Ok(stack)) => running.push(stack),
                Some(Err(error)) => self.fail(&stack.name, error.to_string()),
            }
        }
        running
    }
}
