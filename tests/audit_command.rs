//! `shakedown audit`, as a person or a CI job calls it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod harness;

use std::path::Path;
use std::process::Command;

use harness::{BINARY, Ended, Trial};
use shakedown::audit::{Mode, catalogue};
use shakedown::record::{Outcome, Record};

const SCENARIO: &str = r#"
title = "one stack"

[stacks.prod]
role = "production"
url = "http://127.0.0.1:{{port}}"
start = [{ run = ["{{shakedown}}", "target", "--profile", "dev", "--port", "{{port}}"] }]

[[routes]]
name = "home"
get = "/"

[load]
model = "open"
rate = 10
duration = "1s"

[gates]
pass = ["prod: errors < 1%", "audit prod: no critical"]
"#;

fn audit(arguments: &[&str], scenario: Option<&Path>) -> Ended {
    let mut command = Command::new(BINARY);
    command.arg("audit").args(scenario).args(arguments).env("NO_COLOR", "1");
    Ended::of(command.output().unwrap())
}

#[test]
fn the_catalogue_is_listed_and_explained() {
    let all = audit(&["list"], None);
    assert_eq!((all.code, all.stdout.lines().count()), (0, catalogue().count()));
    let some = audit(&["list", "hdr-hsts*,csp-present"], None);
    let ids: Vec<&str> = some.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(ids, ["HDR-HSTS", "HDR-HSTS-SUB", "HDR-HSTS-PRELOAD", "HDR-HSTS-HTTP", "CSP-PRESENT"]);
    let chapters = audit(&["list", "--by", "asvs"], None).stdout;
    assert!(chapters.starts_with("V3 Web Frontend Security\n  3.2.1 "), "{chapters}");
    assert!(chapters.contains("\n\nV9 Self-contained Tokens\n  9.1.1 "), "{chapters}");
    let django = audit(&["list", "ck-*", "--by", "django"], None).stdout;
    assert!(django.contains("security.W010 SESSION_COOKIE_SECURE\n  CK-SECURE "), "{django}");
    let explained = audit(&["explain", "hdr-hsts"], None);
    let page = std::fs::read_to_string("docs/checks/HDR-HSTS.md").unwrap();
    assert!(page.starts_with(&explained.stdout) && explained.stdout.contains("SECURE_HSTS_SECONDS"));
    let unknown = audit(&["explain", "HDR-NOPE"], None);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("no check is called `HDR-NOPE`"), "{}", unknown.stderr);
}

#[test]
fn a_dry_run_tells_the_probes_and_starts_nothing() {
    let nowhere = SCENARIO.replace("{{shakedown}}", "/does/not/exist");
    let trial = Trial::new(&nowhere);
    let dry = audit(&["--dry-run"], Some(&trial.scenario()));
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(dry.stdout.contains("routes") && dry.stdout.contains("misfits"), "{}", dry.stdout);
    assert!(dry.stdout.contains("NOT SENT: it needs your consent"), "{}", dry.stdout);
    assert!(!dry.stdout.contains("load-"), "an audit sends no load: {}", dry.stdout);
    assert!(
        dry.stdout.contains("first: a GET") && dry.stdout.contains("a login of each user"),
        "{}",
        dry.stdout
    );
    for words in
        ["(429, 503) once more, 20 times in all", "2 times more the active probes", "5 requests a second"]
    {
        assert!(dry.stdout.contains(words), "{words}: {}", dry.stdout);
    }
    let few = audit(&["--dry-run", "--only", "HDR-HSTS"], Some(&trial.scenario()));
    assert!(!few.stdout.contains("misfits"), "{}", few.stdout);
}

#[test]
fn it_runs_without_a_load_and_judges_the_audit_gates() {
    let trial = Trial::new(SCENARIO);
    let out = trial.out();
    let folder = out.to_str().unwrap();
    let ended = audit(&["--out", folder], Some(&trial.scenario()));
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    let record = Record::read(&out).unwrap();
    assert_eq!(record.gates.len(), 1, "the gate on errors has nothing to judge");
    assert_eq!((record.partial.as_deref(), record.stacks[0].total.requests), (None, 0));
    assert_eq!(record.audit.len(), catalogue().count(), "one outcome a check");
    let under_load: Vec<&str> =
        catalogue().filter(|check| check.mode == Mode::UnderLoad).map(|check| check.id).collect();
    let passed = record.audit.iter().filter(|o| o.outcome == Outcome::Pass);
    assert!(passed.clone().count() > 3);
    assert!(
        passed.clone().all(|outcome| !under_load.contains(&outcome.check.as_str())),
        "nothing was under load"
    );
    let html = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(html.contains("audit only, no load was sent") && !html.contains("id=\"latency\""));
}

#[test]
fn a_failed_audit_gate_is_exit_1_and_only_the_selected_checks_run() {
    let trial = Trial::new(&SCENARIO.replace("no critical", "no low"));
    let out = trial.out();
    let arguments = ["--only", "CSP-PRESENT,DJ-DEBUG-404", "--out", out.to_str().unwrap(), "--json"];
    let ended = audit(&arguments, Some(&trial.scenario()));
    assert_eq!(ended.code, 1, "{}\n{}", ended.stdout, ended.stderr);
    let ids: Vec<String> = Record::read(&out).unwrap().audit.into_iter().map(|o| o.check).collect();
    assert_eq!(ids, ["CSP-PRESENT", "DJ-DEBUG-404"]);
    let summary: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(summary["gates"].as_array().map(Vec::len), Some(1), "{summary}");
}

#[test]
fn a_pattern_without_a_check_is_refused() {
    let trial = Trial::new(SCENARIO);
    let ended = audit(&["--only", "HDR-*,FOO-*"], Some(&trial.scenario()));
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("no check is called `FOO-*`"), "{}", ended.stderr);
}

#[test]
fn reports_for_ci_stand_beside_the_others_and_github_is_told() {
    let trial = Trial::new(&SCENARIO.replace("no critical", "no low"));
    let summary = trial.file("summary.md");
    let mut command = Command::new(BINARY);
    command
        .arg("audit")
        .arg(trial.scenario())
        .args(["--only", "CSP-PRESENT", "--json", "--output"])
        .arg(trial.out());
    command
        .args(["--format", "junit,sarif,md"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &summary);
    let ended = Ended::of(command.output().unwrap()).expect(1);
    for name in ["junit.xml", "audit.sarif", "report.html", "report.md"] {
        assert!(trial.out().join(name).is_file(), "{name}");
    }
    assert!(
        ended.stderr.contains("title=audit prod%3A no low::1 finding of low or above"),
        "{}",
        ended.stderr
    );
    assert!(serde_json::from_str::<serde_json::Value>(&ended.stdout).is_ok(), "{}", ended.stdout);
    let appended = std::fs::read_to_string(&summary).unwrap();
    assert_eq!(appended, std::fs::read_to_string(trial.out().join("report.md")).unwrap());
}
