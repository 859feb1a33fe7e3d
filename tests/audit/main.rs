//! The audit against targets whose flaws are known.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod hostile;
mod load;
mod site;
mod strangers;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::sync::Arc;

use shakedown::audit::{Judgement, Level, Mode, Selection, catalogue};
use shakedown::record::{CheckOutcome, Outcome, Severity};
use shakedown::secret::Redactor;
use shakedown::target::Fault;
use site::Site;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

/// Targets at once.
const AT_ONCE: usize = 4;

fn of<'o>(outcomes: &'o [CheckOutcome], check: &str) -> &'o CheckOutcome {
    outcomes.iter().find(|outcome| outcome.check == check).unwrap_or_else(|| panic!("no outcome of {check}"))
}

fn brief(outcome: &CheckOutcome) -> String {
    format!("{} {:?} {}: {}", outcome.check, outcome.outcome, outcome.severity.name(), outcome.summary)
}

#[tokio::test]
async fn a_sound_production_stack_has_nothing_of_weight() {
    let tls = tempfile::tempdir().unwrap();
    let outcomes = Site::start("production", &[], tls.path()).await.audit(true).await;
    let listed: Vec<&str> = outcomes.iter().map(|outcome| outcome.check.as_str()).collect();
    let of_one_stack = catalogue().filter(|check| matches!(check.mode, Mode::Passive | Mode::Active));
    let catalogue: Vec<&str> = of_one_stack.map(|check| check.id).collect();
    assert_eq!(listed, catalogue, "one outcome a check, in the catalogue's order");
    let bad: Vec<String> = outcomes
        .iter()
        .filter(|o| matches!(o.outcome, Outcome::Fail | Outcome::NotRun | Outcome::Inconclusive))
        .filter(|o| o.severity >= Severity::Medium || o.outcome != Outcome::Fail)
        // How much the times scatter is the machine's affair, and to say so is what the check is for.
        .filter(|o| (o.check.as_str(), o.outcome) != ("LOGIN-ENUM-TIME", Outcome::Inconclusive))
        .map(brief)
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[tokio::test]
async fn every_fault_is_found_under_its_row() {
    let tls = Arc::new(tempfile::tempdir().unwrap());
    // The first one makes the certificates that the others use.
    let sound = Arc::new(Site::start("production", &[], tls.path()).await.audit(true).await);
    let sound_dev = Arc::new(Site::start("dev", &[], tls.path()).await.audit(true).await);
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let local = LocalSet::new();
    let _inside = local.enter();
    let mut trials = JoinSet::new();
    // A part of them by the beginning of their rows' ids, for whoever works on one family.
    let only = std::env::var("SHAKEDOWN_ONLY_ROWS").unwrap_or_default();
    // The first takes two stacks, the second gives no credentials, the third takes two checks: tests of their own below.
    let apart = [Fault::JwtSharedKey, Fault::UntrustedCertificate, Fault::OpensOnce];
    let takes_more = |fault: &Fault| fault.row().starts_with("DIFF-") || fault.row().starts_with("LOAD-");
    let alone = |fault: &Fault| !apart.contains(fault) && !takes_more(fault);
    let wanted = |fault: &Fault| alone(fault) && fault.row().starts_with(&only);
    for fault in Fault::ALL.iter().filter(|fault| wanted(fault)) {
        let over_http = matches!(fault, Fault::HstsOnHttp | Fault::TrustsForwardedProto);
        let profile = if over_http { "dev" } else { "production" };
        let sound = if profile == "dev" { sound_dev.clone() } else { sound.clone() };
        let (tls, permits) = (tls.clone(), permits.clone());
        trials.spawn_local(async move {
            let _permit = permits.acquire().await.unwrap();
            let row = Selection::parse(fault.row()).unwrap();
            // Certificates of its own, where they are what is wrong.
            let own = fault.row().starts_with("TLS-").then(|| Arc::new(tempfile::tempdir().unwrap()));
            let tls = own.unwrap_or(tls);
            let site = Site::start(profile, &[fault.name()], tls.path()).await;
            let outcomes = site.audit_of(&row, true).await;
            let (with, without) = (of(&outcomes, fault.row()), of(&sound, fault.row()));
            let found = matches!(with.outcome, Outcome::Fail | Outcome::Warn | Outcome::Info);
            let told_apart = (with.outcome, &with.summary) != (without.outcome, &without.summary);
            (!found || !told_apart).then(|| {
                format!("{}:\n    with {}\n    without {}", fault.name(), brief(with), brief(without))
            })
        });
    }
    let mut missed: Vec<String> = local.run_until(trials.join_all()).await.into_iter().flatten().collect();
    missed.sort();
    assert!(missed.is_empty(), "{} faults:\n{}", missed.len(), missed.join("\n"));
}

/// A fault of the tokens turns its own row red, and those that follow from it.
#[tokio::test]
async fn one_fault_of_the_tokens_is_one_finding() {
    let follows: &[(&str, &[&str])] = &[
        // A misshapen token has no algorithm either; one without an algorithm has no signature; who looks at none
        // takes every other forgery under the genuine algorithm.
        ("JWT-ALG-NONE", &["JWT-MALFORMED"]),
        ("JWT-SIG-STRIP", &["JWT-ALG-NONE"]),
        ("JWT-SIG-VERIFY", &["JWT-KEY-CONFUSION", "JWT-KID-INJECT", "JWT-MALFORMED"]),
    ];
    let tls = Arc::new(tempfile::tempdir().unwrap());
    // The first one makes the certificates that the others use.
    drop(Site::start("production", &[], tls.path()).await);
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let local = LocalSet::new();
    let _inside = local.enter();
    let mut trials = JoinSet::new();
    let faults = Fault::ALL.iter().filter(|fault| fault.row().starts_with("JWT-"));
    for fault in faults.filter(|fault| **fault != Fault::JwtSharedKey) {
        let (tls, permits) = (tls.clone(), permits.clone());
        trials.spawn_local(async move {
            let _permit = permits.acquire().await.unwrap();
            let site = Site::start("production", &[fault.name()], tls.path()).await;
            let outcomes = site.audit_of(&Selection::parse("JWT-*").unwrap(), true).await;
            let good = |o: &CheckOutcome| {
                matches!(o.outcome, Outcome::Pass | Outcome::NotApplicable | Outcome::Info)
            };
            let others = outcomes.into_iter().filter(|o| !good(o) && o.check != fault.row());
            (fault, others.map(|outcome| outcome.check).collect::<Vec<String>>())
        });
    }
    for (fault, others) in local.run_until(trials.join_all()).await {
        let expected = follows.iter().find(|(row, _)| *row == fault.row()).map_or(&[][..], |(_, also)| also);
        assert_eq!(others, expected, "beside {} of {}", fault.row(), fault.name());
    }
}

#[tokio::test]
async fn a_token_of_dev_opens_production_where_both_sign_with_one_key() {
    let tls = tempfile::tempdir().unwrap();
    let row = Selection::parse("JWT-CROSS-ENV").unwrap();
    for (faults, level) in [(&["jwt-shared-key"][..], Some(Level::Fail)), (&[], None)] {
        // Its own secret, or that of the fault: what the tests set is for production.
        let dev = Site::start_with("dev", faults, tls.path(), "another secret of the tests, c71e").await;
        let production = Site::start("production", faults, tls.path()).await;
        let audited = production.audited_after(&dev.wallet().await, &row).await;
        let check = catalogue().find(|check| check.id == "JWT-CROSS-ENV").unwrap();
        match (check.judge)(&audited.facts) {
            Judgement::Judged { observations, .. } => {
                assert_eq!(observations.iter().map(|seen| seen.level).max(), level, "{observations:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_found_although_nothing_is_answered() {
    let tls = tempfile::tempdir().unwrap();
    let site = Site::start("production", &["untrusted-certificate"], tls.path()).await;
    let outcomes = site.audit_from_outside(&Selection::parse("TLS-*,HDR-HSTS").unwrap()).await;
    let certificate = of(&outcomes, "TLS-CERT");
    assert_eq!(certificate.outcome, Outcome::Fail, "{}", brief(certificate));
    let shown = certificate.places[0].evidence.as_ref().unwrap();
    assert!(shown.response.contains("CN=localhost"), "{}", shown.response);
    assert!(shown.curl.starts_with("openssl s_client -connect "), "{}", shown.curl);
    assert_eq!(of(&outcomes, "TLS-KEY").outcome, Outcome::Pass);
    assert_eq!(of(&outcomes, "HDR-HSTS").outcome, Outcome::NotRun);
}

#[tokio::test]
async fn what_fails_once_and_not_again_is_no_failure() {
    let tls = tempfile::tempdir().unwrap();
    let rows = Selection::parse("AUTH-REQUIRED,META-FLAKY").unwrap();
    for (fault, failed, flaky) in
        [("opens-once", Outcome::Inconclusive, Outcome::Warn), ("open-route", Outcome::Fail, Outcome::Pass)]
    {
        let outcomes = Site::start("production", &[fault], tls.path()).await.audit_of(&rows, true).await;
        let (required, again) = (of(&outcomes, "AUTH-REQUIRED"), of(&outcomes, "META-FLAKY"));
        assert_eq!(
            (required.outcome, again.outcome),
            (failed, flaky),
            "{} {}",
            brief(required),
            brief(again)
        );
    }
}

/// What the DIFF rows say of production beside dev.
async fn beside(faults: &[&str], rows: &Selection, tls: &Path) -> Vec<CheckOutcome> {
    // dev has none but those that take both.
    let both: Vec<&str> = faults.iter().copied().filter(|fault| *fault == "shared-sessions").collect();
    let dev = Site::start_with("dev", &both, tls, "another secret of the tests, c71e").await;
    let production = Site::start("production", faults, tls).await;
    let wallet = dev.wallet().await;
    let before = dev.audited_after(&wallet, rows).await;
    let mut audited = production.audited_after(&wallet, rows).await;
    Arc::make_mut(&mut audited.facts).beside = Some(before.facts);
    audited.judge(&[Mode::TwoTargets], &Redactor::default())
}

#[tokio::test]
async fn what_production_does_worse_than_dev_is_found() {
    let tls = tempfile::tempdir().unwrap();
    let rows = Selection::parse("DIFF-*").unwrap();
    let bad = |outcomes: &[CheckOutcome]| -> Vec<String> {
        let bad = |outcome: &&CheckOutcome| matches!(outcome.outcome, Outcome::Fail | Outcome::Warn);
        outcomes.iter().filter(bad).map(|outcome| outcome.check.clone()).collect()
    };
    let sound = beside(&[], &rows, tls.path()).await;
    assert!(sound.iter().all(|o| matches!(o.outcome, Outcome::Pass | Outcome::Info)), "{sound:#?}");
    for (fault, row) in [
        ("no-nosniff", "DIFF-HEADERS"),
        ("open-route", "DIFF-STATUS"),
        ("leaky-refusals", "DIFF-ERROR"),
        ("other-files", "DIFF-STATIC"),
        ("shared-sessions", "DIFF-SECRET"),
    ] {
        assert_eq!(bad(&beside(&[fault], &rows, tls.path()).await), [row], "{fault}");
    }
    let large = beside(&["large-headers"], &rows, tls.path()).await;
    let (with, without) = (of(&large, "DIFF-LIMITS"), of(&sound, "DIFF-LIMITS"));
    assert_ne!(with.summary, without.summary);
}

#[tokio::test]
async fn what_django_finds_good_and_the_wire_does_not_is_said() {
    let tls = tempfile::tempdir().unwrap();
    let row = Selection::parse("DJ-CHECK-DEPLOY").unwrap();
    for (faults, outcome) in [(&["no-hsts"][..], Outcome::Warn), (&[], Outcome::Pass)] {
        let outcomes = Site::start("production", faults, tls.path()).await.audit_of(&row, false).await;
        assert_eq!(of(&outcomes, "DJ-CHECK-DEPLOY").outcome, outcome, "{}", brief(&outcomes[0]));
    }
}

#[tokio::test]
async fn without_consent_active_checks_say_so_and_do_not_pass() {
    let tls = tempfile::tempdir().unwrap();
    let outcomes = Site::start("production", &[], tls.path()).await.audit(false).await;
    for check in catalogue().filter(|check| check.mode == Mode::Active) {
        let outcome = of(&outcomes, check.id);
        if check.id == "DJ-PROTO-SPOOF" {
            // Consent would not help: the stack is https.
            assert_eq!(outcome.outcome, Outcome::NotApplicable, "{}", brief(outcome));
            continue;
        }
        assert_eq!(outcome.outcome, Outcome::NotRun, "{}", brief(outcome));
        assert_eq!(
            outcome.summary,
            "not run: needs your consent, set `active = true` in [stacks.prod.audit]"
        );
        assert_eq!(outcome.severity, check.severity);
    }
}

#[tokio::test]
async fn evidence_holds_no_secret() {
    let tls = tempfile::tempdir().unwrap();
    let faults = ["cookie-not-secure", "no-hsts", "debug-404", "debug-csrf", "session-fixation", "csrf-off"];
    let outcomes = Site::start("production", &faults, tls.path()).await.audit(true).await;
    let text = serde_json::to_string(&outcomes).unwrap();
    assert!(text.contains("[redacted"), "the evidence has cookies");
    for secret in ["shakedown-1", "shakedown-2", "eyJ"] {
        assert!(!text.contains(secret), "{secret}");
    }
    for (at, _) in text.match_indices("sessionid=") {
        let value: String = text[at + "sessionid=".len()..].chars().take(10).collect();
        assert!(value.starts_with("[redacted"), "{value}");
    }
}
