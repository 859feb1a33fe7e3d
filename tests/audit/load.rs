//! What shows under load only.

use std::sync::Arc;

use shakedown::record::{CheckOutcome, Outcome};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

use crate::site::{Load, Site};
use crate::{brief, of};

/// Loads at once.
const AT_ONCE: usize = 2;

fn bad(outcomes: &[CheckOutcome]) -> Vec<&str> {
    let bad = |outcome: &&CheckOutcome| {
        // How much the times scatter is the machine's affair, and to say so is what these checks are for.
        let timed = ["LOAD-RATE-COLLATERAL", "LOAD-LOGIN-STARVE"].contains(&outcome.check.as_str());
        !matches!(outcome.outcome, Outcome::Pass | Outcome::NotApplicable)
            && (outcome.outcome, timed) != (Outcome::Inconclusive, true)
    };
    outcomes.iter().filter(bad).map(|outcome| outcome.check.as_str()).collect()
}

#[tokio::test]
async fn what_shows_under_load_only_is_found_under_its_row() {
    let tls = Arc::new(tempfile::tempdir().unwrap());
    // Long enough for what goes on beside it side by side, and too short for it one after the other.
    let long = Load { rows: "LOAD-*", rate: 200, seconds: 6 };
    let sound = Site::start("production", &[], tls.path()).await.load(long).await;
    let briefs = || sound.iter().map(brief).collect::<Vec<_>>();
    assert_eq!(bad(&sound), [""; 0], "{:#?}", briefs());
    for row in [
        "LOAD-CROSS-USER",
        "LOAD-HEADER-DROP",
        "LOAD-FAIL-OPEN",
        "LOAD-NONCE-REUSE",
        "LOAD-RECOVER",
        "LOAD-REVOKED",
        "LOAD-EXPIRED",
        "LOAD-CACHE-KEY",
        "LOAD-RATE-FIRES",
        "LOAD-REFRESH-RACE",
        "LOAD-TLS-RESUME",
    ] {
        assert_eq!(of(&sound, row).outcome, Outcome::Pass, "{row} looked at nothing: {:#?}", briefs());
    }
    let load = |rows, seconds| Load { rows, rate: 400, seconds };
    let calm = |rows| Load { rows, rate: 20, seconds: 1 };
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let local = LocalSet::new();
    let _inside = local.enter();
    let mut trials = JoinSet::new();
    for (fault, row, load) in [
        ("mixes-users", "LOAD-CROSS-USER", load("LOAD-CROSS-USER", 2)),
        ("cached-session", "LOAD-SETCOOKIE-SHARED", load("LOAD-SETCOOKIE-SHARED", 2)),
        ("bare-when-busy", "LOAD-HEADER-DROP", load("LOAD-HEADER-DROP", 2)),
        ("opens-when-busy", "LOAD-FAIL-OPEN", load("LOAD-FAIL-OPEN", 2)),
        ("error-trace", "LOAD-ERROR-LEAK", load("LOAD-ERROR-LEAK", 2)),
        ("csp-static-nonce", "LOAD-NONCE-REUSE", load("LOAD-NONCE-REUSE", 2)),
        ("same-jti", "LOAD-JTI-UNIQUE", load("LOAD-JTI-UNIQUE", 2)),
        ("two-versions", "LOAD-WORKER-DRIFT", load("LOAD-WORKER-DRIFT", 2)),
        ("stays-down", "LOAD-RECOVER", load("LOAD-RECOVER", 2)),
        ("logout-fails-when-busy", "LOAD-REVOKED", load("LOAD-REVOKED", 4)),
        ("tokens-kept-when-busy", "LOAD-EXPIRED", load("LOAD-EXPIRED", 6)),
        ("cache-forgets-host", "LOAD-CACHE-KEY", load("LOAD-CACHE-KEY", 2)),
        ("limit-per-worker", "LOAD-RATE-FIRES", calm("LOAD-RATE-FIRES")),
        ("few-places", "LOAD-RATE-COLLATERAL", calm("LOAD-RATE-COLLATERAL")),
        ("refresh-races", "LOAD-REFRESH-RACE", calm("LOAD-REFRESH-RACE")),
        ("logins-block", "LOAD-LOGIN-STARVE", calm("LOAD-LOGIN-STARVE")),
        ("no-resumption", "LOAD-TLS-RESUME", calm("LOAD-TLS-RESUME")),
    ] {
        let (tls, permits) = (tls.clone(), permits.clone());
        trials.spawn_local(async move {
            let _permit = permits.acquire().await.unwrap();
            let outcomes = Site::start("production", &[fault], tls.path()).await.load(load).await;
            let briefs: Vec<String> = outcomes.iter().map(brief).collect();
            (!bad(&outcomes).contains(&row)).then(|| format!("{fault}: {briefs:#?}"))
        });
    }
    let missed: Vec<String> = local.run_until(trials.join_all()).await.into_iter().flatten().collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
