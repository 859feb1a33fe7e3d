//! Faults of the Django site, each found under its own check. Needs python3 and openssl; `.ci/run` installs them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;

use std::collections::BTreeMap;
use std::process::Command;

use harness::{BINARY, Ended};
use shakedown::record::{Outcome, Record};

/// Faults that need no TLS, and the check that finds each. The embedded target shows `jwt-key-confusion`.
const FAULTS: [(&str, &str); 11] = [
    ("jwt-alg-none", "JWT-ALG-NONE"),
    ("jwt-unsigned", "JWT-SIG-STRIP"),
    ("jwt-unverified", "JWT-SIG-VERIFY"),
    ("jwt-weak-secret", "JWT-WEAK-SECRET"),
    ("jwt-expired", "JWT-EXP"),
    ("jwt-refresh-as-access", "JWT-TYPE-MIX"),
    ("jwt-revoked", "JWT-LOGOUT"),
    ("jwt-refresh-reuse", "JWT-REFRESH-REUSE"),
    ("jwt-long-lived", "JWT-LIFETIME"),
    ("jwt-disabled-user", "JWT-DISABLED-USER"),
    ("jwt-no-audience", "JWT-AUD"),
];

/// What the JWT checks say of the dev stack with these faults.
fn audit(faults: &str) -> BTreeMap<String, (Outcome, String)> {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    command.args(["audit", "scenarios/django.toml", "--stack", "dev", "--only", "JWT-*", "--out"]);
    let output = command.arg(out.path()).env("NOTES_FAULTS", faults).env("NO_COLOR", "1").output().unwrap();
    let ended = Ended::of(output);
    let record = Record::read(out.path()).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr));
    record.audit.into_iter().map(|seen| (seen.check, (seen.outcome, seen.summary))).collect()
}

#[test]
fn every_fault_of_the_tokens_is_found_and_the_site_without_them_has_none() {
    let sound = audit("");
    // With another secret than the scenario names, nothing could be forged that has to be signed.
    let (alone, together): (Vec<&str>, Vec<&str>) =
        FAULTS.iter().map(|(name, _)| *name).partition(|name| *name == "jwt-weak-secret");
    let (weak, others) = (audit(&alone.join(",")), audit(&together.join(",")));
    for (name, check) in FAULTS {
        let faulty = if alone.contains(&name) { &weak } else { &others };
        let ((with, why), (without, _)) = (&faulty[check], &sound[check]);
        assert!(matches!(with, Outcome::Fail | Outcome::Warn), "{name}: {check} {with:?}: {why}");
        assert_ne!(with, without, "{name}: {why}");
    }
    assert!(sound.values().all(|(outcome, _)| *outcome != Outcome::NotRun), "{sound:#?}");
    let red: Vec<_> = sound.iter().filter(|(_, (outcome, _))| *outcome == Outcome::Fail).collect();
    assert!(red.is_empty(), "{red:#?}");
}
