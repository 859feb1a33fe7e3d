//! Pages for people.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::app::{App, Shared};
use super::csp::{self, Nonce};
use super::{Fault, Profile};

/// `GET /`.
pub(super) async fn home(State(app): State<Shared>) -> Response {
    page(
        &app,
        "Notes",
        html! {
            h1 { "Notes" }
            p { "A small application to load and to audit. " a href="/accounts/login/" { "Log in" } "." }
            img src=(app.files.url("logo.svg")) alt="" width="48" height="48";
        },
    )
}

/// The login form; `failed` after a wrong name or password.
pub(super) fn login(app: &App, token: &str, next: &str, failed: bool) -> Response {
    page(
        app,
        "Log in",
        html! {
            h1 { "Log in" }
            @if failed {
                p.error { "Please enter a correct username and password. Note that both fields may be case-sensitive." }
            }
            form method="post" action="/accounts/login/" {
                input type="hidden" name="csrfmiddlewaretoken" value=(token);
                input type="hidden" name="next" value=(next);
                label { "Username " input name="username" autocomplete="username" required; }
                label { "Password " input type="password" name="password" autocomplete="current-password" required; }
                button { "Log in" }
            }
        },
    )
}

/// What a person who logged in sees.
pub(super) fn dashboard(app: &App, name: &str, notes: usize, token: &str) -> Response {
    page(
        app,
        "Dashboard",
        html! {
            h1 { "Hello, " span #user { (name) } }
            p { "You have " (notes) " notes." }
            form method="post" action="/accounts/logout/" {
                input type="hidden" name="csrfmiddlewaretoken" value=(token);
                button { "Log out" }
            }
        },
    )
}

/// A plain error page that gives nothing away.
pub(super) fn error(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or("Error");
    let body = html! {
        (DOCTYPE)
        html lang="en" { head { title { (reason) } } body { h1 { (reason) } } }
    };
    answer(status, body)
}

/// Markup as an answer.
pub(super) fn answer(status: StatusCode, body: Markup) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], body.into_string()).into_response()
}

fn page(app: &App, title: &str, body: Markup) -> Response {
    let nonce = csp::nonce(app);
    let Nonce(value) = &nonce;
    let attribute = (app.profile == Profile::Production).then_some(value);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) }
                link rel="stylesheet" href=(app.files.url("app.css"));
                script nonce=[attribute] src=(app.files.url("app.js")) defer {}
                @if app.has(Fault::SriMissing) {
                    script nonce=[attribute] src="https://cdn.example/library.js" defer {}
                }
            }
            body { main { (body) } }
        }
    };
    let mut response = answer(StatusCode::OK, markup);
    response.extensions_mut().insert(nonce);
    response
}
