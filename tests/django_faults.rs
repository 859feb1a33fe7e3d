//! Faults that are planted in the Django site, its settings and its nginx, each found under its own check, and nothing else with
//! it but what follows. Needs python3, nginx and openssl; `.ci/run` installs them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Mutex;

use harness::{BINARY, Ended};
use shakedown::audit::{Check, Mode, catalogue};
use shakedown::record::{CheckOutcome, Outcome, Record, Severity};

/// The starts share one state folder.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A fault, the check that finds it, and the checks that follow from it.
type Planted = (&'static str, &'static str, &'static [&'static str]);

/// Faults that one start of the stack can show together: none touches what another's check looks at.
const STARTS: [&[Planted]; 4] = [
    &[
        ("jwt-alg-none", "JWT-ALG-NONE", &["JWT-MALFORMED"]),
        // One without an algorithm has no signature either.
        ("jwt-unsigned", "JWT-SIG-STRIP", &["JWT-ALG-NONE", "JWT-MALFORMED"]),
        // Who looks at none takes every forgery under the genuine algorithm.
        (
            "jwt-unverified",
            "JWT-SIG-VERIFY",
            &["JWT-KEY-CONFUSION", "JWT-KID-INJECT", "JWT-CRIT", "JWT-MALFORMED"],
        ),
        ("jwt-key-confusion", "JWT-KEY-CONFUSION", &[]),
        ("jwt-expired", "JWT-EXP", &[]),
        ("jwt-refresh-as-access", "JWT-TYPE-MIX", &[]),
        ("jwt-revoked", "JWT-LOGOUT", &[]),
        ("jwt-refresh-reuse", "JWT-REFRESH-REUSE", &[]),
        // What lives for long survives a logout for long.
        ("jwt-long-lived", "JWT-LIFETIME", &["JWT-LOGOUT"]),
        ("jwt-disabled-user", "JWT-DISABLED-USER", &[]),
        ("jwt-no-audience", "JWT-AUD", &[]),
        ("inline-scripts", "CSP-UNSAFE-INLINE", &[]),
    ],
    &[
        // Django finds the settings good that nginx or the application belies.
        ("jwt-weak-secret", "JWT-WEAK-SECRET", &["DJ-CHECK-DEPLOY"]),
        ("any-host", "DJ-HOST", &["DJ-CHECK-DEPLOY"]),
        ("cookies-over-http", "CK-SECURE", &[]),
        ("cookie-for-scripts", "CK-HTTPONLY", &[]),
        ("cookie-cross-site", "CK-SAMESITE", &[]),
        ("hsts-short", "HDR-HSTS", &["DJ-CHECK-DEPLOY"]),
        // `null` is echoed too, and Vary names no Origin.
        ("cors-reflect", "CORS-REFLECT", &["CORS-NULL", "CORS-VARY"]),
        ("remote-user", "AUTH-PROXY-HDR", &[]),
        ("session-survives-logout", "SESSION-LOGOUT", &[]),
        ("open-redirect", "NET-OPEN-REDIRECT", &[]),
        ("login-tells", "LOGIN-ENUM-BODY", &[]),
        ("notes-of-others", "AUTH-OTHER-USER", &[]),
        ("cache-by-name", "AUTH-CACHE-REPLAY", &[]),
        ("autoindex", "FILE-DIRLIST", &[]),
        ("exposed-environment", "FILE-ENV", &[]),
        ("exposed-repository", "FILE-VCS", &[]),
        ("exposed-project", "FILE-DJANGO", &[]),
        ("server-version", "HDR-SERVER-VERSION", &[]),
    ],
    &[
        // The technical page answers under /api/ too.
        ("debug-on", "DJ-DEBUG-404", &["DJ-DEBUG-CSRF", "ERR-FORMAT"]),
        ("csrf-off", "CSRF-REQUIRED", &["CSRF-ORIGIN", "DJ-CHECK-DEPLOY"]),
        ("cacheable-answers", "AUTH-CACHE", &["AUTH-VARY", "LOGIN-CACHE"]),
        ("http-accepted", "NET-REDIRECT", &["NET-REDIRECT-API"]),
        ("token-in-url", "AUTH-TOKEN-URL", &[]),
        ("login-by-get", "LOGIN-GET", &[]),
        ("errors-without-headers", "HDR-ON-ERROR", &[]),
        ("alias-without-slash", "FILE-ALIAS-TRAVERSAL", &[]),
    ],
    &[
        // The location's answers have none of the headers, its errors and its redirects to folders neither.
        (
            "headers-lost",
            "HDR-COVERAGE",
            &["HDR-HSTS", "HDR-XCTO", "HDR-ON-ERROR", "HDR-ON-REDIRECT", "ST-CACHE", "DJ-CHECK-DEPLOY"],
        ),
        // What the cache gives the next user, it gives to nobody and beside another's session too.
        ("shared-cache", "AUTH-CACHE-REPLAY", &["AUTH-REQUIRED", "AUTH-MIXED-CRED"]),
    ],
];

/// Limits on logins, each in a start of its own.
const LIMITS: [Planted; 5] = [
    ("login-unlimited", "LOGIN-RATE", &[]),
    ("authtoken-unlimited", "DRF-AUTHTOKEN-UNTHROTTLED", &[]),
    // A worker that has not counted lets in what another refuses.
    ("login-limit-by-worker", "LOGIN-RATE-CONCURRENT", &["LOGIN-RATE-KEY", "LOGIN-RATE-XFF"]),
    ("login-limit-by-name", "LOGIN-RATE-KEY", &[]),
    ("login-limit-forwarded", "LOGIN-RATE-XFF", &[]),
];

/// Whether it needs a series of wrong logins, after which a limit holds.
fn wears_out(check: &Check) -> bool {
    check.probes.iter().any(|probe| matches!(probe.name, "login-rate" | "login-times"))
}

/// The checks of one stack, with or without those.
fn checks(series: bool) -> impl Iterator<Item = &'static str> {
    catalogue()
        .filter(|check| matches!(check.mode, Mode::Passive | Mode::Active))
        .filter(move |check| wears_out(check) == series && check.id != "LOGIN-ENUM-TIME")
        .map(|check| check.id)
}

type Outcomes = BTreeMap<String, CheckOutcome>;

/// What these checks say of the production stack with these faults.
fn audit(faults: &[&str], checks: &str) -> Outcomes {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    command.args(["audit", "scenarios/django-faults.toml", "--only", checks, "--out"]);
    let output =
        command.arg(out.path()).env("NOTES_FAULTS", faults.join(",")).env("NO_COLOR", "1").output().unwrap();
    let ended = Ended::of(output);
    let record = Record::read(out.path()).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr));
    assert!(!record.audit.is_empty(), "{faults:?}: {}", ended.stderr);
    record.audit.into_iter().map(|seen| (seen.check.clone(), seen)).collect()
}

fn red(outcome: &CheckOutcome) -> u8 {
    match outcome.outcome {
        Outcome::Fail => 2,
        Outcome::Warn => 1,
        _ => 0,
    }
}

fn told(outcome: &CheckOutcome) -> String {
    format!("{} {:?}: {}", outcome.check, outcome.outcome, outcome.summary)
}

/// What is not as the table says of this start.
fn wrong(start: &[Planted], with: &Outcomes, sound: &Outcomes) -> Vec<String> {
    let mut wrong = Vec::new();
    let redder = |check: &str| red(&with[check]) > red(&sound[check]);
    for (name, check, _) in start.iter().filter(|(_, check, _)| !redder(check)) {
        wrong.push(format!("{name} is missed: {}", told(&with[*check])));
    }
    let named: BTreeSet<&str> =
        start.iter().flat_map(|(_, check, also)| also.iter().chain([check])).copied().collect();
    for (check, outcome) in with.iter().filter(|(check, _)| redder(check) && !named.contains(check.as_str()))
    {
        wrong.push(format!("nothing follows for {check}: {}", told(outcome)));
    }
    wrong
}

#[test]
fn every_fault_is_found_under_its_check_and_turns_no_other_red() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (most, series) =
        (checks(false).collect::<Vec<_>>().join(","), checks(true).collect::<Vec<_>>().join(","));
    let mut missed = Vec::new();
    let sound = audit(&[], &most);
    for start in STARTS {
        let names: Vec<&str> = start.iter().map(|(name, ..)| *name).collect();
        missed.extend(wrong(start, &audit(&names, &most), &sound));
    }
    let limited = audit(&[], &series);
    for fault in LIMITS {
        missed.extend(wrong(&[fault], &audit(&[fault.0], &series), &limited));
    }
    assert!(missed.is_empty(), "{missed:#?}");

    for outcome in sound.values().chain(limited.values()) {
        let weighty = red(outcome) > 0 && outcome.severity >= Severity::Medium;
        assert!(!weighty, "on the sound stack: {}", told(outcome));
        let judged = !matches!(outcome.outcome, Outcome::NotRun | Outcome::Inconclusive);
        assert!(judged, "on the sound stack: {}", told(outcome));
        // What does not apply says why.
        assert!(outcome.summary.len() > 10, "{}", told(outcome));
    }
}

#[test]
fn the_site_and_the_tables_know_the_same_faults() {
    let planted: BTreeSet<&str> =
        STARTS.iter().copied().flatten().chain(&LIMITS).map(|(name, ..)| *name).collect();
    assert!(planted.len() >= 25);
    let text = std::fs::read_to_string("scenarios/django/site_config/faults.py").unwrap();
    let known: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("    \"")?.split_once("\": \""))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(planted, known);
    for (name, check, _) in STARTS.iter().copied().flatten().chain(&LIMITS) {
        assert!(text.contains(&format!("\"{name}\": \"{check}: ")), "{name} is said to be another check's");
    }
}
