//! All stacks under load at once: only where that is asked for, since they then share the machine.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use super::blocks::{Lane, Ready};
use super::load::{Site, Stretch};
use super::{Broken, Trial};
use crate::stack::Running;

impl<'a> Trial<'a> {
    /// Loads every stack that is ready, all from the same moment on.
    pub(super) async fn all_at_once(
        &mut self,
        running: &mut [Running],
        ready: &mut [Ready],
        lanes: Vec<Lane>,
    ) {
        let plan = self.plan;
        let mut loads: Vec<Load<'_, 'a>> = Vec::new();
        let mut sites = ready.iter_mut().zip(&lanes).peekable();
        for (at, running) in running.iter_mut().enumerate() {
            let Some((ready, lane)) = sites.next_if(|(ready, _)| ready.running == at) else { continue };
            let mut part = self.part(&lane.name);
            loads.push(Box::pin(async move {
                let (values, wallet) = (&ready.values, &mut ready.wallet);
                let mut site = Site { running, name: &lane.name, position: lane.position, values, wallet };
                let stretch = part.stretch(plan, &mut site).await;
                (part, stretch)
            }));
        }
        let results = joined(loads).await;
        for (lane, (part, stretch)) in lanes.iter().zip(results) {
            self.redactor = self.redactor.clone().joined(part.redactor);
            self.audited.extend(part.audited);
            let said = &part.record.stacks[lane.position].warnings;
            self.record.stacks[lane.position].warnings.clone_from(said);
            let outcome = match stretch {
                Err(broken) => Err(broken),
                Ok(mut stretch) => {
                    let outcome = stretch.outcome();
                    let company = std::mem::take(&mut stretch.company);
                    if let Some(ready) = ready.get_mut(lane.ready)
                        && let Some(running) = running.get_mut(ready.running)
                    {
                        let (values, wallet) = (&ready.values, &mut ready.wallet);
                        let (name, position) = (lane.name.as_str(), lane.position);
                        let site = Site { running, name, position, values, wallet };
                        self.bring(&site, &stretch.tally, company, outcome.is_ok()).await;
                    }
                    self.keep(lane.position, &lane.name, stretch);
                    outcome
                }
            };
            match outcome {
                Ok(()) | Err(Broken::Decided) => {}
                Err(Broken::Interrupted) => {
                    self.interrupted = true;
                    self.fail(&lane.name, "interrupted before its end".into());
                }
                Err(Broken::Failed(reason)) => self.fail(&lane.name, reason),
            }
        }
        self.save();
    }

    /// A trial of one stack beside the others: its events, its log and its stop are those of the whole, and it takes the
    /// stack's audit with it.
    fn part(&mut self, stack: &str) -> Trial<'a> {
        let audits = std::mem::take(&mut self.audited).into_iter();
        let (own, others) = audits.partition(|audited| audited.facts.stack == stack);
        self.audited = others;
        Trial {
            plan: self.plan,
            options: self.options,
            events: self.events.clone(),
            stop: self.stop.clone(),
            log: self.log.clone(),
            began: self.began,
            record: self.record.clone(),
            redactor: self.redactor.clone(),
            unsaved: None,
            interrupted: false,
            audited: own,
            dev: None,
            held: None,
            early: None,
        }
    }
}

type Load<'l, 'a> = Pin<Box<dyn Future<Output = (Trial<'a>, Result<Stretch, Broken>)> + 'l>>;

/// The outputs of all futures, in their order.
async fn joined<T>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + '_>>>) -> Vec<T> {
    let mut outputs: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs).filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(ended) = future.as_mut().poll(context) {
                *output = Some(ended);
            }
        }
        if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn outputs_come_in_the_order_of_the_futures() {
        let (first, second) = tokio::sync::oneshot::channel();
        let waits: Pin<Box<dyn Future<Output = u8>>> = Box::pin(async move { second.await.unwrap() });
        let sends: Pin<Box<dyn Future<Output = u8>>> = Box::pin(async move {
            first.send(1).unwrap();
            2
        });
        assert_eq!(joined(vec![waits, sends]).await, [1, 2]);
        assert_eq!(joined(Vec::<Pin<Box<dyn Future<Output = u8>>>>::new()).await, [0_u8; 0]);
    }
}
