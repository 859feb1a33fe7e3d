//! A token in words: what stands in it, what the times mean now, and what should make a reader careful.

use serde::Serialize;
use serde_json::Value;

use super::inspect::Token;

/// A header field or claim in words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// `header`, `registered` (RFC 7519 4.1), `public` (a name with a domain, or in the IANA registry) or `private`.
    pub kind: &'static str,
    /// Its value as it stands.
    pub value: Value,
    /// What it means; empty for what only the issuer knows.
    pub meaning: String,
}

/// A token in words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Header fields, then claims.
    pub lines: Vec<Line>,
    /// What should make a reader careful.
    pub cautions: Vec<String>,
}

/// Claims in the IANA registry that are often seen (OpenID Connect and RFC 8693), beside the registered ones.
const PUBLIC: &[&str] = &[
    "acr",
    "act",
    "amr",
    "auth_time",
    "azp",
    "client_id",
    "email",
    "email_verified",
    "entitlements",
    "family_name",
    "given_name",
    "groups",
    "locale",
    "may_act",
    "name",
    "nonce",
    "phone_number",
    "picture",
    "preferred_username",
    "profile",
    "roles",
    "scope",
    "sid",
    "updated_at",
    "zoneinfo",
];
/// An access token that lives longer is hard to take back.
const LONG: i64 = 24 * 3600;

/// Explains a token as of `now` (seconds since the epoch).
pub fn explain(token: &Token, now: i64) -> Explanation {
    let header = token.header.iter().map(|(name, value)| Line {
        name: name.clone(),
        kind: "header",
        value: value.clone(),
        meaning: header_meaning(name).to_owned(),
    });
    let claims = token.claims.iter().map(|(name, value)| {
        let (kind, meaning) = claim_meaning(name, token, now);
        Line { name: name.clone(), kind, value: value.clone(), meaning }
    });
    Explanation { lines: header.chain(claims).collect(), cautions: cautions(token, now) }
}

fn header_meaning(name: &str) -> &'static str {
    match name {
        "alg" => "signature algorithm (RFC 7518 3.1)",
        "typ" => "type of the token",
        "cty" => "type of the content: a token in the token",
        "kid" => "which key signed it",
        "jku" => "address of a key set: a verifier must not fetch it unasked (RFC 8725 3.10)",
        "x5u" => "address of a certificate: a verifier must not fetch it unasked (RFC 8725 3.10)",
        "jwk" => "a key in the token itself: a verifier must not trust it",
        "x5c" => "a certificate chain in the token itself",
        "crit" => "extensions that a verifier must understand",
        _ => "",
    }
}

fn claim_meaning(name: &str, token: &Token, now: i64) -> (&'static str, String) {
    let when = |past: &str, future: &str| match token.time(name) {
        None => "not a number of seconds: malformed".to_owned(),
        Some(at) if at <= now => past.replace("{}", &span(now.saturating_sub(at))),
        Some(at) => future.replace("{}", &span(at.saturating_sub(now))),
    };
    let meaning = match name {
        "iss" => "who issued it".to_owned(),
        "sub" => "whom it is about".to_owned(),
        "aud" => "whom it is for".to_owned(),
        "jti" => "its own id".to_owned(),
        "exp" => when("expired {} ago", "expires in {}"),
        "nbf" => when("valid since {} ago", "not valid for another {}"),
        "iat" => when("issued {} ago", "issued {} in the future: two clocks disagree"),
        _ if PUBLIC.contains(&name) || name.contains("://") => return ("public", String::new()),
        _ => return ("private", String::new()),
    };
    ("registered", meaning)
}

fn cautions(token: &Token, now: i64) -> Vec<String> {
    let mut cautions = Vec::new();
    if token.algorithm().is_some_and(|alg| alg.eq_ignore_ascii_case("none")) {
        cautions.push("`alg` is none: nobody signed it, and anybody can change it".to_owned());
    }
    match (token.time("exp"), token.time("iat")) {
        (None, _) => cautions.push("it has no `exp`: it is valid until its key changes".to_owned()),
        (Some(exp), Some(iat)) if exp.saturating_sub(iat) > LONG => {
            cautions.push(format!("it lives {}: a stolen one works as long", span(exp.saturating_sub(iat))));
        }
        (Some(exp), _) if exp <= now => cautions.push("it has expired".to_owned()),
        _ => {}
    }
    for field in ["jku", "x5u", "jwk", "x5c"] {
        if token.header.contains_key(field) {
            cautions.push(format!(
                "its header brings its own key (`{field}`): a verifier that uses it trusts the sender"
            ));
        }
    }
    for claim in ["aud", "iss"] {
        if !token.claims.contains_key(claim) {
            cautions.push(format!("it has no `{claim}`: another service with the same key would take it"));
        }
    }
    cautions
}

/// A span of seconds in its two largest units.
fn span(seconds: i64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let Some(first) = units.iter().position(|(size, _)| seconds >= *size) else { return "0 s".into() };
    let (size, unit) = units[first];
    let rest = units.get(first + 1).map(|(next, unit)| (seconds % size / next, unit)).filter(|(n, _)| *n > 0);
    let rest = rest.map_or(String::new(), |(n, unit)| format!(" {n} {unit}"));
    format!("{} {unit}{rest}", seconds / size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(header: Value, claims: Value) -> Token {
        let map = |value: Value| value.as_object().cloned().unwrap();
        Token { header: map(header), claims: map(claims) }
    }

    #[test]
    fn times_are_told_from_now() {
        let token = token(
            json!({"alg": "HS256"}),
            json!({"exp": 1_000_252, "iat": 996_400, "nbf": "soon", "team": 1}),
        );
        let said = explain(&token, 1_000_000);
        let meaning = |name: &str| said.lines.iter().find(|line| line.name == name).unwrap().meaning.clone();
        assert_eq!(meaning("exp"), "expires in 4 min 12 s");
        assert_eq!(meaning("iat"), "issued 1 h ago");
        assert!(meaning("nbf").contains("malformed"));
        assert_eq!(said.lines.iter().find(|line| line.name == "team").unwrap().kind, "private");
    }

    #[test]
    fn times_at_the_ends_of_the_scale_are_told_too() {
        for at in [i64::MIN, i64::MAX] {
            let said = explain(&token(json!({"alg": "HS256"}), json!({"exp": at, "iat": at, "nbf": at})), 1);
            assert!(said.lines.iter().all(|line| !line.meaning.contains("malformed")), "{said:?}");
        }
    }

    #[test]
    fn cautions_name_what_is_unsafe() {
        let claims = json!({"iss": "a", "aud": "b", "exp": 100_000, "iat": 0});
        let said = explain(&token(json!({"alg": "none", "jku": "https://x.test"}), claims), 1).cautions;
        assert_eq!(said.len(), 3, "{said:?}");
        let sound = json!({"iss": "a", "aud": "b", "exp": 300, "iat": 0});
        assert!(explain(&token(json!({"alg": "ES256"}), sound), 1).cautions.is_empty());
    }
}
