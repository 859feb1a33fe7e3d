//! What a cookie is for, by name and by the shape of its value.

use super::set_cookie::SetCookie;
use crate::audit::Facts;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It is the session, or looks like it.
    Session,
    /// It carries the CSRF token: scripts may read it.
    Csrf,
    /// Its value is a token (a JWT, or 32 and more hex digits).
    Token,
    /// Anything else.
    Other,
}

impl Class {
    /// The class and, in words, why.
    pub fn of(cookie: &SetCookie, facts: &Facts) -> (Class, &'static str) {
        let bare = cookie.name.strip_prefix("__Host-").or(cookie.name.strip_prefix("__Secure-"));
        let name = bare.unwrap_or(&cookie.name);
        let named = |list: &[String]| list.iter().any(|n| *n == cookie.name || n == name);
        let lower = name.to_ascii_lowercase();
        if named(&facts.csrf_cookies) || lower.contains("csrf") || lower.contains("xsrf") {
            (Class::Csrf, "it carries the CSRF token")
        } else if named(&facts.session_cookies) {
            (Class::Session, "the scenario names it as the session")
        } else if is_jwt(&cookie.value) {
            (Class::Token, "its value is a JWT")
        } else if lower.contains("login") {
            // `last_login` and the like: a time stamp, not a proof.
            (Class::Other, "")
        } else if lower == "phpsessid"
            || ["sess", "auth", "token", "jwt"].iter().any(|word| lower.contains(word))
        {
            (Class::Session, "its name is one of a session")
        } else if cookie.value.len() >= 32 && cookie.value.bytes().all(|b| b.is_ascii_hexdigit()) {
            (Class::Token, "its value is a long hex number")
        } else {
            (Class::Other, "")
        }
    }
}

fn is_jwt(value: &str) -> bool {
    let part = |part: &str| {
        part.len() >= 4 && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let parts: Vec<&str> = value.split('.').collect();
    parts.len() == 3 && value.starts_with("eyJ") && parts[..2].iter().all(|p| part(p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture;

    #[test]
    fn goes_by_name_and_shape() {
        let facts = fixture::facts(true);
        let class = |line: &str| Class::of(&SetCookie::parse(line.as_bytes()).unwrap(), &facts).0;
        assert_eq!(class("sessionid=x"), Class::Session);
        assert_eq!(class("__Host-sessionid=x"), Class::Session);
        assert_eq!(class("my_sess=x"), Class::Session);
        assert_eq!(class("csrftoken=x"), Class::Csrf, "`token` in its name does not make it a session");
        assert_eq!(class("t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), Class::Token);
        assert_eq!(class("k=0123456789abcdef0123456789abcdef"), Class::Token);
        assert_eq!(class("last_login=2026-01-01"), Class::Other);
        assert_eq!(class("theme=dark"), Class::Other);
    }
}
