//! The audit: a catalogue of checks, each a pure function of the exchanges that were collected.
//!
//! Collection and judgement are apart: `collect` sends what the scenario allows and keeps raw exchanges, each
//! with the purpose it was sent for; every check, also those the catalogue calls active, is a pure function of them.

mod accept;
pub mod auth;
pub mod baseline;
pub mod check;
mod collect;
pub mod cookies;
pub mod cors;
pub mod csp;
mod curl;
pub mod diff;
pub mod django;
pub mod drf;
pub mod errors;
mod evidence;
pub mod exchange;
mod explain;
pub mod files;
pub mod fix;
#[cfg(test)]
pub mod fixture;
pub mod forged;
pub mod headers;
mod hook;
pub mod http;
pub mod jwt;
pub mod leaks;
pub mod load;
pub mod lock;
pub mod login;
pub mod meta;
pub mod net;
mod outcome;
pub mod probe;
pub mod prober;
#[cfg(test)]
mod references;
#[cfg(test)]
mod samples;
pub mod scene;
mod selection;
pub mod statics;
pub mod tls;
pub mod turned_away;
pub mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use accept::Policy;
pub use baseline::Baseline;
pub use check::{Check, Judgement, Level, Mode, Observation};
pub use exchange::{Exchange, Facts, Purpose, Site};
pub use explain::page;
pub use fix::{Fix, recipe};
pub use lock::Lock;
pub use probe::{Consent, Probe};
pub use selection::Selection;

use collect::SessionAuth;
use evidence::Reporter;

use crate::auth::Wallet;
use crate::plan::{Plan, StackId};
use crate::record::CheckOutcome;
use crate::scenario::sounds_secret;
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
    /// The dev stack that was audited before this production stack.
    pub earlier: Option<Earlier<'a>>,
}

/// A stack that was there before: what its credentials are worth elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    /// Its name.
    pub stack: &'a str,
    /// Its credentials.
    pub wallet: &'a Wallet,
}

/// Every check, family by family.
pub fn catalogue() -> impl Iterator<Item = &'static Check> {
    [
        headers::CHECKS,
        csp::CHECKS,
        cookies::CHECKS,
        auth::CHECKS,
        jwt::CHECKS,
        drf::CHECKS,
        cors::CHECKS,
        files::CHECKS,
        statics::CHECKS,
        errors::CHECKS,
        django::CHECKS,
        http::CHECKS,
        net::CHECKS,
        tls::CHECKS,
        // Last: its wrong logins may have the stack refuse right ones for a while.
        login::CHECKS,
        load::CHECKS,
        diff::CHECKS,
        meta::CHECKS,
    ]
    .into_iter()
    .flatten()
}

/// A check by its id.
pub fn find(id: &str) -> Option<&'static Check> {
    catalogue().find(|check| check.id == id)
}

/// Takes what is being done, in words.
pub type Say<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A stack that was looked at: what its checks are judged on, now and once more is known.
#[derive(Debug)]
pub struct Audited {
    /// Everything known of the stack.
    pub facts: Arc<Facts>,
    checks: Vec<&'static Check>,
    secret_headers: Vec<String>,
    /// Takes out what only the audit read: the stack's JWT secret.
    read: Redactor,
    origin: curl::Origin,
}

/// Sends to one stack what the selected checks need. A check that cannot run says so when it is judged; nothing here
/// fails as a whole.
pub async fn collect(input: &AuditInput<'_>, selection: &Selection, say: Say<'_>) -> Option<Audited> {
    let checks = selection.checks();
    let facts = collect::collect(input, &checks, say).await?;
    let authority = input.plan.stacks.get(input.stack.0).and_then(|stack| stack.ca.as_deref());
    Some(Audited {
        facts: Arc::new(facts),
        checks,
        secret_headers: secret_headers(input),
        read: Redactor::new(jwt::secret(input)),
        origin: curl::Origin::new(input.endpoint, authority),
    })
}

impl Audited {
    /// Adds what a load brought.
    pub fn join(&mut self, load: load::Brought<'_>) {
        load::UnderLoad::join(load, Arc::make_mut(&mut self.facts));
    }

    /// Whether one of the selected checks has this id.
    #[must_use]
    pub fn judges(&self, id: &str) -> bool {
        self.checks.iter().any(|check| check.id == id)
    }

    /// What the selected checks send beside a load or afterwards, as far as the scenario has it and allows it.
    #[must_use]
    pub fn trials(&self, when: load::When) -> Vec<&'static load::Trial> {
        let wanted = |trial: &&load::Trial| {
            let name = trial.probe.name;
            let mut probes = self.checks.iter().flat_map(|check| check.probes);
            trial.when == when
                && !self.facts.unsent.contains_key(name)
                && probes.any(|probe| probe.name == name)
        };
        load::TRIALS.iter().filter(wanted).collect()
    }

    /// Judges the selected checks of these modes. `redactor` takes secrets out of the evidence.
    #[must_use]
    pub fn judge(&self, modes: &[Mode], redactor: &Redactor) -> Vec<CheckOutcome> {
        let redactor = redactor.clone().joined(self.read.clone());
        let reporter =
            Reporter::new(&self.facts, &redactor, self.secret_headers.iter().cloned(), &self.origin);
        let wanted = self.checks.iter().filter(|check| modes.contains(&check.mode));
        wanted.map(|check| outcome::judge(check, &self.facts, &reporter)).collect()
    }
}

/// What an audit without a load would send to a stack for these checks: each probe, and why it would stay unsent.
#[must_use]
pub fn rehearse(plan: &Plan, stack: StackId, selection: &Selection) -> Vec<(&'static Probe, Option<String>)> {
    let Some(stack) = plan.stacks.get(stack.0) else { return Vec::new() };
    // A name may resolve to anything: only what is surely this machine counts as it.
    let url = url::Url::parse(&stack.url.replace("{{port}}", "1")).ok();
    let loopback = url.as_ref().and_then(|url| url.host_str()).is_some_and(|host| {
        host == "localhost"
            || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    });
    let under_load = |probe: &&'static Probe| {
        load::TRIALS.iter().any(|trial| trial.probe.name == probe.name) || probe.name == load::STRANGERS.name
    };
    let probes = collect::probes(selection.checks()).into_iter().filter(|probe| !under_load(probe));
    probes.map(|probe| (probe, collect::forbidden(probe, stack, loopback))).collect()
}

/// What is sent to a stack beyond what the probes say, and where all of it ends, in words.
#[must_use]
pub fn manners() -> String {
    prober::manners(collect::AGAIN)
}

/// Names of the headers that carry the scenario's credentials, or sound as if they did.
fn secret_headers(input: &AuditInput<'_>) -> Vec<String> {
    let credentials = input.wallet.credentials.iter().flatten();
    let mut names: Vec<String> =
        credentials.flat_map(|credential| credential.headers.iter().map(|(name, _)| name.clone())).collect();
    names.extend(SessionAuth::all(input.plan).map(|auth| auth.csrf_header.to_owned()));
    let written = input.plan.routes.iter().flat_map(|route| &route.headers).map(|(name, _)| name);
    names.extend(written.filter(|name| sounds_secret(&name.to_ascii_lowercase())).cloned());
    names
}
