//! Each row on an answer that breaks it and on one that does not.

use crate::audit::fixture::{facts, judge, worst};
use crate::audit::{Facts, Judgement, Level, Purpose};
use crate::plan::{Profile, RouteKind};

const FAIL: Option<Level> = Some(Level::Fail);
const WARN: Option<Level> = Some(Level::Warn);
const INFO: Option<Level> = Some(Level::Info);

fn page(headers: &[(&str, &str)]) -> Facts {
    let headers = [&[("Content-Type", "text/html; charset=utf-8")], headers].concat();
    facts(true).answer(Purpose::Rest, RouteKind::Html, 200, &headers, "<p>")
}

/// Check, headers of the page, what is seen.
type Case = (&'static str, &'static [(&'static str, &'static str)], Option<Level>);

#[test]
fn rows_on_one_header() {
    const HSTS: &str = "Strict-Transport-Security";
    const CSP: &str = "Content-Security-Policy";
    let cases: &[Case] = &[
        ("HDR-HSTS", &[(HSTS, "max-age=31536000")], None),
        ("HDR-HSTS", &[(HSTS, "max-age=15552000")], WARN),
        ("HDR-HSTS", &[], FAIL),
        ("HDR-HSTS", &[(HSTS, "max-age=abc")], FAIL),
        ("HDR-HSTS", &[(HSTS, "max-age=1; max-age=31536000")], FAIL),
        ("HDR-HSTS", &[(HSTS, "max-age=0"), (HSTS, "max-age=31536000")], FAIL),
        ("HDR-HSTS-SUB", &[(HSTS, "max-age=1; includeSubDomains")], None),
        ("HDR-HSTS-SUB", &[(HSTS, "max-age=1"), (HSTS, "max-age=1; includeSubDomains")], WARN),
        ("HDR-HSTS-PRELOAD", &[(HSTS, "max-age=31536000; includeSubDomains; preload")], None),
        ("HDR-HSTS-PRELOAD", &[(HSTS, "max-age=31536000")], INFO),
        ("HDR-HSTS-PRELOAD", &[(HSTS, "max-age=1; preload")], FAIL),
        ("HDR-XCTO", &[("X-Content-Type-Options", "NoSniff")], None),
        ("HDR-XCTO", &[("X-Content-Type-Options", "nosniff"), ("X-Content-Type-Options", "nosniff")], None),
        ("HDR-XCTO", &[("X-Content-Type-Options", "nosniff, foo")], WARN),
        ("HDR-XCTO", &[("X-Content-Type-Options", "no")], FAIL),
        ("HDR-XCTO", &[], FAIL),
        ("HDR-FRAME", &[(CSP, "default-src 'self'; frame-ancestors 'none'")], None),
        ("HDR-FRAME", &[("X-Frame-Options", "deny")], None),
        ("HDR-FRAME", &[("X-Frame-Options", "DENY"), ("X-Frame-Options", "DENY")], None),
        ("HDR-FRAME", &[(CSP, "frame-ancestors *"), ("X-Frame-Options", "DENY")], FAIL),
        ("HDR-FRAME", &[(CSP, "frame-ancestors https:")], FAIL),
        ("HDR-FRAME", &[(CSP, "frame-ancestors *, frame-ancestors 'self'")], None),
        ("HDR-FRAME", &[("X-Frame-Options", "ALLOW-FROM https://a.test")], WARN),
        ("HDR-FRAME", &[("X-Frame-Options", "DENY"), ("X-Frame-Options", "SAMEORIGIN")], WARN),
        ("HDR-FRAME", &[("X-Frame-Options", "maybe")], FAIL),
        ("HDR-FRAME", &[], FAIL),
        ("HDR-REFERRER", &[("Referrer-Policy", "unsafe-url, same-origin")], None),
        ("HDR-REFERRER", &[("Referrer-Policy", "same-origin, new-fangled")], None),
        ("HDR-REFERRER", &[("Referrer-Policy", "unsafe-url")], FAIL),
        ("HDR-REFERRER", &[("Referrer-Policy", "nonsense")], FAIL),
        ("HDR-REFERRER", &[], WARN),
        ("HDR-PERMISSIONS", &[("Permissions-Policy", "camera=()")], None),
        ("HDR-PERMISSIONS", &[("Permissions-Policy", "camera 'none'")], FAIL),
        ("HDR-PERMISSIONS", &[], WARN),
        ("HDR-COOP", &[("Cross-Origin-Opener-Policy", "same-origin; report-to=\"x\"")], None),
        ("HDR-COOP", &[("Cross-Origin-Opener-Policy", "unsafe-none")], WARN),
        ("HDR-COOP", &[("Cross-Origin-Opener-Policy", "sameorigin")], FAIL),
        ("HDR-COEP", &[("Cross-Origin-Embedder-Policy", "require-corp")], None),
        ("HDR-COEP", &[], INFO),
        ("HDR-COEP", &[("Cross-Origin-Embedder-Policy", "yes")], FAIL),
        ("HDR-XPCDP", &[("X-Permitted-Cross-Domain-Policies", "none")], None),
        ("HDR-XPCDP", &[("X-Permitted-Cross-Domain-Policies", "all")], WARN),
        ("HDR-XXSSP", &[("X-XSS-Protection", "0")], None),
        ("HDR-XXSSP", &[("X-XSS-Protection", "1; mode=block")], WARN),
        ("HDR-OBSOLETE", &[("Cache-Control", "no-store"), ("Pragma", "no-cache")], None),
        ("HDR-OBSOLETE", &[("Expect-CT", "max-age=1")], WARN),
        ("HDR-OBSOLETE", &[("Pragma", "no-cache")], WARN),
        ("HDR-DUP", &[(HSTS, "max-age=1")], None),
        ("HDR-DUP", &[(HSTS, "max-age=1"), (HSTS, "max-age=1")], WARN),
        ("HDR-DUP", &[(HSTS, "max-age=1"), (HSTS, "max-age=2")], FAIL),
        ("HDR-SERVER-VERSION", &[("Server", "nginx")], None),
        ("HDR-SERVER-VERSION", &[("Server", "nginx/1.22.1")], WARN),
        ("HDR-TECH", &[("X-Request-Id", "7")], None),
        ("HDR-TECH", &[("x-powered-by", "PHP")], WARN),
        ("HDR-INTERNAL", &[("Location", "https://example.test/")], None),
        ("HDR-INTERNAL", &[("X-Backend", "10.0.3.7:8000")], WARN),
        ("HDR-INTERNAL", &[("Via", "1.1 cache.internal")], WARN),
    ];
    for (check, headers, expected) in cases {
        assert_eq!(worst(check, &page(headers)), *expected, "{check}: {headers:?}");
    }
}

#[test]
fn hsts_belongs_to_https() {
    let plain =
        |headers: &[(&str, &str)]| facts(false).answer(Purpose::Rest, RouteKind::Html, 200, headers, "");
    assert!(matches!(judge("HDR-HSTS", &plain(&[])), Judgement::NotApplicable(_)));
    assert_eq!(worst("HDR-HSTS-HTTP", &plain(&[])), None);
    assert_eq!(worst("HDR-HSTS-HTTP", &plain(&[("Strict-Transport-Security", "max-age=1")])), WARN);
}

#[test]
fn strict_profile_wants_frame_ancestors() {
    let mut strict = page(&[("X-Frame-Options", "DENY")]);
    strict.profile = Profile::Strict;
    assert_eq!(worst("HDR-FRAME", &strict), WARN);
}

#[test]
fn resource_policy_matters_on_protected_data() {
    let answer = |kind, headers: &[(&str, &str)]| facts(true).answer(Purpose::Rest, kind, 200, headers, "{}");
    let name = "Cross-Origin-Resource-Policy";
    assert_eq!(worst("HDR-CORP", &answer(RouteKind::Protected, &[(name, "same-origin")])), None);
    assert_eq!(worst("HDR-CORP", &answer(RouteKind::Protected, &[])), WARN);
    assert_eq!(worst("HDR-CORP", &answer(RouteKind::Static, &[])), None);
    assert_eq!(worst("HDR-CORP", &answer(RouteKind::Static, &[(name, "yes")])), FAIL);
}

#[test]
fn bodies_say_what_they_are() {
    let body =
        |kind: &[(&str, &str)], body| facts(true).answer(Purpose::Rest, RouteKind::Json, 200, kind, body);
    assert_eq!(worst("HDR-CTYPE", &body(&[("Content-Type", "application/json")], "{}")), None);
    assert_eq!(worst("HDR-CTYPE", &body(&[], "{}")), FAIL);
    assert_eq!(worst("HDR-CTYPE", &body(&[("Content-Type", "text/html; charset=utf-8")], "[1]")), WARN);
    assert_eq!(worst("HDR-CTYPE", &body(&[("Content-Type", "text/plain")], "x")), WARN);
    assert!(matches!(judge("HDR-CTYPE", &body(&[], "")), Judgement::NotApplicable(_)));
}

const SOUND: &[(&str, &str)] =
    &[("Strict-Transport-Security", "max-age=31536000"), ("X-Content-Type-Options", "nosniff")];

#[test]
fn errors_redirects_and_locations_keep_the_headers() {
    let then = |purpose, kind, status, headers: &[(&str, &str)]| {
        page(SOUND).answer(purpose, kind, status, headers, "x")
    };
    assert_eq!(worst("HDR-ON-ERROR", &then(Purpose::NotFound, RouteKind::Html, 404, SOUND)), None);
    assert_eq!(worst("HDR-ON-ERROR", &then(Purpose::LargeBody, RouteKind::Html, 413, &[])), FAIL);
    assert!(matches!(judge("HDR-ON-ERROR", &page(SOUND)), Judgement::NotRun(_)));
    assert_eq!(worst("HDR-ON-REDIRECT", &then(Purpose::Rest, RouteKind::Protected, 302, SOUND)), None);
    assert_eq!(worst("HDR-ON-REDIRECT", &then(Purpose::Rest, RouteKind::Protected, 302, &[])), WARN);
    assert_eq!(worst("HDR-COVERAGE", &then(Purpose::Rest, RouteKind::Static, 200, SOUND)), None);
    assert_eq!(worst("HDR-COVERAGE", &then(Purpose::Rest, RouteKind::Static, 200, &[])), FAIL);
}

#[test]
fn a_logout_may_clear_the_site() {
    let out =
        |headers: &[(&str, &str)]| facts(true).answer(Purpose::Logout, RouteKind::Logout, 302, headers, "");
    assert_eq!(worst("HDR-CLEAR-SITE", &out(&[("Clear-Site-Data", "\"cookies\"")])), None);
    assert_eq!(worst("HDR-CLEAR-SITE", &out(&[])), INFO);
}

#[test]
fn what_browsers_do_not_know_does_not_pass() {
    const XFO: &str = "X-Frame-Options";
    const COOP: &str = "Cross-Origin-Opener-Policy";
    const CORP: &str = "Cross-Origin-Resource-Policy";
    const HSTS: &str = "Strict-Transport-Security";
    let cases: &[Case] = &[
        // HTML 7.6: several values deny only when a known one is among them.
        ("HDR-FRAME", &[(XFO, "ALLOW-FROM https://a.test, maybe")], FAIL),
        ("HDR-FRAME", &[(XFO, "maybe, DENY")], WARN),
        ("HDR-FRAME", &[("Content-Security-Policy", "frame-ancestors *:443")], FAIL),
        // Tokens of structured fields are case-sensitive.
        ("HDR-COOP", &[(COOP, "Same-Origin")], FAIL),
        ("HDR-COOP", &[(COOP, "same-origin, same-origin")], FAIL),
        ("HDR-COEP", &[("Cross-Origin-Embedder-Policy", "Require-Corp")], FAIL),
        ("HDR-HSTS", &[(HSTS, "max-age=31536000; includeSubDomains=yes")], FAIL),
        ("HDR-HSTS", &[(HSTS, "max-age=31536000; includeSubDomains preload")], FAIL),
        ("HDR-HSTS", &[(HSTS, "max-age=31536000; note=\"a;max-age=0\"")], None),
        ("HDR-CTYPE", &[], None),
    ];
    for (check, headers, expected) in cases {
        assert_eq!(worst(check, &page(headers)), *expected, "{check}: {headers:?}");
    }
    let protected =
        |value| facts(true).answer(Purpose::Rest, RouteKind::Protected, 200, &[(CORP, value)], "{}");
    assert_eq!(worst("HDR-CORP", &protected("cross-origin")), WARN, "worse than absent");
    assert_eq!(worst("HDR-CORP", &protected("same-origin; x")), FAIL);
    assert_eq!(worst("HDR-CORP", &protected("Same-Origin")), FAIL);
    let untyped = facts(true).answer(Purpose::Rest, RouteKind::Html, 200, &[("Content-Type", "html")], "<p>");
    assert_eq!(worst("HDR-CTYPE", &untyped), FAIL);
}

#[test]
fn what_is_no_flaw_is_no_finding() {
    const PERMISSIONS: &str = "Permissions-Policy";
    const CSP: &str = "Content-Security-Policy";
    let cases: &[Case] = &[
        ("HDR-SERVER-VERSION", &[("Server", "AmazonS3")], None),
        ("HDR-SERVER-VERSION", &[("Server", "h2o")], None),
        ("HDR-SERVER-VERSION", &[("Server", "Apache 2.4")], WARN),
        // Lines of a list add up: two of them may be meant.
        ("HDR-DUP", &[(PERMISSIONS, "camera=()"), (PERMISSIONS, "usb=()")], INFO),
        ("HDR-DUP", &[(CSP, "default-src 'self'"), (CSP, "frame-ancestors 'none'")], INFO),
        ("HDR-DUP", &[(CSP, "default-src 'self'"), (CSP, "default-src 'self'")], WARN),
        (
            "HDR-DUP",
            &[
                ("Cross-Origin-Embedder-Policy", "require-corp"),
                ("Cross-Origin-Embedder-Policy", "unsafe-none"),
            ],
            FAIL,
        ),
        ("HDR-INTERNAL", &[("X-App", "notes/10.1.2.3")], None),
        ("HDR-INTERNAL", &[("X-App", "3.10.1.2.3")], None),
        ("HDR-INTERNAL", &[("X-App", "10.1.2.999")], None),
        ("HDR-INTERNAL", &[("Link", "</static/app.local.js>; rel=preload")], None),
        ("HDR-INTERNAL", &[("Location", "/Service.svc")], None),
        ("HDR-INTERNAL", &[("X-Request-Id", "550e8400-e29b-41d4-a716-446655440000")], None),
        ("HDR-INTERNAL", &[("Location", "http://10.0.3.7/")], WARN),
        ("HDR-INTERNAL", &[("X-Pod", "web-6d4cf56db6-x8zq2")], WARN),
    ];
    for (check, headers, expected) in cases {
        assert_eq!(worst(check, &page(headers)), *expected, "{check}: {headers:?}");
    }
}

#[test]
fn the_stack_s_own_address_is_no_secret() {
    let mut lan = page(&[("Location", "http://10.0.3.7:8000/next")]);
    lan.host = "10.0.3.7:8000".into();
    assert_eq!(worst("HDR-INTERNAL", &lan), None);
    let mut named = page(&[("Location", "https://app.internal/next")]);
    named.host = "app.internal".into();
    assert_eq!(worst("HDR-INTERNAL", &named), None);
}

#[test]
fn a_bare_redirect_is_one_mild_finding() {
    let facts = page(SOUND).answer(Purpose::Rest, RouteKind::Html, 302, &[], "");
    assert_eq!(worst("HDR-ON-REDIRECT", &facts), WARN);
    for check in ["HDR-HSTS", "HDR-XCTO"] {
        assert_eq!(worst(check, &facts), None, "{check}: HDR-ON-REDIRECT says it");
    }
    let only = super::super::fixture::facts(true).answer(Purpose::Rest, RouteKind::Html, 302, &[], "");
    assert_eq!(worst("HDR-HSTS", &only), FAIL, "where there is nothing else");
}

#[test]
fn every_header_that_gives_something_away_is_named() {
    let subjects = |check, headers: &[(&str, &str)]| match judge(check, &page(headers)) {
        Judgement::Judged { observations, .. } => {
            observations.into_iter().map(|o| o.subject).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let tech = [("X-Powered-By", "PHP"), ("X-B3-Flags", "1"), ("X-Drupal-Cache", "HIT")];
    assert_eq!(subjects("HDR-TECH", &tech), ["x-powered-by", "x-b3-flags", "x-drupal-cache"]);
    let old = [("Expect-CT", "max-age=1"), ("P3P", "x"), ("Pragma", "no-cache")];
    assert_eq!(subjects("HDR-OBSOLETE", &old), ["expect-ct", "p3p", "pragma"]);
}

#[test]
fn without_a_session_there_is_no_logout_to_judge() {
    let mut none = facts(true);
    none.has_session = false;
    assert!(matches!(judge("HDR-CLEAR-SITE", &none), Judgement::NotApplicable(_)));
}
