//! Headers that change an answer and are no part of a cache's key.

use super::no_load;
use super::trials::{Trial, When};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::collect::routes;
use crate::audit::exchange::{Exchange, Facts, Purpose, Site};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, nonsense};
use crate::plan::RouteKind;
use crate::wire::{Request, Response};

/// A request with a header of our own making, and the same address without it.
pub const WITH: Purpose = Purpose::Own("load-cache-with");
pub const WITHOUT: Purpose = Purpose::Own("load-cache-without");

/// Headers that applications write into their answers.
const HEADERS: [&str; 5] =
    ["X-Forwarded-Host", "X-Host", "X-Original-URL", "X-Forwarded-Prefix", "Accept-Language"];
const ROUTES: usize = 3;
/// Requests without the header after one with it: several servers may answer.
const AGAIN: usize = 2;

static PROBE: Probe = Probe {
    name: "load-cache-key",
    consent: Consent::Guarded,
    about: "while the load goes on: three public routes with a query that nobody else has, each with five headers that name somebody of \
            our own making, and twice without",
    most: ROUTES * HEADERS.len() * (1 + AGAIN),
    lacks: |input| {
        public(input).is_empty().then_some("the scenario has no public GET route that is no static file")
    },
    send: |_| Box::pin(async {}),
};

pub const CACHE_KEY: Trial =
    Trial { probe: &PROBE, when: When::Beside, send: |prober| Box::pin(send(prober)) };

fn public(input: &crate::audit::AuditInput<'_>) -> Vec<(Site, Request)> {
    let open =
        routes::of(input).into_iter().filter(|route| route.auth.is_none() && route.kind != RouteKind::Static);
    let sites = open.filter_map(|route| {
        let site = Site::of(route, "", false);
        Some((site, routes::request(input, route, 0)?))
    });
    sites.take(ROUTES).collect()
}

async fn send(prober: &mut Prober<'_>) {
    for (site, request) in public(prober.input) {
        for header in HEADERS {
            let joint = if request.target.contains('?') { '&' } else { '?' };
            let target = format!("{}{joint}shakedown={}", request.target, nonsense());
            let word = nonsense();
            let value = match header {
                "X-Forwarded-Host" | "X-Host" => format!("{word}.invalid"),
                "Accept-Language" => word,
                _ => format!("/{word}"),
            };
            let plain = Request { target, ..request.clone() };
            let mut named = plain.clone();
            named.headers.push((header.to_owned(), value));
            let site = Site { variant: header.to_owned(), ..site.clone() };
            if prober.send(WITH, site.clone(), named).await.is_none() {
                continue;
            }
            for _ in 0..AGAIN {
                prober.send(WITHOUT, site.clone(), plain.clone()).await;
            }
        }
    }
}

/// The word that a request's header brought.
fn word(exchange: &Exchange) -> Option<&str> {
    let header = exchange.site.variant.as_str();
    let (_, value) = exchange.request.headers.iter().rfind(|(name, _)| name == header)?;
    Some(value.trim_start_matches('/'))
}

fn says(answer: &Response, word: &str) -> bool {
    let within =
        |bytes: &[u8]| bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()));
    answer.headers.iter().any(|(_, value)| within(value)) || within(&answer.body)
}

pub fn served(facts: &Facts) -> Judgement {
    if facts.load.is_none() {
        return no_load();
    }
    let (mut places, mut observations) = (0, Vec::new());
    for (_, exchange, _) in facts.of(WITH) {
        let Some(word) = word(exchange) else { continue };
        let same = |other: &Exchange| other.request.target == exchange.request.target;
        for (index, _, answer) in facts.of(WITHOUT).filter(|(_, other, _)| same(other)) {
            places += 1;
            if says(answer, word) {
                let header = exchange.site.variant.as_str();
                let detail =
                    format!("what one request's {header} said stands in the answer to another without it");
                observations.push(Observation::new(Level::Fail, index, header, detail));
            }
        }
    }
    match places {
        0 => Judgement::NotRun(
            "no public route was answered with a header and without it before the load was over".into(),
        ),
        _ => Judgement::Judged { places, observations },
    }
}
