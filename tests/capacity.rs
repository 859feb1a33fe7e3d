//! `model = "search"` and `model = "sweep"` from outside, against a server whose capacity is known.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;
mod support;

use std::io::Read;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use harness::{Ended, Trial, wait_for_line};
use shakedown::capacity;
use shakedown::record::{CapacityRecord, Ending, ProbeVerdict, Record};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

/// A server with so many workers that each take so long for a request: it carries `workers / service` requests a second,
/// to the last digit. When a request leaves is worked out when it arrives, so late timers do not add up.
struct Workers {
    address: SocketAddr,
    answers: Arc<AtomicU64>,
    late: Arc<AtomicU64>,
    _runtime: tokio::runtime::Runtime,
}

impl Workers {
    fn start(workers: usize, service: Duration) -> Workers {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (answers, late) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let counters = (answers.clone(), late.clone());
        let free = Arc::new(std::sync::Mutex::new(vec![Instant::now(); workers]));
        runtime.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let (free, (answers, late)) = (free.clone(), counters.clone());
                tokio::spawn(async move {
                    let mut buffer = Vec::new();
                    while support::read_request(&mut stream, &mut buffer).await?.is_some() {
                        let done = take(&mut free.lock().unwrap(), service);
                        tokio::time::sleep_until(done.into()).await;
                        answers.fetch_add(1, Ordering::Relaxed);
                        late.fetch_add(
                            u64::from(done.elapsed() > Duration::from_millis(8)),
                            Ordering::Relaxed,
                        );
                        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await?;
                    }
                    std::io::Result::Ok(())
                });
            }
        });
        Workers { address, answers, late, _runtime: runtime }
    }

    /// Whether the machine let it answer on time.
    fn was_calm(&self) -> bool {
        self.late.load(Ordering::Relaxed) * 50 < self.answers.load(Ordering::Relaxed)
    }
}

/// The moment at which the first worker to be free is done with one more request.
fn take(free: &mut [Instant], service: Duration) -> Instant {
    let first = free.iter_mut().min().unwrap();
    *first = Instant::now().max(*first) + service;
    *first
}

fn scenario(address: SocketAddr, load: &str) -> String {
    format!(
        "title = \"Known capacity\"\n[stacks.prod]\nurl = \"http://{address}\"\n[audit]\noff = true\n\
         [[routes]]\nname = \"home\"\nget = \"/\"\n[load]\n{load}\n"
    )
}

/// Runs it on a server of its own, again where the machine was too busy for the server to be what it claims.
fn measured(workers: usize, service: Duration, load: &str) -> (Ended, Record) {
    for attempt in 0.. {
        let server = Workers::start(workers, service);
        let trial = Trial::new(&scenario(server.address, load));
        let ended = trial.run(&[]);
        if attempt == 2 || (server.was_calm() && !ended.stderr.contains("the generator was the limit")) {
            return (ended, trial.record());
        }
    }
    unreachable!("the third attempt counts")
}

fn search(record: &Record) -> &CapacityRecord {
    record.stacks[0].capacity.as_ref().unwrap()
}

#[test]
fn the_interval_brackets_a_capacity_that_is_known() {
    // Five workers, 10 ms each: 500/s. The median sees a line that grows long before chance does.
    let load = "model = \"search\"\nobjective = [\"p50 < 30ms\", \"errors < 1%\"]\nfrom = 100\nto = 2000\n\
                duration = \"2s\"\nwarmup = \"500ms\"\n\
                [gates]\npass = [\"prod: capacity > 400/s\", \"prod: capacity < 600/s\"]";
    let (ended, record) = measured(5, Duration::from_millis(10), load);
    let ended = ended.expect(0);
    let found = search(&record);
    assert_eq!(found.ending, Ending::Found, "{found:#?}");
    let (lower, upper) = (found.lower.unwrap(), found.upper.unwrap());
    assert!(upper <= lower * 1.05 * 1.002, "as near as asked for: {lower} {upper}");
    // A line that grows by 1 % a second is not seen in two seconds.
    assert!(lower <= 500.0 * 1.02 && upper >= 500.0 * 0.99, "500 lies in {lower} … {upper}: {found:#?}");
    for (end, verdict) in [(lower, ProbeVerdict::Pass), (upper, ProbeVerdict::Fail)] {
        let agree =
            found.probes.iter().filter(|probe| probe.level == end && probe.verdict == verdict).count();
        assert!(agree >= 2, "{end} is confirmed: {found:#?}");
    }
    let knee = capacity::knee(&found.probes).unwrap();
    assert!(knee.before >= 400.0 && knee.behind.is_some_and(|behind| behind <= 800.0), "{knee:?}");
    // The figures by route are those of the highest rate that held.
    let stack = &record.stacks[0];
    assert_eq!(stack.wall_s, 2.0);
    assert!(
        (stack.total.throughput_rps / lower - 1.0).abs() < 0.02,
        "{} {lower}",
        stack.total.throughput_rps
    );
    assert!(
        ended.stdout.contains("Capacity of prod") && ended.stdout.contains("The knee lies between"),
        "{}",
        ended.stdout
    );
    assert!(ended.stderr.contains("prod: searching 400/s … 800/s at 566"), "{}", ended.stderr);
}

#[test]
fn a_range_that_ends_below_the_capacity_claims_no_more() {
    let load = "model = \"search\"\nobjective = [\"p50 < 100ms\"]\nfrom = 50\nto = 100\nduration = \"500ms\"\n\
                warmup = \"0s\"\nconfirm = 0\n[gates]\npass = [\"prod: capacity >= 100/s\"]";
    let (ended, record) = measured(20, Duration::from_millis(5), load);
    let ended = ended.expect(0);
    let found = search(&record);
    assert_eq!((found.ending, found.lower, found.upper), (Ending::AboveRange, Some(100.0), None));
    assert!(ended.stdout.contains("at least 100/s, the highest rate that was allowed"), "{}", ended.stdout);
}

#[test]
fn a_budget_that_is_too_short_is_said_and_is_no_answer() {
    let load = "model = \"search\"\nobjective = [\"p50 < 100ms\"]\nfrom = 50\nto = 1000\nduration = \"500ms\"\n\
                warmup = \"0s\"\nbudget = \"8s\"";
    let (ended, record) = measured(20, Duration::from_millis(5), load);
    let ended = ended.expect(3);
    assert_eq!(search(&record).ending, Ending::TimeUp);
    assert!(!search(&record).probes.is_empty() && search(&record).lower.is_none());
    assert!(ended.stderr.contains("the time for the search was up"), "{}", ended.stderr);
}

/// A limit on open files stands in for a generator that can send no faster: it runs out before the stack does.
#[test]
fn a_generator_at_its_limit_is_no_capacity_of_the_stack() {
    let server = Workers::start(1_000, Duration::from_millis(500));
    let load = "model = \"search\"\nobjective = [\"p50 < 5s\"]\nfrom = 20\nto = 2000\nstep = 10\nduration = \"1s\"\n\
                warmup = \"0s\"\n[gates]\npass = [\"prod: capacity >= 20/s\", \"prod: capacity > 20/s\"]";
    let trial = Trial::new(&scenario(server.address, load));
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 64; exec \"$@\"", "sh", harness::BINARY, "run"])
        .arg(trial.scenario())
        .arg("--out")
        .arg(trial.out());
    let ended = Ended::of(command.output().unwrap()).expect(3);
    let record = trial.record();
    let found = search(&record);
    assert_eq!((found.ending, found.upper), (Ending::GeneratorLimit, None), "{found:#?}");
    assert_eq!(found.lower, Some(20.0), "what held below the limit is confirmed: {found:#?}");
    for part in [
        "at a rate of at least 20.0/s: above it the generator was the limit, not the stack",
        "✓ pass    prod: capacity >= 20/s",
        "? unknown prod: capacity > 20/s",
    ] {
        assert!(ended.stdout.contains(part), "{part}:\n{}", ended.stdout);
    }
}

#[test]
fn ctrl_c_keeps_the_probes_made() {
    let server = Workers::start(20, Duration::from_millis(5));
    let load = "model = \"search\"\nobjective = [\"p50 < 100ms\"]\nfrom = 50\nto = 1000\nduration = \"1s\"\nwarmup = \"0s\"";
    let trial = Trial::new(&scenario(server.address, load));
    let mut child = trial.spawn();
    let mut rest = wait_for_line(&mut child, "probe 2 of at most");
    let pid = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let mut said = String::new();
    rest.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    let record = trial.record();
    assert!(record.partial.is_some());
    assert_eq!((search(&record).ending, search(&record).probes.len()), (Ending::Interrupted, 1));
    let report = std::fs::read_to_string(trial.out().join("report.md")).unwrap();
    assert!(
        report.contains("The search on prod has no whole answer: the search was interrupted"),
        "{report}"
    );
}

#[test]
fn a_sweep_over_one_worker_is_all_contention() {
    let load = "model = \"sweep\"\nlevels = [1, 2, 3, 4, 6, 8]\nduration = \"2s\"\nwarmup = \"200ms\"";
    // Long beside what a busy machine adds between two requests, which one user waits for and several hide.
    let (ended, record) = measured(1, Duration::from_millis(40), load);
    let ended = ended.expect(0);
    let sweep = record.stacks[0].sweep.as_ref().unwrap();
    let levels: Vec<f64> = sweep.probes.iter().map(|probe| probe.level).collect();
    assert_eq!(levels, [1.0, 2.0, 3.0, 4.0, 6.0, 8.0]);
    let points: Vec<(f64, f64)> = sweep.probes.iter().map(|probe| (probe.level, probe.reached_rps)).collect();
    let law = capacity::fit(&points).unwrap();
    assert!((0.85..=1.15).contains(&law.fit.sigma) && law.fit.kappa < 0.02, "{law:?} {points:?}");
    assert!((20.0..=27.5).contains(&law.fit.lambda), "{law:?}");
    assert!(
        ended.stdout.contains("Users on prod") && ended.stdout.contains("Universal Scalability Law"),
        "{}",
        ended.stdout
    );
}

#[test]
fn check_says_beforehand_how_long_it_may_take() {
    let output = Command::new(harness::BINARY).args(["check", "scenarios/capacity.toml"]).output().unwrap();
    let ended = Ended::of(output).expect(0);
    for part in
        ["the highest rate from 100/s to 10000/s", "at most 32 probes for each stack", "at most 6 min"]
    {
        assert!(ended.stdout.contains(part), "{part}:\n{}", ended.stdout);
    }
}

/// The scenario that ships, with shorter probes and a lower ceiling.
#[test]
fn the_embedded_target_is_searched() {
    let text = std::fs::read_to_string("scenarios/capacity.toml").unwrap();
    let text = [
        ("p99 < 200ms", "p50 < 500ms"),
        ("to = 10_000", "to = 420"),
        ("duration = \"6s\"", "duration = \"1s\""),
        ("warmup = \"1s\"", "warmup = \"200ms\""),
        ("dev: capacity > 100/s", "dev: capacity >= 100/s"),
    ]
    .into_iter()
    .fold(text, |text, (long, short)| {
        assert!(text.contains(long), "{long}");
        text.replace(long, short)
    });
    let trial = Trial::new(&text);
    let ended = trial.run(&[]).expect(0);
    let record = trial.record();
    assert!(search(&record).lower.is_some_and(|lower| lower >= 100.0), "{:#?}", search(&record));
    for part in ["Capacity of dev", "knee", "capacity is"] {
        assert!(ended.stdout.contains(part), "{part}:\n{}", ended.stdout);
    }
    let page = std::fs::read_to_string(trial.out().join("report.html")).unwrap();
    assert!(page.contains("<section id=\"capacity\"") && page.contains("p50 by rate"));
}
