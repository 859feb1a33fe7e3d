//! Rows about requests forged by another site.

use super::session::{Proof, missing, proof};
use crate::audit::{Facts, Judgement, Level, Observation, Purpose};
use crate::wire::Response;

/// Whether a forged POST was taken as the genuine one was: a redirect elsewhere is a polite refusal.
fn accepted(answer: &Response, control: &Response) -> bool {
    match answer.status {
        200..=299 => true,
        300..=399 => {
            !(300..400).contains(&control.status) || answer.header("location") == control.header("location")
        }
        _ => false,
    }
}

/// Judges one forged POST against the control that had everything right.
fn forged(facts: &Facts, purpose: Purpose, subject: &str, what: &str) -> Judgement {
    let Some((_, _, control)) = facts.of(Purpose::PostWithCsrf).next() else {
        return missing(facts, Purpose::PostWithCsrf, "the control POST");
    };
    if !(200..400).contains(&control.status) {
        return Judgement::Inconclusive(format!("the control POST answered {}", control.status));
    }
    let Some((index, _, answer)) = facts.of(purpose).next() else {
        return missing(facts, purpose, what);
    };
    let mut observations = Vec::new();
    if accepted(answer, control) {
        let detail =
            format!("{what} was accepted with {}, as the genuine one with {}", answer.status, control.status);
        observations.push(Observation::new(Level::Fail, index, subject, detail));
    }
    Judgement::Judged { places: 1, observations }
}

pub(super) fn required(facts: &Facts) -> Judgement {
    forged(
        facts,
        Purpose::PostWithoutCsrf,
        "csrf-token",
        "a POST with the session and without the CSRF token",
    )
}

pub(super) fn origin(facts: &Facts) -> Judgement {
    forged(facts, Purpose::PostForeignOrigin, "origin", "a POST with the Origin of another site")
}

pub(super) fn safe_method(facts: &Facts) -> Judgement {
    let Some((index, _, asked)) = facts.of(Purpose::LogoutByGet).next() else {
        return missing(facts, Purpose::LogoutByGet, "a logout by GET");
    };
    let Some((_, _, after)) = facts.of(Purpose::AfterLogoutByGet).next() else {
        return missing(facts, Purpose::AfterLogoutByGet, "the look at the session after it");
    };
    let mut observations = Vec::new();
    let ended = match proof(facts, after) {
        Proof::Works => false,
        Proof::Ended => true,
        Proof::Nothing(why) => return Judgement::Inconclusive(why),
    };
    if ended {
        let detail = format!(
            "a GET of the logout path answered {} and ended the session (then {}): any page can log the user out",
            asked.status, after.status
        );
        observations.push(Observation::new(Level::Fail, index, "logout", detail));
    }
    Judgement::Judged { places: 1, observations }
}
