//! Latencies counted in an HdrHistogram's buckets, with memory only where one fell, and little of it in use.
//!
//! A histogram of the crate is one array as far as its longest value: half a thousand routes of four histograms each took 150 MB,
//! and the page faults of it a tenth of the CPU of a short load. Leaves of eight-byte counts, one kind of latency each, were still
//! 25 MB that no cache near the core holds. Here the counts of one bucket stand beside each other for all kinds, since the
//! latencies of a request are near each other, and are a byte each; what a byte does not hold is written elsewhere every
//! 256th time. A histogram is made of them once the load is over.

use hdrhistogram::Histogram;

/// The buckets of [`super::histogram()`]: steps of 64 ns,
const STEP_BITS: u32 = 6;
/// and 1,024 for each doubling, 2,048 for the first: three significant digits.
const HALF_BITS: u32 = 10;
/// All that is longer stands as an hour.
const LONGEST_NS: u64 = 3_600_000_000_000;
/// Buckets in a leaf.
const LEAF: usize = 128;
const LEAVES: usize = index_of(LONGEST_NS) / LEAF + 1;
/// Leaves that are made at once when there is no room left: few, since the load waits for it.
const MORE: usize = 64;
/// Where there is no leaf yet.
const NONE: u32 = u32::MAX;

/// Which latency, as in [`super::Latencies`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Response,
    Service,
    FirstByte,
    Failed,
}

const KINDS: usize = 4;

/// A bucket's place.
const fn index_of(nanos: u64) -> usize {
    let steps = nanos >> STEP_BITS;
    let doublings = (steps | ((2 << HALF_BITS) - 1)).ilog2() - HALF_BITS;
    ((doublings as usize) << HALF_BITS) + (steps >> doublings) as usize
}

/// A value of a bucket, never nothing: the end of its first step.
fn value_of(index: usize) -> u64 {
    let doublings = (index >> HALF_BITS).saturating_sub(1);
    ((((index - (doublings << HALF_BITS)) as u64) << doublings) << STEP_BITS) | ((1 << STEP_BITS) - 1)
}

/// The leaves of all routes of one worker: how often each bucket of each kind was met, modulo 256, and how often 256 times.
pub(super) struct Leaves {
    counts: Vec<[[u8; KINDS]; LEAF]>,
    rounds: Vec<[[u32; KINDS]; LEAF]>,
    used: usize,
}

impl Leaves {
    /// None yet, and room for so many before memory is asked for.
    pub(super) fn with_room(leaves: usize) -> Self {
        // Zeroed by the system: what is never met is never paid for.
        Leaves { counts: vec![[[0; KINDS]; LEAF]; leaves], rounds: vec![[[0; KINDS]; LEAF]; leaves], used: 0 }
    }

    #[cold]
    fn add(&mut self) -> u32 {
        let leaf = self.used;
        self.used += 1;
        if self.counts.len() < self.used {
            self.counts.resize(leaf + MORE, [[0; KINDS]; LEAF]);
            self.rounds.resize(leaf + MORE, [[0; KINDS]; LEAF]);
        }
        u32::try_from(leaf).unwrap_or(NONE)
    }

    #[inline]
    fn count(&mut self, leaf: u32, bucket: usize, kind: Kind) {
        let Some(counts) = self.counts.get_mut(leaf as usize) else { return };
        let count = &mut counts[bucket][kind as usize];
        *count = count.wrapping_add(1);
        if *count == 0 {
            self.round(leaf, bucket, kind);
        }
    }

    #[cold]
    fn round(&mut self, leaf: u32, bucket: usize, kind: Kind) {
        if let Some(rounds) = self.rounds.get_mut(leaf as usize) {
            rounds[bucket][kind as usize] += 1;
        }
    }

    fn counted(&self, leaf: u32, bucket: usize, kind: Kind) -> u64 {
        let of = |leaf: usize| {
            let low = self.counts.get(leaf)?[bucket][kind as usize];
            Some(u64::from(self.rounds.get(leaf)?[bucket][kind as usize]) << 8 | u64::from(low))
        };
        of(leaf as usize).unwrap_or(0)
    }

    /// Leaves that are there.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.used
    }
}

/// How often each latency of one route was seen: where its leaves are.
pub(super) struct Buckets([u32; LEAVES]);

impl Buckets {
    pub(super) fn new() -> Self {
        Buckets([NONE; LEAVES])
    }

    /// Counts one.
    #[inline]
    pub(super) fn record(&mut self, kind: Kind, nanos: u64, leaves: &mut Leaves) {
        let index = index_of(nanos.min(LONGEST_NS));
        if let Some(leaf) = self.0.get_mut(index / LEAF) {
            if *leaf == NONE {
                *leaf = leaves.add();
            }
            leaves.count(*leaf, index % LEAF, kind);
        }
    }

    /// Adds all of a kind to a histogram made by [`super::histogram()`].
    pub(super) fn add_to(&self, kind: Kind, leaves: &Leaves, histogram: &mut Histogram<u64>) {
        // From the longest on, so that it grows once.
        for (at, &leaf) in self.0.iter().enumerate().rev().filter(|(_, leaf)| **leaf != NONE) {
            for bucket in (0..LEAF).rev() {
                let count = leaves.counted(leaf, bucket, kind);
                if count > 0 {
                    // It resizes itself, and no value is above its format's limit.
                    let _ = histogram.record_n(value_of(at * LEAF + bucket), count);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::histogram;
    use super::*;

    fn both(values: &[u64]) -> (Histogram<u64>, Histogram<u64>) {
        let (mut leaves, mut buckets) = (Leaves::with_room(2), Buckets::new());
        let mut direct = histogram();
        for &value in values {
            buckets.record(Kind::Service, value, &mut leaves);
            direct.record(value.clamp(1, LONGEST_NS)).unwrap();
        }
        let mut made = histogram();
        buckets.add_to(Kind::Service, &leaves, &mut made);
        (made, direct)
    }

    #[test]
    fn the_edges_of_buckets_are_the_histograms() {
        let mut edges = vec![0, 1, 63, 64, 65, u64::MAX, LONGEST_NS, LONGEST_NS - 1];
        for bits in 6..42 {
            edges.extend([(1 << bits) - 1, 1 << bits, (1 << bits) + 1, (1 << bits) + (1 << (bits - 1))]);
        }
        for &edge in &edges {
            let (made, direct) = both(&[edge]);
            assert!(made == direct, "{edge}");
        }
        let (made, direct) = both(&edges);
        assert!(made == direct);
    }

    #[test]
    fn room_is_taken_only_where_a_latency_fell() {
        let (mut leaves, mut buckets) = (Leaves::with_room(1), Buckets::new());
        assert_eq!(leaves.len(), 0);
        (0..1_000).for_each(|n| buckets.record(Kind::Response, 50_000 + n, &mut leaves));
        assert_eq!(leaves.len(), 1);
        buckets.record(Kind::FirstByte, 50_000, &mut leaves);
        assert_eq!(leaves.len(), 1, "what is as long stands beside it");
        buckets.record(Kind::Response, 20_000_000_000, &mut leaves);
        assert_eq!(leaves.len(), 2);
    }

    #[test]
    fn routes_and_kinds_are_counted_apart_and_beyond_a_byte() {
        let mut leaves = Leaves::with_room(0);
        let mut routes = [Buckets::new(), Buckets::new()];
        let counts = [
            (0, Kind::Response, 255),
            (0, Kind::FirstByte, 256),
            (0, Kind::Failed, 257),
            (1, Kind::Service, 70_000),
        ];
        for (route, kind, count) in counts {
            (0..count).for_each(|_| routes[route].record(kind, 1_000_000, &mut leaves));
        }
        for (at, route) in routes.iter().enumerate() {
            for kind in [Kind::Response, Kind::Service, Kind::FirstByte, Kind::Failed] {
                let mut made = histogram();
                route.add_to(kind, &leaves, &mut made);
                let wanted = counts.iter().find(|(r, k, _)| *r == at && *k as usize == kind as usize);
                assert_eq!(made.len(), wanted.map_or(0, |(.., count)| *count), "{at} {kind:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_histogram_made_of_buckets_is_the_one_recorded(
            values in prop::collection::vec((0_u32..43).prop_flat_map(|bits| 0..=(1_u64 << bits)), 0..300)
        ) {
            let (made, direct) = both(&values);
            prop_assert!(made == direct);
        }
    }
}
