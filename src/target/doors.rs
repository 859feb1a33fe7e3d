//! Faults of access: who gets in that should not, and what a refusal tells.

use std::sync::atomic::Ordering;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use serde_json::json;

use super::answers::json_answer;
use super::app::App;
use super::users::AccountId;
use super::{Fault, exposed, jwt_faults};

/// Most bytes of an answer that the cache keeps.
const KEPT: usize = 64 * 1024;
const OPEN: &str = "/api/whoami/";
const TRACE: &str = "Traceback (most recent call last):\n  File \"/srv/notes/api/auth.py\", line 31, in authenticate\n\
                     jwt.exceptions.DecodeError: Not enough segments\n";

/// What of the request decides about its answer.
#[derive(Debug, Clone)]
pub(super) struct Knock {
    path: String,
    get: bool,
}

/// Changes a request as the faults have it, or answers it.
pub(super) fn before(app: &App, request: &mut Request) -> Result<Knock, Box<Response>> {
    let path = request.uri().path().to_owned();
    let knock = Knock { get: request.method() == Method::GET, path };
    if app.settings.faults.is_empty() {
        return Ok(knock);
    }
    if let Some(file) = exposed::file(app, &knock.path) {
        return Err(Box::new(file));
    }
    if let Some(answer) = habit(app, request) {
        return Err(Box::new(answer));
    }
    let anonymous = !request.headers().contains_key(header::AUTHORIZATION)
        && !request.headers().contains_key(header::COOKIE);
    let path = knock.path.as_str();
    let head = request.method() == Method::HEAD;
    let once = |fault| app.has(fault) && path == OPEN && app.turns.fetch_add(1, Ordering::Relaxed) == 0;
    if !anonymous && app.has(Fault::TokensWearOut) && path == OPEN && !once(Fault::TokensWearOut) {
        request.headers_mut().remove(header::AUTHORIZATION);
    }
    let lets_in = (app.has(Fault::OpenRoute) && path == OPEN && knock.get)
        || (anonymous && once(Fault::OpensOnce))
        || (app.has(Fault::HeadUnprotected) && head)
        || (app.has(Fault::TrustsForwardedUser) && request.headers().contains_key("x-forwarded-user"));
    if anonymous
        && lets_in
        && let Ok(value) = HeaderValue::from_str(&format!("Token {}", app.users.token(AccountId(0))))
    {
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    if app.has(Fault::PathBypass) && path.strip_prefix('/') == Some(OPEN) {
        let name = app.users.name(AccountId(0));
        return Err(Box::new(json_answer(StatusCode::OK, json!({ "username": name, "auth": "none" }))));
    }
    if app.has(Fault::TokenInUrl) && anonymous {
        token_of_query(request);
    }
    if app.has(Fault::MixedIdentity) && app.turns.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
        let headers = request.headers_mut();
        if headers.contains_key(header::COOKIE) {
            headers.remove(header::AUTHORIZATION);
        }
    }
    let crashes = (app.has(Fault::MalformedCrash) && malformed(request.headers()))
        || (app.has(Fault::JwtMalformedCrash) && jwt_faults::no_json(request.headers()));
    if crashes {
        return Err(Box::new((StatusCode::INTERNAL_SERVER_ERROR, "Sorry.\n").into_response()));
    }
    if app.has(Fault::SharedCache)
        && knock.get
        && let Some(kept) = app.kept.lock().ok().and_then(|kept| kept.get(&knock.path).cloned())
    {
        let headers = [(header::CONTENT_TYPE, "application/json")];
        return Err(Box::new((headers, kept).into_response()));
    }
    Ok(knock)
}

/// What only Django and its REST framework do.
fn habit(app: &App, request: &Request) -> Option<Response> {
    let (headers, path) = (request.headers(), request.uri().path());
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let page = |text: String| ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response();
    let api = path.starts_with("/api/");
    if app.has(Fault::BrowsableApi)
        && api
        && says("accept").starts_with("text/html")
        && !says("accept").contains("json")
    {
        return Some(page("<title>Whoami – Django REST framework</title>".to_owned()));
    }
    if app.has(Fault::OptionsMeta) && api && request.method() == Method::OPTIONS {
        let fields = json!({ "POST": { "title": { "type": "string", "max_length": 200 } } });
        return Some(json_answer(StatusCode::OK, json!({ "name": "Notes", "actions": fields })));
    }
    if app.has(Fault::LargePages) && request.uri().query().is_some_and(|query| query.contains("page_size=")) {
        return Some(json_answer(StatusCode::OK, json!((0..2000).collect::<Vec<u32>>())));
    }
    let host = says("x-forwarded-host");
    if app.has(Fault::ForwardedHost)
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b))
        && !host.is_empty()
    {
        return Some(page(format!(
            "<!doctype html><title>Notes</title><a href=\"https://{host}/reset/\">Reset</a>"
        )));
    }
    None
}

fn malformed(headers: &HeaderMap) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .is_some_and(|value| value.to_str().map_or(true, |text| !text.contains(' ')))
}

/// `?token=…` and its like become the credential.
fn token_of_query(request: &mut Request) {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let token = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| matches!(name.as_ref(), "token" | "access_token" | "jwt"))
        .map(|(_, token)| token.into_owned());
    let Some(token) = token else { return };
    let scheme = if token.contains('.') { "Bearer" } else { "Token" };
    if let Ok(value) = HeaderValue::from_str(&format!("{scheme} {token}")) {
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
}

/// Changes an answer as the faults have it.
pub(super) async fn after(app: &App, knock: Knock, mut response: Response) -> Response {
    if app.settings.faults.is_empty() {
        return response;
    }
    let refused = response.status() == StatusCode::UNAUTHORIZED;
    if refused {
        let challenge = response.headers().get(header::WWW_AUTHENTICATE);
        let invalid =
            challenge.is_some_and(|value| value.as_bytes().windows(13).any(|part| part == b"invalid_token"));
        if app.has(Fault::InvalidTokenForbidden) && invalid {
            *response.status_mut() = StatusCode::FORBIDDEN;
        }
        if app.has(Fault::SessionFirst) {
            *response.status_mut() = StatusCode::FORBIDDEN;
            response.headers_mut().remove(header::WWW_AUTHENTICATE);
        }
        if app.has(Fault::NoChallenge) {
            response.headers_mut().remove(header::WWW_AUTHENTICATE);
        }
        if app.has(Fault::LeakyRefusals) {
            let (parts, _) = response.into_parts();
            response = Response::from_parts(parts, Body::from(TRACE));
            response.headers_mut().remove(header::CONTENT_LENGTH);
        }
    }
    if app.has(Fault::PublicAnswers) && knock.path == OPEN && response.status().is_success() {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    }
    if app.has(Fault::NoVary) && response.status().is_success() {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if app.has(Fault::SharedCache) && knock.get && knock.path == OPEN && response.status().is_success() {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, KEPT).await.unwrap_or_default();
        if let Ok(mut kept) = app.kept.lock() {
            kept.insert(knock.path, bytes.to_vec());
        }
        return Response::from_parts(parts, Body::from(bytes));
    }
    response
}
