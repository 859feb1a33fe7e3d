//! Logins and logouts of our own: what a session is worth, and whether another site could forge a request.

use super::browser::Browser;
use super::routes;
use super::session_auth::SessionAuth;
use crate::audit::AuditInput;
use crate::audit::exchange::{Exchange, Purpose, Site};
use crate::audit::probe::{self, Consent};
use crate::audit::prober::{Prober, get, nonsense, site};
use crate::plan::{RouteKind, RoutePlan, User};
use crate::secret::ExposeSecret;
use crate::wire::{Request, Response};

/// Logins without a logout endpoint to try them on: enough to see whether identifiers repeat.
const LOGINS: usize = 3;

/// Logins, logouts and forged requests of one user.
pub static SESSIONS: probe::Probe = probe::Probe {
    name: "sessions",
    consent: Consent::Active,
    about: "logins of the last user by the login form (without its token; three with it; one with a session of our \
            choice), logouts with and without the CSRF token, from another site and by GET, and a page after each",
    most: 40,
    lacks: |input| {
        SessionAuth::all(input.plan).next().is_none().then_some("the scenario has no session login")
    },
    send: |prober| Box::pin(send(prober)),
};

/// One session auth and one of its users.
struct Probe<'a, 'i> {
    input: &'i AuditInput<'i>,
    auth: SessionAuth<'a>,
    user: &'a User,
    password: &'a str,
    /// A page that only the session opens.
    page: Option<Request>,
}

async fn send(prober: &mut Prober<'_>) {
    let input = prober.input;
    let Some(probe) = SessionAuth::all(input.plan).find_map(|auth| Probe::new(input, auth)) else {
        return prober.refuse("no user of the session login has a password");
    };
    probe.login_without_token(prober).await;
    let Some(first) = probe.login(prober).await else {
        return prober.refuse(format!("auth `{}`: the audit could not log in", probe.auth.name));
    };
    probe.fixation(prober).await;
    let Some(logout) = probe.auth.logout else {
        for _ in 1..LOGINS {
            probe.login(prober).await;
        }
        return;
    };
    probe.forged(prober, first, logout).await;
    probe.ended(prober, logout).await;
}

impl<'a, 'i> Probe<'a, 'i>
where
    'i: 'a,
{
    /// `None` without a user who has a password. The last user: the load starts with the first ones.
    fn new(input: &'i AuditInput<'i>, auth: SessionAuth<'a>) -> Option<Self> {
        let users = &input.plan.populations.get(auth.population.0)?.users;
        let (position, user) = users.iter().enumerate().next_back()?;
        let password = user.password.as_ref()?.expose_secret();
        let own = |route: &&&RoutePlan| route.auth == Some(auth.id);
        let routes = routes::of(input);
        let page = routes.iter().find(own).and_then(|route| routes::request(input, route, position));
        Some(Probe { input, auth, user, password, page })
    }

    fn site(&self, name: &str, kind: RouteKind) -> Site {
        Site { authenticated: true, ..site(name, kind) }
    }

    fn browser(&self) -> Browser {
        Browser::new(self.input.endpoint.tls.is_some(), &self.input.endpoint.host)
    }

    fn form(&self, browser: &Browser, token: Option<&str>) -> Request {
        let mut fields = vec![
            (self.auth.username_field, self.user.name.as_str()),
            (self.auth.password_field, self.password),
        ];
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            fields.push((self.auth.csrf_field, token));
        }
        browser.post(self.auth.login, self.auth.login, &fields)
    }

    /// The login page's cookies and token. Not kept: it was looked at before.
    async fn visit(&self, prober: &mut Prober<'_>, browser: &mut Browser) -> Option<String> {
        let request = Request { headers: browser.get(self.auth.login).headers, ..get(self.auth.login) };
        let site = self.site("login page", RouteKind::Login);
        let page = prober.ask(Purpose::LoginPage, site, request).await?.answer.ok()?;
        browser.absorb(&page);
        Some(browser.token(&self.auth, &page))
    }

    async fn login_without_token(&self, prober: &mut Prober<'_>) {
        let mut browser = self.browser();
        if self.visit(prober, &mut browser).await.is_none() {
            return;
        }
        let site = self.site("login without its token", RouteKind::Login);
        prober.send(Purpose::LoginWithoutCsrf, site, self.form(&browser, None)).await;
    }

    /// A fresh session; kept only when the login succeeded.
    async fn login(&self, prober: &mut Prober<'_>) -> Option<Browser> {
        let mut browser = self.browser();
        let token = self.visit(prober, &mut browser).await?;
        let request = self.form(&browser, Some(&token));
        let exchange = prober.ask(Purpose::Login, self.site("login", RouteKind::Login), request).await?;
        let answer = exchange.answer.as_ref().ok()?.clone();
        browser.absorb(&answer);
        if answer.status >= 400 || browser.cookie(self.auth.session_cookie).is_none() {
            return None;
        }
        prober.keep(exchange);
        Some(browser)
    }

    /// A login that brings a session of our choice.
    async fn fixation(&self, prober: &mut Prober<'_>) {
        let chosen = uuid::Uuid::new_v4().simple().to_string();
        let name = self.auth.session_cookie;
        let mut browser = self.browser();
        browser.set(name, &chosen);
        let Some(token) = self.visit(prober, &mut browser).await else { return };
        browser.set(name, &chosen);
        let site = self.site("login with a chosen session", RouteKind::Login);
        let request = self.form(&browser, Some(&token));
        let Some(exchange) = prober.ask(Purpose::FixationLogin, site, request).await else { return };
        if succeeded(&exchange, name) {
            prober.keep(exchange);
        }
    }

    /// A POST to the logout, with everything right and with one thing wrong, each on a session of its own.
    async fn forged(&self, prober: &mut Prober<'_>, genuine: Browser, logout: &str) {
        let site = |name: &str| self.site(name, RouteKind::Logout);
        prober
            .send(Purpose::PostWithCsrf, site("logout, genuine"), self.logout(&genuine, logout, true))
            .await;
        if let Some(browser) = self.login(prober).await {
            let request = self.logout(&browser, logout, false);
            prober.send(Purpose::PostWithoutCsrf, site("logout without token"), request).await;
        }
        if let Some(browser) = self.login(prober).await {
            let mut request = self.logout(&browser, logout, true);
            request.headers.retain(|(name, _)| name != "Origin" && name != "Referer");
            let foreign = format!("https://{}.invalid", nonsense());
            request.headers.push(("Referer".to_owned(), format!("{foreign}/")));
            request.headers.push(("Origin".to_owned(), foreign));
            prober.send(Purpose::PostForeignOrigin, site("logout from another site"), request).await;
        }
    }

    fn logout(&self, browser: &Browser, logout: &str, token: bool) -> Request {
        let mut request = browser.post(logout, logout, &[]);
        if token && let Some(value) = browser.cookie(self.auth.csrf_cookie) {
            request.headers.push((self.auth.csrf_header.to_owned(), value.to_owned()));
        }
        request
    }

    /// Whether a logout ends a session, and whether a GET does.
    async fn ended(&self, prober: &mut Prober<'_>, logout: &str) {
        let Some(page) = &self.page else { return };
        let on_page = |name: &str| self.site(name, RouteKind::Protected);
        let on_logout = |name: &str| self.site(name, RouteKind::Logout);
        let site = Site { authenticated: false, ..on_page("page without a session") };
        prober.send(Purpose::AnonymousPage, site, page.clone()).await;
        let Some(browser) = self.login(prober).await else { return };
        let before =
            prober.send(Purpose::BeforeLogout, on_page("page before logout"), with(page, &browser)).await;
        prober.send(Purpose::Logout, on_logout("logout"), self.logout(&browser, logout, true)).await;
        prober.send(Purpose::AfterLogout, on_page("page after logout"), with(page, &browser)).await;
        // Without a session that worked, nothing after it proves anything.
        if !before.is_some_and(|answer| (200..300).contains(&answer.status)) {
            return;
        }
        let Some(browser) = self.login(prober).await else { return };
        prober.send(Purpose::LogoutByGet, on_logout("logout by GET"), browser.get(logout)).await;
        let site = on_page("page after logout by GET");
        prober.send(Purpose::AfterLogoutByGet, site, with(page, &browser)).await;
    }
}

/// A session of our own that has ended.
pub(in crate::audit) struct Ended {
    /// The page with its cookie.
    pub page: Request,
    /// Where that belongs.
    pub site: Site,
}

/// Why no session can be ended.
pub(in crate::audit) fn no_end(input: &AuditInput<'_>) -> bool {
    let probe = SessionAuth::all(input.plan).find_map(|auth| Probe::new(input, auth));
    probe.is_none_or(|probe| probe.auth.logout.is_none() || probe.page.is_none())
}

/// Logs in, asks for a page and logs out. `None` when one of them fails, or the scenario has no such session.
pub(in crate::audit) async fn end(prober: &mut Prober<'_>, before: Purpose) -> Option<Ended> {
    let input = prober.input;
    let probe = SessionAuth::all(input.plan).find_map(|auth| Probe::new(input, auth))?;
    let (page, logout) = (probe.page.clone()?, probe.auth.logout?);
    let mut browser = probe.browser();
    let token = probe.visit(prober, &mut browser).await?;
    let request = probe.form(&browser, Some(&token));
    let login = prober.ask(before, probe.site("login", RouteKind::Login), request).await?.answer.ok()?;
    browser.absorb(&login);
    browser.cookie(probe.auth.session_cookie)?;
    let site = probe.site("session", RouteKind::Protected);
    let page = with(&page, &browser);
    let good = prober.send(before, site.clone(), page.clone()).await?;
    let request = probe.logout(&browser, logout, true);
    let gone = prober.ask(before, probe.site("logout", RouteKind::Logout), request).await?.answer.ok()?;
    ((200..300).contains(&good.status) && gone.status < 400).then_some(Ended { page, site })
}

fn with(page: &Request, browser: &Browser) -> Request {
    let mut request = page.clone();
    let cookies = browser.get(&page.target).headers;
    request.headers.extend(cookies.into_iter().filter(|(name, _)| name == "Cookie"));
    request
}

/// A login that was refused shows its form again: 200 without a session.
fn succeeded(exchange: &Exchange, session_cookie: &str) -> bool {
    let sets = |answer: &Response| {
        answer
            .header_lines("set-cookie")
            .any(|line| line.split('=').next().is_some_and(|name| name.trim() == session_cookie))
    };
    exchange
        .answer
        .as_ref()
        .is_ok_and(|answer| (300..400).contains(&answer.status) || (answer.status < 300 && sets(answer)))
}
