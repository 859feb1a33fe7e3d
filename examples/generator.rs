//! Prints what the generator does by itself: how late and how evenly arrivals leave, what waiting costs (`pace`), and what many
//! routes and users add to a request (`open`, `closed`): `cargo run --release --example generator`, or with some of these words.

#![allow(clippy::unwrap_used, reason = "an example that cannot go on should stop")]
#![allow(dead_code, reason = "the tests use the rest")]

#[path = "../tests/support/offer.rs"]
mod offer;
#[path = "../tests/support/pace.rs"]
mod pace;
#[path = "../tests/truth/server.rs"]
mod server;
#[path = "../tests/truth/shape.rs"]
mod shape;

use std::fmt::Write as _;
use std::time::Duration;

use pace::{distance, gaps, variation, worker_cpu};
use server::Server;
use shakedown::auth::Wallet;
use shakedown::engine::{Event, LoadTally};
use shakedown::stats;
use shape::{Service, Shape};

const AT_ONCE: Shape =
    Shape { name: "at once", rate: 0, service: Service::Constant(Duration::ZERO), freeze: None };
const ROUTE: &str = "[[routes]]\nname = \"r\"\nget = \"/\"\n";

/// One load; with the CPU of its thread in the seconds between the first and the last, and the requests of those.
async fn offered(server: &Server, lines: &str) -> (LoadTally, Duration, u64) {
    let mut seen = Vec::new();
    let tally = offer::offer_while(&server.url(), &Wallet::default(), lines, async |mut events| {
        while let Some(event) = events.recv().await {
            if let Event::Second { tally, .. } = event {
                seen.extend(worker_cpu().map(|cpu| (cpu, tally.counts.requests)));
            }
        }
    })
    .await
    .unwrap();
    // At the last second the thread may be gone already.
    let seen = &seen[..4];
    let requests = seen[1..].iter().map(|(_, n)| n).sum();
    (tally, seen[3].0 - seen[0].0, requests)
}

async fn paces() {
    println!("| arrivals | a second | lag p50 us | lag p99 us | CV | KS | core |");
    println!("|---|---|---|---|---|---|---|");
    for (arrivals, rate) in [
        ("constant", 10_u32),
        ("constant", 100),
        ("constant", 1_000),
        ("poisson", 1_000),
        ("constant", 5_000),
        ("constant", 20_000),
        ("poisson", 20_000),
    ] {
        let server = Server::start(AT_ONCE);
        let lines = format!(
            "{ROUTE}[load]\nrate = {rate}\nduration = \"5s\"\nwarmup = \"1s\"\nthreads = 1\narrivals = \"{arrivals}\"\n"
        );
        let (tally, cpu, _) = offered(&server, &lines).await;
        let lag = |q| tally.generator.schedule_lag.value_at_quantile(q) as f64 / 1e3;
        let gaps = gaps(&server.stop().reads);
        println!(
            "| {arrivals} | {rate} | {:.1} | {:.1} | {:.3} | {:.2} | {:.2} % |",
            lag(0.5),
            lag(0.99),
            variation(&gaps),
            distance(&gaps, rate.into()),
            cpu.as_secs_f64() / 3.0 * 100.0
        );
    }
}

/// So many routes, each asked for by as many users.
fn scenario(routes: usize, users: usize) -> String {
    let mut lines = String::from("[users]\nlist = [");
    (0..users).for_each(|user| write!(lines, "{{ username = \"user{user}\" }}, ").unwrap());
    lines.push_str("]\n");
    for route in 0..routes {
        write!(lines, "[[routes]]\nname = \"r{route}\"\nget = \"/{route}/{{{{user.username}}}}\"\n").unwrap();
    }
    lines
}

/// Routes and users, each beside one route and one user.
const SIZES: [(usize, usize); 3] = [(500, 1), (1, 5_000), (500, 5_000)];
const ROUNDS: usize = 40;

/// CPU a request, in microseconds, without the time spent awake with nothing to do, which is the same for all.
async fn cost(load: &str, (routes, users): (usize, usize)) -> f64 {
    let server = Server::start(AT_ONCE);
    let lines = format!(
        "{}[load]\n{load}\nduration = \"1s\"\nwarmup = \"200ms\"\nthreads = 1\n",
        scenario(routes, users)
    );
    let tally = offer::offer(&server.url(), &Wallet::default(), &lines).await.unwrap();
    let requests: u64 = tally.routes.iter().map(|route| route.counts.requests).sum();
    tally.generator.cpu_s * 1e6 / requests as f64
}

async fn sizes(what: &str, load: &str) {
    println!("\n| {what}: routes | users | CPU a request, us (median) | over one of each | 95 % interval |");
    println!("|---|---|---|---|---|");
    let mut ones = Vec::new();
    let mut costs = [const { Vec::new() }; SIZES.len()];
    // In turns and short, so that what changes on the machine changes for all; every other time the other way round.
    for round in 0..ROUNDS {
        let mut order: Vec<usize> = (0..=SIZES.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            match at.checked_sub(1) {
                None => ones.push(cost(load, (1, 1)).await),
                Some(size) => costs[size].push(cost(load, SIZES[size]).await),
            }
        }
    }
    let median = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    println!("| 1 | 1 | {:.2} | | |", median(&ones));
    for (costs, (routes, users)) in costs.iter().zip(SIZES) {
        let ratios: Vec<f64> = costs.iter().zip(&ones).map(|(cost, one)| (cost / one).ln()).collect();
        let ratio = stats::paired(&ratios, 1).unwrap();
        let interval = ratio.interval.map(f64::exp);
        println!(
            "| {routes} | {users} | {:.2} | {:.3} | {:.3} to {:.3} |",
            median(costs),
            ratio.point.exp(),
            interval.low,
            interval.high
        );
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |word: &str| words.is_empty() || words.iter().any(|each| each == word);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if wanted("pace") {
            paces().await;
        }
        if wanted("open") {
            sizes("10,000 arrivals a second", "rate = 10000").await;
        }
        if wanted("closed") {
            sizes("50 users, as fast as they are answered", "model = \"closed\"\nusers = 50").await;
        }
    });
}
