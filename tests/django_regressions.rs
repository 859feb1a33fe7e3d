//! What makes a release of the Django site slower fails its gate, and what is as fast as before does not. Needs python3, nginx
//! and openssl; `.ci/run` installs them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use shakedown::gate::{self, Verdict};
use shakedown::record::Record;

/// The stacks share one state folder and one machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[test]
fn each_regression_fails_its_own_gate() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let out = tempfile::tempdir().unwrap();
    harness::on_a_calm_machine(|| {
        let mut command = Command::new(harness::BINARY);
        command.args(["run", "scenarios/django-regression.toml", "--out"]).arg(out.path());
        command.env("NOTES_REGRESSIONS", "sleep,n-plus-one").env("NO_COLOR", "1");
        command
    })
    .expect(1);
    let gates = gate::evaluate(&Record::read(out.path()).unwrap());
    let of = |text: &str| gates.iter().find(|gate| gate.text.starts_with(text)).unwrap();
    for slower in ["after/whoami vs before", "after/notes vs before", "proxied/stylesheet vs before"] {
        let gate = of(slower);
        assert_eq!(gate.verdict, Verdict::Fail, "{}: {}", gate.text, gate.reason);
    }
    // The same files, served the same way.
    let gate = of("after/stylesheet vs before");
    assert_ne!(gate.verdict, Verdict::Fail, "{}: {}", gate.text, gate.reason);
}

/// At a rate that one process can do, one worker is as fast as two. So here users wait for their answers, as many as two workers have
/// threads, and what is judged is how many answers they get.
#[test]
fn one_worker_instead_of_two_fails_a_gate_on_throughput() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let text = std::fs::read_to_string("scenarios/django-regression.toml").unwrap();
    let (stacks, _) = text.split_once("[load]\n").unwrap();
    let stacks = stacks
        .replace("state = \".shakedown/django\"", "state = \"django\"")
        .replace("\"django/", "\"../django/")
        .replace("cwd = \"django\"", "cwd = \"../django\"");
    let scenario = Path::new("scenarios/.shakedown/one-worker.toml");
    std::fs::create_dir_all(scenario.parent().unwrap()).unwrap();
    let load = "[load]\nmodel = \"closed\"\nusers = 8\nduration = \"10s\"\nwarmup = \"1s\"\n";
    let gates = "[gates]\npass = [\"after vs before: throughput > 0.9x\"]\n";
    std::fs::write(scenario, format!("{stacks}{load}[audit]\noff = true\n{gates}")).unwrap();

    let out = tempfile::tempdir().unwrap();
    harness::on_a_calm_machine(|| {
        let mut command = Command::new(harness::BINARY);
        command
            .arg("run")
            .arg(scenario)
            .args(["--stack", "before", "--stack", "after", "--out"])
            .arg(out.path());
        command.env("NOTES_REGRESSIONS", "one-worker").env("NO_COLOR", "1");
        command
    })
    .expect(1);
    let gates = gate::evaluate(&Record::read(out.path()).unwrap());
    assert_eq!(gates[0].verdict, Verdict::Fail, "{}: {}", gates[0].text, gates[0].reason);
}
