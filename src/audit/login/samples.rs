//! A sound stack's answers to the probes of this family, and what breaks each check.

use std::time::Duration;

use super::probes::{
    AFTERWARDS, AUTHTOKEN, BURST, BY_GET, DEFAULT, FORWARDED, GENUINE, KNOWN, LONG_PASSWORD, OPENED,
    OTHER_NAME, SERIAL, STILL, TIME_KNOWN, TIME_UNKNOWN, UNKNOWN,
};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::samples::{change, plain};
use crate::plan::RouteKind;

const WRONG: &str = "wrong-0123456789abcdef0123456789abcdef";

fn add(facts: &mut Facts, purpose: Purpose, name: &str, variant: &str, status: u16, body: &str) {
    plain(facts, purpose, status, body);
    if let Some(last) = facts.exchanges.last_mut() {
        last.site.name = name.to_owned();
        last.site.variant = variant.to_owned();
        last.site.kind = RouteKind::Login;
        last.request.method = "POST".into();
        last.request.body = format!("{{\"password\":\"{WRONG}\"}}").into_bytes();
        if let Ok(answer) = &mut last.answer {
            if status == 429 {
                answer.headers.push(("Retry-After".into(), b"60".to_vec()));
            }
            if status == 401 {
                answer.headers.push(("WWW-Authenticate".into(), b"Bearer".to_vec()));
            }
        }
    }
}

pub fn sound(facts: &mut Facts) {
    let (jwt, drf) = ("login /api/token/", "login /api-token-auth/");
    add(facts, GENUINE, jwt, OPENED, 200, "{\"access\":\"a.b.c\"}");
    add(facts, KNOWN, jwt, "ada", 401, "{\"detail\":\"No account of this name and password.\"}");
    add(facts, UNKNOWN, jwt, "nobody-1", 401, "{\"detail\":\"No account of this name and password.\"}");
    add(facts, BY_GET, jwt, "by GET", 405, "{}");
    for turn in 0..10 {
        for purpose in [TIME_KNOWN, TIME_UNKNOWN] {
            add(facts, purpose, jwt, "", 401, "{}");
            if let Some(last) = facts.exchanges.last_mut()
                && let Ok(answer) = &mut last.answer
            {
                answer.total = Duration::from_micros(100_000 + turn * 100);
            }
        }
    }
    for (variant, status) in
        [("password of short", 401), ("password of 4 KiB", 400), ("password of 1 MiB", 413)]
    {
        add(facts, LONG_PASSWORD, jwt, variant, status, "{}");
    }
    add(facts, DEFAULT, jwt, "admin", 401, "{}");
    for status in [401, 401, 401, 401, 401, 429, 429, 429] {
        add(facts, BURST, jwt, "sixteen at once", status, "{}");
    }
    for (name, variant) in [(jwt, ""), (drf, AUTHTOKEN)] {
        for status in [401, 401, 401, 401, 401, 429] {
            add(facts, SERIAL, name, variant, status, "{}");
        }
    }
    add(facts, FORWARDED, jwt, "X-Forwarded-For", 429, "{}");
    add(facts, STILL, jwt, "plain again", 429, "{}");
    add(facts, OTHER_NAME, jwt, "another name", 401, "{}");
    add(facts, OTHER_NAME, jwt, "another name", 429, "{}");
}

/// No answer of a purpose at this login is for the rate.
fn unlimited(facts: &mut Facts, purpose: Purpose, name: &str) {
    for exchange in facts.exchanges.iter_mut().filter(|e| e.purpose == purpose && e.site.name.contains(name))
    {
        if let Ok(answer) = &mut exchange.answer {
            answer.status = 401;
        }
    }
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    match check {
        "LOGIN-CACHE" => change(facts, GENUINE, |a| {
            a.headers.retain(|(name, _)| name != "Cache-Control");
            a.headers.push(("Cache-Control".into(), b"public, max-age=60".to_vec()));
        }),
        "LOGIN-GET" => {
            for exchange in facts.exchanges.iter_mut().filter(|exchange| exchange.purpose == BY_GET) {
                exchange.site.variant = OPENED.into();
            }
        }
        "LOGIN-BODY-ECHO" => change(facts, KNOWN, |a| a.body = format!("No {WRONG} here").into_bytes()),
        "LOGIN-ENUM-BODY" => change(facts, UNKNOWN, |a| a.body = b"{\"detail\":\"No such user.\"}".to_vec()),
        "LOGIN-ENUM-TIME" => change(facts, TIME_UNKNOWN, |a| a.total /= 10),
        "LOGIN-LONG-PASSWORD" => change(facts, LONG_PASSWORD, |a| a.status = 500),
        "LOGIN-DEFAULT-CRED" => {
            for exchange in facts.exchanges.iter_mut().filter(|exchange| exchange.purpose == DEFAULT) {
                exchange.site.variant = format!("{OPENED} admin");
            }
        }
        "LOGIN-RATE" => {
            unlimited(facts, SERIAL, "login");
            add(facts, AFTERWARDS, "login /api/token/", OPENED, 200, "{}");
        }
        "DRF-AUTHTOKEN-UNTHROTTLED" => unlimited(facts, SERIAL, "/api-token-auth/"),
        "LOGIN-RATE-XFF" => unlimited(facts, FORWARDED, "login"),
        "LOGIN-RATE-CONCURRENT" => {
            unlimited(facts, BURST, "login");
            add(facts, BURST, "login /api/token/", "sixteen at once", 429, "{}");
        }
        "LOGIN-RATE-KEY" => {
            for _ in 0..20 {
                add(facts, OTHER_NAME, "login /api/token/", "another name", 401, "{}");
            }
            unlimited(facts, OTHER_NAME, "login");
        }
        "LOGIN-RETRY-AFTER" => change(facts, SERIAL, |a| a.headers.retain(|(name, _)| name != "Retry-After")),
        _ => return false,
    }
    true
}

mod tests {
    use super::*;
    use crate::audit::fixture::{facts, judge, worst};
    use crate::audit::login::answers::normalised;
    use crate::audit::{Judgement, Level};

    fn fresh() -> Facts {
        let mut facts = facts(true);
        sound(&mut facts);
        facts
    }

    #[test]
    fn a_token_endpoint_that_alone_has_no_limit_is_one_finding() {
        let mut facts = fresh();
        assert!(spoil("DRF-AUTHTOKEN-UNTHROTTLED", &mut facts));
        assert_eq!(worst("DRF-AUTHTOKEN-UNTHROTTLED", &facts), Some(Level::Fail));
        assert_eq!(worst("LOGIN-RATE", &facts), None);
        unlimited(&mut facts, SERIAL, "login");
        assert_eq!(worst("DRF-AUTHTOKEN-UNTHROTTLED", &facts), None, "LOGIN-RATE says it of both");
        assert_eq!(worst("LOGIN-RATE", &facts), Some(Level::Fail));
    }

    #[test]
    fn a_lock_that_looks_like_a_wrong_password_is_a_limit() {
        let mut facts = fresh();
        unlimited(&mut facts, SERIAL, "login");
        for name in ["login /api/token/", "login /api-token-auth/"] {
            add(&mut facts, AFTERWARDS, name, "right password", 401, "{}");
        }
        assert_eq!(worst("LOGIN-RATE", &facts), None);
    }

    #[test]
    fn without_a_limit_that_holds_nothing_gets_past_it() {
        let mut facts = fresh();
        unlimited(&mut facts, STILL, "login");
        assert!(matches!(judge("LOGIN-RATE-XFF", &facts), Judgement::Inconclusive(_)));
        facts.exchanges.retain(|exchange| exchange.purpose != STILL);
        assert!(matches!(judge("LOGIN-RATE-XFF", &facts), Judgement::NotApplicable(_)));
    }

    #[test]
    fn few_times_and_wild_times_tell_nothing() {
        let mut few = fresh();
        let mut seen = 0;
        few.exchanges.retain(|exchange| {
            seen += usize::from(exchange.purpose == TIME_KNOWN);
            exchange.purpose != TIME_KNOWN || seen <= 5
        });
        assert!(matches!(judge("LOGIN-ENUM-TIME", &few), Judgement::Inconclusive(_)));
        let mut wild = fresh();
        let mut step = 0;
        for exchange in &mut wild.exchanges {
            if let Ok(answer) = &mut exchange.answer {
                step = (step + 7) % 20;
                answer.total = Duration::from_millis(10 + 40 * step);
            }
        }
        assert!(matches!(judge("LOGIN-ENUM-TIME", &wild), Judgement::Inconclusive(_)));
    }

    #[test]
    fn a_token_without_no_store_is_less_than_one_that_caches_may_keep() {
        let mut facts = fresh();
        change(&mut facts, GENUINE, |a| a.headers.retain(|(name, _)| name != "Cache-Control"));
        assert_eq!(worst("LOGIN-CACHE", &facts), Some(Level::Warn));
    }

    #[test]
    fn names_tokens_and_numbers_make_no_difference() {
        let page = |name: &str, token: &str, line: u8| {
            format!("<input value=\"{name}\"><input value={token}><p>It took {line} ms, {name}")
        };
        let known = normalised(&page("ada", "a1B2c3D4e5F6g7H8i9", 3), "ada");
        assert_eq!(known, normalised(&page("nobody-77", "z9Y8x7W6v5U4t3S2r1", 41), "nobody-77"));
        assert_ne!(known, normalised("No such user.", "nobody-77"));
    }
}
