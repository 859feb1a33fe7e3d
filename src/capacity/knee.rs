//! The knee: where the median response time leaves that of a lightly loaded stack.
//!
//! It lies between the highest rate up to which the median stays under twice that of the lowest rates and the next rate
//! that was tried. The median, because it is known at every rate and steady, where a tail under light load is mostly the
//! machine's noise. A fixed factor, because a point of greatest curvature (Kneedle and its like) depends on how far the
//! curve was drawn and finds a knee in any curve, a straight line with noise included.

use crate::record::{ProbeRecord, ProbeVerdict};

/// The knee is where the median is this many times that under light load.
const FACTOR: f64 = 2.0;

/// Where the median leaves that of a lightly loaded stack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knee {
    /// Highest rate before it.
    pub before: f64,
    /// Lowest rate behind it; absent when the median never doubled.
    pub behind: Option<f64>,
    /// Median at the lowest rate, in milliseconds.
    pub light_ms: f64,
    /// Median at `behind`.
    pub heavy_ms: Option<f64>,
}

/// The knee in the probes of a search. `None` with fewer than three rates whose median is known.
pub fn knee(probes: &[ProbeRecord]) -> Option<Knee> {
    let mut rates: Vec<(f64, Vec<f64>)> = Vec::new();
    for probe in probes.iter().filter(|probe| probe.verdict != ProbeVerdict::GeneratorLimit) {
        let Some(median) = probe.p50_ms else { continue };
        match rates.iter_mut().find(|(rate, _)| *rate == probe.level) {
            Some((_, medians)) => medians.push(median),
            None => rates.push((probe.level, vec![median])),
        }
    }
    rates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let curve: Vec<(f64, f64)> = rates.into_iter().map(|(rate, medians)| (rate, middle(medians))).collect();
    if curve.len() < 3 {
        return None;
    }
    let (lowest, light_ms) = *curve.first()?;
    // From above: a single slow probe below the knee makes no knee of its own.
    let last_light = curve.iter().rposition(|(_, median)| *median < FACTOR * light_ms)?;
    let behind = curve.get(last_light + 1);
    Some(Knee {
        before: curve.get(last_light).map_or(lowest, |(rate, _)| *rate),
        behind: behind.map(|(rate, _)| *rate),
        light_ms,
        heavy_ms: behind.map(|(_, median)| *median),
    })
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) { (values[half - 1] + values[half]) / 2.0 } else { values[half] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{GeneratorRecord, LatencyRecord, Phase, RouteRecord};

    fn probe(level: f64, p50_ms: Option<f64>) -> ProbeRecord {
        let generator = GeneratorRecord {
            schedule_lag: LatencyRecord::default(),
            cpu_s: 0.0,
            cpu_share: 0.0,
            threads: 1,
            queued: 0,
            unsent: 0,
            peak_connections: 0,
            saturated: false,
        };
        let probe = ProbeRecord::of(level, Phase::Ramp, 1.0, &RouteRecord::default(), &generator);
        ProbeRecord { p50_ms, ..probe }
    }

    #[test]
    fn it_lies_between_two_rates_that_were_tried() {
        // One server, exponential service: the response time is 1 / (1 - load), and doubles at half of the capacity.
        let rates = [10.0, 100.0, 200.0, 400.0, 480.0, 560.0, 800.0];
        let probes: Vec<_> = rates.iter().map(|r| probe(*r, Some(1.0 / (1.0 - r / 900.0)))).collect();
        let knee = knee(&probes).unwrap();
        assert_eq!((knee.before, knee.behind), (400.0, Some(480.0)));
        assert!(knee.heavy_ms.unwrap() > 2.0 * knee.light_ms);
    }

    #[test]
    fn a_flat_curve_has_none_and_a_slow_probe_makes_none() {
        let flat = [(10.0, 1.0), (20.0, 5.0), (40.0, 1.1), (80.0, 1.2)].map(|(r, ms)| probe(r, Some(ms)));
        let found = knee(&flat).unwrap();
        assert_eq!((found.before, found.behind), (80.0, None));
        assert_eq!(knee(&flat[..2]), None, "two rates are no curve");
        assert_eq!(knee(&[probe(1.0, None), probe(2.0, None), probe(3.0, None)]), None);
    }
}
