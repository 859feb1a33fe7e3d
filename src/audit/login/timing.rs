//! Whether the time of a refusal tells who exists.

use std::time::Duration;

use super::nothing_sent;
use super::probes::{TIME_KNOWN, TIME_UNKNOWN};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose};
use crate::record::Confidence;

/// Fewer of each cannot show p < 0.001: with seven the smallest possible is 0.0006.
const FEWEST: usize = 7;
const SIGNIFICANT: f64 = 0.001;
/// Medians that are closer tell nobody anything.
const GAP: f64 = 0.2;
/// Nor are those that are closer than this, in seconds: no network shows it.
const FLOOR: f64 = 0.001;
/// No hash is computed for names nobody has.
const GULF: f64 = 3.0;
/// Quantile of the normal distribution for a two-sided test at 0.001.
const QUANTILE: f64 = 3.29;

fn times(facts: &Facts, purpose: Purpose) -> (Vec<f64>, Option<usize>) {
    let mut first = None;
    let mut last = None;
    let times = facts
        .of(purpose)
        .filter(|(_, _, answer)| *first.get_or_insert(answer.status) == answer.status && answer.status != 429)
        .map(|(index, _, answer)| {
            last = Some(index);
            answer.total.as_secs_f64()
        })
        .collect();
    (times, last)
}

pub fn enumeration(facts: &Facts) -> Judgement {
    let (known, index) = times(facts, TIME_KNOWN);
    let (unknown, _) = times(facts, TIME_UNKNOWN);
    let few = known.len().min(unknown.len());
    if few == 0 {
        return nothing_sent();
    }
    if few < FEWEST {
        let why = format!("a limit on logins came after {few}, and {FEWEST} of each are needed to tell");
        return Judgement::Inconclusive(why);
    }
    let p = mann_whitney(&known, &unknown);
    let (a, b) = (median(&known), median(&unknown));
    let ratio = if a > b { a / b } else { b / a };
    let mut observations = Vec::new();
    if p < SIGNIFICANT && (a - b).abs() > telling(a, b) {
        let level = if ratio > GULF { Level::Fail } else { Level::Warn };
        let detail = format!(
            "a wrong password takes {} for a user and {} for nobody (medians of {} and {}, Mann-Whitney p {})",
            text(a),
            text(b),
            known.len(),
            unknown.len(),
            if p < 0.0001 { "< 0.0001".to_owned() } else { format!("= {p:.4}") },
        );
        let exchange = index.unwrap_or(0);
        observations.push(Observation {
            confidence: Confidence::Timing,
            ..Observation::new(level, exchange, "time", detail)
        });
    } else if smallest_visible(&known, &unknown) > telling(a, b) {
        let why = format!(
            "the times scatter too much to see a difference of {} (medians {} and {})",
            text(telling(a, b)),
            text(a),
            text(b)
        );
        return Judgement::Inconclusive(why);
    }
    Judgement::Judged { places: 1, observations }
}

fn text(seconds: f64) -> String {
    format!("{:.1} ms", Duration::from_secs_f64(seconds.max(0.0)).as_secs_f64() * 1e3)
}

/// The smallest difference of these medians that tells anything, in seconds.
fn telling(a: f64, b: f64) -> f64 {
    (GAP * a.min(b)).max(FLOOR)
}

/// The smallest difference of medians, in seconds, that stands out of the scatter: the standard error
/// of a median is 1.253 sigma / sqrt(n), and sigma is taken from the quartiles, which outliers do not move.
fn smallest_visible(a: &[f64], b: &[f64]) -> f64 {
    let error = |sample: &[f64]| {
        let sigma = (quantile(sample, 0.75) - quantile(sample, 0.25)) / 1.349;
        1.253 * sigma / (sample.len() as f64).sqrt()
    };
    QUANTILE * error(a).hypot(error(b))
}

fn median(sample: &[f64]) -> f64 {
    quantile(sample, 0.5)
}

/// Linear between the two nearest.
fn quantile(sample: &[f64], share: f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = share * (sorted.len().saturating_sub(1)) as f64;
    let low = sorted.get(at.floor() as usize).copied().unwrap_or(0.0);
    let high = sorted.get(at.ceil() as usize).copied().unwrap_or(low);
    low + (high - low) * at.fract()
}

/// Two-sided p of the Mann-Whitney test, exact: the share of all orders in which the sum of ranks is as far off. Equal
/// times, which a clock of nanoseconds hardly shows, count half.
fn mann_whitney(a: &[f64], b: &[f64]) -> f64 {
    let (n, m) = (a.len(), b.len());
    let above: f64 = a
        .iter()
        .flat_map(|x| {
            b.iter().map(move |y| {
                if x > y {
                    1.0
                } else if x == y {
                    0.5
                } else {
                    0.0
                }
            })
        })
        .sum();
    let u = above.min((n * m) as f64 - above).floor() as usize;
    // ways[j][k]: orders of the first i of one sample among j of the other with k pairs the wrong way round.
    let most = n * m;
    let mut ways = vec![vec![0.0; most + 1]; m + 1];
    for row in &mut ways {
        if let Some(first) = row.first_mut() {
            *first = 1.0;
        }
    }
    for _ in 0..n {
        let mut next = vec![vec![0.0; most + 1]; m + 1];
        for j in 0..=m {
            for k in 0..=most {
                let without = if j == 0 { 0.0 } else { at(&next, j - 1, k) };
                let with = if k >= j { at(&ways, j, k - j) } else { 0.0 };
                if let Some(cell) = next.get_mut(j).and_then(|row| row.get_mut(k)) {
                    *cell = without + with;
                }
            }
        }
        ways = next;
    }
    let row = ways.last().map_or(&[][..], Vec::as_slice);
    let total: f64 = row.iter().sum();
    let tail: f64 = row.iter().take(u + 1).sum();
    (2.0 * tail / total).min(1.0)
}

fn at(table: &[Vec<f64>], row: usize, column: usize) -> f64 {
    table.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_is_that_of_the_tables() {
        let range = |from: usize, n: usize| (from..from + n).map(|x| x as f64).collect::<Vec<_>>();
        // All of one below all of the other: 2 / C(n + m, n).
        assert!((mann_whitney(&range(0, 4), &range(10, 4)) - 2.0 / 70.0).abs() < 1e-12);
        assert!((mann_whitney(&range(0, 7), &range(10, 7)) - 2.0 / 3432.0).abs() < 1e-12);
        assert!(mann_whitney(&range(0, 30), &range(100, 30)) < 1e-15);
        // U = 3 for samples of 4 and 5: 7 orders of 126 have at most 3, so p = 14/126.
        let (a, b) = ([1.0, 2.0, 3.0, 7.0], [4.0, 5.0, 6.0, 8.0, 9.0]);
        assert!((mann_whitney(&a, &b) - 14.0 / 126.0).abs() < 1e-12, "{}", mann_whitney(&a, &b));
        assert!(mann_whitney(&[1.0, 3.0], &[2.0, 4.0]) > 0.5);
    }

    #[test]
    fn scatter_hides_a_small_difference_and_calm_shows_it() {
        let calm: Vec<f64> = (0..30).map(|n| 0.1 + 0.0005 * f64::from(n)).collect();
        assert!(smallest_visible(&calm, &calm) < telling(0.1, 0.1));
        let wild: Vec<f64> = (0..30).map(|n| 0.01 + 0.02 * f64::from(n)).collect();
        assert!(smallest_visible(&wild, &wild) > telling(0.3, 0.3));
    }
}
