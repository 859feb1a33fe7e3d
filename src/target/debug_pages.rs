//! Technical pages, in the words that give a Django with `DEBUG = True` away. The words are few and the values made
//! up; nothing of this machine stands in them.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;
use maud::{DOCTYPE, Markup, html};

use super::app::App;
use super::pages::answer;

const PATTERNS: [&str; 12] = [
    "admin/",
    "accounts/login/ [name='login']",
    "accounts/logout/ [name='logout']",
    "dashboard/ [name='dashboard']",
    "api-token-auth/",
    "api/token/ [name='token_obtain_pair']",
    "api/token/refresh/ [name='token_refresh']",
    "api/token/logout/ [name='token_blacklist']",
    "api/whoami/",
    "api/notes/",
    "api/notes/<int:pk>/",
    "^static/(?P<path>.*)$",
];
const HINT: &str = "You’re seeing this error because you have DEBUG = True in your Django settings file. \
                    Change that to False, and Django will display a standard page.";

/// 404.
pub(super) fn not_found(request: &Request) -> Response {
    let path = request.uri().path();
    let body = html! {
        h1 { "Page not found " small { "(404)" } }
        (request_table(request))
        p { "Using the URLconf defined in " code { "notes.urls" } ", Django tried these URL patterns, in this order:" }
        ol { @for pattern in PATTERNS { li { code { (pattern) } } } }
        p { "The current path, " code { (path.trim_start_matches('/')) } ", didn’t match any of these." }
        p { (HINT) }
    };
    answer(StatusCode::NOT_FOUND, document(&format!("Page not found at {path}"), body))
}

/// 500.
pub(super) fn exception(app: &App, request: &Request) -> Response {
    let path = request.uri().path();
    let settings = [
        ("ALLOWED_HOSTS", "['127.0.0.1', 'localhost', '[::1]']"),
        ("DEBUG", "True"),
        ("INSTALLED_APPS", "['django.contrib.auth', 'rest_framework', 'rest_framework.authtoken', 'notes']"),
        ("SECRET_KEY", "'********************'"),
        ("SETTINGS_MODULE", "'notes.settings'"),
    ];
    let body = html! {
        h1 { "ZeroDivisionError at " (path) }
        pre { "division by zero" }
        (request_table(request))
        table {
            tr { th { "Exception Type:" } td { "ZeroDivisionError" } }
            tr { th { "Exception Value:" } td { "division by zero" } }
            tr { th { "Exception Location:" } td { "notes/views.py, line 17, in boom" } }
            tr { th { "Python Version:" } td { "3.11.7" } }
        }
        h2 { "Traceback" }
        pre { "File \"notes/views.py\", line 17, in boom\n    return 1 / 0" }
        h2 { "Settings" }
        p { "Using settings module " code { "notes.settings" } }
        table { @for (name, value) in settings { tr { td { (name) } td { code { (value) } } } } }
        p { "Users: " (app.settings.users) }
        p { (HINT) }
    };
    answer(StatusCode::INTERNAL_SERVER_ERROR, document(&format!("ZeroDivisionError at {path}"), body))
}

/// 400 for a foreign Host.
pub(super) fn disallowed_host(request: &Request) -> Response {
    let host = request.headers().get(header::HOST).map(|v| String::from_utf8_lossy(v.as_bytes()));
    let host = host.as_deref().unwrap_or_default();
    let body = html! {
        h1 { "DisallowedHost at " (request.uri().path()) }
        pre { "Invalid HTTP_HOST header: '" (host) "'. You may need to add '" (host) "' to ALLOWED_HOSTS." }
        (request_table(request))
        table { tr { th { "Exception Type:" } td { "DisallowedHost" } } }
        h2 { "Settings" }
        p { (HINT) }
    };
    answer(StatusCode::BAD_REQUEST, document("DisallowedHost", body))
}

/// 403 for a failed CSRF check.
pub(super) fn csrf(reason: &str) -> Response {
    let body = html! {
        h1 { "Forbidden " small { "(403)" } }
        p { "CSRF verification failed. Request aborted." }
        h2 { "Help" }
        p { "Reason given for failure:" }
        pre { (reason) }
        p { "You’re seeing the help section of this page because you have DEBUG = True in your Django settings file. \
             Change that to False, and only the initial error message will be displayed." }
    };
    answer(StatusCode::FORBIDDEN, document("403 Forbidden", body))
}

fn document(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" { head { meta charset="utf-8"; title { (title) } } body { (body) } }
    }
}

fn request_table(request: &Request) -> Markup {
    html! {
        table {
            tr { th { "Request Method:" } td { (request.method()) } }
            tr { th { "Request URL:" } td { (request.uri().path()) } }
            tr { th { "Django Version:" } td { "5.2" } }
        }
    }
}
