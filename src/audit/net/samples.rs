//! A sound stack's answers to the probes of this family, and what breaks each check.

use super::probes::{API, BACKEND, NEXT, REDIRECT};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::samples::{change, plain};
use crate::wire::{Failure, FailureKind, Response};

fn add(facts: &mut Facts, purpose: Purpose, status: u16, location: Option<&str>) {
    plain(facts, purpose, status, "");
    if let Some(last) = facts.exchanges.last_mut()
        && let Ok(answer) = &mut last.answer
        && let Some(location) = location
    {
        answer.headers.push(("Location".into(), location.as_bytes().to_vec()));
    }
}

pub fn sound(facts: &mut Facts) {
    add(facts, REDIRECT, 301, Some("https://127.0.0.1:8443/"));
    add(facts, API, 403, None);
    add(facts, NEXT, 302, Some("/dashboard/"));
    add(facts, BACKEND, 200, None);
    if let Some(last) = facts.exchanges.last_mut() {
        let message = "connection refused".to_owned();
        last.answer = Err(Failure { kind: FailureKind::Connect, message });
    }
}

fn to(location: &'static str) -> impl Fn(&mut Response) {
    move |answer| {
        answer.headers.retain(|(name, _)| name != "Location");
        answer.headers.push(("Location".into(), location.as_bytes().to_vec()));
    }
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    match check {
        "NET-REDIRECT" => change(facts, REDIRECT, |answer| answer.status = 200),
        "NET-REDIRECT-API" => change(facts, API, |answer| answer.status = 400),
        "NET-PLAIN-CRED" => {
            facts.https = false;
            facts.host = "notes.example".into();
        }
        "NET-OPEN-REDIRECT" => change(facts, NEXT, to("/\\evil.example/")),
        "NET-BACKEND-OPEN" => add(facts, BACKEND, 200, None),
        _ => return false,
    }
    true
}

mod tests {
    use super::*;
    use crate::audit::fixture::{facts, judge, worst};
    use crate::audit::{Judgement, Level};

    #[test]
    fn a_redirect_is_read_as_browsers_read_it() {
        for (location, status, level) in [
            ("https://127.0.0.1:8443/", 301, None),
            ("https://127.0.0.1/", 308, None),
            ("https://127.0.0.1/", 302, Some(Level::Warn)),
            ("https://www.example/", 301, Some(Level::Warn)),
            ("http://127.0.0.1/there", 301, Some(Level::Fail)),
            ("/there", 301, Some(Level::Fail)),
        ] {
            let mut facts = facts(true);
            add(&mut facts, REDIRECT, status, Some(location));
            assert_eq!(worst("NET-REDIRECT", &facts), level, "{status} {location}");
        }
    }

    #[test]
    fn a_login_that_does_not_redirect_is_judged_by_what_it_says() {
        let login = |status: u16, cookie: bool, body: &str| {
            let mut facts = facts(true);
            add(&mut facts, NEXT, status, None);
            let last = facts.exchanges.last_mut().unwrap();
            last.request.target = "/in/?next=%2F%2Fshakedown-x1.invalid%2F".into();
            let answer = last.answer.as_mut().unwrap();
            answer.body = body.into();
            if cookie {
                answer.headers.push(("Set-Cookie".into(), b"sessionid=abc; Path=/".to_vec()));
            }
            facts
        };
        assert_eq!(worst("NET-OPEN-REDIRECT", &login(200, true, "{\"user\":\"ada\"}")), None);
        let named = login(200, true, "{\"next\":\"//shakedown-x1.invalid/\"}");
        assert_eq!(worst("NET-OPEN-REDIRECT", &named), Some(Level::Warn));
        for status in [200, 403] {
            let refused = login(status, false, "<input name=next value=//shakedown-x1.invalid/>");
            let why =
                format!("the login with a `next` did not succeed: {status}, no redirect and no session");
            assert_eq!(judge("NET-OPEN-REDIRECT", &refused), Judgement::NotRun(why));
        }
    }

    #[test]
    fn every_spelling_of_another_host_leads_away() {
        for (location, level) in [
            ("/dashboard/", None),
            ("https://127.0.0.1:8443/x", None),
            ("//evil.example/", Some(Level::Fail)),
            ("/\\evil.example/", Some(Level::Fail)),
            ("\\\\evil.example/", Some(Level::Fail)),
            ("https:evil.example", None),
            ("http:evil.example", Some(Level::Fail)),
        ] {
            let mut facts = facts(true);
            add(&mut facts, NEXT, 302, Some(location));
            assert_eq!(worst("NET-OPEN-REDIRECT", &facts), level, "{location}");
        }
    }
}
