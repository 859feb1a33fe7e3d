//! Each fault changes what it says, and the target without it does not show it.

use reqwest::Method;
use reqwest::header::HeaderMap;
use shakedown::target::Fault;

use crate::process::{Target, line, lines};
use crate::sessions::{Person, cookie};

/// What a GET shows: headers and body.
type Shows = fn(&HeaderMap, &str) -> bool;

/// What one `Set-Cookie` line shows.
type ShowsCookie = fn(&str) -> bool;

fn csp(headers: &HeaderMap) -> String {
    line(headers, "content-security-policy")
}

/// Faults that one GET of one path shows. `/` is a page, `/healthz` data, `/static/staticfiles.json` a file.
const BY_GET: &[(Fault, &str, Shows)] = &[
    (Fault::NoHsts, "/", |h, _| lines(h, "strict-transport-security").is_empty()),
    (Fault::ShortHsts, "/", |h, _| line(h, "strict-transport-security").contains("max-age=300;")),
    (Fault::HstsNoSubdomains, "/", |h, _| {
        !line(h, "strict-transport-security").contains("includeSubDomains")
    }),
    (Fault::HstsPreload, "/", |h, _| line(h, "strict-transport-security").contains("preload")),
    (Fault::NoNosniff, "/", |h, _| lines(h, "x-content-type-options").is_empty()),
    (Fault::NoFrameOptions, "/", |h, _| {
        lines(h, "x-frame-options").is_empty() && !csp(h).contains("frame-ancestors")
    }),
    (Fault::UnsafeReferrer, "/", |h, _| line(h, "referrer-policy") == "unsafe-url"),
    (Fault::NoPermissionsPolicy, "/", |h, _| lines(h, "permissions-policy").is_empty()),
    (Fault::PermissionsSyntax, "/", |h, _| line(h, "permissions-policy").contains("camera 'none'")),
    (Fault::BadCoop, "/", |h, _| line(h, "cross-origin-opener-policy") == "same"),
    (Fault::BadCoep, "/", |h, _| line(h, "cross-origin-embedder-policy") == "yes"),
    (Fault::NoCorp, "/", |h, _| lines(h, "cross-origin-resource-policy").is_empty()),
    (Fault::CrossDomainPolicies, "/", |h, _| line(h, "x-permitted-cross-domain-policies") == "all"),
    (Fault::XssProtectionOn, "/", |h, _| line(h, "x-xss-protection").starts_with('1')),
    (Fault::ObsoleteHeader, "/", |h, _| h.contains_key("expect-ct")),
    (Fault::DuplicateHeaders, "/", |h, _| lines(h, "x-frame-options") == ["DENY", "SAMEORIGIN"]),
    (Fault::WrongContentType, "/api/whoami/", |h, _| line(h, "content-type").starts_with("text/html")),
    (Fault::ServerVersion, "/", |h, _| line(h, "server") == "nginx/1.22.1"),
    (Fault::TechHeader, "/", |h, _| h.contains_key("x-powered-by")),
    (Fault::InternalAddress, "/", |h, _| line(h, "x-upstream").starts_with("10.")),
    (Fault::HeadersMissingOnErrors, "/nowhere/", |h, _| lines(h, "strict-transport-security").is_empty()),
    (Fault::HeadersMissingOnRedirect, "/dashboard/", |h, _| lines(h, "strict-transport-security").is_empty()),
    (Fault::HeadersMissingOnStatic, "/static/staticfiles.json", |h, _| {
        lines(h, "strict-transport-security").is_empty()
    }),
    (Fault::NoCsp, "/", |h, _| lines(h, "content-security-policy").is_empty()),
    (Fault::CspSyntax, "/", |h, _| csp(h).contains("style-src self img-src")),
    (Fault::CspUnsafeInline, "/", |h, _| csp(h).contains("script-src 'self' 'unsafe-inline'")),
    (Fault::CspUnsafeEval, "/", |h, _| csp(h).contains("'unsafe-eval'")),
    (Fault::CspWildcard, "/", |h, _| csp(h).contains("script-src *")),
    (Fault::CspBypassHost, "/", |h, _| csp(h).contains("googleapis")),
    (Fault::CspNoObjectBase, "/", |h, _| {
        !csp(h).contains("base-uri") && !csp(h).contains("object-src 'none'")
    }),
    (Fault::CspElem, "/", |h, _| csp(h).contains("script-src-elem 'self' 'unsafe-inline'")),
    (Fault::CspStaticNonce, "/", |h, _| csp(h).contains("'nonce-c3RhdGlj")),
    (Fault::CspShortNonce, "/", |h, _| {
        csp(h).split("'nonce-").nth(1).and_then(|rest| rest.find('\'')) == Some(4)
    }),
    (Fault::CspLoneStrictDynamic, "/", |h, _| csp(h).contains("script-src 'strict-dynamic';")),
    (Fault::CspHttpSource, "/", |h, _| csp(h).contains("http://")),
    (Fault::CspNoFormAction, "/", |h, _| !csp(h).contains("form-action")),
    (Fault::SriMissing, "/", |_, body| body.contains("src=\"https://cdn.example/")),
    (Fault::CookieOnStatic, "/static/staticfiles.json", |h, _| h.contains_key("set-cookie")),
    (Fault::ServerRunserver, "/", |h, _| line(h, "server").starts_with("WSGIServer/")),
    (Fault::Debug404, "/nowhere/", |_, body| body.contains("Using the URLconf")),
    (Fault::Debug500, "/boom/", |_, body| body.contains("Traceback")),
];

/// Faults that a login's `Set-Cookie` lines show.
const BY_COOKIES: &[(Fault, ShowsCookie)] = &[
    (Fault::CookieNotSecure, |c| !c.contains("Secure")),
    (Fault::CookieNotHttponly, |c| !c.contains("HttpOnly")),
    (Fault::CookieSamesiteNone, |c| c.contains("SameSite=None") && !c.contains("Secure")),
    (Fault::CookieBrokenPrefix, |c| c.starts_with("__Host-") && !c.contains("Path=/;")),
    (Fault::CookieDomain, |c| c.contains("Domain=")),
    (Fault::CookieHuge, |c| c.len() > 5000),
    (Fault::CookieLongLived, |c| c.starts_with("sessionid=") && c.contains("Max-Age=63072000")),
    (Fault::SessionLowEntropy, |c| {
        c.strip_prefix("sessionid=").and_then(|rest| rest.split(';').next()).is_some_and(|id| id.len() == 8)
    }),
];

#[tokio::test]
async fn faults_that_one_answer_shows() {
    let sound = Target::start("production");
    for (fault, path, shows) in BY_GET {
        for (target, expected) in [(&Target::with_fault("production", fault.name()), true), (&sound, false)] {
            let answer = target.get(path).await;
            let headers = answer.headers().clone();
            let body = answer.text().await.unwrap();
            assert_eq!(shows(&headers, &body), expected, "{} of {path}: {headers:?}", fault.name());
        }
    }
}

#[tokio::test]
async fn faults_that_cookies_show() {
    let sound = Target::start("production");
    for (fault, shows) in BY_COOKIES {
        for (target, expected) in [(&Target::with_fault("production", fault.name()), true), (&sound, false)] {
            let answer = Person::at(target).login("shakedown-1").await;
            assert_eq!(answer.status(), 302);
            let cookies = lines(answer.headers(), "set-cookie");
            assert_eq!(cookies.iter().any(|c| shows(c)), expected, "{}: {cookies:?}", fault.name());
        }
    }
}

#[tokio::test]
async fn hsts_over_plain_http() {
    let target = Target::with_fault("dev", "hsts-on-http");
    assert!(target.get("/").await.headers().contains_key("strict-transport-security"));
    assert!(!Target::start("dev").get("/").await.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn a_session_id_that_was_sent_is_kept() {
    for (fault, kept) in [("session-fixation", true), ("no-csp", false)] {
        let target = Target::with_fault("dev", fault);
        let person = Person::at(&target);
        let page = person.get("/accounts/login/").await;
        let secret = cookie(&page, "csrftoken");
        let answer = target
            .request(Method::POST, "/accounts/login/")
            .header("Cookie", format!("csrftoken={secret}; sessionid=chosen-by-the-attacker"))
            .form(&[("username", "user1"), ("password", "shakedown-1"), ("csrfmiddlewaretoken", &secret)])
            .send()
            .await
            .unwrap();
        assert_eq!(cookie(&answer, "sessionid") == "chosen-by-the-attacker", kept, "{fault}");
    }
}

#[tokio::test]
async fn logout_that_does_half_of_its_work() {
    for (fault, status, clears) in [("logout-keeps-session", 200, true), ("no-clear-site-data", 401, false)] {
        let target = Target::with_fault("production", fault);
        let person = Person::at(&target);
        let login = person.login("shakedown-1").await;
        let (session, token) = (cookie(&login, "sessionid"), cookie(&login, "csrftoken"));
        let form = [("csrfmiddlewaretoken", token)];
        let logout = person.request(Method::POST, "/accounts/logout/").form(&form).send().await.unwrap();
        assert_eq!(logout.headers().contains_key("clear-site-data"), clears, "{fault}");
        let replay =
            target.request(Method::GET, "/api/whoami/").header("Cookie", format!("sessionid={session}"));
        assert_eq!(replay.send().await.unwrap().status(), status, "{fault}");
    }
}

#[tokio::test]
async fn logout_by_get() {
    let target = Target::with_fault("production", "logout-by-get");
    let person = Person::at(&target);
    person.login("shakedown-1").await;
    assert_eq!(person.whoami().await, 200);
    assert_eq!(person.get("/accounts/logout/").await.status(), 302);
    assert_eq!(person.whoami().await, 401);
}

#[tokio::test]
async fn csrf_that_looks_away() {
    let target = Target::with_fault("production", "csrf-off");
    let login = [("username", "user1"), ("password", "shakedown-1")];
    assert_eq!(target.post("/accounts/login/", &login).await.status(), 302);

    let target = Target::with_fault("production", "csrf-origin-off");
    assert_eq!(target.post("/accounts/login/", &login).await.status(), 403, "the token is still wanted");
    let person = Person::at(&target);
    let token = person.form_token("/accounts/login/").await;
    let form = [("username", "user1"), ("password", "shakedown-1"), ("csrfmiddlewaretoken", &token)];
    let post = person.request(Method::POST, "/accounts/login/").header("Origin", "https://evil.example");
    assert_eq!(post.form(&form).send().await.unwrap().status(), 302);
}

#[tokio::test]
async fn debug_pages_that_a_probe_finds() {
    let target = Target::with_fault("production", "debug-host");
    let foreign = target.request(Method::GET, "/").header("Host", "foreign.invalid").send().await.unwrap();
    assert!(foreign.text().await.unwrap().contains("Invalid HTTP_HOST header"));

    let target = Target::with_fault("production", "debug-csrf");
    let forged = target.post("/accounts/login/", &[("username", "user1")]).await;
    assert!(forged.text().await.unwrap().contains("Reason given for failure"));
}
