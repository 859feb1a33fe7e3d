//! Blocks of another kind: now and then one stack has a block without its usual stall, or with one that it usually has
//! not.

use std::fmt::Write as _;

use shakedown::stats::{self, Judgement};

use super::latencies::Draw;
use super::methods::studentised;
use super::{MARGIN, RUNS, Tally};

/// Blocks of which each stack has another kind: one in twenty.
const SHARE: f64 = 0.05;
/// How far such a block is from the others: eightfold.
const APART: f64 = 2.08;
/// What all other log-ratios of blocks are spread by.
const SPREAD: f64 = 0.03;
const BLOCKS: [usize; 4] = [6, 10, 15, 20];

struct Odd {
    covered: u64,
    alarms: u64,
    found: u64,
    found_unbounded: u64,
}

/// Two stacks that are the same, each with blocks of another kind; then two of which one takes a tenth of the time, and
/// the other has such blocks.
fn simulate(blocks: usize) -> Odd {
    let mut odd = Odd { covered: 0, alarms: 0, found: 0, found_unbounded: 0 };
    for seed in 0..RUNS {
        let mut draw = Draw::new(seed);
        let kind = |draw: &mut Draw| if draw.unit() < SHARE { APART } else { 0.0 };
        let same: Vec<f64> =
            (0..blocks).map(|_| kind(&mut draw) - kind(&mut draw) + SPREAD * draw.normal()).collect();
        let estimate = stats::paired(&same, seed).unwrap();
        odd.covered += u64::from(estimate.interval.holds(0.0));
        let judged = stats::judge(&estimate, estimate.p, MARGIN);
        odd.alarms += u64::from(matches!(judged, Judgement::More | Judgement::Less));

        let tenth: Vec<f64> =
            (0..blocks).map(|_| 0.1_f64.ln() + kind(&mut draw) + SPREAD * draw.normal()).collect();
        let estimate = stats::paired(&tenth, seed).unwrap();
        odd.found += u64::from(stats::judge(&estimate, estimate.p, MARGIN) == Judgement::Less);
        odd.found_unbounded += u64::from(studentised(&tenth, seed).1 < 0.0);
    }
    odd
}

#[test]
fn blocks_of_another_kind_hide_no_large_difference_and_raise_no_alarm() {
    for blocks in BLOCKS {
        let odd = simulate(blocks);
        let of = |what: &str, n: u64| format!("{blocks} blocks: {} % {what}", Tally::percent(n));
        assert!(Tally::percent(odd.covered) >= 95.0, "{}", of("covered", odd.covered));
        assert!(Tally::percent(odd.alarms) <= 5.0, "{}", of("false alarms", odd.alarms));
        let least = if blocks < 10 { 90.0 } else { 99.0 };
        assert!(Tally::percent(odd.found) >= least, "{}", of("found", odd.found));
    }
}

/// How often such blocks mislead, as a table.
pub fn table() -> String {
    let mut out = "| blocks | interval holds the truth | false alarms | a tenfold difference is found | found without the bound |\n\
                   |---:|---:|---:|---:|---:|\n"
        .to_owned();
    for blocks in BLOCKS {
        let odd = simulate(blocks);
        let [covered, alarms, found, unbounded] =
            [odd.covered, odd.alarms, odd.found, odd.found_unbounded].map(Tally::percent);
        let _ =
            writeln!(out, "| {blocks} | {covered:.1} % | {alarms:.1} % | {found:.1} % | {unbounded:.1} % |");
    }
    out
}
