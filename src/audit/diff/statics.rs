//! Static files by their content.

use std::io::Read as _;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::judges::alone;
use super::pairs;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::forged::success;
use crate::plan::RouteKind;
use crate::wire::{Response, printable};

/// More than that is not unpacked.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A hash inside a name, as ManifestStaticFilesStorage writes it into style sheets.
static HASH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\.[0-9a-f]{8,32}(\.\w)").ok());

/// The content without compression and without hashes in names; `None`: not all of it is known.
fn content(answer: &Response) -> Option<Vec<u8>> {
    if answer.body.len() as u64 != answer.body_length {
        return None;
    }
    let bytes = match answer.header("content-encoding").as_deref() {
        None | Some("identity") => answer.body.clone(),
        Some("gzip") => {
            let mut bytes = Vec::new();
            let mut unpacked = flate2::read::GzDecoder::new(answer.body.as_slice()).take(LARGEST + 1);
            unpacked.read_to_end(&mut bytes).ok()?;
            (bytes.len() as u64 <= LARGEST).then_some(bytes)?
        }
        Some(_) => return None,
    };
    Some(HASH.as_ref()?.replace_all(&bytes, &b"$1"[..]).into_owned())
}

/// How a file comes: compressed or not, and for how long.
fn delivery(answer: &Response) -> String {
    let encoding = answer.header("content-encoding").unwrap_or_else(|| "uncompressed".to_owned());
    let caching = answer.header("cache-control").unwrap_or_else(|| "no Cache-Control".to_owned());
    format!("{}, {} bytes, {}", printable(&encoding, 20), answer.body_length, printable(&caching, 60))
}

pub fn files(facts: &Facts) -> Judgement {
    let Some(dev) = &facts.beside else { return alone() };
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer, before) in pairs(facts, dev) {
        let wanted = exchange.purpose == Purpose::Rest && exchange.site.kind == RouteKind::Static;
        if !wanted || !success(answer) || !success(before) {
            continue;
        }
        let (Some(now), Some(then)) = (content(answer), content(before)) else { continue };
        places += 1;
        let name = exchange.site.name.as_str();
        if now != then {
            let detail = format!("{} bytes on dev, other {} bytes on production", then.len(), now.len());
            observations.push(Observation::new(Level::Warn, index, name, detail));
        } else if delivery(answer) != delivery(before) {
            let detail = format!("dev: {}; production: {}", delivery(before), delivery(answer));
            observations.push(Observation::new(Level::Info, index, name, detail));
        }
    }
    Judgement::of(places, observations, "no static file was answered whole on both stacks")
}
