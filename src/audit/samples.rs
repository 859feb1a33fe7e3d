//! Every check beside a stack that is sound and beside the same stack with one thing spoilt. A check of the
//! catalogue without its line in [`spoil`] fails the test: add what breaks its rule there, or in the `samples` of its
//! own family where [`FAMILIES`] lists one.

use super::fixture::facts;
use super::{Facts, Judgement, Level, Mode, Purpose, catalogue};
use crate::plan::RouteKind;
use crate::wire::Response;

const HSTS: (&str, &str) = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload");
const SECURE: [(&str, &str); 9] = [
    HSTS,
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Server", "nginx"),
];
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
const BODY: &str = "<form action=/x></form><script src=https://cdn.example/a.js integrity=sha384-abc \
                    crossorigin=anonymous></script>";
const SESSIONS: [&str; 3] = [
    "k3x9mvwq0p7z1r5t8y2u4i6o3a9s7d5f",
    "q7w5e3r1t9y8u6i4o2p0a1s3d5f7g9h2",
    "z1x3c5v7b9n8m6a4s2d0f9g7h5j3k1l0",
];

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; object-src 'none'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; report-to main"
    )
}

fn cookie(value: &str) -> String {
    format!("sessionid={value}; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600")
}

/// A stack with nothing wrong, asked for everything that the audit asks for.
fn sound() -> Facts {
    use Purpose as P;
    use RouteKind as K;
    let html = ("Content-Type", "text/html; charset=utf-8");
    let json = ("Content-Type", "application/json");
    let mut all = facts(true);
    let mut add = |purpose, kind, status, own: &[(&str, &str)], body: &str| {
        let headers = [&SECURE[..], own].concat();
        all = all.clone().answer(purpose, kind, status, &headers, body);
    };
    for (purpose, kind, nonce) in [
        (P::Rest, K::Html, "Zm9vYmFyYmF6cXV4MTIzNA"),
        (P::Repeat, K::Html, "bm9uY2Utb2YtcmVwZWF0MQ"),
        (P::Repeat, K::Html, "bm9uY2Utb2YtcmVwZWF0Mg"),
        (P::LoginPage, K::Login, "bG9naW4tcGFnZS1ub25jZQ"),
    ] {
        add(purpose, kind, 200, &[html, ("Content-Security-Policy", &policy(nonce))], BODY);
    }
    let data = ("Content-Security-Policy", DATA_POLICY);
    add(P::Rest, K::Json, 200, &[json, data], "{}");
    add(P::Rest, K::Protected, 200, &[json, data], "{\"owner\":\"ada\"}");
    add(
        P::Rest,
        K::Static,
        200,
        &[("Content-Type", "text/css"), ("Cache-Control", "public, max-age=60")],
        "a{}",
    );
    add(P::Rest, K::Html, 302, &[("Location", "/accounts/login/")], "");
    add(P::Rest, K::Json, 500, &[("Content-Type", "text/plain; charset=utf-8")], "Sorry.");
    for (purpose, status) in [
        (P::NotFound, 404),
        (P::WrongMethod, 405),
        (P::LongHeader, 400),
        (P::LargeBody, 413),
        (P::ForeignHost, 400),
        (P::LoginWithoutCsrf, 403),
    ] {
        add(purpose, K::Html, status, &[html], "Not today.");
    }
    for session in SESSIONS {
        add(P::Login, K::Login, 302, &[("Set-Cookie", &cookie(session)), ("Location", "/")], "");
    }
    for (purpose, status) in [
        (P::PostWithCsrf, 302),
        (P::PostWithoutCsrf, 403),
        (P::PostForeignOrigin, 403),
        (P::AnonymousPage, 302),
        (P::BeforeLogout, 200),
        (P::AfterLogout, 302),
        (P::LogoutByGet, 405),
        (P::AfterLogoutByGet, 200),
    ] {
        add(purpose, K::Protected, status, &[("Location", "/accounts/login/")], "");
    }
    add(P::Logout, K::Logout, 302, &[("Location", "/"), ("Clear-Site-Data", "\"cookies\"")], "");
    let fresh = cookie("fresh-9m4n7b2v8c1x6z3l5k0j");
    add(P::FixationLogin, K::Login, 302, &[("Set-Cookie", &fresh), ("Location", "/")], "");
    let mut all = all.sent("Cookie", "sessionid=chosen");
    for family in FAMILIES {
        (family.sound)(&mut all);
    }
    all
}

/// What a family brings of its own.
struct Family {
    /// Adds what its probes bring from a sound stack.
    sound: fn(&mut Facts),
    /// Breaks the rule of one of its checks on a sound stack; false: no check of the family.
    spoil: fn(&str, &mut Facts) -> bool,
    /// Checks that at most note something.
    notes: &'static [&'static str],
}

/// Families that have a `samples` module of their own.
const FAMILIES: &[Family] = &[
    Family { sound: super::auth::samples::sound, spoil: super::auth::samples::spoil, notes: &[] },
    Family { sound: super::files::samples::sound, spoil: super::files::samples::spoil, notes: &[] },
    Family { sound: super::statics::samples::sound, spoil: super::statics::samples::spoil, notes: &[] },
    Family { sound: super::errors::samples::sound, spoil: super::errors::samples::spoil, notes: &[] },
    Family { sound: super::cors::samples::sound, spoil: super::cors::samples::spoil, notes: &[] },
    Family {
        sound: super::django::deployment::samples::sound,
        spoil: super::django::deployment::samples::spoil,
        notes: &["DJ-ADMIN"],
    },
    Family {
        sound: super::django::check_deploy::samples::sound,
        spoil: super::django::check_deploy::samples::spoil,
        notes: &[],
    },
    Family { sound: super::drf::samples::sound, spoil: super::drf::samples::spoil, notes: &[] },
    Family { sound: super::jwt::samples::sound, spoil: super::jwt::samples::spoil, notes: &[] },
    Family { sound: super::net::samples::sound, spoil: super::net::samples::spoil, notes: &[] },
    Family { sound: super::tls::samples::sound, spoil: super::tls::samples::spoil, notes: &["TLS-ALPN"] },
    Family { sound: super::meta::samples::sound, spoil: super::meta::samples::spoil, notes: &[] },
    Family { sound: super::login::samples::sound, spoil: super::login::samples::spoil, notes: &[] },
    Family { sound: super::http::samples::sound, spoil: super::http::samples::spoil, notes: &[] },
    Family {
        sound: super::load::samples::sound,
        spoil: super::load::samples::spoil,
        notes: &["LOAD-TLS-RESUME"],
    },
    // Last: the other stack is as this one is.
    Family {
        sound: super::diff::samples::sound,
        spoil: super::diff::samples::spoil,
        notes: &["DIFF-LIMITS"],
    },
];

/// Adds an answer with every header that it should have: for probes whose answer's body and status matter.
pub(super) fn plain(facts: &mut Facts, purpose: Purpose, status: u16, body: &str) {
    let own = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Security-Policy", DATA_POLICY),
        ("Cache-Control", "no-store"),
    ];
    let headers = [&SECURE[..], &own].concat();
    let taken = std::mem::replace(facts, super::fixture::facts(true));
    *facts = taken.answer(purpose, RouteKind::Html, status, &headers, body);
}

/// Changes the answers of a purpose.
pub(super) fn change(facts: &mut Facts, purpose: Purpose, with: impl Fn(&mut Response)) {
    for exchange in facts.exchanges.iter_mut().filter(|exchange| exchange.purpose == purpose) {
        if let Ok(answer) = &mut exchange.answer {
            with(answer);
        }
    }
}

/// What of a stack is changed.
struct Spoiler(Facts);

impl Spoiler {
    fn answers(&mut self, of: impl Fn(Purpose, RouteKind, u16) -> bool, change: impl Fn(&mut Response)) {
        for exchange in &mut self.0.exchanges {
            if let Ok(answer) = &mut exchange.answer
                && of(exchange.purpose, exchange.site.kind, answer.status)
            {
                change(answer);
            }
        }
    }

    fn all(&mut self, change: impl Fn(&mut Response)) {
        self.answers(|_, _, _| true, change);
    }

    fn of(&mut self, purpose: Purpose, change: impl Fn(&mut Response)) {
        self.answers(|p, _, _| p == purpose, change);
    }

    /// Changes the policy of pages (the one with a nonce).
    fn policy(&mut self, from: &str, to: &str) {
        assert!(policy("x").contains(from), "{from}");
        self.all(|answer| {
            for (name, value) in &mut answer.headers {
                let text = String::from_utf8_lossy(value).into_owned();
                if name == "Content-Security-Policy" && text.contains("nonce") {
                    *value = text.replace(from, to).into_bytes();
                }
            }
        });
    }

    /// Replaces the whole list of script-src.
    fn scripts(&mut self, list: &str) {
        self.all(|answer| {
            for (name, value) in &mut answer.headers {
                let text = String::from_utf8_lossy(value).into_owned();
                if name == "Content-Security-Policy" && text.contains("nonce") {
                    let parts = text.split(';').map(|part| match part.trim().starts_with("script-src") {
                        true => format!(" script-src {list}"),
                        false => part.to_owned(),
                    });
                    *value = parts.collect::<Vec<_>>().join(";").into_bytes();
                }
            }
        });
    }

    fn cookies(&mut self, from: &str, to: &str) {
        assert!(cookie("x").contains(from), "{from}");
        self.of(Purpose::Login, |answer| {
            for (_, value) in answer.headers.iter_mut().filter(|(name, _)| name == "Set-Cookie") {
                *value = String::from_utf8_lossy(value).replace(from, to).into_bytes();
            }
        });
    }
}

fn drop(answer: &mut Response, name: &str) {
    answer.headers.retain(|(other, _)| other != name);
}

fn add(answer: &mut Response, name: &str, value: &str) {
    answer.headers.push((name.to_owned(), value.as_bytes().to_vec()));
}

fn set(answer: &mut Response, name: &str, value: &str) {
    drop(answer, name);
    add(answer, name, value);
}

fn body(answer: &mut Response, text: &str) {
    answer.body = text.as_bytes().to_vec();
    answer.body_length = text.len() as u64;
}

/// The sound stack with what breaks one check; `None`: no line for it.
fn spoil(check: &str) -> Option<Facts> {
    use Purpose as P;
    let mut it = Spoiler(sound());
    match check {
        "HDR-HSTS" => it.all(|a| drop(a, HSTS.0)),
        "HDR-HSTS-SUB" => it.all(|a| set(a, HSTS.0, "max-age=31536000")),
        "HDR-HSTS-PRELOAD" => it.all(|a| set(a, HSTS.0, "max-age=31536000; preload")),
        "HDR-HSTS-HTTP" => it.0.https = false,
        "HDR-XCTO" => it.all(|a| set(a, "X-Content-Type-Options", "sniff")),
        "HDR-FRAME" => it.policy("frame-ancestors 'none'", "frame-ancestors *"),
        "HDR-REFERRER" => it.all(|a| set(a, "Referrer-Policy", "unsafe-url")),
        "HDR-PERMISSIONS" => it.all(|a| set(a, "Permissions-Policy", "camera 'none'")),
        "HDR-COOP" => it.all(|a| set(a, "Cross-Origin-Opener-Policy", "same")),
        "HDR-COEP" => it.all(|a| set(a, "Cross-Origin-Embedder-Policy", "yes")),
        "HDR-CORP" => it.all(|a| drop(a, "Cross-Origin-Resource-Policy")),
        "HDR-XPCDP" => it.all(|a| add(a, "X-Permitted-Cross-Domain-Policies", "all")),
        "HDR-XXSSP" => it.all(|a| add(a, "X-XSS-Protection", "1")),
        "HDR-OBSOLETE" => it.all(|a| add(a, "Expect-CT", "max-age=1")),
        "HDR-DUP" => it.all(|a| add(a, "X-Frame-Options", "SAMEORIGIN")),
        "HDR-CTYPE" => it.all(|a| drop(a, "Content-Type")),
        "HDR-SERVER-VERSION" => it.all(|a| set(a, "Server", "nginx/1.22.1")),
        "HDR-TECH" => it.all(|a| add(a, "X-Powered-By", "PHP")),
        "HDR-INTERNAL" => it.all(|a| add(a, "X-Upstream", "10.0.3.7:8000")),
        "HDR-CLEAR-SITE" => it.of(P::Logout, |a| drop(a, "Clear-Site-Data")),
        "HDR-ON-ERROR" => it.answers(|_, _, status| status >= 400, |a| drop(a, HSTS.0)),
        "HDR-ON-REDIRECT" => it.answers(|_, _, status| status == 302, |a| drop(a, HSTS.0)),
        "HDR-COVERAGE" => it.answers(|_, kind, _| kind == RouteKind::Static, |a| drop(a, HSTS.0)),
        "CSP-PRESENT" => it.all(|a| drop(a, "Content-Security-Policy")),
        "CSP-SYNTAX" => it.policy("style-src 'self';", "style-src self"),
        "CSP-UNSAFE-INLINE" => it.scripts("'self' 'unsafe-inline'"),
        "CSP-UNSAFE-EVAL" => it.policy("'strict-dynamic'", "'strict-dynamic' 'unsafe-eval'"),
        "CSP-WILDCARD" => it.scripts("https:"),
        "CSP-BYPASS-HOST" => it.scripts("https://ajax.googleapis.com"),
        "CSP-OBJECT-BASE" => it.policy("base-uri 'none'; ", ""),
        "CSP-ELEM-ATTR" => it.policy("style-src", "script-src-elem 'unsafe-inline'; style-src"),
        "CSP-NONCE-STATIC" => it.scripts("'nonce-Zm9vYmFyYmF6cXV4MTIzNA'"),
        "CSP-NONCE-WEAK" => it.policy("'nonce-", "'nonce-abc' 'x-"),
        "CSP-STRICT" => it.scripts("'strict-dynamic'"),
        "CSP-HTTP-SOURCE" => it.scripts("http://scripts.example"),
        "CSP-FORM-ACTION" => it.policy("form-action 'self'; ", ""),
        "CSP-REPORTING" => it.policy("; report-to main", ""),
        "CSP-TRUSTED-TYPES" => it.policy("require-trusted-types-for 'script'; ", ""),
        "SRI-EXTERNAL" => it.answers(
            |_, kind, status| kind == RouteKind::Html && status == 200,
            |a| body(a, "<script src=https://cdn.example/a.js></script>"),
        ),
        "CK-SECURE" => it.cookies("Secure; ", ""),
        "CK-HTTPONLY" => it.cookies("HttpOnly; ", ""),
        "CK-SAMESITE" => it.cookies("SameSite=Lax", "SameSite=Perhaps"),
        "CK-PREFIX" => {
            it.cookies("sessionid=", "__Host-sessionid=");
            it.cookies("Path=/; ", "");
        }
        "CK-SCOPE" => it.cookies("Path=/", "Path=/; Domain=example.test"),
        "CK-SIZE" => it.cookies("sessionid=", &format!("sessionid={}", "x".repeat(4096))),
        "CK-ON-STATIC" => {
            it.answers(|_, kind, _| kind == RouteKind::Static, |a| add(a, "Set-Cookie", &cookie("x")));
        }
        "CK-LIFETIME" => it.cookies("Max-Age=1209600", "Max-Age=31536000"),
        "CK-FIXATION" => it.of(P::FixationLogin, |a| set(a, "Set-Cookie", &cookie("chosen"))),
        "CK-ENTROPY" => it.of(P::Login, |a| set(a, "Set-Cookie", &cookie("12345678"))),
        "SESSION-LOGOUT" => it.of(P::AfterLogout, |a| a.status = 200),
        "CSRF-REQUIRED" => it.of(P::PostWithoutCsrf, |a| a.status = 302),
        "CSRF-ORIGIN" => it.of(P::PostForeignOrigin, |a| a.status = 302),
        "CSRF-SAFE-METHOD" => it.of(P::AfterLogoutByGet, |a| a.status = 302),
        "DJ-RUNSERVER" => it.all(|a| set(a, "Server", "WSGIServer/0.2 CPython/3.11.7")),
        "DJ-DEBUG-404" => it.of(P::NotFound, |a| body(a, "Page not found at /x. Using the URLconf a.urls")),
        "DJ-DEBUG-500" => it.answers(
            |_, _, status| status == 500,
            |a| body(a, "Exception Type: ValueError Request Method: GET Traceback"),
        ),
        "DJ-DEBUG-HOST" => it.of(P::ForeignHost, |a| body(a, "DisallowedHost: Invalid HTTP_HOST header")),
        "DJ-DEBUG-CSRF" => {
            it.of(P::LoginWithoutCsrf, |a| body(a, "Reason given for failure: ... DEBUG = True"));
        }
        _ => return FAMILIES.iter().any(|family| (family.spoil)(check, &mut it.0)).then_some(it.0),
    }
    Some(it.0)
}

/// The worst that a check sees; `Err` when it does not judge.
fn seen(check: &super::Check, facts: &Facts) -> Result<Option<Level>, Judgement> {
    match (check.judge)(facts) {
        Judgement::Judged { places, observations } => {
            assert!(places > 0, "{} judged nothing", check.id);
            Ok(observations.iter().map(|seen| seen.level).max())
        }
        other => Err(other),
    }
}

#[test]
fn every_check_passes_the_sound_stack() {
    for check in catalogue() {
        let mut sound = sound();
        if check.id == "HDR-HSTS-HTTP" {
            sound.https = false;
            sound.exchanges.iter_mut().filter_map(|e| e.answer.as_mut().ok()).for_each(|a| drop(a, HSTS.0));
        }
        assert_eq!(seen(check, &sound), Ok(None), "{}", check.id);
    }
}

#[test]
fn every_check_sees_what_breaks_its_rule() {
    for check in catalogue() {
        let spoilt = spoil(check.id).unwrap_or_else(|| panic!("{} has no line in `spoil`", check.id));
        let level = seen(check, &spoilt).unwrap_or_else(|other| panic!("{}: {other:?}", check.id));
        assert!(level.is_some(), "{} sees nothing in its own spoilt stack", check.id);
        // A rule that can fail is shown failing, not just noting something.
        let notes = ["HDR-CLEAR-SITE", "CSP-REPORTING", "CSP-TRUSTED-TYPES"];
        let mut notes = notes.iter().chain(FAMILIES.iter().flat_map(|family| family.notes));
        assert!(level > Some(Level::Info) || notes.any(|id| *id == check.id), "{}: {level:?}", check.id);
    }
}

/// One cause turns one row red, and those that follow from it: on purpose, each is listed.
#[test]
fn one_cause_is_one_finding() {
    let follows: &[(&str, &[&str])] = &[
        ("HDR-HSTS", &[]),
        ("HDR-XCTO", &[]),
        ("HDR-ON-ERROR", &["HDR-HSTS"]),
        ("HDR-ON-REDIRECT", &[]),
        ("HDR-COVERAGE", &["HDR-HSTS", "HDR-ON-ERROR"]),
        ("CSP-PRESENT", &[]),
        ("CSP-UNSAFE-EVAL", &[]),
        ("CSP-FORM-ACTION", &[]),
        ("CSP-OBJECT-BASE", &[]),
        ("SRI-EXTERNAL", &[]),
        ("CK-SECURE", &[]),
        ("CK-HTTPONLY", &[]),
        ("CK-FIXATION", &[]),
        ("SESSION-LOGOUT", &[]),
        ("CSRF-REQUIRED", &[]),
        ("CSRF-ORIGIN", &[]),
        ("CSRF-SAFE-METHOD", &[]),
        ("DJ-DEBUG-404", &[]),
        ("DJ-DEBUG-500", &[]),
        ("DJ-DEBUG-HOST", &[]),
        ("DJ-DEBUG-CSRF", &[]),
    ];
    for (id, others) in follows {
        let facts = spoil(id).unwrap();
        let red: Vec<&str> = catalogue()
            // Worse than the other stack, or than under load, is whatever is spoilt in one place only; and Django's own
            // settings are good here.
            .filter(|check| {
                matches!(check.mode, Mode::Passive | Mode::Active) && check.id != "DJ-CHECK-DEPLOY"
            })
            .filter(|check| matches!(seen(check, &facts), Ok(Some(Level::Warn | Level::Fail))))
            .map(|check| check.id)
            .filter(|red| red != id)
            .collect();
        assert_eq!(red, *others, "beside {id}");
    }
}
