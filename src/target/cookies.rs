//! Cookies in, cookies out.

use axum::http::{HeaderMap, HeaderValue, header};

use super::Fault;
use super::app::App;

/// Name of the session cookie.
pub(super) const SESSION: &str = "sessionid";
/// Name of the CSRF cookie.
pub(super) const CSRF: &str = "csrftoken";

const TWO_WEEKS: u64 = 1_209_600;
const TWO_YEARS: u64 = 63_072_000;
const ONE_YEAR: u64 = 31_449_600;

/// First value of a request cookie.
pub(super) fn get(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// `Set-Cookie` of a new session.
pub(super) fn session(app: &App, headers: &mut HeaderMap, id: &str) {
    let life = if app.has(Fault::CookieLongLived) { TWO_YEARS } else { TWO_WEEKS };
    append(headers, format!("{SESSION}={id}; Max-Age={life}{}", attributes(app, true)));
    if app.has(Fault::CookieHuge) {
        append(headers, format!("prefs={}{}", "x".repeat(5000), attributes(app, true)));
    }
    if app.has(Fault::CookieBrokenPrefix) {
        append(headers, "__Host-prefs=1; Path=/dashboard/; Secure; HttpOnly; SameSite=Lax".to_owned());
    }
}

/// `Set-Cookie` of the CSRF secret. As in Django, scripts on dev may read it; production has no use for that.
pub(super) fn csrf(app: &App, headers: &mut HeaderMap, secret: &str) {
    append(headers, format!("{CSRF}={secret}; Max-Age={ONE_YEAR}{}", attributes(app, app.secure())));
}

/// `Set-Cookie` that ends the session cookie.
pub(super) fn end_session(app: &App, headers: &mut HeaderMap) {
    let past = "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0";
    append(headers, format!("{SESSION}=\"\"; {past}{}", attributes(app, true)));
}

/// A cookie that has no business on a static file.
pub(super) fn visit(app: &App, headers: &mut HeaderMap) {
    append(headers, format!("visit=1{}", attributes(app, true)));
}

fn attributes(app: &App, http_only: bool) -> String {
    let mut text = String::from("; Path=/");
    let cross_site = app.has(Fault::CookieSamesiteNone);
    if http_only && !app.has(Fault::CookieNotHttponly) {
        text.push_str("; HttpOnly");
    }
    text.push_str(if cross_site { "; SameSite=None" } else { "; SameSite=Lax" });
    if app.secure() && !app.has(Fault::CookieNotSecure) && !cross_site {
        text.push_str("; Secure");
    }
    if app.has(Fault::CookieDomain) {
        text.push_str("; Domain=127.0.0.1");
    }
    text
}

fn append(headers: &mut HeaderMap, line: String) {
    if let Ok(value) = HeaderValue::from_str(&line) {
        headers.append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_cookie_among_others_and_lines() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; xsessionid=no"));
        headers.append(header::COOKIE, HeaderValue::from_static("broken; sessionid=yes=1"));
        assert_eq!(get(&headers, SESSION).as_deref(), Some("yes=1"));
        assert_eq!(get(&headers, CSRF), None);
    }
}
