//! A sound pair of stacks, and what breaks each check.

use std::sync::Arc;

use super::secrets::OF_DEV;
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::fixture::{judge, worst};
use crate::audit::samples::{change, plain};
use crate::audit::{Judgement, Level};
use crate::plan::RouteKind;

/// Dev is as production is.
pub fn sound(facts: &mut Facts) {
    plain(facts, OF_DEV, 401, "");
    if let Some(last) = facts.exchanges.last_mut() {
        // The route that the controls of the AUTH family open.
        "protected".clone_into(&mut last.site.name);
    }
    facts.beside = Some(Arc::new(Facts { beside: None, ..facts.clone() }));
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    match check {
        "DIFF-HEADERS" => change(facts, Purpose::Rest, |answer| {
            answer.headers.retain(|(name, _)| name != "Referrer-Policy");
        }),
        "DIFF-STATUS" => {
            change(facts, crate::audit::auth::ANONYMOUS, |answer| answer.status = 200);
        }
        "DIFF-ERROR" => change(facts, Purpose::NotFound, |answer| {
            answer.body = b"Traceback (most recent call last):".to_vec();
        }),
        "DIFF-STATIC" => {
            let of_files = facts.exchanges.iter_mut().filter(|exchange| {
                exchange.purpose == Purpose::Rest && exchange.site.kind == RouteKind::Static
            });
            for answer in of_files.filter_map(|exchange| exchange.answer.as_mut().ok()) {
                answer.body = b"b{}".to_vec();
            }
        }
        "DIFF-LIMITS" => change(facts, crate::audit::http::HEADER, |answer| answer.status = 200),
        "DIFF-SECRET" => change(facts, OF_DEV, |answer| answer.status = 200),
        _ => return false,
    }
    true
}

fn pair(dev: Facts, production: Facts) -> Facts {
    Facts { beside: Some(Arc::new(dev)), ..production }
}

fn answering(kind: RouteKind, status: u16, headers: &[(&str, &str)], body: &str) -> Facts {
    crate::audit::fixture::facts(true).answer(Purpose::Rest, kind, status, headers, body)
}

#[test]
fn what_production_adds_is_noted() {
    let hsts = [("Strict-Transport-Security", "max-age=31536000")];
    let (dev, production) =
        (answering(RouteKind::Html, 200, &[], ""), answering(RouteKind::Html, 200, &hsts, ""));
    assert_eq!(worst("DIFF-HEADERS", &pair(dev.clone(), production.clone())), Some(Level::Info));
    assert_eq!(worst("DIFF-HEADERS", &pair(production, dev)), Some(Level::Fail));
}

#[test]
fn frames_forbidden_by_policy_are_as_good() {
    let by_header = answering(RouteKind::Html, 200, &[("X-Frame-Options", "DENY")], "");
    let policy = [("Content-Security-Policy", "frame-ancestors 'none'")];
    let by_policy = answering(RouteKind::Html, 200, &policy, "");
    assert_eq!(worst("DIFF-HEADERS", &pair(by_header, by_policy)), Some(Level::Info));
}

#[test]
fn dev_may_tell_more_than_production() {
    let technical = answering(RouteKind::Html, 404, &[], "Using the URLconf defined in app.urls");
    let short = answering(RouteKind::Html, 404, &[], "Not found");
    assert_eq!(worst("DIFF-ERROR", &pair(technical.clone(), short.clone())), None);
    assert_eq!(worst("DIFF-ERROR", &pair(short, technical)), Some(Level::Fail));
}

#[test]
fn a_hash_in_a_name_and_compression_are_no_other_bytes() {
    use std::io::Write as _;
    let dev = answering(RouteKind::Static, 200, &[], "a{background:url(logo.svg)}");
    let text = "a{background:url(logo.0123456789ab.svg)}";
    let hashed = answering(RouteKind::Static, 200, &[], text);
    assert_eq!(worst("DIFF-STATIC", &pair(dev.clone(), hashed)), Some(Level::Info), "of another length");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let mut production = answering(RouteKind::Static, 200, &[("Content-Encoding", "gzip")], "");
    if let Ok(answer) = &mut production.exchanges[0].answer {
        answer.body_length = packed.len() as u64;
        answer.body = packed;
    }
    assert_eq!(worst("DIFF-STATIC", &pair(dev, production)), Some(Level::Info));
}

#[test]
fn one_stack_is_no_pair() {
    let alone = answering(RouteKind::Html, 200, &[], "");
    for check in super::CHECKS.iter().filter(|check| check.id != "DIFF-SECRET") {
        assert!(matches!(judge(check.id, &alone), Judgement::NotApplicable(_)), "{}", check.id);
    }
}
