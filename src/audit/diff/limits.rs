//! Limits side by side.

use super::judges::alone;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::audit::http::{BODY, HEADER, URI};

/// The exchanges of a purpose, in the order of their sizes.
fn tried(facts: &Facts, purpose: Purpose) -> Vec<(usize, &Exchange)> {
    facts.exchanges.iter().enumerate().filter(|(_, exchange)| exchange.purpose == purpose).collect()
}

/// Whether a request was refused for its size. A 400 that the smallest one got too has another reason.
fn refused(exchange: &Exchange, smallest: Option<u16>) -> bool {
    match exchange.answer.as_ref().map(|answer| answer.status) {
        Ok(413 | 414 | 431) | Err(_) => true,
        Ok(400) => smallest != Some(400),
        Ok(_) => false,
    }
}

/// Where a stack begins to refuse, in words.
fn edge(tried: &[(usize, &Exchange)]) -> String {
    let smallest = tried.first().and_then(|(_, exchange)| Some(exchange.answer.as_ref().ok()?.status));
    match tried.iter().find(|(_, exchange)| refused(exchange, smallest)) {
        Some((_, exchange)) => match &exchange.answer {
            Ok(answer) => format!("answers {} to a {}", answer.status, exchange.site.name),
            Err(_) => format!("ends the connection at a {}", exchange.site.name),
        },
        None => match tried.last() {
            Some((_, exchange)) => format!("takes a {}", exchange.site.name),
            None => "was not tried".to_owned(),
        },
    }
}

pub fn edges(facts: &Facts) -> Judgement {
    let Some(dev) = &facts.beside else { return alone() };
    let (mut places, mut observations) = (0, Vec::new());
    for (purpose, subject) in [(HEADER, "headers"), (BODY, "bodies"), (URI, "addresses")] {
        let (here, there) = (tried(facts, purpose), tried(dev, purpose));
        let (Some((index, _)), false) = (here.first(), there.is_empty()) else { continue };
        places += 1;
        let (now, then) = (edge(&here), edge(&there));
        if now != then {
            let detail = format!("dev {then}; production {now}");
            observations.push(Observation::new(Level::Info, *index, subject, detail));
        }
    }
    match places {
        0 => Judgement::NotRun("no size was tried on both stacks".into()),
        _ => Judgement::Judged { places, observations },
    }
}
