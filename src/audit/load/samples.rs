//! A sound stack under load, and what breaks each check.

use std::sync::Arc;
use std::time::Duration;

use super::cache_key::{WITH, WITHOUT};
use super::crowd::{LOGINS, NEIGHBOUR, PAGES};
use super::expired::CROSSING;
use super::login_limit::ABOVE;
use super::refresh_race::AT_ONCE;
use super::resumption::CONNECTED;
use super::revoked::{AFTER, SESSION};
use super::strangers::STRANGER;
use super::{KEPT, LEAKED, UnderLoad};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::audit::fixture::{facts, judge, worst};
use crate::audit::samples::{change, plain};
use crate::audit::{Judgement, Level};
use crate::plan::RouteKind;

/// The Date of the answers to a token that ends under load, in seconds.
const DATE: i64 = 1_700_000_000;

/// A JWT with these claims, signed by nobody.
fn claiming(claims: &str) -> String {
    use base64::Engine as _;
    let encode = |json: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
    format!("{}.{}.c2ln", encode("{\"alg\":\"HS256\"}"), encode(claims))
}

/// A JWT with this `jti`.
fn token(jti: &str) -> String {
    claiming(&format!("{{\"jti\":\"{jti}\"}}"))
}

/// Thirty reads that took so many milliseconds each.
fn reads(facts: &mut Facts, purpose: Purpose, times: [u64; 30]) {
    for time in times {
        plain(facts, purpose, 200, "");
        let answer = facts.exchanges.last_mut().unwrap().answer.as_mut().unwrap();
        answer.total = Duration::from_millis(time);
    }
}

/// What trials bring from a sound stack.
fn trials(facts: &mut Facts, load: &mut UnderLoad) {
    for (late, status) in [(-1, 200), (0, 200), (2, 401), (65, 401)] {
        plain(facts, CROSSING, status, "");
        let exchange = facts.exchanges.last_mut().unwrap();
        let token = claiming(&format!("{{\"exp\":{}}}", DATE - late));
        exchange.request.headers.push(("Authorization".into(), format!("Bearer {token}")));
        let date = b"Tue, 14 Nov 2023 22:13:20 GMT".to_vec();
        exchange.answer.as_mut().unwrap().headers.push(("Date".into(), date));
    }
    for seconds in [0.1, 0.3, 7.0] {
        plain(facts, AFTER, 302, "");
        facts.exchanges.last_mut().unwrap().site.variant = SESSION.into();
        load.seconds.push((facts.exchanges.len() - 1, seconds));
    }
    load.login_limit = Some((5, Duration::from_secs(60)));
    for status in [401, 401, 401, 401, 401, 429, 429, 429] {
        plain(facts, ABOVE, status, "");
        let answer = facts.exchanges.last_mut().unwrap().answer.as_mut().unwrap();
        answer.headers.push(("Retry-After".into(), b"60".to_vec()));
        load.seconds.push((facts.exchanges.len() - 1, 0.2));
    }
    for status in [200, 401, 401] {
        plain(facts, AT_ONCE, status, "");
    }
    for turn in 0..8 {
        plain(facts, CONNECTED, 200, "");
        facts.exchanges.last_mut().unwrap().answer.as_mut().unwrap().resumed = turn > 0;
    }
    for purpose in [
        NEIGHBOUR.alone,
        NEIGHBOUR.beside,
        NEIGHBOUR.alone,
        LOGINS.alone,
        PAGES.beside,
        LOGINS.beside,
        LOGINS.alone,
    ] {
        reads(facts, purpose, [5; 30]);
    }
    plain(facts, WITH, 200, "<a href=https://shakedown-x1.invalid>");
    let named = facts.exchanges.last_mut().unwrap();
    named.site.variant = "X-Forwarded-Host".into();
    named.request.headers.push(("X-Forwarded-Host".into(), "shakedown-x1.invalid".into()));
    plain(facts, WITHOUT, 200, "<a href=/>");
}

/// Each route's answer at rest comes under load too, to one user and the other, beside a login and an error.
pub fn sound(facts: &mut Facts) {
    let mut at_rest: Vec<Exchange> =
        facts.exchanges.iter().filter(|exchange| exchange.purpose == Purpose::Rest).cloned().collect();
    // Families have routes of the same name; one of each is a route.
    let mut known = std::collections::HashSet::new();
    at_rest.retain(|exchange| {
        let status = exchange.answer.as_ref().map_or(0, |answer| answer.status);
        known.insert((exchange.site.name.clone(), status))
    });
    let mut load = UnderLoad {
        requests: 400,
        owned: 100,
        tokens: ["ada", "grace"].map(|user| ("jwt".into(), user.into(), token(user))).to_vec(),
        strangers: Some((10, 0)),
        after: Some(Arc::new(facts.clone())),
        ..UnderLoad::default()
    };
    for user in 0..2 {
        for exchange in &at_rest {
            let mut exchange = Exchange { purpose: KEPT, ..exchange.clone() };
            if let Ok(answer) = &mut exchange.answer {
                for (_, value) in &mut answer.headers {
                    let text = String::from_utf8_lossy(value)
                        .replace("'nonce-", &format!("'nonce-{user}of{}", load.askers.len()));
                    *value = text.into_bytes();
                }
            }
            load.askers.push((facts.exchanges.len(), user));
            facts.exchanges.push(exchange);
        }
        plain(facts, KEPT, 302, "");
        load.askers.push((facts.exchanges.len() - 1, user));
        if let Some(Ok(answer)) = facts.exchanges.last_mut().map(|exchange| exchange.answer.as_mut()) {
            answer
                .headers
                .push(("Set-Cookie".into(), format!("sessionid=of-user-{user}; Secure").into_bytes()));
        }
        plain(facts, KEPT, 502, "Busy.");
    }
    plain(facts, STRANGER, 401, "");
    trials(facts, &mut load);
    facts.load = Some(load);
}

fn kept(facts: &mut Facts, status: u16, with: impl Fn(&mut crate::wire::Response)) {
    change(facts, KEPT, |answer| {
        if answer.status == status {
            with(answer);
        }
    });
}

fn load(facts: &mut Facts) -> &mut UnderLoad {
    facts.load.as_mut().unwrap()
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    match check {
        "LOAD-CROSS-USER" => {
            load(facts).leaked = 1;
            plain(facts, LEAKED, 200, "{\"owner\":\"grace\"}");
        }
        "LOAD-SETCOOKIE-SHARED" => kept(facts, 302, |answer| {
            answer.headers.retain(|(name, _)| name != "Set-Cookie");
            answer.headers.push(("Set-Cookie".into(), b"sessionid=the-same; Secure".to_vec()));
        }),
        "LOAD-HEADER-DROP" => kept(facts, 502, |answer| {
            answer.headers.retain(|(name, _)| name != "Strict-Transport-Security");
        }),
        "LOAD-ERROR-LEAK" => {
            kept(facts, 502, |answer| answer.body = b"OperationalError: database is locked".to_vec())
        }
        "LOAD-NONCE-REUSE" => kept(facts, 200, |answer| {
            for (name, value) in &mut answer.headers {
                if name == "Content-Security-Policy" {
                    *value = b"script-src 'nonce-Zm9vYmFyYmF6cXV4'".to_vec();
                }
            }
        }),
        "LOAD-JTI-UNIQUE" => {
            let tokens = &mut load(facts).tokens;
            tokens[1].2 = tokens[0].2.clone();
        }
        "LOAD-WORKER-DRIFT" => {
            let again: Vec<Exchange> = facts
                .exchanges
                .iter()
                .filter(|exchange| exchange.purpose == KEPT && exchange.site.kind == RouteKind::Static)
                .cloned()
                .collect();
            for mut exchange in again {
                if let Ok(answer) = &mut exchange.answer {
                    answer.headers.push(("Server".into(), b"gunicorn".to_vec()));
                }
                facts.exchanges.push(exchange);
            }
        }
        "LOAD-FAIL-OPEN" => change(facts, STRANGER, |answer| answer.status = 200),
        "LOAD-REVOKED" => change(facts, AFTER, |answer| answer.status = 200),
        "LOAD-EXPIRED" => change(facts, CROSSING, |answer| answer.status = 200),
        "LOAD-CACHE-KEY" => {
            change(facts, WITHOUT, |answer| answer.body = b"https://shakedown-x1.invalid/".to_vec());
        }
        "LOAD-RATE-FIRES" => {
            let more: Vec<Exchange> =
                facts.exchanges.iter().filter(|exchange| exchange.purpose == ABOVE).cloned().collect();
            facts.exchanges.extend(more);
            change(facts, ABOVE, |answer| answer.status = 401);
            // The limit of names that somebody has is LOGIN-RATE's.
            facts.exchanges.retain(|exchange| exchange.purpose != crate::audit::login::probes::SERIAL);
        }
        "LOAD-RATE-COLLATERAL" => change(facts, NEIGHBOUR.beside, |answer| answer.status = 502),
        "LOAD-REFRESH-RACE" => change(facts, AT_ONCE, |answer| answer.status = 200),
        "LOAD-LOGIN-STARVE" => {
            change(facts, LOGINS.beside, |answer| answer.total = Duration::from_millis(400));
        }
        "LOAD-TLS-RESUME" => change(facts, CONNECTED, |answer| answer.resumed = false),
        "LOAD-RECOVER" => {
            let mut after = facts.clone();
            change(&mut after, Purpose::Rest, |answer| answer.status = 502);
            load(facts).after = Some(Arc::new(after));
        }
        _ => return false,
    }
    true
}

#[test]
fn without_a_load_nothing_is_said() {
    let at_rest = facts(true).answer(Purpose::Rest, RouteKind::Html, 200, &[], "");
    for check in super::CHECKS {
        assert!(matches!(judge(check.id, &at_rest), Judgement::NotApplicable(_)), "{}", check.id);
    }
}

#[test]
fn a_header_that_was_never_there_is_not_missed() {
    let mut facts = facts(true).answer(Purpose::Rest, RouteKind::Html, 200, &[], "page");
    facts = facts.answer(KEPT, RouteKind::Html, 200, &[], "");
    facts.load = Some(UnderLoad::default());
    assert_eq!(worst("LOAD-HEADER-DROP", &facts), None);
}

/// One odd answer may be an old one from a cache; two configurations show again and again.
#[test]
fn one_odd_answer_is_no_second_configuration() {
    let answering = |odd: usize| {
        let mut facts = facts(true);
        for n in 0..6 {
            let server = if n < odd { "old" } else { "new" };
            facts = facts.answer(KEPT, RouteKind::Html, 200, &[("Server", server)], "");
        }
        facts.load = Some(UnderLoad::default());
        worst("LOAD-WORKER-DRIFT", &facts)
    };
    assert_eq!(answering(1), None);
    assert_eq!(answering(2), Some(Level::Warn));
}

/// A list of what is revoked that reaches the servers one after the other is no flaw; one that forgets is.
#[test]
fn a_short_delay_is_noted_and_a_return_is_not_forgiven() {
    let level = |statuses: [u16; 3], seconds: [f64; 3]| {
        let mut facts = facts(true);
        let mut load = UnderLoad::default();
        for (status, seconds) in statuses.into_iter().zip(seconds) {
            plain(&mut facts, AFTER, status, "");
            load.seconds.push((facts.exchanges.len() - 1, seconds));
        }
        facts.load = Some(load);
        worst("LOAD-REVOKED", &facts)
    };
    assert_eq!(level([302, 302, 302], [0.1, 0.3, 0.5]), None);
    assert_eq!(level([200, 302, 302], [0.1, 0.3, 0.5]), Some(Level::Info));
    assert_eq!(level([200, 302, 200], [0.1, 0.3, 0.5]), Some(Level::Fail));
    assert_eq!(level([200, 200, 302], [0.1, 6.0, 7.0]), Some(Level::Fail));
}

#[test]
fn a_tolerance_for_clocks_is_noted() {
    let mut facts = facts(true);
    for (late, status) in [(0, 200), (5, 200), (40, 401)] {
        let mut one = crate::audit::fixture::facts(true);
        trials(&mut one, &mut UnderLoad::default());
        let mut exchange = one.exchanges.remove(0);
        let token = claiming(&format!("{{\"exp\":{}}}", DATE - late));
        exchange.request.headers = vec![("Authorization".into(), format!("Bearer {token}"))];
        exchange.answer.as_mut().unwrap().status = status;
        facts.exchanges.push(exchange);
    }
    facts.load = Some(UnderLoad::default());
    assert_eq!(worst("LOAD-EXPIRED", &facts), Some(Level::Info));
    facts.exchanges.swap(1, 2);
    let token = claiming(&format!("{{\"exp\":{}}}", DATE - 61));
    facts.exchanges[2].request.headers = vec![("Authorization".into(), format!("Bearer {token}"))];
    assert_eq!(worst("LOAD-EXPIRED", &facts), Some(Level::Fail));
}

/// On a busy machine single reads take long, whoever asks meanwhile.
#[test]
fn a_slow_machine_starves_nobody() {
    let judged = |alone: [u64; 30], pages: [u64; 30], logins: [u64; 30]| {
        let mut facts = facts(true);
        for (purpose, times) in
            [(LOGINS.alone, alone), (PAGES.beside, pages), (LOGINS.beside, logins), (LOGINS.alone, alone)]
        {
            reads(&mut facts, purpose, times);
        }
        facts.load = Some(UnderLoad::default());
        judge("LOAD-LOGIN-STARVE", &facts)
    };
    let seen = |judgement: Judgement| match judgement {
        Judgement::Judged { observations, .. } => observations.iter().map(|seen| seen.level).max(),
        other => panic!("{other:?}"),
    };
    let mut some = [5; 30];
    some[..5].fill(900);
    assert_eq!(seen(judged([5; 30], [5; 30], some)), None, "a few hiccups");
    assert_eq!(seen(judged([5; 30], [5; 30], [60; 30])), None, "nobody minds");
    assert_eq!(seen(judged([30; 30], [300; 30], [400; 30])), None, "whatever is asked for");
    assert_eq!(seen(judged([5; 30], [20; 30], [400; 30])), Some(Level::Fail));
    let wild: [u64; 30] = std::array::from_fn(|n| if n % 10 == 0 { 2_000 } else { 20 });
    assert!(matches!(judged(wild, [20; 30], [400; 30]), Judgement::Inconclusive(_)));
}

#[test]
fn strangers_tell_nothing_of_routes_that_are_open_at_rest() {
    let mut facts = facts(true);
    plain(&mut facts, STRANGER, 200, "");
    plain(&mut facts, crate::audit::auth::ANONYMOUS, 200, "");
    facts.load = Some(UnderLoad { strangers: Some((10, 0)), ..UnderLoad::default() });
    assert!(matches!(judge("LOAD-FAIL-OPEN", &facts), Judgement::Inconclusive(_)));
    change(&mut facts, crate::audit::auth::ANONYMOUS, |answer| answer.status = 401);
    assert_eq!(worst("LOAD-FAIL-OPEN", &facts), Some(Level::Fail));
}

#[test]
fn a_limit_that_was_used_up_tells_nothing() {
    let mut facts = facts(true);
    let mut with = UnderLoad { login_limit: Some((5, Duration::from_secs(60))), ..UnderLoad::default() };
    for _ in 0..8 {
        plain(&mut facts, ABOVE, 429, "");
        with.seconds.push((facts.exchanges.len() - 1, 0.2));
    }
    facts.load = Some(with);
    assert!(matches!(judge("LOAD-RATE-FIRES", &facts), Judgement::Inconclusive(_)));
    change(&mut facts, ABOVE, |answer| answer.status = 401);
    assert_eq!(worst("LOAD-RATE-FIRES", &facts), Some(Level::Fail));
    load(&mut facts).login_limit = Some((8, Duration::from_secs(60)));
    assert_eq!(worst("LOAD-RATE-FIRES", &facts), None);
}
