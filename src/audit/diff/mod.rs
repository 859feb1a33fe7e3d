//! DIFF-*: production beside the dev stack of the same scenario, request by request.

mod judges;
mod limits;
mod secrets;
mod statics;

use std::collections::BTreeMap;

use super::auth::WITHOUT_CREDENTIAL;
use super::check::{Check, Mode};
use super::collect::{MISFITS, ROUTES};
use super::exchange::{Exchange, Facts, Purpose};
use super::http::SIZES;
use crate::record::Severity;
use crate::wire::Response;
pub(super) use secrets::EARLIER;

/// What most rows of the family share.
const ROW: Check = Check { mode: Mode::TwoTargets, probes: &[&ROUTES], fix: "R-HDRS", ..Check::ROW };

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        rule: "Compares the security headers of each route on both stacks. Fails when dev sends one that production lacks; notes those that \
               only production sends and those with another value.",
        references: &["CWE-1188", "ASVS v5.0.0-13.4.2"],
        ..ROW.of("DIFF-HEADERS", "Security headers of both stacks", Severity::Medium, judges::headers)
    },
    Check {
        probes: &[&ROUTES, &WITHOUT_CREDENTIAL],
        fix: "R-AUTH",
        rule: "Compares what is refused: routes as they stand, and without or with a bad credential. Fails when production answers 2xx where dev \
               answers 401, 403 or sends to the login.",
        references: &["CWE-862", "ASVS v5.0.0-8.3.1"],
        ..ROW.of("DIFF-STATUS", "What production opens", Severity::High, judges::statuses)
    },
    Check {
        probes: &[&ROUTES, &MISFITS],
        fix: "R-ERR",
        rule: "Compares errors to the same requests. Fails when production's tells more of its inside than dev's does.",
        references: &["CWE-209", "ASVS v5.0.0-16.5.1"],
        shows_body: true,
        ..ROW.of("DIFF-ERROR", "What errors tell on both stacks", Severity::Medium, judges::errors)
    },
    Check {
        fix: "R-STATIC",
        rule: "Compares static files by their content, uncompressed, hashes in names left aside. Warns when production serves other bytes; \
               notes where compression or caching differs.",
        references: &["Django ManifestStaticFilesStorage"],
        ..ROW.of("DIFF-STATIC", "Static files of both stacks", Severity::Low, statics::files)
    },
    Check {
        probes: SIZES,
        fix: "R-LIMITS",
        rule: "Sets the largest headers, bodies and addresses that each stack takes side by side, and notes where they differ.",
        references: &["CWE-770"],
        ..ROW.of("DIFF-LIMITS", "Limits of both stacks", Severity::Info, limits::edges)
    },
    Check {
        probes: &[&EARLIER],
        fix: "R-JWTKEY",
        rule: "Sends the dev stack's session cookies and DRF tokens to production, beside what a stranger gets. Fails when one opens a route: \
               both sign or store them with the same secret. JWTs have JWT-CROSS-ENV; Django's CSRF tokens are signed by nobody, so that \
               they work elsewhere proves nothing.",
        references: &["CWE-321", "ASVS v5.0.0-13.3.1"],
        lets_in: true,
        ..ROW.of("DIFF-SECRET", "The dev stack's sessions", Severity::Critical, secrets::shared)
    },
];

/// Answers to the same request on both stacks: production's position, and both exchanges. A request is the same when its
/// purpose, route and variant are, and as many like it came before.
fn pairs<'f>(
    facts: &'f Facts,
    dev: &'f Facts,
) -> impl Iterator<Item = (usize, &'f Exchange, &'f Response, &'f Response)> {
    type Key<'k> = (Purpose, &'k str, &'k str, usize);
    fn keyed(facts: &Facts) -> impl Iterator<Item = (Key<'_>, usize, &Exchange)> {
        let mut before: BTreeMap<(Purpose, &str, &str), usize> = BTreeMap::new();
        facts.exchanges.iter().enumerate().map(move |(index, exchange)| {
            let (name, variant) = (exchange.site.name.as_str(), exchange.site.variant.as_str());
            let count = before.entry((exchange.purpose, name, variant)).or_default();
            *count += 1;
            ((exchange.purpose, name, variant, *count), index, exchange)
        })
    }
    let others: BTreeMap<Key<'f>, &'f Exchange> =
        keyed(dev).map(|(key, _, exchange)| (key, exchange)).collect();
    keyed(facts).filter_map(move |(key, index, exchange)| {
        let before = others.get(&key)?.answer.as_ref().ok()?;
        Some((index, exchange, exchange.answer.as_ref().ok()?, before))
    })
}

#[cfg(test)]
pub(super) mod samples;
