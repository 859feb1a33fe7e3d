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

use std::path::PathBuf;
use std::time::Duration;

pub use crate::scenario::model::{
    Arrivals, BlockOrder, ConnectionMode, Prepare, Process, Profile, RenderedFile, Requirement, Role,
    RouteKind,
};
use crate::scenario::{self, Diagnostics, Mistakes};
use crate::secret::{ExposeSecret, Redactor, SecretString, spellings};
pub use accepts::AcceptPlan;
pub use auths::{AuthPlan, Claim};
pub use blocks::BlocksPlan;
pub use body::{BodyContent, BodyPlan};
pub use expect::{ExpectPlan, JsonValue, StatusRule};
pub use load::{LoadPlan, LoadProfile, ModelPlan};
pub use routes::{DiscoverPlan, ExtractPlan, Item, RoutePlan};
pub use series::{PAUSE, SearchPlan, SeriesPlan, SweepPlan};
pub use stacks::{ReadyPlan, StackPlan, UserSwitch};
pub use template::{Scope, Template, TemplateError, Variable};
pub use users::{Population, User};

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

/// A gate as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateLine {
    /// The expression.
    pub text: String,
    /// Line (1-based) in the scenario file.
    pub line: usize,
}
