//! What is requested, with which values, and what the answer must be.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rows of a CSV file, taken in turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feeder {
    /// CSV file with a header line, relative to the scenario file.
    pub csv: String,
}

/// A value looked up on each stack before the load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Discover {
    /// Its name in templates: `{{discover.NAME}}`.
    pub name: String,
    /// Path to fetch.
    pub get: String,
    /// Auth to fetch it with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Where the value stands in the answer.
    pub from: Extract,
}

/// What a route is; the audit's rules go by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RouteKind {
    /// A file: stylesheet, script, image.
    Static,
    /// Wants a credential.
    Protected,
    /// Takes a credential or gives one out.
    Login,
    /// Ends a session or revokes a token.
    Logout,
    /// A public page for people.
    Html,
    /// A public answer for programs.
    Json,
}

/// One request. Exactly one of the method keys, or `method` with `path`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// Its name in results and gates.
    pub name: String,
    /// GET this path (a template).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
    /// POST to this path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    /// PUT to this path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put: Option<String>,
    /// PATCH this path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<String>,
    /// DELETE this path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<String>,
    /// HEAD of this path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// OPTIONS of this path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<String>,
    /// Any other method, with `path`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path for `method`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Name of an `[auth.*]` table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// What it is. Default: `protected` with `auth`, `static` under `/static/`, else `html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<RouteKind>,
    /// Share among routes and flows. Default 1. Not for steps of a flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Extra headers; values are templates.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Request body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// Time-out for the whole request. Default: `load.timeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["10s"]))]
    pub timeout: Option<String>,
    /// Follow up to this many redirects on the same stack. Default 0: a redirect is an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow: Option<u8>,
    /// What the answer must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
    /// Values to take from the answer, for later steps (`{{name}}`). Only in flows.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extract: BTreeMap<String, Extract>,
}

/// An ordered sequence of requests by one user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Its name; steps are reported as `flow/step`.
    pub name: String,
    /// Auth of steps that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Share among routes and flows. Default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Pause between steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["500ms"]))]
    pub think: Option<String>,
    /// The requests, in order; the flow ends at the first that fails.
    pub steps: Vec<Route>,
}

/// A request body: exactly one of `text`, `json`, `form`, `file`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Body {
    /// Text (a template), sent as `text/plain` unless `headers` says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// JSON; strings in it are templates.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<toml::Value>,
    /// Form fields; values are templates.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub form: BTreeMap<String, String>,
    /// File sent as it is, relative to the scenario file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// One status or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Statuses {
    /// One status.
    One(u16),
    /// Any of these.
    Any(Vec<u16>),
}

/// What an answer must be.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Status. Default: 2xx with auth, 2xx or 3xx without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Statuses>,
    /// Headers that must be there, with a regular expression for the value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Text the body must contain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// Regular expression the body must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// JSONPath (RFC 9535) to the value it must have; strings are templates.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub json: BTreeMap<String, toml::Value>,
    /// Whose data this must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
}

/// Whose data an answer must be: the value at a JSONPath equals a column of the user who asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// JSONPath (RFC 9535); every value it finds must be the owner's.
    pub json: String,
    /// `user.username` or another column of the users.
    pub equals: String,
}

/// Where a value stands in an answer: exactly one of `json`, `header`, `regex`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Extract {
    /// JSONPath (RFC 9535); the first value found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<String>,
    /// Header name; its first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Regular expression over the body; the first group, or the whole match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
}
