//! Accepted risks, the lock and the baseline of an audit, as a person or a CI job meets them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod harness;

use std::fs;
use std::process::Command;

use harness::{BINARY, Ended, Trial};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use shakedown::record::{Record, Standing};

const SCENARIO: &str = r#"
title = "one stack"

[stacks.prod]
role = "production"
url = "http://127.0.0.1:{{port}}"
start = [{ run = ["{{shakedown}}", "target", "--profile", "dev", "--port", "{{port}}"] }]

[[routes]]
name = "home"
get = "/"

[audit]
lock = "audit.lock"
baseline = "known.json"

[gates]
pass = ["GATE"]
"#;

const CHECKS: &str = "CSP-PRESENT,HDR-FRAME,DJ-DEBUG-404";

fn trial(gate: &str, accept: &str) -> Trial {
    Trial::new(&(SCENARIO.replace("GATE", gate) + accept))
}

fn shakedown(trial: &Trial, arguments: &[&str]) -> Ended {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(trial.file("")).env("NO_COLOR", "1");
    Ended::of(command.output().unwrap())
}

fn audited(trial: &Trial) -> (Ended, Record) {
    let ended = shakedown(trial, &["audit", "trial.toml", "--only", CHECKS, "--out", "out"]);
    (ended, Record::read(&trial.out()).unwrap())
}

fn day(days: i64) -> String {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date().checked_add(days.days()).unwrap().to_string()
}

fn accept(check: &str, until: &str) -> String {
    format!(
        "[[accept]]\ncheck = \"{check}\"\nstack = \"prod\"\nreason = \"a trial\"\nowner = \"tests\"\nuntil = \"{until}\"\n"
    )
}

#[test]
fn an_accepted_finding_fails_no_gate_until_its_day_is_over() {
    let gate = "audit prod: no low";
    let (ended, record) = audited(&trial(gate, ""));
    ended.expect(1);
    let found: Vec<&str> = record.audit.iter().filter(|o| o.is_finding()).map(|o| o.check.as_str()).collect();
    assert!(found.contains(&"CSP-PRESENT"), "{found:?}");

    let accepts = |days| found.iter().map(|check| accept(check, &day(days))).collect::<String>();
    let (ended, record) = audited(&trial(gate, &accepts(30)));
    let ended = ended.expect(0);
    assert!(
        ended.stdout.contains("accepted") && ended.stdout.contains("by tests: a trial"),
        "{}",
        ended.stdout
    );
    assert!(record.accepted.iter().all(|accept| accept.standing == Standing::Used));

    let (ended, _) = audited(&trial(gate, &accepts(-2)));
    let ended = ended.expect(1);
    assert!(ended.stderr.contains("what it covered counts again"), "{}", ended.stderr);
}

#[test]
fn wrong_acceptances_are_pointed_at() {
    let wrong = accept("HDR-FRAM", "next year").replace("\"a trial\"", "\" \"")
        + &accept("AUTH-REQUIRED", "2027-01-01").replace("stack = \"prod\"", "stack = \"prd\"");
    let ended = shakedown(&trial("audit prod: no low", &wrong), &["check", "trial.toml"]).expect(2);
    for part in [
        "trial.toml:22:",
        "`reason` is empty",
        "`next year` is no day",
        "there is no stack `prd` (did you mean `prod`?)",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    let unknown = accept("HDR-FRAM", "2027-01-01");
    let ended = shakedown(&trial("audit prod: no low", &unknown), &["check", "trial.toml"]).expect(2);
    assert!(
        ended.stderr.contains("trial.toml:20:9: no check is called `HDR-FRAM` (did you mean `HDR-FRAME`?)"),
        "{}",
        ended.stderr
    );
    let grave = accept("AUTH-REQUIRED", "2027-01-01");
    let ended = shakedown(&trial("audit prod: no low", &grave), &["check", "trial.toml"]).expect(2);
    assert!(ended.stderr.contains("opens data or accounts to anybody"), "{}", ended.stderr);
    let meant = grave + "allow_critical = true\n" + &accept("HDR-FRAME", "2026-01-31");
    let ended = shakedown(&trial("audit prod: no low", &meant), &["check", "trial.toml"]).expect(0);
    let told = "accept   HDR-FRAME on prod until 2026-01-31 (tests): over, its findings count again\n";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
}

#[test]
fn a_gate_on_new_findings_asks_the_baseline() {
    let trial = trial("audit prod: no new low", "");
    let (ended, _) = audited(&trial);
    let ended = ended.expect(3);
    assert!(ended.stdout.contains("there is no baseline yet"), "{}", ended.stdout);
    let written = shakedown(&trial, &["audit", "baseline", "trial.toml", "out"]).expect(0);
    assert!(
        written.stdout.contains("known.json: ") && written.stdout.contains(" new, 0 gone"),
        "{}",
        written.stdout
    );
    let (ended, record) = audited(&trial);
    ended.expect(0);
    assert!(record.audit.iter().any(|o| o.is_finding()), "known is not mended");

    // What the baseline lacks is new.
    let text = fs::read_to_string(trial.file("known.json")).unwrap();
    fs::write(trial.file("known.json"), text.replace("CSP-PRESENT", "CSP-GONE")).unwrap();
    let (ended, _) = audited(&trial);
    let ended = ended.expect(1);
    assert!(ended.stdout.contains("new finding of low or above: CSP-PRESENT"), "{}", ended.stdout);

    fs::write(trial.file("known.json"), "[]").unwrap();
    let ended = shakedown(&trial, &["check", "trial.toml"]).expect(2);
    assert!(ended.stderr.contains("`known.json` is no baseline"), "{}", ended.stderr);
}

#[test]
fn a_gate_on_new_findings_needs_a_baseline_in_the_scenario() {
    let scenario =
        SCENARIO.replace("GATE", "audit prod: no new low").replace("baseline = \"known.json\"\n", "");
    let ended = shakedown(&Trial::new(&scenario), &["check", "trial.toml"]).expect(2);
    assert!(ended.stderr.contains("baseline = \"audit-baseline.json\""), "{}", ended.stderr);
}

#[test]
fn a_check_that_the_lock_lacks_turns_no_gate_red() {
    let trial = trial("audit prod: no low", "");
    shakedown(&trial, &["audit", "lock", "trial.toml"]).expect(0);
    audited(&trial).0.expect(1);
    let lock = fs::read_to_string(trial.file("audit.lock")).unwrap();
    let (_, record) = audited(&trial);
    let old: String = lock
        .lines()
        .filter(|line| {
            !record.audit.iter().any(|o| o.is_finding() && line.starts_with(&format!("{} ", o.check)))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(trial.file("audit.lock"), old).unwrap();
    let (ended, record) = audited(&trial);
    let ended = ended.expect(0);
    assert!(
        ended.stderr.contains("no gate heeds") && ended.stderr.contains("CSP-PRESENT"),
        "{}",
        ended.stderr
    );
    assert!(record.audit.iter().any(|o| o.is_finding()), "it is told all the same");
    let written = shakedown(&trial, &["audit", "lock", "trial.toml"]).expect(0);
    assert!(written.stdout.contains("+ CSP-PRESENT"), "{}", written.stdout);
    audited(&trial).0.expect(1);
}
