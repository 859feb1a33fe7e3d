//! A histogram in a record: quantiles a person can read, and the whole histogram for the machine.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Samples that must lie beyond a quantile for it to be printed: fewer make it a guess.
pub const SAMPLES_BEYOND: f64 = 5.0;

/// What a V2 histogram begins with; a deflated one has another, and may hold a larger one.
const PLAIN: u32 = 0x1c84_9313;
/// Bytes of a V2 histogram before its counts.
const HEADER: usize = 40;
/// Digits that the program's own histograms keep; those of more take megabytes.
const DIGITS: u32 = 3;
/// More than a histogram of these digits takes, inflated.
const LARGEST: u64 = 1024 * 1024;

/// A latency distribution. Quantiles are absent when fewer than [`SAMPLES_BEYOND`] samples lie beyond them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyRecord {
    /// Samples. Unit: count.
    pub count: u64,
    /// Smallest. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_ms: Option<f64>,
    /// Mean. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_ms: Option<f64>,
    /// Median. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// 90th percentile. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90_ms: Option<f64>,
    /// 95th percentile. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<f64>,
    /// 99th percentile. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// 99.9th percentile. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p999_ms: Option<f64>,
    /// Largest. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<f64>,
    /// The histogram in nanoseconds: HdrHistogram V2, deflated, base64. Empty without samples.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub histogram: String,
}

impl LatencyRecord {
    /// Summary and encoding of a histogram of nanoseconds.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let count = histogram.len();
        if count == 0 {
            return LatencyRecord::default();
        }
        let quantile = |q: f64| estimable(count, q).then(|| ms(histogram.value_at_quantile(q)));
        let mut bytes = Vec::new();
        // Writing to a Vec fails only for histograms beyond the format's size, which ours are not.
        let encoded = V2DeflateSerializer::new().serialize(histogram, &mut bytes).is_ok();
        LatencyRecord {
            count,
            min_ms: Some(ms(histogram.min())),
            mean_ms: Some(histogram.mean() / 1e6),
            p50_ms: quantile(0.5),
            p90_ms: quantile(0.9),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
            p999_ms: quantile(0.999),
            max_ms: Some(ms(histogram.max())),
            histogram: if encoded { STANDARD.encode(bytes) } else { String::new() },
        }
    }

    /// The furthest of p99, p95, p90 and the median that the samples allow: the percentage of samples beyond it, and
    /// where it lies in milliseconds.
    pub fn tail(&self) -> Option<(u32, f64)> {
        let quantiles = [(1, self.p99_ms), (5, self.p95_ms), (10, self.p90_ms), (50, self.p50_ms)];
        quantiles.into_iter().find_map(|(share, ms)| Some((share, ms?)))
    }

    /// The histogram in nanoseconds; `None` when empty, damaged, or of other samples than `count` says.
    pub fn decode(&self) -> Option<Histogram<u64>> {
        let bytes = inflated(&STANDARD.decode(&self.histogram).ok()?)?;
        // The reader makes as much room as the header asks for, before it looks at what follows.
        let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let (length, digits) = (usize::try_from(word(4)?).ok()?, word(12)?);
        if word(0)? != PLAIN || digits > DIGITS || bytes.len() != HEADER + length {
            return None;
        }
        let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).ok()?;
        (histogram.len() == self.count).then_some(histogram)
    }
}

/// What is deflated behind the eight bytes of cookie and length, cut off where it is larger than any of ours.
fn inflated(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    ZlibDecoder::new(bytes.get(8..)?).take(LARGEST).read_to_end(&mut plain).ok()?;
    Some(plain)
}

/// Whether so many samples say anything about a quantile.
pub fn estimable(count: u64, quantile: f64) -> bool {
    // The margin keeps 500 × (1 − 0.99) = 5.000…04 or 4.999…96 on the same side.
    count as f64 * (1.0 - quantile) >= SAMPLES_BEYOND - 1e-6
}

fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::engine;

    #[test]
    fn round_trips_and_summarises() {
        let mut histogram = engine::histogram();
        for i in 1..=1000_u64 {
            histogram.record(i * 1_000_000).unwrap();
        }
        let record = LatencyRecord::of(&histogram);
        let close = |a: Option<f64>, b: f64| (a.unwrap() / b - 1.0).abs() < 0.002;
        assert!(close(record.p50_ms, 500.0) && close(record.p99_ms, 990.0) && close(record.max_ms, 1000.0));
        assert_eq!(record.p999_ms, None, "1,000 samples say nothing about p99.9");
        assert_eq!(record.decode().unwrap().len(), 1000);
    }

    #[test]
    fn nothing_measured_prints_nothing() {
        let record = LatencyRecord::of(&engine::histogram());
        assert_eq!(record, LatencyRecord::default());
        assert!(record.decode().is_none());
    }

    /// A histogram of this header (length, digits, largest value) and these counts, in zigzag.
    fn forged(length: u32, digits: u32, most: u64, counts: &[u8]) -> LatencyRecord {
        let mut plain = 0x1c84_9313_u32.to_be_bytes().to_vec();
        for word in [length, 0, digits] {
            plain.extend(word.to_be_bytes());
        }
        plain.extend(64_u64.to_be_bytes());
        plain.extend(most.to_be_bytes());
        plain.extend(1.0_f64.to_be_bytes());
        plain.extend(counts);
        let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        deflated.write_all(&plain).unwrap();
        let deflated = deflated.finish().unwrap();
        let length = u32::try_from(deflated.len()).unwrap();
        let bytes = [&0x1c84_9314_u32.to_be_bytes()[..], &length.to_be_bytes(), &deflated].concat();
        LatencyRecord { count: 1, histogram: STANDARD.encode(bytes), ..LatencyRecord::default() }
    }

    #[test]
    fn a_histogram_that_no_run_wrote_is_damaged() {
        let one = forged(1, 3, 131_071, &[2]);
        assert_eq!(one.decode().map(|histogram| histogram.len()), Some(1));
        assert!(LatencyRecord { count: 2, ..one.clone() }.decode().is_none(), "not what `count` says");
        for (what, forged) in [
            ("says more bytes than there are", forged(u32::MAX, 3, 131_071, &[2])),
            ("more counts than there are", forged(2, 3, 131_071, &[2])),
            ("larger than any here", forged(1, 5, u64::MAX, &[2])),
            ("a bomb", forged(64 << 20, 3, 131_071, &vec![0; 64 << 20])),
        ] {
            assert!(forged.decode().is_none(), "{what}");
        }
    }
}
