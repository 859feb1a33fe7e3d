//! Collects what the checks judge: runs each probe that a selected check needs, once.

mod browser;
pub(super) mod misfits;
mod repeats;
pub(super) mod routes;
pub(super) mod session;
mod session_auth;

use std::collections::BTreeMap;

use super::check::Check;
use super::exchange::Facts;
use super::probe::{Consent, Probe, Unsent};
use super::prober::Prober;
use super::{AuditInput, Say, scene};
use crate::plan::{Profile, StackPlan};

pub(super) use browser::Browser;
pub(super) use misfits::MISFITS;
pub(super) use repeats::AGAIN;
pub(super) use routes::ROUTES;
pub(super) use session::SESSIONS;
pub(super) use session_auth::SessionAuth;

/// The probes of these checks, each once, in the order of the catalogue.
pub(super) fn probes<'c>(checks: impl IntoIterator<Item = &'c Check>) -> Vec<&'static Probe> {
    let mut probes: Vec<&'static Probe> = Vec::new();
    for probe in checks.into_iter().flat_map(|check| check.probes) {
        if !probes.iter().any(|known| known.name == probe.name) {
            probes.push(probe);
        }
    }
    probes
}

/// Why a probe may not be sent to this stack.
pub(super) fn forbidden(probe: &Probe, stack: &StackPlan, loopback: bool) -> Option<String> {
    let table = format!("[stacks.{}.audit]", stack.name);
    match probe.consent {
        Consent::None => None,
        _ if !stack.active_audit => Some(format!("needs your consent, set `active = true` in {table}")),
        Consent::Guarded if !loopback && !stack.guarded_audit => {
            Some(format!("may hurt a stack that others use, set `guarded = true` in {table}"))
        }
        _ => None,
    }
}

/// Sends what these checks need and the stack's scenario allows.
pub(super) async fn collect(input: &AuditInput<'_>, checks: &[&Check], say: Say<'_>) -> Option<Facts> {
    let stack = input.plan.stacks.get(input.stack.0)?;
    let loopback = input.endpoint.address.ip().is_loopback();
    let mut prober = Prober::new(input).patient();
    let mut round = Round { unsent: BTreeMap::new(), sent: Vec::new() };
    let mut early = probes(checks.iter().copied());
    // From there on a limit may refuse logins, and what fails is to be tried again before.
    let late = early.split_off(early.iter().position(|probe| wears_out(probe)).unwrap_or(early.len()));
    round.run(&mut prober, &early, loopback, say).await;
    let sessions: Vec<SessionAuth<'_>> = SessionAuth::all(input.plan).collect();
    let names = |of: fn(&SessionAuth<'_>) -> String, default: &str| {
        let mut names: Vec<String> = sessions.iter().map(of).collect();
        if names.is_empty() {
            names.push(default.to_owned());
        }
        names.sort();
        names.dedup();
        names
    };
    let mut facts = Facts {
        stack: stack.name.clone(),
        role: stack.role,
        profile: input.plan.audit.unwrap_or(Profile::Baseline),
        https: input.endpoint.tls.is_some(),
        http2: stack.http2.is_some(),
        active: stack.active_audit,
        host: input.endpoint.host.clone(),
        session_cookies: names(|auth| auth.session_cookie.to_owned(), "sessionid"),
        csrf_cookies: names(|auth| auth.csrf_cookie.to_owned(), "csrftoken"),
        users: (0..2)
            .filter_map(|user| Some(scene::protected(input, user).first()?.user.name.clone()))
            .collect(),
        secrets: input.plan.secrets.clone(),
        has_session: !sessions.is_empty(),
        exchanges: std::mem::take(&mut prober.exchanges),
        unsent: BTreeMap::new(),
        declared: prober.declared.take(),
        load: None,
        gave_up: None,
        repeats: Vec::new(),
        beside: None,
    };
    facts.unsent.clone_from(&round.unsent);
    if prober.given_up().is_none() {
        facts.repeats = repeats::of(&mut prober, checks, &facts, &round.sent, say).await;
    }
    prober.wait_no_more();
    round.run(&mut prober, &late, loopback, say).await;
    facts.exchanges.append(&mut prober.exchanges);
    facts.unsent = round.unsent;
    facts.gave_up = prober.given_up();
    Some(facts)
}

/// Whether a probe may leave the stack refusing logins for a while.
fn wears_out(probe: &Probe) -> bool {
    probe.consent == Consent::Guarded && probe.name.starts_with("login-")
}

/// Probes on their way.
struct Round {
    /// Why some were not sent.
    unsent: BTreeMap<&'static str, Unsent>,
    /// The others, each with the position of its first exchange.
    sent: Vec<(&'static Probe, usize)>,
}

impl Round {
    async fn run(
        &mut self,
        prober: &mut Prober<'_>,
        probes: &[&'static Probe],
        loopback: bool,
        say: Say<'_>,
    ) {
        let input = prober.input;
        let Some(stack) = input.plan.stacks.get(input.stack.0) else { return };
        for probe in probes {
            let reason = if let Some(reason) = (probe.lacks)(input) {
                Some(Unsent::Lacking(reason.to_owned()))
            } else if let Some(reason) = forbidden(probe, stack, loopback) {
                Some(Unsent::Forbidden(reason))
            } else {
                say(&format!("probe {}", probe.name));
                self.sent.push((*probe, prober.exchanges.len()));
                prober.run(probe).await
            };
            if let Some(reason) = reason {
                self.unsent.insert(probe.name, reason);
            }
        }
    }
}
