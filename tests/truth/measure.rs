//! A load on a server of known behaviour, beside what it must report.

use std::time::Duration;

use hdrhistogram::Histogram;
use shakedown::auth::Wallet;
use shakedown::engine::LoadTally;

use super::offer::offer;
use super::queue::{quantile, responses};
use super::server::{Notes, Server};
use super::shape::Shape;

/// Seconds of warm-up.
const WARMUP: u32 = 1;

/// The quantiles that are compared, with how far off they may be.
pub const QUANTILES: [(&str, f64, f64); 5] = [
    ("p50", 0.5, 0.05),
    ("p95", 0.95, 0.03),
    ("p99", 0.99, 0.03),
    ("p99.9", 0.999, 0.03),
    ("max", 1.0, 0.03),
];

/// Truth and report.
pub struct Measured {
    pub truth: Vec<Duration>,
    pub tally: LoadTally,
    pub notes: Notes,
}

/// Offers the arrivals for so many seconds.
pub async fn measure(shape: Shape, connections: usize, seconds: u32) -> Measured {
    let (rate, server) = (shape.rate, Server::start(shape));
    let lines = format!(
        "[[routes]]\nname = \"r\"\nget = \"/\"\n[load]\nrate = {rate}\nduration = \"{seconds}s\"\nwarmup = \"{WARMUP}s\"\n\
         connections = {connections}\nthreads = 1\n"
    );
    let tally = offer(&server.url(), &Wallet::default(), &lines).await.unwrap();
    let (before, arrivals) = (rate * WARMUP, rate * (WARMUP + seconds));
    let truth = responses(&shape, connections, arrivals.into(), before.into());
    Measured { truth, tally, notes: server.stop() }
}

impl Measured {
    /// What must be reported.
    pub fn truth(&self, q: f64) -> Duration {
        quantile(&self.truth, q)
    }

    /// What was.
    pub fn reported(&self, q: f64) -> Duration {
        at(&self.tally.routes[0].latencies.response, q)
    }

    /// What came from the machine: the server's lateness and the generator's.
    pub fn noise(&self, q: f64) -> Duration {
        at(&self.notes.late, q) + at(&self.tally.generator.schedule_lag, q)
    }
}

/// A quantile of a histogram of nanoseconds.
pub fn at(histogram: &Histogram<u64>, q: f64) -> Duration {
    Duration::from_nanos(histogram.value_at_quantile(q))
}
