//! Several loads in a row on one stack, which keeps running: a search for its capacity, a sweep over users.

use std::time::{Duration, Instant};

use super::load::{RENEW_MARGIN, Site, Stretch};
use super::{Broken, Event, Trial, or_stopped};
use crate::capacity::{self, Finding, Next, Search};
use crate::compare::quantity;
use crate::plan::{PAUSE, Plan, SearchPlan, SweepPlan};
use crate::record::{
    CapacityRecord, Ending, GeneratorRecord, Phase, ProbeRecord, ProbeVerdict, RouteRecord, SecondRecord,
    SweepRecord,
};
use crate::wire::{self, Limits, Request};

/// Loads whose figures are held until it is known which rate is the answer.
const HELD: usize = 3;

impl Trial<'_> {
    /// Searches for the highest rate that keeps the objective; its figures become those of the stack.
    pub(super) async fn search(&mut self, plan: &SearchPlan, site: &mut Site<'_>) -> Result<(), Broken> {
        let (deadline, each) = self.time();
        let mut search = Search::new(plan);
        let mut held: Vec<(f64, Stretch)> = Vec::new();
        self.record.stacks[site.position].capacity = Some(CapacityRecord {
            objective: plan.objective.iter().map(|line| line.text.clone()).collect(),
            from: plan.from,
            to: plan.to,
            precision: plan.precision,
            needed: plan.needed(),
            lower: None,
            upper: None,
            ending: Ending::Interrupted,
            probes: Vec::new(),
        });
        let mut one = self.plan.clone();
        let (finding, outcome) = loop {
            let (rate, phase) = match search.next() {
                Next::Done(finding) => break (finding, Ok(())),
                Next::Probe { rate, phase } => (rate, phase),
            };
            if Instant::now() + each > deadline {
                break (search.stopped(Ending::TimeUp), Ok(()));
            }
            let text = searching(&search, rate, phase);
            let count = format!("probe {} of at most {}", search.made() + 1, plan.most_probes());
            self.say(Event::Probe { stack: site.name.to_owned(), text, count });
            one.load = self.plan.load.at(rate, search.made());
            let stretch = match self.probe(&one, site).await {
                Ok(stretch) => stretch,
                Err(broken) => break (search.stopped(Ending::Interrupted), Err(broken)),
            };
            let probe = self.judged(plan, rate, phase, &stretch);
            search.heard(rate, probe.verdict);
            let text = format!("{}/s {}: {}", quantity::rate(rate), probe.verdict.name(), probe.reason);
            self.say(Event::Step { stack: Some(site.name.to_owned()), text });
            if probe.verdict == ProbeVerdict::Pass {
                held.retain(|(held, _)| *held != rate);
                held.push((rate, stretch));
                if held.len() > HELD {
                    held.remove(0);
                }
            }
            if let Some(capacity) = &mut self.record.stacks[site.position].capacity {
                capacity.probes.push(probe);
            }
            self.note(site, search.stopped(Ending::Interrupted));
            self.save();
            if or_stopped(self.stop.clone(), self.settle(site, deadline)).await.is_none() {
                break (search.stopped(Ending::Interrupted), Err(Broken::Interrupted));
            }
        };
        self.note(site, finding);
        let record = &mut self.record.stacks[site.position];
        if let Some(capacity) = &record.capacity {
            let answer = capacity::answer(capacity);
            record.warnings.extend(capacity::warnings(capacity));
            self.say(Event::Step { stack: Some(site.name.to_owned()), text: format!("capacity {answer}") });
        }
        let kept = held.into_iter().find(|(rate, _)| Some(*rate) == finding.lower);
        self.conclude(site, kept.map(|(_, stretch)| stretch));
        outcome
    }

    /// Loads the stack with one number of users after the other; the figures of the level with the most good answers
    /// become those of the stack.
    pub(super) async fn sweep(&mut self, plan: &SweepPlan, site: &mut Site<'_>) -> Result<(), Broken> {
        let (deadline, _) = self.time();
        self.record.stacks[site.position].sweep = Some(SweepRecord { probes: Vec::new() });
        let mut one = self.plan.clone();
        let mut best: Option<(f64, Stretch)> = None;
        let mut outcome = Ok(());
        for (number, users) in (0_u32..).zip(&plan.levels) {
            let text = format!("{users} {}", if *users == 1 { "user" } else { "users" });
            let count = format!("load {} of {}", number + 1, plan.levels.len());
            self.say(Event::Probe { stack: site.name.to_owned(), text, count });
            one.load = self.plan.load.at(f64::from(*users), number);
            let stretch = match self.probe(&one, site).await {
                Ok(stretch) => stretch,
                Err(broken) => {
                    outcome = Err(broken);
                    break;
                }
            };
            let (mut probe, generator) = figures(f64::from(*users), Phase::Level, &stretch);
            if generator.saturated {
                probe.verdict = ProbeVerdict::GeneratorLimit;
                probe.reason = "the generator was the limit".into();
            }
            let text = format!("{users} at once: {} good answers/s", quantity::rate(probe.reached_rps));
            self.say(Event::Step { stack: Some(site.name.to_owned()), text });
            let better = best.as_ref().is_none_or(|(most, _)| probe.reached_rps > *most);
            if better && !generator.saturated {
                best = Some((probe.reached_rps, stretch));
            }
            if let Some(sweep) = &mut self.record.stacks[site.position].sweep {
                sweep.probes.push(probe);
            }
            self.save();
            if or_stopped(self.stop.clone(), self.settle(site, deadline)).await.is_none() {
                outcome = Err(Broken::Interrupted);
                break;
            }
        }
        self.conclude(site, best.map(|(_, stretch)| stretch));
        outcome
    }

    /// When the time for the stack is up, and what one more load takes at most.
    fn time(&self) -> (Instant, Duration) {
        let (_, limit) = self.plan.load.series_time().unwrap_or_default();
        (Instant::now() + limit, self.plan.load.probe_time().1)
    }

    /// One load to its end, with tokens that last for it.
    async fn probe(&mut self, plan: &Plan, site: &mut Site<'_>) -> Result<Stretch, Broken> {
        let margin = RENEW_MARGIN + plan.load.probe_time().1;
        self.renew_before(plan, site, margin).await?;
        let stretch = self.stretch(plan, site).await?;
        stretch.outcome().map(|()| stretch)
    }

    fn judged(&self, plan: &SearchPlan, rate: f64, phase: Phase, stretch: &Stretch) -> ProbeRecord {
        let (mut probe, generator) = figures(rate, phase, stretch);
        let total = RouteRecord::total(&stretch.tally.routes, probe.wall_s);
        let routes = self.plan.routes.iter().zip(&stretch.tally.routes);
        let routes: Vec<RouteRecord> =
            routes.map(|(route, tally)| RouteRecord::of(self.plan, route, tally, probe.wall_s)).collect();
        let seconds: Vec<SecondRecord> = stretch.tally.seconds.iter().map(SecondRecord::of).collect();
        (probe.verdict, probe.reason) = capacity::judge(plan, &total, &routes, &seconds, &generator);
        probe
    }

    /// Waits until the stack has worked off what the last load left: a request in line behind it has been answered.
    async fn settle(&self, site: &Site<'_>, deadline: Instant) {
        tokio::time::sleep(PAUSE).await;
        let target = self.plan.stacks[site.running.id.0].ready.path.clone();
        let request = Request::get(target);
        // No answer is no reason to stop here: the next load shows it and counts it.
        let answer = wire::fetch(&site.running.endpoint, &request, Limits::default());
        let _ = tokio::time::timeout_at(deadline.into(), answer).await;
    }

    fn note(&mut self, site: &Site<'_>, finding: Finding) {
        if let Some(capacity) = &mut self.record.stacks[site.position].capacity {
            (capacity.lower, capacity.upper, capacity.ending) =
                (finding.lower, finding.upper, finding.ending);
        }
    }

    /// The figures by route come from the load that is the answer, or from none.
    fn conclude(&mut self, site: &Site<'_>, kept: Option<Stretch>) {
        match kept {
            Some(stretch) => self.keep(site.position, site.name, stretch),
            None => self.record.stacks[site.position].failure = None,
        }
    }
}

fn searching(search: &Search<'_>, rate: f64, phase: Phase) -> String {
    let at = quantity::rate(rate);
    match (phase, search.bracket()) {
        (Phase::Bisection, (Some(lower), Some(upper))) => {
            format!("searching {}/s … {}/s at {at}/s", quantity::rate(lower), quantity::rate(upper))
        }
        (Phase::Confirmation, _) => format!("confirming {at}/s"),
        _ => format!("searching from {at}/s on"),
    }
}

fn figures(level: f64, phase: Phase, stretch: &Stretch) -> (ProbeRecord, GeneratorRecord) {
    let tally = &stretch.tally;
    let wall_s = tally.generator.wall_s;
    let generator = GeneratorRecord::of(&tally.generator);
    let total = RouteRecord::total(&tally.routes, wall_s);
    (ProbeRecord::of(level, phase, wall_s, &total, &generator), generator)
}
