//! The default model of load against servers of known behaviour: what it reports must be the truth.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod measure;
#[path = "../support/offer.rs"]
mod offer;
#[path = "../support/priority.rs"]
mod priority;
mod queue;
mod server;
mod shape;

use std::time::Duration;

use measure::{QUANTILES, measure};
use queue::{quantile, responses};
use shape::{FROZEN, SHAPES, Service, Shape};

/// So often a measurement is made when the machine is too busy for it.
const ATTEMPTS: u32 = 10;

/// Measures until the machine was calm enough for what is asked, and fails when it never was.
///
/// Too low is wrong on any machine, since nothing makes a server quicker than its word. Too high may be the machine:
/// it is when the server or the schedule was late, by their own account, by more than a fifth of what is allowed.
async fn tells_the_truth(shape: Shape, connections: usize, seconds: u32) {
    let mut told = String::new();
    for _ in 0..ATTEMPTS {
        let measured = measure(shape, connections, seconds).await;
        let counts = &measured.tally.routes[0].counts;
        assert_eq!((counts.requests, counts.errors), (u64::from(shape.rate * seconds), [0; 8]));
        assert_eq!(measured.tally.routes[0].latencies.response.len(), measured.truth.len() as u64);
        let (mut wrong, mut calm) = (String::new(), true);
        for (name, q, allowed) in QUANTILES {
            let truth = measured.truth(q);
            let reported = measured.reported(q);
            assert!(
                reported >= truth.mul_f64(1.0 - allowed),
                "{}: {name} is {truth:?}, reported {reported:?}",
                shape.name
            );
            calm &= measured.noise(q) <= truth.mul_f64(allowed / 5.0);
            if reported > truth.mul_f64(1.0 + allowed) {
                wrong += &format!("{}: {name} is {truth:?}, reported {reported:?}\n", shape.name);
            }
        }
        if wrong.is_empty() {
            return;
        }
        assert!(!calm, "{wrong}although the machine was calm");
        told = wrong;
    }
    panic!("{told}the machine was too busy {ATTEMPTS} times");
}

/// Keeps every core awake until the process ends, behind whatever else wants it. Where the cores are a hypervisor's,
/// waking one up takes 50 us and more: no part of what a server does, and twice in each response.
fn stay_awake() {
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
        std::thread::spawn(|| {
            if priority::scheduled(&["--idle", "--pid", "0"]) {
                loop {
                    std::hint::spin_loop();
                }
            }
        });
    }
}

#[tokio::test]
async fn servers_of_known_behaviour_are_reported_as_they_are() {
    stay_awake();
    priority::before_others();
    // One after the other: they would make each other late.
    for shape in SHAPES {
        let seconds = if shape.freeze.is_some() { 15 } else { 4 };
        tells_the_truth(shape, 256, seconds).await;
    }
    // The same server through fewer connections: the line before them is a part of the truth.
    tells_the_truth(FROZEN, 50, 15).await;
}

#[test]
fn the_truth_is_what_formulas_say() {
    let truth = |shape: &Shape, connections, seconds: u64| {
        responses(shape, connections, u64::from(shape.rate) * seconds, 0)
    };
    let near = |shape: &Shape, sorted: &[Duration], q: f64, ms: f64| {
        let found = quantile(sorted, q).as_secs_f64() * 1e3;
        assert!((found / ms - 1.0).abs() < 0.01, "{}: {q} is {found}, not {ms}", shape.name);
    };
    // A tenth of the arrivals waits U(0, 500 ms), then all take 1 ms.
    let frozen = truth(&FROZEN, 256, 15);
    for q in [0.5, 0.95, 0.99, 0.999, 1.0_f64] {
        near(&FROZEN, &frozen, q, 1.0 + (q - 0.9).max(0.0) / 0.1 * 500.0);
    }
    // Fewer connections take (1000 / 50) ms to work off what waited, a twenty-fifth of the freeze.
    let few = truth(&FROZEN, 50, 15);
    near(&FROZEN, &few, 0.95, 1.0 + 250.0 + 250.0 / 25.0);
    let heavy = SHAPES[2];
    let Service::HeavyTailed { least, most, exponent } = heavy.service else { panic!() };
    let sorted = truth(&heavy, 256, 20);
    for q in [0.5, 0.95, 0.99, 0.999_f64] {
        let cut = 1.0 - (least.as_secs_f64() / most.as_secs_f64()).powf(exponent);
        near(&heavy, &sorted, q, least.as_secs_f64() * 1e3 * (1.0 - q * cut).powf(-1.0 / exponent));
    }
    // At twice what one connection can carry, the k-th arrival waits k times half its service time.
    let twice = Shape { name: "twice", freeze: None, ..FROZEN };
    near(&twice, &truth(&twice, 1, 1), 0.5, 1.0 + 1000.0 * 0.5);
}

#[test]
fn the_servers_clock_stands_still_with_it() {
    let ms = Duration::from_millis;
    for (at, clock) in
        [(0, 0), (4_499, 4_499), (4_500, 4_500), (4_700, 4_500), (5_000, 4_500), (5_001, 4_501)]
    {
        assert_eq!(FROZEN.clock(ms(at)), ms(clock), "{at}");
    }
    for (arrived, done) in [(0, 1), (4_498, 4_499), (4_600, 5_001), (5_000, 5_001), (9_999, 10_001)] {
        assert_eq!(FROZEN.done(ms(arrived), 0), ms(done), "{arrived}");
    }
}
