//! A sound stack's answers to the probes of this family, and what breaks each check.

use super::probes::*;
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::samples::{change, plain};
use crate::plan::RouteKind;
use crate::wire::Response;

const NAME: &str = "/static/app.3f9a0c12.css";

fn set(answer: &mut Response, name: &str, value: &str) {
    answer.headers.retain(|(other, _)| other != name);
    if !value.is_empty() {
        answer.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
}

pub fn sound(facts: &mut Facts) {
    for (purpose, status) in
        [(IDENTITY, 200), (ENCODED, 200), (CONDITIONAL, 304), (RANGE, 206), (RANGES, 200)]
    {
        plain(facts, purpose, status, "a{}");
        change(facts, purpose, |answer| {
            set(answer, "Content-Type", "text/css");
            set(answer, "Cache-Control", "public, max-age=31536000, immutable");
            set(answer, "ETag", "\"1\"");
            set(answer, "Vary", "Accept-Encoding");
            answer.body_length = 4096;
        });
    }
    change(facts, ENCODED, |answer| set(answer, "Content-Encoding", "gzip"));
    for purpose in [PAGE, PAGE, PAGE_ENCODED] {
        plain(
            facts,
            purpose,
            200,
            "<form><input name=csrfmiddlewaretoken value=abcdefghijklmnopqrstuvwxyz></form>",
        );
    }
    plain(facts, Purpose::NotFound, 404, "not here");
    if let Some(last) = facts.exchanges.last_mut() {
        last.site.kind = RouteKind::Static;
    }
    for exchange in &mut facts.exchanges {
        let ours = matches!(exchange.purpose, Purpose::Own(name) if name.starts_with("static-"));
        if exchange.site.kind == RouteKind::Static || ours {
            exchange.request.target = NAME.to_owned();
        }
        let as_asked = exchange.purpose == Purpose::Rest && exchange.site.kind == RouteKind::Static;
        if let Ok(answer) = &mut exchange.answer
            && as_asked
        {
            set(answer, "Cache-Control", "public, max-age=31536000, immutable");
        }
    }
}

fn of_rest(facts: &mut Facts, target: &str, with: impl Fn(&mut Response)) {
    let files =
        facts.exchanges.iter_mut().filter(|e| e.purpose == Purpose::Rest && e.site.kind == RouteKind::Static);
    for exchange in files {
        exchange.request.target = target.to_owned();
        if let Ok(answer) = &mut exchange.answer {
            with(answer);
        }
    }
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    match check {
        "ST-CACHE" => of_rest(facts, NAME, |answer| set(answer, "Cache-Control", "no-store")),
        "ST-HASHED" => of_rest(facts, "/static/app.css", |_| {}),
        "ST-VALIDATOR" => change(facts, CONDITIONAL, |answer| answer.status = 200),
        "ST-304-HEADERS" => change(facts, CONDITIONAL, |answer| set(answer, "Vary", "")),
        "ST-COMPRESS" => change(facts, ENCODED, |answer| set(answer, "Content-Encoding", "")),
        "ST-VARY-ENC" => change(facts, ENCODED, |answer| set(answer, "Vary", "")),
        "ST-BREACH" => {
            let word = "shakedown-0123456789abcdef";
            for exchange in &mut facts.exchanges {
                if matches!(exchange.purpose, PAGE | PAGE_ENCODED) {
                    exchange.request.target = format!("/?q={word}");
                }
            }
            let body = format!("{word}<input name=csrfmiddlewaretoken value=abcdefghijklmnopqrstuvwxyz>");
            change(facts, PAGE, |answer| answer.body = body.clone().into_bytes());
            change(facts, PAGE_ENCODED, |answer| set(answer, "Content-Encoding", "gzip"));
        }
        "ST-MIME" => of_rest(facts, NAME, |answer| set(answer, "Content-Type", "text/plain; charset=utf-8")),
        "ST-404" => change(facts, Purpose::NotFound, |answer| answer.status = 200),
        "ST-RANGE" => change(facts, RANGES, |answer| {
            answer.status = 206;
            set(answer, "Content-Type", "multipart/byteranges; boundary=x");
            answer.body_length = 100_000;
        }),
        _ => return false,
    }
    true
}
