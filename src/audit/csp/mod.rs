//! CSP-* and SRI-EXTERNAL: content security policies of pages, and the integrity of what they load.

mod directives;
mod markup;
mod nonces;
mod page;
mod policy;
mod source;
mod sources;
mod sri;
#[cfg(test)]
mod tests;

use super::check::Check;
use crate::record::Severity;

pub use policy::frame_ancestors;

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        rule: "Passes an enforced policy, header or meta, with script-src or default-src; warns when it only reports; \
               fails without. Json answers: default-src 'none' and frame-ancestors 'none', else noted.",
        references: &["CWE-693", "ASVS v5.0.0-3.4.3"],
        ..ROW.of("CSP-PRESENT", "Content Security Policy", Severity::Medium, directives::present)
    },
    Check {
        rule: "Fails for a keyword without quotes, a directive's name as a value, what is no source, an unknown directive \
               and an empty policy; warns for a second directive of the same name and 'none' beside others.",
        references: &["CSP3 2.2"],
        ..ROW.of("CSP-SYNTAX", "Policy as browsers read it", Severity::Medium, directives::syntax)
    },
    Check {
        rule: "Fails when scripts have 'unsafe-inline' or data: without nonce or hash; warns when styles have it.",
        references: &["CWE-79"],
        ..ROW.of("CSP-UNSAFE-INLINE", "Inline scripts", Severity::High, sources::unsafe_inline)
    },
    Check {
        rule: "Warns for 'unsafe-eval'; notes 'wasm-unsafe-eval'.",
        references: &["CWE-95"],
        ..ROW.of("CSP-UNSAFE-EVAL", "Scripts from text", Severity::Medium, sources::unsafe_eval)
    },
    Check {
        rule: "Fails for *, http:, https:, data: or blob: as a source of scripts, plugins or the base address.",
        references: &["CWE-79"],
        ..ROW.of("CSP-WILDCARD", "Sources as wide as the web", Severity::High, sources::wildcard)
    },
    Check {
        rule: "Warns for an allowed host known to serve JSONP, old frameworks or anybody's files (a short list of 2026).",
        references: &["CWE-79"],
        ..ROW.of(
            "CSP-BYPASS-HOST",
            "Allowed hosts that undo the policy",
            Severity::Medium,
            sources::bypass_host,
        )
    },
    Check {
        rule: "Fails when object-src is not 'none', by itself or by default-src, and when base-uri is missing beside \
               nonces or hashes; warns when base-uri is missing otherwise.",
        references: &["ASVS v5.0.0-3.4.3"],
        ..ROW.of("CSP-OBJECT-BASE", "Plugins and the base address", Severity::Medium, directives::object_base)
    },
    Check {
        rule: "Fails when script-src-elem or script-src-attr opens again what script-src closed.",
        references: &["CSP3 6.1.11"],
        ..ROW.of("CSP-ELEM-ATTR", "Directives that undo script-src", Severity::Medium, sources::elem_attr)
    },
    Check {
        rule: "Asks several times; fails when two answers of one route have the same nonce.",
        references: &["CWE-330", "CSP3 7.1"],
        ..ROW.of("CSP-NONCE-STATIC", "A nonce is used once", Severity::High, nonces::repeated)
    },
    Check {
        rule: "Fails for a nonce shorter than 8 characters or with characters that are not of base64; warns for fewer \
               than 128 bits by length and alphabet.",
        references: &["CWE-331", "CSP3 7.1"],
        ..ROW.of("CSP-NONCE-WEAK", "Nonce strength", Severity::Medium, nonces::weak)
    },
    Check {
        rule: "Passes nonces or hashes with 'strict-dynamic', object-src 'none' and base-uri 'none' or 'self'; notes what \
               is missing; fails 'strict-dynamic' without nonce or hash.",
        references: &["ASVS v5.0.0-3.4.3"],
        ..ROW.of("CSP-STRICT", "Strict policy", Severity::Info, directives::strict)
    },
    Check {
        rule: "On https, fails for a source over http: or ftp:; warns when only images and media come from it.",
        references: &["CWE-319"],
        ..ROW.of("CSP-HTTP-SOURCE", "Sources without TLS", Severity::Medium, sources::http_source)
    },
    Check {
        rule: "Warns for a page with a form whose policy has no form-action, or * in it.",
        references: &["ASVS v5.0.0-3.4.3"],
        ..ROW.of("CSP-FORM-ACTION", "Where forms may go", Severity::Low, directives::form_action)
    },
    Check {
        rule: "Notes a policy with neither report-to nor report-uri.",
        references: &["ASVS v5.0.0-3.4.7"],
        ..ROW.of("CSP-REPORTING", "Reports of violations", Severity::Info, directives::reporting)
    },
    Check {
        rule: "Notes a policy without require-trusted-types-for.",
        references: &["CSP3"],
        ..ROW.of("CSP-TRUSTED-TYPES", "Trusted Types", Severity::Info, directives::trusted_types)
    },
    Check {
        rule: "Passes external https scripts and stylesheets with an integrity hash; warns without; fails http and \
               addresses without a scheme.",
        fix: "R-SRI",
        references: &["CWE-353", "ASVS v5.0.0-3.6.1"],
        ..ROW.of("SRI-EXTERNAL", "Integrity of external files", Severity::Medium, sri::external)
    },
];

/// What most rows of the family share.
const ROW: Check = Check { fix: "R-CSP", ..Check::ROW };
