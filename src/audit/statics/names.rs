//! What a static file's name and type promise.

use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::plan::RouteKind;
use crate::wire::{Response, printable};

const DAY: u64 = 86_400;
const MONTH: u64 = 30 * DAY;
const YEAR: u64 = 31_536_000;

/// Whether a path's last part carries a content hash: `app.3f9a0c12.css`, `index-BQx7kP2a.js`.
pub fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, _)) = name.rsplit_once('.') else { return false };
    stem.split(['.', '-', '_']).skip(1).any(|part| {
        let has = |of: fn(&char) -> bool| part.chars().any(|c| of(&c));
        let hex = part.bytes().all(|b| b.is_ascii_hexdigit());
        let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
        let whole = part.bytes().all(|b| b.is_ascii_alphanumeric());
        (8..=64).contains(&part.len()) && whole && has(char::is_ascii_digit) && (hex || mixed)
    })
}

fn path(exchange: &Exchange) -> &str {
    exchange.request.target.split('?').next().unwrap_or_default()
}

/// Static files as the scenario asks for them.
fn files(facts: &Facts) -> impl Iterator<Item = (usize, &Exchange, &Response)> {
    facts
        .of(Purpose::Rest)
        .filter(|(_, exchange, answer)| exchange.site.kind == RouteKind::Static && answer.status == 200)
}

struct Freshness {
    line: String,
    max_age: Option<u64>,
    immutable: bool,
    no_store: bool,
    no_cache: bool,
}

fn freshness(answer: &Response) -> Freshness {
    let line = answer.header_lines("cache-control").collect::<Vec<_>>().join(", ").to_ascii_lowercase();
    let has = |name: &str| line.split(',').any(|part| part.trim() == name);
    let max_age =
        line.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.trim_matches('"').parse().ok());
    Freshness {
        max_age,
        immutable: has("immutable"),
        no_store: has("no-store"),
        no_cache: has("no-cache"),
        line,
    }
}

pub fn cache(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in files(facts) {
        places += 1;
        let fresh = freshness(answer);
        let said = printable(&fresh.line, 80);
        let validator = answer.header("etag").is_some() || answer.header("last-modified").is_some();
        let (level, detail) = if has_hash(path(exchange)) {
            match fresh.max_age {
                _ if fresh.no_store => (Level::Fail, "no-store on a name with a content hash".to_owned()),
                Some(age) if age >= YEAR && fresh.immutable => continue,
                Some(age) if age >= YEAR => {
                    (Level::Info, "a year, but not immutable: a reload asks again".to_owned())
                }
                _ => (
                    Level::Warn,
                    format!("a name with a content hash could be kept for a year; Cache-Control is `{said}`"),
                ),
            }
        } else {
            match fresh.max_age {
                // Too long is ST-HASHED's finding.
                Some(_) if !fresh.no_store => continue,
                None if fresh.no_cache && validator => continue,
                None if fresh.line.is_empty() => {
                    (Level::Warn, "no Cache-Control: browsers guess how long to keep it".to_owned())
                }
                _ => (Level::Warn, format!("Cache-Control is `{said}`")),
            }
        };
        observations.push(Observation::new(level, index, "cache-control", detail));
    }
    Judgement::of(places, observations, "no static file answered 200")
}

pub fn hashed(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in files(facts) {
        places += 1;
        let fresh = freshness(answer);
        if let Some(age) = fresh.max_age.filter(|age| *age >= MONTH && !has_hash(path(exchange))) {
            let detail = format!("kept for {} days under a name without a content hash", age / DAY);
            observations.push(Observation::new(Level::Warn, index, printable(path(exchange), 120), detail));
        }
    }
    Judgement::of(places, observations, "no static file answered 200")
}

pub fn mime(facts: &Facts) -> Judgement {
    const EXPECTED: [(&str, &str); 10] = [
        ("js", "javascript"),
        ("mjs", "javascript"),
        ("css", "text/css"),
        ("svg", "image/svg+xml"),
        ("json", "json"),
        ("woff2", "font"),
        ("woff", "font"),
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
        ("webp", "image/webp"),
    ];
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in files(facts) {
        let extension =
            path(exchange).rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        let Some((_, wanted)) = EXPECTED.iter().find(|(known, _)| *known == extension) else { continue };
        places += 1;
        let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if kind.contains(wanted) {
            continue;
        }
        let vague =
            kind.is_empty() || kind.starts_with("text/plain") || kind.starts_with("application/octet-stream");
        let level = if vague { Level::Fail } else { Level::Warn };
        let detail = format!("a .{extension} file comes as `{}`", printable(&kind, 60));
        observations.push(Observation::new(level, index, "content-type", detail));
    }
    Judgement::of(places, observations, "no static file of a known type")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::{facts, worst};

    #[test]
    fn a_plain_name_wants_a_time_and_is_not_kept_for_months() {
        for (control, cache, hashed) in [
            ("max-age=3600", None, None),
            ("public, max-age=604800", None, None),
            ("max-age=2592000", None, Some(Level::Warn)),
            ("no-store, max-age=0", Some(Level::Warn), None),
            ("no-store", Some(Level::Warn), None),
            ("public", Some(Level::Warn), None),
        ] {
            let headers = [("Cache-Control", control), ("ETag", "\"1\"")];
            let facts = facts(true).answer(Purpose::Rest, RouteKind::Static, 200, &headers, "a{}");
            assert_eq!(worst("ST-CACHE", &facts), cache, "{control}");
            assert_eq!(worst("ST-HASHED", &facts), hashed, "{control}");
        }
    }

    #[test]
    fn hashes_in_names() {
        for name in [
            "/static/app.3f9a0c12.css",
            "/assets/index-BQx7kP2a.js",
            "/s/site.1a2b3c4d5e6f.css",
            "/x/main.9f86d081884c7d65.js",
        ] {
            assert!(has_hash(name), "{name}");
        }
        for name in [
            "/static/app.css",
            "/static/jquery-3.7.1.min.js",
            "/static/bootstrap.min.css",
            "/a.b/c.js",
            "/logo.png",
        ] {
            assert!(!has_hash(name), "{name}");
        }
    }
}
