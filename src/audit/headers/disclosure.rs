//! Rows on what headers give away: versions, products, inner addresses.

use std::net::Ipv4Addr;
use std::sync::LazyLock;

use regex::Regex;

use super::look::{each, ordinary, quoted};
use super::tech_names::{TECH_FAMILIES, TECH_NAMES};
use crate::audit::{Facts, Judgement, Level, Observation};
use crate::record::Confidence;

pub(super) fn server_version(facts: &Facts) -> Judgement {
    each(ordinary(facts), "server", "no answer", |answer| {
        let line = answer.header("server")?;
        // The development server has a row of its own.
        let dev_server = line.starts_with("WSGIServer/");
        (has_version(&line) && !dev_server)
            .then(|| (Level::Warn, format!("{} names a version", quoted(&line))))
    })
}

/// A digit after a slash, or digits with a point between them: `AmazonS3` and `h2o` name none.
fn has_version(server: &str) -> bool {
    server.as_bytes().windows(2).any(|pair| pair[0] == b'/' && pair[1].is_ascii_digit())
        || server
            .as_bytes()
            .windows(3)
            .any(|three| three[0].is_ascii_digit() && three[1] == b'.' && three[2].is_ascii_digit())
}

pub(super) fn technology(facts: &Facts) -> Judgement {
    let mut places = 0;
    let mut observations = Vec::new();
    for (index, _, answer) in ordinary(facts) {
        places += 1;
        for (name, value) in answer.headers.iter().filter(|(name, _)| names_technology(name)) {
            let shown = quoted(&format!("{name}: {}", String::from_utf8_lossy(value)));
            let detail = format!("{shown} tells what the stack is made of");
            observations.push(Observation::new(Level::Warn, index, subject(name), detail));
        }
    }
    Judgement::of(places, observations, "no answer")
}

fn names_technology(name: &str) -> bool {
    let family =
        |prefix: &&str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    TECH_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)) || TECH_FAMILIES.iter().any(family)
}

/// A header's name as a subject: the same in every run and on every server.
fn subject(name: &str) -> String {
    name.chars().take(80).map(|c| c.to_ascii_lowercase()).collect()
}

/// What of the inside a value names, and how sure that is.
fn inside<'a>(value: &'a str, own_host: &str) -> Option<(&'a str, Confidence)> {
    /// Not part of a version (`notes/10.1.2.3`), a path or a longer number.
    static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?:^|[^0-9A-Za-z./_-]|//)((?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3})(?:$|[^0-9.])",
        )
        .ok()
    });
    /// Not a file (`app.local.js`) or a path (`/service.svc`).
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)(?:^|[^0-9a-z./_-]|//)((?:[0-9a-z_-]{1,63}\.){1,8}(?:internal|local))(?:$|[^0-9a-z._-])",
        )
        .ok()
    });
    /// `name-<replica set>-<pod>` as Kubernetes names them.
    static POD: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let letters = "bcdfghjklmnpqrstvwxz2456789";
        Regex::new(&format!(
            "(?:^|[^0-9a-z-])([a-z0-9][a-z0-9-]{{0,50}}-[{letters}a-f0-9]{{8,10}}-[{letters}]{{5}})(?:$|[^0-9a-z-])"
        ))
        .ok()
    });
    let find = |pattern: &'static LazyLock<Option<Regex>>| {
        let groups = LazyLock::force(pattern).as_ref()?.captures(value)?;
        groups.get(1).map(|found| found.as_str()).filter(|found| !found.eq_ignore_ascii_case(own_host))
    };
    if let Some(address) = find(&ADDRESS).filter(|found| found.parse::<Ipv4Addr>().is_ok()) {
        return Some((address, Confidence::Certain));
    }
    if let Some(name) = find(&NAME) {
        return Some((name, Confidence::Certain));
    }
    // Words can look like a pod's name: one without a digit in its suffixes is left alone.
    let has_digit = |part: &str| part.bytes().any(|b| b.is_ascii_digit());
    find(&POD)
        .filter(|pod| pod.rsplitn(3, '-').take(2).any(has_digit))
        .map(|pod| (pod, Confidence::Heuristic))
}

pub(super) fn internal(facts: &Facts) -> Judgement {
    // Cookies and policies are random or lists of public names; neither is an inner address.
    const SKIPPED: [&str; 3] = ["set-cookie", "content-security-policy", "etag"];
    // Who reached the stack there knows its address already.
    let own_host = facts.host.rsplit_once(':').map_or(facts.host.as_str(), |(host, _)| host);
    let mut places = 0;
    let mut observations = Vec::new();
    for (index, _, answer) in ordinary(facts) {
        places += 1;
        for (name, value) in &answer.headers {
            if SKIPPED.iter().any(|skip| name.eq_ignore_ascii_case(skip)) {
                continue;
            }
            let value = String::from_utf8_lossy(value);
            let Some((found, confidence)) = inside(&value, own_host) else { continue };
            let detail = format!("`{}` holds {}", name.escape_default(), quoted(found));
            let seen = Observation::new(Level::Warn, index, subject(name), detail);
            observations.push(Observation { confidence, ..seen });
        }
    }
    Judgement::of(places, observations, "no answer")
}
