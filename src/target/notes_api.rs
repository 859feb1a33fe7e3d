//! The notes API: every caller has notes of their own, and nobody sees another one's.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Fault;
use super::answers::{detail, json_answer};
use super::app::Shared;
use super::caller::Caller;
use super::fields::Fields;

const TITLE: usize = 200;
const BODY: usize = 4000;

/// `GET /api/whoami/`.
pub(super) async fn whoami(State(app): State<Shared>, caller: Caller) -> Response {
    let name = app.users.name(caller.account);
    json_answer(StatusCode::OK, json!({ "username": name, "auth": caller.by }))
}

/// `GET /admin/`: nobody here is an administrator.
pub(super) async fn admin(State(app): State<Shared>, caller: Caller) -> Response {
    if app.has(Fault::AdminOpen) {
        return json_answer(
            StatusCode::OK,
            json!({ "users": app.users.len(), "asked by": app.users.name(caller.account) }),
        );
    }
    detail(StatusCode::FORBIDDEN, "You do not have permission to perform this action.")
}

/// `GET /api/notes/`: an array.
pub(super) async fn list(State(app): State<Shared>, caller: Caller) -> Response {
    json_answer(StatusCode::OK, json!(app.notes.list(caller.account)))
}

/// `POST /api/notes/`: 201 with the note.
pub(super) async fn create(State(app): State<Shared>, caller: Caller, fields: Fields) -> Response {
    let Some(title) = fields.get("title") else {
        return json_answer(StatusCode::BAD_REQUEST, json!({ "title": ["This field is required."] }));
    };
    let body = fields.get("body").unwrap_or_default();
    for (name, value, most) in [("title", title, TITLE), ("body", body, BODY)] {
        if value.chars().count() > most {
            let text = format!("Ensure this field has no more than {most} characters.");
            return json_answer(StatusCode::BAD_REQUEST, json!({ name: [text] }));
        }
    }
    let name = app.users.name(caller.account);
    let note = app.notes.create(caller.account, name, title.to_owned(), body.to_owned());
    json_answer(StatusCode::CREATED, json!(note))
}

/// `GET /api/notes/ID/`: 404 for another one's.
pub(super) async fn read(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Response {
    let found = id.parse().ok().and_then(|id| match app.has(Fault::NotesOfOthers) {
        true => app.notes.any(id),
        false => app.notes.get(caller.account, id),
    });
    match found {
        Some(note) => json_answer(StatusCode::OK, json!(note)),
        None => no_such_note(),
    }
}

/// `DELETE /api/notes/ID/`: 204.
pub(super) async fn delete(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Response {
    match id.parse() {
        Ok(id) if app.notes.delete(caller.account, id) => StatusCode::NO_CONTENT.into_response(),
        _ => no_such_note(),
    }
}

fn no_such_note() -> Response {
    detail(StatusCode::NOT_FOUND, "No Note matches the given query.")
}
