//! What the audit may do, and which of its findings are taken.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::expression::Severity;

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
