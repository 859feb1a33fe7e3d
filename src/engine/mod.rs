//! The load: arrival schedule, per-core workers, connections, histograms. Knows no formats, files or terminals.
//!
//! Each worker is one thread with a tokio `current_thread` runtime and shares nothing with the others on
//! the hot path; what it counts leaves it by message, once a second and at the end.

mod buckets;
mod credentials;
mod curve;
mod exchange;
mod extract;
mod job;
mod judge;
mod lines;
mod load;
#[doc(hidden)]
pub mod pieces;
mod random;
mod recorder;
mod redirect;
mod request;
mod runner;
mod schedule;
mod timer;
mod vigil;
mod worker;

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use crate::auth::{Renewed, Wallet};
use crate::plan::Plan;
use crate::secret::Redactor;
use crate::wire::Endpoint;

pub use extract::extract;
pub use load::load;

/// Classes of errors, in the order of [`Counts::errors`].
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// No TCP connection.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// No whole answer in time.
    Timeout,
    /// The connection ended before the whole answer.
    Reset,
    /// What came was not HTTP.
    Protocol,
    /// The status was not an expected one.
    Status,
    /// Status good, but a header, the body, a JSON value or the owner was not as expected.
    Expectation,
    /// The generator's own limits (ports, file descriptors): never the stack's fault.
    Local,
}

impl ErrorClass {
    /// All of them, in order.
    pub const ALL: [ErrorClass; 8] = [
        ErrorClass::Connect,
        ErrorClass::Tls,
        ErrorClass::Timeout,
        ErrorClass::Reset,
        ErrorClass::Protocol,
        ErrorClass::Status,
        ErrorClass::Expectation,
        ErrorClass::Local,
    ];

    /// Its name in reports and records.
    pub fn name(self) -> &'static str {
        match self {
            ErrorClass::Connect => "connect",
            ErrorClass::Tls => "tls",
            ErrorClass::Timeout => "timeout",
            ErrorClass::Reset => "reset",
            ErrorClass::Protocol => "protocol",
            ErrorClass::Status => "status",
            ErrorClass::Expectation => "expectation",
            ErrorClass::Local => "local",
        }
    }
}

/// What is counted of a route, or of a second.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// Requests that ended, well or not.
    pub requests: u64,
    /// Errors by class, in the order of [`ErrorClass::ALL`].
    pub errors: [u64; 8],
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Bytes received, heads included.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Connections opened.
    pub connections: u64,
    /// Answers that named another user than the one who asked; counted by route only.
    pub leaks: u64,
}

impl Counts {
    /// Adds another's counts to these.
    pub fn add(&mut self, other: &Counts) {
        self.requests += other.requests;
        for (sum, n) in self.errors.iter_mut().zip(other.errors) {
            *sum += n;
        }
        for (status, n) in &other.statuses {
            *self.statuses.entry(*status).or_default() += n;
        }
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.connections += other.connections;
        self.leaks += other.leaks;
    }
}

/// Latencies of one route in nanoseconds. The first three are of good answers only.
#[derive(Debug, Clone)]
pub struct Latencies {
    /// From the intended start to the last byte.
    pub response: Histogram<u64>,
    /// From the send (connecting included, where the request opened its connection) to the last byte.
    pub service: Histogram<u64>,
    /// From the send to the first byte.
    pub first_byte: Histogram<u64>,
    /// Response time of requests that failed (a time-out counts with the time waited).
    pub failed: Histogram<u64>,
}

impl Default for Latencies {
    fn default() -> Self {
        Latencies {
            response: histogram(),
            service: histogram(),
            first_byte: histogram(),
            failed: histogram(),
        }
    }
}

impl Latencies {
    /// Adds another's samples to these.
    pub fn add(&mut self, other: &Latencies) {
        let pairs = [
            (&mut self.response, &other.response),
            (&mut self.service, &other.service),
            (&mut self.first_byte, &other.first_byte),
            (&mut self.failed, &other.failed),
        ];
        for (sum, samples) in pairs {
            // Both have the bounds of `histogram()`, and the sum resizes itself: adding cannot fail.
            let _ = sum.add(samples);
        }
    }
}

/// An empty histogram of nanoseconds: three significant digits, in steps of 64 ns at the least. It begins at its smallest
/// (16 KiB, as far as 131 µs) and grows to what is recorded: hundreds of routes have four each.
#[expect(clippy::unreachable, reason = "the bounds are constants, and within what the histogram takes")]
pub fn histogram() -> Histogram<u64> {
    let mut histogram =
        Histogram::new_with_bounds(64, 131_071, 3).unwrap_or_else(|error| unreachable!("{error}"));
    histogram.auto(true);
    histogram
}

/// One route's results.
#[derive(Debug, Clone)]
pub struct RouteTally {
    /// Counts.
    pub counts: Counts,
    /// Latencies.
    pub latencies: Latencies,
}

/// What is kept of a second's latencies when it is over: a histogram a second would be hundreds of megabytes an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    /// Samples.
    pub count: u64,
    /// Median in nanoseconds; 0 without samples, as the next two.
    pub p50: u64,
    /// 99 % are not above it.
    pub p99: u64,
    /// Largest.
    pub max: u64,
}

impl Spread {
    /// Of a second's response times.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let at = |q| histogram.value_at_quantile(q);
        Spread { count: histogram.len(), p50: at(0.5), p99: at(0.99), max: histogram.max() }
    }
}

/// One second of the measured part, over all routes.
#[derive(Debug, Clone)]
pub struct SecondTally {
    /// Which second, from 0.
    pub second: u32,
    /// Arrivals that the schedule wanted in it (open) or iterations begun (closed).
    pub wanted: u64,
    /// Counts of requests that ended in it.
    pub counts: Counts,
    /// Response time of good answers.
    pub response: Spread,
    /// Requests under way at its end.
    pub in_flight: u64,
    /// Arrivals due but not yet sent at its end, because every connection was busy.
    pub backlog: u64,
}

/// How well the generator did its own part.
#[derive(Debug, Clone)]
pub struct GeneratorTally {
    /// From the intended start to the moment a worker took the arrival up, in nanoseconds, while a connection
    /// was free: the generator's own lateness, not the stack's.
    pub schedule_lag: Histogram<u64>,
    /// CPU-seconds of all worker threads in the measured part, without those spent watching for the next event.
    pub cpu_s: f64,
    /// Wall seconds of the measured part.
    pub wall_s: f64,
    /// Worker threads.
    pub threads: usize,
    /// Arrivals that had to wait because the limit of connections was reached.
    pub queued: u64,
    /// Arrivals of the schedule that were never sent because the run ended first.
    pub unsent: u64,
    /// Largest number of connections open at once.
    pub peak_connections: u64,
}

/// The results of one load on one stack.
#[derive(Debug, Clone)]
pub struct LoadTally {
    /// By [`crate::plan::RouteId`].
    pub routes: Vec<RouteTally>,
    /// Second by second.
    pub seconds: Vec<SecondTally>,
    /// The generator itself.
    pub generator: GeneratorTally,
    /// Up to five samples of what went wrong for each route and class, in words, secrets taken out.
    pub samples: Vec<ErrorSample>,
    /// Answers that were kept: of each route and status the first, the second, the fourth, and so on, of each worker.
    pub sightings: Vec<Sighting>,
    /// Answers that named another user than the one who asked, up to twenty of each worker.
    pub leaks: Vec<Leak>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// The first number that no request of it had, for a load that goes on from it.
    pub next: u64,
}

impl LoadTally {
    /// Requests of all routes that ended.
    pub fn requests(&self) -> u64 {
        self.routes.iter().map(|route| route.counts.requests).sum()
    }
}

/// An answer of the load, as it came.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// Position of the route in the plan.
    pub route: usize,
    /// Position of the user who asked, where there is one.
    pub user: Option<usize>,
    /// How many answers of this status the worker had by then on this route, this one counted in.
    pub nth: u64,
    /// The request's first line. It may hold what is secret.
    pub asked: Vec<u8>,
    /// The answer's head, from its first line to the blank one.
    pub head: Vec<u8>,
    /// The beginning of the body, where something was to be judged in it, and of server errors.
    pub body: Vec<u8>,
}

/// Another user's answer.
#[derive(Debug, Clone)]
pub struct Leak {
    /// The answer.
    pub sighting: Sighting,
    /// Whose it was and who had asked, in words, secrets taken out.
    pub words: String,
}

/// What one failed request looked like.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct ErrorSample {
    /// Which route of the plan. Unit: position, from 0.
    pub route: usize,
    /// Class.
    pub class: ErrorClass,
    /// User who asked, where there is one.
    pub user: Option<String>,
    /// In words: `expected status 200, got 401`.
    pub message: String,
}

/// What the engine says while it runs.
#[derive(Debug, Clone)]
pub enum Event {
    /// Warm-up began.
    WarmUp {
        /// How long it takes.
        duration: Duration,
    },
    /// The measured part began.
    Measuring {
        /// How long it takes.
        duration: Duration,
    },
    /// A second of the measured part is over (merged over the workers).
    Second {
        /// What was counted in it.
        tally: Box<SecondTally>,
        /// Response times of its good answers in nanoseconds.
        response: Box<Histogram<u64>>,
    },
}

/// What a load needs from outside.
pub struct LoadInput<'a> {
    /// What to request and how hard.
    pub plan: &'a Plan,
    /// Where.
    pub endpoint: &'a Endpoint,
    /// The stack's values for templates (`discover.*`, `vars.*`).
    pub values: &'a BTreeMap<String, String>,
    /// Credentials.
    pub wallet: &'a Wallet,
    /// Takes their secrets, and the scenario's, out of error samples.
    pub redactor: &'a Redactor,
    /// Credentials renewed while it runs.
    pub renewals: tokio::sync::mpsc::UnboundedReceiver<Renewed>,
    /// Set to true to stop early; what was measured until then is returned, marked interrupted.
    pub stop: watch::Receiver<bool>,
    /// Where events go.
    pub events: UnboundedSender<Event>,
}

/// A load that could not begin.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A template names a value this stack does not have.
    #[error("route `{route}`: this stack has no value `{name}`")]
    Unbound {
        /// The route.
        route: String,
        /// The value's name.
        name: String,
    },
    /// The system refused a thread, a timer or a descriptor.
    #[error("the load generator could not start: {0}")]
    System(#[from] std::io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_latencies_are_told_apart() {
        for ns in [700, 5_031, 97_031, 97_101, 130_900, 149_010] {
            let mut histogram = histogram();
            histogram.record(ns).unwrap();
            let read = histogram.value_at_quantile(0.5);
            assert!(read.abs_diff(ns) <= (ns / 1_000).max(64), "{ns} ns became {read}");
        }
        let mut two = histogram();
        two.record(97_031).unwrap();
        two.record(97_131).unwrap();
        assert_ne!(two.value_at_quantile(0.1), two.value_at_quantile(0.9), "100 ns apart at 97 µs");
    }

    #[test]
    fn hundreds_of_routes_fit() {
        let bytes = |latencies: &Latencies| {
            let all = [&latencies.response, &latencies.service, &latencies.first_byte, &latencies.failed];
            all.into_iter().map(|histogram| histogram.distinct_values() * size_of::<u64>()).sum::<usize>()
        };
        let mut latencies = Latencies::default();
        assert!(bytes(&latencies) <= 64 << 10, "{} bytes before anything came", bytes(&latencies));
        for histogram in [&mut latencies.response, &mut latencies.service, &mut latencies.first_byte] {
            histogram.record(60_000_000).unwrap();
        }
        assert!(bytes(&latencies) <= 280 << 10, "{} bytes with answers of 60 ms", bytes(&latencies));
    }
}
