//! Small endpoints: health, failures on demand, redirects; and what answers where no route does.

use std::time::Duration;

use axum::extract::{Path, Query, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::answers::{detail, found, moved, same_site};
use super::app::{App, Shared};
use super::{Fault, Profile, debug_pages, pages};

const SLOWEST_MS: u64 = 10_000;
const WITH_SLASH: [&str; 12] = [
    "/boom",
    "/slow",
    "/redirect",
    "/dashboard",
    "/accounts/login",
    "/accounts/logout",
    "/api-token-auth",
    "/api/token",
    "/api/token/refresh",
    "/api/token/logout",
    "/api/whoami",
    "/api/notes",
];

/// `GET /healthz`.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `/boom/`: an exception that nobody caught.
pub(super) async fn boom(State(app): State<Shared>, request: Request) -> Response {
    exception(&app, &request)
}

/// What to wait for.
#[derive(Debug, Deserialize)]
pub(super) struct Slow {
    #[serde(default)]
    ms: u64,
}

/// `GET /slow/?ms=N`: waits, then answers.
pub(super) async fn slow(Query(Slow { ms }): Query<Slow>) -> Response {
    let ms = ms.min(SLOWEST_MS);
    tokio::time::sleep(Duration::from_millis(ms)).await;
    format!("waited {ms} ms\n").into_response()
}

/// Where to go.
#[derive(Debug, Deserialize)]
pub(super) struct Redirect {
    to: String,
}

/// `GET /redirect/?to=PATH`: 302 within this site, 400 elsewhere.
pub(super) async fn redirect(Query(Redirect { to }): Query<Redirect>) -> Response {
    if same_site(&to) { found(&to) } else { detail(StatusCode::BAD_REQUEST, "Only paths of this site.") }
}

/// `/status/NNN`: an answer with this status, from 200 to 599.
pub(super) async fn status(Path(code): Path<u16>) -> Response {
    match StatusCode::from_u16(code) {
        Ok(status) if (200..600).contains(&code) => match status {
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED => {
                status.into_response()
            }
            _ => (status, format!("{status}\n")).into_response(),
        },
        _ => pages::error(StatusCode::NOT_FOUND),
    }
}

/// 405; axum adds `Allow`.
pub(super) async fn method_not_allowed(method: Method) -> Response {
    detail(StatusCode::METHOD_NOT_ALLOWED, &format!("Method \"{method}\" not allowed."))
}

/// What no route takes: a forgotten slash, or nothing.
pub(super) async fn not_found(State(app): State<Shared>, request: Request) -> Response {
    let path = request.uri().path();
    if WITH_SLASH.contains(&path) || is_note(path) {
        if app.profile == Profile::Dev && request.method() != Method::GET && request.method() != Method::HEAD
        {
            return exception(&app, &request);
        }
        let query = request.uri().query().map(|q| format!("?{q}")).unwrap_or_default();
        return moved(StatusCode::MOVED_PERMANENTLY, &format!("{path}/{query}"));
    }
    no_such_page(&app, &request)
}

/// 404 as the profile says it.
pub(super) fn no_such_page(app: &App, request: &Request) -> Response {
    if app.debug(Fault::Debug404) {
        debug_pages::not_found(request).into_response()
    } else if request.uri().path().starts_with("/api/") {
        detail(StatusCode::NOT_FOUND, "Not found.")
    } else {
        pages::error(StatusCode::NOT_FOUND)
    }
}

/// Whether this is a note's path without its slash.
fn is_note(path: &str) -> bool {
    let id = path.strip_prefix("/api/notes/").unwrap_or_default();
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())
}

fn exception(app: &App, request: &Request) -> Response {
    let mut response = if app.debug(Fault::Debug500) {
        debug_pages::exception(app, request).into_response()
    } else {
        pages::error(StatusCode::INTERNAL_SERVER_ERROR)
    };
    response.headers_mut().remove(header::SET_COOKIE);
    response
}
