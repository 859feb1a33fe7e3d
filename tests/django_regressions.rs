//! What makes a release of the Django site slower fails its gate, and what is as fast as before does not. Needs python3, nginx
//! and openssl; `.ci/run` installs them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;

use std::process::Command;

use shakedown::gate::{self, Verdict};
use shakedown::record::Record;

#[test]
fn each_regression_fails_its_own_gate() {
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
