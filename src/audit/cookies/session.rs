//! Rows about the session itself, judged on logins and logouts of our own.

use std::collections::BTreeSet;

use super::attributes::shown;
use super::set_cookie::SetCookie;
use crate::audit::turned_away::turned_away;
use crate::audit::{Exchange, Facts, Judgement, Level, Observation, Purpose};
use crate::secret::mark;
use crate::wire::Response;

const NO_SESSION: &str = "the scenario has no session auth";
/// Why what ends a session, or should not, was not tried.
pub const NO_LOGOUT: &str = "the scenario's `session` auth names no `logout`";
/// What a session that is to be ended is needed for.
const AFTER_LOGIN: [Purpose; 6] = [
    Purpose::PostWithCsrf,
    Purpose::LogoutByGet,
    Purpose::AfterLogoutByGet,
    Purpose::BeforeLogout,
    Purpose::Logout,
    Purpose::AfterLogout,
];
/// OWASP asks for 128 bits in a session identifier (ASVS v5.0.0-7.2.3).
const BITS: f64 = 128.0;
/// Fewer logins cannot show a repetition.
const LOGINS: usize = 2;

/// The session cookie that an answer sets, under its name.
fn session_of(facts: &Facts, answer: &Response) -> Option<SetCookie> {
    answer
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .filter_map(|(_, line)| SetCookie::parse(line))
        .find(|cookie| facts.session_cookies.contains(&cookie.name) && !cookie.value.is_empty())
}

/// The value of a cookie in a request.
fn sent(exchange: &Exchange, name: &str) -> Option<String> {
    let header = exchange.request.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("cookie"))?;
    header
        .1
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(n, v)| (n == name).then(|| v.to_owned()))
}

/// Why an active check has nothing to look at.
pub(super) fn missing(facts: &Facts, purpose: Purpose, what: &str) -> Judgement {
    if !facts.has_session {
        return Judgement::NotApplicable(NO_SESSION.into());
    }
    match facts.failure(purpose) {
        Some(failure) => Judgement::NotRun(format!("{what} failed: {failure}")),
        None if AFTER_LOGIN.contains(&purpose) && facts.names_no_logout() => {
            Judgement::NotApplicable(NO_LOGOUT.into())
        }
        None if facts.active => Judgement::NotRun(format!("{what} did not take place")),
        None => Judgement::NotRun(format!("{what} needs your consent: set `active = true`")),
    }
}

/// Whether a login went where a genuine one goes: without a new cookie only that shows that it succeeded.
fn answered_as_genuine(facts: &Facts, answer: &Response) -> bool {
    facts.of(Purpose::Login).any(|(_, _, genuine)| {
        genuine.status == answer.status && genuine.header("location") == answer.header("location")
    })
}

pub(super) fn fixation(facts: &Facts) -> Judgement {
    let mut observations = Vec::new();
    let mut places = 0;
    for (index, exchange, answer) in facts.of(Purpose::FixationLogin) {
        if !(200..400).contains(&answer.status) {
            return Judgement::NotRun(format!("the login with a chosen session answered {}", answer.status));
        }
        for name in &facts.session_cookies {
            let Some(chosen) = sent(exchange, name) else { continue };
            places += 1;
            let given = session_of(facts, answer).filter(|cookie| cookie.name == *name);
            if given.is_none() && !answered_as_genuine(facts, answer) {
                return Judgement::Inconclusive(
                    "the login with a chosen session set none and was not answered as a genuine one".into(),
                );
            }
            if given.is_none_or(|cookie| cookie.value == chosen) {
                let detail =
                    format!("`{}` stayed {} through the login", shown(name), mark(chosen.as_bytes()));
                observations.push(Observation::new(Level::Fail, index, shown(name), detail));
            }
        }
    }
    if places == 0 {
        return missing(facts, Purpose::FixationLogin, "a login with a chosen session");
    }
    Judgement::Judged { places, observations }
}

pub(super) fn entropy(facts: &Facts) -> Judgement {
    let logins: Vec<(usize, SetCookie)> = facts
        .of(Purpose::Login)
        .filter_map(|(index, _, answer)| Some((index, session_of(facts, answer)?)))
        .collect();
    if logins.len() < LOGINS {
        return missing(facts, Purpose::Login, "a pair of logins");
    }
    let mut observations = Vec::new();
    let mut values = BTreeSet::new();
    for (index, cookie) in &logins {
        if !values.insert(&cookie.value) {
            let detail = format!("two logins got the same `{}`", shown(&cookie.name));
            observations.push(Observation::new(Level::Fail, *index, shown(&cookie.name), detail));
        }
    }
    let all: String = logins.iter().map(|(_, cookie)| cookie.value.as_str()).collect();
    let shortest = logins.iter().map(|(_, cookie)| cookie.value.len()).min().unwrap_or(0);
    let bits = shortest as f64 * alphabet(&all).log2();
    if bits < BITS
        && let Some((index, cookie)) = logins.first()
    {
        let detail = format!(
            "`{}` has {shortest} characters of an alphabet of {:.0}: at most {bits:.0} bits, {BITS:.0} are wanted",
            shown(&cookie.name),
            alphabet(&all)
        );
        observations.push(Observation::new(Level::Fail, *index, shown(&cookie.name), detail));
    }
    Judgement::Judged { places: logins.len(), observations }
}

/// Size of the smallest usual alphabet that holds every character.
fn alphabet(text: &str) -> f64 {
    let all = |test: fn(&u8) -> bool| text.bytes().all(|b| test(&b));
    if all(u8::is_ascii_digit) {
        10.0
    } else if all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        || all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'))
    {
        16.0
    } else if all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) {
        36.0
    } else if all(u8::is_ascii_alphanumeric) {
        62.0
    } else {
        64.0
    }
}

/// What an answer to the protected page says of the session it was asked with.
pub(super) enum Proof {
    /// The session opens the page.
    Works,
    /// It does not: 401, 403, 404, a redirect to the login, or a page to log in on.
    Ended,
    /// Neither, and why.
    Nothing(String),
}

/// Reads the answer beside the control, the same page without any session.
pub(super) fn proof(facts: &Facts, after: &Response) -> Proof {
    let genuine = facts.of(Purpose::BeforeLogout).next();
    let asks = |page: &Response| genuine.is_some_and(|(_, _, before)| turned_away(facts, page, before));
    let public =
        |(_, _, page): (usize, &Exchange, &Response)| (200..300).contains(&page.status) && !asks(page);
    if facts.of(Purpose::AnonymousPage).any(public) {
        return Proof::Nothing(
            "the page is answered without a session too, so it tells nothing of one".into(),
        );
    }
    match after.status {
        200..=299 if asks(after) => Proof::Ended,
        200..=299 => Proof::Works,
        301 | 302 | 303 | 307 | 308 | 401 | 403 | 404 => Proof::Ended,
        other => Proof::Nothing(format!("the page answered {other}, which tells nothing of the session")),
    }
}

pub(super) fn logout(facts: &Facts) -> Judgement {
    let Some((_, _, before)) = facts.of(Purpose::BeforeLogout).next() else {
        return missing(facts, Purpose::BeforeLogout, "a session before its logout");
    };
    if !(200..300).contains(&before.status) {
        return Judgement::Inconclusive(format!(
            "the session did not work before the logout ({})",
            before.status
        ));
    }
    let Some((_, _, out)) = facts.of(Purpose::Logout).next() else {
        return missing(facts, Purpose::Logout, "the logout");
    };
    if !(200..400).contains(&out.status) {
        return Judgement::Inconclusive(format!("the logout answered {}", out.status));
    }
    let Some((index, _, after)) = facts.of(Purpose::AfterLogout).next() else {
        return missing(facts, Purpose::AfterLogout, "the replay after the logout");
    };
    let mut observations = Vec::new();
    let works = match proof(facts, after) {
        Proof::Works => true,
        Proof::Ended => false,
        Proof::Nothing(why) => return Judgement::Inconclusive(why),
    };
    if works {
        let detail = format!("the old session cookie still got {} after the logout", after.status);
        observations.push(Observation::new(Level::Fail, index, "session", detail));
    }
    Judgement::Judged { places: 1, observations }
}
