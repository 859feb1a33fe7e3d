//! The real comparison: Django's runserver against nginx + gunicorn, and nginx + uWSGI.
//! Needs python3, nginx and a C compiler; `.ci/run` installs them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;

use std::process::Command;
use std::sync::Mutex;

use harness::Ended;
use shakedown::compare;
use shakedown::record::{Outcome, Record, RouteRecord, Severity, StackRecord};

/// Both scenarios share one state folder, and load beside load would spoil the figures.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn run(scenario: &str) -> (Record, Ended) {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let out = tempfile::tempdir().unwrap();
    let ended = harness::on_a_calm_machine(|| {
        let mut command = Command::new(harness::BINARY);
        command.args(["run", scenario, "--out"]).arg(out.path()).env("NO_COLOR", "1");
        command
    })
    .expect(0);
    (Record::read(out.path()).unwrap(), ended)
}

#[test]
fn what_is_not_installed_is_said_at_once_with_what_installs_it() {
    let (out, nowhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut command = Command::new(harness::BINARY);
    command.args(["run", "scenarios/django.toml", "--out"]).arg(out.path()).env("PATH", nowhere.path());
    let ended = Ended::of(command.output().unwrap()).expect(3);
    for said in
        ["`python3`", "`openssl`", "apt-get install python3 python3-venv; ", "apt-get install openssl"]
    {
        assert!(ended.stderr.contains(said), "{said} is not in: {}", ended.stderr);
    }
}

fn stack<'a>(record: &'a Record, name: &str) -> &'a StackRecord {
    record.stacks.iter().find(|stack| stack.name == name).unwrap()
}

fn route<'a>(stack: &'a StackRecord, name: &str) -> &'a RouteRecord {
    stack.routes.iter().find(|route| route.name == name).unwrap()
}

fn sound(record: &Record) {
    assert_eq!(record.partial, None);
    for stack in &record.stacks {
        assert_eq!(stack.failure, None);
        assert_eq!(stack.total.error_count(), 0, "{}: {:?}", stack.name, stack.samples);
    }
    let bad: Vec<_> = record
        .audit
        .iter()
        .filter(|check| {
            check.stack == "prod" && check.outcome == Outcome::Fail && check.severity >= Severity::Medium
        })
        .map(|check| (&check.check, &check.summary))
        .collect();
    assert!(bad.is_empty(), "the production stack has findings: {bad:#?}");
    let dev: Vec<&str> = record
        .audit
        .iter()
        .filter(|check| check.stack == "dev" && matches!(check.outcome, Outcome::Fail | Outcome::Info))
        .map(|check| check.check.as_str())
        .collect();
    for id in ["DJ-RUNSERVER", "DJ-DEBUG-404"] {
        assert!(dev.contains(&id), "{id} is not seen on runserver: {dev:?}");
    }
}

#[test]
fn runserver_against_nginx_and_gunicorn_shows_the_known_shape() {
    let (record, ended) = run("scenarios/django.toml");
    sound(&record);
    let (dev, prod) = (stack(&record, "dev"), stack(&record, "prod"));
    let median = |stack, name| route(stack, name).service.p50_ms.unwrap();
    let ratio = median(dev, "stylesheet") / median(prod, "stylesheet");
    assert!(ratio >= 20.0, "static: production is only {ratio:.1} times faster");
    for protected in ["whoami", "notes"] {
        let (dev, prod) = (median(dev, protected), median(prod, protected));
        assert!(prod < dev, "{protected}: {prod} ms on production, {dev} ms on dev");
    }
    let patterns = compare::insights(&record);
    assert!(
        patterns.iter().any(|insight| insight.stack == "dev" && insight.pattern == "split-write"),
        "runserver's split writes are not named: {patterns:#?}"
    );
    assert!(ended.stdout.contains("runserver"), "{}", ended.stdout);
}

#[test]
fn nginx_and_uwsgi_run_the_same_scenario() {
    let (record, _) = run("scenarios/django-uwsgi.toml");
    sound(&record);
}
