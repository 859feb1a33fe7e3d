//! Judges of who got what.

use std::collections::BTreeMap;

use super::{LEAKED, kept, no_load};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::Facts;
use crate::audit::jwt::claim;

pub fn cross_user(facts: &Facts) -> Judgement {
    let Some(load) = &facts.load else { return no_load() };
    if load.owned == 0 {
        return Judgement::NotApplicable("no route says by `expect.owner` whose answers are".into());
    }
    let mut observations: Vec<Observation> = facts
        .of(LEAKED)
        .map(|(index, exchange, _)| {
            let words = exchange.site.variant.trim_start_matches("under load: ").to_owned();
            Observation::new(Level::Fail, index, "owner", words)
        })
        .collect();
    if load.leaked > 0 {
        let detail =
            format!("{} of {} answers named another user than the one who asked", load.leaked, load.owned);
        let overall = Observation { exchange: None, ..Observation::new(Level::Fail, 0, "owner", detail) };
        observations.insert(0, overall);
    }
    Judgement::Judged { places: usize::try_from(load.owned).unwrap_or(usize::MAX), observations }
}

pub fn shared_cookie(facts: &Facts) -> Judgement {
    let Some(load) = &facts.load else { return no_load() };
    let (mut places, mut observations) = (0, Vec::new());
    let mut owners: BTreeMap<String, Option<usize>> = BTreeMap::new();
    for (index, _, answer) in kept(facts) {
        for line in answer.header_lines("set-cookie") {
            let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            if !facts.session_cookies.iter().any(|known| known == name.trim()) || value.is_empty() {
                continue;
            }
            places += 1;
            let asker = load.asker(index);
            match owners.get(value) {
                Some(owner) if *owner != asker => {
                    let detail = format!("`{}` has the value that another user got", name.trim());
                    observations.push(Observation::new(Level::Fail, index, name.trim(), detail));
                }
                Some(_) => {}
                None => {
                    owners.insert(value.to_owned(), asker);
                }
            }
        }
    }
    Judgement::of(places, observations, "no kept answer of the load set a session cookie")
}

pub fn tokens(facts: &Facts) -> Judgement {
    let Some(load) = &facts.load else { return no_load() };
    let mut observations = Vec::new();
    let mut tell = |detail: String| {
        observations
            .push(Observation { exchange: None, ..Observation::new(Level::Fail, 0, "token", detail) });
    };
    let mut holders: BTreeMap<&str, &str> = BTreeMap::new();
    let mut numbers: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for (auth, user, token) in &load.tokens {
        match holders.insert(token, user) {
            Some(other) if other != user => {
                tell(format!("`{other}` and `{user}` got the same token of auth `{auth}`"));
                continue;
            }
            Some(_) => continue,
            None => {}
        }
        let Some(number) = claim(token, "jti") else { continue };
        if let Some((other, _)) = numbers.insert(number, (user, token)) {
            tell(format!("the tokens of `{other}` and `{user}` of auth `{auth}` have the same jti"));
        }
    }
    Judgement::of(load.tokens.len(), observations, "the scenario's users have no tokens")
}
