//! The README's first command, as it stands: the embedded target, dev-like beside production-like.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use shakedown::plan::Plan;
use shakedown::record::{Outcome, Record, Severity};
use shakedown::run::blocks_time;

#[test]
fn the_quick_start_measures_and_audits_both_stacks() {
    let out = tempfile::tempdir().unwrap();
    let ended = harness::on_a_calm_machine(|| {
        let mut command = Command::new(harness::BINARY);
        command.args(["run", "scenarios/quickstart.toml", "--out"]).arg(out.path()).env("NO_COLOR", "1");
        command.args(["--format", "junit,sarif,summary,json"]);
        command
    })
    .expect(0);
    let record = Record::read(out.path()).unwrap();

    assert_eq!(record.partial, None);
    let names: Vec<&str> = record.stacks.iter().map(|stack| stack.name.as_str()).collect();
    assert_eq!(names, ["dev", "prod"]);
    for stack in &record.stacks {
        assert_eq!(stack.failure, None);
        assert_eq!(stack.total.error_count(), 0, "{}: {:?}", stack.name, stack.samples);
        for route in &stack.routes {
            assert!(route.requests > 0, "{}/{} was never asked", stack.name, route.name);
        }
        assert!(stack.resources.as_ref().unwrap().cpu_s > 0.0);
    }
    logs_hold_every_sample(out.path(), &record);
    audit_sees_the_difference(&record);
    for stack in names {
        assert!(ended.stdout.contains(stack), "{}", ended.stdout);
    }
    no_secret_in(out.path());
}

/// What the scenario asks for: with start, audit and the audit's own small loads, ten seconds or so, it stays within 40.
#[test]
fn the_quick_start_asks_for_half_a_minute_of_load_in_blocks_enough() {
    let text = std::fs::read_to_string("scenarios/quickstart.toml").unwrap();
    let plan = Plan::parse(Path::new("scenarios/quickstart.toml"), &text).unwrap();
    let blocks = plan.load.blocks.unwrap();
    assert!(blocks.count >= 20, "{blocks:?}");
    let time = blocks_time(&blocks, plan.load.warmup, 2);
    assert!(time <= Duration::from_secs(30), "{time:?}");
}

/// `latency.hlog`, read by the HdrHistogram library, holds as many samples as the record counts.
fn logs_hold_every_sample(folder: &Path, record: &Record) {
    let text = std::fs::read(folder.join("latency.hlog")).unwrap();
    for stack in &record.stacks {
        for route in &stack.routes {
            let tag = format!("{}/{}/response", stack.name, route.name);
            let interval = IntervalLogIterator::new(&text)
                .filter_map(|entry| match entry.unwrap() {
                    LogEntry::Interval(interval) => Some(interval),
                    _ => None,
                })
                .find(|interval| interval.tag().is_some_and(|t| t.as_str() == tag))
                .unwrap_or_else(|| panic!("{tag} is not in the log"));
            use base64::Engine as _;
            let bytes =
                base64::engine::general_purpose::STANDARD.decode(interval.encoded_histogram()).unwrap();
            let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
            assert_eq!(histogram.len(), route.response.count, "{tag}");
        }
    }
}

fn audit_sees_the_difference(record: &Record) {
    let bad = |stack: &str, from: Severity| -> Vec<&str> {
        record
            .audit
            .iter()
            .filter(|check| check.stack == stack && check.outcome == Outcome::Fail && check.severity >= from)
            .map(|check| check.check.as_str())
            .collect()
    };
    assert_eq!(bad("prod", Severity::Medium), [""; 0], "the sound profile has no finding of medium or above");
    for id in ["DJ-DEBUG-404", "HDR-XCTO", "CSP-PRESENT"] {
        assert!(
            bad("dev", Severity::Info).contains(&id),
            "{id} is not found on dev: {:?}",
            bad("dev", Severity::Info)
        );
    }
}

/// The users' passwords are `shakedown-N`; tokens are in no file either, which their shapes would show.
fn no_secret_in(folder: &Path) {
    let jwt = regex::Regex::new(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}").unwrap();
    let password = regex::Regex::new(r"shakedown-\d+\b").unwrap();
    for name in [
        "record.json",
        "report.html",
        "report.md",
        "report.json",
        "summary.json",
        "junit.xml",
        "audit.sarif",
        "logs/dev-shakedown.log",
        "logs/prod-shakedown.log",
    ] {
        let path = folder.join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!jwt.is_match(&text), "{name} holds a token");
        assert!(!password.is_match(&text), "{name} holds a password");
    }
}
