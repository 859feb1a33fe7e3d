//! The load on one stack, with what goes on beside it: samples of its process tree, renewed tokens, the histogram log.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::{Broken, Event, Trial, or_stopped};
use crate::audit::load::{Brought, Company, Trial as Probing, When};
use crate::audit::{self, AuditInput, Selection};
use crate::auth::{Renewed, Wallet};
use crate::engine::{self, LoadInput, LoadTally};
use crate::plan::{Plan, SeriesPlan};
use crate::record::build::load_warnings;
use crate::record::{GeneratorRecord, NOT_RENEWED, ResourceRecord, RouteRecord, SecondRecord};
use crate::secret::Redactor;
use crate::stack::{Running, Sample};
use crate::wire::Endpoint;

/// Between two samples of the process tree.
const SAMPLE_EVERY: Duration = Duration::from_millis(500);
/// For a request of the audit's that is under way when the load is over.
const FAREWELL: Duration = Duration::from_secs(2);
/// Between two looks at which tokens end soon.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// Tokens that end within this time are renewed.
pub(super) const RENEW_MARGIN: Duration = Duration::from_secs(30);

/// One stack under load.
pub(super) struct Site<'a> {
    pub(super) running: &'a mut Running,
    pub(super) name: &'a str,
    /// Where it stands in the record.
    pub(super) position: usize,
    pub(super) values: &'a BTreeMap<String, String>,
    pub(super) wallet: &'a mut Wallet,
}

/// What one load measured.
pub(super) struct Stretch {
    pub(super) tally: LoadTally,
    pub(super) samples: Vec<Sample>,
    pub(super) death: Option<String>,
    /// Whether it was ended for a gate.
    pub(super) decided: bool,
    pub(super) measured_from: Option<Instant>,
    /// Who asked beside the load.
    pub(super) company: Company,
}

impl Stretch {
    /// Whether it came to its end, and why not.
    pub(super) fn outcome(&self) -> Result<(), Broken> {
        if let Some(how) = &self.death {
            let seconds = self.tally.generator.wall_s;
            return Err(Broken::Failed(format!("{how} {seconds:.0} s into the load; measured until then")));
        }
        if self.decided {
            return Err(Broken::Decided);
        }
        if self.tally.interrupted { Err(Broken::Interrupted) } else { Ok(()) }
    }
}

impl Trial<'_> {
    /// The load of the scenario on one stack, or its series of loads.
    pub(super) async fn load(&mut self, site: &mut Site<'_>) -> Result<(), Broken> {
        let plan = self.plan;
        match &plan.load.series {
            Some(SeriesPlan::Search(search)) => return self.search(search, site).await,
            Some(SeriesPlan::Sweep(sweep)) => return self.sweep(sweep, site).await,
            None => {}
        }
        let mut stretch = self.stretch(plan, site).await?;
        let outcome = stretch.outcome();
        let company = std::mem::take(&mut stretch.company);
        self.bring(site, &stretch.tally, company, outcome.is_ok()).await;
        self.keep(site.position, site.name, stretch);
        outcome
    }

    /// Whether a check of the stack's audit is to be judged.
    fn audits(&self, stack: &str, check: &str) -> bool {
        self.audited.iter().any(|audited| audited.facts.stack == stack && audited.judges(check))
    }

    /// What the stack's audit sends beside a load, or afterwards.
    fn trials(&self, stack: &str, when: When) -> Vec<&'static Probing> {
        let audited = self.audited.iter().find(|audited| audited.facts.stack == stack);
        audited.map(|audited| audited.trials(when)).unwrap_or_default()
    }

    /// Gives the load to the stack's audit. `whole`: it came to its end, and the stack is asked once more.
    pub(super) async fn bring(
        &mut self,
        site: &Site<'_>,
        tally: &LoadTally,
        mut company: Company,
        whole: bool,
    ) {
        let mut after = None;
        let input = AuditInput {
            plan: self.plan,
            stack: site.running.id,
            endpoint: &site.running.endpoint,
            values: site.values,
            wallet: site.wallet,
            redactor: &self.redactor,
            earlier: None,
        };
        if whole
            && self.audits(site.name, "LOAD-RECOVER")
            && let Ok(recovery) = Selection::parse("LOAD-RECOVER")
        {
            self.say(Event::Step {
                stack: Some(site.name.to_owned()),
                text: "asking again after the load".into(),
            });
            after = or_stopped(self.stop.clone(), audit::collect(&input, &recovery, &|_| {})).await.flatten();
        }
        let trials = self.trials(site.name, When::Afterwards);
        if whole && !trials.is_empty() {
            self.say(Event::Step {
                stack: Some(site.name.to_owned()),
                text: "small loads of the audit's own".into(),
            });
            let sent = or_stopped(self.stop.clone(), audit::load::send(&input, &trials)).await;
            company.trials.add(sent.unwrap_or_default());
        }
        let Some(audited) = self.audited.iter_mut().find(|audited| audited.facts.stack == site.name) else {
            return;
        };
        audited.join(Brought {
            plan: self.plan,
            tally,
            wallet: site.wallet,
            company,
            after: after.map(|after| after.facts),
        });
    }

    /// Renews the tokens that would not last for a load of this length. A server that does not is said, once.
    pub(super) async fn renew_before(
        &mut self,
        plan: &Plan,
        site: &mut Site<'_>,
        margin: Duration,
    ) -> Result<(), Broken> {
        let renewal = site.wallet.renew(plan, &site.running.endpoint, margin);
        let renewed = or_stopped(self.stop.clone(), renewal).await.ok_or(Broken::Interrupted)?;
        self.redactor = self.redactor.clone().joined(site.wallet.redactor(plan));
        if let Err(error) = renewed {
            let text = self.redactor.scrub(&not_renewed(&error));
            let warnings = &mut self.record.stacks[site.position].warnings;
            if !warnings.contains(&text) {
                warnings.push(text);
            }
        }
        Ok(())
    }

    /// One load from warm-up to drain.
    pub(super) async fn stretch(&mut self, plan: &Plan, site: &mut Site<'_>) -> Result<Stretch, Broken> {
        let Site { running, name, position, values, wallet } = site;
        let position = *position;
        let (engine_events, mut events) = mpsc::unbounded_channel();
        let (renewed, renewals) = mpsc::unbounded_channel();
        let (halt, halted) = watch::channel(false);
        let endpoint = running.endpoint.clone();
        let redactor = self.redactor.clone();
        let sent = wallet.clone();
        let input = AuditInput {
            plan,
            stack: running.id,
            endpoint: &endpoint,
            values,
            wallet: &sent,
            redactor: &redactor,
            earlier: None,
        };
        let (over, is_over) = watch::channel(false);
        let one_load = self.plan.load.series.is_none();
        let mingles = one_load && self.audits(name, "LOAD-FAIL-OPEN");
        // Once is enough, where a load comes in blocks.
        let first = one_load && self.record.stacks[position].blocks.is_empty();
        let trials = if first { self.trials(name, When::Beside) } else { Vec::new() };
        let mut accompanying = std::pin::pin!(audit::load::accompany(&input, mingles, &trials, is_over));
        let mut company = None;
        let load = engine::load(LoadInput {
            plan,
            endpoint: &endpoint,
            values,
            wallet: &sent,
            renewals,
            redactor: &redactor,
            stop: halted,
            events: engine_events,
        });
        let fresh = RefCell::new(Vec::new());
        let renewal = renew(plan, &endpoint, wallet, renewed, &fresh);
        tokio::pin!(load, renewal);
        let mut stop = self.stop.clone();
        let mut ticks = tokio::time::interval(SAMPLE_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut measured_from: Option<Instant> = None;
        let mut samples: Vec<Sample> = Vec::new();
        let mut death = None;
        let mut decided = false;
        let mut troubles = Vec::new();
        let tally = loop {
            tokio::select! {
                tally = &mut load => break tally,
                trouble = &mut renewal, if troubles.is_empty() => troubles.push(trouble),
                came = &mut accompanying, if company.is_none() => company = Some(came),
                Ok(_) = stop.wait_for(|stopped| *stopped), if !*halt.borrow() => {
                    // The engine outlives its own stop channel only by returning: a send cannot be lost.
                    let _ = halt.send(true);
                }
                Some(event) = events.recv() => {
                    if matches!(event, engine::Event::Measuring { .. }) {
                        measured_from = Some(Instant::now());
                        samples.extend(running.sample());
                    }
                    self.pass_on(name, event, measured_from);
                    if !*halt.borrow() && let Some(gate) = self.lost(name, measured_from) {
                        self.decided(name, gate);
                        decided = true;
                        let _ = halt.send(true);
                    }
                }
                _ = ticks.tick() => {
                    if death.is_none() && let Some(how) = running.died() {
                        death = Some(how);
                        let _ = halt.send(true);
                    }
                    if measured_from.is_some() && death.is_none() {
                        samples.extend(running.sample());
                    }
                }
            }
        };
        if measured_from.is_some() && death.is_none() {
            samples.extend(running.sample());
        }
        // One may be under way: what it gets still counts.
        let _ = over.send(true);
        if company.is_none() {
            company = tokio::time::timeout(FAREWELL, accompanying).await.ok();
        }
        while let Ok(event) = events.try_recv() {
            self.pass_on(name, event, measured_from);
        }
        // What was renewed is as secret as what it replaced.
        self.redactor = redactor.clone().joined(Redactor::new(fresh.take()));
        let tally = tally.map_err(|error| Broken::because(&error))?;
        for trouble in troubles {
            self.record.stacks[position].warnings.push(self.redactor.scrub(&trouble));
        }
        let company = company.unwrap_or_default();
        Ok(Stretch { tally, samples, death, decided, measured_from, company })
    }

    /// The gate that is lost on a stack under load.
    fn lost(&self, stack: &str, measured_from: Option<Instant>) -> Option<String> {
        let under_way = measured_from.map_or(Duration::ZERO, |at| at.elapsed());
        self.early.as_ref()?.lost(self.plan, stack, under_way).map(str::to_owned)
    }

    fn pass_on(&mut self, stack: &str, event: engine::Event, measured_from: Option<Instant>) {
        let stack = stack.to_owned();
        match event {
            engine::Event::WarmUp { duration } => self.say(Event::WarmUp { stack, duration }),
            engine::Event::Measuring { duration } => self.say(Event::Measuring { stack, duration }),
            engine::Event::Second { tally, response } => {
                let since = measured_from.map_or(Duration::ZERO, |at| at - self.began);
                let start = since + Duration::from_secs(tally.second.into());
                self.append(&stack, start, Duration::from_secs(1), &response);
                if let Some(early) = &mut self.early {
                    early.add(&stack, &tally, &response);
                }
                if let Some(held) = &mut self.held {
                    held.push(((*tally).clone(), (*response).clone()));
                }
                self.say(Event::Second { stack, tally, response });
            }
        }
    }

    fn append(
        &mut self,
        tag: &str,
        start: Duration,
        length: Duration,
        histogram: &hdrhistogram::Histogram<u64>,
    ) {
        let Some(log) = &self.log else { return };
        let appended =
            log.lock().unwrap_or_else(PoisonError::into_inner).append(tag, start, length, histogram);
        if let Err(error) = appended {
            self.log = None;
            self.warn(format!("the histogram log ends early: {error}"));
        }
    }

    fn log_routes(&mut self, stack: &str, tally: &LoadTally, measured_from: Option<Instant>) {
        let start = measured_from.map_or(Duration::ZERO, |at| at - self.began);
        let length = Duration::from_secs_f64(tally.generator.wall_s.max(0.0));
        for (route, result) in self.plan.routes.iter().zip(&tally.routes) {
            let kinds = [
                ("response", &result.latencies.response),
                ("service", &result.latencies.service),
                ("first-byte", &result.latencies.first_byte),
                ("failed", &result.latencies.failed),
            ];
            for (kind, histogram) in kinds {
                if !histogram.is_empty() {
                    self.append(&format!("{stack}/{}/{kind}", route.name), start, length, histogram);
                }
            }
        }
    }

    /// Keeps what a load measured as the stack's own figures: nothing more will be added to them.
    pub(super) fn keep(&mut self, position: usize, name: &str, stretch: Stretch) {
        self.log_routes(name, &stretch.tally, stretch.measured_from);
        let Stretch { tally, samples, .. } = stretch;
        self.figures(position, &tally, samples);
        let record = &mut self.record.stacks[position];
        record.failure = None;
        record.warnings.extend(load_warnings(&tally));
    }

    /// Puts the figures of a load, whole or so far, into the record.
    pub(super) fn figures(&mut self, position: usize, tally: &LoadTally, samples: Vec<Sample>) {
        let wall_s = tally.generator.wall_s;
        let total = RouteRecord::total(&tally.routes, wall_s);
        let routes = self
            .plan
            .routes
            .iter()
            .zip(&tally.routes)
            .map(|(route, result)| RouteRecord::of(self.plan, route, result, wall_s))
            .collect();
        let record = &mut self.record.stacks[position];
        record.wall_s = wall_s;
        record.resources = ResourceRecord::of(samples, total.requests);
        record.total = total;
        record.routes = routes;
        record.seconds = tally.seconds.iter().map(SecondRecord::of).collect();
        record.generator = GeneratorRecord::of(&tally.generator);
        record.samples = tally.samples.clone();
    }
}

fn not_renewed(error: &impl std::fmt::Display) -> String {
    format!("{}: {error}; later answers may be 401", NOT_RENEWED)
}

/// Renews tokens before they end, for as long as it is polled; comes back only with what went wrong.
async fn renew(
    plan: &Plan,
    endpoint: &Endpoint,
    wallet: &mut Wallet,
    renewed: mpsc::UnboundedSender<Renewed>,
    secrets: &RefCell<Vec<String>>,
) -> String {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        match wallet.renew(plan, endpoint, RENEW_MARGIN).await {
            Ok(fresh) => {
                for credential in fresh {
                    secrets.borrow_mut().extend(credential.credential.secrets());
                    if renewed.send(credential).is_err() {
                        return std::future::pending().await;
                    }
                }
            }
            Err(error) => return not_renewed(&error),
        }
    }
}
