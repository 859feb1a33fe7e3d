//! The response times a line of arrivals must have: computed, not measured.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::shape::Shape;

/// Response times of constant arrivals at a server of this shape through so many connections, first come first
/// served, the first arrival at zero. Those of the first `skipped` arrivals are left out.
pub fn responses(shape: &Shape, connections: usize, arrivals: u64, skipped: u64) -> Vec<Duration> {
    let mut free = BinaryHeap::from(vec![Reverse(Duration::ZERO); connections]);
    let mut all = Vec::new();
    for number in 0..arrivals {
        let at = Duration::from_secs_f64(number as f64 / f64::from(shape.rate));
        let Reverse(from) = free.pop().unwrap();
        let done = shape.done(at.max(from), number);
        free.push(Reverse(done));
        if number >= skipped {
            all.push(done - at);
        }
    }
    all.sort();
    all
}

/// A quantile of sorted times, as a histogram counts it: the least time that so many do not exceed.
pub fn quantile(sorted: &[Duration], q: f64) -> Duration {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}
