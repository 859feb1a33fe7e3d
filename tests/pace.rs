//! Arrivals as they leave: neither late nor bunched, and cheap to wait for.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

#[path = "support/offer.rs"]
mod offer;
#[path = "support/pace.rs"]
mod pace;
#[path = "support/priority.rs"]
mod priority;
#[path = "truth/server.rs"]
#[allow(dead_code, reason = "the tests of truth use the rest")]
mod server;
#[path = "truth/shape.rs"]
#[allow(dead_code, reason = "the tests of truth use the rest")]
mod shape;

use std::time::Duration;

use pace::{distance, gaps, variation, worker_cpu};
use server::Server;
use shakedown::auth::Wallet;
use shakedown::engine::Event;
use shape::{Service, Shape};
use tokio::sync::Mutex;

const RATE: u32 = 500;
/// Seconds of a measurement: few, since a virtual machine may stand still for some milliseconds every few seconds, and one
/// such stop among even gaps is a variation of a tenth and more.
const SECONDS: u32 = 1;
/// So often a measurement is made when the machine is too busy for it.
const ATTEMPTS: u32 = 40;

const AT_ONCE: Shape =
    Shape { name: "at once", rate: RATE, service: Service::Constant(Duration::ZERO), freeze: None };

/// One test at a time: they would make each other late.
static TURN: Mutex<()> = Mutex::const_new(());

/// Gaps between the requests as the server got them, of the first good run or else of the last. The server's thread must
/// wake for each, and what it saw late counts against the generator: a bad run may be the machine's, a good one is not.
async fn calm_gaps(arrivals: &str, good: impl Fn(&[f64]) -> bool) -> Vec<f64> {
    let _turn = TURN.lock().await;
    priority::before_others();
    let mut last = Vec::new();
    for _ in 0..ATTEMPTS {
        let server = Server::start(AT_ONCE);
        let lines = format!(
            "[[routes]]\nname = \"r\"\nget = \"/\"\n[load]\nrate = {RATE}\nduration = \"{SECONDS}s\"\nwarmup = \"0s\"\n\
             arrivals = \"{arrivals}\"\nthreads = 1\nseed = 3\n"
        );
        offer::offer(&server.url(), &Wallet::default(), &lines).await.unwrap();
        last = gaps(&server.stop().reads);
        if good(&last) {
            break;
        }
    }
    last
}

#[tokio::test]
async fn constant_arrivals_leave_evenly() {
    let gaps = calm_gaps("constant", |gaps| variation(gaps) < 0.05).await;
    assert_eq!(gaps.len(), (SECONDS * RATE) as usize - 1);
    assert!(variation(&gaps) < 0.05, "{}", variation(&gaps));
}

#[tokio::test]
async fn poisson_arrivals_leave_as_such() {
    let gaps = calm_gaps("poisson", |gaps| distance(gaps, RATE.into()) < 1.63).await;
    assert!(distance(&gaps, RATE.into()) < 1.63, "{}", distance(&gaps, RATE.into()));
    // And constant ones would not pass for them.
    let even = vec![1.0 / f64::from(RATE); gaps.len()];
    assert!(distance(&even, RATE.into()) > 10.0);
}

#[tokio::test]
async fn waiting_for_rare_arrivals_costs_next_to_nothing() {
    let _turn = TURN.lock().await;
    let server = Server::start(AT_ONCE);
    let lines = "[[routes]]\nname = \"r\"\nget = \"/\"\n[load]\nrate = 10\nduration = \"5s\"\nwarmup = \"0s\"\nthreads = 1\n";
    let mut seen = Vec::new();
    offer::offer_while(&server.url(), &Wallet::default(), lines, async |mut events| {
        while let Some(event) = events.recv().await {
            if matches!(event, Event::Second { .. }) {
                seen.extend(worker_cpu());
            }
        }
    })
    .await
    .unwrap();
    assert!(seen.len() >= 4, "{}", seen.len());
    let share = (seen[3] - seen[0]).as_secs_f64() / 3.0;
    println!("10 arrivals a second: {:.2} % of a core", share * 100.0);
    assert!(share < 0.02, "{share}");
}
