//! LOGIN-*: what logins tell and how often one may try.

mod answers;
pub(super) mod probes;
mod rate;
#[cfg(test)]
pub(super) mod samples;
mod timing;
pub(super) mod visitor;

use super::check::{Check, Judgement, Mode};
use super::exchange::{Exchange, Facts, Purpose};
use crate::record::Severity;
use crate::wire::FailureKind;
use probes::{ANSWERS, DEFAULTS, LONG, RATE, TIMES};

/// What most rows of the family share.
const ROW: Check = Check { mode: Mode::Active, fix: "R-RATE", ..Check::ROW };

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        probes: &[&ANSWERS],
        fix: "R-CACHE",
        rule: "Looks at what token endpoints answer to a login. Passes no-store; warns without it (RFC 6749 wants it, though a POST's \
               answer is kept only where it says so); fails when the answer allows caches to keep it.",
        references: &["RFC 6749 5.1", "RFC 9111 3", "ASVS v5.0.0-14.3.2"],
        ..ROW.of("LOGIN-CACHE", "Caching of tokens", Severity::Medium, answers::cache)
    },
    Check {
        probes: &[&ANSWERS],
        fix: "R-METHODS",
        rule: "Logs in by GET with the name and password in the query. Passes a refusal; fails when that opens.",
        references: &["CWE-598", "ASVS v5.0.0-14.2.1"],
        ..ROW.of("LOGIN-GET", "Login by GET", Severity::High, answers::by_get)
    },
    Check {
        probes: &[&ANSWERS],
        fix: "R-ERR",
        rule: "Looks for the wrong password that was sent in the answer to it. Fails when it is there.",
        references: &["CWE-209", "CWE-532"],
        ..ROW.of("LOGIN-BODY-ECHO", "Passwords in answers", Severity::High, answers::echo)
    },
    Check {
        probes: &[&ANSWERS],
        fix: "R-ENUM",
        rule: "Compares the answers to a wrong password of a user and of nobody: status, body (without what differs in every answer), names \
               of headers and cookies. Fails when they differ.",
        references: &["CWE-204", "ASVS v5.0.0-6.3.8"],
        ..ROW.of("LOGIN-ENUM-BODY", "Answers that tell who exists", Severity::Medium, answers::enumeration)
    },
    // Before those that use a limit up.
    Check {
        probes: &[&LONG],
        fix: "R-LIMITS",
        rule: "Sends passwords of 4 KiB and 1 MiB in a name nobody has. Passes a refusal for the size; warns when 1 MiB is taken as any \
               password; fails on 5xx, on silence, and when it takes over a second and ten times as long as a short one.",
        references: &["CWE-400", "ASVS v5.0.0-6.2.9"],
        ..ROW.of("LOGIN-LONG-PASSWORD", "Long passwords", Severity::Low, answers::long_password)
    },
    Check {
        probes: &[&TIMES],
        fix: "R-ENUM",
        rule: "Sends up to thirty wrong passwords in the name of `lockable` and as many in names nobody has, in turns, and compares the \
               times (Mann-Whitney). Warns for p < 0.001 and medians a fifth and a millisecond apart; fails when they are threefold apart. Says that it can't \
               tell where a limit comes before seven of each, or where the times scatter too much to show a fifth.",
        references: &["CWE-208", "ASVS v5.0.0-6.3.8"],
        ..ROW.of("LOGIN-ENUM-TIME", "Times that tell who exists", Severity::Medium, timing::enumeration)
    },
    Check {
        probes: &[&DEFAULTS],
        fix: "R-AUTH",
        rule: "Tries the `default_logins` of [audit], and no others. Fails when one opens.",
        references: &["CWE-1392", "ASVS v5.0.0-6.3.2"],
        ..ROW.of("LOGIN-DEFAULT-CRED", "Default passwords", Severity::Critical, answers::defaults)
    },
    Check {
        probes: &[&RATE],
        rule: "Sends up to thirty wrong passwords in the name of `lockable`, one after the other. Passes when a limit (429, 403, a lock) comes \
               within ten; warns when it comes within thirty; fails when none comes. A `drf-token` endpoint that alone has none is \
               DRF-AUTHTOKEN-UNTHROTTLED's.",
        references: &["CWE-307", "ASVS v5.0.0-6.3.1"],
        ..ROW.of("LOGIN-RATE", "Limit on logins", Severity::High, rate::limit)
    },
    // Here and not among the DRF rows: what it needs has to be sent last.
    Check {
        probes: &[&RATE],
        fix: "R-DRFTOKEN",
        rule: "Sends up to thirty wrong passwords to each login (LOGIN-RATE). Fails when a `drf-token` endpoint has no limit where another \
               login has one: DRF's own view takes no throttle from the settings.",
        references: &["CWE-307", "ASVS v5.0.0-6.3.1"],
        ..ROW.of(
            "DRF-AUTHTOKEN-UNTHROTTLED",
            "Token endpoint without a limit",
            Severity::High,
            rate::authtoken,
        )
    },
    Check {
        probes: &[&RATE],
        fix: "R-XFF",
        revision: 2,
        rule: "Once a limit refuses, tries on with X-Forwarded-For, Forwarded, X-Real-IP and True-Client-IP, twice each, of other \
               addresses. Fails when both tries with one of them get past it while a plain request does not.",
        references: &["CWE-307", "CWE-348", "ASVS v5.0.0-4.1.3", "DRF: NUM_PROXIES"],
        ..ROW.of("LOGIN-RATE-XFF", "Limit evaded by a header", Severity::High, rate::forwarded)
    },
    Check {
        probes: &[&RATE],
        rule: "Sends sixteen wrong passwords at once, three times, in a name nobody has, and compares how many were let through with how many \
               were one after the other. Fails when it is over 1.5 times as many: a limit for each worker, or a race.",
        references: &["CWE-362", "CWE-799"],
        ..ROW.of("LOGIN-RATE-CONCURRENT", "Limit under concurrency", Severity::High, rate::concurrent)
    },
    Check {
        probes: &[&RATE],
        rule: "Once a limit refuses, sends one wrong password in each of twenty names nobody has, and the right one in other spellings of the \
               locked name. Fails when all twenty pass, since one password can then be tried on everybody, and when a spelling opens. Whether a \
               limit is by address only can't be seen from one address.",
        references: &["CWE-307"],
        ..ROW.of("LOGIN-RATE-KEY", "What a limit counts by", Severity::Medium, rate::key)
    },
    Check {
        probes: &[&RATE],
        rule: "Looks at every 429 and 503. Warns when one lacks Retry-After.",
        references: &["RFC 6585 4", "RFC 9110 10.2.3"],
        ..ROW.of("LOGIN-RETRY-AFTER", "When to come back", Severity::Low, rate::retry_after)
    },
];

/// Exchanges of a purpose, with their positions.
fn of(facts: &Facts, purpose: Purpose) -> impl Iterator<Item = (usize, &Exchange)> {
    facts.exchanges.iter().enumerate().filter(move |(_, exchange)| exchange.purpose == purpose)
}

/// Status of an answer; 0 for none in time, 1 for a connection that ended.
fn status(exchange: &Exchange) -> u16 {
    match &exchange.answer {
        Ok(answer) => answer.status,
        Err(failure) if failure.kind == FailureKind::Timeout => 0,
        Err(_) => 1,
    }
}

fn nothing_sent() -> Judgement {
    Judgement::NotRun("no login was answered".into())
}
