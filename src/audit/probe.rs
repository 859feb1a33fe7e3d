//! A probe: requests that checks need beyond what the load sends, with the consent they need.

use std::pin::Pin;

use super::AuditInput;
use super::prober::Prober;

/// What has to be allowed before a probe is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consent {
    /// The scenario itself: a GET of one of its routes.
    None,
    /// `active = true` in `[stacks.NAME.audit]`.
    Active,
    /// That, and off loopback `guarded = true` beside it: a probe that may slow the stack, fill its logs or lock a
    /// user out for a while.
    Guarded,
}

/// Requests that belong together.
#[derive(Clone, Copy)]
pub struct Probe {
    /// Short and unique: `routes`, `jwt-alg-none`.
    pub name: &'static str,
    /// What the user has to have allowed.
    pub consent: Consent,
    /// What is sent, in a sentence, for `audit --dry-run`.
    pub about: &'static str,
    /// Most requests to one stack; the prober sends no more.
    pub most: usize,
    /// What the scenario lacks for it, in words; `None` when it has all. Sends nothing.
    pub lacks: fn(&AuditInput<'_>) -> Option<&'static str>,
    /// Sends.
    pub send: Script,
}

/// Sends the requests of a probe through the prober, which keeps what comes.
pub type Script = for<'p, 'i> fn(&'p mut Prober<'i>) -> Sending<'p>;

/// A script on its way.
pub type Sending<'p> = Pin<Box<dyn Future<Output = ()> + 'p>>;

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probe")
            .field("name", &self.name)
            .field("consent", &self.consent)
            .finish_non_exhaustive()
    }
}

/// Why a probe was not sent to a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// The scenario has nothing for it: the check does not apply.
    Lacking(String),
    /// It was not allowed: the check did not run.
    Forbidden(String),
    /// It could not be sent, or not as a whole: the check did not run.
    Refused(String),
    /// A limit on requests refused some of it: what it did not show, it did not look at.
    Limited(String),
}
