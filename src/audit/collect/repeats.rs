//! Failing checks once more: what does not come back proves nothing.

use crate::audit::Say;
use crate::audit::check::{Check, Judgement, Level, Mode};
use crate::audit::exchange::{Facts, Repeat};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::Prober;

/// How often more.
pub const AGAIN: usize = 2;

/// Sends the probes of each failing active check again, and judges it by what comes then. Where each probe's exchanges begin
/// stands in `sent`.
pub async fn of(
    prober: &mut Prober<'_>,
    checks: &[&Check],
    facts: &Facts,
    sent: &[(&'static Probe, usize)],
    say: Say<'_>,
) -> Vec<Repeat> {
    let mut repeats = Vec::new();
    for check in checks.iter().filter(|check| repeatable(check) && fails(check, facts)) {
        say(&format!("again: {}", check.id));
        let mut repeat = Repeat { check: check.id, failed: 1, times: 1 };
        for _ in 0..AGAIN {
            let Some(again) = again(prober, check, facts, sent).await else { break };
            repeat.times += 1;
            repeat.failed += usize::from(fails(check, &again));
        }
        repeats.push(repeat);
    }
    repeats
}

/// Whether its probes may be sent again without harm. Wrong logins add up, and guarded probes are not for fun.
fn repeatable(check: &Check) -> bool {
    check.mode == Mode::Active
        && !check.id.starts_with("LOGIN-")
        && !check.id.starts_with("META-")
        && check.probes.iter().any(|probe| probe.consent == Consent::Active)
        && check.probes.iter().all(|probe| probe.consent != Consent::Guarded)
}

fn fails(check: &Check, facts: &Facts) -> bool {
    match (check.judge)(facts) {
        Judgement::Judged { observations, .. } => observations.iter().any(|seen| seen.level == Level::Fail),
        _ => false,
    }
}

/// The facts with the exchanges of the check's active probes sent anew; `None` when they could not be sent as a whole.
async fn again(
    prober: &mut Prober<'_>,
    check: &Check,
    facts: &Facts,
    sent: &[(&'static Probe, usize)],
) -> Option<Facts> {
    let mut exchanges = Vec::new();
    for (position, (probe, from)) in sent.iter().enumerate() {
        let to = sent.get(position + 1).map_or(facts.exchanges.len(), |(_, next)| *next);
        let anew = probe.consent == Consent::Active && check.probes.iter().any(|own| own.name == probe.name);
        if anew {
            let unsent = prober.run(probe).await;
            exchanges.append(&mut prober.exchanges);
            // What it lacked then, it lacks again.
            if unsent.is_some() && !facts.unsent.contains_key(probe.name) {
                return None;
            }
        } else {
            exchanges.extend(facts.exchanges.get(*from..to).unwrap_or_default().iter().cloned());
        }
    }
    Some(Facts { exchanges, ..facts.clone() })
}
