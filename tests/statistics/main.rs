//! How often the statistics are right, by simulation: blocks of latencies whose true ratio is known, a thousand runs of
//! each. Seeded, so the counts are the same on every machine. `SHAKEDOWN_WRITE_DOCS=1` writes them into
//! docs/statistics.md.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod latencies;
mod methods;
mod odd;
mod runs;

use std::fmt::Write as _;
use std::path::Path;

use latencies::{Draw, Latencies, Run};
use shakedown::stats::{self, Estimate, Judgement};

/// Runs of each simulation.
const RUNS: u64 = 1_000;
/// Blocks that a load has by default, answers in each: what 250/s give in 20 s, and 500/s in 10 s.
const DEFAULT: (usize, usize) = (20, 250);
/// The fewest that a load of so many answers is cut into.
const FEWEST: (usize, usize) = (15, 333);
const QUANTILES: [f64; 2] = [0.5, 0.95];
/// The shift that has to be found: a tenth.
const SHIFT: f64 = 0.1;
const MARGIN: f64 = 0.05;

/// What became of a thousand runs.
#[derive(Default)]
struct Tally {
    covered: u64,
    false_alarms: u64,
    found: u64,
    equivalent: u64,
    shapes: u64,
    wrong_way: u64,
}

impl Tally {
    fn percent(n: u64) -> f64 {
        n as f64 * 100.0 / RUNS as f64
    }
}

/// What is looked at beside the interval: each takes its time.
#[derive(Clone, Copy)]
struct Asked {
    shapes: bool,
}

/// Simulates runs of two stacks that are the same, and tallies each quantile. A shift is added afterwards: a stack that is a
/// tenth slower has every latency a tenth longer, so the same blocks serve for the alarms that are false and for those
/// that are right, and so does the estimate: what is added to all log-ratios is added to its interval.
fn simulate(latencies: Latencies, blocks: usize, answers: usize, asked: Asked) -> [Tally; 2] {
    let mut tallies = [Tally::default(), Tally::default()];
    for seed in 0..RUNS {
        let run = Run::draw(latencies, blocks, answers, seed);
        let differs = asked.shapes && stats::distribution_test(&run.binned(), seed).unwrap().p < 0.05;
        for (tally, quantile) in tallies.iter_mut().zip(QUANTILES) {
            let ratios = run.log_ratios(quantile);
            let same = stats::paired(&ratios, seed).unwrap();
            tally.covered += u64::from(same.interval.holds(0.0));
            match stats::judge(&same, same.p, MARGIN) {
                Judgement::More | Judgement::Less => tally.false_alarms += 1,
                Judgement::Same => tally.equivalent += 1,
                Judgement::Unclear { .. } => {}
            }
            tally.shapes += u64::from(differs);
            let up = |value: f64| value + SHIFT.ln_1p();
            let (point, interval) = (up(same.point), same.interval.map(up));
            let p = if interval.holds(0.0) { 1.0 } else { 0.01 };
            let slower = Estimate { point, interval, narrow: same.narrow.map(up), p, ..same };
            match stats::judge(&slower, slower.p, MARGIN) {
                Judgement::More => tally.found += 1,
                Judgement::Less => tally.wrong_way += 1,
                _ => {}
            }
        }
    }
    tallies
}

const MODELS: [(Latencies, &str); 3] = [
    (Latencies::LogNormal, "log-normal"),
    (Latencies::Bimodal, "bimodal"),
    (Latencies::Autocorrelated, "autocorrelated"),
];

fn holds(latencies: Latencies) {
    for (blocks, answers) in [DEFAULT, FEWEST] {
        let by_default = (blocks, answers) == DEFAULT;
        // A thousand runs of a test that errs in 5 % swing by 0.7.
        let most_alarms = if by_default { 5.0 } else { 6.5 };
        let asked = Asked { shapes: by_default };
        for (tally, quantile) in simulate(latencies, blocks, answers, asked).into_iter().zip(QUANTILES) {
            let of = |what: &str, n: u64| {
                format!("{latencies:?} {blocks} blocks p{quantile}: {} % {what}", Tally::percent(n))
            };
            let covered = Tally::percent(tally.covered);
            assert!((93.0..=97.0).contains(&covered), "{}", of("covered", tally.covered));
            let alarms = Tally::percent(tally.false_alarms);
            assert!(alarms <= most_alarms, "{}", of("false alarms", tally.false_alarms));
            assert!(Tally::percent(tally.shapes) <= 6.5, "{}", of("shapes said to differ", tally.shapes));
            assert_eq!(tally.wrong_way, 0);
            assert!(Tally::percent(tally.found) >= 90.0, "{}", of("found", tally.found));
        }
    }
}

#[test]
fn log_normal_latencies() {
    holds(Latencies::LogNormal);
}

#[test]
fn bimodal_latencies() {
    holds(Latencies::Bimodal);
}

#[test]
fn autocorrelated_latencies() {
    holds(Latencies::Autocorrelated);
}

#[test]
fn a_family_of_routes_raises_no_more_false_alarms_than_one() {
    const ROUTES: u64 = 8;
    let mut alarms = 0;
    for seed in 0..RUNS {
        let mut draw = Draw::new(seed);
        let estimates: Vec<_> = (0..ROUTES)
            .map(|route| {
                // What a block's log-ratio looks like: the simulations above show that it is near enough to normal.
                let ratios: Vec<f64> = (0..FEWEST.0).map(|_| draw.normal() * 0.1).collect();
                stats::paired(&ratios, route).unwrap()
            })
            .collect();
        let p = stats::holm(&estimates.iter().map(|estimate| estimate.p).collect::<Vec<_>>());
        let alarm = |(estimate, p): (&stats::Estimate, &f64)| {
            matches!(stats::judge(estimate, *p, MARGIN), Judgement::More | Judgement::Less)
        };
        alarms += u64::from(estimates.iter().zip(&p).any(alarm));
    }
    assert!(Tally::percent(alarms) <= 5.0, "{} % of runs", Tally::percent(alarms));
}

/// The document's tables. Only written on request: what they say is asserted above.
#[test]
fn the_tables_are_in_the_document() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/statistics.md");
    let text = std::fs::read_to_string(&path).unwrap();
    if std::env::var_os("SHAKEDOWN_WRITE_DOCS").is_none() {
        for table in ["coverage", "methods", "odd"] {
            assert!(text.contains(&format!("<!-- {table} -->\n|")), "{table}");
        }
        return;
    }
    let text = between(&text, "coverage", &coverage());
    let text = between(&text, "methods", &methods::table());
    let text = between(&text, "odd", &odd::table());
    std::fs::write(&path, text).unwrap();
}

fn between(text: &str, name: &str, table: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = text.split_once(&open).unwrap();
    let (_, after) = rest.split_once(&close).unwrap();
    format!("{before}{open}{table}{close}{after}")
}

fn coverage() -> String {
    let mut out = "| latencies | quantile | blocks | answers in each | interval holds the truth | false alarms | a 10 % shift is found | \
                   the same is called the same | distributions said to differ |\n\
                   |---|---|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    let asked = Asked { shapes: true };
    for (latencies, name) in MODELS {
        for (blocks, answers) in [(10, 100), (10, 500), FEWEST, DEFAULT, (20, 500)] {
            for (tally, quantile) in simulate(latencies, blocks, answers, asked).into_iter().zip(QUANTILES) {
                let _ = writeln!(
                    out,
                    "| {name} | p{:.0} | {blocks} | {answers} | {:.1} % | {:.1} % | {:.1} % | {:.1} % | {:.1} % |",
                    quantile * 100.0,
                    Tally::percent(tally.covered),
                    Tally::percent(tally.false_alarms),
                    Tally::percent(tally.found),
                    Tally::percent(tally.equivalent),
                    Tally::percent(tally.shapes)
                );
            }
        }
    }
    out
}
