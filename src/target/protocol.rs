//! Faults of the protocol: methods, limits, and how an answer ends.

use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;

use super::app::App;
use super::split_write::SplitWrite;
use super::{Fault, entrance};

/// Path whose answer ends too early by fault.
const SHORT: &str = "/healthz";

/// What a fault answers in place of the application.
pub(super) fn before(app: &App, request: &Request) -> Option<Response> {
    if request.method() == Method::TRACE && app.has(Fault::TraceEcho) {
        let mut echo = String::new();
        for (name, value) in request.headers() {
            // Writing to a String cannot fail.
            let _ = writeln!(echo, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
        return Some(([(header::CONTENT_TYPE, "message/http")], echo).into_response());
    }
    if let Some(answer) = entrance::by_get(app, request) {
        return Some(answer);
    }
    let writes = [Method::PUT, Method::PATCH, Method::DELETE];
    let taken = app.has(Fault::AnyMethod) && writes.contains(request.method());
    (taken && request.uri().path() == "/").then(|| "done\n".into_response())
}

/// Changes an answer as the faults have it.
pub(super) fn after(app: &App, path: &str, mut response: Response) -> Response {
    if app.has(Fault::ClosesConnections) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if app.has(Fault::TokenCacheable) && path == "/api/token/" && response.status() == StatusCode::OK {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    }
    let short = app.has(Fault::ShortBody) && path == SHORT && response.status() == StatusCode::OK;
    if short || (app.has(Fault::HangsUp) && path == "/redirect/") {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("1000"));
        // The head has to be on its way before the server notices.
        return response.map(|body| SplitWrite::body(Body::new(Unsized(body))));
    }
    response
}

/// A body that does not say how long it is.
struct Unsized(Body);

impl HttpBody for Unsized {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }
}
