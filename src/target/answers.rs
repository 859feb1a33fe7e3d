//! Answers for programs: JSON bodies in the words of DRF.

use axum::response::{IntoResponse, Response};
use axum::{Json, http::HeaderValue, http::StatusCode, http::header};
use serde_json::{Value, json};

use super::jwt::Refused;

/// A JSON answer.
pub(super) fn json_answer(status: StatusCode, body: Value) -> Response {
    (status, Json(body)).into_response()
}

/// `{"detail": …}`.
pub(super) fn detail(status: StatusCode, text: &str) -> Response {
    json_answer(status, json!({ "detail": text }))
}

/// Puts a header on an answer.
pub(super) fn with(mut response: Response, name: header::HeaderName, value: &'static str) -> Response {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

/// 401 for a request without a credential: a challenge and no error code (RFC 6750 3.1).
pub(super) fn credential_missing() -> Response {
    challenge("Authentication credentials were not provided.", r#"Bearer realm="api""#)
}

/// 401 for a credential that is no good.
pub(super) fn credential_invalid() -> Response {
    challenge(
        "Given token not valid for any token type",
        r#"Bearer realm="api", error="invalid_token", error_description="The token is invalid or expired""#,
    )
}

/// 401 for a wrong user name or password.
pub(super) fn no_such_account() -> Response {
    challenge("No active account found with the given credentials", r#"Bearer realm="api""#)
}

/// 401 for a refresh token that is no good.
pub(super) fn token_refused(why: Refused) -> Response {
    let body = json!({ "detail": why.detail(), "code": "token_not_valid" });
    let response = json_answer(StatusCode::UNAUTHORIZED, body);
    with(response, header::WWW_AUTHENTICATE, r#"Bearer realm="api", error="invalid_token""#)
}

/// 429 with the time to wait.
pub(super) fn throttled(wait: std::time::Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let text = format!("Request was throttled. Expected available in {seconds} seconds.");
    let mut response = detail(StatusCode::TOO_MANY_REQUESTS, &text);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// 302 to a path of this site.
pub(super) fn found(to: &str) -> Response {
    moved(StatusCode::FOUND, to)
}

/// A redirect; 400 when the target cannot stand in a header.
pub(super) fn moved(status: StatusCode, to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (status, [(header::LOCATION, to)]).into_response(),
        Err(_) => (StatusCode::BAD_REQUEST, "bad redirect target\n").into_response(),
    }
}

/// Whether a redirect to this stays on this site: a path, and no spelling that browsers read as another host.
pub(super) fn same_site(to: &str) -> bool {
    to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains('\\')
        && to.bytes().all(|byte| byte.is_ascii_graphic())
}

fn challenge(text: &str, challenge: &'static str) -> Response {
    with(detail(StatusCode::UNAUTHORIZED, text), header::WWW_AUTHENTICATE, challenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_redirected_to() {
        assert!(same_site("/dashboard/?tab=1"));
        for bad in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: b", "/\t/x"]
        {
            assert!(!same_site(bad), "{bad:?}");
        }
    }
}
