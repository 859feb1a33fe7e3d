//! Cross-site request forgery: Django's rules. A secret in a cookie, the same secret (masked) in the form or
//! header, and over https a Referer or Origin of this site.

use axum::http::{HeaderMap, header};

use super::app::App;
use super::{Fault, cookies, random};

const SECRET: usize = 32;
const ALPHABET: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A new secret for the cookie.
pub(super) fn secret() -> String {
    random::alphanumeric(SECRET)
}

/// The request's secret, if its cookie holds a well-formed one.
pub(super) fn cookie_secret(headers: &HeaderMap) -> Option<String> {
    cookies::get(headers, cookies::CSRF).filter(|s| s.len() == SECRET && position(s).is_some())
}

/// The secret as a form carries it: different in each page, so that compression leaks nothing (BREACH).
pub(super) fn mask(secret: &str) -> String {
    let mask = random::alphanumeric(SECRET);
    let (Some(places), Some(shifts)) = (position(secret), position(&mask)) else { return String::new() };
    let cipher = places.iter().zip(&shifts).map(|(a, b)| letter(a + b));
    mask.chars().chain(cipher).collect()
}

/// Whether a request may change something; else why not, in Django's words.
pub(super) fn check(app: &App, headers: &HeaderMap, form_token: Option<&str>) -> Result<(), String> {
    if app.has(Fault::CsrfOff) {
        return Ok(());
    }
    if !app.has(Fault::CsrfOriginOff) {
        check_origin(app, headers)?;
    }
    let secret = cookie_secret(headers).ok_or("CSRF cookie not set.")?;
    let header_token = headers.get("x-csrftoken").and_then(|v| v.to_str().ok());
    let (token, place) = match (form_token, header_token) {
        (Some(token), _) if !token.is_empty() => (token, "from POST"),
        (_, Some(token)) => (token, "from the 'X-Csrftoken' HTTP header"),
        _ => return Err("CSRF token missing.".to_owned()),
    };
    match unmask(token) {
        Some(given) if given == secret => Ok(()),
        Some(_) => Err(format!("CSRF token {place} incorrect.")),
        None => Err(format!("CSRF token {place} has incorrect length or characters.")),
    }
}

fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), String> {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let own = format!("{}://{host}", app.profile.scheme());
    if let Some(origin) = headers.get(header::ORIGIN) {
        return match origin.to_str() {
            Ok(origin) if origin == own => Ok(()),
            _ => Err("Origin checking failed - it does not match any trusted origins.".to_owned()),
        };
    }
    if !app.secure() {
        return Ok(());
    }
    let referer = headers.get(header::REFERER).ok_or("Referer checking failed - no Referer.")?;
    let referer = referer.to_str().ok().and_then(|r| url::Url::parse(r).ok());
    let referer = referer.ok_or("Referer checking failed - Referer is malformed.")?;
    if referer.scheme() != "https" {
        return Err("Referer checking failed - Referer is insecure while host is secure.".to_owned());
    }
    if url::Url::parse(&own).is_ok_and(|own| own.origin() == referer.origin()) {
        return Ok(());
    }
    Err("Referer checking failed - it does not match any trusted origins.".to_owned())
}

fn unmask(token: &str) -> Option<String> {
    let places = position(token)?;
    match places.len() {
        SECRET => Some(token.to_owned()),
        n if n == 2 * SECRET => {
            let (mask, cipher) = places.split_at(SECRET);
            Some(cipher.iter().zip(mask).map(|(a, b)| letter(a + ALPHABET.len() - b)).collect())
        }
        _ => None,
    }
}

fn position(text: &str) -> Option<Vec<usize>> {
    text.bytes().map(|byte| ALPHABET.iter().position(|a| *a == byte)).collect()
}

fn letter(place: usize) -> char {
    ALPHABET[place % ALPHABET.len()] as char
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_secret_is_found_again_and_never_looks_the_same() {
        let secret = secret();
        let (one, two) = (mask(&secret), mask(&secret));
        assert_ne!(one, two);
        assert_eq!(one.len(), 64);
        assert_eq!(unmask(&one).as_deref(), Some(&*secret));
        assert_eq!(unmask(&two).as_deref(), Some(&*secret));
    }

    #[test]
    fn odd_tokens_are_no_tokens() {
        for odd in ["", "short", &"é".repeat(16), &"-".repeat(32), &"a".repeat(65)] {
            assert_eq!(unmask(odd), None, "{odd}");
        }
    }
}
