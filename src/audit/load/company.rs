//! Who asks beside the load, and afterwards.

use tokio::sync::watch;

use super::trials::{self, Trial, Trials};
use super::{Strangers, strangers};
use crate::audit::AuditInput;
use crate::audit::prober::Turns;

/// What came of those who asked beside a load, and afterwards.
#[derive(Debug, Clone, Default)]
pub struct Company {
    /// Strangers among it; `None`: none was sent.
    pub strangers: Option<Strangers>,
    /// What the rows under load sent.
    pub trials: Trials,
}

impl Company {
    /// Adds another load's.
    pub fn add(&mut self, other: Company) {
        if let Some(more) = other.strangers {
            self.strangers.get_or_insert_default().add(more);
        }
        self.trials.add(other.trials);
    }
}

/// Sends what goes beside a load until it is over: strangers where `mingles`, and these trials.
pub async fn accompany(
    input: &AuditInput<'_>,
    mingles: bool,
    trials: &[&'static Trial],
    over: watch::Receiver<bool>,
) -> Company {
    // Together they ask no more often than one of them may.
    let turns = Turns::default();
    let strangers =
        async { if mingles { strangers::mingle(input, &turns, over.clone()).await } else { None } };
    let beside = trials::beside(input, &turns, trials, over.clone());
    let (strangers, trials) = tokio::join!(strangers, beside);
    Company { strangers, trials }
}
