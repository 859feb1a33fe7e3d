//! Faults that show under load: they begin once so many requests have come.

use std::sync::atomic::Ordering;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::users::AccountId;
use super::{Fault, cookies};

/// More than an audit of the LOAD rows sends, fewer than a load.
const AFTER: usize = 200;
/// One whoami in so many, about, is another user's.
const MIXED: usize = 3;
const OPEN: &str = "/api/whoami/";
const DOWN: &str = "/healthz";

const FAULTS: [Fault; 5] =
    [Fault::MixesUsers, Fault::OpensWhenBusy, Fault::BareWhenBusy, Fault::TwoVersions, Fault::StaysDown];

/// Counts a request, and changes it, or answers it, as the faults have it.
pub(super) fn before(app: &App, request: &mut Request) -> Option<Response> {
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
    let anonymous = !request.headers().contains_key(header::AUTHORIZATION);
    let mixes = app.has(Fault::MixesUsers) && !anonymous && turn.is_multiple_of(MIXED);
    let authorization = request.headers().get(header::AUTHORIZATION);
    let unknown = authorization.is_none_or(|value| !value.as_bytes().contains(&b'.'));
    let opens = app.has(Fault::OpensWhenBusy) && unknown;
    if path == OPEN && (mixes || opens) {
        let other = AccountId(usize::from(turn.is_multiple_of(2)));
        if let Ok(token) = HeaderValue::from_str(&format!("Token {}", app.users.token(other))) {
            request.headers_mut().insert(header::AUTHORIZATION, token);
        }
    }
    None
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
