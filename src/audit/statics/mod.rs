//! ST-*: static files: caching, validators, compression, ranges.

mod breach;
mod delivery;
mod names;
mod probes;
#[cfg(test)]
pub(super) mod samples;

use super::check::{Check, Mode};
use super::collect::{MISFITS, ROUTES};
use super::probe::Probe;
use crate::record::Severity;
use probes::{MANY_RANGES, PAGES, STATICS};

/// What most rows of the family share.
const ROW: Check = Check { fix: "R-STATIC", ..Check::ROW };

const ACTIVE: &[&Probe] = &[&STATICS];

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        rule: "A name with a content hash: passes max-age of a year with immutable; fails no-store. A plain name: passes a max-age (one of \
               months is ST-HASHED's), or no-cache with a validator. Warns for anything else.",
        references: &["RFC 8246", "RFC 9111 5.2"],
        ..ROW.of("ST-CACHE", "Caching of static files", Severity::Medium, names::cache)
    },
    Check {
        rule: "Warns for a max-age of thirty days and more on a name without a content hash: a new version would not reach browsers.",
        references: &["Django ManifestStaticFilesStorage"],
        ..ROW.of("ST-HASHED", "Content hashes in names", Severity::Medium, names::hashed)
    },
    Check {
        mode: Mode::Active,
        probes: ACTIVE,
        rule: "Asks again with If-None-Match and If-Modified-Since. Passes a validator and 304; warns without ETag; fails when a \
               validator is sent and never leads to 304.",
        references: &["RFC 9110 13.1"],
        ..ROW.of("ST-VALIDATOR", "Validators of static files", Severity::Low, delivery::validator)
    },
    Check {
        mode: Mode::Active,
        probes: ACTIVE,
        rule: "Warns when a 304 lacks Cache-Control, ETag or Vary that the 200 had.",
        fix: "R-ALWAYS",
        references: &["RFC 9110 15.4.5"],
        ..ROW.of("ST-304-HEADERS", "Headers of 304", Severity::Low, delivery::not_modified_headers)
    },
    Check {
        mode: Mode::Active,
        probes: ACTIVE,
        rule: "Offers gzip, br and zstd. Passes css, js, json and svg over 1 KiB that come compressed; warns when not; fails when an \
               already compressed type is compressed again.",
        fix: "R-GZIP",
        references: &["RFC 9110 12.5.3"],
        ..ROW.of("ST-COMPRESS", "Compression of static files", Severity::Medium, delivery::compressed)
    },
    Check {
        mode: Mode::Active,
        probes: ACTIVE,
        rule: "Warns when Content-Encoding depends on Accept-Encoding and Vary does not say so.",
        fix: "R-GZIP",
        references: &["RFC 9110 12.5.5"],
        ..ROW.of("ST-VARY-ENC", "Vary on compressed files", Severity::Low, delivery::vary)
    },
    Check {
        mode: Mode::Active,
        probes: &[&PAGES],
        rule: "Asks for pages with a word in the query. Warns when a page over https is compressed, shows that word and holds a CSRF \
               token that stays the same; information when the token is masked anew each time, as Django's is.",
        fix: "R-GZIP",
        references: &["CWE-203", "CVE-2013-3587"],
        ..ROW.of("ST-BREACH", "Compression beside a secret", Severity::Low, breach::judge)
    },
    Check {
        rule: "Fails when a script, style sheet, image or font comes as text/plain or octet-stream: nosniff makes browsers refuse it.",
        fix: "R-CT",
        references: &["ASVS v5.0.0-4.1.1"],
        ..ROW.of("ST-MIME", "Types of static files", Severity::Medium, names::mime)
    },
    Check {
        mode: Mode::Active,
        probes: &[&ROUTES, &MISFITS],
        rule: "Asks for a static file that cannot exist. Passes a small 404 without cookies; warns for a large one or one that sets \
               cookies; fails on 200.",
        references: &["ASVS v5.0.0-14.2.5"],
        ..ROW.of("ST-404", "Unknown static files", Severity::Low, delivery::unknown)
    },
    Check {
        mode: Mode::Active,
        probes: &[&STATICS, &MANY_RANGES],
        rule: "Asks for a part and for a thousand tiny parts. Passes 206, a whole answer and 416; fails when a thousand parts come back.",
        fix: "R-LIMITS",
        references: &["CWE-400", "RFC 9110 14.2"],
        ..ROW.of("ST-RANGE", "Ranges", Severity::Low, delivery::ranges)
    },
];
