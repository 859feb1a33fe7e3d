//! What every worker of a load knows: read by all, written by none.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::credentials::CredentialLines;
use super::curve::Curve;
use super::random::{Random, Share};
use super::request::{CompiledRoute, Shared};
use super::schedule::Schedule;
use super::{EngineError, LoadInput};
use crate::plan::{ConnectionMode, ModelPlan, Population, RouteId};
use crate::wire::{Endpoint, Tls};

/// Longest that requests under way at the end of the measured part are waited for.
pub(super) const DRAIN: Duration = Duration::from_secs(5);

pub(super) struct Job {
    pub(super) endpoint: Endpoint,
    pub(super) routes: Vec<CompiledRoute>,
    items: Vec<Item>,
    /// Of all items, one after the other.
    steps: Vec<RouteId>,
    /// Where to look for a draw among the items, for as many equal parts of all draws: the first item that may be drawn.
    guide: Vec<u32>,
    populations: Vec<Users>,
    pub(super) feeders: Vec<Vec<Vec<String>>>,
    pub(super) new_connections: bool,
    pub(super) warmup: Duration,
    pub(super) duration: Duration,
    pub(super) seed: u64,
    /// Number of the first request and arrival.
    pub(super) first: u64,
    pub(super) workers: usize,
    pub(super) model: Model,
}

/// What one arrival is, as [`crate::plan::Item`]; small, so that those of hundreds of routes lie close together.
pub(super) struct Item {
    /// The weights up to and with its own.
    sum: u64,
    /// Place of its steps.
    steps: Range<u32>,
    /// How many values its steps extract.
    pub(super) slots: u32,
    /// Nanoseconds of pause between steps.
    think: u64,
}

impl Item {
    /// Pause between steps.
    pub(super) fn think(&self) -> Duration {
        Duration::from_nanos(self.think)
    }
}

/// Who the virtual users of a population are, without their secrets: all values one after the other.
struct Users {
    names: Vec<String>,
    columns: usize,
    values: Vec<String>,
}

impl Users {
    fn new(population: &Population) -> Self {
        Users {
            names: population.users.iter().map(|user| user.name.clone()).collect(),
            columns: population.columns.len(),
            values: population.users.iter().flat_map(|user| user.values.clone()).collect(),
        }
    }
}

pub(super) enum Model {
    Open { schedules: Vec<Schedule>, connections: usize },
    Closed { users: Curve, think: Duration },
}

impl Job {
    pub(super) fn new(input: &LoadInput<'_>) -> Result<Job, EngineError> {
        let plan = input.plan;
        let load = &plan.load;
        let new_connections = load.connection == ConnectionMode::New;
        let mut common = Shared::default();
        let mut compiled = |route| {
            CompiledRoute::new(route, &input.endpoint.host, input.values, new_connections, &mut common)
        };
        let routes = plan.routes.iter().map(&mut compiled).collect::<Result<_, _>>()?;
        let (mut items, mut steps) = (Vec::new(), Vec::new());
        let mut sum = 0;
        for item in &plan.items {
            sum += u64::from(item.weight);
            let first = small(steps.len());
            steps.extend_from_slice(&item.steps);
            let think = u64::try_from(item.think.as_nanos()).unwrap_or(u64::MAX);
            items.push(Item { sum, steps: first..small(steps.len()), slots: small(item.slots), think });
        }
        let mut endpoint = input.endpoint.clone();
        if !load.tls_resumption {
            endpoint.tls = endpoint.tls.as_ref().map(Tls::without_resumption);
        }
        if endpoint.http2.is_some() {
            endpoint.tls = endpoint.tls.as_ref().map(Tls::offering_http2);
        }
        // A worker without a connection or a user of its own has nothing to do.
        let (model, workers) = match &load.model {
            ModelPlan::Open { profile, arrivals, connections } => {
                let connections = (*connections).max(1);
                let workers = load.threads.clamp(1, connections);
                let schedules = (0..workers)
                    .map(|w| Schedule::new(profile, *arrivals, load.warmup, load.seed, w, workers))
                    .map(|schedule| schedule.numbered_from(load.first))
                    .collect();
                (Model::Open { schedules, connections }, workers)
            }
            ModelPlan::Closed { profile, think } => {
                let users = Curve::new(profile);
                let most = (users.highest().round() as usize).max(1);
                (Model::Closed { users, think: *think }, load.threads.clamp(1, most))
            }
        };
        Ok(Job {
            endpoint,
            routes,
            guide: guide(&items),
            items,
            steps,
            populations: plan.populations.iter().map(Users::new).collect(),
            feeders: plan.feeders.iter().map(|feeder| feeder.rows.clone()).collect(),
            new_connections,
            warmup: load.warmup,
            duration: load.duration(),
            seed: load.seed,
            first: load.first,
            workers,
            model,
        })
    }

    /// Streams of a connection over HTTP/2; `None` over HTTP/1.1.
    pub(super) fn streams(&self) -> Option<usize> {
        self.endpoint.http2.map(|streams| if self.new_connections { 1 } else { streams })
    }

    /// Draws an item by weight; `None` without items.
    pub(super) fn choose(&self, random: &mut Random) -> Option<&Item> {
        drawn(&self.items, &self.guide, random.share())
    }

    /// Requests in order.
    pub(super) fn steps(&self, item: &Item) -> &[RouteId] {
        self.steps.get(item.steps.start as usize..item.steps.end as usize).unwrap_or_default()
    }

    pub(super) fn route(&self, id: RouteId) -> Option<&CompiledRoute> {
        self.routes.get(id.0)
    }

    /// Who asks, by the number of the arrival or of the virtual user.
    pub(super) fn user(&self, route: &CompiledRoute, number: u64) -> Option<usize> {
        let users = self.populations.get(route.population.0)?.names.len() as u64;
        usize::try_from(number.checked_rem(users)?).ok()
    }

    /// Values of a user's columns.
    pub(super) fn values(&self, route: &CompiledRoute, user: usize) -> &[String] {
        let Some(users) = self.populations.get(route.population.0) else { return &[] };
        users.values.get(user * users.columns..(user + 1) * users.columns).unwrap_or_default()
    }

    /// A user's name.
    pub(super) fn name(&self, route: &CompiledRoute, user: usize) -> Option<String> {
        self.populations.get(route.population.0)?.names.get(user).cloned()
    }

    /// A worker's part of a whole that is shared evenly.
    pub(super) fn share(&self, whole: usize, worker: usize) -> usize {
        whole / self.workers + usize::from(worker < whole % self.workers)
    }
}

/// A count of what a scenario names, which has far fewer.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// See [`Job::guide`]. Of items that weigh about the same the first one is mostly the right one, so a draw reads two cache
/// lines, however many items there are.
fn guide(items: &[Item]) -> Vec<u32> {
    let (parts, whole) = (items.len() as u64, items.last().map_or(0, |item| item.sum));
    let begin = |part: u64| (u128::from(part) * u128::from(whole) / u128::from(parts)) as u64;
    (0..parts).map(|part| small(items.partition_point(|item| item.sum <= begin(part)))).collect()
}

fn drawn<'a>(items: &'a [Item], guide: &[u32], share: Share) -> Option<&'a Item> {
    let weight = share.of(items.last()?.sum);
    let first = *guide.get(share.of(guide.len() as u64) as usize)?;
    items.get(first as usize..)?.iter().find(|item| item.sum > weight)
}

/// The moments of a load.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// Beginning of the warm-up.
    pub(super) epoch: Instant,
    /// Beginning of the measured part.
    pub(super) begin: Instant,
    /// Its end.
    pub(super) end: Instant,
    /// When requests still under way are given up.
    pub(super) drained: Instant,
}

impl Times {
    pub(super) fn new(epoch: Instant, job: &Job) -> Self {
        let begin = epoch + job.warmup;
        let end = begin + job.duration;
        Times { epoch, begin, end, drained: end + DRAIN }
    }
}

/// Credentials of one worker, by auth.
pub(super) type Credentials = Vec<CredentialLines>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_leads_to_the_item_that_a_search_finds() {
        for weights in
            [vec![1], vec![7; 500], vec![1, 1_000_000, 1, 1, 3], (1..400).collect(), vec![u32::MAX; 3]]
        {
            let mut sum = 0;
            let item = |weight: &u32| {
                sum += u64::from(*weight);
                Item { sum, steps: 0..1, slots: 0, think: 0 }
            };
            let items: Vec<Item> = weights.iter().map(item).collect();
            let guide = guide(&items);
            let mut random = Random::new(1, 1);
            let edges = (0..=weights.len() as u128).flat_map(|part| {
                let edge = (part << 64) / weights.len() as u128;
                [edge.saturating_sub(1), edge, edge + 1].map(|bits| Share(bits.min(u64::MAX.into()) as u64))
            });
            let edges: Vec<Share> = edges.collect();
            for share in edges.into_iter().chain((0..2_000).map(|_| random.share())) {
                let searched = items.iter().find(|item| item.sum > share.of(sum)).unwrap();
                assert_eq!(drawn(&items, &guide, share).unwrap().sum, searched.sum);
            }
        }
        assert!(drawn(&[], &guide(&[]), Share(0)).is_none());
    }
}
