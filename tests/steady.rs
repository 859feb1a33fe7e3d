//! What a load costs in memory: nothing for a request once it is under way, and no more after an hour than at first.
//!
//! The counting allocator counts the whole process, the server's thread included, which allocates nothing either.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

#[path = "support/offer.rs"]
mod offer;
#[path = "truth/server.rs"]
#[allow(dead_code, reason = "the tests of truth use the rest")]
mod server;
#[path = "truth/shape.rs"]
#[allow(dead_code, reason = "the tests of truth use the rest")]
mod shape;

use std::alloc::System;
use std::time::Duration;

use server::Server;
use shakedown::auth::{Credential, Wallet};
use shakedown::engine::Event;
use shakedown::secret::SecretString;
use shape::{Service, Shape};
use stats_alloc::{INSTRUMENTED_SYSTEM, Stats, StatsAlloc};
use tokio::sync::Mutex;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time: they share the allocator.
static TURN: Mutex<()> = Mutex::const_new(());

const AT_ONCE: Shape =
    Shape { name: "at once", rate: 0, service: Service::Constant(Duration::ZERO), freeze: None };

const USERS: &str = "[users]\nlist = [{ username = \"ada\", password = \"pw-of-ada\" }, \
                     { username = \"bob\", password = \"pw-of-bob\" }]\n\
                     [auth.token]\nkind = \"drf-token\"\nobtain = \"/t/\"\n";

const RATE: u64 = 2_000;

fn wallet() -> Wallet {
    let credential = |name: &str| Credential {
        headers: vec![("Authorization".into(), SecretString::from(format!("Token secret-of-{name}")))],
        ..Credential::default()
    };
    Wallet { credentials: vec![vec![credential("ada"), credential("bob")]], ..Wallet::default() }
}

fn counted(stats: Stats) -> usize {
    stats.allocations + stats.reallocations
}

/// Fewest allocations in the middle half of a second, over the seconds of a load on an answer: what a request costs
/// shows in each of them, a histogram that grows only in some.
async fn allocations(answer: &str, lines: &str) -> usize {
    let server = Server::answering(AT_ONCE, answer.as_bytes());
    let lines = format!("{lines}[load]\nrate = {RATE}\nduration = \"5s\"\nwarmup = \"500ms\"\nthreads = 1\n");
    let mut fewest = usize::MAX;
    let tally = offer::offer_while(&server.url(), &wallet(), &lines, async |mut events| {
        while let Some(event) = events.recv().await {
            // After the last but one nothing may be under way any more.
            if matches!(event, Event::Second { tally, .. } if tally.second < 3) {
                tokio::time::sleep(Duration::from_millis(250)).await;
                let before = counted(ALLOCATOR.stats());
                tokio::time::sleep(Duration::from_millis(500)).await;
                fewest = fewest.min(counted(ALLOCATOR.stats()) - before);
            }
        }
    })
    .await
    .unwrap();
    let counts = &tally.routes[0].counts;
    assert_eq!(counts.errors, [0; 8], "{:?}", tally.samples);
    assert!(tally.seconds.iter().all(|second| second.counts.requests > RATE / 2), "the machine stood still");
    fewest
}

const PLAIN: &str = "HTTP/1.1 200 OK\r\nServer: s\r\nX-Frame-Options: DENY\r\nContent-Length: 2\r\n\r\nhi";
const JSON: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"n\": 1 }";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";

#[tokio::test]
async fn no_request_allocates() {
    let _turn = TURN.lock().await;
    for (what, answer, lines) in [
        ("plain", PLAIN, "[[routes]]\nname = \"r\"\nget = \"/\"\nexpect = { status = 200 }\n".to_owned()),
        ("chunked", CHUNKED, "[[routes]]\nname = \"r\"\nget = \"/\"\n".to_owned()),
        (
            "token and user in the path",
            PLAIN,
            format!(
                "{USERS}[[routes]]\nname = \"r\"\nget = \"/{{{{user.username}}}}/{{{{counter}}}}?u={{{{uuid}}}}\"\nauth = \"token\"\n"
            ),
        ),
        (
            "body",
            PLAIN,
            format!("{USERS}[[routes]]\nname = \"r\"\npost = \"/\"\nbody = {{ json = {{ t = \"{{{{user.username}}}}\" }} }}\n"),
        ),
        (
            "text and header looked for",
            PLAIN,
            "[[routes]]\nname = \"r\"\nget = \"/\"\nexpect = { contains = \"hi\", headers = { x-frame-options = \"DENY\" } }\n"
                .to_owned(),
        ),
    ] {
        assert_eq!(allocations(answer, &lines).await, 0, "{what}");
    }
}

#[tokio::test]
async fn reading_json_allocates_and_the_documentation_says_so() {
    let _turn = TURN.lock().await;
    let lines = "[[routes]]\nname = \"r\"\nget = \"/\"\nexpect = { json = { \"$.n\" = 1 } }\n";
    let requests = RATE as usize / 2;
    let each = allocations(JSON, lines).await as f64 / requests as f64;
    println!("a JSON expectation: {each:.1} allocations a request");
    assert!((1.0..50.0).contains(&each), "{each}");
}

#[tokio::test]
async fn a_large_body_streams_in_constant_memory() {
    let _turn = TURN.lock().await;
    const BODY: usize = 100 << 20;
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + BODY, b'x');
    let server = Server::answering(AT_ONCE, &answer);
    let lines = "[[routes]]\nname = \"r\"\nget = \"/\"\n[load]\nmodel = \"closed\"\nusers = 1\nduration = \"500ms\"\nwarmup = \"0s\"\n\
                 timeout = \"60s\"\n";
    let before = ALLOCATOR.stats();
    let tally = offer::offer(&server.url(), &wallet(), lines).await.unwrap();
    let after = ALLOCATOR.stats();
    let counts = &tally.routes[0].counts;
    assert_eq!(counts.errors, [0; 8], "{:?}", tally.samples);
    assert!(counts.bytes_in >= BODY as u64);
    // All that was ever asked for, not only the peak: a second's histograms among it, and slow machines take more seconds.
    let asked = after.bytes_allocated - before.bytes_allocated;
    println!("{} MiB received, {} KiB ever allocated", counts.bytes_in >> 20, asked >> 10);
    assert!(asked < 10 << 20, "{asked}");
}

#[tokio::test]
async fn memory_stays_flat_second_after_second() {
    let _turn = TURN.lock().await;
    let server = Server::start(AT_ONCE);
    let lines = format!(
        "[[routes]]\nname = \"r\"\nget = \"/\"\n[load]\nrate = {RATE}\nduration = \"12s\"\nwarmup = \"0s\"\nthreads = 1\n"
    );
    let mut held = Vec::new();
    offer::offer_while(&server.url(), &wallet(), &lines, async |mut events| {
        while let Some(event) = events.recv().await {
            if matches!(event, Event::Second { .. }) {
                drop(event);
                let stats = ALLOCATOR.stats();
                held.push(stats.bytes_allocated as isize - stats.bytes_deallocated as isize);
            }
        }
    })
    .await
    .unwrap();
    // A second keeps its counts. A histogram may grow once in a while, so half of the seconds decide.
    let mut growth: Vec<isize> = held[1..11].windows(2).map(|pair| pair[1] - pair[0]).collect();
    growth.sort();
    println!("bytes kept by each second: {growth:?}");
    assert!(growth[growth.len() / 2] < 1024, "{growth:?}");
}
