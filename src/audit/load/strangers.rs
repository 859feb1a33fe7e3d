//! Strangers among the load: requests that have to be refused while everybody else is served.

use std::time::Duration;

use tokio::sync::watch;

use super::no_load;
use crate::audit::AuditInput;
use crate::audit::auth::ANONYMOUS;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::collect::forbidden;
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, Turns, nonsense};
use crate::audit::scene;
use crate::plan::ModelPlan;

/// A stranger's request under load.
pub const STRANGER: Purpose = Purpose::Own("load-stranger");

/// Most of them in one load.
const MOST: usize = 20_000;
/// Most exchanges that are kept beside those that opened.
const KEPT: usize = 20;
/// A share of the load's own requests.
const SHARE: f64 = 0.01;
/// Shortest and longest pause between two, in seconds.
const PAUSE: (f64, f64) = (0.02, 60.0);
/// So many ask at once, however slow the load is.
const FIRST: usize = 2;

pub static STRANGERS: Probe = Probe {
    name: "load-strangers",
    consent: Consent::Active,
    about: "while the load goes on, at most one for a hundred of its requests: protected routes without a credential and with one \
            that nobody has",
    most: MOST,
    lacks: |input| scene::protected(input, 0).is_empty().then_some("the scenario has no protected GET route"),
    // At rest there is nothing to send.
    send: |_| Box::pin(async {}),
};

/// What became of the strangers.
#[derive(Debug, Clone, Default)]
pub struct Strangers {
    /// How many asked.
    pub sent: usize,
    /// How many got no answer.
    pub unanswered: usize,
    /// The first of them, and each that was let in.
    pub exchanges: Vec<Exchange>,
}

impl Strangers {
    /// Adds those of another load.
    pub fn add(&mut self, other: Strangers) {
        self.sent += other.sent;
        self.unanswered += other.unanswered;
        other.exchanges.into_iter().for_each(|exchange| self.keep(exchange));
    }

    /// Keeps the first, and some more of those who were let in.
    fn keep(&mut self, exchange: Exchange) {
        let opened = exchange.answer.as_ref().is_ok_and(success);
        if self.exchanges.len() < if opened { 2 * KEPT } else { KEPT } {
            self.exchanges.push(exchange);
        }
    }
}

/// Asks as a stranger, again and again, until the load is over. `None` without consent or a protected route.
pub async fn mingle(
    input: &AuditInput<'_>,
    turns: &Turns,
    mut over: watch::Receiver<bool>,
) -> Option<Strangers> {
    let stack = input.plan.stacks.get(input.stack.0)?;
    let loopback = input.endpoint.address.ip().is_loopback();
    if (STRANGERS.lacks)(input).is_some() || forbidden(&STRANGERS, stack, loopback).is_some() {
        return None;
    }
    let pause = Duration::from_secs_f64((1.0 / (SHARE * rate(input))).clamp(PAUSE.0, PAUSE.1));
    let mut prober = Prober::new(input).among(turns);
    prober.allow(MOST);
    let targets = scene::protected(input, 0);
    let mut strangers = Strangers::default();
    // Each route both ways, as far as its credential is a token.
    let ways = targets.iter().flat_map(|target| [(target, false), (target, true)]);
    let ways: Vec<_> = ways.filter(|(target, bad)| !bad || target.token().is_some()).collect();
    for (target, bad) in ways.into_iter().cycle().take(MOST) {
        let pause = if strangers.sent < FIRST { Duration::ZERO } else { pause };
        tokio::select! {
            _ = over.wait_for(|over| *over) => break,
            () = tokio::time::sleep(pause) => {}
        }
        let request = if bad { target.with_token(&nonsense()) } else { Some(target.bare.clone()) };
        let Some(request) = request else { continue };
        let what = if bad { "a token that nobody has" } else { "no credential" };
        let site = target.site(&format!("under load: {what}"), false);
        let Some(exchange) = prober.ask(STRANGER, site, request).await else { break };
        strangers.sent += 1;
        strangers.unanswered += usize::from(exchange.answer.is_err());
        strangers.keep(exchange);
    }
    Some(strangers)
}

/// Requests a second of the load, as the scenario plans its lowest stage.
fn rate(input: &AuditInput<'_>) -> f64 {
    match &input.plan.load.model {
        ModelPlan::Open { profile, .. } => {
            profile.stages.iter().map(|(level, _)| *level).fold(f64::INFINITY, f64::min).max(1.0)
        }
        ModelPlan::Closed { .. } => 100.0,
    }
}

pub fn refused(facts: &Facts) -> Judgement {
    let Some(load) = &facts.load else { return no_load() };
    let Some((sent, unanswered)) = load.strangers else {
        return Judgement::NotRun("no stranger was among the load".into());
    };
    // What answers 2xx to nobody's credential at rest is AUTH-REQUIRED's.
    let hidden = |exchange: &Exchange| {
        let mut at_rest = facts.of(ANONYMOUS).filter(|(_, other, _)| other.site.name == exchange.site.name);
        at_rest.any(|(_, _, answer)| success(answer))
    };
    if let Some((_, first, _)) = facts.of(STRANGER).next()
        && facts.of(STRANGER).all(|(_, exchange, _)| hidden(exchange))
    {
        let why =
            format!("`{}` answers 2xx without a credential at rest too: AUTH-REQUIRED", first.site.name);
        return Judgement::Inconclusive(why);
    }
    let opened = facts.of(STRANGER).filter(|(_, exchange, answer)| success(answer) && !hidden(exchange));
    let observations: Vec<Observation> = opened
        .map(|(index, exchange, answer)| {
            let what = exchange.site.variant.trim_start_matches("under load: ");
            let detail = format!("answered {} to {what} under load", answer.status);
            Observation::new(Level::Fail, index, exchange.site.name.clone(), detail)
        })
        .collect();
    match sent - unanswered {
        0 => Judgement::NotRun("no stranger got an answer before the load was over".into()),
        answered => Judgement::Judged { places: answered, observations },
    }
}
