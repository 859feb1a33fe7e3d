//! Whether an answer is what the scenario expects, and the values to take from it. Pure.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::ErrorClass;
use super::request::CompiledRoute;
use crate::plan::{ExtractPlan, JsonValue, Scope, StatusRule};
use crate::wire::{ResponseHead, Sink, printable};

/// Most bytes of a body that are kept to judge it.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// Most characters of a message before secrets are taken out of it: a secret that is cut in two would be missed.
const RAW_MESSAGE: usize = 4096;

/// Takes an answer in: keeps the body where it will be judged.
pub(super) struct Intake<'a> {
    /// Statuses whose body matters; `None`: no body matters.
    pub(super) keep: Option<&'a StatusRule>,
    pub(super) body: &'a mut Body,
}

/// A body, kept up to [`MAX_BODY`]. Its memory is used again.
#[derive(Default)]
pub(super) struct Body {
    bytes: Vec<u8>,
    keeping: bool,
    too_large: bool,
}

impl Body {
    /// The beginning of what is kept.
    pub(super) fn start(&self, most: usize) -> &[u8] {
        self.bytes.get(..most.min(self.bytes.len())).unwrap_or_default()
    }

    /// Makes it ready for the next answer; gives back what a large one took.
    pub(super) fn reset(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(64 * 1024);
        self.keeping = false;
        self.too_large = false;
    }
}

impl Sink for Intake<'_> {
    fn head(&mut self, head: &ResponseHead) {
        // What a server error says is a matter for the audit.
        self.body.keeping = self.keep.is_some_and(|rule| rule.accepts(head.status)) || head.status >= 500;
    }

    fn body(&mut self, bytes: &[u8]) {
        if !self.body.keeping {
            return;
        }
        if self.body.bytes.len() + bytes.len() > MAX_BODY {
            self.body.keeping = false;
            self.body.too_large = true;
            return;
        }
        self.body.bytes.extend_from_slice(bytes);
    }
}

/// An answer that is not as expected.
pub(super) struct Fault {
    pub(super) class: ErrorClass,
    /// In words; empty when nobody asked for them.
    pub(super) message: String,
    /// Whether it is another user's answer.
    pub(super) leak: bool,
}

impl Fault {
    /// A fault that is no leak.
    pub(super) fn new(class: ErrorClass, message: impl Into<String>) -> Fault {
        Fault { class, message: message.into(), leak: false }
    }
}

/// Whether there is room for another sample of a class: words are made only then.
pub(super) trait Room {
    fn has_room(&self, class: ErrorClass) -> bool;
}

/// A fault of a class, in words where there is room for them.
fn fault<T>(room: &impl Room, class: ErrorClass, words: &dyn Fn() -> String) -> Result<T, Fault> {
    let message = if room.has_room(class) { printable(&words(), RAW_MESSAGE) } else { String::new() };
    Err(Fault::new(class, message))
}

/// Judges status and headers.
///
/// # Errors
/// The first that is not as expected.
pub(super) fn judge_head(route: &CompiledRoute, head: &ResponseHead, room: &impl Room) -> Result<(), Fault> {
    let expect = &*route.expect;
    if !expect.status.accepts(head.status) {
        return fault(room, ErrorClass::Status, &|| {
            let to = head.headers.values("location").next();
            let to = to.map(|to| format!(" to {}", String::from_utf8_lossy(&to))).unwrap_or_default();
            format!("expected {}, got {}{to}", in_words(&expect.status), head.status)
        });
    }
    for (name, pattern) in &expect.headers {
        if !head.headers.values(name).any(|value| pattern.is_match(&value)) {
            return fault(room, ErrorClass::Expectation, &|| match head.headers.values(name).next() {
                None => format!("header `{name}` is missing"),
                Some(value) => {
                    format!("header `{name}` is `{}`, expected `{pattern}`", String::from_utf8_lossy(&value))
                }
            });
        }
    }
    Ok(())
}

/// Judges the body of an answer whose head is as expected, then takes values from both.
///
/// # Errors
/// The first thing that is not as expected: `contains`, `matches`, `json`, `owner`, `extract`.
pub(super) fn judge_body(
    route: &CompiledRoute,
    head: &ResponseHead,
    body: &Body,
    scope: &Scope<'_>,
    room: &impl Room,
) -> Result<Found, Fault> {
    let expect = &*route.expect;
    let unexpected = |words: &dyn Fn() -> String| fault(room, ErrorClass::Expectation, words);
    if !route.needs_body && !route.extracts {
        return Ok(Found::default());
    }
    if body.too_large {
        return unexpected(&|| "body too large to judge (over 1 MiB)".to_owned());
    }
    if let Some(text) = &expect.contains
        && memchr::memmem::find(&body.bytes, text.as_bytes()).is_none()
    {
        return unexpected(&|| format!("the body does not contain `{text}`"));
    }
    if let Some(pattern) = &expect.matches
        && !pattern.is_match(&body.bytes)
    {
        return unexpected(&|| format!("the body does not match `{pattern}`"));
    }
    let wants_json = !expect.json.is_empty()
        || expect.owner.is_some()
        || route.extract().iter().any(|(_, from)| matches!(from, ExtractPlan::Json(_)));
    let json = if wants_json {
        match serde_json::from_slice::<Value>(&body.bytes) {
            Ok(json) => json,
            Err(error) => return unexpected(&|| format!("the body is not JSON: {error}")),
        }
    } else {
        Value::Null
    };
    for (path, expected) in &expect.json {
        let mut found = path.query(&json).all();
        let good = |value: &&Value| match expected {
            JsonValue::Text(template) => text_of(value).as_bytes() == template.to_text(scope).as_bytes(),
            JsonValue::Value(expected) => same(value, expected),
        };
        let wrong = found.iter().position(|value| !good(value));
        if found.is_empty() || wrong.is_some() {
            let wrong = wrong.map(|i| found.swap_remove(i));
            return unexpected(&|| match wrong {
                None => format!("json `{path}` finds nothing"),
                Some(value) => {
                    let expected = match expected {
                        JsonValue::Text(template) => template.to_text(scope),
                        JsonValue::Value(value) => value.to_string(),
                    };
                    format!("json `{path}` is `{}`, expected `{expected}`", text_of(value))
                }
            });
        }
    }
    if let Some((path, owner)) = &expect.owner {
        let found = path.query(&json).all();
        let owner = owner.to_text(scope);
        if let Some(other) = found.iter().find(|value| text_of(value) != owner) {
            // Rare, and never too many to be told.
            let words = format!("owner: `{path}` is `{}`, asked as `{owner}`", text_of(other));
            let message = printable(&words, RAW_MESSAGE);
            return Err(Fault { class: ErrorClass::Expectation, message, leak: true });
        }
        // An empty list belongs to nobody; a single value that is not there is a check that checks nothing.
        if found.is_empty() && !finds_many(path) {
            return unexpected(&|| format!("owner: `{path}` finds nothing"));
        }
    }
    let mut values = Vec::with_capacity(route.extract().len());
    for (slot, from) in route.extract() {
        let value = match from {
            ExtractPlan::Json(path) => path.query(&json).first().map(text_of),
            ExtractPlan::Header(name) => {
                head.headers.values(name).next().map(|value| String::from_utf8_lossy(&value).into_owned())
            }
            ExtractPlan::Regex(pattern) => pattern.captures(&body.bytes).and_then(|captures| {
                let found = captures.get(1).or_else(|| captures.get(0))?;
                Some(String::from_utf8_lossy(found.as_bytes()).into_owned())
            }),
        };
        let Some(value) = value else {
            return unexpected(&|| format!("extract: {} finds nothing", place(from)));
        };
        values.push((*slot, value));
    }
    Ok(Found { values })
}

/// Values taken from an answer, by slot.
#[derive(Default)]
pub(super) struct Found {
    values: Vec<(usize, String)>,
}

impl Found {
    /// Puts them where later steps find them.
    pub(super) fn store(self, extracted: &mut [String]) {
        for (slot, value) in self.values {
            if let Some(place) = extracted.get_mut(slot) {
                *place = value;
            }
        }
    }
}

fn in_words(rule: &StatusRule) -> String {
    match rule {
        StatusRule::Success => "status 2xx".to_owned(),
        StatusRule::SuccessOrRedirect => "status 2xx or 3xx".to_owned(),
        StatusRule::Any(list) => {
            let list: Vec<String> = list.iter().map(u16::to_string).collect();
            format!("status {}", list.join(" or "))
        }
    }
}

fn place(from: &ExtractPlan) -> String {
    match from {
        ExtractPlan::Json(path) => format!("json `{path}`"),
        ExtractPlan::Header(name) => format!("header `{name}`"),
        ExtractPlan::Regex(pattern) => format!("regex `{pattern}`"),
    }
}

/// A JSON value as text: strings without quotes.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Equal, where 1 and 1.0 are the same number.
fn same(value: &Value, expected: &Value) -> bool {
    value == expected
        || matches!((value, expected), (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64())
}

/// Whether a path may find any number of values, none among them (wildcards, slices, filters, descent).
fn finds_many(path: &JsonPath) -> bool {
    let text = path.to_string();
    text.contains(['*', '?', ':']) || text.contains("..")
}
