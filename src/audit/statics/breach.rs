//! A compressed page that holds a secret and repeats what it was asked: its length tells the secret bit by bit.

use std::sync::LazyLock;

use regex::Regex;

use super::probes::{PAGE, PAGE_ENCODED};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::Facts;
use crate::wire::Response;

static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)name=["']?[a-z_-]*(?:csrf|xsrf|token)[a-z_-]*["']?[^>]*?value=["']?([A-Za-z0-9+/=_.-]{16,})"#,
    )
    .ok()
});

fn token(answer: &Response) -> Option<String> {
    let body = String::from_utf8_lossy(&answer.body);
    Some(TOKEN.as_ref()?.captures(&body)?.get(1)?.as_str().to_owned())
}

pub fn judge(facts: &Facts) -> Judgement {
    if !facts.https {
        return Judgement::NotApplicable("plain http hides nothing anyway".into());
    }
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, encoded) in facts.of(PAGE_ENCODED).filter(|(_, _, answer)| answer.status == 200) {
        let name = &exchange.site.name;
        let plain: Vec<&Response> = facts
            .of(PAGE)
            .filter(|(_, other, _)| other.site.name == *name)
            .map(|(_, _, answer)| answer)
            .collect();
        let [first, second] = plain.as_slice() else { continue };
        places += 1;
        let word = exchange.request.target.rsplit('=').next().unwrap_or_default();
        let reflected = word.len() > 16 && String::from_utf8_lossy(&first.body).contains(word);
        let (Some(one), Some(other)) = (token(first), token(second)) else { continue };
        if encoded.header("content-encoding").is_none() || !reflected {
            continue;
        }
        let (level, detail) = if one == other {
            (Level::Warn, "compressed, repeats the query, and holds a CSRF token that stays the same")
        } else {
            (Level::Info, "compressed and repeats the query; its CSRF token is masked anew each time")
        };
        observations.push(Observation::new(level, index, "content-encoding", detail));
    }
    Judgement::of(places, observations, "no page answered 200")
}
