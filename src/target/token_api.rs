//! Endpoints that give tokens out, renew them and end them.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::answers::{json_answer, no_such_account, token_refused, with};
use super::app::{App, Shared};
use super::caller::basic;
use super::entrance::{self, Turned};
use super::fields::Fields;
use super::jwt::{Pair, Refused};
use super::users::{AccountId, CLIENT_ID};
use super::{Fault, random, strain};

/// Between looking at a refresh token and spending it, by fault.
const SLIP: Duration = Duration::from_millis(60);
const REQUIRED: &str = "This field is required.";

/// `POST /api-token-auth/`: the user's DRF token, the same each time.
pub(super) async fn drf_token(State(app): State<Shared>, headers: HeaderMap, fields: Fields) -> Response {
    match login(&app, &headers, &fields, true).await {
        Ok(account) => {
            // As rest_framework.authtoken does it on dev; on production each login gets a token of its own.
            let nonce = if app.debug(Fault::TokenForever) { String::new() } else { random::hex::<8>() };
            json_answer(StatusCode::OK, json!({ "token": format!("{}{nonce}", app.users.token(account)) }))
        }
        Err(Rejected::Missing(fields)) => missing(&fields),
        Err(Rejected::Away(answer)) => *answer,
        Err(Rejected::Wrong) => {
            let text = "Unable to log in with provided credentials.";
            json_answer(StatusCode::BAD_REQUEST, json!({ "non_field_errors": [text] }))
        }
    }
}

/// `POST /api/token/`: an access and a refresh token.
pub(super) async fn obtain(State(app): State<Shared>, headers: HeaderMap, fields: Fields) -> Response {
    match login(&app, &headers, &fields, false).await {
        Ok(account) => pair(app.jwt.login(account.0 + 1, app.users.name(account))),
        Err(Rejected::Missing(fields)) => missing(&fields),
        Err(Rejected::Away(answer)) => *answer,
        Err(Rejected::Wrong) => no_such_account(),
    }
}

/// `POST /api/token/refresh/`: new tokens for a refresh token, which is spent.
pub(super) async fn refresh(State(app): State<Shared>, fields: Fields) -> Response {
    match fields.get("refresh") {
        Some(token) if app.has(Fault::RefreshRaces) => {
            let known = app.jwt.is_fresh(token);
            tokio::time::sleep(SLIP).await;
            pair(app.jwt.renew(token, known))
        }
        Some(token) => pair(app.jwt.refresh(token, |name| app.disabled(name))),
        None => missing(&["refresh"]),
    }
}

/// `POST /api/token/logout/`: blacklists a refresh token; on production its access tokens end too.
pub(super) async fn logout(State(app): State<Shared>, fields: Fields) -> Response {
    let end = |token| {
        if strain::is_busy(&app, Fault::LogoutFailsWhenBusy) { Ok(()) } else { app.jwt.logout(token) }
    };
    match fields.get("refresh").map(end) {
        Some(Ok(())) => json_answer(StatusCode::OK, json!({})),
        Some(Err(why)) => token_refused(why),
        None => missing(&["refresh"]),
    }
}

/// `POST /oauth/token`: the client credentials grant (RFC 6749 4.4), the client known by Basic or by fields.
pub(super) async fn client_credentials(
    State(app): State<Shared>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let oauth_error = |status, code: &str| json_answer(status, json!({ "error": code }));
    let by_header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(basic);
    let by_fields = || Some((fields.get("client_id")?.to_owned(), fields.get("client_secret")?.to_owned()));
    let client = by_header.or_else(by_fields);
    if client.is_none_or(|(id, secret)| app.users.client(&id, &secret).is_none()) {
        let refusal = oauth_error(StatusCode::UNAUTHORIZED, "invalid_client");
        return with(refusal, header::WWW_AUTHENTICATE, r#"Basic realm="oauth""#);
    }
    match fields.get("grant_type") {
        None => return oauth_error(StatusCode::BAD_REQUEST, "invalid_request"),
        Some("client_credentials") => {}
        Some(_) => return oauth_error(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    }
    match app.jwt.login(app.users.len(), CLIENT_ID) {
        Ok(Pair { access, .. }) => {
            let scope = fields.get("scope").unwrap_or("notes");
            let ttl = app.jwt.access_ttl();
            let body =
                json!({ "access_token": access, "token_type": "Bearer", "expires_in": ttl, "scope": scope });
            json_answer(StatusCode::OK, body)
        }
        Err(_) => oauth_error(StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
    }
}

enum Rejected {
    Missing(Vec<&'static str>),
    Away(Box<Response>),
    Wrong,
}

async fn login(
    app: &App,
    headers: &HeaderMap,
    fields: &Fields,
    authtoken: bool,
) -> Result<AccountId, Rejected> {
    let (Some(name), Some(password)) = (fields.get("username"), fields.get("password")) else {
        let absent = ["username", "password"].into_iter().filter(|field| fields.get(field).is_none());
        return Err(Rejected::Missing(absent.collect()));
    };
    entrance::enter(app, headers, name, password, authtoken).await.map_err(|turned| match turned {
        Turned::Wrong => Rejected::Wrong,
        Turned::Away(answer) => Rejected::Away(answer),
    })
}

fn pair(tokens: Result<Pair, Refused>) -> Response {
    match tokens {
        Ok(Pair { access, refresh }) => {
            json_answer(StatusCode::OK, json!({ "access": access, "refresh": refresh }))
        }
        Err(why) => token_refused(why),
    }
}

fn missing(fields: &[&str]) -> Response {
    let body: Map<String, Value> = fields.iter().map(|f| ((*f).to_owned(), json!([REQUIRED]))).collect();
    json_answer(StatusCode::BAD_REQUEST, Value::Object(body))
}
