//! The audit: a catalogue of checks, each a pure function of the exchanges that were collected.
//!
//! Collection and judgement are apart: `collect` sends what the scenario allows and keeps raw exchanges, each
//! with the purpose it was sent for; every check, also those the catalogue calls active, is a pure function of them.

pub mod check;
mod collect;
pub mod cookies;
pub mod csp;
mod curl;
pub mod django;
mod evidence;
pub mod exchange;
pub mod fix;
#[cfg(test)]
pub mod fixture;
pub mod headers;
mod outcome;
#[cfg(test)]
mod samples;

use std::collections::BTreeMap;

pub use check::{Check, Judgement, Level, Mode, Observation};
pub use exchange::{Exchange, Facts, Purpose, Site};
pub use fix::{Fix, recipe};

use collect::SessionAuth;
use evidence::Reporter;

use crate::auth::Wallet;
use crate::plan::{Plan, StackId};
use crate::record::{CheckOutcome, Outcome};
use crate::secret::Redactor;
use crate::wire::Endpoint;

/// What an audit of one stack needs.
pub struct AuditInput<'a> {
    /// Routes, profile, consent.
    pub plan: &'a Plan,
    /// Which stack.
    pub stack: StackId,
    /// Where it answers.
    pub endpoint: &'a Endpoint,
    /// The stack's values for templates.
    pub values: &'a BTreeMap<String, String>,
    /// Credentials.
    pub wallet: &'a Wallet,
    /// Takes secrets out of evidence.
    pub redactor: &'a Redactor,
}

/// Every check, family by family.
pub fn catalogue() -> impl Iterator<Item = &'static Check> {
    [headers::CHECKS, csp::CHECKS, cookies::CHECKS, django::CHECKS].into_iter().flatten()
}

/// A check by its id.
pub fn find(id: &str) -> Option<&'static Check> {
    catalogue().find(|check| check.id == id)
}

/// Collects exchanges from one stack and judges every check of the catalogue on them.
/// A check that cannot run says so; nothing here fails as a whole.
pub async fn audit(input: AuditInput<'_>, say: &(dyn Fn(&str) + Send + Sync)) -> Vec<CheckOutcome> {
    let Some(facts) = collect::collect(&input, say).await else { return Vec::new() };
    let authority = input.plan.stacks.get(input.stack.0).and_then(|stack| stack.ca.as_deref());
    let origin = curl::Origin::new(input.endpoint, authority);
    let reporter = Reporter::new(&facts, input.redactor, secret_headers(&input), origin);
    let outcomes: Vec<CheckOutcome> =
        catalogue().map(|check| outcome::judge(check, &facts, &reporter)).collect();
    let failed = outcomes.iter().filter(|outcome| outcome.outcome == Outcome::Fail).count();
    let total = outcomes.len();
    say(&format!("{total} checks on {} exchanges, {failed} failed", facts.exchanges.len()));
    outcomes
}

/// Names of the headers that carry the scenario's credentials.
fn secret_headers(input: &AuditInput<'_>) -> Vec<String> {
    let credentials = input.wallet.credentials.iter().flatten();
    let mut names: Vec<String> =
        credentials.flat_map(|credential| credential.headers.iter().map(|(name, _)| name.clone())).collect();
    names.extend(SessionAuth::all(input.plan).map(|auth| auth.csrf_header.to_owned()));
    names
}
