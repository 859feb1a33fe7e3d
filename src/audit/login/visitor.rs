//! Somebody who logs in: by JSON at a token endpoint, or by a form with its cookies and token.

use crate::audit::AuditInput;
use crate::audit::collect::{Browser, SessionAuth};
use crate::audit::exchange::{Purpose, Site};
use crate::audit::prober::{Prober, get, post_json};
use crate::audit::scene::{self, Entrance};
use crate::plan::{RouteKind, User};
use crate::scenario::model::Auth;
use crate::secret::ExposeSecret;
use crate::wire::{Request, Response};

/// One entrance, and the user who tries it.
pub struct Visitor<'a> {
    pub entrance: Entrance<'a>,
    pub user: &'a User,
    session: Option<SessionAuth<'a>>,
    browser: Browser,
    token: String,
    https: bool,
    host: &'a str,
    /// Where a wrong password is sent.
    refused_to: Option<String>,
}

/// Each entrance with the user who may be locked out, or else with the last one.
pub fn visitors<'a>(input: &AuditInput<'a>, only_lockable: bool) -> Vec<Visitor<'a>> {
    let lockable = input.plan.lockable.as_deref();
    let visitor = |entrance: Entrance<'a>| {
        let users = &input.plan.populations.get(entrance.auth.population.0)?.users;
        let named = users.iter().find(|user| Some(user.name.as_str()) == lockable);
        let user = if only_lockable { named } else { named.or(users.last()) };
        let session = SessionAuth::all(input.plan).find(|auth| auth.login == entrance.path);
        let https = input.endpoint.tls.is_some();
        let host = input.endpoint.host.as_str();
        Some(Visitor {
            entrance,
            user: user.filter(|user| user.password.is_some())?,
            session,
            browser: Browser::new(https, host),
            token: String::new(),
            https,
            host,
            refused_to: None,
        })
    };
    scene::entrances(input).into_iter().filter_map(visitor).collect()
}

impl<'a> Visitor<'a> {
    /// The user's own password.
    pub fn password(&self) -> &'a str {
        self.user.password.as_ref().map_or("", |password| password.expose_secret())
    }

    /// Starts anew: the form's page, its cookies and its token. Not kept: others look at the page.
    pub async fn arrive(&mut self, prober: &mut Prober<'_>) {
        let Some(session) = self.session else { return };
        self.browser = Browser::new(self.https, self.host);
        let page = prober.ask(Purpose::LoginPage, self.site("login page"), get(session.login)).await;
        if let Some(page) = page.and_then(|exchange| exchange.answer.ok()) {
            self.browser.absorb(&page);
            self.token = self.browser.token(&session, &page);
        }
    }

    /// A login with this name and password.
    pub fn login(&self, name: &str, password: &str) -> Request {
        self.login_to(name, password, None)
    }

    /// The same, to be sent on to this address.
    pub fn login_to(&self, name: &str, password: &str, next: Option<&str>) -> Request {
        let Some(session) = self.session else {
            return post_json(
                self.entrance.path,
                &serde_json::json!({ "username": name, "password": password }),
            );
        };
        let mut fields = vec![
            (session.username_field, name),
            (session.password_field, password),
            (session.csrf_field, self.token.as_str()),
        ];
        fields.extend(next.map(|next| ("next", next)));
        self.browser.post(session.login, session.login, &fields)
    }

    /// The name and password in the query: the request, and the same without the password.
    pub fn by_get(&self, name: &str, password: &str) -> (Request, Request) {
        let (user, secret) = self
            .session
            .map_or(("username", "password"), |session| (session.username_field, session.password_field));
        let target = |password: &str| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair(user, name).append_pair(secret, password);
            format!("{}?{}", self.entrance.path, query.finish())
        };
        let request = self.browser.get(&target(password));
        let shown = Request { target: target("-"), ..request.clone() };
        (request, shown)
    }

    /// Remembers what a wrong password gets: some forms redirect then too.
    pub fn refused(&mut self, answer: &Response) {
        self.refused_to = leads_to(answer);
    }

    /// Whether a login succeeded: what leads back to the login, or where a wrong password is sent, did not.
    pub fn opened(&self, answer: &Response) -> bool {
        let place = leads_to(answer);
        let back = place.as_deref().is_some_and(|place| place == bare(self.entrance.path));
        opened(answer, self.entrance.form, self.session.map(|session| session.session_cookie))
            && !back
            && (place.is_none() || place != self.refused_to)
    }

    /// Whether it is DRF's own token endpoint.
    pub fn is_authtoken(&self) -> bool {
        matches!(self.entrance.auth.auth, Auth::DrfToken { .. })
    }

    /// Where an exchange belongs: the entrance, and what was tried.
    pub fn site(&self, variant: &str) -> Site {
        Site {
            name: format!("login {}", self.entrance.path),
            variant: variant.to_owned(),
            kind: RouteKind::Login,
            line: Some(self.entrance.auth.line),
            authenticated: false,
        }
    }
}

/// The path of a redirect, without what changes from time to time.
fn leads_to(answer: &Response) -> Option<String> {
    let location = answer.header("location").filter(|_| (300..400).contains(&answer.status))?;
    let base = url::Url::parse("http://localhost/").ok()?;
    Some(bare(base.join(location.trim()).ok()?.path()).to_owned())
}

fn bare(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}

/// A token endpoint answers 2xx; a form redirects, or sets its session cookie.
fn opened(answer: &Response, form: bool, session_cookie: Option<&str>) -> bool {
    if !form {
        return (200..300).contains(&answer.status);
    }
    let sets = answer.header_lines("set-cookie").any(|line| {
        let name = line.split('=').next().unwrap_or_default().trim();
        Some(name) == session_cookie
    });
    (300..400).contains(&answer.status) || (answer.status < 300 && sets)
}
