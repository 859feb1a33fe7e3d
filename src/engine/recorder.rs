//! What one worker counts. Recording allocates nothing once the latencies have been seen.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::buckets::{Buckets, Kind, Leaves};
use super::judge::Room;
use super::{Counts, ErrorClass, ErrorSample, Latencies, Leak, RouteTally, Sighting, histogram};

/// Most samples of one class on one route.
pub(super) const MAX_SAMPLES: usize = 5;
/// Most answers that one worker keeps.
const MAX_SIGHTINGS: usize = 2_000;
/// Leaves that there is room for before the load: for each route, and besides.
const ROOM: (usize, usize) = (16, 128);
/// Answers whose latencies are counted together.
const BATCH: usize = 64;
/// Most answers of another user that one worker keeps; all are counted.
const MAX_LEAKS: usize = 20;

/// A request that ended.
pub(super) struct Outcome {
    /// When it should have begun.
    pub(super) intended: Instant,
    /// When it began: connecting, where it had to, else sending.
    pub(super) begun: Instant,
    /// When sending began.
    pub(super) sent: Instant,
    /// When the first byte of the answer came, if one came.
    pub(super) first_byte: Instant,
    /// When it ended.
    pub(super) done: Instant,
    /// Status, if an answer came.
    pub(super) status: Option<u16>,
    pub(super) received: u64,
    pub(super) transmitted: u64,
    pub(super) opened: u64,
    pub(super) error: Option<ErrorClass>,
}

/// Counts that take no tree to update: statuses stand in a short list, and its first, which most answers have, beside
/// what else each request counts, in one cache line.
#[derive(Debug, Clone, Default)]
#[repr(C, align(64))]
struct Counters {
    requests: u64,
    bytes_in: u64,
    bytes_out: u64,
    connections: u64,
    /// Status of the first answer, and how many answers have it.
    first: (u16, u64),
    leaks: u64,
    other_statuses: Vec<(u16, u64)>,
    errors: [u64; 8],
}

impl Counters {
    /// Counts; how many answers of this status there are now, 0 without an answer.
    #[inline]
    fn add(&mut self, outcome: &Outcome) -> u64 {
        self.requests += 1;
        if let Some(class) = outcome.error {
            self.errors[class as usize] += 1;
        }
        self.bytes_in += outcome.received;
        self.bytes_out += outcome.transmitted;
        self.connections += outcome.opened;
        let Some(status) = outcome.status else { return 0 };
        let (first, answers) = &mut self.first;
        if *answers == 0 {
            *first = status;
        }
        if *first == status {
            *answers += 1;
            return *answers;
        }
        self.add_other(status)
    }

    #[cold]
    fn add_other(&mut self, status: u16) -> u64 {
        match self.other_statuses.iter_mut().find(|(s, _)| *s == status) {
            Some((_, n)) => {
                *n += 1;
                *n
            }
            None => {
                self.other_statuses.push((status, 1));
                1
            }
        }
    }

    fn counts(&self) -> Counts {
        let first = Some(self.first).filter(|(_, answers)| *answers > 0).into_iter();
        Counts {
            requests: self.requests,
            errors: self.errors,
            statuses: first.chain(self.other_statuses.iter().copied()).collect(),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            connections: self.connections,
            leaks: self.leaks,
        }
    }

    fn clear(&mut self) {
        let mut other_statuses = std::mem::take(&mut self.other_statuses);
        other_statuses.clear();
        *self = Counters { other_statuses, ..Counters::default() };
    }
}

/// What one worker counts on one route.
struct RouteRecorder {
    counters: Counters,
    latencies: Buckets,
    samples: [u8; 8],
}

impl RouteRecorder {
    fn new() -> Self {
        RouteRecorder { counters: Counters::default(), latencies: Buckets::new(), samples: [0; 8] }
    }
}

/// Latencies of a good answer that are not in the buckets of its route yet.
struct Waiting {
    route: usize,
    response: u64,
    service: u64,
    first_byte: u64,
}

/// One second of one worker.
pub(super) struct WorkerSecond {
    pub(super) second: u32,
    pub(super) counts: Counts,
    pub(super) response: Histogram<u64>,
    /// Iterations begun (closed model).
    pub(super) begun: u64,
    /// Arrivals of the measured part taken up so far (open model).
    pub(super) taken: u64,
    pub(super) in_flight: u64,
}

/// All that one worker counts in the measured part.
pub(super) struct Recorder {
    begin: Instant,
    last_second: u32,
    second: u32,
    second_counters: Counters,
    second_response: Histogram<u64>,
    second_begun: u64,
    routes: Vec<RouteRecorder>,
    /// Buckets of many routes are in no cache near the core: counted one after the other, they are waited for together.
    waiting: Vec<Waiting>,
    leaves: Leaves,
    pub(super) samples: Vec<ErrorSample>,
    pub(super) sightings: Vec<Sighting>,
    pub(super) leaks: Vec<Leak>,
    pub(super) schedule_lag: Histogram<u64>,
    pub(super) queued: u64,
    pub(super) taken: u64,
}

impl Recorder {
    pub(super) fn new(routes: usize, begin: Instant, length: Duration) -> Self {
        let last_second = u32::try_from(length.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u32::MAX);
        Recorder {
            begin,
            last_second: last_second.saturating_sub(1),
            second: 0,
            second_counters: Counters::default(),
            second_response: histogram(),
            second_begun: 0,
            routes: (0..routes).map(|_| RouteRecorder::new()).collect(),
            waiting: Vec::with_capacity(BATCH),
            leaves: Leaves::with_room(ROOM.0 * routes + ROOM.1),
            samples: Vec::new(),
            sightings: Vec::new(),
            leaks: Vec::new(),
            schedule_lag: histogram(),
            queued: 0,
            taken: 0,
        }
    }

    /// Counts a request. Which answer of its status on its route it was, where it is one to be kept: the first, the
    /// second, the fourth, and so on, so that the later a load is, the rarer it keeps one.
    pub(super) fn record(&mut self, route: usize, outcome: &Outcome) -> Option<u64> {
        self.second_counters.add(outcome);
        let recorder = self.routes.get_mut(route)?;
        let nth = recorder.counters.add(outcome);
        let kept = (nth.is_power_of_two() && self.sightings.len() < MAX_SIGHTINGS).then_some(nth);
        let response = nanos(outcome.intended, outcome.done);
        if outcome.error.is_some() {
            recorder.latencies.record(Kind::Failed, response, &mut self.leaves);
            return kept;
        }
        add(&mut self.second_response, response);
        // Most of these moments are the same ones: asking is cheaper than subtracting.
        let service =
            if outcome.begun == outcome.intended { response } else { nanos(outcome.begun, outcome.done) };
        let first_byte = if (outcome.sent, outcome.first_byte) == (outcome.begun, outcome.done) {
            service
        } else {
            nanos(outcome.sent, outcome.first_byte)
        };
        self.waiting.push(Waiting { route, response, service, first_byte });
        if self.waiting.len() == BATCH {
            self.count_waiting();
        }
        kept
    }

    /// Counts the latencies that wait.
    fn count_waiting(&mut self) {
        for waiting in self.waiting.drain(..) {
            if let Some(RouteRecorder { latencies, .. }) = self.routes.get_mut(waiting.route) {
                latencies.record(Kind::Response, waiting.response, &mut self.leaves);
                latencies.record(Kind::Service, waiting.service, &mut self.leaves);
                latencies.record(Kind::FirstByte, waiting.first_byte, &mut self.leaves);
            }
        }
    }

    /// Counts an arrival that was taken up; `waited` when it had to wait for a connection.
    pub(super) fn take_up(&mut self, lag: Duration, waited: bool) {
        self.taken += 1;
        if waited {
            self.queued += 1;
        } else {
            add(&mut self.schedule_lag, u64::try_from(lag.as_nanos()).unwrap_or(u64::MAX));
        }
    }

    /// Counts an iteration that begins.
    pub(super) fn begin_iteration(&mut self) {
        self.second_begun += 1;
    }

    /// Keeps what went wrong, as long as there is room.
    pub(super) fn keep_sample(&mut self, sample: ErrorSample) {
        if let Some(route) = self.routes.get_mut(sample.route) {
            let count = &mut route.samples[sample.class as usize];
            if usize::from(*count) < MAX_SAMPLES {
                *count += 1;
                self.samples.push(sample);
            }
        }
    }

    /// Counts another user's answer; whether there is room to keep it.
    pub(super) fn has_room_for_leak(&mut self, route: usize) -> bool {
        if let Some(route) = self.routes.get_mut(route) {
            route.counters.leaks += 1;
        }
        self.leaks.len() < MAX_LEAKS
    }

    /// A route's room for samples.
    pub(super) fn room(&self, route: usize) -> RouteRoom {
        RouteRoom(self.routes.get(route).map_or([u8::MAX; 8], |route| route.samples))
    }

    /// Closes the seconds that are over at `now`. The last one stays open: requests that end after the measured
    /// part count in it.
    pub(super) fn roll(&mut self, now: Instant, in_flight: u64, out: &mut dyn FnMut(WorkerSecond)) {
        let current = now.saturating_duration_since(self.begin).as_secs();
        while u64::from(self.second) < current && self.second < self.last_second {
            out(self.close_second(in_flight));
        }
    }

    /// Closes the second that is open, whatever the time.
    pub(super) fn close_second(&mut self, in_flight: u64) -> WorkerSecond {
        // As wide as the one before, or each second would grow it again.
        let empty = Histogram::new_from(&self.second_response);
        let second = WorkerSecond {
            second: self.second,
            counts: self.second_counters.counts(),
            response: std::mem::replace(&mut self.second_response, empty),
            begun: self.second_begun,
            taken: self.taken,
            in_flight,
        };
        self.second_counters.clear();
        self.second_begun = 0;
        self.second += 1;
        second
    }

    /// Leaves and values that there is memory for.
    #[cfg(test)]
    pub(super) fn room_taken(&self) -> usize {
        let seconds = [&self.second_response, &self.schedule_lag];
        self.leaves.len() + seconds.map(Histogram::distinct_values).iter().sum::<usize>()
    }

    /// Adds what was counted to the results of the routes.
    pub(super) fn add_to(&mut self, tallies: &mut [RouteTally]) {
        self.count_waiting();
        for (route, tally) in self.routes.iter().zip(tallies) {
            tally.counts.add(&route.counters.counts());
            let Latencies { response, service, first_byte, failed } = &mut tally.latencies;
            for (kind, histogram) in [
                (Kind::Response, response),
                (Kind::Service, service),
                (Kind::FirstByte, first_byte),
                (Kind::Failed, failed),
            ] {
                route.latencies.add_to(kind, &self.leaves, histogram);
            }
        }
    }
}

/// Room for samples of one route, by class.
pub(super) struct RouteRoom([u8; 8]);

impl Room for RouteRoom {
    fn has_room(&self, class: ErrorClass) -> bool {
        usize::from(self.0[class as usize]) < MAX_SAMPLES
    }
}

/// Records a value; an hour stands for all that is longer.
fn add(histogram: &mut Histogram<u64>, nanos: u64) {
    // A histogram that resizes itself refuses nothing below its format's limit.
    let _ = histogram.record(nanos.min(3_600_000_000_000));
}

fn nanos(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_nanos()).unwrap_or(u64::MAX)
}
