//! Latencies counted in an HdrHistogram's buckets, with memory only where one fell.
//!
//! A histogram of the crate is one array as far as its longest value: half a thousand routes of four histograms each took 150 MB,
//! and the page faults of it a tenth of the CPU of a short load. Here the same buckets stand in leaves that come when they
//! are needed; a histogram is made of them once the load is over.

use std::iter;

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

type Leaf = Box<[u64; LEAF]>;

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

/// Leaves made before the load, so that a rare latency in it need not allocate.
pub(super) struct Spare(Vec<Leaf>);

impl Spare {
    pub(super) fn new(leaves: usize) -> Self {
        Spare(iter::repeat_with(empty_leaf).take(leaves).collect())
    }
}

fn empty_leaf() -> Leaf {
    Box::new([0; LEAF])
}

/// How often each latency was seen.
pub(super) struct Buckets(Box<[Option<Leaf>]>);

impl Buckets {
    pub(super) fn new() -> Self {
        Buckets(iter::repeat_with(|| None).take(LEAVES).collect())
    }

    /// Counts one.
    pub(super) fn record(&mut self, nanos: u64, spare: &mut Spare) {
        let index = index_of(nanos.min(LONGEST_NS));
        if let Some(leaf) = self.0.get_mut(index / LEAF) {
            let leaf = leaf.get_or_insert_with(|| spare.0.pop().unwrap_or_else(empty_leaf));
            leaf[index % LEAF] += 1;
        }
    }

    /// Adds all to a histogram made by [`super::histogram()`].
    pub(super) fn add_to(&self, histogram: &mut Histogram<u64>) {
        // From the longest on, so that it grows once.
        for (at, leaf) in self.0.iter().enumerate().rev() {
            for (bucket, &count) in leaf.iter().flat_map(|leaf| leaf.iter().enumerate().rev()) {
                if count > 0 {
                    // It resizes itself, and no value is above its format's limit.
                    let _ = histogram.record_n(value_of(at * LEAF + bucket), count);
                }
            }
        }
    }

    /// Leaves that are there.
    #[cfg(test)]
    pub(super) fn leaves(&self) -> usize {
        self.0.iter().flatten().count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::histogram;
    use super::*;

    fn both(values: &[u64]) -> (Histogram<u64>, Histogram<u64>) {
        let (mut spare, mut buckets) = (Spare::new(2), Buckets::new());
        let mut direct = histogram();
        for &value in values {
            buckets.record(value, &mut spare);
            direct.record(value.clamp(1, LONGEST_NS)).unwrap();
        }
        let mut made = histogram();
        buckets.add_to(&mut made);
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
        let (mut spare, mut buckets) = (Spare::new(1), Buckets::new());
        assert_eq!(buckets.leaves(), 0);
        (0..1_000).for_each(|n| buckets.record(50_000 + n, &mut spare));
        assert_eq!((buckets.leaves(), spare.0.len()), (1, 0));
        buckets.record(20_000_000_000, &mut spare);
        assert_eq!(buckets.leaves(), 2);
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
