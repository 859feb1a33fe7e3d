//! What shows under load only.

use shakedown::record::{CheckOutcome, Outcome};

use crate::site::Site;
use crate::{brief, of};

fn bad(outcomes: &[CheckOutcome]) -> Vec<&str> {
    let bad = |outcome: &&CheckOutcome| !matches!(outcome.outcome, Outcome::Pass | Outcome::NotApplicable);
    outcomes.iter().filter(bad).map(|outcome| outcome.check.as_str()).collect()
}

#[tokio::test]
async fn what_shows_under_load_only_is_found_under_its_row() {
    let tls = tempfile::tempdir().unwrap();
    let sound = Site::start("production", &[], tls.path()).await.load().await;
    let briefs = || sound.iter().map(brief).collect::<Vec<_>>();
    assert_eq!(bad(&sound), [""; 0], "{:#?}", briefs());
    for row in ["LOAD-CROSS-USER", "LOAD-HEADER-DROP", "LOAD-FAIL-OPEN", "LOAD-NONCE-REUSE", "LOAD-RECOVER"] {
        assert_eq!(of(&sound, row).outcome, Outcome::Pass, "{row} looked at nothing: {:#?}", briefs());
    }
    for (fault, row) in [
        ("mixes-users", "LOAD-CROSS-USER"),
        ("cached-session", "LOAD-SETCOOKIE-SHARED"),
        ("bare-when-busy", "LOAD-HEADER-DROP"),
        ("opens-when-busy", "LOAD-FAIL-OPEN"),
        ("error-trace", "LOAD-ERROR-LEAK"),
        ("csp-static-nonce", "LOAD-NONCE-REUSE"),
        ("same-jti", "LOAD-JTI-UNIQUE"),
        ("two-versions", "LOAD-WORKER-DRIFT"),
        ("stays-down", "LOAD-RECOVER"),
    ] {
        let outcomes = Site::start("production", &[fault], tls.path()).await.load().await;
        let of_fault: Vec<String> =
            outcomes.iter().filter(|o| bad(std::slice::from_ref(o)) != [""; 0]).map(brief).collect();
        assert!(bad(&outcomes).contains(&row), "{fault}: {of_fault:#?}");
    }
}
