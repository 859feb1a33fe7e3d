//! As much of a browser as a login takes: cookies, the form's token, Referer and Origin.

use super::session_auth::SessionAuth;
use crate::audit::prober::{get, post};
use crate::auth::session::hidden_field;
use crate::wire::{Request, Response};

/// Cookies of one visitor.
#[derive(Clone, Default)]
pub(in crate::audit) struct Browser {
    cookies: Vec<(String, String)>,
    /// `https://host`; empty over http, where Django looks at neither Referer nor Origin.
    origin: String,
}

impl Browser {
    pub(in crate::audit) fn new(https: bool, host: &str) -> Self {
        let origin = if https { format!("https://{host}") } else { String::new() };
        Browser { cookies: Vec::new(), origin }
    }

    pub(in crate::audit) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(in crate::audit) fn set(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(n, _)| n != name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    /// Takes the cookies of an answer; an empty or expired one is a deletion.
    pub(in crate::audit) fn absorb(&mut self, answer: &Response) {
        for line in answer.header_lines("set-cookie") {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let value = value.trim();
            // Django's way to delete is Max-Age=0; a request cannot hold what would end its header line.
            let gone = parts.any(|part| part.eq_ignore_ascii_case("max-age=0"));
            if gone || value.is_empty() || value == "\"\"" || value.chars().any(char::is_control) {
                self.cookies.retain(|(n, _)| n != name);
            } else {
                self.set(name.trim(), value);
            }
        }
    }

    pub(in crate::audit) fn get(&self, target: &str) -> Request {
        self.with_cookies(get(target))
    }

    /// A form sent from the page at `from`.
    pub(in crate::audit) fn post(&self, target: &str, from: &str, fields: &[(&str, &str)]) -> Request {
        let mut request = self.with_cookies(post(target, fields));
        if !self.origin.is_empty() {
            request.headers.push(("Origin".to_owned(), self.origin.clone()));
            request.headers.push(("Referer".to_owned(), format!("{}{from}", self.origin)));
        }
        request
    }

    fn with_cookies(&self, mut request: Request) -> Request {
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
            request.headers.push(("Cookie".to_owned(), pairs.join("; ")));
        }
        request
    }

    /// The CSRF token: as the form has it, else as the cookie has it.
    pub(in crate::audit) fn token(&self, auth: &SessionAuth<'_>, page: &Response) -> String {
        let in_form = hidden_field(&String::from_utf8_lossy(&page.body), auth.csrf_field);
        in_form.or_else(|| self.cookie(auth.csrf_cookie).map(str::to_owned)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn answer(lines: &[&str]) -> Response {
        let headers = lines.iter().map(|line| ("Set-Cookie".to_owned(), line.as_bytes().to_vec())).collect();
        Response { headers, ..Response::default() }
    }

    #[test]
    fn cookies_come_change_and_go() {
        let mut browser = Browser::new(true, "a.example");
        browser.absorb(&answer(&["a=1; Path=/; HttpOnly", " b = 2", "nonsense"]));
        browser.absorb(&answer(&["a=3", "b=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"]));
        assert_eq!(browser.cookie("a"), Some("3"));
        assert_eq!(browser.cookie("b"), None);
        let sent = browser.post("/in/", "/page/", &[("x", "a b&c")]);
        assert!(sent.headers.contains(&("Cookie".into(), "a=3".into())));
        assert!(sent.headers.contains(&("Origin".into(), "https://a.example".into())));
        assert!(sent.headers.contains(&("Referer".into(), "https://a.example/page/".into())));
        assert_eq!(sent.body, b"x=a+b%26c");
    }

    #[test]
    fn the_token_is_read_as_the_login_reads_it() {
        let text = "title = \"t\"\n[auth.site]\nkind = \"session\"\nlogin = \"/in/\"\n[stacks.a]\nurl = \"http://127.0.0.1:1\"\n\
                    [[routes]]\nname = \"r\"\nget = \"/\"\nauth = \"site\"\n[users]\npattern = \"u{1..1}\"\npassword = \"p-{{n}}\"\n";
        let plan = Plan::parse(std::path::Path::new("s.toml"), text).unwrap();
        let auth = SessionAuth::all(&plan).next().unwrap();
        let mut browser = Browser::new(false, "a.example");
        browser.set("csrftoken", "in-the-cookie");
        for (page, token) in [
            ("<INPUT type=hidden\n  value='in-the-form'\n  name=\"csrfmiddlewaretoken\"/>", "in-the-form"),
            ("<p>", "in-the-cookie"),
        ] {
            let page = Response { body: page.into(), ..Response::default() };
            assert_eq!(browser.token(&auth, &page), token);
        }
    }
}
