//! Judges of requests that should be refused.

use super::objects::OTHER_USER;
use super::probes::{
    ANONYMOUS, BAD_TOKEN, FORBIDDEN, IN_URL, METHOD, MIXED, NOBODY, PATH, PROXY_HEADER, SECOND, SECOND_USER,
};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts};
use crate::audit::forged::{Door, doors, judged, names, refused, shows, success};
use crate::audit::turned_away::turned_away;
use crate::wire::{Response, printable};

/// Whether the genuine request carried a cookie and nothing else.
fn by_session(facts: &Facts, route: &str) -> bool {
    let genuine =
        facts.of(crate::audit::Purpose::Control).find(|(_, exchange, _)| exchange.site.name == route);
    genuine.is_some_and(|(_, exchange, _)| {
        exchange.request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("cookie"))
    })
}

pub fn required(facts: &Facts) -> Judgement {
    let doors = doors(facts);
    let (mut places, mut observations, mut dead) = (0, Vec::new(), None);
    for (index, exchange, answer) in facts.of(ANONYMOUS) {
        let name = exchange.site.name.as_str();
        let Some(door) = doors.get(name) else {
            dead = Some(name);
            continue;
        };
        places += 1;
        let session = by_session(facts, name);
        let to = answer.header("location").unwrap_or_default();
        let (level, detail) = match answer.status {
            401 => continue,
            403 if session => continue,
            300..=399 if to.to_ascii_lowercase().contains("login") => continue,
            status @ 200..=299 if turned_away(facts, answer, door.genuine) => (
                Level::Warn,
                format!("answered {status} with a page to log in on, where 401 or a redirect says it"),
            ),
            200..=299 => (Level::Fail, format!("answered {} without a credential", answer.status)),
            500.. => (Level::Fail, format!("answered {} without a credential", answer.status)),
            300..=399 => (Level::Warn, format!("sent to `{}`, which is no login", printable(&to, 80))),
            status => (Level::Warn, format!("answered {status} without a credential where 401 says it")),
        };
        observations.push(Observation::new(level, index, name, detail));
    }
    match dead {
        Some(name) if places == 0 => {
            Judgement::Inconclusive(format!("the genuine request of `{name}` did not work either"))
        }
        _ => Judgement::of(places, observations, "no protected route was asked for"),
    }
}

pub fn invalid_token(facts: &Facts) -> Judgement {
    let elsewhere_401 = facts.of(ANONYMOUS).any(|(_, _, answer)| answer.status == 401);
    refused(facts, BAD_TOKEN, |exchange, answer, door| {
        if exchange.site.variant != "unknown token" {
            return None;
        }
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        let bearer = challenge.to_ascii_lowercase().starts_with("bearer");
        match answer.status {
            401 if bearer && !challenge.contains("invalid_token") => Some((
                Level::Warn,
                "the 401 for an unknown Bearer token lacks error=\"invalid_token\"".into(),
            )),
            401 => None,
            403 if !elsewhere_401 => {
                Some((Level::Warn, "answered 403 where 401 tells a client to log in again".into()))
            }
            status if door.opens(facts, answer) || status >= 500 || status == 403 => {
                Some((Level::Fail, format!("an unknown token was answered {status}")))
            }
            status => Some((Level::Warn, format!("an unknown token was answered {status}, not 401"))),
        }
    })
}

pub fn malformed(facts: &Facts) -> Judgement {
    refused(facts, BAD_TOKEN, |exchange, answer, door| {
        let (variant, status) = (exchange.site.variant.as_str(), answer.status);
        let wrong = variant != "unknown token" && (door.opens(facts, answer) || status >= 500);
        wrong.then(|| (Level::Fail, format!("Authorization with {variant} was answered {status}")))
    })
}

pub fn forbidden(facts: &Facts) -> Judgement {
    refused(facts, FORBIDDEN, |exchange, answer, _| {
        let path = &exchange.site.variant;
        match answer.status {
            401 => Some((
                Level::Warn,
                format!("`{path}` answered 401 to a genuine credential, where 403 says it"),
            )),
            status if success(answer) => {
                Some((Level::Fail, format!("`{path}` answered {status} to an ordinary user")))
            }
            _ => None,
        }
    })
}

pub fn other_user(facts: &Facts) -> Judgement {
    refused(facts, OTHER_USER, |_, answer, door| {
        let same = success(answer) && !answer.body.is_empty() && answer.body == door.genuine.body;
        if same || shows(facts, answer, door.genuine) {
            return Some((Level::Fail, format!("another user read the object: {}", answer.status)));
        }
        success(answer).then(|| (Level::Warn, format!("answered {} to another user", answer.status)))
    })
}

pub fn method_bypass(facts: &Facts) -> Judgement {
    refused(facts, METHOD, |exchange, answer, door| {
        let method = exchange.site.variant.as_str();
        let opened = door.opens(facts, answer) && (method != "OPTIONS" || shows(facts, answer, door.genuine));
        opened.then(|| (Level::Fail, format!("{method} without a credential was answered {}", answer.status)))
    })
}

pub fn path_bypass(facts: &Facts) -> Judgement {
    refused(facts, PATH, |exchange, answer, door| {
        shows(facts, answer, door.genuine).then(|| {
            let path = printable(&exchange.request.target, 120);
            (Level::Fail, format!("`{path}` shows it without a credential"))
        })
    })
}

pub fn proxy_header(facts: &Facts) -> Judgement {
    refused(facts, PROXY_HEADER, |exchange, answer, door| {
        let root = exchange.request.target == "/" && !shows(facts, answer, door.genuine);
        (door.opens(facts, answer) && !root)
            .then(|| (Level::Fail, format!("`{}` opens it without a credential", exchange.site.variant)))
    })
}

pub fn in_url(facts: &Facts) -> Judgement {
    refused(facts, IN_URL, |exchange, answer, door| {
        door.opens(facts, answer).then(|| (Level::Fail, format!("the {} is accepted", exchange.site.variant)))
    })
}

pub fn cache_replay(facts: &Facts) -> Judgement {
    let name = |position: usize| facts.users.get(position).map_or("", String::as_str);
    let (first, second) = (name(0), name(1));
    // What opens to nobody may still open to another user with the first one's name in it.
    let hidden = |exchange: &Exchange, door: &Door<'_>| door.open && exchange.site.variant != SECOND;
    judged(facts, SECOND_USER, hidden, |exchange, answer, door| {
        let leaked = match exchange.site.variant.as_str() {
            NOBODY => shows(facts, answer, door.genuine),
            SECOND => {
                let of_first = names(answer, first) && names(door.genuine, first);
                success(answer) && of_first && !names(answer, second)
            }
            _ => return None,
        };
        let path = printable(&exchange.request.target, 80);
        leaked.then(|| {
            (
                Level::Fail,
                format!("`{path}` showed the first user's answer to {}", &exchange.site.variant[5..]),
            )
        })
    })
}

pub fn mixed(facts: &Facts) -> Judgement {
    let [first, second] = facts.users.as_slice() else {
        return Judgement::NotRun("it needs two users".into());
    };
    let mut seen: Vec<(usize, bool, bool)> = Vec::new();
    for (index, _, answer) in facts.of(MIXED).filter(|(_, _, answer)| success(answer)) {
        seen.push((index, names(answer, first), names(answer, second)));
    }
    let told: Vec<_> = seen.iter().filter(|(_, first, second)| *first || *second).collect();
    let Some((index, ..)) = told.first() else {
        return Judgement::NotRun("no answer to both credentials names a user".into());
    };
    let (as_first, as_second) = (told.iter().any(|seen| seen.1), told.iter().any(|seen| seen.2));
    let mut observations = Vec::new();
    if as_first && as_second {
        let detail =
            format!("{} answers to the same two credentials name one user and the other", told.len());
        observations.push(Observation::new(Level::Fail, *index, "identity", detail));
    }
    Judgement::Judged { places: told.len(), observations }
}

/// The exchange's route opened to a genuine credential in this audit.
pub fn genuine<'f>(facts: &'f Facts, exchange: &Exchange) -> Option<&'f Response> {
    doors(facts).get(exchange.site.name.as_str()).map(|door| door.genuine)
}
