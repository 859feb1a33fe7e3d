//! The systems under test: how they are prepared, started and reached.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::StackAudit;

/// A program that must be on the PATH.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The program's name, looked up on PATH and in the usual system folders.
    pub program: String,
    /// The command that installs it, for the error message.
    pub install: String,
}

/// One preparation step: a command that runs once per content of its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prepare {
    /// Shown while it runs and in the stamp's name.
    pub name: String,
    /// Program and arguments; no shell. Templates: `{{state}}`, `{{scenario}}`, `{{shakedown}}`, `{{vars.*}}`.
    pub run: Vec<String>,
    /// Working folder, relative to the scenario file. Default: the scenario's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Extra environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Files or folders whose content decides whether the step runs again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
    /// Files or folders the step makes; when one is gone the step runs again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub creates: Vec<String>,
    /// How long it may take. Default 10 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["10s"]))]
    pub timeout: Option<String>,
}

/// What a stack is for; the audit judges a dev server's banner more mildly on `dev`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A developer's machine: debug pages are reported as information.
    Dev,
    /// What users meet: every rule applies.
    Production,
}

/// The protocol of the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Http {
    /// HTTP/1.1.
    #[default]
    #[serde(rename = "1.1")]
    One,
    /// HTTP/2: agreed on by ALPN over https, with prior knowledge over http.
    #[serde(rename = "2")]
    Two,
}

/// A system under test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// Base URL. Templates: `{{port}}` is a free port, `{{port.NAME}}` further ones.
    pub url: String,
    /// `dev` or `production`. Default: `dev` when the stack's name starts with `dev` or `local`, else `production`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// PEM file of the certificate authority to trust beside the system's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// Name for SNI and certificate check, and the Host header, when not the URL's host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sni: Option<String>,
    /// `1.1` or `2`: the protocol of the load. Logins and the audit use HTTP/1.1; so does readiness, except over http.
    #[serde(default)]
    pub http: Http,
    /// Streams of a connection at once (`http = "2"`). Default 10. A server may allow fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streams: Option<u32>,
    /// Fixed values for templates (`{{vars.name}}`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
    /// Steps that run once before this stack starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepare: Vec<Prepare>,
    /// Templates written anew at each start (configuration files with ports in them).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<RenderedFile>,
    /// Processes to start, in order. None: the stack already runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<Process>,
    /// How to tell that it is up.
    #[serde(default)]
    pub ready: Ready,
    /// This stack's own audit consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<StackAudit>,
}

/// A text file with templates in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenderedFile {
    /// Template, relative to the scenario file.
    pub from: String,
    /// Result, relative to the state folder.
    pub to: String,
}

/// One long-running process of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Name of its log file. Default: the program's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Program and arguments; no shell.
    pub run: Vec<String>,
    /// Working folder, relative to the scenario file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Extra environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
}

/// Readiness: an HTTP answer, not an open port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ready {
    /// Path to ask. Default `/`.
    pub get: String,
    /// Status that means ready. Default: any but 502 and 503.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long it may take. Default 30 s, and 5 s for a server that is not started here and refuses the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["10s"]))]
    pub timeout: Option<String>,
}

impl Default for Ready {
    fn default() -> Self {
        Ready { get: "/".into(), status: None, timeout: None }
    }
}
