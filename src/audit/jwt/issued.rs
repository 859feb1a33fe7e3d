//! Tokens as the stack issues them: what they say, and for how long.

use std::collections::BTreeSet;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use super::common_secrets;
use super::lifecycle::LOGIN;
use super::token::Jwt;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::forged::success;
use crate::record::Confidence;
use crate::wire::Response;

/// Seconds that an access token should live at most, may live with a warning, and must not live.
const SHORT: i64 = 900;
const DAY: i64 = 86_400;
/// Seconds that a refresh token should live at most.
const REFRESH: i64 = 30 * DAY;
/// Seconds that a clock may be off.
const SKEW: i64 = 60;

/// A genuine token that was seen.
pub struct Issued {
    /// The exchange that shows it.
    pub exchange: usize,
    /// Taken apart.
    pub token: Jwt,
    /// Whether it renews others.
    pub refresh: bool,
}

impl Issued {
    /// What it is, as a finding's subject.
    pub fn name(&self) -> &'static str {
        if self.refresh { "refresh token" } else { "access token" }
    }
}

/// The genuine tokens: those that opened routes, and those that logins brought. Each once.
pub fn tokens(facts: &Facts) -> Vec<Issued> {
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for (exchange, sent, answer) in facts.answers() {
        let genuine = matches!(sent.purpose, Purpose::Rest | Purpose::Control) && sent.site.authenticated;
        let tokens: Vec<(bool, Jwt)> = if genuine {
            Jwt::of_request(&sent.request).map(|token| (false, token)).into_iter().collect()
        } else if sent.purpose == LOGIN && success(answer) {
            brought(answer)
        } else {
            continue;
        };
        for (refresh, token) in tokens {
            let kind = token.claims.get("token_type").or_else(|| token.claims.get("typ"));
            let refresh =
                kind.and_then(Value::as_str).map_or(refresh, |kind| kind.eq_ignore_ascii_case("refresh"));
            if known.insert(token.text.clone()) {
                found.push(Issued { exchange, token, refresh });
            }
        }
    }
    found
}

/// The tokens in the answer of a login, and whether the name of each says that it renews.
fn brought(answer: &Response) -> Vec<(bool, Jwt)> {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let members = body.as_ref().and_then(Value::as_object).into_iter().flatten();
    members
        .filter_map(|(name, value)| Some((name.contains("refresh"), Jwt::read(value.as_str()?)?)))
        .collect()
}

const NO_JWT: &str = "no token that is a JWT was seen";

fn each(facts: &Facts, wrong: impl Fn(&Issued) -> Option<(Level, String)>) -> Judgement {
    let tokens = tokens(facts);
    let observations = tokens.iter().filter_map(|issued| {
        let (level, detail) = wrong(issued)?;
        Some(Observation::new(level, issued.exchange, issued.name(), detail))
    });
    Judgement::of(tokens.len(), observations.collect(), NO_JWT)
}

pub fn lifetime(facts: &Facts) -> Judgement {
    each(facts, |issued| {
        let Some(life) = issued.token.life() else {
            if issued.token.time("exp").is_none() {
                return Some((Level::Fail, "has no exp: it never ends".to_owned()));
            }
            return Some((Level::Info, "has no iat: how long it lives is unknown".to_owned()));
        };
        match (issued.refresh, life) {
            (false, life) if life > DAY => Some((Level::Fail, format!("lives {} h", life / 3600))),
            (false, life) if life > SHORT => Some((Level::Warn, format!("lives {} min", life / 60))),
            (true, life) if life > REFRESH => Some((Level::Warn, format!("lives {} days", life / DAY))),
            _ => None,
        }
    })
}

/// Names of claims that hold what everybody who sees a token can read.
const PERSONAL: [&str; 16] = [
    "email",
    "mail",
    "phone",
    "phone_number",
    "mobile",
    "address",
    "birthdate",
    "birthday",
    "ssn",
    "iban",
    "credit_card",
    "card",
    "is_superuser",
    "is_staff",
    "permissions",
    "ip",
];
/// Names of claims that hold what only the stack may know.
const SECRET: [&str; 10] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "api_key",
    "apikey",
    "private_key",
    "secret_key",
    "hash",
    "password_hash",
];

pub fn payload(facts: &Facts) -> Judgement {
    let tokens = tokens(facts);
    let mut observations = Vec::new();
    for issued in &tokens {
        for (name, value) in &issued.token.claims {
            let lower = name.to_ascii_lowercase();
            let text = value.as_str().unwrap_or_default();
            let (level, detail) =
                if SECRET.contains(&lower.as_str()) || is_password_hash(text) || is_key(text) {
                    (Level::Fail, format!("claim `{name}` holds what nobody else may know"))
                } else if PERSONAL.contains(&lower.as_str()) || is_email(text) || is_card(text) {
                    (Level::Warn, format!("claim `{name}` is readable by everybody who sees the token"))
                } else {
                    continue;
                };
            // The name is the stack's own word; the value is never repeated.
            let detail = crate::wire::printable(&detail, 120);
            observations.push(Observation {
                confidence: Confidence::Heuristic,
                ..Observation::new(level, issued.exchange, name.clone(), detail)
            });
        }
    }
    Judgement::of(tokens.len(), observations, NO_JWT)
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !text.contains([' ', '/', ':']) && !host.ends_with('.')
    })
}

/// As password hashers of Django, Unix and others write them.
fn is_password_hash(text: &str) -> bool {
    ["pbkdf2_", "argon2", "$argon2", "bcrypt", "$2a$", "$2b$", "$2y$", "scrypt$", "$6$", "$5$", "$1$"]
        .iter()
        .any(|start| text.starts_with(start))
}

fn is_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----") || text.starts_with("django-insecure-")
}

/// Thirteen to nineteen digits, with blanks or dashes, that pass Luhn's test.
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let rest = text.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '-');
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    rest && (13..=19).contains(&digits.len())
        && sum.is_multiple_of(10)
        && digits.iter().any(|digit| *digit > 0)
}

pub fn issued_at(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, _, answer) in facts.of(LOGIN).filter(|(_, _, answer)| success(answer)) {
        let date = answer.header("date").and_then(|date| jiff::fmt::rfc2822::parse(&date).ok());
        let Some(date) = date.map(|date| date.timestamp().as_second()) else { continue };
        for (_, token) in brought(answer) {
            let Some(iat) = token.time("iat") else { continue };
            places += 1;
            let skew = iat.saturating_sub(date);
            if skew.unsigned_abs() > SKEW.unsigned_abs() {
                let side = if skew > 0 { "ahead of" } else { "behind" };
                let detail = format!("iat is {} s {side} the answer's Date", skew.unsigned_abs());
                observations.push(Observation::new(Level::Warn, index, "iat", detail));
            }
        }
    }
    Judgement::of(places, observations, "no login brought a JWT with iat and a Date")
}

pub fn weak_secret(facts: &Facts) -> Judgement {
    let mut routes = BTreeSet::new();
    let (mut places, mut observations) = (0, Vec::new());
    for issued in tokens(facts) {
        let Some(exchange) = facts.exchanges.get(issued.exchange) else { continue };
        let hmac =
            matches!(issued.token.algorithm(), Some(Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512));
        // One token of each place: all of them have its key.
        if !hmac || !routes.insert((exchange.site.name.clone(), issued.refresh)) {
            continue;
        }
        places += 1;
        let own = own_words(facts, &issued.token);
        if let Some(found) = common_secrets::search(&issued.token, &facts.secrets, &own) {
            observations.push(Observation::new(
                Level::Fail,
                issued.exchange,
                issued.name(),
                found.in_words(),
            ));
        }
    }
    Judgement::of(places, observations, "no token is signed with a secret (HS256, HS384, HS512)")
}

/// Words that lie near for this stack's secret: its host, its issuer, its audience, names in its tokens.
fn own_words(facts: &Facts, token: &Jwt) -> Vec<String> {
    let mut words = vec![facts.stack.clone(), facts.host.clone()];
    words.extend(facts.host.rsplit_once(':').map(|(host, _)| host.to_owned()));
    for name in ["iss", "aud", "sub", "username", "client_id", "azp"] {
        words.extend(token.claims.get(name).and_then(Value::as_str).map(str::to_owned));
    }
    words.extend(token.header.get("kid").and_then(Value::as_str).map(str::to_owned));
    words
}

/// Whether a secret signs the token.
pub fn signs(secret: &[u8], token: &Jwt, algorithm: Algorithm) -> bool {
    let key = DecodingKey::from_secret(secret);
    jsonwebtoken::crypto::verify(token.signature(), token.signed_part().as_bytes(), &key, algorithm)
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_told_from_names_and_numbers() {
        assert!(is_card("4111 1111 1111 1111") && !is_card("4111 1111 1111 1112"));
        assert!(!is_card("0000000000000000") && !is_card("1732480000") && !is_card("a4111111111111111"));
        assert!(is_email("ada@example.com") && !is_email("user1") && !is_email("https://a@b.example/"));
        assert!(
            is_password_hash("pbkdf2_sha256$870000$x")
                && !is_password_hash("5f4dcc3b5aa765d61d8327deb882cf99")
        );
        assert!(is_key("-----BEGIN PRIVATE KEY-----\nMII"));
    }
}
