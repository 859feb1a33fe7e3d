//! Each row on an answer that breaks it and on one that does not.

use crate::audit::fixture::{facts, judge, worst};
use crate::audit::{Facts, Judgement, Level, Purpose};
use crate::plan::{Profile, RouteKind};

fn set(https: bool, line: &str) -> Facts {
    facts(https).answer(Purpose::Rest, RouteKind::Html, 200, &[("Set-Cookie", line)], "")
}

const GOOD: &str = "sessionid=abc; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600";

#[test]
fn rows_on_attributes() {
    let fail = Some(Level::Fail);
    let warn = Some(Level::Warn);
    for (check, line, expected) in [
        ("CK-SECURE", GOOD, None),
        ("CK-SECURE", "sessionid=abc; HttpOnly", fail),
        ("CK-SECURE", "csrftoken=abc", fail),
        ("CK-SECURE", "theme=dark", warn),
        ("CK-HTTPONLY", GOOD, None),
        ("CK-HTTPONLY", "csrftoken=abc; Secure", None),
        ("CK-HTTPONLY", "sessionid=abc; Secure", fail),
        ("CK-HTTPONLY", "t=0123456789abcdef0123456789abcdef", fail),
        ("CK-HTTPONLY", "last_login=1700000000", None),
        ("CK-SAMESITE", GOOD, None),
        ("CK-SAMESITE", "a=b; SameSite=None; Secure", None),
        ("CK-SAMESITE", "a=b", warn),
        ("CK-SAMESITE", "a=b; SameSite=None", fail),
        ("CK-SAMESITE", "a=b; SameSite=Maybe", fail),
        ("CK-PREFIX", "__Host-sessionid=a; Secure; Path=/", None),
        ("CK-PREFIX", "sessionid=a", None),
        ("CK-PREFIX", "__Host-sessionid=a; Secure; Path=/; Domain=x.test", fail),
        ("CK-PREFIX", "__secure-a=b", fail),
        ("CK-SCOPE", GOOD, None),
        ("CK-SCOPE", "sessionid=a; Domain=example.test", warn),
        ("CK-SCOPE", "theme=a; Domain=example.test", None),
        ("CK-LIFETIME", GOOD, None),
        ("CK-LIFETIME", "sessionid=a; Max-Age=31536000", warn),
    ] {
        assert_eq!(worst(check, &set(true, line)), expected, "{check}: {line}");
    }
    assert_eq!(worst("CK-SECURE", &set(false, GOOD)), fail, "over plain http");
}

#[test]
fn deletions_are_no_cookies() {
    for line in ["sessionid=; Max-Age=0", "sessionid=; expires=Thu, 01 Jan 1970 00:00:00 GMT"] {
        assert!(matches!(judge("CK-SECURE", &set(true, line)), Judgement::NotApplicable(_)), "{line}");
    }
}

#[test]
fn strict_profile_wants_prefixes() {
    let mut strict = set(true, GOOD);
    strict.profile = Profile::Strict;
    assert_eq!(worst("CK-PREFIX", &strict), Some(Level::Warn));
}

#[test]
fn cookie_sizes() {
    assert_eq!(worst("CK-SIZE", &set(true, GOOD)), None);
    assert_eq!(worst("CK-SIZE", &set(true, &format!("a={}", "x".repeat(4096)))), Some(Level::Fail));
    let (a, b) = (format!("a={}", "x".repeat(3000)), format!("b={}", "x".repeat(3000)));
    let two = facts(true).answer(
        Purpose::Rest,
        RouteKind::Html,
        200,
        &[("Set-Cookie", &a), ("Set-Cookie", &b)],
        "",
    );
    assert_eq!(worst("CK-SIZE", &two), Some(Level::Warn));
}

#[test]
fn cookies_on_static_files() {
    let file =
        |headers: &[(&str, &str)]| facts(true).answer(Purpose::Rest, RouteKind::Static, 200, headers, "");
    assert_eq!(worst("CK-ON-STATIC", &file(&[("Cache-Control", "public")])), None);
    assert_eq!(worst("CK-ON-STATIC", &file(&[("Set-Cookie", "a=b")])), Some(Level::Warn));
    let shared = file(&[("Set-Cookie", "a=b"), ("Cache-Control", "public, max-age=60")]);
    assert_eq!(worst("CK-ON-STATIC", &shared), Some(Level::Fail));
}

fn login(facts: Facts, purpose: Purpose, value: &str) -> Facts {
    let line = format!("sessionid={value}; Secure; HttpOnly");
    facts.answer(purpose, RouteKind::Login, 302, &[("Set-Cookie", &line)], "")
}

#[test]
fn fixation_is_a_session_that_stays() {
    let kept =
        login(facts(true), Purpose::FixationLogin, "chosen").sent("Cookie", "csrftoken=x; sessionid=chosen");
    assert_eq!(worst("CK-FIXATION", &kept), Some(Level::Fail));
    let renewed = login(facts(true), Purpose::FixationLogin, "fresh").sent("Cookie", "sessionid=chosen");
    assert_eq!(worst("CK-FIXATION", &renewed), None);
    assert!(matches!(judge("CK-FIXATION", &facts(true)), Judgement::NotRun(_)));
}

#[test]
fn a_login_without_a_cookie_is_read_beside_the_genuine_one() {
    let to = |facts: Facts, purpose, place: &str| {
        facts.answer(purpose, RouteKind::Login, 302, &[("Location", place)], "")
    };
    let trial = |place| to(to(facts(true), Purpose::Login, "/home/"), Purpose::FixationLogin, place);
    let trial = |place| trial(place).sent("Cookie", "sessionid=chosen");
    assert_eq!(worst("CK-FIXATION", &trial("/home/")), Some(Level::Fail), "let in with the chosen session");
    let refused = judge("CK-FIXATION", &trial("/login/?error=1"));
    assert!(matches!(refused, Judgement::Inconclusive(_)), "{refused:?}");
    let alone = to(facts(true), Purpose::FixationLogin, "/home/").sent("Cookie", "sessionid=chosen");
    assert!(matches!(judge("CK-FIXATION", &alone), Judgement::Inconclusive(_)), "no control");
}

#[test]
fn entropy_goes_by_length_and_alphabet() {
    let pair = |a: &str, b: &str| login(login(facts(true), Purpose::Login, a), Purpose::Login, b);
    let (a, b) = ("k3x9mvwq0p7z1r5t8y2u4i6o3a9s7d5f", "q7w5e3r1t9y8u6i4o2p0a1s3d5f7g9h2");
    assert_eq!(worst("CK-ENTROPY", &pair(a, b)), None);
    assert_eq!(worst("CK-ENTROPY", &pair(a, a)), Some(Level::Fail), "the same twice");
    assert_eq!(worst("CK-ENTROPY", &pair("1234567890", "1234567891")), Some(Level::Fail), "33 bits");
}

fn status(facts: Facts, purpose: Purpose, status: u16) -> Facts {
    facts.answer(purpose, RouteKind::Protected, status, &[], "")
}

#[test]
fn logout_must_end_the_session() {
    let out = |before, after| {
        let facts = status(facts(true), Purpose::BeforeLogout, before);
        status(status(facts, Purpose::Logout, 302), Purpose::AfterLogout, after)
    };
    assert_eq!(worst("SESSION-LOGOUT", &out(200, 302)), None);
    assert_eq!(worst("SESSION-LOGOUT", &out(200, 200)), Some(Level::Fail));
    assert!(matches!(judge("SESSION-LOGOUT", &out(403, 403)), Judgement::Inconclusive(_)));
}

#[test]
fn forged_posts_must_be_refused() {
    for (check, purpose) in
        [("CSRF-REQUIRED", Purpose::PostWithoutCsrf), ("CSRF-ORIGIN", Purpose::PostForeignOrigin)]
    {
        let posts =
            |control, forged| status(status(facts(true), Purpose::PostWithCsrf, control), purpose, forged);
        assert_eq!(worst(check, &posts(302, 403)), None, "{check}");
        assert_eq!(worst(check, &posts(302, 302)), Some(Level::Fail), "{check}");
        assert!(matches!(judge(check, &posts(403, 403)), Judgement::Inconclusive(_)), "{check}");
    }
}

#[test]
fn a_get_must_not_log_out() {
    let get = |answer, after| {
        status(status(facts(true), Purpose::LogoutByGet, answer), Purpose::AfterLogoutByGet, after)
    };
    assert_eq!(worst("CSRF-SAFE-METHOD", &get(405, 200)), None);
    assert_eq!(worst("CSRF-SAFE-METHOD", &get(302, 302)), Some(Level::Fail));
}

#[test]
fn without_a_session_auth_the_rows_do_not_apply() {
    let mut none = facts(true);
    none.has_session = false;
    for check in
        ["CK-FIXATION", "CK-ENTROPY", "SESSION-LOGOUT", "CSRF-REQUIRED", "CSRF-ORIGIN", "CSRF-SAFE-METHOD"]
    {
        assert!(matches!(judge(check, &none), Judgement::NotApplicable(_)), "{check}");
    }
}

#[test]
fn an_error_after_the_logout_proves_nothing() {
    let after = |status_after| {
        let facts = status(facts(true), Purpose::AnonymousPage, 302);
        let facts = status(status(facts, Purpose::BeforeLogout, 200), Purpose::Logout, 302);
        let facts = status(facts, Purpose::AfterLogout, status_after);
        status(status(facts, Purpose::LogoutByGet, 405), Purpose::AfterLogoutByGet, status_after)
    };
    for check in ["SESSION-LOGOUT", "CSRF-SAFE-METHOD"] {
        for error in [429, 500, 503] {
            assert!(matches!(judge(check, &after(error)), Judgement::Inconclusive(_)), "{check} {error}");
        }
    }
}

#[test]
fn a_page_that_everybody_may_see_tells_nothing_of_sessions() {
    let public = status(facts(true), Purpose::AnonymousPage, 200);
    let public = status(status(public, Purpose::BeforeLogout, 200), Purpose::Logout, 302);
    let public = status(public, Purpose::AfterLogout, 200);
    let public = status(status(public, Purpose::LogoutByGet, 302), Purpose::AfterLogoutByGet, 200);
    for check in ["SESSION-LOGOUT", "CSRF-SAFE-METHOD"] {
        assert!(matches!(judge(check, &public), Judgement::Inconclusive(_)), "{check}");
    }
}

#[test]
fn a_redirect_elsewhere_is_a_refusal() {
    let to = |facts: Facts, purpose, place: &str| {
        facts.answer(purpose, RouteKind::Logout, 302, &[("Location", place)], "")
    };
    for (check, purpose) in
        [("CSRF-REQUIRED", Purpose::PostWithoutCsrf), ("CSRF-ORIGIN", Purpose::PostForeignOrigin)]
    {
        let control = to(facts(true), Purpose::PostWithCsrf, "/bye/");
        assert_eq!(worst(check, &to(control.clone(), purpose, "/csrf-failed/")), None, "{check}");
        assert_eq!(worst(check, &to(control, purpose, "/bye/")), Some(Level::Fail), "{check}");
    }
}

#[test]
fn a_login_without_a_logout_leaves_nothing_undone() {
    let login = facts(true).answer(Purpose::Login, RouteKind::Login, 302, &[("Set-Cookie", GOOD)], "");
    for check in ["SESSION-LOGOUT", "CSRF-REQUIRED", "CSRF-ORIGIN", "CSRF-SAFE-METHOD", "HDR-CLEAR-SITE"] {
        assert_eq!(
            judge(check, &login),
            Judgement::NotApplicable("the scenario's `session` auth names no `logout`".into()),
            "{check}"
        );
        let tried = login.clone().answer(Purpose::PostWithCsrf, RouteKind::Logout, 500, &[], "");
        assert!(!matches!(judge(check, &tried), Judgement::NotApplicable(_)), "{check}");
    }
}
