//! Prints what the generator does by itself: how late and how evenly arrivals leave, what waiting costs, and what many
//! routes and users add to a request: `cargo run --release --example generator`.

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

const SIZES: [(usize, usize); 4] = [(1, 1), (500, 1), (1, 5_000), (500, 5_000)];

async fn sizes(what: &str, load: &str) {
    println!(
        "\n| {what}: routes | users | CPU a request, us (median of 5) | least | most | ratio (median of 5) |"
    );
    println!("|---|---|---|---|---|---|");
    let mut costs = [const { Vec::new() }; 4];
    // In turns, so that what changes on the machine changes for all.
    for _ in 0..5 {
        for (costs, (routes, users)) in costs.iter_mut().zip(SIZES) {
            let server = Server::start(AT_ONCE);
            let lines = format!(
                "{}[load]\n{load}\nduration = \"4s\"\nwarmup = \"1s\"\nthreads = 1\n",
                scenario(routes, users)
            );
            let tally = offer::offer(&server.url(), &Wallet::default(), &lines).await.unwrap();
            let requests: u64 = tally.routes.iter().map(|route| route.counts.requests).sum();
            // Without the time spent awake with nothing to do, which is the same for all.
            costs.push(tally.generator.cpu_s * 1e6 / requests as f64);
        }
    }
    let sorted = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values
    };
    for (each, (routes, users)) in costs.iter().zip(SIZES) {
        let ratios = sorted(each.iter().zip(&costs[0]).map(|(cost, one)| cost / one).collect());
        let each = sorted(each.clone());
        println!(
            "| {routes} | {users} | {:.2} | {:.2} | {:.2} | {:.3} |",
            each[2], each[0], each[4], ratios[2]
        );
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        paces().await;
        sizes("10,000 arrivals a second", "rate = 10000").await;
        sizes("50 users, as fast as they are answered", "model = \"closed\"\nusers = 50").await;
    });
}
