//! The intervals that were not chosen, beside the one that was: on means of log-ratios that are normal, heavy-tailed and
//! skewed.

use std::fmt::Write as _;

use shakedown::stats;

use super::RUNS;
use super::latencies::Draw;

const RESAMPLES: usize = 999;

/// How often each method's interval holds the true mean, as a table.
pub fn table() -> String {
    let mut out =
        "| log-ratios of blocks | blocks | percentile | BCa | Student's t | studentised, symmetric | the same, bounded |\n\
                   |---|---:|---:|---:|---:|---:|---:|\n"
            .to_owned();
    for (name, draw_one) in SHAPES {
        for blocks in [6, 8, 10, 20] {
            let mut held = [0_u32; 5];
            for seed in 0..RUNS {
                let mut draw = Draw::new(seed);
                let values: Vec<f64> = (0..blocks).map(|_| draw_one(&mut draw)).collect();
                let chosen = stats::paired(&values, seed).unwrap().interval;
                let (percentile, bca) = resampled(&values, &mut draw);
                let unbounded = studentised(&values, seed);
                for (held, (low, high)) in held.iter_mut().zip([
                    percentile,
                    bca,
                    student(&values),
                    unbounded,
                    (chosen.low, chosen.high),
                ]) {
                    *held += u32::from(low <= 0.0 && 0.0 <= high);
                }
            }
            let percent = held.map(|held| format!("{:.1} %", f64::from(held) * 100.0 / RUNS as f64));
            let _ = writeln!(out, "| {name} | {blocks} | {} |", percent.join(" | "));
        }
    }
    out
}

type Shape = fn(&mut Draw) -> f64;

/// Each with a mean of zero.
const SHAPES: [(&str, Shape); 3] = [
    ("normal", |draw| draw.normal()),
    ("one block of ten goes wrong", |draw| {
        let factor = if draw.unit() < 0.1 { 5.0 } else { 1.0 };
        factor * draw.normal()
    }),
    ("skewed (exponential)", |draw| -draw.unit().ln() - 1.0),
];

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean and its standard error.
fn moments(values: &[f64]) -> (f64, f64) {
    let (n, centre) = (values.len() as f64, mean(values));
    let squares = values.iter().map(|value| (value - centre).powi(2)).sum::<f64>();
    (centre, (squares / (n - 1.0) / n).sqrt())
}

/// What the interval would be if a resample could be as sure as it likes.
pub fn studentised(values: &[f64], seed: u64) -> (f64, f64) {
    let (centre, error) = moments(values);
    let mut draw = Draw::new(seed ^ 0xb0);
    let mut drawn = vec![0.0; values.len()];
    let mut scores: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            drawn.fill_with(|| values[(draw.unit() * values.len() as f64) as usize]);
            let (its, own) = moments(&drawn);
            if its == centre { 0.0 } else { (its - centre).abs() / own }
        })
        .collect();
    scores.sort_by(f64::total_cmp);
    let half = scores[(RESAMPLES + 1) * 95 / 100 - 1] * error;
    (centre - half, centre + half)
}

fn student(values: &[f64]) -> (f64, f64) {
    // 97.5 % points of Student's t with n − 1 degrees of freedom.
    let t = match values.len() {
        6 => 2.571,
        8 => 2.365,
        10 => 2.262,
        20 => 2.093,
        other => unreachable!("no table for {other} blocks"),
    };
    let (centre, error) = moments(values);
    let half = t * error;
    (centre - half, centre + half)
}

/// The percentile and the BCa interval of the same resamples.
fn resampled(values: &[f64], draw: &mut Draw) -> ((f64, f64), (f64, f64)) {
    let n = values.len();
    let centre = mean(values);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| (0..n).map(|_| values[(draw.unit() * n as f64) as usize]).sum::<f64>() / n as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((share * (RESAMPLES + 1) as f64) as usize).clamp(1, RESAMPLES) - 1];
    let below = means.iter().filter(|mean| **mean < centre).count() as f64 / RESAMPLES as f64;
    let bias = quantile(below.clamp(0.001, 0.999));
    let left_out: Vec<f64> = (0..n).map(|out| (centre * n as f64 - values[out]) / (n - 1) as f64).collect();
    let middle = mean(&left_out);
    let power = |k: i32| left_out.iter().map(|value| (middle - value).powi(k)).sum::<f64>();
    let acceleration = power(3) / (6.0 * power(2).powf(1.5));
    let corrected = |z: f64| {
        let sum = bias + z;
        distribution(bias + sum / (1.0 - acceleration * sum))
    };
    let z = 1.959_964;
    ((at(0.025), at(0.975)), (at(corrected(-z)), at(corrected(z))))
}

/// The standard normal distribution function: Zelen and Severo's approximation (Abramowitz and Stegun 26.2.17).
fn distribution(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let tail = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
        * t
        * (0.319_381_53
            + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// Its inverse, by halving.
fn quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if distribution(middle) < share { low = middle } else { high = middle }
    }
    low
}
