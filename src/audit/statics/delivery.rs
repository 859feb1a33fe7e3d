//! How static files are delivered when asked in other ways.

use super::probes::{CONDITIONAL, ENCODED, IDENTITY, PARTS, RANGE, RANGES};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::plan::RouteKind;
use crate::wire::Response;

/// Smaller files are not worth compressing.
const WORTH: u64 = 1024;
/// A 404 that large is a page of the application's.
const SMALL: u64 = 8 * 1024;

fn identity<'f>(facts: &'f Facts, exchange: &Exchange) -> Option<&'f Response> {
    facts
        .of(IDENTITY)
        .find(|(_, other, _)| other.site.name == exchange.site.name)
        .map(|(_, _, answer)| answer)
}

fn sent(facts: &Facts, places: usize, observations: Vec<Observation>) -> Judgement {
    if places == 0 && facts.of(IDENTITY).next().is_some() {
        return Judgement::NotApplicable("no static file it could be seen on".into());
    }
    if places == 0 {
        return Judgement::NotRun("no static file was fetched".into());
    }
    Judgement::Judged { places, observations }
}

pub fn validator(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(IDENTITY).filter(|(_, _, answer)| answer.status == 200) {
        places += 1;
        let (etag, modified) = (answer.header("etag"), answer.header("last-modified"));
        let asked: Vec<&Response> = facts
            .of(CONDITIONAL)
            .filter(|(_, o, _)| o.site.name == exchange.site.name)
            .map(|(_, _, a)| a)
            .collect();
        let (level, detail) = if etag.is_none() && modified.is_none() {
            (Level::Warn, "neither ETag nor Last-Modified".to_owned())
        } else if !asked.is_empty() && asked.iter().all(|answer| answer.status != 304) {
            (Level::Fail, "a validator is sent, and asking with it never gets 304".to_owned())
        } else if etag.is_none() {
            (Level::Warn, "no ETag".to_owned())
        } else {
            continue;
        };
        observations.push(Observation::new(level, index, "etag", detail));
    }
    sent(facts, places, observations)
}

pub fn not_modified_headers(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(CONDITIONAL).filter(|(_, _, answer)| answer.status == 304) {
        let Some(whole) = identity(facts, exchange) else { continue };
        places += 1;
        let lost: Vec<&str> = ["Cache-Control", "ETag", "Vary"]
            .into_iter()
            .filter(|name| whole.header(name).is_some() && answer.header(name).is_none())
            .collect();
        if !lost.is_empty() {
            let detail = format!("the 304 lacks {}, which the 200 has", lost.join(", "));
            observations.push(Observation::new(Level::Warn, index, lost.join(","), detail));
        }
    }
    sent(facts, places, observations)
}

fn text_type(kind: &str) -> bool {
    ["text/css", "javascript", "json", "svg"].iter().any(|part| kind.contains(part))
}

pub fn compressed(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(ENCODED).filter(|(_, _, answer)| answer.status == 200) {
        let Some(plain) = identity(facts, exchange) else { continue };
        let kind = plain.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let encoding =
            answer.header("content-encoding").filter(|encoding| !encoding.eq_ignore_ascii_case("identity"));
        let already = ["image/png", "image/jpeg", "image/webp", "font/woff2", "video/", "application/zip"];
        if text_type(&kind) && plain.body_length > WORTH {
            places += 1;
            if encoding.is_none() {
                let detail = format!("{} bytes of {kind} come uncompressed", plain.body_length);
                observations.push(Observation::new(Level::Warn, index, "content-encoding", detail));
            }
        } else if already.iter().any(|known| kind.starts_with(known)) {
            places += 1;
            if encoding.is_some() {
                let detail = format!("{kind} is compressed already, and compressed again");
                observations.push(Observation::new(Level::Fail, index, "content-encoding", detail));
            }
        }
    }
    sent(facts, places, observations)
}

pub fn vary(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(ENCODED) {
        let Some(plain) = identity(facts, exchange) else { continue };
        if answer.header("content-encoding") == plain.header("content-encoding") {
            continue;
        }
        places += 1;
        let varies = answer.header_lines("vary").any(|line| {
            line.split(',')
                .any(|word| word.trim() == "*" || word.trim().eq_ignore_ascii_case("accept-encoding"))
        });
        if !varies {
            let detail = "Content-Encoding depends on Accept-Encoding, and Vary does not name it".to_owned();
            observations.push(Observation::new(Level::Warn, index, "vary", detail));
        }
    }
    sent(facts, places, observations)
}

pub fn unknown(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    let asked =
        facts.of(Purpose::NotFound).filter(|(_, exchange, _)| exchange.site.kind == RouteKind::Static);
    for (index, _, answer) in asked {
        places += 1;
        let (level, detail) = match answer.status {
            200..=299 => (Level::Fail, format!("a static file that cannot exist answers {}", answer.status)),
            _ if answer.header("set-cookie").is_some() => {
                (Level::Warn, "the 404 of a static file sets a cookie".to_owned())
            }
            _ if answer.body_length > SMALL => {
                (Level::Warn, format!("the 404 of a static file has {} bytes", answer.body_length))
            }
            _ => continue,
        };
        observations.push(Observation::new(level, index, "404", detail));
    }
    Judgement::of(places, observations, "the scenario has no static route")
}

pub fn ranges(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (_, _, answer) in facts.of(RANGE) {
        places += usize::from(matches!(answer.status, 200 | 206 | 416));
    }
    for (index, _, answer) in facts.of(RANGES) {
        places += 1;
        let kind = answer.header("content-type").unwrap_or_default();
        // Each part has its own lines of about a hundred bytes.
        let multiplied = kind.starts_with("multipart/byteranges") && answer.body_length > (PARTS as u64) * 60;
        if answer.status == 206 && multiplied {
            let detail = format!("a thousand ranges came back as {} bytes in parts", answer.body_length);
            observations.push(Observation::new(Level::Fail, index, "range", detail));
        }
    }
    sent(facts, places, observations)
}
