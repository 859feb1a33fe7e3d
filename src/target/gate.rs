//! What every request and every answer goes through: limits, the Host check, the dev server's turn, headers.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::app::{App, Shared};
use super::{
    Fault, Profile, bookkeeping, debug_pages, delivery, doors, headers, pages, protocol, split_write, strain,
};

/// Longest path and query.
const TARGET_LIMIT: usize = 8190;
/// Most bytes of header lines.
const HEADERS_LIMIT: usize = 16 * 1024;

/// Passes a request on and dresses its answer.
pub(super) async fn pass(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let asked = headers::Asked { is_static: request.uri().path().starts_with("/static/") };
    let turn = match app.profile {
        Profile::Dev => Some(app.turn.lock().await),
        Profile::Production => None,
    };
    let path = request.uri().path().to_owned();
    let refusal = refuse(&app, &request).or_else(|| strain::before(&app, &mut request));
    let refusal = if refusal.is_some() { refusal } else { strain::crowded(&app, &path).await };
    let mut response = match refusal {
        Some(refusal) => refusal,
        None => {
            if app.profile == Profile::Dev {
                bookkeeping::keep(request.uri().path());
            }
            answered(&app, request, next).await
        }
    };
    headers::dress(&app, asked, &mut response);
    strain::after(&app, &path, &mut response);
    drop(turn);
    match app.profile {
        Profile::Dev => response.map(split_write::SplitWrite::body),
        Profile::Production => response,
    }
}

/// The application's answer, and what the faults make of request and answer.
async fn answered(app: &App, mut request: Request, next: Next) -> Response {
    let asked = match delivery::before(app, &mut request) {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let path = request.uri().path().to_owned();
    if let Some(answer) = protocol::before(app, &request) {
        return answer;
    }
    let knock = match doors::before(app, &mut request) {
        Ok(knock) => knock,
        Err(answer) => return *answer,
    };
    let answer = next.run(request).await;
    let mut answer = doors::after(app, knock, answer).await;
    delivery::after(app, &asked, &mut answer);
    protocol::after(app, &path, answer)
}

fn refuse(app: &App, request: &Request) -> Option<Response> {
    let target = request.uri().path_and_query().map_or(0, |p| p.as_str().len());
    if target > TARGET_LIMIT {
        if app.has(Fault::LongAddressCrash) {
            return Some(pages::error(StatusCode::INTERNAL_SERVER_ERROR));
        }
        return Some(pages::error(StatusCode::URI_TOO_LONG));
    }
    let lines: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if lines > HEADERS_LIMIT && !app.has(Fault::LargeHeaders) {
        return Some(pages::error(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
    }
    let first_counts = app.has(Fault::FirstHost);
    // A host in the request line goes before the header (RFC 9112 3.2.2).
    let in_line = request.uri().authority().is_none_or(|authority| own_name(authority.host()));
    if in_line && own_host(request.headers(), first_counts) {
        return None;
    }
    Some(if app.debug(Fault::DebugHost) {
        debug_pages::disallowed_host(request).into_response()
    } else {
        pages::error(StatusCode::BAD_REQUEST)
    })
}

/// Whether the Host header names this machine's loopback; the port does not matter.
fn own_host(headers: &HeaderMap, first_counts: bool) -> bool {
    let mut lines = headers.get_all(header::HOST).iter();
    let Some(host) = lines.next().and_then(|v| v.to_str().ok()) else { return false };
    if lines.next().is_some() && !first_counts {
        return false;
    }
    let Ok(authority) = host.parse::<axum::http::uri::Authority>() else { return false };
    !host.contains('@') && own_name(authority.host())
}

fn own_name(host: &str) -> bool {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_its_own() {
        let own = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            own_host(&headers, false)
        };
        for host in ["127.0.0.1", "127.0.0.1:8000", "localhost:1", "LocalHost", "[::1]:80"] {
            assert!(own(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "user@localhost", "", "a b", "10.0.0.1"] {
            assert!(!own(host), "{host}");
        }
        assert!(!own_host(&HeaderMap::new(), false));
    }
}
