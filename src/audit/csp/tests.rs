//! Each row on an answer that breaks it and on one that does not.

use super::CHECKS;
use crate::audit::fixture::{facts, judge, worst};
use crate::audit::{Facts, Judgement, Level, Purpose};
use crate::plan::RouteKind;

const CSP: &str = "Content-Security-Policy";
const STRICT: &str = "script-src 'nonce-q83vEjRWeJCrze8SNFZ4kA==' 'strict-dynamic' https: 'unsafe-inline'; \
                      object-src 'none'; base-uri 'none'; form-action 'self'; report-to csp";
const FAIL: Option<Level> = Some(Level::Fail);
const WARN: Option<Level> = Some(Level::Warn);
const INFO: Option<Level> = Some(Level::Info);

trait Pages {
    fn page(self, purpose: Purpose, headers: &[(&str, &str)], body: &str) -> Facts;
}

impl Pages for Facts {
    fn page(self, purpose: Purpose, headers: &[(&str, &str)], body: &str) -> Facts {
        let mut all = vec![("Content-Type", "text/html; charset=utf-8")];
        all.extend(headers);
        self.answer(purpose, RouteKind::Html, 200, &all, body)
    }
}

fn with(policies: &[&str], body: &str) -> Facts {
    let headers: Vec<_> = policies.iter().map(|policy| (CSP, *policy)).collect();
    facts(true).page(Purpose::Rest, &headers, body)
}

fn details(check: &str, facts: &Facts) -> String {
    match judge(check, facts) {
        Judgement::Judged { observations, .. } => observations.into_iter().map(|o| o.detail + "\n").collect(),
        other => panic!("{check} did not judge: {other:?}"),
    }
}

#[test]
fn rows_on_one_policy() {
    for (check, policy, expected) in [
        ("CSP-PRESENT", "default-src 'self'", None),
        ("CSP-PRESENT", "img-src *", FAIL),
        ("CSP-PRESENT", "default-src \u{2018}self\u{2019}", FAIL),
        ("CSP-SYNTAX", "default-src 'self'; script-src 'sha256-YWJj' https://a.test:443/x", None),
        ("CSP-SYNTAX", "default-src none", FAIL),
        ("CSP-SYNTAX", "script-src nonce-abcdefgh", FAIL),
        ("CSP-SYNTAX", "script-src 'self' object-src 'none'", FAIL),
        ("CSP-SYNTAX", "scirpt-src 'self'", FAIL),
        ("CSP-SYNTAX", "default-src 'slef'", FAIL),
        ("CSP-SYNTAX", " ", FAIL),
        ("CSP-SYNTAX", "default-src 'self'; default-src *", WARN),
        ("CSP-SYNTAX", "default-src 'none' https://a.test", WARN),
        ("CSP-SYNTAX", "report-uri /csp Script-Src 'self'; default-src 'none'", FAIL),
        ("CSP-SYNTAX", "trusted-types default sandbox; report-to sandbox; default-src 'none'", None),
        ("CSP-SYNTAX", "default-src \u{2018}self\u{2019}", FAIL),
        ("CSP-UNSAFE-INLINE", "default-src 'self'", None),
        ("CSP-UNSAFE-INLINE", "default-src 'self' 'unsafe-inline'", FAIL),
        ("CSP-UNSAFE-INLINE", "script-src 'UNSAFE-INLINE'", FAIL),
        ("CSP-UNSAFE-INLINE", "script-src data:", FAIL),
        ("CSP-UNSAFE-INLINE", "script-src 'unsafe-inline' 'nonce-abcdefgh'", None),
        ("CSP-UNSAFE-INLINE", "script-src 'unsafe-inline' 'sha256-YWJj'", None),
        ("CSP-UNSAFE-INLINE", "script-src 'unsafe-inline' 'nonce-%'", FAIL),
        ("CSP-UNSAFE-INLINE", "default-src 'self'; style-src 'unsafe-inline'", WARN),
        ("CSP-UNSAFE-EVAL", "script-src 'self'", None),
        ("CSP-UNSAFE-EVAL", "default-src 'unsafe-eval'", WARN),
        ("CSP-UNSAFE-EVAL", "default-src 'unsafe-eval'; script-src 'self'", None),
        ("CSP-UNSAFE-EVAL", "script-src 'wasm-unsafe-eval'", INFO),
        ("CSP-WILDCARD", "default-src 'self'; img-src *", None),
        ("CSP-WILDCARD", "script-src *", FAIL),
        ("CSP-WILDCARD", "default-src https:", FAIL),
        ("CSP-WILDCARD", "script-src https://*:443", FAIL),
        ("CSP-WILDCARD", "script-src 'self' blob:", FAIL),
        ("CSP-WILDCARD", "default-src 'self'; base-uri *", FAIL),
        ("CSP-WILDCARD", "script-src 'nonce-abcdefgh' 'strict-dynamic' https:", None),
        ("CSP-BYPASS-HOST", "script-src 'self' https://static.example.test", None),
        ("CSP-BYPASS-HOST", "script-src https://cdn.jsdelivr.net", WARN),
        ("CSP-BYPASS-HOST", "script-src *.googleapis.com", WARN),
        ("CSP-BYPASS-HOST", "script-src https://cdn.jsdelivr.net/npm/a.js", None),
        ("CSP-BYPASS-HOST", "script-src 'strict-dynamic' 'nonce-abcdefgh' unpkg.com", None),
        ("CSP-OBJECT-BASE", "default-src 'none'; base-uri 'none'", None),
        ("CSP-OBJECT-BASE", "default-src 'none'", WARN),
        ("CSP-OBJECT-BASE", "default-src 'none'; script-src 'nonce-abcdefgh'", FAIL),
        ("CSP-OBJECT-BASE", "default-src 'self'; base-uri 'none'", FAIL),
        ("CSP-OBJECT-BASE", "script-src 'self'; base-uri 'none'", FAIL),
        ("CSP-ELEM-ATTR", "script-src 'self'; script-src-elem 'self'", None),
        ("CSP-ELEM-ATTR", "default-src 'none'; script-src-elem 'self' 'unsafe-inline'", FAIL),
        ("CSP-ELEM-ATTR", "script-src 'self'; script-src-attr 'unsafe-inline'", FAIL),
        ("CSP-ELEM-ATTR", "script-src 'self'; script-src-elem *", FAIL),
        ("CSP-ELEM-ATTR", "script-src *; script-src-elem *", None),
        ("CSP-NONCE-WEAK", STRICT, None),
        ("CSP-NONCE-WEAK", "script-src 'nonce-abc'", FAIL),
        ("CSP-NONCE-WEAK", "script-src 'nonce-{{nonce%20}}'", FAIL),
        ("CSP-NONCE-WEAK", "script-src 'nonce-0123456789abcdef'", WARN),
        ("CSP-STRICT", STRICT, None),
        ("CSP-STRICT", "default-src 'self'", INFO),
        ("CSP-STRICT", "script-src 'strict-dynamic'", FAIL),
        ("CSP-STRICT", "script-src 'strict-dynamic' 'nonce-%'", FAIL),
        ("CSP-HTTP-SOURCE", "default-src 'self' https:", None),
        ("CSP-HTTP-SOURCE", "default-src http://a.test", FAIL),
        ("CSP-HTTP-SOURCE", "connect-src ftp:", FAIL),
        ("CSP-HTTP-SOURCE", "default-src 'self'; img-src http:", WARN),
        ("CSP-HTTP-SOURCE", "img-src http:, default-src 'self'", None),
        ("CSP-HTTP-SOURCE", "img-src http:, img-src https:", None),
        ("CSP-HTTP-SOURCE", "img-src http:, default-src *", WARN),
        ("CSP-REPORTING", "default-src 'self'; report-uri /csp", None),
        ("CSP-REPORTING", "default-src 'self'", INFO),
        ("CSP-TRUSTED-TYPES", "default-src 'self'; require-trusted-types-for 'script'", None),
        ("CSP-TRUSTED-TYPES", "default-src 'self'", INFO),
    ] {
        assert_eq!(worst(check, &with(&[policy], "")), expected, "{check}: {policy}");
    }
}

#[test]
fn a_textbook_strict_policy_passes() {
    let other = STRICT.replace("q83v", "A83v");
    let page = "<form method=post></form><script nonce=x src=/a.js></script>";
    let facts = with(&[STRICT], page).page(Purpose::Repeat, &[(CSP, &other)], page);
    for check in CHECKS {
        assert!(worst(check.id, &facts) <= INFO, "{}: {}", check.id, details(check.id, &facts));
    }
}

#[test]
fn a_page_without_policy_fails_once() {
    let facts = facts(true).page(Purpose::LoginPage, &[], "<form></form>");
    assert_eq!(worst("CSP-PRESENT", &facts), FAIL);
    for check in CHECKS.iter().filter(|check| !["CSP-PRESENT", "SRI-EXTERNAL"].contains(&check.id)) {
        let expected = Judgement::NotApplicable("no policy; see CSP-PRESENT".into());
        assert_eq!(judge(check.id, &facts), expected, "{}", check.id);
    }
}

#[test]
fn a_policy_that_leaves_scripts_alone_passes_no_row_about_them() {
    let facts = with(&["frame-ancestors 'none'"], "<form>");
    assert_eq!(worst("CSP-PRESENT", &facts), FAIL);
    let others = ["CSP-PRESENT", "CSP-SYNTAX", "CSP-HTTP-SOURCE", "SRI-EXTERNAL"];
    for check in CHECKS.iter().filter(|check| !others.contains(&check.id) && !check.id.contains("NONCE")) {
        let expected = Judgement::NotApplicable("no policy restricts scripts; see CSP-PRESENT".into());
        assert_eq!(judge(check.id, &facts), expected, "{}", check.id);
    }
}

#[test]
fn only_html_pages_that_answered_count() {
    let facts = facts(true)
        .answer(Purpose::Rest, RouteKind::Html, 404, &[("Content-Type", "text/html")], "")
        .answer(Purpose::Rest, RouteKind::Static, 200, &[("Content-Type", "text/css")], "");
    for check in CHECKS {
        assert!(matches!(judge(check.id, &facts), Judgement::NotApplicable(_)), "{}", check.id);
    }
}

#[test]
fn where_a_policy_stands() {
    let meta = "<meta http-equiv=content-security-policy content=\"default-src &#x27;self&#x27;\">";
    assert_eq!(worst("CSP-PRESENT", &with(&[], meta)), None);
    assert_eq!(
        worst("CSP-PRESENT", &with(&[], &format!("<html><body>{meta}"))),
        FAIL,
        "browsers skip it there"
    );
    let untyped = facts(true).answer(Purpose::Rest, RouteKind::Html, 200, &[], "<p>");
    assert_eq!(worst("CSP-PRESENT", &untyped), FAIL, "a page without Content-Type");
    let reported = [("Content-Security-Policy-Report-Only", "default-src 'self' 'unsafe-inline'")];
    let reported = facts(true).page(Purpose::Rest, &reported, "");
    assert_eq!(worst("CSP-PRESENT", &reported), WARN);
    assert!(matches!(judge("CSP-UNSAFE-INLINE", &reported), Judgement::NotApplicable(_)));
}

#[test]
fn json_answers() {
    let json = |policy: &str| {
        let headers = [("Content-Type", "application/problem+json"), (CSP, policy)];
        facts(true).answer(Purpose::Rest, RouteKind::Json, 200, &headers, "{}")
    };
    assert_eq!(worst("CSP-PRESENT", &json("default-src 'none'; frame-ancestors 'none'")), None);
    assert_eq!(worst("CSP-PRESENT", &json("default-src 'none'")), INFO);
    assert!(matches!(judge("CSP-REPORTING", &json("default-src 'none'")), Judgement::NotApplicable(_)));
}

#[test]
fn a_weakness_counts_only_when_no_policy_closes_it() {
    for (check, weak, closing, silent) in [
        ("CSP-UNSAFE-INLINE", "script-src 'unsafe-inline'", "default-src 'self'", "img-src *"),
        ("CSP-UNSAFE-EVAL", "script-src 'unsafe-eval'", "script-src 'self'", "frame-ancestors 'none'"),
        ("CSP-WILDCARD", "script-src https:", "script-src data:, script-src 'self'", "img-src *"),
        ("CSP-BYPASS-HOST", "script-src unpkg.com", "script-src a.test", "script-src https:"),
        ("CSP-OBJECT-BASE", "script-src 'self'; base-uri 'self'", "object-src 'none'", "img-src *"),
        ("CSP-ELEM-ATTR", "script-src 'self'; script-src-elem *", "script-src 'self'", "script-src-elem *"),
        ("CSP-HTTP-SOURCE", "script-src http:", "script-src https://a.test", "img-src a.test"),
    ] {
        assert_eq!(worst(check, &with(&[weak, closing], "")), None, "{check}: {closing} closes it");
        assert!(worst(check, &with(&[weak, silent], "")) >= WARN, "{check}: {silent} does not");
        assert!(worst(check, &with(&[&format!("{weak}, {silent}")], "")) >= WARN, "{check}: as a list");
    }
}

#[test]
fn nonces_of_one_route_differ() {
    let answers = |second: &str| {
        let second = STRICT.replace("q83v", second);
        with(&[STRICT], "").page(Purpose::Repeat, &[(CSP, &second)], "")
    };
    assert_eq!(worst("CSP-NONCE-STATIC", &answers("A83v")), None);
    let same = answers("q83v");
    assert_eq!(worst("CSP-NONCE-STATIC", &same), FAIL);
    assert!(details("CSP-NONCE-STATIC", &same).contains("2 of 2 answers have [redacted "));
    assert!(matches!(judge("CSP-NONCE-STATIC", &with(&[STRICT], "")), Judgement::NotRun(_)));
    let mut elsewhere = answers("q83v");
    elsewhere.exchanges[1].site.name = "other".into();
    assert!(matches!(judge("CSP-NONCE-STATIC", &elsewhere), Judgement::NotRun(_)), "another route");
}

#[test]
fn forms() {
    let form = "<form action=/login>";
    for (policy, expected) in [
        ("default-src 'self'; form-action 'self'", None),
        ("default-src 'self'", WARN),
        ("default-src 'self'; form-action *", WARN),
        ("default-src 'self'; form-action https:", WARN),
        ("default-src 'self'; form-action *, form-action 'none'", None),
    ] {
        assert_eq!(worst("CSP-FORM-ACTION", &with(&[policy], form)), expected, "{policy}");
        assert!(matches!(judge("CSP-FORM-ACTION", &with(&[policy], "<p>")), Judgement::NotApplicable(_)));
    }
}

#[test]
fn external_files() {
    for (tag, expected) in [
        ("<script src=/a.js>", None),
        ("<script src=https://127.0.0.1:8443/a.js>", None),
        ("<script src=https://cdn.test/a.js integrity=sha384-YWJj crossorigin>", None),
        ("<!-- <script src=http://cdn.test/a.js> -->", None),
        ("<link rel=icon href=https://cdn.test/i.png>", None),
        ("<script src=https://cdn.test/a.js>", WARN),
        ("<script src=https://cdn.test/a.js integrity=md5-YWJj>", WARN),
        ("<link rel='preload StyleSheet' href=https://cdn.test/a.css>", WARN),
        ("<base href=https://cdn.test/x/><script src=a.js>", WARN),
        ("<base href=https://cdn.test/><base href=/><script src=/a.js integrity=sha384-YWJj>", None),
        ("<script src=http://cdn.test/a.js integrity=sha384-YWJj>", FAIL),
        ("<script src=//cdn.test/a.js integrity=sha384-YWJj>", FAIL),
        ("<script src='/\\cdn.test/a.js' integrity=sha384-YWJj>", FAIL),
    ] {
        assert_eq!(worst("SRI-EXTERNAL", &with(&[], tag)), expected, "{tag}");
    }
    let keyed = with(&[], "<script src='https://cdn.test/a.js?key=s3cret'>");
    assert!(!details("SRI-EXTERNAL", &keyed).contains("s3cret"));
}

#[test]
fn evidence_quotes_the_token_and_hides_nonces() {
    let facts = with(&["script-src 'unsafe-inline' nonce-s3cretvalue 'nonce-s3cret\u{1b}[0m'"], "");
    assert!(
        details("CSP-UNSAFE-INLINE", &with(&["script-src 'unsafe-inline'"], "")).contains("'unsafe-inline'")
    );
    for check in CHECKS {
        if let Judgement::Judged { observations, .. } = judge(check.id, &facts) {
            let text = format!("{observations:?}");
            assert!(!text.contains("s3cret") && !text.contains('\u{1b}'), "{}: {text}", check.id);
        }
    }
    let long = with(&[&format!("default-src 'self'; {} x", "y".repeat(9000))], "");
    assert!(details("CSP-SYNTAX", &long).len() < 200);
}

proptest::proptest! {
    #[test]
    fn no_policy_or_page_breaks_a_row(
        policy in "((script-src|default-src|object-src|base-uri|'none'|'self'|'nonce-|\\*|https:|;|,| ){0,20}|\\PC{0,60})",
        page in "(<script src=|<link rel=stylesheet href=|<form|<meta http-equiv=content-security-policy content=|//|'|>|\\PC){0,20}",
    ) {
        let facts = with(&[&policy], &page).page(Purpose::Repeat, &[(CSP, &policy)], &page);
        for check in CHECKS {
            let _ = (check.judge)(&facts);
        }
    }
}
