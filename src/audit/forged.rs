//! Requests that should be refused: what their answers prove beside the genuine one's.

use std::collections::BTreeMap;

use super::auth::ANONYMOUS;
use super::check::{Judgement, Level, Observation};
use super::exchange::{Exchange, Facts, Purpose};
use super::turned_away::{is_login_page, turned_away};
use crate::wire::Response;

/// A protected route, as its controls show it.
#[derive(Debug, Clone, Copy)]
pub struct Door<'f> {
    /// What the genuine credential gets.
    pub genuine: &'f Response,
    /// Whether it worked every time.
    pub alive: bool,
    /// Whether the route opens without any credential.
    pub open: bool,
    /// Whether it answers 2xx without any credential, with a page to log in on.
    pub asks: bool,
}

impl Door<'_> {
    /// Whether an answer is what a credential gets, and no page to log in on.
    pub fn opens(&self, facts: &Facts, answer: &Response) -> bool {
        let asked = || answer.body.is_empty() || turned_away(facts, answer, self.genuine);
        success(answer) && !(self.asks && asked())
    }
}

/// The protected routes whose genuine credential worked, by the route's name.
pub fn doors(facts: &Facts) -> BTreeMap<&str, Door<'_>> {
    let mut doors: BTreeMap<&str, Door<'_>> = BTreeMap::new();
    for (_, exchange, genuine) in facts.of(Purpose::Control) {
        let name = exchange.site.name.as_str();
        if success(genuine) && !is_login_page(facts, genuine) {
            doors.entry(name).or_insert(Door { genuine, alive: true, open: false, asks: false });
        } else if let Some(door) = doors.get_mut(name) {
            door.alive = false;
        }
    }
    for (_, exchange, answer) in facts.of(ANONYMOUS) {
        if let Some(door) = doors.get_mut(exchange.site.name.as_str()) {
            let asks = turned_away(facts, answer, door.genuine);
            door.asks |= asks;
            door.open |= success(answer) && !asks;
        }
    }
    doors
}

/// Judges the answers to requests of a purpose: `wrong` says how one is wrong. Routes prove nothing whose genuine
/// credential does not work, or that open without any.
pub fn refused(
    facts: &Facts,
    purpose: Purpose,
    wrong: impl Fn(&Exchange, &Response, &Door<'_>) -> Option<(Level, String)>,
) -> Judgement {
    judged(facts, purpose, |_, door| door.open, wrong)
}

/// The same, where `hidden` says which open routes prove nothing of an exchange.
pub fn judged(
    facts: &Facts,
    purpose: Purpose,
    hidden: impl Fn(&Exchange, &Door<'_>) -> bool,
    wrong: impl Fn(&Exchange, &Response, &Door<'_>) -> Option<(Level, String)>,
) -> Judgement {
    let doors = doors(facts);
    let (mut places, mut observations, mut why) = (0, Vec::new(), None);
    for (index, exchange, answer) in facts.of(purpose) {
        let name = exchange.site.name.as_str();
        match doors.get(name) {
            None => why = Some(format!("the genuine request of `{name}` did not work either")),
            Some(door) if !door.alive => {
                why = Some(format!("the genuine credential of `{name}` stopped working meanwhile"));
            }
            Some(door) if hidden(exchange, door) => {
                why = Some(format!("`{name}` opens without any credential: AUTH-REQUIRED"))
            }
            Some(door) => {
                places += 1;
                if let Some((level, detail)) = wrong(exchange, answer, door) {
                    observations.push(Observation::new(level, index, exchange.site.variant.clone(), detail));
                }
            }
        }
    }
    match why {
        Some(why) if places == 0 => Judgement::Inconclusive(why),
        _ if places == 0 => Judgement::NotRun(match facts.failure(purpose) {
            Some(failure) => format!("no answer came: {failure}"),
            None => "nothing was sent for it".into(),
        }),
        _ => Judgement::Judged { places, observations },
    }
}

/// 2xx.
pub fn success(answer: &Response) -> bool {
    (200..300).contains(&answer.status)
}

/// Whether an answer shows what the genuine one shows: the same body, or the same user's name in it.
pub fn shows(facts: &Facts, answer: &Response, genuine: &Response) -> bool {
    let same = !genuine.body.is_empty() && answer.body == genuine.body;
    let named = facts.users.first().is_some_and(|name| names(answer, name) && names(genuine, name));
    success(answer) && (same || named)
}

/// Whether a body holds a user's name as a word of its own.
pub fn names(answer: &Response, user: &str) -> bool {
    let body = String::from_utf8_lossy(&answer.body);
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    user.len() > 2
        && body.match_indices(user).any(|(at, _)| {
            let before = body.get(..at).and_then(|text| text.chars().next_back());
            let after = body.get(at + user.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(part) && !after.is_some_and(part)
        })
}
