//! The requests of probes: polite, as a browser sends them, and traceable.

use crate::audit::exchange::Site;
use crate::plan::RouteKind;
use crate::wire::{AGENT, Request};

/// A GET as a browser sends it.
pub fn get(target: impl Into<String>) -> Request {
    Request { headers: polite(), ..Request::get(target) }
}

/// A POST of a form.
pub fn post(target: impl Into<String>, fields: &[(&str, &str)]) -> Request {
    let mut headers = polite();
    headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    Request { method: "POST".to_owned(), target: target.into(), headers, body: form.finish().into_bytes() }
}

/// A POST of JSON.
pub fn post_json(target: impl Into<String>, body: &serde_json::Value) -> Request {
    let mut headers = polite();
    headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    let body = body.to_string().into_bytes();
    Request { method: "POST".to_owned(), target: target.into(), headers, body }
}

fn polite() -> Vec<(String, String)> {
    vec![
        ("User-Agent".to_owned(), AGENT.to_owned()),
        ("Accept".to_owned(), "text/html,application/json;q=0.9,*/*;q=0.8".to_owned()),
    ]
}

/// A word that no server knows.
pub fn nonsense() -> String {
    // A letter first: `shakedown-1` is a password of the scenarios here, and would be taken out of the name.
    format!("shakedown-x{}", uuid::Uuid::new_v4().simple())
}

/// Where a request of a probe belongs that is no route of the scenario.
pub fn site(name: &str, kind: RouteKind) -> Site {
    Site { name: name.to_owned(), variant: String::new(), kind, line: None, authenticated: false }
}
