//! AUTH-*: who gets into protected routes, and what they answer.

mod answers;
mod objects;
mod probes;
mod refusals;
#[cfg(test)]
pub(super) mod samples;

use super::check::{Check, Mode};
use super::collect::ROUTES;
use crate::record::Severity;
use objects::OBJECTS;
pub use probes::ANONYMOUS;
pub use probes::WITHOUT_CREDENTIAL;
pub(super) use probes::{BAD_TOKEN, FORBIDDEN, IN_URL};
use probes::{
    BAD_TOKENS, FORBIDDEN_PATHS, METHODS, MIXED_CREDENTIALS, PATHS, PROXY_HEADERS, REPLAYS, TOKEN_IN_URL,
};

/// What most rows of the family share.
const ROW: Check = Check { mode: Mode::Active, fix: "R-AUTH", ..Check::ROW };

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        probes: &[&WITHOUT_CREDENTIAL],
        rule: "Asks for each protected route without a credential. Passes 401, a redirect to a login, and 403 on session \
               routes; warns for another refusal, a page to log in on that answers 2xx among them; fails on other 2xx and on 5xx.",
        references: &["CWE-306", "ASVS v5.0.0-8.3.1"],
        lets_in: true,
        ..ROW.of(
            "AUTH-REQUIRED",
            "Protected routes want a credential",
            Severity::Critical,
            refusals::required,
        )
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL],
        rule: "Fails a 401 without WWW-Authenticate; warns when the challenge offers another scheme than the scenario uses, or \
               speaks of an error although no token was sent.",
        fix: "R-DRF401",
        references: &["RFC 9110 11.6.1", "RFC 6750 3"],
        ..ROW.of("AUTH-401-CHALLENGE", "Challenge on 401", Severity::Low, answers::challenge)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL, &BAD_TOKENS],
        rule: "Sends an unknown token. Passes 401; warns when a Bearer challenge lacks error=\"invalid_token\" or the refusal is \
               another status; fails on 2xx, 5xx, and on 403 where other routes answer 401.",
        fix: "R-DRF401",
        references: &["RFC 6750 3.1", "ASVS v5.0.0-16.5.1"],
        lets_in: true,
        ..ROW.of("AUTH-401-INVALID", "Unknown tokens", Severity::Medium, refusals::invalid_token)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL, &FORBIDDEN_PATHS],
        rule: "Tries each path of `forbidden` in [audit] with a genuine credential. Passes 403 and 404; warns for 401; fails on 2xx.",
        references: &["CWE-862", "ASVS v5.0.0-8.2.1"],
        lets_in: true,
        ..ROW.of("AUTH-403-SCOPE", "Paths beyond a user's rights", Severity::High, refusals::forbidden)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL, &BAD_TOKENS],
        rule: "Sends malformed Authorization headers: empty, the scheme alone, two spaces, an unknown scheme, 10 KiB, not ASCII, \
               two of them. Fails on 2xx and 5xx.",
        references: &["CWE-20", "ASVS v5.0.0-16.5.3"],
        ..ROW.of("AUTH-MALFORMED", "Malformed credentials", Severity::Medium, refusals::malformed)
    },
    Check {
        probes: &[&OBJECTS],
        rule: "Goes through the scenario's own flows as the first user and reads each object they make as the second user. Passes a \
               refusal; warns for another 2xx; fails when the second user sees the object.",
        references: &["CWE-639", "ASVS v5.0.0-8.2.2"],
        lets_in: true,
        ..ROW.of("AUTH-OTHER-USER", "Another user's object", Severity::Critical, refusals::other_user)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL, &METHODS],
        rule: "Asks without a credential by HEAD, OPTIONS, POST, PUT and with method overrides. Fails on 2xx; OPTIONS may answer, \
               but not with the protected data.",
        fix: "R-METHODS",
        references: &["CWE-650", "ASVS v5.0.0-4.1.4"],
        lets_in: true,
        ..ROW.of("AUTH-METHOD-BYPASS", "Other methods", Severity::High, refusals::method_bypass)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL, &PATHS],
        rule: "Asks without a credential for the path written otherwise (//, /./, %2e, ;x, upper case, slash, dot). Fails when the \
               protected data answers.",
        references: &["CWE-647"],
        lets_in: true,
        ..ROW.of("AUTH-PATH-BYPASS", "Other spellings of a path", Severity::High, refusals::path_bypass)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL, &PROXY_HEADERS],
        rule: "Asks without a credential with headers that only a proxy should set. Fails when one of them opens the route.",
        fix: "R-PROXY",
        references: &["CWE-290", "ASVS v5.0.0-4.1.3"],
        lets_in: true,
        ..ROW.of("AUTH-PROXY-HDR", "Headers of a trusted proxy", Severity::Critical, refusals::proxy_header)
    },
    Check {
        probes: &[&MIXED_CREDENTIALS],
        rule: "Sends the first user's session beside the second user's token six times. Passes one identity every time; fails when the \
               answers name both.",
        references: &["CWE-287"],
        lets_in: true,
        ..ROW.of("AUTH-MIXED-CRED", "Two credentials at once", Severity::High, refusals::mixed)
    },
    Check {
        probes: &[&ROUTES],
        mode: Mode::Passive,
        rule: "Looks at answers to credentials. Passes no-store, private and no-cache; warns when an answer to Authorization lacks them \
               (RFC 9111 3.5 keeps shared caches off); fails when a shared cache may keep it.",
        fix: "R-CACHE",
        references: &["CWE-525", "ASVS v5.0.0-14.3.2", "ASVS v5.0.0-14.2.2", "RFC 9111 3.5"],
        ..ROW.of("AUTH-CACHE", "Caching of protected answers", Severity::High, answers::cache)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL],
        rule: "Warns when a route answers differently with and without its credential, a shared cache may keep the answer, and Vary does \
               not name Cookie or Authorization.",
        fix: "R-CACHE",
        references: &["CWE-524", "RFC 9111 4.1"],
        ..ROW.of("AUTH-VARY", "Vary on protected answers", Severity::Medium, answers::vary)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL, &REPLAYS],
        rule: "Asks as the first user, then without a credential, then as the second user, twice, also with /x.css behind the path. Fails when \
               anybody else gets the first user's answer.",
        fix: "R-CACHE",
        references: &["CWE-524", "ASVS v5.0.0-14.2.5"],
        lets_in: true,
        ..ROW.of(
            "AUTH-CACHE-REPLAY",
            "Another user's cached answer",
            Severity::Critical,
            refusals::cache_replay,
        )
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL, &TOKEN_IN_URL],
        rule: "Sends the genuine token in the query only. Fails when it is accepted: URLs stand in logs and histories.",
        references: &["CWE-598", "ASVS v5.0.0-14.2.1", "RFC 6750 2.3", "RFC 9700"],
        ..ROW.of("AUTH-TOKEN-URL", "Tokens in URLs", Severity::Medium, refusals::in_url)
    },
    Check {
        probes: &[&WITHOUT_CREDENTIAL, &BAD_TOKENS],
        shows_body: true,
        rule: "Looks at refusals of missing and bad tokens. Warns for paths and names of libraries; fails for stack traces, SQL and \
               names of environment variables.",
        fix: "R-ERR",
        references: &["CWE-209", "ASVS v5.0.0-16.5.1"],
        ..ROW.of("AUTH-ERROR-LEAK", "What refusals tell", Severity::Medium, answers::error_leak)
    },
];
