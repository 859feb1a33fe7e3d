//! Rows on what headers give away: versions, products, inner addresses.

use std::sync::LazyLock;

use regex::Regex;

use super::look::{each, ordinary, quoted};
use super::tech_names::TECH_NAMES;
use crate::audit::{Facts, Judgement, Level};

pub(super) fn server_version(facts: &Facts) -> Judgement {
    each(ordinary(facts), "server", "no answer", |answer| {
        let line = answer.header("server")?;
        let digits = line.bytes().any(|b| b.is_ascii_digit());
        // The development server has a row of its own.
        let dev_server = line.starts_with("WSGIServer/");
        (digits && !dev_server).then(|| (Level::Warn, format!("{} names a version", quoted(&line))))
    })
}

pub(super) fn technology(facts: &Facts) -> Judgement {
    each(ordinary(facts), "technology", "no answer", |answer| {
        let found: Vec<&str> = answer
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| TECH_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)))
            .collect();
        let first = found.first()?;
        let value = answer.header(first).unwrap_or_default();
        Some((
            Level::Warn,
            format!("{} tells what the stack is made of", quoted(&format!("{first}: {value}"))),
        ))
    })
}

pub(super) fn internal(facts: &Facts) -> Judgement {
    static INNER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\b(?:10\.\d{1,3}\.\d{1,3}\.\d{1,3}|192\.168\.\d{1,3}\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])\.\d{1,3}\.\d{1,3})\b|\b[a-z0-9][a-z0-9-]*\.(?:internal|local|svc|cluster\.local)\b|\b[a-z0-9-]+-[a-f0-9]{8,10}-[a-z0-9]{5}\b",
        )
        .ok()
    });
    each(ordinary(facts), "internal-address", "no answer", |answer| {
        let pattern = INNER.as_ref()?;
        // Cookies and policies are random or lists of public names; neither is an inner address.
        let skipped = ["set-cookie", "content-security-policy", "etag"];
        answer
            .headers
            .iter()
            .filter(|(name, _)| !skipped.iter().any(|skip| name.eq_ignore_ascii_case(skip)))
            .find_map(|(name, value)| {
                let value = String::from_utf8_lossy(value);
                let found = pattern.find(&value)?;
                Some((Level::Warn, format!("`{}` holds {}", name.escape_default(), quoted(found.as_str()))))
            })
    })
}
