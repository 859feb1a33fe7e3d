//! Login with the form: cookies, CSRF, rotation, logout.

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::process::{PROFILES, Target, line, lines, text};

/// A person at a browser; sends the Referer that a browser would.
pub struct Person<'a> {
    pub target: &'a Target,
    pub browser: Client,
}

impl<'a> Person<'a> {
    pub fn at(target: &'a Target) -> Person<'a> {
        Person { target, browser: target.browser() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let referer = format!("{}/accounts/login/", self.target.url);
        self.browser.request(method, format!("{}{path}", self.target.url)).header("Referer", referer)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// The token in a page's form.
    pub async fn form_token(&self, path: &str) -> String {
        let page = self.get(path).await.text().await.unwrap();
        let (_, rest) = page.split_once("name=\"csrfmiddlewaretoken\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    pub async fn login(&self, password: &str) -> Response {
        let token = self.form_token("/accounts/login/").await;
        let form = [("username", "user1"), ("password", password), ("csrfmiddlewaretoken", &token)];
        self.request(Method::POST, "/accounts/login/").form(&form).send().await.unwrap()
    }

    pub async fn whoami(&self) -> u16 {
        self.get("/api/whoami/").await.status().as_u16()
    }
}

/// Value of a cookie that an answer sets.
pub fn cookie(answer: &Response, name: &str) -> String {
    let lines = lines(answer.headers(), "set-cookie");
    let line = lines.iter().find_map(|l| l.strip_prefix(&format!("{name}="))).expect("the cookie");
    line.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_person_logs_in_and_out() {
    for profile in PROFILES {
        let target = Target::start(profile);
        let person = Person::at(&target);
        let anonymous = person.get("/dashboard/").await;
        assert_eq!(line(anonymous.headers(), "location"), "/accounts/login/?next=/dashboard/");

        let before = cookie(&person.get("/accounts/login/").await, "csrftoken");
        let answer = person.login("shakedown-1").await;
        assert_eq!(
            (answer.status().as_u16(), line(answer.headers(), "location").as_str()),
            (302, "/dashboard/")
        );
        assert_ne!(cookie(&answer, "csrftoken"), before, "the token rotates at login");
        assert!(person.get("/dashboard/").await.text().await.unwrap().contains("user1"));
        let me: Value = person.get("/api/whoami/").await.json().await.unwrap();
        assert_eq!(me, json!({ "username": "user1", "auth": "session" }));

        let session = cookie(&answer, "sessionid");
        let token = person.form_token("/dashboard/").await;
        let form = [("csrfmiddlewaretoken", token)];
        let answer = person.request(Method::POST, "/accounts/logout/").form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 302);
        assert_eq!(
            line(answer.headers(), "clear-site-data").contains("\"cookies\""),
            profile == "production"
        );
        let replay =
            target.request(Method::GET, "/api/whoami/").header("Cookie", format!("sessionid={session}"));
        assert_eq!(replay.send().await.unwrap().status(), 401, "the server forgot it too");
    }
}

#[tokio::test]
async fn a_wrong_password_gets_the_form_again() {
    let target = Target::start("production");
    let person = Person::at(&target);
    let answer = person.login("wrong").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("correct username and password"));
    assert_eq!(person.whoami().await, 401);
}

#[tokio::test]
async fn cookies_have_the_right_attributes() {
    for (profile, secure) in [("dev", false), ("production", true)] {
        let target = Target::start(profile);
        let answer = Person::at(&target).login("shakedown-1").await;
        let lines = lines(answer.headers(), "set-cookie");
        assert_eq!(lines.len(), 2);
        for line in &lines {
            assert_eq!(line.contains("; Secure"), secure, "{line}");
            assert!(
                line.contains("; SameSite=Lax") && line.contains("; Path=/") && !line.contains("Domain"),
                "{line}"
            );
        }
        let session = lines.iter().find(|l| l.starts_with("sessionid=")).unwrap();
        assert!(session.contains("; HttpOnly"), "{session}");
        assert_eq!(cookie(&answer, "sessionid").len(), 32);
    }
}

#[tokio::test]
async fn login_never_keeps_a_session_id_that_was_sent() {
    let target = Target::start("dev");
    let first = cookie(&Person::at(&target).login("shakedown-1").await, "sessionid");
    let second = cookie(&Person::at(&target).login("shakedown-1").await, "sessionid");
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_forged_login_is_refused() {
    for profile in PROFILES {
        let target = Target::start(profile);
        let person = Person::at(&target);
        let token = person.form_token("/accounts/login/").await;
        let post = |token: &str| {
            let form = [("username", "user1"), ("password", "shakedown-1"), ("csrfmiddlewaretoken", token)];
            person.request(Method::POST, "/accounts/login/").form(&form)
        };
        assert_eq!(post("").send().await.unwrap().status(), 403, "no token");
        assert_eq!(post(&"a".repeat(64)).send().await.unwrap().status(), 403, "a wrong token");
        let foreign = post(&token).header("Origin", "https://evil.example").send().await.unwrap();
        assert_eq!(foreign.status(), 403, "a foreign Origin");
        let own = post(&token).header("Origin", &target.url).send().await.unwrap();
        assert_eq!(own.status(), 302, "its own Origin");
    }
}

#[tokio::test]
async fn over_https_a_referer_of_this_site_is_wanted() {
    for (profile, status) in [("dev", 302), ("production", 403)] {
        let target = Target::start(profile);
        let person = Person::at(&target);
        for referer in [None, Some("https://127.0.0.1:1/")] {
            let token = person.form_token("/accounts/login/").await;
            let form = [("username", "user1"), ("password", "shakedown-1"), ("csrfmiddlewaretoken", &token)];
            let mut post = person.browser.post(format!("{}/accounts/login/", target.url)).form(&form);
            if let Some(referer) = referer {
                post = post.header("Referer", referer);
            }
            assert_eq!(post.send().await.unwrap().status(), status, "{profile} {referer:?}");
        }
    }
}

#[tokio::test]
async fn writing_with_a_session_wants_the_token_in_a_header() {
    for profile in PROFILES {
        let target = Target::start(profile);
        let person = Person::at(&target);
        let token = cookie(&person.login("shakedown-1").await, "csrftoken");
        let create = || person.request(Method::POST, "/api/notes/").json(&json!({ "title": "t" }));
        let refused = create().send().await.unwrap();
        assert_eq!(refused.status(), 403);
        assert!(text(&refused.json::<Value>().await.unwrap()["detail"]).starts_with("CSRF Failed"));
        assert_eq!(create().header("X-CSRFToken", token).send().await.unwrap().status(), 201);
    }
}

#[tokio::test]
async fn after_login_only_this_site_is_gone_to() {
    let target = Target::start("dev");
    for (next, location) in [("/healthz", "/healthz"), ("//evil.example", "/dashboard/")] {
        let person = Person::at(&target);
        let token = person.form_token("/accounts/login/").await;
        let form = [
            ("username", "user1"),
            ("password", "shakedown-1"),
            ("csrfmiddlewaretoken", &token),
            ("next", next),
        ];
        let answer = person.request(Method::POST, "/accounts/login/").form(&form).send().await.unwrap();
        assert_eq!(line(answer.headers(), "location"), location);
    }
}
