//! The stack after the load, beside what it was before.

use super::no_load;
use crate::audit::auth::ANONYMOUS;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::audit::forged::success;
use crate::audit::headers::PROTECTING;
use crate::wire::Response;

pub fn recovered(facts: &Facts) -> Judgement {
    let Some(load) = &facts.load else { return no_load() };
    let Some(after) = &load.after else {
        return Judgement::NotRun("the stack was not asked again after the load".into());
    };
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, before) in facts.answers() {
        if ![Purpose::Rest, ANONYMOUS].contains(&exchange.purpose) {
            continue;
        }
        let same = |other: &&Exchange| other.purpose == exchange.purpose && other.site == exchange.site;
        let Some(again) = after.exchanges.iter().find(same) else { continue };
        places += 1;
        let route = exchange.site.name.as_str();
        if let Some(detail) = worse(exchange.purpose, before, again) {
            observations.push(Observation::new(Level::Fail, index, route, detail));
        }
    }
    match places {
        0 => Judgement::NotRun("no route was asked for before and after the load".into()),
        _ => Judgement::Judged { places, observations },
    }
}

fn worse(purpose: Purpose, before: &Response, again: &Exchange) -> Option<String> {
    let now = match &again.answer {
        Ok(now) => now,
        Err(failure) => {
            return Some(format!("answered {} before the load, and not after it: {failure}", before.status));
        }
    };
    if purpose == ANONYMOUS {
        let opened = !success(before) && success(now);
        return opened
            .then(|| format!("refused with {} before the load, {} after it", before.status, now.status));
    }
    if success(before) && !success(now) {
        return Some(format!("answered {} before the load, {} after it", before.status, now.status));
    }
    let lost: Vec<&str> = PROTECTING
        .into_iter()
        .filter(|name| {
            before.status == now.status && before.header(name).is_some() && now.header(name).is_none()
        })
        .collect();
    (!lost.is_empty()).then(|| format!("gone after the load: {}", lost.join(", ")))
}
