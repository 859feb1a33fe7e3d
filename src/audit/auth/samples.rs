//! A sound stack's answers to the probes of this family, and what breaks each check.

use super::objects::OTHER_USER;
use super::probes::{
    ANONYMOUS, BAD_TOKEN, FORBIDDEN, IN_URL, METHOD, MIXED, NOBODY, PATH, PROXY_HEADER, SECOND, SECOND_USER,
};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::plan::RouteKind;
use crate::wire::Response;

const OWN: &str = "{\"owner\":\"ada\"}";
const DATA: [(&str, &str); 10] = [
    ("Content-Type", "application/json"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=()"),
    ("Cache-Control", "no-store"),
    ("Server", "nginx"),
];

fn add(facts: &mut Facts, purpose: Purpose, variant: &str, status: u16, body: &str) {
    let mut headers = DATA.to_vec();
    match status {
        401 if variant == "unknown token" => {
            headers.push(("WWW-Authenticate", "Bearer error=\"invalid_token\""))
        }
        401 => headers.push(("WWW-Authenticate", "Bearer")),
        _ => {}
    }
    let taken = std::mem::replace(facts, crate::audit::fixture::facts(true));
    *facts = taken.answer(purpose, RouteKind::Protected, status, &headers, body);
    if let Some(last) = facts.exchanges.last_mut() {
        last.site.variant = variant.to_owned();
        if matches!(purpose, Purpose::Control | Purpose::Rest) {
            last.site.authenticated = true;
            last.request.headers.push(("Authorization".into(), "Bearer a.b.c".into()));
        }
    }
}

pub fn sound(facts: &mut Facts) {
    add(facts, Purpose::Rest, "", 200, OWN);
    add(facts, Purpose::Control, "genuine", 200, OWN);
    for (purpose, variant) in [
        (ANONYMOUS, "no credential"),
        (BAD_TOKEN, "unknown token"),
        (BAD_TOKEN, "scheme alone"),
        (METHOD, "HEAD"),
        (PATH, "//api/"),
        (PROXY_HEADER, "X-Forwarded-User"),
        (IN_URL, "token in ?token="),
        (SECOND_USER, NOBODY),
    ] {
        add(facts, purpose, variant, 401, "{\"detail\":\"no\"}");
    }
    add(facts, SECOND_USER, SECOND, 200, "{\"owner\":\"grace\"}");
    add(facts, OTHER_USER, "as another user", 404, "{}");
    add(facts, FORBIDDEN, "/admin/", 403, "{}");
    add(facts, MIXED, "another user's session beside the token", 200, "{\"owner\":\"grace\"}");
    add(facts, MIXED, "another user's session beside the token", 200, "{\"owner\":\"grace\"}");
}

fn answers(facts: &mut Facts, of: impl Fn(&Exchange) -> bool, change: impl Fn(&mut Response)) {
    for exchange in facts.exchanges.iter_mut().filter(|exchange| of(exchange)) {
        if let Ok(answer) = &mut exchange.answer {
            change(answer);
        }
    }
}

fn opened(facts: &mut Facts, purpose: Purpose) {
    answers(
        facts,
        |exchange| exchange.purpose == purpose,
        |answer| {
            answer.status = 200;
            answer.body = OWN.into();
        },
    );
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    let without =
        |name: &'static str| move |answer: &mut Response| answer.headers.retain(|(other, _)| other != name);
    match check {
        "AUTH-REQUIRED" => opened(facts, ANONYMOUS),
        "AUTH-401-CHALLENGE" => answers(facts, |e| e.purpose == ANONYMOUS, without("WWW-Authenticate")),
        "AUTH-401-INVALID" => answers(facts, |e| e.site.variant == "unknown token", |a| a.status = 500),
        "AUTH-403-SCOPE" => opened(facts, FORBIDDEN),
        "AUTH-MALFORMED" => answers(facts, |e| e.site.variant == "scheme alone", |a| a.status = 500),
        "AUTH-OTHER-USER" => opened(facts, OTHER_USER),
        "AUTH-METHOD-BYPASS" => opened(facts, METHOD),
        "AUTH-PATH-BYPASS" => opened(facts, PATH),
        "AUTH-PROXY-HDR" => opened(facts, PROXY_HEADER),
        "AUTH-MIXED-CRED" => {
            if let Some(last) = facts.exchanges.iter_mut().rfind(|exchange| exchange.purpose == MIXED)
                && let Ok(answer) = &mut last.answer
            {
                answer.body = OWN.into();
            }
        }
        "AUTH-CACHE" => answers(
            facts,
            |e| e.purpose == Purpose::Rest && e.site.authenticated,
            |answer| {
                answer.headers.retain(|(name, _)| name != "Cache-Control");
                answer.headers.push(("Cache-Control".into(), b"public, max-age=60".to_vec()));
            },
        ),
        "AUTH-VARY" => answers(
            facts,
            |e| e.purpose == Purpose::Control,
            |answer| {
                answer.headers.retain(|(name, _)| name != "Cache-Control");
                answer.headers.push(("Cache-Control".into(), b"public".to_vec()));
            },
        ),
        "AUTH-CACHE-REPLAY" => opened(facts, SECOND_USER),
        "AUTH-TOKEN-URL" => opened(facts, IN_URL),
        "AUTH-ERROR-LEAK" => answers(
            facts,
            |e| e.purpose == BAD_TOKEN,
            |answer| {
                answer.body = b"Traceback (most recent call last):".to_vec();
            },
        ),
        _ => return false,
    }
    true
}

mod tests {
    use super::*;
    use crate::audit::{Judgement, find};

    fn judged(check: &str, facts: &Facts) -> Judgement {
        (find(check).unwrap().judge)(facts)
    }

    fn fresh() -> Facts {
        let mut facts = crate::audit::fixture::facts(true);
        sound(&mut facts);
        facts
    }

    #[test]
    fn without_a_control_that_works_nothing_is_proven() {
        let mut dead = fresh();
        answers(&mut dead, |e| e.purpose == Purpose::Control, |a| a.status = 401);
        let mut expired = fresh();
        add(&mut expired, Purpose::Control, "genuine", 401, "");
        for facts in [&dead, &expired] {
            for check in ["AUTH-PATH-BYPASS", "AUTH-MALFORMED", "AUTH-TOKEN-URL"] {
                assert!(matches!(judged(check, facts), Judgement::Inconclusive(_)), "{check}");
            }
        }
        assert!(matches!(judged("AUTH-REQUIRED", &dead), Judgement::Inconclusive(_)));
    }

    #[test]
    fn an_open_route_is_one_finding() {
        let mut facts = fresh();
        for purpose in [ANONYMOUS, PATH, PROXY_HEADER, METHOD, IN_URL, BAD_TOKEN] {
            opened(&mut facts, purpose);
        }
        assert!(
            matches!(judged("AUTH-REQUIRED", &facts), Judgement::Judged { observations, .. } if observations.len() == 1)
        );
        for check in ["AUTH-PATH-BYPASS", "AUTH-PROXY-HDR", "AUTH-METHOD-BYPASS", "AUTH-TOKEN-URL"] {
            assert!(matches!(judged(check, &facts), Judgement::Inconclusive(_)), "{check}");
        }
    }
}
