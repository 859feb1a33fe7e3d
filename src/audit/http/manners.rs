//! Judges of methods and of connections.

use super::probes::{BY_GET, METHOD, TRACE_HEADER, TRACED};
use super::{Taken, nothing_sent, of, taken};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::forged::success;
use crate::wire::{FailureKind, Response};

pub fn trace(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(TRACED) {
        places += 1;
        let word = exchange.request.headers.iter().find(|(name, _)| name == TRACE_HEADER);
        let repeated = word.is_some_and(|(_, word)| {
            !word.is_empty() && answer.body.windows(word.len()).any(|part| part == word.as_bytes())
        });
        if repeated {
            let detail = "the answer to TRACE repeats the request's headers";
            observations.push(Observation::new(Level::Fail, index, "trace", detail));
        } else if success(answer) {
            let detail = "TRACE is answered as any request, without the request's headers";
            observations.push(Observation::new(Level::Info, index, "trace", detail));
        }
    }
    match (places, of(facts, TRACED).next()) {
        // A connection that ends is a refusal.
        (0, Some((_, exchange))) if taken(exchange) == Taken::Closed => {
            Judgement::Judged { places: 1, observations }
        }
        (0, _) => nothing_sent(),
        _ => Judgement::Judged { places, observations },
    }
}

pub fn methods(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    let mut dead = None;
    for (index, exchange) in of(facts, METHOD) {
        let name = exchange.site.name.as_str();
        let by_get: Vec<&Response> = facts
            .of(BY_GET)
            .filter(|(_, other, _)| other.site.name == name)
            .map(|(_, _, answer)| answer)
            .collect();
        let Some(before) = by_get.first().filter(|before| before.status < 400) else {
            dead = Some(format!("`{name}` did not answer a GET either"));
            continue;
        };
        places += 1;
        let method = exchange.site.variant.as_str();
        if let Some(after) = by_get.last()
            && after.status != before.status
        {
            let detail =
                format!("a GET gets {} after {method} and its like, {}", after.status, before.status);
            observations.push(Observation::new(Level::Fail, index, "state", detail + " before"));
            continue;
        }
        match &exchange.answer {
            Ok(answer) if success(answer) => {
                let same = if answer.body == before.body { "the page itself" } else { "success" };
                let detail = format!("{method} is answered with {same} ({})", answer.status);
                observations.push(Observation::new(Level::Warn, index, method, detail));
            }
            Ok(answer) if answer.status == 405 && answer.header("allow").is_none() => {
                let detail = "405 without the methods that are allowed";
                observations.push(Observation::new(Level::Info, index, "allow", detail));
            }
            Ok(answer) if answer.status >= 500 && answer.status != 501 => {
                let detail = format!("{method} is answered with {}", answer.status);
                observations.push(Observation::new(Level::Warn, index, method, detail));
            }
            _ => {}
        }
    }
    match dead {
        Some(why) if places == 0 => Judgement::Inconclusive(why),
        _ if places == 0 => nothing_sent(),
        _ => Judgement::Judged { places, observations },
    }
}

/// What HTTP/2 does by its frames: the exchanges with prior knowledge were one a connection.
fn by_frames(facts: &Facts) -> Option<Judgement> {
    (facts.http2 && !facts.https).then(|| {
        Judgement::NotApplicable("HTTP/2 with prior knowledge: its frames say where an answer ends".into())
    })
}

pub fn keep_alive(facts: &Facts) -> Judgement {
    if let Some(other) = by_frames(facts) {
        return other;
    }
    let answers: Vec<(usize, &Response)> =
        facts.of(Purpose::Rest).map(|(index, _, answer)| (index, answer)).collect();
    let mut observations = Vec::new();
    if let Some((index, first)) = answers.first()
        && answers.iter().all(|(_, answer)| answer.closed)
    {
        let why = if first.minor_version == 0 { "HTTP/1.0" } else { "Connection: close" };
        let detail = format!("every answer closes its connection ({why})");
        observations.push(Observation::new(Level::Warn, *index, "connection", detail));
    }
    Judgement::of(answers.len(), observations, "no route answered")
}

pub fn length(facts: &Facts) -> Judgement {
    if let Some(other) = by_frames(facts) {
        return other;
    }
    let usual = [Purpose::Rest, Purpose::Repeat, Purpose::LoginPage];
    let (mut places, mut observations) = (0, Vec::new());
    let exchanges = facts.exchanges.iter().enumerate().filter(|(_, e)| usual.contains(&e.purpose));
    for (index, exchange) in exchanges {
        let detail = match &exchange.answer {
            Err(failure) if matches!(failure.kind, FailureKind::Reset | FailureKind::Protocol) => {
                places += 1;
                failure.message.contains("in the middle").then(|| failure.message.clone())
            }
            Err(_) => None,
            Ok(answer) => {
                places += 1;
                surplus(answer).then(|| "bytes follow the end of the answer".to_owned())
            }
        };
        if let Some(detail) = detail {
            observations.push(Observation::new(Level::Fail, index, "content-length", detail));
        }
    }
    Judgement::of(places, observations, "no route answered")
}

/// Whether the connection could not be used again although the answer allowed it: something followed its end.
fn surplus(answer: &Response) -> bool {
    let closes = answer
        .header_lines("connection")
        .any(|line| line.split(',').any(|word| word.trim().eq_ignore_ascii_case("close")));
    let bounded = matches!(answer.status, 204 | 304)
        || answer.header("content-length").is_some()
        || answer.header("transfer-encoding").is_some();
    answer.closed && answer.minor_version == 1 && !closes && bounded
}
