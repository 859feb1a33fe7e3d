//! Prints, for servers of known behaviour, what must be reported and what is: `cargo run --release --example truth`.

#![allow(clippy::unwrap_used, reason = "an example that cannot go on should stop")]
#![allow(dead_code, reason = "the tests use the rest")]

#[path = "../tests/truth/measure.rs"]
mod measure;
#[path = "../tests/support/offer.rs"]
mod offer;
#[path = "../tests/support/priority.rs"]
mod priority;
#[path = "../tests/truth/queue.rs"]
mod queue;
#[path = "../tests/truth/server.rs"]
mod server;
#[path = "../tests/truth/shape.rs"]
mod shape;

use std::time::Duration;

use measure::{Measured, QUANTILES, measure};
use shape::SHAPES;

fn main() {
    priority::before_others();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!("| server | connections | | {} |", QUANTILES.map(|(name, ..)| name).join(" | "));
    println!("|---|---|---|{}", "---|".repeat(QUANTILES.len()));
    for shape in SHAPES {
        // 256 are the default; fewer make a difference only where the server stands still.
        let limits: &[usize] = if shape.freeze.is_some() { &[256, 50] } else { &[256] };
        for &connections in limits {
            let measured = runtime.block_on(measure(shape, connections, 15));
            let row = |what: &str, time: &dyn Fn(&Measured, f64) -> Duration| {
                let cells =
                    QUANTILES.map(|(_, q, _)| format!("{:.3}", time(&measured, q).as_secs_f64() * 1e3));
                println!("| {} | {connections} | {what} | {} |", shape.name, cells.join(" | "));
            };
            row("truth", &|m, q| m.truth(q));
            row("reported", &|m, q| m.reported(q));
            row("machine", &|m, q| m.noise(q));
        }
    }
}
