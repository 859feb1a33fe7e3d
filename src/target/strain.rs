//! Faults that show under load: they begin once so many requests have come.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::users::AccountId;
use super::{Fault, caller, cookies};

/// More than an audit of the LOAD rows sends, fewer than a load.
const AFTER: usize = 200;
/// One whoami in so many, about, is another user's.
const MIXED: usize = 3;
/// Who may be in whoami at once, and how long each stays, by fault.
pub(super) const PLACES: usize = 2;
const STAY: Duration = Duration::from_millis(20);
const OPEN: &str = "/api/whoami/";
const DOWN: &str = "/healthz";

const FAULTS: [Fault; 7] = [
    Fault::MixesUsers,
    Fault::OpensWhenBusy,
    Fault::BareWhenBusy,
    Fault::TwoVersions,
    Fault::StaysDown,
    Fault::LogoutFailsWhenBusy,
    Fault::TokensKeptWhenBusy,
];

/// Whether this fault is on, and enough requests have come.
pub(super) fn is_busy(app: &App, fault: Fault) -> bool {
    app.has(fault) && app.turns.load(Ordering::Relaxed) >= AFTER
}

/// Counts a request, and changes it, or answers it, as the faults have it.
pub(super) fn before(app: &App, request: &mut Request) -> Option<Response> {
    if app.has(Fault::CacheForgetsHost)
        && let Some(answer) = cached(app, request)
    {
        return Some(answer);
    }
    if !FAULTS.iter().any(|fault| app.has(*fault)) {
        return None;
    }
    let turn = app.turns.fetch_add(1, Ordering::Relaxed);
    let path = request.uri().path();
    if turn < AFTER {
        return None;
    }
    if app.has(Fault::StaysDown) && path == DOWN {
        return Some((StatusCode::SERVICE_UNAVAILABLE, "Busy.\n").into_response());
    }
    if app.has(Fault::TokensKeptWhenBusy) && path == OPEN && is_known(app, request) {
        open(app, request, AccountId(0));
        return None;
    }
    let anonymous = !request.headers().contains_key(header::AUTHORIZATION);
    let mixes = app.has(Fault::MixesUsers) && !anonymous && turn.is_multiple_of(MIXED);
    let authorization = request.headers().get(header::AUTHORIZATION);
    let unknown = authorization.is_none_or(|value| !value.as_bytes().contains(&b'.'));
    let opens = app.has(Fault::OpensWhenBusy) && unknown;
    if path == OPEN && (mixes || opens) {
        let other =
            [AccountId(0), AccountId(1)].into_iter().find(|other| Some(*other) != asker(app, request));
        open(app, request, other.unwrap_or(AccountId(0)));
    }
    None
}

/// Waits for those before it, or is turned away, as the faults have it.
pub(super) async fn crowded(app: &App, path: &str) -> Option<Response> {
    if app.has(Fault::LoginsBlock) && !path.contains("token") && !path.contains("login") {
        drop(app.turn.lock().await);
    }
    if app.has(Fault::FewPlaces) && path == OPEN {
        let Ok(_place) = app.places.try_acquire() else {
            return Some((StatusCode::BAD_GATEWAY, "Busy.\n").into_response());
        };
        tokio::time::sleep(STAY).await;
    }
    None
}

/// Lets a request in as somebody.
fn open(app: &App, request: &mut Request, account: AccountId) {
    if let Ok(token) = HeaderValue::from_str(&format!("Token {}", app.users.token(account))) {
        request.headers_mut().insert(header::AUTHORIZATION, token);
    }
}

/// Whose token it is.
fn asker(app: &App, request: &Request) -> Option<AccountId> {
    caller::identify(app, request.headers()).ok().map(|caller| caller.account)
}

/// Whether a token is good, or was when it came before.
fn is_known(app: &App, request: &Request) -> bool {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = value.and_then(|value| value.strip_prefix("Bearer ")) else { return false };
    let mut kept = app.kept.lock().unwrap_or_else(PoisonError::into_inner);
    if app.jwt.access(token).is_ok() {
        kept.insert(token.to_owned(), Vec::new());
    }
    kept.contains_key(token)
}

/// The home page as the first who asked for this address got it, when a header of theirs is in it.
fn cached(app: &App, request: &Request) -> Option<Response> {
    let address = request.uri().path_and_query().filter(|_| request.uri().path() == "/")?.as_str();
    let mut kept = app.kept.lock().unwrap_or_else(PoisonError::into_inner);
    if !kept.contains_key(address) {
        let host = request.headers().get("x-forwarded-host")?.as_bytes();
        kept.insert(address.to_owned(), host.to_vec());
    }
    let host = kept.get(address).map(|host| String::from_utf8_lossy(host).into_owned())?;
    let page = format!("<!doctype html><link rel=canonical href=\"https://{host}/\">");
    Some(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response())
}

/// Changes an answer that wears its headers already.
pub(super) fn after(app: &App, path: &str, response: &mut Response) {
    if path == "/" && app.has(Fault::CachedSession) {
        cookies::session(app, response.headers_mut(), "the-session-of-everybody-9f4c");
    }
    let turn = app.turns.load(Ordering::Relaxed);
    if turn < AFTER {
        return;
    }
    if app.has(Fault::BareWhenBusy) {
        response.headers_mut().remove("x-content-type-options");
    }
    if app.has(Fault::TwoVersions) && turn.is_multiple_of(2) {
        response.headers_mut().insert(header::SERVER, HeaderValue::from_static("shakedown of yesterday"));
    }
}
