//! One way in for every login: limits, the password, and what the faults make of both.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Fault;
use super::answers::{detail, json_answer, throttled};
use super::app::App;
use super::users::AccountId;

/// Longer passwords are nobody's.
const LONGEST: usize = 1024;
/// Who count for themselves, by fault.
const WORKERS: usize = 3;
/// What hashing a password takes where that is done for users only.
const HASHING: Duration = Duration::from_millis(30);
/// The same where everybody waits for it.
const BLOCKING: Duration = Duration::from_millis(100);
/// Between looking at a count and adding to it, where tries at once can slip through.
const SLIP: Duration = Duration::from_millis(60);

/// Why nobody came in.
pub(super) enum Turned {
    /// A wrong name or password.
    Wrong,
    /// For another reason: the answer.
    Away(Box<Response>),
}

/// The account of this name and password. `authtoken`: at DRF's own endpoint.
pub(super) async fn enter(
    app: &App,
    headers: &HeaderMap,
    name: &str,
    password: &str,
    authtoken: bool,
) -> Result<AccountId, Turned> {
    if password.len() > LONGEST {
        let crash = app.has(Fault::LongPasswordCrash);
        let status = if crash { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
        return Err(away(detail(status, "This password is too long.")));
    }
    if app.has(Fault::LoginsBlock) {
        let _turn = app.turn.lock().await;
        tokio::time::sleep(BLOCKING).await;
    }
    app.throttle.count(name, Instant::now()).map_err(|wait| away(refusal(app, wait)))?;
    let unlimited = app.has(Fault::LoginUnlimited) || app.has(Fault::LoginsBlock);
    let guarded = app.secure() && !unlimited;
    let guarded = guarded && !(authtoken && app.has(Fault::AuthtokenUnthrottled));
    let forwarded = || headers.get("x-forwarded-for").and_then(|value| value.to_str().ok()).unwrap_or("-");
    // Whoever asks is on this machine: one address, but for what a header claims.
    let address = if app.has(Fault::LimitByForwardedFor) { forwarded() } else { "-" };
    let key = if app.has(Fault::LimitByForwardedFor) { format!("{name} {address}") } else { name.to_owned() };
    let worker = || app.turns.fetch_add(1, Ordering::Relaxed) % WORKERS;
    let key = if app.has(Fault::LimitPerWorker) { format!("{name} {}", worker()) } else { key };
    let address = (!app.has(Fault::LimitByName)).then_some(address);
    if guarded {
        if let Some(wait) = app.lockout.wait(&key, address, Instant::now()) {
            return Err(away(refusal(app, wait)));
        }
        if app.has(Fault::LimitRaces) {
            tokio::time::sleep(SLIP).await;
        }
        app.lockout.count(&key, address, Instant::now());
    }
    if app.has(Fault::DefaultLogin) && (name, password) == ("admin", "admin") {
        return Ok(AccountId(0));
    }
    if let Some(account) = app.users.login(name, password).filter(|_| !app.disabled(name)) {
        app.lockout.clear(&key, address);
        return Ok(account);
    }
    let known = app.users.find(name).is_some();
    if known && app.has(Fault::EnumTime) {
        tokio::time::sleep(HASHING).await;
    }
    if !known && app.has(Fault::EnumBody) {
        return Err(away(detail(StatusCode::UNAUTHORIZED, "There is no such user.")));
    }
    if app.has(Fault::PasswordEcho) {
        let text = format!("The password {password} is wrong.");
        return Err(away(detail(StatusCode::UNAUTHORIZED, &text)));
    }
    Err(Turned::Wrong)
}

/// By fault, a login by GET with the name and password in the query.
pub(super) fn by_get(app: &App, request: &axum::extract::Request) -> Option<Response> {
    let here = request.method() == axum::http::Method::GET && request.uri().path() == "/api/token/";
    if !here || !app.has(Fault::LoginByGet) {
        return None;
    }
    let query = request.uri().query().unwrap_or_default();
    let field = |wanted: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    app.users.login(&field("username")?, &field("password")?)?;
    Some(json_answer(StatusCode::OK, json!({ "access": "a.b.c", "refresh": "d.e.f" })))
}

fn away(response: Response) -> Turned {
    Turned::Away(Box::new(response))
}

fn refusal(app: &App, wait: Duration) -> Response {
    let mut response = throttled(wait).into_response();
    if app.has(Fault::NoRetryAfter) {
        response.headers_mut().remove(header::RETRY_AFTER);
    }
    response
}
