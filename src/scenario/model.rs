//! The scenario file as it is written. One serde model: the JSON Schema, the key check ("did you
//! mean …") and the documentation all come from these types and their docstrings.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ordered::Ordered;
use crate::expression::Severity;

/// A scenario: which stacks to try, who logs in, what to request, how hard, and what must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line that names the trial; the heading of the report.
    pub title: String,
    /// What the trial is for; printed under the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Says that you may load and audit the targets that are not loopback addresses.
    #[serde(default)]
    pub authorized: bool,
    /// Folder for what `prepare` makes, relative to the scenario file. Default `.shakedown/<file stem>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Programs that must be installed before anything is prepared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Requirement>,
    /// Steps that run once, before the stacks' own, and again only when their inputs change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepare: Vec<Prepare>,
    /// The systems under test, by name, in the order written.
    #[schemars(with = "BTreeMap<String, Stack>")]
    pub stacks: Ordered<Stack>,
    /// Who the virtual users are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Users>,
    /// How users prove who they are, by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Auth>")]
    pub auth: Ordered<Auth>,
    /// Rows of a CSV file for templates (`{{feeder.column}}`), by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub feeders: BTreeMap<String, Feeder>,
    /// Values looked up on each stack before the load, for templates (`{{discover.name}}`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discover: Vec<Discover>,
    /// Independent requests, chosen by weight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Ordered sequences of requests, chosen by weight beside the routes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<Flow>,
    /// How hard and for how long.
    #[serde(default)]
    pub load: Load,
    /// What the audit may do and by which profile it judges.
    #[serde(default)]
    pub audit: Audit,
    /// Findings of the audit that are no news and may be: risks that somebody takes for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<Accept>,
    /// What must hold for exit code 0.
    #[serde(default)]
    pub gates: Gates,
}

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

/// Who the virtual users are: one of `csv`, `list`, `pattern`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Users {
    /// CSV file with a header line; columns `username`, `password` and any others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csv: Option<String>,
    /// Users written here: `username`, `password` and any other columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub list: Vec<BTreeMap<String, String>>,
    /// `user{1..500}`: names by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Password for `pattern`; `{{n}}` is the number, `{{name}}` the user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Environment variable that holds the password for `pattern`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
}

/// How a user proves who they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Auth {
    /// DRF `TokenAuthentication`: POST user name and password, get `{"token": …}`.
    DrfToken {
        /// Path of the token endpoint.
        obtain: String,
        /// Scheme word in the Authorization header. Default `Token`.
        #[serde(default = "default_token_scheme")]
        scheme: String,
        /// Own users instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Users>,
        /// Logins under way at once. Default 4.
        #[serde(default = "default_concurrency")]
        concurrency: u32,
    },
    /// JSON Web Tokens obtained with user name and password and refreshed before `exp`.
    Jwt {
        /// Path of the obtain endpoint.
        obtain: String,
        /// Path of the refresh endpoint; without it a new token is obtained instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refresh: Option<String>,
        /// Path of the logout (blacklist) endpoint, for the audit. It gets the refresh token, or where the login brings none,
        /// the access token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        logout: Option<String>,
        /// Scheme word in the Authorization header. Default `Bearer`.
        #[serde(default = "default_bearer_scheme")]
        scheme: String,
        /// JSON key of the access token in the answer. Default `access`.
        #[serde(default = "default_access_key")]
        access_key: String,
        /// JSON key of the refresh token in the answer. Default `refresh`.
        #[serde(default = "default_refresh_key")]
        refresh_key: String,
        /// Key to verify tokens with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verify: Option<VerifyKey>,
        /// Own users instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Users>,
        /// Logins under way at once. Default 4.
        #[serde(default = "default_concurrency")]
        concurrency: u32,
    },
    /// Login form with a CSRF token; the session cookie is the proof.
    Session {
        /// Path of the login page: GET gives form and cookie, POST logs in.
        login: String,
        /// Path of the logout endpoint, for the audit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        logout: Option<String>,
        /// Form field of the user name. Default `username`.
        #[serde(default = "default_username_field")]
        username_field: String,
        /// Form field of the password. Default `password`.
        #[serde(default = "default_password_field")]
        password_field: String,
        /// Name of the CSRF cookie. Default `csrftoken`.
        #[serde(default = "default_csrf_cookie")]
        csrf_cookie: String,
        /// Form field of the CSRF token. Default `csrfmiddlewaretoken`.
        #[serde(default = "default_csrf_field")]
        csrf_field: String,
        /// Header that carries the CSRF token on unsafe methods. Default `X-CSRFToken`.
        #[serde(default = "default_csrf_header")]
        csrf_header: String,
        /// Name of the session cookie. Default `sessionid`.
        #[serde(default = "default_session_cookie")]
        session_cookie: String,
        /// Own users instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Users>,
        /// Logins under way at once. Default 4.
        #[serde(default = "default_concurrency")]
        concurrency: u32,
    },
    /// HTTP Basic with each user's name and password.
    Basic {
        /// Own users instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Users>,
    },
    /// OAuth 2.0 client credentials grant (RFC 6749 4.4).
    #[serde(rename = "oauth2-client-credentials")]
    Oauth2ClientCredentials {
        /// Path or URL of the token endpoint.
        token: String,
        /// Client id.
        client_id: String,
        /// Environment variable that holds the client secret.
        client_secret_env: String,
        /// Scopes, separated by spaces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
        /// Audience parameter, where the server wants one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
    },
    /// A header whose value stands in an environment variable.
    Static {
        /// Header name. Default `Authorization`.
        #[serde(default = "default_authorization")]
        header: String,
        /// Environment variable that holds the whole header value.
        value_env: String,
    },
    /// Tokens signed here, one for each virtual user.
    Mint {
        /// HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA.
        algorithm: String,
        /// Environment variable that holds the HMAC secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_env: Option<String>,
        /// PEM file of the private key, relative to the scenario file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// `kid` for the header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kid: Option<String>,
        /// Claims; string values are templates (`{{user.username}}`, `{{uuid}}`).
        #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
        claims: toml::Table,
        /// Life of a token, for `iat` and `exp`. Default 5 minutes; minted anew before it ends.
        #[serde(default = "default_mint_ttl")]
        #[schemars(extend("examples" = ["10m"]))]
        ttl: String,
        /// Scheme word in the Authorization header. Default `Bearer`.
        #[serde(default = "default_bearer_scheme")]
        scheme: String,
        /// Own users instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Users>,
    },
}

/// Key to verify a token with: one of `secret_env`, `key`, `jwks`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VerifyKey {
    /// Environment variable that holds the HMAC secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// PEM file of the public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Path on the stack, or file, of a JSON Web Key Set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<String>,
}

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

/// One load, or several in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Arrivals by schedule: a slow stack does not slow the arrivals down.
    #[default]
    Open,
    /// N users who wait for each answer.
    Closed,
    /// Open loads in a row: the highest rate that keeps the `objective`.
    Search,
    /// Closed loads in a row, one for each of `levels`: how throughput grows with the users.
    Sweep,
}

/// How arrivals of the open model are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// Evenly.
    #[default]
    Constant,
    /// Exponential gaps.
    Poisson,
}

/// Whether a connection serves one request or many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionMode {
    /// Connections are kept and used again.
    #[default]
    KeepAlive,
    /// Every request opens its own.
    New,
}

/// How hard and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// `open` (arrivals by schedule), `closed` (users who wait), `search` (for the highest rate) or `sweep` (over users).
    pub model: Model,
    /// Arrivals a second (open); with `stages`, the level at the start. Default 50, or 0 with stages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// `constant` or `poisson` (open).
    pub arrivals: Arrivals,
    /// Virtual users (closed); with `stages`, the level at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<u32>,
    /// What must hold at a rate, one gate expression without a stack a line: `p99 < 200ms`, `/notes: p95 < 50ms` (search).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objective: Vec<String>,
    /// Lowest rate to try (search). Default 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Highest rate to try (search). Default 5000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// Factor between two rates of the ramp (search). Default 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// How far the two ends of the answer may be apart (search). Default 5%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// How often each end of the answer must be seen again (search). Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<u32>,
    /// Most time to spend on a stack (search). Default: what the most probes take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["10m"]))]
    pub budget: Option<String>,
    /// Numbers of users, each a load of its own (sweep).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<u32>,
    /// Pause of a user between iterations (closed, sweep).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["500ms"]))]
    pub think: Option<String>,
    /// How long, without `stages`; in a search or sweep, how long each load is measured. Default 10 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["15s"]))]
    pub duration: Option<String>,
    /// Load before the measured part, left out of the results. Default 2 s.
    #[schemars(extend("examples" = ["2s"]))]
    pub warmup: String,
    /// Levels over time: each stage goes in a straight line from the level before to `target`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// `keep-alive` or `new` connection for each request.
    pub connection: ConnectionMode,
    /// Whether a new TLS connection may resume the session of one before, as browsers do. Default true.
    pub tls_resumption: bool,
    /// Most connections at once (open). Default 256. What waits beyond it is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
    /// Time-out of a request, connecting included. Default 10 s.
    #[schemars(extend("examples" = ["10s"]))]
    pub timeout: String,
    /// Blocks that the load on each stack is cut into where two or more take turns (open, closed; one level). Default: by
    /// `duration` and `rate`, 10 to 29.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<u32>,
    /// How the stacks take turns: `balanced`, `random`, or `whole` for one after the other.
    pub order: BlockOrder,
    /// Load before each block that is left out of the results. Default: a quarter of a block, 500 ms at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["500ms"]))]
    pub settle: Option<String>,
    /// Worker threads. Default: one, more when the rate asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Seed of arrivals, weights and users. Default 1.
    pub seed: u64,
}

impl Default for Load {
    fn default() -> Self {
        Load {
            model: Model::Open,
            rate: None,
            arrivals: Arrivals::Constant,
            users: None,
            objective: Vec::new(),
            from: None,
            to: None,
            step: None,
            precision: None,
            confirm: None,
            budget: None,
            levels: Vec::new(),
            think: None,
            duration: None,
            warmup: "2s".into(),
            stages: Vec::new(),
            connection: ConnectionMode::KeepAlive,
            tls_resumption: true,
            connections: None,
            timeout: "10s".into(),
            blocks: None,
            order: BlockOrder::Balanced,
            settle: None,
            threads: None,
            seed: 1,
        }
    }
}

/// One stage: a straight line from the level before to `target`; a `duration` of 0 is a jump.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Requests a second (open) or users (closed) at its end.
    pub target: f64,
    /// How long it takes.
    #[schemars(extend("examples" = ["15s"]))]
    pub duration: String,
}

/// How strictly the audit judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// What every deployment should have.
    #[default]
    Baseline,
    /// Adds hardening rules.
    Strict,
    /// For programs, not browsers.
    Api,
}

/// What the audit may do.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Switches the audit off for this scenario.
    pub off: bool,
    /// How strictly it judges.
    pub profile: Profile,
    /// Paths that the scenario's users must not see: each user's credential is tried on them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<String>,
    /// Paths of files that users have uploaded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<String>,
    /// File of secrets, one a line, that are tried on JWTs beside the common ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<String>,
    /// Name of a user of the scenario who may be locked out for a while: wrong logins in a row are sent in this name, and
    /// in names that nobody has. Without it they are not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lockable: Option<String>,
    /// How many logins the stack says it lets through, of one name or one address: `5/min`. The audit then tries more of
    /// them at once, in a name that nobody has. Without it they are not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_limit: Option<String>,
    /// How long a request may be kept open on purpose, to see whether the server puts up with it: `90s`. Without it none
    /// is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["90s"]))]
    pub patience: Option<String>,
    /// User names and passwords that products come with, to be tried at each login: `{ username = "admin", password =
    /// "admin" }`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_logins: Vec<DefaultLogin>,
    /// File of the checks that the gates heed, written by `shakedown audit lock`: a check that is new, or whose rule
    /// changed, then fails no gate before it is taken in. Without it every check counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// File of the findings that are known, written by `shakedown audit baseline`: gates such as `audit prod: no new medium`
    /// ask for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
}

/// A risk that somebody takes: a finding that is left out of the counts and gates, and told apart, until its day is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// Id of the check: `HDR-HSTS`.
    pub check: String,
    /// The stack. Default: every stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// The route or probe, as the report names it. Default: every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// What the finding is about, as the report names it: a header, directive or cookie. Default: anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Why the risk is taken.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Where it is kept track of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The last day on which it counts: `2027-03-31`, at most 365 days ahead, 90 for a critical finding.
    pub until: String,
    /// The worst severity that it covers. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_severity: Option<Severity>,
    /// Says that a check which opens data or accounts to anybody may be accepted on a production stack.
    #[serde(default)]
    pub allow_critical: bool,
}

/// A user name and password that a product comes with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultLogin {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// Consent for one stack.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StackAudit {
    /// Allows requests that a polite client would not send (unknown paths, foreign Host, wrong methods, replays).
    pub active: bool,
    /// Allows, beside `active`, probes that may slow a stack down or lock a user out, where the stack is not on this
    /// machine (wrong logins in a row, slow requests, limits).
    pub guarded: bool,
    /// Port of the same host that answers plain http, where `url` is https: `"80"`, `"{{port.http}}"`. Without it, 80
    /// where https is on 443.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain_port: Option<String>,
    /// Addresses (`host:port`) of application servers behind the proxy, which should not answer from here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<String>,
    /// File that holds the secret which this stack signs its JWTs with: some forged tokens need it. Templates:
    /// `{{state}}`, `{{vars.*}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_secret: Option<String>,
    /// Command that runs the project's own deployment checks: `manage.py check --deploy` with this stack's settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_deploy: Option<Hook>,
    /// Command that disables the user whose name stands in the environment variable `SHAKEDOWN_USER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_user: Option<Hook>,
    /// Command that enables that user again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_user: Option<Hook>,
}

/// A command that the audit runs. Templates: `{{state}}`, `{{scenario}}`, `{{shakedown}}`, `{{vars.*}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Program and arguments; no shell.
    pub run: Vec<String>,
    /// Working folder, relative to the scenario file. Default: the scenario's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Extra environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
}

/// What must hold for exit code 0.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gates {
    /// One readable expression a line: `prod: p99 < 250ms`, `prod vs dev: p95 < 0.8x`, `audit prod: no high`.
    pub pass: Vec<String>,
    /// Differences between stacks up to this share are none that matter. Default 5%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<String>,
    /// Judge a ratio by itself, although its interval may hold the limit: quicker to fail, and wrong more often.
    pub strict: bool,
    /// End the load early when a gate on one stack's number is lost, whatever the rest of the load brings.
    pub abort: bool,
}

/// How stacks take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BlockOrder {
    /// Each round the other way round than the one before: AB BA AB BA.
    #[default]
    Balanced,
    /// By the seed, each order as often as every other.
    Random,
    /// One stack after the other, each with its load in one piece.
    Whole,
}

impl BlockOrder {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            BlockOrder::Balanced => "balanced",
            BlockOrder::Random => "random",
            BlockOrder::Whole => "whole",
        }
    }
}

fn default_token_scheme() -> String {
    "Token".into()
}
fn default_bearer_scheme() -> String {
    "Bearer".into()
}
fn default_access_key() -> String {
    "access".into()
}
fn default_refresh_key() -> String {
    "refresh".into()
}
fn default_username_field() -> String {
    "username".into()
}
fn default_password_field() -> String {
    "password".into()
}
fn default_csrf_cookie() -> String {
    "csrftoken".into()
}
fn default_csrf_field() -> String {
    "csrfmiddlewaretoken".into()
}
fn default_csrf_header() -> String {
    "X-CSRFToken".into()
}
fn default_session_cookie() -> String {
    "sessionid".into()
}
fn default_authorization() -> String {
    "Authorization".into()
}
fn default_mint_ttl() -> String {
    "5m".into()
}
fn default_concurrency() -> u32 {
    4
}
