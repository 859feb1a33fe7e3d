//! Headers of every answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::app::App;
use super::csp::{self, Nonce};
use super::{Fault, Profile, cookies};

const PERMISSIONS: &str = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), \
                           microphone=(), payment=(), usb=()";

/// What of the request decides about headers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) is_static: bool,
}

/// Adds the profile's headers, and what the faults make of them.
pub(super) fn dress(app: &App, asked: Asked, response: &mut Response) {
    let is_page = content_type(response).starts_with("text/html");
    let is_json = content_type(response).starts_with("application/json");
    if !bare(app, asked, response.status()) {
        match app.profile {
            Profile::Dev if asked.is_static => {}
            Profile::Dev => dev(response.headers_mut()),
            Profile::Production => production(app, is_page, response),
        }
    }
    if app.profile == Profile::Production {
        let headers = response.headers_mut();
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        headers.entry(header::VARY).or_insert(HeaderValue::from_static("Accept, Cookie"));
    }
    let headers = response.headers_mut();
    headers.insert(header::SERVER, HeaderValue::from_static(server(app)));
    for (name, value) in extras(app) {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if is_json && app.has(Fault::WrongContentType) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    }
    if asked.is_static && app.has(Fault::StaticDev) {
        headers.remove("x-content-type-options");
    }
    if asked.is_static && app.has(Fault::CookieOnStatic) {
        cookies::visit(app, headers);
    }
}

/// Whether a fault takes the security headers off this answer.
fn bare(app: &App, asked: Asked, status: StatusCode) -> bool {
    let error = status.is_client_error() || status.is_server_error();
    error && app.has(Fault::HeadersMissingOnErrors)
        || status.is_redirection() && app.has(Fault::HeadersMissingOnRedirect)
        || asked.is_static && app.has(Fault::HeadersMissingOnStatic)
}

/// What Django sends by itself.
fn dev(headers: &mut HeaderMap) {
    set(headers, "x-frame-options", "DENY");
    set(headers, "x-content-type-options", "nosniff");
    set(headers, "referrer-policy", "same-origin");
    set(headers, "cross-origin-opener-policy", "same-origin");
}

fn production(app: &App, is_page: bool, response: &mut Response) {
    let nonce = response.extensions_mut().remove::<Nonce>();
    let policy = if is_page { csp::for_page(app, nonce.as_ref()) } else { csp::for_data(app) };
    let headers = response.headers_mut();
    if let Some(policy) = policy.and_then(|p| HeaderValue::from_str(&p).ok()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let hsts = [
        (Fault::NoHsts, None),
        (Fault::ShortHsts, Some("max-age=300; includeSubDomains")),
        (Fault::HstsNoSubdomains, Some("max-age=31536000")),
        (Fault::HstsPreload, Some("max-age=31536000; preload")),
    ];
    let hsts = pick(app, &hsts, Some("max-age=31536000; includeSubDomains"));
    let permissions = [
        (Fault::NoPermissionsPolicy, None),
        (Fault::PermissionsSyntax, Some("camera 'none'; microphone 'none'")),
    ];
    let table = [
        ("strict-transport-security", hsts),
        ("x-content-type-options", pick(app, &[(Fault::NoNosniff, None)], Some("nosniff"))),
        ("x-frame-options", pick(app, &[(Fault::NoFrameOptions, None)], Some("DENY"))),
        ("referrer-policy", pick(app, &[(Fault::UnsafeReferrer, Some("unsafe-url"))], Some("same-origin"))),
        ("permissions-policy", pick(app, &permissions, Some(PERMISSIONS))),
        ("cross-origin-opener-policy", pick(app, &[(Fault::BadCoop, Some("same"))], Some("same-origin"))),
        ("cross-origin-embedder-policy", pick(app, &[(Fault::BadCoep, Some("yes"))], Some("require-corp"))),
        ("cross-origin-resource-policy", pick(app, &[(Fault::NoCorp, None)], Some("same-origin"))),
    ];
    for (name, value) in table {
        if let Some(value) = value {
            set(headers, name, value);
        }
    }
}

/// The value of the first fault that is on, else the right one.
fn pick(
    app: &App,
    faults: &[(Fault, Option<&'static str>)],
    right: Option<&'static str>,
) -> Option<&'static str> {
    faults.iter().find(|(fault, _)| app.has(*fault)).map_or(right, |(_, value)| *value)
}

fn server(app: &App) -> &'static str {
    match app.profile {
        Profile::Dev => "WSGIServer/0.2 CPython/3.11.7",
        Profile::Production if app.has(Fault::ServerRunserver) => "WSGIServer/0.2 CPython/3.11.7",
        Profile::Production if app.has(Fault::ServerVersion) => "nginx/1.22.1",
        Profile::Production if app.has(Fault::AppDirect) => "gunicorn",
        Profile::Production => "shakedown",
    }
}

/// Header lines that only faults send; on both profiles.
fn extras(app: &App) -> impl Iterator<Item = (&'static str, &'static str)> {
    const EXTRAS: [(Fault, &str, &str); 9] = [
        (Fault::HstsOnHttp, "strict-transport-security", "max-age=31536000"),
        (Fault::CrossDomainPolicies, "x-permitted-cross-domain-policies", "all"),
        (Fault::XssProtectionOn, "x-xss-protection", "1; mode=block"),
        (Fault::ObsoleteHeader, "expect-ct", "max-age=86400"),
        (Fault::ObsoleteHeader, "p3p", "CP=\"NOI\""),
        (Fault::DuplicateHeaders, "strict-transport-security", "max-age=300"),
        (Fault::DuplicateHeaders, "x-frame-options", "SAMEORIGIN"),
        (Fault::TechHeader, "x-powered-by", "Django/5.2"),
        (Fault::InternalAddress, "x-upstream", "10.20.30.40:8000"),
    ];
    EXTRAS
        .into_iter()
        .filter(|(fault, ..)| app.has(*fault) && (*fault != Fault::HstsOnHttp || !app.secure()))
        .map(|(_, name, value)| (name, value))
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
}

fn content_type(response: &Response) -> &str {
    response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default()
}
