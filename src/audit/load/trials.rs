//! What is sent beside a load, or once it is over with a small load of its own.

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::cache_key::CACHE_KEY;
use super::crowd::{LOGIN_STARVE, NEIGHBOURS};
use super::expired::EXPIRED;
use super::login_limit::LOGIN_LIMIT;
use super::refresh_race::REFRESH_RACE;
use super::resumption::RESUMPTION;
use super::revoked::REVOKED;
use crate::audit::AuditInput;
use crate::audit::exchange::Exchange;
use crate::audit::probe::{Probe, Script, Unsent};
use crate::audit::prober::{Prober, Turns, all};

/// When a trial is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// While the load goes on: a few requests a second, by connections of their own.
    Beside,
    /// Once it is over, so that the load's figures are without it.
    Afterwards,
}

/// A probe that needs a load.
#[derive(Clone, Copy)]
pub struct Trial {
    /// Consent, words, limit.
    pub probe: &'static Probe,
    /// When it is sent.
    pub when: When,
    /// What it sends then. At rest its probe sends nothing.
    pub send: Script,
}

/// Every one, in the order in which they are sent.
pub(in crate::audit) static TRIALS: &[Trial] = &[
    CACHE_KEY,
    EXPIRED,
    REVOKED,
    RESUMPTION,
    REFRESH_RACE,
    NEIGHBOURS,
    // Last: wrong logins may have the stack refuse right ones for a while. Its own name first.
    LOGIN_LIMIT,
    LOGIN_STARVE,
];

/// What trials brought.
#[derive(Debug, Clone, Default)]
pub struct Trials {
    /// In their order.
    pub exchanges: Vec<Exchange>,
    /// Position of an exchange and the seconds that it came after what it is measured from.
    pub seconds: Vec<(usize, f64)>,
    /// Probes that were not sent, or not as a whole.
    pub unsent: BTreeMap<&'static str, Unsent>,
}

impl Trials {
    /// Adds others.
    pub fn add(&mut self, other: Trials) {
        let first = self.exchanges.len();
        self.seconds.extend(other.seconds.into_iter().map(|(position, seconds)| (first + position, seconds)));
        self.exchanges.extend(other.exchanges);
        self.unsent.extend(other.unsent);
    }
}

/// Sends trials once a load is over, one after the other.
pub async fn send(input: &AuditInput<'_>, trials: &[&'static Trial]) -> Trials {
    in_turn(Prober::new(input), trials).await
}

/// Sends trials beside a load until it is over: side by side, since each of them mostly waits and a block of the load may be
/// short.
pub async fn beside(
    input: &AuditInput<'_>,
    turns: &Turns,
    trials: &[&'static Trial],
    over: watch::Receiver<bool>,
) -> Trials {
    let each = trials.chunks(1).map(|one| {
        let mut prober = Prober::new(input).among(turns);
        prober.over = Some(over.clone());
        in_turn(prober, one)
    });
    let mut sum = Trials::default();
    all(each).await.into_iter().for_each(|of| sum.add(of));
    sum
}

async fn in_turn(mut prober: Prober<'_>, trials: &[&'static Trial]) -> Trials {
    let mut unsent = BTreeMap::new();
    for trial in trials {
        let script = Probe { send: trial.send, ..*trial.probe };
        if let Some(why) = prober.run(&script).await {
            unsent.insert(trial.probe.name, why);
        }
    }
    Trials { exchanges: prober.exchanges, seconds: prober.seconds, unsent }
}
