//! Who asks: JWT, DRF token, Basic or session, in this order.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::answers::{credential_invalid, credential_missing, detail};
use super::app::{App, Shared};
use super::users::{AccountId, CLIENT_ID};
use super::{Fault, cookies, csrf};

/// An account and how it proved itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) account: AccountId,
    pub(super) by: &'static str,
}

/// Why nobody is known to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    NoCredential,
    BadCredential,
}

/// The account that a request's credential belongs to.
pub(super) fn identify(app: &App, headers: &HeaderMap) -> Result<Caller, Unknown> {
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        let account = session_account(app, headers).ok_or(Unknown::NoCredential)?;
        return Ok(Caller { account, by: "session" });
    };
    let authorization = authorization.to_str().map_err(|_| Unknown::BadCredential)?;
    let (scheme, value) = authorization.split_once(' ').ok_or(Unknown::BadCredential)?;
    let value = value.trim();
    let found = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => bearer(app, value),
        "token" => app.users.by_token(value).map(|account| Caller { account, by: "token" }),
        "basic" => basic(value)
            .and_then(|(name, password)| app.users.login(&name, &password))
            .map(|account| Caller { account, by: "basic" }),
        _ => None,
    };
    found.ok_or(Unknown::BadCredential)
}

/// User name and password of a Basic credential.
pub(super) fn basic(value: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// The account of the session cookie, if it is an open session's.
pub(super) fn session_account(app: &App, headers: &HeaderMap) -> Option<AccountId> {
    app.sessions.find(&cookies::get(headers, cookies::SESSION)?)
}

fn bearer(app: &App, token: &str) -> Option<Caller> {
    let claims = app.jwt.access(token).ok()?;
    let account = app.users.find(&claims.username)?;
    if app.disabled(&claims.username) && !app.has(Fault::JwtDisabledUser) {
        return None;
    }
    let by = if claims.username == CLIENT_ID { "oauth2" } else { "jwt" };
    Some(Caller { account, by })
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        let caller = identify(app, &parts.headers).map_err(|why| match why {
            Unknown::NoCredential => credential_missing(),
            Unknown::BadCredential => credential_invalid(),
        })?;
        let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
        if caller.by == "session" && !safe {
            csrf::check(app, &parts.headers, None)
                .map_err(|why| detail(StatusCode::FORBIDDEN, &format!("CSRF Failed: {why}")))?;
        }
        Ok(caller)
    }
}
