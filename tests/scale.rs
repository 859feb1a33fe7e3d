//! Ten thousand connections kept alive by one run of the built binary.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod harness;
#[path = "truth/server.rs"]
#[allow(dead_code, reason = "the tests of truth use the rest")]
mod server;
#[path = "truth/shape.rs"]
#[allow(dead_code, reason = "the tests of truth use the rest")]
mod shape;

use std::fs;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server::Server;
use shape::{Service, Shape};

/// What the process held at most so far, in KiB.
fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[test]
fn ten_thousand_connections_fit_into_120_mib() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    // Each end has its own process. Where the system gives less, so much is tried as fits.
    let room = maximum.map_or(u64::MAX, |most| most.saturating_sub(200));
    let users = room.min(10_000);
    assert!(users >= 1_000, "the hard limit of open files, {maximum:?}, proves nothing");
    let server = Server::start(Shape {
        name: "at once",
        rate: 0,
        service: Service::Constant(Duration::ZERO),
        freeze: None,
    });
    let trial = harness::Trial::new(&format!(
        "title = \"many\"\n[stacks.prod]\nurl = \"{}\"\n[[routes]]\nname = \"r\"\nget = \"/\"\n\
         [load]\nmodel = \"closed\"\nusers = 0\nthink = \"5s\"\nwarmup = \"0s\"\ntimeout = \"20s\"\n\
         stages = [{{ target = {users}, duration = \"5s\" }}, {{ target = {users}, duration = \"4s\" }}]\n",
        server.url()
    ));
    // The limit a shell gives is raised by the tool itself.
    let low = Rlimit { current: current.map(|n| n.min(1_024)).or(Some(1_024)), maximum };
    let mut command = trial.command();
    command.arg("--no-audit");
    setrlimit(Resource::Nofile, low).unwrap();
    let mut child = command.spawn().unwrap();
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(peak_memory(child.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    }
    let record = trial.record();
    let stack = &record.stacks[0];
    println!("{users} connections: {} MiB at most, {} requests", peak >> 10, stack.total.requests);
    assert_eq!(
        (stack.generator.peak_connections, stack.total.errors.len()),
        (users, 0),
        "{:?}",
        stack.total.errors
    );
    assert_eq!(stack.total.connections, users, "kept, not opened anew");
    assert!(peak > 0 && peak < 120 << 10, "{peak} KiB");
}
