//! Plain http at the port of https: a redirect, as a proxy gives it; and nothing for the API, whose clients have sent their
//! secret by then.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpStream;

use super::answers::moved;

/// First byte of a TLS record that opens a handshake.
const HANDSHAKE: u8 = 0x16;
/// Who says nothing for longer wants neither.
const SILENCE: Duration = Duration::from_secs(10);

/// Whether the client begins a TLS handshake.
pub(super) async fn speaks_tls(stream: &TcpStream) -> bool {
    let mut first = [0];
    match tokio::time::timeout(SILENCE, stream.peek(&mut first)).await {
        Ok(Ok(1)) => first == [HANDSHAKE],
        _ => true,
    }
}

/// Answers plain http; `api_too`: by fault, the API's as well.
pub(super) fn router(api_too: bool) -> Router {
    Router::new().fallback(move |request: Request| async move { answer(&request, api_too) })
}

fn answer(request: &Request, api_too: bool) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if path.starts_with("/api") && !api_too {
        return (StatusCode::FORBIDDEN, "https only\n").into_response();
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    moved(StatusCode::MOVED_PERMANENTLY, &format!("https://{host}{path}"))
}
