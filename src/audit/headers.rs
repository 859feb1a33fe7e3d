//! HDR-*: response headers.

mod consistency;
mod content_type;
mod disclosure;
mod hsts;
mod look;
mod policies;
mod structured;
mod tech_names;
#[cfg(test)]
mod tests;

use super::check::{Check, Judgement, Mode};
use super::collect::{MISFITS, ROUTES, SESSIONS};
use super::exchange::Facts;
use crate::record::Severity;

/// A passive row of revision 1.
const fn row(
    id: &'static str,
    severity: Severity,
    title: &'static str,
    rule: &'static str,
    fix: &'static str,
    references: &'static [&'static str],
    judge: fn(&Facts) -> Judgement,
) -> Check {
    Check { id, title, severity, rule, fix, references, judge, ..Check::ROW }
}

/// Headers that protect, and whose absence is looked for where they were before.
pub const PROTECTING: [&str; 9] = [
    "Strict-Transport-Security",
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Permissions-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Resource-Policy",
];

/// The family.
pub const CHECKS: &[Check] = &[
    row(
        "HDR-HSTS",
        Severity::High,
        "HTTP Strict Transport Security",
        "Passes a max-age of a year or more by the grammar of RFC 6797; warns from half a year; fails when absent, shorter or \
         malformed. Redirects have HDR-ON-REDIRECT. Not applicable over plain http.",
        "R-HSTS",
        &["CWE-319", "ASVS v5.0.0-3.4.1", "RFC 6797 6.1", "Django security.W004"],
        hsts::hsts,
    ),
    row(
        "HDR-HSTS-SUB",
        Severity::Low,
        "HSTS for sub-domains",
        "Passes includeSubDomains in the first header line, the only one browsers read; warns when absent.",
        "R-HSTS",
        &["ASVS v5.0.0-3.4.1", "RFC 6797 8.1", "Django security.W005"],
        hsts::sub_domains,
    ),
    row(
        "HDR-HSTS-PRELOAD",
        Severity::Info,
        "HSTS preload",
        "Only where preload is asked for: fails without a year and includeSubDomains. Absent is information.",
        "R-HSTS",
        &["ASVS v5.0.0-3.7.4", "Django security.W021"],
        hsts::preload,
    ),
    row(
        "HDR-HSTS-HTTP",
        Severity::Info,
        "HSTS over plain http",
        "Warns when the header is sent over plain http, where browsers ignore it: it is set in the wrong layer.",
        "R-HSTS",
        &["RFC 6797 7.2"],
        hsts::over_http,
    ),
    row(
        "HDR-XCTO",
        Severity::Medium,
        "X-Content-Type-Options",
        "Passes when the first list member is nosniff; warns for more than that; fails when absent or other.",
        "R-HDRS",
        &["CWE-693", "ASVS v5.0.0-3.4.4", "Fetch 3.6", "Django security.W006"],
        policies::nosniff,
    ),
    row(
        "HDR-FRAME",
        Severity::Medium,
        "Framing",
        "Passes frame-ancestors that name no wildcard, or X-Frame-Options DENY or SAMEORIGIN; frame-ancestors goes before \
         X-Frame-Options, as in browsers. Warns for ALLOW-FROM, conflicting values and, at profile strict, for \
         X-Frame-Options alone.",
        "R-HDRS",
        &["CWE-1021", "ASVS v5.0.0-3.4.6", "CSP3 6.4.2", "Django security.W002", "Django security.W019"],
        policies::framing,
    ),
    row(
        "HDR-REFERRER",
        Severity::Low,
        "Referrer-Policy",
        "Passes when the last known token is no-referrer, same-origin, strict-origin or strict-origin-when-cross-origin; \
         warns when absent; fails for the others.",
        "R-HDRS",
        &["CWE-200", "ASVS v5.0.0-3.4.5", "Django security.W022", "Django security.E023"],
        policies::referrer,
    ),
    row(
        "HDR-PERMISSIONS",
        Severity::Low,
        "Permissions-Policy",
        "Passes a structured dictionary; warns when absent; fails when browsers cannot read it.",
        "R-HDRS",
        &["RFC 9651 3.2", "W3C Permissions Policy"],
        policies::permissions,
    ),
    row(
        "HDR-COOP",
        Severity::Low,
        "Cross-Origin-Opener-Policy",
        "Passes same-origin, same-origin-allow-popups and noopener-allow-popups; warns for absent and unsafe-none; fails \
         unknown tokens.",
        "R-HDRS",
        &["ASVS v5.0.0-3.4.8", "Django security.E024"],
        policies::opener,
    ),
    row(
        "HDR-COEP",
        Severity::Info,
        "Cross-Origin-Embedder-Policy",
        "Information when absent; passes require-corp and credentialless; fails unknown tokens.",
        "R-HDRS",
        &["HTML 7.1.4"],
        policies::embedder,
    ),
    row(
        "HDR-CORP",
        Severity::Low,
        "Cross-Origin-Resource-Policy",
        "Passes known tokens; warns when absent, or cross-origin, on protected data; fails unknown tokens.",
        "R-HDRS",
        &["ASVS v5.0.0-3.5.8", "Fetch 3.7"],
        policies::resource,
    ),
    row(
        "HDR-XPCDP",
        Severity::Info,
        "X-Permitted-Cross-Domain-Policies",
        "Warns for a value other than none.",
        "R-HDRS",
        &["OWASP Secure Headers Project"],
        policies::cross_domain,
    ),
    row(
        "HDR-XXSSP",
        Severity::Low,
        "X-XSS-Protection",
        "Passes absent and 0; warns for any value that switches the filter on.",
        "R-HDRS",
        &["OWASP Secure Headers Project"],
        policies::xss_protection,
    ),
    row(
        "HDR-OBSOLETE",
        Severity::Info,
        "Obsolete headers",
        "Warns for headers that browsers no longer read, and for Pragma without Cache-Control.",
        "R-HDRS",
        &["OWASP Secure Headers Project", "RFC 9111 5.4"],
        policies::obsolete,
    ),
    row(
        "HDR-DUP",
        Severity::Medium,
        "Security headers twice",
        "Fails for different values of one security header in one answer; warns for identical lines. Says which one browsers \
         use. Different lines of Content-Security-Policy or Permissions-Policy add up: they are information.",
        "R-DUP",
        &["RFC 9110 5.3", "RFC 6797 8.1"],
        consistency::doubled,
    ),
    Check {
        shows_body: true,
        ..row(
            "HDR-CTYPE",
            Severity::Medium,
            "Content-Type",
            "Fails when absent on a body or no media type; warns for text without a charset and for JSON sent as a page.",
            "R-CT",
            &["CWE-436", "ASVS v5.0.0-4.1.1"],
            content_type::content_type,
        )
    },
    row(
        "HDR-SERVER-VERSION",
        Severity::Low,
        "Server version",
        "Warns for a version (digits after a slash, or with a point between) in the Server header.",
        "R-TOKENS",
        &["CWE-497", "ASVS v5.0.0-13.4.6"],
        disclosure::server_version,
    ),
    row(
        "HDR-TECH",
        Severity::Low,
        "Technology headers",
        "Warns for headers that name what the stack is made of (a dated list).",
        "R-TOKENS",
        &["CWE-497", "ASVS v5.0.0-13.4.6"],
        disclosure::technology,
    ),
    row(
        "HDR-INTERNAL",
        Severity::Low,
        "Inner addresses",
        "Warns for private addresses and inner host names in headers, the stack's own address left out.",
        "R-TOKENS",
        &["CWE-200"],
        disclosure::internal,
    ),
    Check {
        mode: Mode::Active,
        probes: &[&SESSIONS],
        ..row(
            "HDR-CLEAR-SITE",
            Severity::Info,
            "Clear-Site-Data at logout",
            "Looks at the logout's answer only: passes Clear-Site-Data with cookies or storage; absent is information.",
            "R-LOGOUT",
            &["ASVS v5.0.0-14.3.1"],
            consistency::clear_site_data,
        )
    },
    Check {
        mode: Mode::Active,
        probes: &[&ROUTES, &MISFITS],
        ..row(
            "HDR-ON-ERROR",
            Severity::High,
            "Headers on errors",
            "Provokes errors (unknown path, wrong method, long header, large body); fails when HSTS or nosniff stand on a 200 \
             and are missing on an error.",
            "R-ALWAYS",
            &["CWE-693", "ASVS v5.0.0-3.4.1", "ASVS v5.0.0-3.4.4", "nginx add_header `always`"],
            consistency::on_errors,
        )
    },
    row(
        "HDR-ON-REDIRECT",
        Severity::Low,
        "Headers on redirects",
        "Warns when HSTS or nosniff stand on a 200 and are missing on a redirect of the same origin: not on that from http to https.",
        "R-ALWAYS",
        &["ASVS v5.0.0-3.4.1"],
        consistency::on_redirects,
    ),
    row(
        "HDR-COVERAGE",
        Severity::High,
        "Headers on every location",
        "Fails when HSTS or nosniff stand on one route and are missing on another.",
        "R-INHERIT",
        &["CWE-693", "Django security.W001"],
        consistency::coverage,
    ),
];
