//! Requests that come slowly: one connection each, for as long as the scenario allows.

use std::time::Duration;

use super::{nothing_sent, of, only_http2};
use crate::audit::AuditInput;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Message, Prober, site};
use crate::audit::scene;
use crate::plan::RouteKind;
use crate::record::Confidence;
use crate::wire::{AGENT, FailureKind, Pace};

pub const HEADER: Purpose = Purpose::Own("http-slow-header");
pub const BODY: Purpose = Purpose::Own("http-slow-body");
/// An ordinary request before the slow one.
pub const ALONE: Purpose = Purpose::Own("http-slow-alone");
/// The same while the slow one is open.
pub const BESIDE: Purpose = Purpose::Own("http-slow-beside");

/// Bytes that are sent while a request is kept open: five seconds apart in a minute and a half.
const BYTES: u32 = 18;
/// An ordinary request that waited for less was not held up.
const HELD_UP: Duration = Duration::from_secs(1);

fn impatient(input: &AuditInput<'_>) -> Option<&'static str> {
    let hint = "it takes a minute and a half: set `patience = \"90s\"` in [audit]";
    only_http2(input).or(input.plan.patience.is_none().then_some(hint))
}

pub static SLOW_HEADER: Probe = Probe {
    name: "http-slow-header",
    consent: Consent::Guarded,
    about: "one header, a byte at a time, for as long as `patience` in [audit] says",
    most: 2,
    lacks: impatient,
    send: |prober| {
        Box::pin(async move {
            let request = scene::front(prober.input);
            prober.send(ALONE, site("front page alone", RouteKind::Html), request.clone()).await;
            let host = &prober.input.endpoint.host;
            let start = format!(
                "GET {} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {AGENT}\r\nX-Shakedown: ",
                request.target
            );
            let pace = pace(prober);
            let message = Message { start: start.as_bytes(), pace };
            let place = site("slow header", RouteKind::Html);
            prober.send_slowly(HEADER, place, request, message, None).await;
        })
    },
};

pub static SLOW_BODY: Probe = Probe {
    name: "http-slow-body",
    consent: Consent::Guarded,
    about: "one body, a byte at a time, for as long as `patience` in [audit] says, and an ordinary GET before and meanwhile",
    most: 3,
    lacks: impatient,
    send: |prober| {
        Box::pin(async move {
            let page = scene::front(prober.input);
            let place = |name: &str| site(name, RouteKind::Html);
            prober.send(ALONE, place("front page alone"), page.clone()).await;
            let host = &prober.input.endpoint.host;
            let entrances = scene::entrances(prober.input);
            let (path, kind) = entrances.first().map_or(("/", FORM), |entrance| {
                (entrance.path, if entrance.form { FORM } else { "application/json" })
            });
            let start = format!(
                "POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {AGENT}\r\nContent-Type: {kind}\r\nContent-Length: 1000\r\n\r\n"
            );
            let request = crate::wire::Request { method: "POST".to_owned(), ..page.clone() };
            let message = Message { start: start.as_bytes(), pace: pace(prober) };
            let beside = Some((BESIDE, place("front page beside a slow body"), page));
            prober.send_slowly(BODY, place("slow body"), request, message, beside).await;
        })
    },
};

const FORM: &str = "application/x-www-form-urlencoded";

fn pace(prober: &Prober<'_>) -> Pace {
    let longest = prober.input.plan.patience.unwrap_or(Duration::from_secs(90));
    Pace { pause: longest / BYTES, longest }
}

/// How long it was open, how long it was meant to be, and whether the server ended it.
fn waited(exchange: &Exchange) -> Option<(Duration, Duration, bool)> {
    let by_hand = exchange.by_hand.as_ref()?;
    let ended = !matches!(&exchange.answer, Err(failure) if failure.kind == FailureKind::Timeout);
    Some((by_hand.open, by_hand.longest, ended))
}

/// How long an ordinary request took before.
fn alone(facts: &Facts) -> Option<Duration> {
    of(facts, ALONE).find_map(|(_, exchange)| Some(exchange.answer.as_ref().ok()?.total))
}

pub fn header(facts: &Facts) -> Judgement {
    if alone(facts).is_none() {
        return nothing_sent();
    }
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange) in of(facts, HEADER) {
        let Some((open, longest, ended)) = waited(exchange) else { continue };
        places += 1;
        if !ended {
            let detail = format!("a header that never ends is waited for after {longest:?}");
            observations.push(Observation::new(Level::Fail, index, "slow header", detail));
        } else if open > longest * 2 / 3 {
            let detail = format!("a header that never ends is waited for {} s", open.as_secs());
            observations.push(Observation::new(Level::Warn, index, "slow header", detail));
        }
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}

pub fn body(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange) in of(facts, BODY) {
        let Some((open, longest, ended)) = waited(exchange) else { continue };
        places += 1;
        if !ended || open > longest * 5 / 6 {
            let detail = format!("a body that never ends is waited for {} s", open.as_secs());
            observations.push(Observation::new(Level::Warn, index, "slow body", detail));
        }
    }
    let Some(alone) = alone(facts) else { return nothing_sent() };
    for (index, exchange) in of(facts, BESIDE) {
        let held_up = match &exchange.answer {
            Ok(answer) => answer.total > HELD_UP && answer.total > alone * 2,
            Err(_) => true,
        };
        if held_up {
            let detail = "an ordinary request has to wait while one client sends its body slowly";
            observations.push(Observation {
                confidence: Confidence::Timing,
                ..Observation::new(Level::Fail, index, "held up", detail)
            });
        }
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}
