//! Judges of what a server accepts: versions, suites, protocols.

use super::certificate::judged;
use super::probes::{SUITE, VERSION};
use super::suites::KINDS;
use super::words;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose, TlsTrace};
use crate::wire::hello::{Reply, TLS12, TLS13};

/// What became of the offers of a purpose: position, site's variant, the version or suite chosen.
fn accepted(facts: &Facts, purpose: Purpose) -> (usize, Vec<(usize, &str, u16, u16)>) {
    let (mut places, mut taken) = (0, Vec::new());
    for (index, trace) in facts.handshakes() {
        let Some(exchange) = facts.exchanges.get(index).filter(|exchange| exchange.purpose == purpose) else {
            continue;
        };
        let TlsTrace::Offer { reply, .. } = trace else { continue };
        places += 1;
        if let Reply::Accepted { version, suite } = reply {
            taken.push((index, exchange.site.variant.as_str(), *version, *suite));
        }
    }
    (places, taken)
}

pub fn versions(facts: &Facts) -> Judgement {
    let (mut places, taken) = accepted(facts, VERSION);
    let mut observations = Vec::new();
    for (index, _, version, _) in &taken {
        if *version < TLS12 {
            let name = words::version(*version);
            observations.push(Observation::new(
                Level::Fail,
                *index,
                name.clone(),
                format!("{name} is accepted"),
            ));
        }
    }
    for (index, trace) in facts.handshakes() {
        let TlsTrace::Whole { seen, .. } = trace else { continue };
        places += 1;
        if seen.version != TLS13 {
            let detail = format!("TLS 1.3 is not offered: a browser gets {}", words::version(seen.version));
            observations.push(Observation::new(Level::Warn, index, "TLS 1.3", detail));
        }
    }
    match places {
        0 => Judgement::NotRun("no TLS handshake came about".into()),
        _ => Judgement::Judged { places, observations },
    }
}

pub fn suites(facts: &Facts) -> Judgement {
    let (places, taken) = accepted(facts, SUITE);
    let mut observations = Vec::new();
    for (index, variant, _, suite) in taken {
        let Some(kind) = KINDS.iter().find(|kind| kind.name == variant) else { continue };
        let level = if kind.broken { Level::Fail } else { Level::Warn };
        let detail = format!("{} is accepted: {}", super::suites::name(suite), kind.fault);
        observations.push(Observation::new(level, index, kind.name, detail));
    }
    match places {
        0 => Judgement::NotRun("no ClientHello was answered".into()),
        _ => Judgement::Judged { places, observations },
    }
}

pub fn protocols(facts: &Facts) -> Judgement {
    judged(facts, "alpn", |seen, _| match seen.alpn.as_deref() {
        Some("h2") if !facts.http2 => {
            let detail =
                "h2 is taken: browsers speak HTTP/2 with this server, its load here is over HTTP/1.1";
            Some((Level::Info, detail.to_owned()))
        }
        None => Some((Level::Info, "none of the protocols on offer is chosen".to_owned())),
        Some(_) => None,
    })
}
