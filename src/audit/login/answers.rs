//! Judges of single answers to logins.

use std::collections::BTreeSet;
use std::time::Duration;

use super::probes::{AUTHTOKEN, BY_GET, DEFAULT, GENUINE, KNOWN, LONG_PASSWORD, OPENED, UNKNOWN};
use super::{nothing_sent, of, status};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts};
use crate::wire::{Response, printable};

/// Words that are longer change from answer to answer: tokens, nonces, identifiers.
const WORD: usize = 16;
/// A login that takes longer for a long password takes too long.
const LONG: Duration = Duration::from_secs(1);

pub fn cache(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    let tokens = facts.of(GENUINE).filter(|(_, exchange, answer)| {
        exchange.site.variant == OPENED && (200..300).contains(&answer.status) && !answer.body.is_empty()
    });
    for (index, _, answer) in tokens {
        places += 1;
        let control: Vec<String> = answer
            .header_lines("cache-control")
            .flat_map(|line| line.split(',').map(|word| word.trim().to_ascii_lowercase()).collect::<Vec<_>>())
            .collect();
        let has = |name: &str| control.iter().any(|word| word.split('=').next() == Some(name));
        if has("no-store") {
            continue;
        }
        let allowed =
            (has("public") || has("s-maxage") || has("max-age")) && !has("private") && !has("no-cache");
        let zero = control.iter().any(|word| word == "max-age=0");
        observations.push(if allowed && !zero {
            let detail = format!("`{}` on an answer with a token", printable(&control.join(", "), 80));
            Observation::new(Level::Fail, index, "cache-control", detail)
        } else {
            Observation::new(Level::Warn, index, "cache-control", "an answer with a token lacks no-store")
        });
    }
    if places == 0 && of(facts, GENUINE).next().is_some() {
        return Judgement::NotApplicable("no login was answered with a token".into());
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}

pub fn by_get(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange) in of(facts, BY_GET) {
        places += 1;
        if exchange.site.variant == OPENED {
            let detail = "a name and a password in the query open";
            observations.push(Observation::new(Level::Fail, index, "query", detail));
        }
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}

/// The passwords of our own making in a text.
fn made_up(text: &str) -> BTreeSet<&str> {
    let starts = text.match_indices("wrong-").map(|(at, _)| at);
    starts.filter_map(|at| text.get(at..at + 38)).filter(|word| word.is_ascii()).collect()
}

pub fn echo(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for purpose in [KNOWN, UNKNOWN] {
        for (index, exchange, answer) in facts.of(purpose) {
            places += 1;
            let sent = String::from_utf8_lossy(&exchange.request.body).into_owned();
            let body = String::from_utf8_lossy(&answer.body);
            let headers = String::from_utf8_lossy(&answer.head);
            if made_up(&sent).iter().any(|word| body.contains(word) || headers.contains(word)) {
                let detail = "the answer repeats the password that was sent";
                observations.push(Observation::new(Level::Fail, index, "password", detail));
            }
        }
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}

/// Whether a word is made by chance: long, with digits or with capitals in its middle. Of random base64 one in forty has
/// no digit in 22 characters.
fn is_random(word: &str) -> bool {
    let cases = || {
        word.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
    };
    word.len() >= WORD && (word.bytes().any(|byte| byte.is_ascii_digit()) || cases())
}

/// An answer's text without what differs in every answer: long words, digits, and the name that was sent.
pub fn normalised(text: &str, name: &str) -> String {
    let text = if name.len() > 2 { text.replace(name, "NAME") } else { text.to_owned() };
    let part = |c: char| c.is_ascii_alphanumeric() || "-_+/=".contains(c);
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if part(c) {
            word.push(c);
            continue;
        }
        if is_random(&word) {
            out.push_str("WORD");
        } else {
            out.extend(word.chars().filter(|c| !c.is_ascii_digit()));
        }
        word.clear();
        out.push(c);
    }
    out
}

/// What tells one answer from another: its status, names of headers and cookies, body.
fn looks(exchange: &Exchange, answer: &Response) -> [(&'static str, String); 4] {
    let varies = ["date", "content-length", "set-cookie", "etag", "age"];
    let headers: BTreeSet<String> = answer
        .headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .filter(|name| !varies.contains(&name.as_str()))
        .collect();
    let cookies: BTreeSet<String> = answer
        .header_lines("set-cookie")
        .map(|line| line.split('=').next().unwrap_or_default().trim().to_owned())
        .collect();
    let text = String::from_utf8_lossy(&answer.body);
    [
        ("status", answer.status.to_string()),
        ("headers", headers.into_iter().collect::<Vec<_>>().join(", ")),
        ("cookies", cookies.into_iter().collect::<Vec<_>>().join(", ")),
        ("body", normalised(&text, &exchange.site.variant)),
    ]
}

pub fn enumeration(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    let mut limit = None;
    for (index, exchange, answer) in facts.of(KNOWN) {
        let Some((_, unknown, other)) =
            facts.of(UNKNOWN).find(|(_, unknown, _)| unknown.site.name == exchange.site.name)
        else {
            continue;
        };
        if answer.status == 429 || other.status == 429 {
            limit = Some("a limit on logins came before");
            continue;
        }
        places += 1;
        for ((what, known), (_, unknown)) in looks(exchange, answer).iter().zip(looks(unknown, other)) {
            if *known != unknown {
                let shown = if *what == "body" {
                    "the body tells a wrong password from a name nobody has".to_owned()
                } else {
                    let (known, unknown) = (printable(known, 60), printable(&unknown, 60));
                    format!("{what} for a user: {known}; for nobody: {unknown}")
                };
                observations.push(Observation::new(Level::Fail, index, *what, shown));
            }
        }
    }
    match limit {
        Some(limit) if places == 0 => Judgement::Inconclusive(limit.into()),
        _ if places == 0 => nothing_sent(),
        _ => Judgement::Judged { places, observations },
    }
}

pub fn long_password(facts: &Facts) -> Judgement {
    let answers: Vec<(usize, &Exchange)> = of(facts, LONG_PASSWORD).collect();
    let Some((_, short)) = answers.first().filter(|(_, short)| short.answer.is_ok()) else {
        return nothing_sent();
    };
    if status(short) == 429 {
        return Judgement::Inconclusive("a limit on logins came before".into());
    }
    let time = |exchange: &Exchange| exchange.answer.as_ref().map_or(Duration::ZERO, |answer| answer.total);
    let mut observations = Vec::new();
    for (index, exchange) in answers.iter().skip(1) {
        let what = exchange.site.variant.as_str();
        let detail = match status(exchange) {
            0 => Some((Level::Fail, format!("a {what} is not answered in time"))),
            status if status >= 500 => Some((Level::Fail, format!("a {what} is answered with {status}"))),
            _ if time(exchange) > LONG && time(exchange) > time(short) * 10 => {
                Some((Level::Fail, format!("a {what} takes {} ms", time(exchange).as_millis())))
            }
            taken if taken == status(short) && what.contains("MiB") && exchange.answer.is_ok() => {
                Some((Level::Warn, format!("a {what} is taken as any other")))
            }
            _ => None,
        };
        if let Some((level, detail)) = detail {
            observations.push(Observation::new(level, *index, what, detail));
        }
    }
    Judgement::Judged { places: answers.len() - 1, observations }
}

pub fn defaults(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange) in of(facts, DEFAULT) {
        places += 1;
        if let Some(name) = exchange.site.variant.strip_prefix(OPENED) {
            let name = printable(name.trim(), 60);
            let detail = format!("`{name}` logs in with the password it comes with");
            observations.push(Observation::new(Level::Fail, index, name, detail));
        }
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}

/// Whether a series is of DRF's own token endpoint.
pub fn is_authtoken(exchange: &Exchange) -> bool {
    exchange.site.variant == AUTHTOKEN
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn answers_that_differ_by_chance_only_look_the_same() {
        let page = |nonce: &str| format!("<script nonce=\"{nonce}\">Wrong name or password, user7</script>");
        let shown = normalised(&page("Qm9vbQ3kTnFhZXJ0eXVpbw"), "user7");
        for without_digits in ["QmwvbQxkTnFhZXJaeXVpbw", "aqweRtyuiopasdfghjklzx"] {
            assert_eq!(normalised(&page(without_digits), "user7"), shown);
        }
        assert_ne!(normalised(&page("QmwvbQxkTnFhZXJaeXVpbw").replace("Wrong", "Unknown"), "user7"), shown);
    }
}
