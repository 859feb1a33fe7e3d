//! LOAD-*: what holds at rest and has to hold under load. Judged on every answer where counting is enough, and else on those
//! that the engine kept: of each route and status the first, the second, the fourth, and so on.

mod cache_key;
mod company;
mod crowd;
mod expired;
mod headers;
mod identity;
mod login_limit;
mod recovery;
mod refresh_race;
mod resumption;
mod revoked;
#[cfg(test)]
pub(super) mod samples;
mod sightings;
mod strangers;
mod trials;

use super::auth::WITHOUT_CREDENTIAL;
use super::check::{Check, Judgement, Mode};
use super::collect::{ROUTES, SESSIONS};
use super::exchange::{Exchange, Facts, Purpose};
use super::jwt::{EXP, LIFECYCLE};
use crate::record::Severity;
use crate::wire::Response;
use cache_key::CACHE_KEY;
pub use company::{Company, accompany};
use crowd::{LOGIN_STARVE, NEIGHBOURS};
use expired::EXPIRED;
use login_limit::LOGIN_LIMIT;
use refresh_race::REFRESH_RACE;
use resumption::RESUMPTION;
use revoked::REVOKED;
pub use sightings::{Brought, UnderLoad};
pub(super) use strangers::STRANGERS;
pub use strangers::Strangers;
pub(super) use trials::TRIALS;
pub use trials::{Trial, Trials, When, send};

/// An answer that the engine kept.
pub const KEPT: Purpose = Purpose::Own("load");
/// An answer that named another user than the one who asked.
pub const LEAKED: Purpose = Purpose::Own("load-leak");

/// What most rows of the family share.
const ROW: Check = Check { mode: Mode::UnderLoad, probes: &[], ..Check::ROW };

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        fix: "R-LEAK",
        rule: "Looks at every answer of routes with `expect.owner`. Fails when one names another user than the one who asked: one is \
               enough. Both users are told, and the answer.",
        references: &["CWE-488", "CWE-362", "ASVS v5.0.0-8.2.2", "ASVS v5.0.0-14.2.2"],
        shows_body: true,
        ..ROW.of("LOAD-CROSS-USER", "Another user's answer", Severity::Critical, identity::cross_user)
    },
    Check {
        fix: "R-CACHE",
        rule: "Looks at the cookies that kept answers set. Fails when two users got the same session: an answer was cached, or the session \
               is shared.",
        references: &["CWE-384", "CWE-524"],
        ..ROW.of(
            "LOAD-SETCOOKIE-SHARED",
            "One session for two users",
            Severity::Critical,
            identity::shared_cookie,
        )
    },
    Check {
        probes: &[&ROUTES],
        fix: "R-ALWAYS",
        rule: "Compares the security headers of kept answers with those of the same route at rest, and those of errors with any at rest. \
               Fails when one is missing under load, and tells the statuses.",
        references: &["CWE-693", "ASVS v5.0.0-3.4.1"],
        ..ROW.of("LOAD-HEADER-DROP", "Security headers under load", Severity::High, headers::dropped)
    },
    Check {
        fix: "R-ERR",
        shows_body: true,
        rule: "Looks at the 5xx that were kept. Fails for stack traces, database errors and names of environment variables; warns \
               for paths, libraries and upstream addresses.",
        references: &["CWE-209", "ASVS v5.0.0-16.5.1"],
        ..ROW.of("LOAD-ERROR-LEAK", "What errors tell under load", Severity::High, headers::errors)
    },
    Check {
        probes: &[&ROUTES],
        fix: "R-CSP",
        rule: "Looks at the CSP nonces of kept answers. Fails when two answers have the same one: the page was cached with its nonce.",
        references: &["CWE-330", "CWE-524"],
        ..ROW.of("LOAD-NONCE-REUSE", "Nonces under load", Severity::High, headers::nonces)
    },
    Check {
        fix: "R-JWTKEY",
        rule: "Looks at the tokens that were issued for this run. Fails when two users got the same token, or two tokens have the same jti.",
        references: &["CWE-330", "RFC 7519 4.1.7"],
        ..ROW.of("LOAD-JTI-UNIQUE", "Tokens are unlike each other", Severity::High, identity::tokens)
    },
    Check {
        fix: "R-LEAK",
        rule: "Compares Server, the security headers and the names of the others among the good answers of each route. Warns when they \
               come in two kinds again and again: two versions or configurations answer behind one address.",
        references: &["CWE-1188"],
        ..ROW.of("LOAD-WORKER-DRIFT", "One configuration everywhere", Severity::Medium, headers::drift)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL, &STRANGERS],
        fix: "R-AUTH",
        rule: "Asks for protected routes while the load goes on, without a credential and with one that nobody has, at most once for a \
               hundred requests of the load. Fails when one is let in. Counts that the load reports are without them.",
        references: &["CWE-636", "ASVS v5.0.0-16.5.3"],
        lets_in: true,
        ..ROW.of("LOAD-FAIL-OPEN", "Strangers among the load", Severity::Critical, strangers::refused)
    },
    Check {
        probes: &[&SESSIONS, &LIFECYCLE, REVOKED.probe],
        fix: "R-LOGOUT",
        rule: "Logs in and out while the load goes on and tries the old session, access token and refresh token five times a second, each \
               time by a connection of its own. Tells the longest delay at which one still opened. Fails when that is more than five seconds, \
               when one opens again after it was refused, and when one that a logout ends at once without a load opens for as long as \
               it was tried; notes a shorter delay. What opens after a logout without a load too is SESSION-LOGOUT's or JWT-LOGOUT's.",
        references: &["CWE-613", "ASVS v5.0.0-7.4.1"],
        lets_in: true,
        ..ROW.of("LOAD-REVOKED", "Revoked under load", Severity::High, revoked::revoked)
    },
    Check {
        probes: &[&EXP, EXPIRED.probe],
        fix: "R-JWT",
        rule: "Tries a token that ends within seconds while the load goes on, and tells by the server's own Date how long after its end it \
               was still accepted; less than two seconds are within what a Date can be off. Fails when it is accepted again after it was \
               refused, more than a minute after its end, or at all where JWT-EXP saw the stack refuse one two seconds after its end; \
               notes a shorter delay, which is a tolerance for clocks.",
        references: &["CWE-613", "ASVS v5.0.0-9.2.1"],
        lets_in: true,
        ..ROW.of("LOAD-EXPIRED", "Expired under load", Severity::High, expired::expired)
    },
    Check {
        probes: &[CACHE_KEY.probe],
        fix: "R-CACHE",
        shows_body: true,
        rule: "While the load goes on, asks for up to three public routes with a query of its own and with headers that applications write \
               into answers, then for the same address without them. Fails when what a header said stands in the answer to the request \
               without it: a cache keeps the answer, and the header is no part of its key. Nobody else asks for that address.",
        references: &["CWE-444", "CWE-524"],
        ..ROW.of("LOAD-CACHE-KEY", "What caches go by", Severity::Critical, cache_key::served)
    },
    Check {
        probes: &[LOGIN_LIMIT.probe],
        fix: "R-RATE",
        rule: "Once the load is over, sends wrong passwords in a name nobody has, eight at once, up to three times as many as `login_limit` in \
               `[audit]` states and sixteen more. Fails when over 1.2 times as many as stated are let through: with the whole number of \
               times, which is that of workers who count for themselves. A limit that holds from the first counts by address and tells nothing.",
        references: &["CWE-770", "CWE-799", "ASVS v5.0.0-6.3.1"],
        ..ROW.of("LOAD-RATE-FIRES", "The stated limit under load", Severity::High, login_limit::fires)
    },
    Check {
        probes: &[NEIGHBOURS.probe],
        fix: "R-RATE",
        rule: "Once the load is over, reads a protected route as its first user, alone, while its second user reads it at three connections, and \
               alone again. Fails when three of thirty reads get no good answer meanwhile; warns when the second user was limited by then, since a \
               limit by address looks the same from one address, and when the 95th percentile is surely over twice, and a tenth of a second over, \
               the longest read alone. Says that it can't tell when reads alone fail or scatter.",
        references: &["CWE-770"],
        ..ROW.of("LOAD-RATE-COLLATERAL", "What one user costs another", Severity::Medium, crowd::collateral)
    },
    Check {
        probes: &[&LIFECYCLE, REFRESH_RACE.probe],
        fix: "R-JWT",
        rule: "Sends one refresh token at eight connections at once, in three rounds. Passes when at most one brings new tokens; fails when more \
               do, where JWT-REFRESH-REUSE saw that a token works once only.",
        references: &["CWE-362", "RFC 9700 4.14.2"],
        ..ROW.of("LOAD-REFRESH-RACE", "One refresh token at once", Severity::High, refresh_race::raced)
    },
    Check {
        probes: &[LOGIN_STARVE.probe],
        fix: "R-HASHCOST",
        rule: "Once the load is over, reads a protected route (or the front page) alone, beside three requests at a time for the front page, \
               beside three wrong passwords at a time in names nobody has, and alone again. Fails when the 95th percentile beside logins is surely \
               over five times, and a tenth of a second over, the longest read alone, and twice that of reads beside pages; and when three of \
               thirty reads get no good answer. Says that it can't tell when reads alone fail or scatter. Stacks on this machine only.",
        references: &["CWE-400", "CWE-770"],
        ..ROW.of("LOAD-LOGIN-STARVE", "Reads beside logins", Severity::High, crowd::starved)
    },
    Check {
        probes: &[RESUMPTION.probe],
        fix: "R-TLS",
        rule: "Once the load is over, asks for a page by eight connections that each offer the TLS session of one before. Warns when none takes \
               it up: every new connection then costs a whole handshake.",
        references: &["RFC 8446 2.2"],
        ..ROW.of("LOAD-TLS-RESUME", "Resumed TLS sessions", Severity::Info, resumption::share)
    },
    Check {
        probes: &[&ROUTES, &WITHOUT_CREDENTIAL],
        fix: "R-TIMEOUT",
        rule: "Asks for the routes again once the load is over, with their credentials and, with consent, without. Fails when a route that \
               worked before gives no good answer, when a security header is gone, and when what was refused before opens.",
        references: &["ASVS v5.0.0-16.5.2"],
        ..ROW.of("LOAD-RECOVER", "As before once the load is over", Severity::Medium, recovery::recovered)
    },
];

/// The answers that the engine kept, with their positions.
fn kept(facts: &Facts) -> impl Iterator<Item = (usize, &Exchange, &Response)> {
    facts.of(KEPT)
}

fn no_load() -> Judgement {
    Judgement::NotApplicable("no load was sent to this stack in this run".into())
}
