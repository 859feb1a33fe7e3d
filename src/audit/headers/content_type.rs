//! Content-Type on every body.

use super::look::{each, ordinary, quoted};
use crate::audit::{Facts, Judgement, Level};
use crate::wire::Response;

pub(super) fn content_type(facts: &Facts) -> Judgement {
    let with_body = ordinary(facts).filter(|(_, _, answer)| answer.body_length > 0);
    each(with_body, "content-type", "no answer has a body", judge)
}

fn judge(answer: &Response) -> Option<(Level, String)> {
    let Some(line) = answer.header("content-type") else {
        return Some((Level::Fail, "Content-Type is missing on a body".into()));
    };
    let mut parts = line.split(';').map(|part| part.trim().to_ascii_lowercase());
    let kind = parts.next().unwrap_or_default();
    if !kind.split_once('/').is_some_and(|(kind, sub)| !kind.is_empty() && !sub.is_empty()) {
        return Some((Level::Fail, format!("{} is no media type: browsers guess", quoted(&line))));
    }
    let charset = parts.any(|part| part.starts_with("charset="));
    let compressed = answer.header("content-encoding").is_some();
    if kind.starts_with("text/html") && !compressed && is_json(&answer.body) {
        return Some((Level::Warn, format!("{} on a body that is JSON", quoted(&line))));
    }
    let text = kind.starts_with("text/") || kind.ends_with("/xml") || kind.ends_with("+xml");
    // An SVG says its encoding in itself and CSS takes its page's: only what browsers guess at is left.
    let guessed = text && !kind.starts_with("image/") && kind != "text/css" && kind != "text/javascript";
    (guessed && !charset).then(|| (Level::Warn, format!("{} names no charset", quoted(&line))))
}

/// Whether a body is a JSON object or array.
fn is_json(body: &[u8]) -> bool {
    let starts = body.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| matches!(b, b'{' | b'['));
    starts && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}
