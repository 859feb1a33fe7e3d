//! Judges of the certificate.

use std::time::{SystemTime, UNIX_EPOCH};

use super::words;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, TlsTrace};
use crate::wire::{Handshake, printable};

const DAY: i64 = 24 * 3600;
/// Days before the end that fail, and those that warn.
const SOON: (i64, i64) = (7, 21);
/// The longest life that browsers' rules of the last years allow, give or take.
const LONGEST: i64 = 366;
/// Smallest RSA key.
const BITS: usize = 2048;

/// Handshakes as browsers make them.
fn whole(facts: &Facts) -> impl Iterator<Item = (usize, &Handshake, SystemTime)> {
    facts.handshakes().filter_map(|(index, trace)| match trace {
        TlsTrace::Whole { seen, at } => Some((index, seen, *at)),
        TlsTrace::Offer { .. } => None,
    })
}

/// Judges each handshake.
pub fn judged(
    facts: &Facts,
    subject: &str,
    wrong: impl Fn(&Handshake, SystemTime) -> Option<(Level, String)>,
) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, seen, at) in whole(facts) {
        places += 1;
        if let Some((level, detail)) = wrong(seen, at) {
            observations.push(Observation::new(level, index, subject, detail));
        }
    }
    match places {
        0 => Judgement::NotRun("no TLS handshake came about".into()),
        _ => Judgement::Judged { places, observations },
    }
}

pub fn chain(facts: &Facts) -> Judgement {
    judged(facts, "chain", |seen, _| {
        if let Some(why) = &seen.distrust {
            return Some((Level::Fail, printable(why, 400)));
        }
        let doubt = seen.doubt.as_ref()?;
        let level = if facts.on_this_machine() { Level::Info } else { Level::Warn };
        let why = doubt.split(": set the stack's").next().unwrap_or(doubt);
        Some((level, format!("trusted by the scenario's `ca` only; to browsers, {}", printable(why, 300))))
    })
}

pub fn expiry(facts: &Facts) -> Judgement {
    judged(facts, "not after", |seen, at| {
        let certificate = words::parsed(seen.chain.first()?)?;
        let validity = certificate.validity();
        let (begin, end) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        let now = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed());
        let (left, date) = ((end - now).div_euclid(DAY), words::date(end));
        if now > end {
            return Some((Level::Fail, format!("the certificate ended on {date}")));
        }
        if left < SOON.1 {
            let level = if left < SOON.0 { Level::Fail } else { Level::Warn };
            return Some((level, format!("the certificate ends on {date}, within {} days", left + 1)));
        }
        let life = (end - begin) / DAY;
        (life > LONGEST).then(|| (Level::Warn, format!("the certificate lives {life} days, until {date}")))
    })
}

pub fn key(facts: &Facts) -> Judgement {
    judged(facts, "key", |seen, _| {
        let certificate = words::parsed(seen.chain.first()?)?;
        let (name, bits) = words::key(&certificate);
        if bits.is_some_and(|bits| bits < BITS) {
            return Some((Level::Fail, format!("the certificate's key is {name}")));
        }
        // Who signs themselves is believed for other reasons than the signature.
        let own = certificate.issuer() == certificate.subject();
        if let Some(hash) = words::weak_hash(&certificate).filter(|_| !own) {
            return Some((Level::Fail, format!("the certificate is signed by {hash}")));
        }
        let usual = bits.is_some() || name == "EC P-256" || name == "EC P-384";
        (!usual)
            .then(|| (Level::Warn, format!("the certificate's key is {name}, which not every browser takes")))
    })
}
