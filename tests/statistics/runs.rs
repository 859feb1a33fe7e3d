//! How often what is said of runs at several times is right: blocks of two runs, which are no pairs, and histories.

use shakedown::stats;

use super::latencies::Draw;
use super::{RUNS, Tally};

/// One value of a log-ratio's kind.
type Shape = fn(&mut Draw) -> f64;

const SHAPES: [(&str, Shape); 2] =
    [("normal", |draw| draw.normal()), ("skewed", |draw| -(1.0 - draw.unit()).ln() - 1.0)];

fn values(draw: &mut Draw, shape: Shape, spread: f64, n: usize) -> Vec<f64> {
    (0..n).map(|_| shape(draw) * spread).collect()
}

#[test]
fn blocks_of_two_runs_hold_the_true_difference() {
    for (name, shape) in SHAPES {
        // As many on both sides; a short run beside a long one; a restless run beside a quiet one.
        for (first, second, spread) in
            [(20, 20, 1.0), (10, 10, 1.0), (6, 20, 1.0), (20, 20, 3.0), (5, 5, 1.0)]
        {
            let held = (0..RUNS).filter(|seed| {
                let mut draw = Draw::new(*seed);
                let (a, b) = (values(&mut draw, shape, 1.0, first), values(&mut draw, shape, spread, second));
                stats::unpaired(&a, &b, *seed).unwrap().interval.holds(0.0)
            });
            let held = Tally::percent(held.count() as u64);
            let least = if name == "normal" { 93.0 } else { 91.0 };
            assert!(held >= least, "{name}, {first} and {second} blocks, spread {spread}: {held} %");
        }
    }
}

#[test]
fn one_more_run_lies_where_a_history_says() {
    for runs in [5, 8, 30] {
        let held = (0..RUNS).filter(|seed| {
            let mut draw = Draw::new(*seed);
            let earlier = values(&mut draw, SHAPES[0].1, 1.0, runs);
            stats::beyond_history(&earlier, draw.normal()).unwrap().1.holds(0.0)
        });
        let held = Tally::percent(held.count() as u64);
        assert!((93.0..=97.0).contains(&held), "{runs} runs: {held} %");
    }
}

#[test]
fn a_history_without_a_change_shows_one_in_five_of_a_hundred() {
    for (name, shape) in SHAPES {
        for runs in [8, 20] {
            let alarms = (0..RUNS).filter(|seed| {
                let mut draw = Draw::new(*seed);
                stats::change_point(&values(&mut draw, shape, 1.0, runs), *seed).unwrap().p < 0.05
            });
            let alarms = Tally::percent(alarms.count() as u64);
            // A thousand runs of a test that errs in 5 % swing by 0.7.
            assert!(alarms <= 6.5, "{name}, {runs} runs: {alarms} %");
        }
    }
}
