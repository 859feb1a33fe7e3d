//! What every worker of a load knows: read by all, written by none.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::curve::Curve;
use super::random::Random;
use super::request::{CompiledRoute, CredentialLines, Shared};
use super::schedule::Schedule;
use super::{EngineError, LoadInput};
use crate::plan::{ConnectionMode, ModelPlan, RouteId, User};
use crate::wire::{Endpoint, Tls};

/// Longest that requests under way at the end of the measured part are waited for.
pub(super) const DRAIN: Duration = Duration::from_secs(5);

pub(super) struct Job {
    pub(super) endpoint: Endpoint,
    pub(super) routes: Vec<CompiledRoute>,
    items: Vec<Item>,
    /// Of all items, one after the other.
    steps: Vec<RouteId>,
    /// Weights summed up, in the order of the items.
    sums: Vec<u64>,
    pub(super) populations: Vec<Vec<User>>,
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
    /// Place of its steps.
    steps: Range<usize>,
    /// Pause between steps.
    pub(super) think: Duration,
    /// How many values its steps extract.
    pub(super) slots: usize,
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
        let (mut items, mut steps, mut sums) = (Vec::new(), Vec::new(), Vec::new());
        let mut sum = 0;
        for item in &plan.items {
            sum += u64::from(item.weight);
            sums.push(sum);
            let first = steps.len();
            steps.extend_from_slice(&item.steps);
            items.push(Item { steps: first..steps.len(), think: item.think, slots: item.slots });
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
            items,
            steps,
            sums,
            populations: plan.populations.iter().map(|population| population.users.clone()).collect(),
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
        let draw = random.below(*self.sums.last()?);
        self.items.get(self.sums.partition_point(|sum| *sum <= draw))
    }

    /// Requests in order.
    pub(super) fn steps(&self, item: &Item) -> &[RouteId] {
        self.steps.get(item.steps.clone()).unwrap_or_default()
    }

    pub(super) fn route(&self, id: RouteId) -> Option<&CompiledRoute> {
        self.routes.get(id.0)
    }

    /// Who asks, by the number of the arrival or of the virtual user.
    pub(super) fn user(&self, route: &CompiledRoute, number: u64) -> Option<(usize, &User)> {
        let users = self.populations.get(route.population.0)?;
        let index = usize::try_from(number % (users.len().max(1) as u64)).ok()?;
        Some((index, users.get(index)?))
    }

    /// A worker's part of a whole that is shared evenly.
    pub(super) fn share(&self, whole: usize, worker: usize) -> usize {
        whole / self.workers + usize::from(worker < whole % self.workers)
    }
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

/// Credentials of one worker: by auth, then by user.
pub(super) type Credentials = Vec<Vec<CredentialLines>>;
