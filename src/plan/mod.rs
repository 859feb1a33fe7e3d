//! The plan: a scenario that was checked. It cannot hold a route whose auth is unknown, a rate below
//! zero or a template that names a value nobody provides.

mod accepts;
mod auths;
mod blocks;
mod body;
mod build;
mod check;
mod csv_table;
mod expect;
mod load;
mod routes;
mod series;
mod stacks;
mod template;
mod users;
mod variables;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use crate::scenario::model::{
    Arrivals, BlockOrder, ConnectionMode, Prepare, Process, Profile, RenderedFile, Requirement, Role,
    RouteKind,
};
use crate::scenario::model::{Auth, Hook};
use crate::scenario::{self, Diagnostics, Mistakes};
use crate::secret::{ExposeSecret, Redactor, SecretString, spellings};
pub use accepts::AcceptPlan;
pub use blocks::BlocksPlan;
pub use series::{PAUSE, SearchPlan, SeriesPlan, SweepPlan};
pub use template::{Scope, Template, TemplateError, Variable};

#[cfg(test)]
mod tests;

/// Index of a stack in [`Plan::stacks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackId(pub usize);

/// Index of a request in [`Plan::routes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(pub usize);

/// Index of an auth in [`Plan::auths`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthId(pub usize);

/// Index of a population in [`Plan::populations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PopulationId(pub usize);

/// A checked scenario.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The heading of the report.
    pub title: String,
    /// What the trial is for.
    pub description: Option<String>,
    /// The scenario's file stem: names the report folder.
    pub slug: String,
    /// The file and its text, for the record and for diagnostics.
    pub source: Source,
    /// Folder for what `prepare` makes; absolute.
    pub state: PathBuf,
    /// Whether targets that are not loopback may be loaded.
    pub authorized: bool,
    /// Programs that must be installed.
    pub requires: Vec<Requirement>,
    /// Steps shared by all stacks.
    pub prepare: Vec<Prepare>,
    /// The systems under test.
    pub stacks: Vec<StackPlan>,
    /// Groups of users; the first is the scenario's own `users` (possibly empty).
    pub populations: Vec<Population>,
    /// Ways to prove who a user is.
    pub auths: Vec<AuthPlan>,
    /// Rows of CSV files by name.
    pub feeders: Vec<FeederPlan>,
    /// Values to look up on each stack before the load.
    pub discover: Vec<DiscoverPlan>,
    /// Every request of the scenario: lone routes and steps of flows.
    pub routes: Vec<RoutePlan>,
    /// What an arrival may be, with weights.
    pub items: Vec<Item>,
    /// How hard and for how long.
    pub load: LoadPlan,
    /// What the audit does; `None` when it is off.
    pub audit: Option<Profile>,
    /// Paths that no user of the scenario may see.
    pub forbidden: Vec<String>,
    /// Paths of files that users have uploaded.
    pub media: Vec<String>,
    /// The user whom the audit may lock out.
    pub lockable: Option<String>,
    /// How many logins the stack says it lets through, and in what time.
    pub login_limit: Option<(u32, Duration)>,
    /// How long the audit may keep a request open.
    pub patience: Option<Duration>,
    /// User names and passwords that products come with.
    pub default_logins: Vec<(String, SecretString)>,
    /// Secrets that are tried on JWTs beside the common ones.
    pub secrets: Vec<String>,
    /// Risks that are accepted.
    pub accepts: Vec<AcceptPlan>,
    /// File of the checks that gates heed.
    pub audit_lock: Option<AuditFile>,
    /// File of the findings that are known.
    pub audit_baseline: Option<AuditFile>,
    /// Secrets that stand in the scenario file itself, for redaction.
    pub inline_secrets: Vec<SecretString>,
    /// Gate expressions as written, with their line (1-based) in the scenario file.
    pub gates: Vec<GateLine>,
    /// Differences between stacks up to this share do not matter.
    pub margin: f64,
    /// Whether a gate on a ratio judges the ratio itself and not its interval.
    pub strict: bool,
    /// Whether the load ends early when a gate is surely lost.
    pub abort: bool,
}

/// A file beside the scenario that the audit writes and reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFile {
    /// As the scenario names it.
    pub written: String,
    /// Where it is.
    pub path: PathBuf,
    /// Bytes of its name in the scenario file.
    pub span: std::ops::Range<usize>,
}

/// The scenario file. `Debug` leaves the text out: it may hold passwords.
#[derive(Clone)]
pub struct Source {
    /// As given on the command line.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its text without inline secrets, still a TOML file.
    redacted: String,
    /// Its text with secrets overwritten, of the same length.
    masked: String,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Plan {
    /// The secrets that the scenario and its files hold, in every spelling: users' passwords and what stands inline.
    pub fn own_secrets(&self) -> impl Iterator<Item = String> {
        let users = self.populations.iter().flat_map(|population| &population.users);
        let passwords = users.filter_map(|user| user.password.as_ref()).map(|p| p.expose_secret().to_owned());
        let inline = self.inline_secrets.iter().map(SecretString::expose_secret);
        passwords.chain(inline.map(str::to_owned)).flat_map(|secret| spellings(&secret))
    }

    /// Mistakes that only a later look can find, shown in the scenario file.
    pub fn diagnostics(&self, mistakes: Mistakes) -> Diagnostics {
        Diagnostics::new(&self.source.path, self.source.masked.clone(), mistakes)
    }

    /// The scenario's text for the record: without inline passwords, and without the secrets of `redactor`.
    pub fn redacted_source(&self, redactor: &Redactor) -> String {
        scenario::scrub_copy(&self.source.redacted, redactor)
    }
}

impl Source {
    /// The folder that paths in the scenario are relative to.
    pub fn folder(&self) -> PathBuf {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        }
    }
}

/// Commands that disable a user of a stack and enable them again. Texts are rendered by who runs them.
#[derive(Debug, Clone, PartialEq)]
pub struct UserSwitch {
    /// Disables.
    pub off: Hook,
    /// Enables again.
    pub on: Hook,
}

/// A system under test. Texts may hold `{{port}}`, `{{state}}`, `{{vars.*}}`; `stack` renders them.
#[derive(Debug, Clone)]
pub struct StackPlan {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Base URL, with templates.
    pub url: String,
    /// PEM file of its certificate authority, with templates, relative to the scenario's folder.
    pub ca: Option<String>,
    /// Name for SNI, certificate check and Host header.
    pub sni: Option<String>,
    /// Streams of a connection where the load goes over HTTP/2; `None`: HTTP/1.1.
    pub http2: Option<usize>,
    /// Fixed values.
    pub vars: BTreeMap<String, String>,
    /// Steps before it starts.
    pub prepare: Vec<Prepare>,
    /// Files to render at each start.
    pub files: Vec<RenderedFile>,
    /// Processes to start.
    pub start: Vec<Process>,
    /// When it is up.
    pub ready: ReadyPlan,
    /// Consent to active audit probes.
    pub active_audit: bool,
    /// Consent to probes that may hurt, off loopback.
    pub guarded_audit: bool,
    /// Port that answers plain http beside https, with templates.
    pub plain_port: Option<String>,
    /// Addresses of application servers behind the proxy, with templates.
    pub backends: Vec<String>,
    /// File with the secret that it signs its JWTs with.
    pub jwt_secret: Option<String>,
    /// Command that runs the project's own deployment checks.
    pub check_deploy: Option<Hook>,
    /// Commands that disable a user and enable them again.
    pub user_switch: Option<UserSwitch>,
    /// Line (1-based) of its table in the scenario file.
    pub line: usize,
}

/// Readiness.
#[derive(Debug, Clone)]
pub struct ReadyPlan {
    /// Path to ask.
    pub path: String,
    /// Status that means ready; `None`: any but 502 and 503.
    pub status: Option<u16>,
    /// How long to wait.
    pub timeout: Duration,
    /// How long to wait while the connection is refused.
    pub refused: Duration,
}

/// A group of users.
#[derive(Debug, Clone, Default)]
pub struct Population {
    /// Names of the columns a template may use: `username` first, never the password.
    pub columns: Vec<String>,
    /// The users; never has two of one name.
    pub users: Vec<User>,
}

/// A virtual user's identity.
#[derive(Debug, Clone)]
pub struct User {
    /// User name.
    pub name: String,
    /// Password, where the auth needs one.
    pub password: Option<SecretString>,
    /// Values of [`Population::columns`], in that order.
    pub values: Vec<String>,
}

/// An `[auth.NAME]` table.
#[derive(Debug, Clone)]
pub struct AuthPlan {
    /// Its name.
    pub name: String,
    /// Its kind and settings, checked.
    pub auth: Auth,
    /// Its users (for client credentials and static headers: one nameless user).
    pub population: PopulationId,
    /// Claims of `mint`, compiled; empty otherwise.
    pub claims: Vec<(String, Claim)>,
    /// Life of a minted token.
    pub ttl: Duration,
    /// Line (1-based) in the scenario file.
    pub line: usize,
}

/// A claim's value.
#[derive(Debug, Clone)]
pub enum Claim {
    /// A string template.
    Text(Template),
    /// Any other JSON value.
    Value(serde_json::Value),
}

/// A feeder's rows.
#[derive(Debug, Clone)]
pub struct FeederPlan {
    /// Its name.
    pub name: String,
    /// Column names.
    pub columns: Vec<String>,
    /// Rows; at least one.
    pub rows: Vec<Vec<String>>,
}

/// A value to look up on each stack.
#[derive(Debug, Clone)]
pub struct DiscoverPlan {
    /// Its name in templates.
    pub name: String,
    /// Path to fetch.
    pub path: String,
    /// Auth to fetch it with.
    pub auth: Option<AuthId>,
    /// Where the value stands.
    pub from: ExtractPlan,
}

/// One request, checked.
#[derive(Debug, Clone)]
pub struct RoutePlan {
    /// `name`, or `flow/step`.
    pub name: String,
    /// Method, upper case as written.
    pub method: String,
    /// Path and query.
    pub path: Template,
    /// The path as written in the scenario, braces included, without secrets.
    pub written: String,
    /// Auth.
    pub auth: Option<AuthId>,
    /// Whose columns `{{user.*}}` are: the auth's population, else the first.
    pub population: PopulationId,
    /// What it is.
    pub kind: RouteKind,
    /// Extra headers in order.
    pub headers: Vec<(String, Template)>,
    /// Body, with the Content-Type to send unless `headers` has one.
    pub body: Option<BodyPlan>,
    /// Time-out of the whole request.
    pub timeout: Duration,
    /// Redirects to follow on the same stack.
    pub follow: u8,
    /// What the answer must be.
    pub expect: ExpectPlan,
    /// Values to take from the answer: slot in [`Scope::extracted`] and where it stands.
    pub extract: Vec<(usize, ExtractPlan)>,
    /// Line (1-based) in the scenario file.
    pub line: usize,
}

/// A request body.
#[derive(Debug, Clone)]
pub struct BodyPlan {
    /// Value of Content-Type.
    pub content_type: &'static str,
    /// The bytes.
    pub content: BodyContent,
}

/// Where a body's bytes come from.
#[derive(Debug, Clone)]
pub enum BodyContent {
    /// Rendered for each request.
    Template(Template),
    /// Form fields, rendered and percent-encoded for each request.
    Form(Vec<(String, Template)>),
    /// The same bytes each time (a file).
    Fixed(Vec<u8>),
}

/// What an answer must be.
#[derive(Debug, Clone)]
pub struct ExpectPlan {
    /// Accepted statuses.
    pub status: StatusRule,
    /// Header name (lower case) and the pattern of its value.
    pub headers: Vec<(String, regex::bytes::Regex)>,
    /// Text the body must contain.
    pub contains: Option<String>,
    /// Pattern the body must match.
    pub matches: Option<regex::bytes::Regex>,
    /// JSONPath and the value it must have.
    pub json: Vec<(serde_json_path::JsonPath, JsonValue)>,
    /// JSONPath all of whose values must equal this column of the user.
    pub owner: Option<(serde_json_path::JsonPath, Template)>,
}

impl ExpectPlan {
    /// Whether the body has to be kept to judge the answer.
    pub fn needs_body(&self) -> bool {
        self.contains.is_some() || self.matches.is_some() || !self.json.is_empty() || self.owner.is_some()
    }
}

/// An expected JSON value.
#[derive(Debug, Clone)]
pub enum JsonValue {
    /// A string template.
    Text(Template),
    /// Any other value.
    Value(serde_json::Value),
}

/// Which statuses are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusRule {
    /// 200 to 299: the default with auth.
    Success,
    /// 200 to 399: the default without auth.
    SuccessOrRedirect,
    /// Just these.
    Any(Vec<u16>),
}

impl StatusRule {
    /// Whether a status is good.
    pub fn accepts(&self, status: u16) -> bool {
        match self {
            StatusRule::Success => (200..300).contains(&status),
            StatusRule::SuccessOrRedirect => (200..400).contains(&status),
            StatusRule::Any(list) => list.contains(&status),
        }
    }
}

/// Where a value stands in an answer.
#[derive(Debug, Clone)]
pub enum ExtractPlan {
    /// First value of a JSONPath; strings without quotes.
    Json(serde_json_path::JsonPath),
    /// First line of a header (name in lower case).
    Header(String),
    /// First group of a pattern, or the whole match.
    Regex(regex::bytes::Regex),
}

/// What one arrival is: a lone route, or the steps of a flow.
#[derive(Debug, Clone)]
pub struct Item {
    /// Name of the route or flow.
    pub name: String,
    /// Share among the items; at least 1.
    pub weight: u32,
    /// Requests in order; at least one.
    pub steps: Vec<RouteId>,
    /// Pause between steps.
    pub think: Duration,
    /// How many values its steps extract (length of [`Scope::extracted`]).
    pub slots: usize,
}

/// The load, checked.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// Arrivals or users; of a series, the first load.
    pub model: ModelPlan,
    /// Several loads in a row instead of the one.
    pub series: Option<SeriesPlan>,
    /// The blocks it is cut into where stacks take turns; `None` where each gets it in one piece.
    pub blocks: Option<BlocksPlan>,
    /// Number of the first request: `{{counter}}` and the users go on from it.
    pub first: u64,
    /// Left out of the results; runs at the profile's first level.
    pub warmup: Duration,
    /// Keep-alive or one connection a request.
    pub connection: ConnectionMode,
    /// Whether a new TLS connection may resume an earlier session.
    pub tls_resumption: bool,
    /// Time-out of a request that sets none.
    pub timeout: Duration,
    /// Worker threads.
    pub threads: usize,
    /// Seed of arrivals, weights and users.
    pub seed: u64,
}

impl LoadPlan {
    /// Length of the measured part.
    pub fn duration(&self) -> Duration {
        match &self.model {
            ModelPlan::Open { profile, .. } | ModelPlan::Closed { profile, .. } => profile.duration(),
        }
    }
}

/// Open or closed.
#[derive(Debug, Clone)]
pub enum ModelPlan {
    /// Arrivals by schedule.
    Open {
        /// Arrivals a second over time.
        profile: LoadProfile,
        /// How they are spaced.
        arrivals: Arrivals,
        /// Most connections at once.
        connections: usize,
    },
    /// Users who wait.
    Closed {
        /// Users over time.
        profile: LoadProfile,
        /// Pause between iterations.
        think: Duration,
    },
}

/// A level over time, in straight lines.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadProfile {
    /// Level at the start.
    pub start: f64,
    /// Target level and how long the line to it takes.
    pub stages: Vec<(f64, Duration)>,
}

impl LoadProfile {
    /// Sum of the stages.
    pub fn duration(&self) -> Duration {
        self.stages.iter().map(|(_, d)| *d).sum()
    }
}

/// A gate as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateLine {
    /// The expression.
    pub text: String,
    /// Line (1-based) in the scenario file.
    pub line: usize,
}
