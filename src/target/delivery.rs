//! Faults of delivery: static files, errors, redirects and answers to scripts of other origins.

use std::io::Write as _;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Fault;
use super::app::App;

const STATIC: &str = "/static/";

/// What of a request its answer's faults go by.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    is_static: bool,
    api: bool,
    origin: Option<HeaderValue>,
    preflight: bool,
    host: String,
    claims_https: bool,
}

/// Changes a request as the faults have it, or answers it.
pub(super) fn before(app: &App, request: &mut Request) -> Result<Asked, Box<Response>> {
    let path = request.uri().path().to_owned();
    let headers = request.headers();
    let asked = Asked {
        is_static: path.starts_with(STATIC),
        api: path.starts_with("/api/") || path == "/healthz",
        origin: headers.get(header::ORIGIN).cloned(),
        preflight: request.method() == axum::http::Method::OPTIONS,
        host: headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned(),
        claims_https: headers.get("x-forwarded-proto").is_some_and(|value| value == "https"),
    };
    if asked.is_static {
        if app.has(Fault::NeverNotModified) {
            request.headers_mut().remove(header::IF_NONE_MATCH);
            request.headers_mut().remove(header::IF_MODIFIED_SINCE);
        }
        if app.has(Fault::NoCompression) {
            request.headers_mut().remove(header::ACCEPT_ENCODING);
        }
        let parts = request
            .headers()
            .get(header::RANGE)
            .map_or(0, |range| range.as_bytes().split(|b| *b == b',').count());
        if app.has(Fault::ManyRanges) && parts > 100 {
            let body =
                "--part\r\nContent-Type: text/css\r\nContent-Range: bytes 0-0/9\r\n\r\na\r\n".repeat(parts);
            let kind = [(header::CONTENT_TYPE, "multipart/byteranges; boundary=part")];
            return Err(Box::new((StatusCode::PARTIAL_CONTENT, kind, body).into_response()));
        }
    }
    if app.has(Fault::CompressedSecret) && path == "/" && request.uri().query().is_some() {
        return Err(Box::new(reflection(request)));
    }
    if asked.preflight && app.has(Fault::LongPreflight) && asked.origin.is_some() {
        let headers =
            [("access-control-allow-origin", "https://app.example"), ("access-control-max-age", "604800")];
        return Err(Box::new((StatusCode::NO_CONTENT, headers).into_response()));
    }
    Ok(asked)
}

/// A page that repeats its query beside a token that never changes.
fn reflection(request: &Request) -> Response {
    let query: String = request
        .uri()
        .query()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let page = format!(
        "<!doctype html><title>Search</title><p>{query}<form><input name=csrfmiddlewaretoken \
         value=k3x9mvwq0p7z1r5t8y2u4i6o3a9s7d5f></form>"
    );
    let zipped = request
        .headers()
        .get(header::ACCEPT_ENCODING)
        .is_some_and(|value| value.as_bytes().starts_with(b"gzip"));
    let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    match encoder.write_all(page.as_bytes()).and_then(|()| encoder.finish()) {
        Ok(bytes) if zipped => ([kind, (header::CONTENT_ENCODING, "gzip")], bytes).into_response(),
        _ => ([kind], page).into_response(),
    }
}

/// Changes an answer as the faults have it.
pub(super) fn after(app: &App, asked: &Asked, response: &mut Response) {
    let status = response.status();
    if asked.is_static {
        statics(app, response);
    }
    if app.has(Fault::ErrorTrace) && status.is_server_error() {
        replace(response, "psycopg2.OperationalError: connection to server at \"10.0.0.7\" failed\n", None);
    }
    if app.has(Fault::Soft404) && status == StatusCode::NOT_FOUND && !asked.is_static {
        *response.status_mut() = StatusCode::OK;
    }
    if app.has(Fault::ApiErrorPages) && asked.api && status.is_client_error() {
        replace(response, "<h1>Not today</h1>", Some("text/html; charset=utf-8"));
    }
    if app.has(Fault::BigRedirect) && status.is_redirection() && status != StatusCode::NOT_MODIFIED {
        replace(response, &"<p>What only those who are logged in should see.</p>".repeat(100), None);
    }
    if app.has(Fault::TrustsForwardedProto) && asked.claims_https {
        put(response.headers_mut(), &[("strict-transport-security", "max-age=31536000")]);
    }
    cors(app, asked, response.headers_mut());
}

fn statics(app: &App, response: &mut Response) {
    let status = response.status();
    let headers = response.headers_mut();
    if app.has(Fault::StaticNoStore) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if app.has(Fault::BareNotModified) && status == StatusCode::NOT_MODIFIED {
        headers.remove(header::ETAG);
    }
    if app.has(Fault::NoVaryEncoding) {
        headers.insert(header::VARY, HeaderValue::from_static("Cookie"));
    }
    if app.has(Fault::StaticAsText) && status == StatusCode::OK {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    if app.has(Fault::StaticDev) {
        headers.remove(header::ETAG);
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"app.css\""));
    }
    if app.has(Fault::StaticInsecure) && status == StatusCode::NOT_FOUND {
        let text = "Page not found at /static/. Raised by: django.contrib.staticfiles.views.serve";
        return replace(response, text, Some("text/html; charset=utf-8"));
    }
    if app.has(Fault::StaticSoft404) && status == StatusCode::NOT_FOUND {
        *response.status_mut() = StatusCode::OK;
    }
}

fn cors(app: &App, asked: &Asked, headers: &mut HeaderMap) {
    let Some(origin) = &asked.origin else {
        if app.has(Fault::CorsStar) {
            put(
                headers,
                &[("access-control-allow-origin", "*"), ("access-control-allow-credentials", "true")],
            );
        }
        return;
    };
    let text = origin.to_str().unwrap_or_default();
    let name = asked.host.split(':').next().unwrap_or_default();
    let alike = !name.is_empty() && text.contains(name);
    let echoed = app.has(Fault::CorsReflect)
        || (app.has(Fault::CorsNull) && text == "null")
        || (app.has(Fault::CorsAffix) && alike);
    if echoed {
        headers.insert("access-control-allow-origin", origin.clone());
        put(headers, &[("access-control-allow-credentials", "true")]);
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if app.has(Fault::CorsNoVary) {
        headers.insert("access-control-allow-origin", origin.clone());
    }
}

fn put(headers: &mut HeaderMap, lines: &[(&'static str, &'static str)]) {
    for (name, value) in lines {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

fn replace(response: &mut Response, body: &str, kind: Option<&'static str>) {
    *response.body_mut() = Body::from(body.to_owned());
    response.headers_mut().remove(header::CONTENT_LENGTH);
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
}
