//! Stacks that take turns: all of them run, one at a time is under load.
//!
//! Each block opens its own connections, in the part that is left out of the results. Kept ones would idle while the
//! others have their turn, and how long a server keeps an idle connection, or what it costs it, is no part of the load.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::early::NOT_LOADED;
use super::host;
use super::load::{RENEW_MARGIN, Site, Stretch};
use super::turns::turns;
use super::{Broken, Event, Trial};
use crate::audit::load::Company;
use crate::auth::Wallet;
use crate::engine::{
    Counts, GeneratorTally, Latencies, LoadTally, RouteTally, SecondTally, Spread, histogram,
};
use crate::plan::{BlocksPlan, Plan};
use crate::record::{BlockRecord, ResourceRecord};
use crate::stack::{Running, Sample};

/// Error samples kept of one route and class, as in one load.
const SAMPLES: usize = 5;
/// Most answers of all blocks that are kept for the audit.
const SIGHTINGS: usize = 5_000;

/// A stack that is up, with what its load needs.
pub(super) struct Ready {
    /// Where it stands among those that run.
    pub(super) running: usize,
    pub(super) values: BTreeMap<String, String>,
    pub(super) wallet: Wallet,
}

/// A stack of the record and what its blocks have measured so far.
pub(super) struct Lane {
    pub(super) name: String,
    /// Where it stands in the record.
    pub(super) position: usize,
    /// Which of those that are ready it loads. Two lanes on one are a run of a stack against itself.
    pub(super) ready: usize,
    sum: Sum,
    outcome: Option<Result<(), Broken>>,
}

impl Lane {
    pub(super) fn new(plan: &Plan, name: &str, position: usize, ready: usize) -> Self {
        Lane { name: name.to_owned(), position, ready, sum: Sum::new(plan), outcome: None }
    }
}

impl Trial<'_> {
    /// Loads the stacks in blocks until every one has had its whole load.
    pub(super) async fn take_turns(
        &mut self,
        blocks: &BlocksPlan,
        running: &mut [Running],
        ready: &mut [Ready],
        mut lanes: Vec<Lane>,
    ) {
        let mut one = self.plan.clone();
        let mut place = 0;
        'rounds: for round in 0..blocks.count {
            for at in turns(blocks, self.plan.load.seed, round, lanes.len()) {
                let Some(lane) = lanes.get_mut(at).filter(|lane| lane.outcome.is_none()) else { continue };
                let Some(ready) = ready.get_mut(lane.ready) else { continue };
                let Some(running) = running.get_mut(ready.running) else { continue };
                self.say(Event::Block { stack: lane.name.clone(), number: round + 1, count: blocks.count });
                one.load = self.plan.load.block(blocks, round, lane.sum.tally.next);
                let mut site = Site {
                    running,
                    name: &lane.name,
                    position: lane.position,
                    values: &ready.values,
                    wallet: &mut ready.wallet,
                };
                let whole = self.block(&one, &mut site, round, place, &mut lane.sum).await;
                place += 1;
                match whole {
                    Ok(()) if self.lost_on_a_route(&lane.name, &lane.sum.tally) => break 'rounds,
                    Ok(()) => {}
                    Err(Broken::Interrupted) => {
                        lane.outcome = Some(Err(Broken::Interrupted));
                        break 'rounds;
                    }
                    Err(Broken::Decided) => break 'rounds,
                    broken => lane.outcome = Some(broken),
                }
            }
            for lane in &lanes {
                self.figures(lane.position, &lane.sum.tally, lane.sum.samples.clone());
            }
            self.save();
        }
        let interrupted = lanes.iter().any(|lane| matches!(lane.outcome, Some(Err(Broken::Interrupted))));
        self.interrupted |= interrupted;
        for lane in lanes {
            let mut stretch = lane.sum.stretch();
            let company = std::mem::take(&mut stretch.company);
            if let Some(ready) = ready.get_mut(lane.ready)
                && let Some(running) = running.get_mut(ready.running)
            {
                let site = Site {
                    running,
                    name: &lane.name,
                    position: lane.position,
                    values: &ready.values,
                    wallet: &mut ready.wallet,
                };
                let whole = lane.outcome.is_none() && !interrupted && self.record.ended_early.is_none();
                self.bring(&site, &stretch.tally, company, whole).await;
            }
            let nothing = stretch.tally.requests() == 0;
            self.keep(lane.position, &lane.name, stretch);
            match lane.outcome {
                Some(Err(Broken::Failed(reason))) => self.fail(&lane.name, reason),
                _ if interrupted => self.fail(&lane.name, "interrupted before its end".into()),
                _ if nothing && self.record.ended_early.is_some() => self.fail(&lane.name, NOT_LOADED.into()),
                _ => {}
            }
        }
    }

    /// Whether a gate on a route of a stack is lost by now: known from block to block.
    fn lost_on_a_route(&mut self, stack: &str, tally: &LoadTally) -> bool {
        let gate = self.early.as_ref().and_then(|early| early.lost_route(self.plan, stack, tally));
        let Some(gate) = gate.map(str::to_owned) else { return false };
        self.decided(stack, gate);
        true
    }

    async fn block(
        &mut self,
        plan: &Plan,
        site: &mut Site<'_>,
        round: u32,
        place: u32,
        sum: &mut Sum,
    ) -> Result<(), Broken> {
        // A resting stack's tokens grow old too.
        let margin = RENEW_MARGIN + plan.load.warmup + plan.load.duration();
        self.renew_before(plan, site, margin).await?;
        let clock = host::Clock::now();
        self.held = Some(Vec::new());
        let stretch = self.stretch(plan, site).await;
        let seconds = self.held.take().unwrap_or_default();
        let stretch = stretch?;
        let outcome = match &stretch.death {
            Some(how) => Err(Broken::Failed(format!(
                "{how} in block {} of {}; measured until then",
                round + 1,
                self.plan.load.blocks.map_or(0, |blocks| blocks.count)
            ))),
            None => stretch.outcome(),
        };
        if let Some(early) = &mut self.early {
            early.block(site.name, Duration::from_secs_f64(stretch.tally.generator.wall_s.max(0.0)));
        }
        let at_s = stretch.measured_from.map_or(0.0, |at| (at - self.began).as_secs_f64());
        let resources = ResourceRecord::of(stretch.samples.clone(), stretch.tally.requests());
        // Half a block is none: it would weigh as much as a whole one.
        if outcome.is_ok() {
            let mut block = BlockRecord::of(self.plan, round, place, at_s, &stretch.tally);
            block.cpu_s = resources.as_ref().map(|resources| resources.cpu_s);
            block.peak_rss_bytes = resources.as_ref().map(|resources| resources.peak_rss_bytes);
            block.machine = host::look(clock);
            self.record.stacks[site.position].blocks.push(block);
        }
        sum.add(stretch, seconds, resources);
        outcome
    }
}

/// The blocks of one stack as one load.
struct Sum {
    tally: LoadTally,
    samples: Vec<Sample>,
    measured_from: Option<Instant>,
    /// Those who asked beside the blocks.
    company: Company,
    /// The second that the next block may go on with.
    open: Option<(SecondTally, Histogram<u64>)>,
}

impl Sum {
    fn new(plan: &Plan) -> Self {
        let route = || RouteTally { counts: Counts::default(), latencies: Latencies::default() };
        let generator = GeneratorTally {
            schedule_lag: histogram(),
            cpu_s: 0.0,
            wall_s: 0.0,
            threads: plan.load.threads,
            queued: 0,
            unsent: 0,
            peak_connections: 0,
        };
        let tally = LoadTally {
            routes: plan.routes.iter().map(|_| route()).collect(),
            seconds: Vec::new(),
            generator,
            samples: Vec::new(),
            sightings: Vec::new(),
            leaks: Vec::new(),
            interrupted: false,
            next: plan.load.first,
        };
        Sum { tally, samples: Vec::new(), measured_from: None, company: Company::default(), open: None }
    }

    fn add(
        &mut self,
        stretch: Stretch,
        seconds: Vec<(SecondTally, Histogram<u64>)>,
        resources: Option<ResourceRecord>,
    ) {
        let before = self.tally.generator.wall_s;
        self.measured_from = self.measured_from.or(stretch.measured_from);
        for second in seconds {
            self.add_second(before, second);
        }
        let (cpu, first) = self.samples.last().map_or((0.0, true), |last| (last.cpu_s, false));
        // Its first sample is the moment at which the block before ended.
        for sample in resources.into_iter().flat_map(|of| of.samples).skip(usize::from(!first)) {
            self.samples.push(Sample { at_s: sample.at_s + before, cpu_s: sample.cpu_s + cpu, ..sample });
        }
        self.company.add(stretch.company);
        let (sum, block) = (&mut self.tally, stretch.tally);
        for (sum, route) in sum.routes.iter_mut().zip(&block.routes) {
            sum.counts.add(&route.counts);
            sum.latencies.add(&route.latencies);
        }
        // Both have the bounds of `histogram()`: adding cannot fail.
        let _ = sum.generator.schedule_lag.add(&block.generator.schedule_lag);
        sum.generator.cpu_s += block.generator.cpu_s;
        sum.generator.wall_s += block.generator.wall_s;
        sum.generator.threads = block.generator.threads;
        sum.generator.queued += block.generator.queued;
        sum.generator.unsent += block.generator.unsent;
        sum.generator.peak_connections = sum.generator.peak_connections.max(block.generator.peak_connections);
        for sample in block.samples {
            let alike = |other: &&crate::engine::ErrorSample| {
                (other.route, other.class) == (sample.route, sample.class)
            };
            if sum.samples.iter().filter(alike).count() < SAMPLES {
                sum.samples.push(sample);
            }
        }
        let room = SIGHTINGS.saturating_sub(sum.sightings.len());
        sum.sightings.extend(block.sightings.into_iter().take(room));
        sum.leaks.extend(block.leaks);
        sum.interrupted |= block.interrupted;
        sum.next = sum.next.max(block.next);
    }

    /// Puts a second of a block into its place in the stack's own measured time. Where a block is no whole number of
    /// seconds, the next goes on within the second.
    fn add_second(&mut self, before: f64, (mut tally, response): (SecondTally, Histogram<u64>)) {
        // The margin keeps a sum of tenths that should be whole from falling short of it.
        tally.second += (before + 1e-6) as u32;
        if let Some((open, histogram)) = &mut self.open
            && open.second == tally.second
        {
            open.wanted += tally.wanted;
            open.counts.add(&tally.counts);
            open.in_flight = tally.in_flight;
            open.backlog = tally.backlog;
            // Both resize themselves: adding cannot fail.
            let _ = histogram.add(&response);
            return;
        }
        self.close_second();
        self.open = Some((tally, response));
    }

    fn close_second(&mut self) {
        if let Some((mut tally, response)) = self.open.take() {
            tally.response = Spread::of(&response);
            self.tally.seconds.push(tally);
        }
    }

    fn stretch(mut self) -> Stretch {
        self.close_second();
        Stretch {
            tally: self.tally,
            samples: self.samples,
            death: None,
            decided: false,
            measured_from: self.measured_from,
            company: self.company,
        }
    }
}

/// How long the blocks of all stacks take together, the pauses at their ends left out.
pub fn time(blocks: &BlocksPlan, warmup: Duration, stacks: u32) -> Duration {
    ((blocks.length + blocks.settle) * blocks.count + warmup.saturating_sub(blocks.settle)) * stacks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Role;

    fn second(second: u32, requests: u64) -> (SecondTally, Histogram<u64>) {
        let mut response = histogram();
        (0..requests).for_each(|n| response.record((n + 1) * 1_000_000).unwrap());
        let counts = Counts { requests, ..Counts::default() };
        let tally = SecondTally {
            second,
            wanted: requests,
            counts,
            response: Spread::default(),
            in_flight: 0,
            backlog: 0,
        };
        (tally, response)
    }

    fn sum() -> Sum {
        let text = "title = \"t\"\n[stacks.dev]\nurl = \"http://127.0.0.1:9\"\n[[routes]]\nname = \"home\"\nget = \"/\"\n";
        let plan = Plan::parse(std::path::Path::new("s.toml"), text).unwrap();
        assert_eq!(plan.stacks[0].role, Role::Dev);
        Sum::new(&plan)
    }

    #[test]
    fn seconds_follow_each_other_whatever_a_block_lasts() {
        let mut sum = sum();
        for block in 0..4 {
            sum.add_second(f64::from(block) * 0.25, second(0, 10));
        }
        for part in 0..2 {
            sum.add_second(1.0, second(part, 40));
        }
        sum.close_second();
        let seconds: Vec<(u32, u64, u64)> =
            sum.tally.seconds.iter().map(|s| (s.second, s.counts.requests, s.response.count)).collect();
        assert_eq!(seconds, [(0, 40, 40), (1, 40, 40), (2, 40, 40)]);
        assert!(sum.tally.seconds[0].response.p50 < 6_000_000, "merged, and not only the last block's");
    }
}
