//! CK-*, SESSION-* and CSRF-*: cookies, sessions, and requests forged by another site.

mod attributes;
mod class;
mod csrf;
#[cfg(test)]
mod forms;
mod session;
mod set_cookie;
#[cfg(test)]
mod tests;

use super::check::{Check, Mode};
use super::collect::{ROUTES, SESSIONS};
use crate::record::Severity;
pub(super) use session::NO_LOGOUT;

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        id: "CK-SECURE",
        title: "Cookies only over https",
        severity: Severity::High,
        probes: &[&ROUTES, &SESSIONS],
        rule: "Fails for a session, CSRF or token cookie without Secure on https, or set over http; warns for any other. \
               Deletions are ignored.",
        fix: "R-COOKIE",
        references: &[
            "CWE-614",
            "ASVS v5.0.0-3.3.1",
            "Django security.W010",
            "Django security.W012",
            "Django security.W016",
        ],
        judge: attributes::secure,
        ..Check::ROW
    },
    Check {
        id: "CK-HTTPONLY",
        title: "Session cookies out of scripts' reach",
        severity: Severity::High,
        probes: &[&ROUTES, &SESSIONS],
        rule: "Fails for a session cookie, or one whose value is a JWT or a long hex number, without HttpOnly. A CSRF \
               cookie may lack it.",
        fix: "R-COOKIE",
        references: &["CWE-1004", "ASVS v5.0.0-3.3.4", "Django security.W013", "Django security.W015"],
        judge: attributes::http_only,
        ..Check::ROW
    },
    Check {
        id: "CK-SAMESITE",
        title: "SameSite",
        severity: Severity::Medium,
        probes: &[&ROUTES, &SESSIONS],
        rule: "Passes Lax, Strict, and None with Secure; warns when absent; fails None without Secure and unknown values.",
        fix: "R-COOKIE",
        references: &["CWE-1275", "ASVS v5.0.0-3.3.2", "RFC 6265bis 5.6.7"],
        judge: attributes::same_site,
        ..Check::ROW
    },
    Check {
        id: "CK-PREFIX",
        title: "Cookie name prefixes",
        severity: Severity::Low,
        probes: &[&ROUTES, &SESSIONS],
        rule: "Fails for __Host- or __Secure- without what they demand (browsers drop the cookie); at profile strict warns \
               for a session cookie without a prefix.",
        fix: "R-COOKIE",
        references: &["ASVS v5.0.0-3.3.1", "ASVS v5.0.0-3.3.3", "RFC 6265bis 4.1.3"],
        judge: attributes::prefix,
        ..Check::ROW
    },
    Check {
        id: "CK-SCOPE",
        title: "Session cookie's Domain",
        severity: Severity::Low,
        probes: &[&ROUTES, &SESSIONS],
        rule: "Warns for a session cookie with a Domain attribute: it goes to every sub-domain.",
        fix: "R-COOKIE",
        references: &["CWE-565"],
        judge: attributes::scope,
        ..Check::ROW
    },
    Check {
        id: "CK-SIZE",
        title: "Cookie size",
        severity: Severity::Low,
        probes: &[&ROUTES, &SESSIONS],
        rule: "Fails for more than 4096 bytes of name and value; warns when all cookies together exceed 4096 bytes.",
        fix: "R-COOKIE",
        references: &["ASVS v5.0.0-3.3.5"],
        judge: attributes::size,
        ..Check::ROW
    },
    Check {
        id: "CK-ON-STATIC",
        title: "Cookies on static files",
        severity: Severity::Medium,
        probes: &[&ROUTES, &SESSIONS],
        rule: "Warns for Set-Cookie on a static file; fails when shared caches may keep that answer.",
        fix: "R-STATIC",
        references: &["CWE-524"],
        judge: attributes::on_static,
        ..Check::ROW
    },
    Check {
        id: "CK-LIFETIME",
        title: "Session lifetime",
        severity: Severity::Low,
        probes: &[&ROUTES, &SESSIONS],
        rule: "Warns for a session cookie that lives longer than two weeks.",
        fix: "R-COOKIE",
        references: &["ASVS v5.0.0-7.3.2"],
        judge: attributes::lifetime,
        ..Check::ROW
    },
    Check {
        id: "CK-FIXATION",
        title: "Session fixation",
        severity: Severity::High,
        mode: Mode::Active,
        probes: &[&SESSIONS],
        rule: "Logs in with a session cookie of our own choice; fails when the login keeps it. Inconclusive when \
               no session is set and the answer is not that of a genuine login.",
        fix: "R-SESSION",
        references: &["CWE-384", "ASVS v5.0.0-7.2.4"],
        judge: session::fixation,
        ..Check::ROW
    },
    Check {
        id: "CK-ENTROPY",
        title: "Session identifier strength",
        severity: Severity::Medium,
        mode: Mode::Active,
        probes: &[&SESSIONS],
        rule: "Logs in several times; fails when an identifier repeats or has fewer than 128 bits by length and alphabet.",
        fix: "R-SESSION",
        references: &["CWE-331", "ASVS v5.0.0-7.2.3"],
        judge: session::entropy,
        ..Check::ROW
    },
    Check {
        id: "SESSION-LOGOUT",
        title: "Logout ends the session",
        severity: Severity::High,
        mode: Mode::Active,
        probes: &[&SESSIONS],
        lets_in: true,
        rule: "Logs in, logs out and replays the old cookie; fails when it still gets 2xx. Inconclusive when the session \
               did not work before, when the page needs none, and when an error answers.",
        fix: "R-LOGOUT",
        references: &["CWE-613", "ASVS v5.0.0-7.4.1"],
        judge: session::logout,
        ..Check::ROW
    },
    Check {
        id: "CSRF-REQUIRED",
        title: "CSRF token required",
        severity: Severity::High,
        mode: Mode::Active,
        probes: &[&SESSIONS],
        rule: "Sends a session-authenticated POST without the CSRF token; fails when it is accepted (2xx, or redirected to \
               where the genuine one is). The control is the same POST with everything right.",
        fix: "R-CSRF",
        references: &["CWE-352", "ASVS v5.0.0-3.5.1", "Django security.W003"],
        judge: csrf::required,
        ..Check::ROW
    },
    Check {
        id: "CSRF-ORIGIN",
        title: "Origin of another site refused",
        severity: Severity::Medium,
        mode: Mode::Active,
        probes: &[&SESSIONS],
        rule: "Sends the same POST with a valid token and the Origin of another site; fails when it is accepted.",
        fix: "R-CSRF",
        references: &["CWE-352", "ASVS v5.0.0-3.5.1"],
        judge: csrf::origin,
        ..Check::ROW
    },
    Check {
        id: "CSRF-SAFE-METHOD",
        title: "No change of state by GET",
        severity: Severity::Medium,
        mode: Mode::Active,
        probes: &[&SESSIONS],
        rule: "Asks for the logout path by GET with a session of its own; fails when that ends the session. Inconclusive \
               when the page needs no session, and when an error answers.",
        fix: "R-CSRF",
        references: &["ASVS v5.0.0-3.5.3"],
        judge: csrf::safe_method,
        ..Check::ROW
    },
];
