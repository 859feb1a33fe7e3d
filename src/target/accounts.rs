//! Login with a form, logout, and a page that wants a session.

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde::Deserialize;

use super::answers::{found, same_site};
use super::app::{App, Shared};
use super::caller::session_account;
use super::entrance::{self, Turned};
use super::fields::Fields;
use super::{Fault, cookies, csrf, debug_pages, pages, strain};

const HOME: &str = "/dashboard/";

/// Where to go after the login.
#[derive(Debug, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

/// `GET /accounts/login/`.
pub(super) async fn login_form(
    State(app): State<Shared>,
    Query(Next { next }): Query<Next>,
    headers: HeaderMap,
) -> Response {
    form(&app, &headers, &next, false)
}

/// `POST /accounts/login/`: 302 with a new session, or 200 with the form again.
pub(super) async fn login(State(app): State<Shared>, headers: HeaderMap, fields: Fields) -> Response {
    if let Err(reason) = csrf::check(&app, &headers, fields.get("csrfmiddlewaretoken")) {
        return forbidden(&app, &reason);
    }
    let next = fields.get("next").unwrap_or_default();
    let (Some(name), Some(password)) = (fields.get("username"), fields.get("password")) else {
        return form(&app, &headers, next, true);
    };
    let account = match entrance::enter(&app, &headers, name, password, false).await {
        Ok(account) => account,
        Err(Turned::Wrong) => return form(&app, &headers, next, true),
        Err(Turned::Away(answer)) => return *answer,
    };
    let sent = cookies::get(&headers, cookies::SESSION);
    let keep = sent.as_deref().filter(|id| app.has(Fault::SessionFixation) && !id.is_empty());
    if keep.is_none() {
        sent.iter().for_each(|id| app.sessions.close(id));
    }
    let id = app.sessions.open(account, keep);
    let mut response = found(if same_site(next) || (app.has(Fault::OpenRedirect) && !next.is_empty()) {
        next
    } else {
        HOME
    });
    cookies::session(&app, response.headers_mut(), &id);
    cookies::csrf(&app, response.headers_mut(), &csrf::secret());
    response
}

/// `/accounts/logout/`: POST, and GET by fault.
pub(super) fn logout_route(app: &App) -> MethodRouter<Shared> {
    if app.has(Fault::LogoutByGet) { get(logout_by_get).post(logout) } else { post(logout) }
}

/// `GET /dashboard/`: for people with a session; others are sent to the login.
pub(super) async fn dashboard(State(app): State<Shared>, request: Request) -> Response {
    let Some(account) = session_account(&app, request.headers()) else {
        return found(&format!("/accounts/login/?next={HOME}"));
    };
    let (secret, token) = csrf_pair(request.headers());
    let notes = app.notes.list(account).len();
    let mut response = pages::dashboard(&app, app.users.name(account), notes, &token);
    cookies::csrf(&app, response.headers_mut(), &secret);
    response
}

async fn logout(State(app): State<Shared>, headers: HeaderMap, fields: Fields) -> Response {
    let checked = if app.has(Fault::PostsRefused) {
        Err("Not today.".to_owned())
    } else {
        csrf::check(&app, &headers, fields.get("csrfmiddlewaretoken"))
    };
    match checked {
        Ok(()) => end(&app, &headers),
        Err(reason) => forbidden(&app, &reason),
    }
}

async fn logout_by_get(State(app): State<Shared>, headers: HeaderMap) -> Response {
    end(&app, &headers)
}

fn end(app: &App, headers: &HeaderMap) -> Response {
    if let Some(id) = cookies::get(headers, cookies::SESSION)
        && !app.has(Fault::LogoutKeepsSession)
        && !strain::is_busy(app, Fault::LogoutFailsWhenBusy)
    {
        app.sessions.close(&id);
    }
    let mut response = found("/accounts/login/");
    cookies::end_session(app, response.headers_mut());
    if app.secure() && !app.has(Fault::NoClearSiteData) {
        let name = HeaderName::from_static("clear-site-data");
        response.headers_mut().insert(name, HeaderValue::from_static(r#""cookies", "storage""#));
    }
    response
}

fn form(app: &App, headers: &HeaderMap, next: &str, failed: bool) -> Response {
    let (secret, token) = csrf_pair(headers);
    let mut response = pages::login(app, &token, next, failed);
    cookies::csrf(app, response.headers_mut(), &secret);
    response
}

/// The client's CSRF secret, or a new one, and its form token.
fn csrf_pair(headers: &HeaderMap) -> (String, String) {
    let secret = csrf::cookie_secret(headers).unwrap_or_else(csrf::secret);
    let token = csrf::mask(&secret);
    (secret, token)
}

fn forbidden(app: &App, reason: &str) -> Response {
    if app.debug(Fault::DebugCsrf) {
        debug_pages::csrf(reason).into_response()
    } else {
        pages::error(StatusCode::FORBIDDEN)
    }
}
