//! Stacks that are no Django, each as small as what it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use shakedown::audit::Selection;
use shakedown::auth::Wallet;
use shakedown::record::{CheckOutcome, Outcome};
use shakedown::wire::Endpoint;
use tokio::net::TcpListener;

use crate::of;
use crate::site::{plan, run};
use crate::support::{App, header, response};

/// The checks' outcomes for a scenario about a server, which is asked with consent.
async fn audited(app: &App, routes: &str, checks: &str) -> Vec<CheckOutcome> {
    let url = app.url();
    let plan = plan(url.as_str().trim_end_matches('/'), "audit = { active = true }", routes);
    let endpoint = Endpoint::resolve(&url, None, None).await.unwrap();
    let wallet = Wallet::obtain(&plan, &endpoint, &|_, _| {}).await.unwrap();
    run(&plan, &endpoint, &BTreeMap::new(), &wallet, &Selection::parse(checks).unwrap()).await
}

fn path(request: &str) -> &str {
    request.split_whitespace().nth(1).unwrap()
}

fn routes(count: usize) -> String {
    let route = |n| format!("[[routes]]\nname = \"r{n}\"\nget = \"/r{n}/\"\n");
    let load = "[load]\nmodel = \"open\"\nrate = 1\nduration = \"1s\"\n";
    (0..count).map(route).chain([load.to_owned()]).collect()
}

#[tokio::test]
async fn a_route_that_echoes_the_origin_alone_is_found() {
    for (value, id) in [("https://", "CORS-REFLECT"), ("null", "CORS-NULL")] {
        let app = App::start(move |request| {
            let origin = header(request, "origin").filter(|origin| origin.starts_with(value));
            let allowed = origin.filter(|_| path(request) == "/r17/").map_or(String::new(), |origin| {
                format!("Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n")
            });
            response(200, &format!("Content-Type: text/html\r\n{allowed}"), "hello")
        })
        .await;
        let outcomes = audited(&app, &routes(25), "CORS-*").await;
        let found = of(&outcomes, id);
        assert_eq!(found.outcome, Outcome::Fail, "{}", found.summary);
        assert!(found.places[0].route.starts_with("r17: "), "{}", found.places[0].route);
        let asked = app.requests();
        let others = asked.iter().filter(|request| header(request, "origin") == Some("null"));
        let others: BTreeSet<&str> = others.map(|request| path(request)).collect();
        assert_eq!(others.len(), 20);
    }
}

#[tokio::test]
async fn a_route_that_leads_where_the_host_header_says_is_found() {
    for name in ["host", "x-forwarded-host"] {
        let app = App::start(move |request| match (path(request), header(request, name)) {
            ("/r3/", Some(host)) => response(302, &format!("Location: http://{host}/there/\r\n"), ""),
            _ => response(200, "Content-Type: text/html\r\n", "hello"),
        })
        .await;
        let outcomes = audited(&app, &routes(5), "DJ-HOST").await;
        let found = of(&outcomes, "DJ-HOST");
        assert_eq!(found.outcome, Outcome::Fail, "{}", found.summary);
        assert!(found.places[0].route.starts_with("r3: "), "{}", found.places[0].route);
    }
}

/// A JWT auth without refresh tokens.
const BEARER: &str = "[users]\nlist = [{ username = \"ada\", password = \"pw-of-ada-1\" }]\n\
    [auth.api]\nkind = \"jwt\"\nobtain = \"/token\"\nlogout = \"/logout\"\n\
    [[routes]]\nname = \"mine\"\nget = \"/mine\"\nauth = \"api\"\nkind = \"json\"\n\
    [load]\nmodel = \"open\"\nrate = 1\nduration = \"1s\"\n";

/// A token that ends in the year 2286.
fn token() -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let header = part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
    format!(
        "{header}.{}.{}",
        part("{\"sub\":\"ada\",\"exp\":9999999999}"),
        part("what signs it, 32 bytes at least")
    )
}

#[tokio::test]
async fn a_logout_without_a_refresh_token_gets_the_access_token() {
    for (ends, outcome) in [(false, Outcome::Fail), (true, Outcome::Pass)] {
        let gone = AtomicBool::new(false);
        let app = App::start(move |request| {
            let bearer = header(request, "authorization") == Some(&format!("Bearer {}", token()));
            let json = "Content-Type: application/json\r\n";
            match path(request) {
                "/token" => {
                    gone.store(false, Ordering::Relaxed);
                    response(200, json, &format!("{{\"access\":\"{}\"}}", token()))
                }
                "/logout" if bearer => {
                    gone.store(ends, Ordering::Relaxed);
                    response(204, "", "")
                }
                "/mine" if bearer && !gone.load(Ordering::Relaxed) => {
                    response(200, json, "{\"user\":\"ada\"}")
                }
                _ => response(401, "WWW-Authenticate: Bearer\r\n", "{}"),
            }
        })
        .await;
        let outcomes = audited(&app, BEARER, "JWT-LOGOUT,JWT-REFRESH-REUSE").await;
        let logout = of(&outcomes, "JWT-LOGOUT");
        assert_eq!(logout.outcome, outcome, "{}", logout.summary);
        assert_eq!(of(&outcomes, "JWT-REFRESH-REUSE").summary, "the login brings no refresh token");
    }
}

/// Protected pages that ask nobody to log in somewhere else.
const SESSION: &str = "[users]\nlist = [{ username = \"ada\", password = \"pw-of-ada-1\" }]\n\
    [auth.site]\nkind = \"session\"\nlogin = \"/in\"\nlogout = \"/out\"\n\
    [[routes]]\nname = \"mine\"\nget = \"/mine\"\nauth = \"site\"\n\
    [load]\nmodel = \"open\"\nrate = 1\nduration = \"1s\"\n";

#[tokio::test]
async fn a_page_to_log_in_on_is_a_refusal_and_an_open_page_is_none() {
    const FORM: &str =
        "<form action=/in method=post><input name=username><input type=password name=password></form>";
    // A page that is closed, one that is open, and one whose session ends as soon as another begins.
    for (open, alone, required, others) in [
        (false, false, Outcome::Warn, Outcome::Pass),
        (true, false, Outcome::Fail, Outcome::Inconclusive),
        (false, true, Outcome::Inconclusive, Outcome::Inconclusive),
    ] {
        let sessions: Mutex<Vec<String>> = Mutex::default();
        let made = AtomicUsize::new(0);
        let app = App::start(move |request| {
            let cookie = header(request, "cookie").unwrap_or_default();
            let sent = cookie.split("sessionid=").nth(1).unwrap_or_default().to_owned();
            let mut sessions = sessions.lock().unwrap();
            let inside = sessions.contains(&sent);
            let html = "Content-Type: text/html\r\n";
            let page = "<h1>Orders</h1> Lamp, table, delivered yesterday";
            match path(request) {
                "/in" if request.contains("password=pw-of-ada-1") => {
                    let next = format!("{:032}", made.fetch_add(1, Ordering::Relaxed));
                    let cookie = format!("Location: /\r\nSet-Cookie: sessionid={next}; Path=/\r\n");
                    if alone {
                        sessions.clear();
                    }
                    sessions.push(next);
                    response(302, &cookie, "")
                }
                "/out" if request.starts_with("POST") => {
                    sessions.retain(|session| *session != sent);
                    response(302, "Location: /\r\n", "")
                }
                "/mine" if inside => response(200, html, page),
                "/mine" if open => response(200, html, &format!("{FORM}{page}")),
                "/in" | "/mine" => response(200, html, FORM),
                _ => response(404, html, "no"),
            }
        })
        .await;
        let outcomes = audited(&app, SESSION, "AUTH-*,SESSION-LOGOUT").await;
        let asked = of(&outcomes, "AUTH-REQUIRED");
        assert_eq!(asked.outcome, required, "{}", asked.summary);
        for id in ["AUTH-METHOD-BYPASS", "AUTH-PATH-BYPASS", "AUTH-PROXY-HDR"] {
            assert_eq!(of(&outcomes, id).outcome, others, "{id}: {}", of(&outcomes, id).summary);
        }
        let logout = of(&outcomes, "SESSION-LOGOUT");
        let expected = if open { Outcome::Inconclusive } else { Outcome::Pass };
        assert_eq!(logout.outcome, expected, "{}", logout.summary);
    }
}

/// The only server here that speaks HTTP/2: it answers everything with one page, and nothing over HTTP/1.1.
async fn only_http2() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await?;
                while let Some(asked) = connection.accept().await {
                    let answer = http::Response::builder().header("content-length", "2").body(()).unwrap();
                    asked?.1.send_response(answer, false)?.send_data("hi".into(), true)?;
                }
                Ok::<(), h2::Error>(())
            });
        }
    });
    address
}

#[tokio::test]
async fn a_stack_of_http2_alone_is_not_judged_by_what_http1_does() {
    let address = only_http2().await;
    let url = format!("http://{address}");
    let consent = "http = \"2\"\naudit = { active = true, guarded = true }";
    let plan = plan(&url, consent, &routes(2));
    let endpoint = Endpoint::resolve(&url.parse().unwrap(), None, None).await.unwrap().over_http2(1);
    let checks = Selection::parse("HTTP-*,HDR-XCTO").unwrap();
    let outcomes = run(&plan, &endpoint, &BTreeMap::new(), &Wallet::default(), &checks).await;
    for id in [
        "HTTP-DUP-HOST",
        "HTTP-CL-TE",
        "HTTP-TE-OBFUSCATED",
        "HTTP-BARE-LF",
        "HTTP-KEEPALIVE",
        "HTTP-CL-MISMATCH",
    ] {
        let outcome = of(&outcomes, id);
        assert_eq!(outcome.outcome, Outcome::NotApplicable, "{id}: {}", outcome.summary);
    }
    let places = outcomes.iter().flat_map(|outcome| &outcome.places);
    let shown: Vec<_> = places.filter_map(|place| place.evidence.as_ref()).collect();
    assert!(!shown.is_empty() && shown.iter().all(|shown| shown.curl.contains(" --http2-prior-knowledge ")));
}

#[tokio::test]
async fn a_login_that_leads_back_to_itself_opened_nothing() {
    // What a refusal leads to: the login, or a page of its own.
    for refused in ["/in?error=1", "/sorry"] {
        let wrong = AtomicUsize::new(0);
        let app = App::start(move |request| {
            let cookie = "Set-Cookie: sessionid=0123456789abcdef0123456789abcdef; Path=/\r\n";
            match path(request) {
                "/in" if request.starts_with("POST") => {
                    let right = request.contains("password=pw-of-ada-1");
                    // Five wrong ones lock everybody out, without a word.
                    let to = if right && wrong.load(Ordering::Relaxed) < 5 { "/" } else { refused };
                    wrong.fetch_add(usize::from(!right), Ordering::Relaxed);
                    response(302, &format!("Location: {to}\r\n{cookie}"), "")
                }
                "/in" => response(200, "Content-Type: text/html\r\n", "<form>"),
                _ => response(404, "", "no"),
            }
        })
        .await;
        let more = "[audit]\nlockable = \"ada\"\ndefault_logins = [{ username = \"admin\", password = \"admin\" }]\n[load]";
        let scenario = SESSION.replace("[load]", more);
        let consent = "audit = { active = true, guarded = true }";
        let plan = plan(app.url().as_str().trim_end_matches('/'), consent, &scenario);
        let endpoint = Endpoint::resolve(&app.url(), None, None).await.unwrap();
        let wallet = Wallet::obtain(&plan, &endpoint, &|_, _| {}).await.unwrap();
        for (id, outcome) in [("LOGIN-DEFAULT-CRED", Outcome::Pass), ("LOGIN-RATE", Outcome::Warn)] {
            let checks = Selection::parse(id).unwrap();
            let outcomes = run(&plan, &endpoint, &BTreeMap::new(), &wallet, &checks).await;
            let found = of(&outcomes, id);
            assert_eq!(found.outcome, outcome, "{id}: {}", found.summary);
        }
    }
}

#[tokio::test]
async fn a_cache_whose_entry_ends_in_between_is_found_all_the_same() {
    // As if what it kept ended when the second user asked for the first time.
    let asked = AtomicUsize::new(0);
    let kept: Mutex<Option<String>> = Mutex::default();
    let app = App::start(move |request| {
        let json = "Content-Type: application/json\r\n";
        let credential = header(request, "authorization").unwrap_or_default();
        let user = ["ada", "bob"].into_iter().find(|user| {
            credential == format!("Basic {}", STANDARD.encode(format!("{user}:pw-of-{user}-1")))
        });
        if path(request) != "/mine" {
            return response(404, json, "{}");
        }
        let works = asked.fetch_add(1, Ordering::Relaxed) >= 6;
        let mut kept = kept.lock().unwrap();
        match (kept.clone().filter(|_| works), user) {
            (Some(kept), _) => response(200, json, &kept),
            (None, Some(user)) => {
                let own = format!("{{\"user\":\"{user}\"}}");
                *kept = Some(own.clone()).filter(|_| works);
                response(200, json, &own)
            }
            (None, None) => response(401, "WWW-Authenticate: Basic realm=x\r\n", "{}"),
        }
    })
    .await;
    let scenario = "[users]\nlist = [{ username = \"ada\", password = \"pw-of-ada-1\" }, { username = \"bob\", password = \"pw-of-bob-1\" }]\n\
        [auth.own]\nkind = \"basic\"\n[[routes]]\nname = \"mine\"\nget = \"/mine\"\nauth = \"own\"\nkind = \"json\"\n\
        [load]\nmodel = \"open\"\nrate = 1\nduration = \"1s\"\n";
    let outcomes = audited(&app, scenario, "AUTH-CACHE-REPLAY").await;
    let found = of(&outcomes, "AUTH-CACHE-REPLAY");
    assert_eq!(found.outcome, Outcome::Fail, "{}", found.summary);
}
