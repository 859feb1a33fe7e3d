//! A login of the audit's own, from its first token to its logout.

use serde_json::json;

use super::hook::Disabled;
use super::token::Jwt;
use super::victim::{GARBAGE, accepted, forged};
use crate::audit::AuditInput;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose, Site};
use crate::audit::forged::success;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, nonsense, post_json};
use crate::audit::scene::{self, Target};
use crate::plan::{RouteKind, User};
use crate::scenario::model::Auth;
use crate::secret::ExposeSecret;
use crate::wire::{Request, Response};

/// A login that brought tokens.
pub const LOGIN: Purpose = Purpose::Own("jwt-login");
pub const MIXED_TYPES: Purpose = Purpose::Own("jwt-mixed-types");
/// Control: a genuine refresh.
pub const REFRESHED: Purpose = Purpose::Own("jwt-refreshed");
pub const REUSED: Purpose = Purpose::Own("jwt-reused");
pub const LOGGED_OUT: Purpose = Purpose::Own("jwt-logged-out");
pub const DISABLED: Purpose = Purpose::Own("jwt-disabled-user");
pub const AFTER_LOGOUT: Purpose = Purpose::Own("jwt-after-logout");

/// Variants that judges tell apart.
pub const ROTATED: &str = "a new refresh token came";
pub const KEPT: &str = "no new refresh token came";
pub const NO_REFRESH: &str = "login that brings no refresh token";
pub const ACCESS: &str = "the access token after logout";
pub const REFRESH: &str = "the refresh token after logout";

/// An access token's life from which on its working after logout is a failure.
const SHORT: i64 = 900;

/// A user of a JWT auth who can log in, and a route to try the tokens on.
pub struct Account<'a> {
    /// The route that its tokens open.
    pub target: Target<'a>,
    user: &'a User,
    password: &'a str,
    obtain: &'a str,
    /// Where a refresh token brings new ones.
    pub refresh: Option<&'a str>,
    /// Where a refresh token ends.
    pub logout: Option<&'a str>,
    access_key: &'a str,
    refresh_key: &'a str,
}

/// What a login or a refresh brings.
pub struct Pair {
    pub access: String,
    pub refresh: Option<String>,
}

impl<'a> Account<'a> {
    /// The last user of each JWT auth that a protected route uses: the load starts with the first ones.
    pub fn all(input: &AuditInput<'a>) -> Vec<Account<'a>> {
        let targets = scene::one_of_each_auth(input, 0).into_iter();
        targets
            .filter_map(|target| {
                let Auth::Jwt { obtain, refresh, logout, access_key, refresh_key, .. } = &target.auth.auth
                else {
                    return None;
                };
                let users = &input.plan.populations.get(target.auth.population.0)?.users;
                let user = users.last()?;
                let password = user.password.as_ref()?.expose_secret();
                let (refresh, logout) = (refresh.as_deref(), logout.as_deref());
                Some(Account { target, user, password, obtain, refresh, logout, access_key, refresh_key })
            })
            .collect()
    }

    /// The one of an auth.
    pub fn of(input: &AuditInput<'a>, auth: &str) -> Option<Account<'a>> {
        Account::all(input).into_iter().find(|account| account.target.auth.name == auth)
    }

    /// Logs in; `None` when that fails.
    pub async fn login(&self, prober: &mut Prober<'_>) -> Option<Pair> {
        let body = json!({ "username": self.user.name, "password": self.password });
        let mut site = self.target.site("login", false);
        site.kind = RouteKind::Login;
        let mut exchange = prober.ask(LOGIN, site, post_json(self.obtain, &body)).await?;
        let pair = exchange.answer.as_ref().ok().and_then(|answer| self.pair(answer));
        if pair.as_ref().is_some_and(|pair| pair.refresh.is_none()) {
            exchange.site.variant = NO_REFRESH.to_owned();
        }
        prober.keep(exchange);
        pair
    }

    /// The tokens of an answer.
    pub fn pair(&self, answer: &Response) -> Option<Pair> {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
        let text = |key: &str| {
            let token = body.get(key)?.as_str()?;
            // A token goes into a header line.
            (!token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())).then(|| token.to_owned())
        };
        success(answer).then_some(())?;
        Some(Pair { access: text(self.access_key)?, refresh: text(self.refresh_key) })
    }

    /// Logs in without keeping what came.
    pub async fn enter(&self, prober: &mut Prober<'_>, purpose: Purpose) -> Option<Pair> {
        let body = json!({ "username": self.user.name, "password": self.password });
        let mut site = self.target.site("login", false);
        site.kind = RouteKind::Login;
        let answer = prober.ask(purpose, site, post_json(self.obtain, &body)).await?.answer.ok()?;
        self.pair(&answer)
    }

    /// A post of a refresh token, and where it belongs.
    pub fn posting(&self, what: &str, path: &str, token: &str) -> (Site, Request) {
        let mut site = self.target.site(what, false);
        site.kind = RouteKind::Login;
        (site, post_json(path, &json!({ self.refresh_key: token })))
    }

    /// A logout of these tokens: it gets the refresh token, or where the login brings none, the access token as the route
    /// gets it. `None` without a header that carries one.
    pub fn ending(&self, path: &str, pair: &Pair) -> Option<(Site, Request)> {
        if let Some(refresh) = &pair.refresh {
            return Some(self.posting("logout", path, refresh));
        }
        let mut site = self.target.site("logout", false);
        site.kind = RouteKind::Login;
        let mut request = post_json(path, &json!({}));
        request.headers.push(self.target.with_token(&pair.access)?.headers.pop()?);
        Some((site, request))
    }

    /// Posts a refresh token, or what stands in its place.
    async fn post(
        &self,
        prober: &mut Prober<'_>,
        (purpose, what): (Purpose, &str),
        path: &str,
        token: &str,
    ) -> Option<Response> {
        let (site, request) = self.posting(what, path, token);
        prober.send(purpose, site, request).await
    }

    async fn ask(&self, prober: &mut Prober<'_>, (purpose, what): (Purpose, &str), token: &str) {
        if let Some(request) = self.target.with_token(token) {
            prober.send(purpose, self.target.site(what, purpose == Purpose::Control), request).await;
        }
    }
}

pub fn no_login(input: &AuditInput<'_>) -> Option<&'static str> {
    Account::all(input)
        .is_empty()
        .then_some("the scenario has no auth of kind `jwt` on a protected GET route")
}

pub static LIFECYCLE: Probe = Probe {
    name: "jwt-lifecycle",
    consent: Consent::Active,
    about: "two logins of the last user of each `jwt` auth: the refresh token as access token and the other way round, one refresh \
            and the same again, a logout and the old tokens after it",
    most: 80,
    lacks: no_login,
    send: |prober| {
        Box::pin(async move {
            for account in Account::all(prober.input) {
                whole_life(prober, &account).await;
            }
        })
    },
};

async fn whole_life(prober: &mut Prober<'_>, account: &Account<'_>) {
    prober.control(&account.target).await;
    account.ask(prober, (GARBAGE, "no token"), &nonsense()).await;
    let Some(first) = account.login(prober).await else {
        return prober.refuse(format!("auth `{}`: the audit could not log in", account.target.auth.name));
    };
    account.ask(prober, (Purpose::Control, "fresh login"), &first.access).await;
    if let Some(refresh) = &first.refresh {
        account.ask(prober, (MIXED_TYPES, "a refresh token as access token"), refresh).await;
    }
    if let Some(path) = account.refresh {
        let what = (MIXED_TYPES, "an access token at the refresh endpoint");
        account.post(prober, what, path, &first.access).await;
        if let Some(refresh) = &first.refresh {
            reuse(prober, account, path, refresh).await;
        }
    }
    if let Some(path) = account.logout {
        end(prober, account, path).await;
    }
    prober.control(&account.target).await;
}

async fn reuse(prober: &mut Prober<'_>, account: &Account<'_>, path: &str, refresh: &str) {
    let Some(answer) = account.post(prober, (REFRESHED, "refresh"), path, refresh).await else { return };
    let Some(pair) = account.pair(&answer) else { return };
    let rotated = pair.refresh.is_some_and(|new| new != refresh);
    let what = if rotated { ROTATED } else { KEPT };
    account.post(prober, (REUSED, what), path, refresh).await;
}

async fn end(prober: &mut Prober<'_>, account: &Account<'_>, path: &str) {
    let Some(pair) = account.login(prober).await else {
        return prober
            .refuse(format!("auth `{}`: the audit could not log in again", account.target.auth.name));
    };
    account.ask(prober, (Purpose::Control, "fresh login"), &pair.access).await;
    let Some((site, logout)) = account.ending(path, &pair) else { return };
    prober.send(LOGGED_OUT, site, logout).await;
    account.ask(prober, (AFTER_LOGOUT, ACCESS), &pair.access).await;
    if let (Some(path), Some(refresh)) = (account.refresh, &pair.refresh) {
        account.post(prober, (AFTER_LOGOUT, REFRESH), path, refresh).await;
    }
}

pub static DISABLED_USER: Probe = Probe {
    name: "jwt-disabled-user",
    consent: Consent::Guarded,
    about: "one login of the last user of each `jwt` auth; the scenario's command disables the user, the tokens are sent, and \
            its other command enables them again",
    most: 40,
    lacks: |input| {
        let stack = input.plan.stacks.get(input.stack.0);
        let none = stack.is_none_or(|stack| stack.user_switch.is_none());
        let hint = "the scenario has no command that disables a user: `disable_user` in [stacks.NAME.audit]";
        no_login(input).or(none.then_some(hint))
    },
    send: |prober| {
        Box::pin(async move {
            for account in Account::all(prober.input) {
                disabled(prober, &account).await;
            }
        })
    },
};

async fn disabled(prober: &mut Prober<'_>, account: &Account<'_>) {
    let input = prober.input;
    let Some(switch) = input.plan.stacks.get(input.stack.0).and_then(|stack| stack.user_switch.as_ref())
    else {
        return;
    };
    prober.control(&account.target).await;
    account.ask(prober, (GARBAGE, "no token"), &nonsense()).await;
    let Some(pair) = account.login(prober).await else {
        return prober.refuse(format!("auth `{}`: the audit could not log in", account.target.auth.name));
    };
    account.ask(prober, (Purpose::Control, "fresh login"), &pair.access).await;
    let user = match Disabled::new(switch, &account.user.name, input).await {
        Ok(user) => user,
        Err(why) => return prober.refuse(why),
    };
    account.ask(prober, (DISABLED, "a disabled user's access token"), &pair.access).await;
    if let (Some(path), Some(refresh)) = (account.refresh, &pair.refresh) {
        account.post(prober, (DISABLED, "a disabled user's refresh token"), path, refresh).await;
    }
    if let Err(why) = user.end().await {
        prober.refuse(format!("{why}: user `{}` is still disabled", account.user.name));
    }
    prober.control(&account.target).await;
}

pub fn disabled_user(facts: &Facts) -> Judgement {
    forged(facts, DISABLED, accepted)
}

fn brings_no_refresh(facts: &Facts) -> bool {
    facts.of(LOGIN).any(|(_, login, _)| login.site.variant == NO_REFRESH)
}

pub fn mixed_types(facts: &Facts) -> Judgement {
    let sent = |purpose| facts.exchanges.iter().any(|exchange| exchange.purpose == purpose);
    if brings_no_refresh(facts) && !sent(MIXED_TYPES) {
        let reason = "the login brings no refresh token, and the scenario's `jwt` auth names no `refresh`";
        return Judgement::NotApplicable(reason.into());
    }
    forged(facts, MIXED_TYPES, accepted)
}

pub fn reused(facts: &Facts) -> Judgement {
    let refreshed = facts.of(REFRESHED).any(|(_, _, answer)| success(answer));
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(REUSED) {
        places += 1;
        if !success(answer) {
            continue;
        }
        let (level, detail) = if exchange.site.variant == ROTATED {
            (Level::Fail, "the old refresh token still works after a new one was given")
        } else {
            (Level::Warn, "refresh tokens are not rotated: a stolen one works until its end")
        };
        observations.push(Observation::new(level, index, "refresh token", detail));
    }
    match facts.of(REFRESHED).next() {
        Some((_, _, answer)) if !refreshed => {
            Judgement::Inconclusive(format!("a fresh refresh token was answered {}", answer.status))
        }
        _ if places == 0 && facts.failure(REFRESHED).is_some() => {
            Judgement::NotRun("no answer came to the refresh".into())
        }
        _ if brings_no_refresh(facts) => {
            Judgement::of(places, observations, "the login brings no refresh token")
        }
        _ => Judgement::of(places, observations, "the scenario's `jwt` auth names no `refresh`"),
    }
}

pub fn logout(facts: &Facts) -> Judgement {
    if let Some((_, _, answer)) = facts.of(LOGGED_OUT).find(|(_, _, answer)| !success(answer)) {
        return Judgement::Inconclusive(format!("the logout was answered {}", answer.status));
    }
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(AFTER_LOGOUT) {
        places += 1;
        if !success(answer) {
            continue;
        }
        let what = exchange.site.variant.as_str();
        let (level, detail) = if what == REFRESH {
            (Level::Fail, "the refresh token works after logout".to_owned())
        } else {
            match Jwt::of_request(&exchange.request).and_then(|token| token.life()) {
                Some(life) if life <= SHORT => (
                    Level::Warn,
                    format!("the access token works after logout, until its end: {life} s at most"),
                ),
                Some(life) => {
                    (Level::Fail, format!("the access token works after logout, for up to {life} s"))
                }
                None => (Level::Fail, "the access token works after logout, and never ends".to_owned()),
            }
        };
        observations.push(Observation::new(level, index, "logout", detail));
    }
    Judgement::of(places, observations, "the scenario's `jwt` auth names no `logout`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::facts;

    #[test]
    fn a_login_without_a_refresh_token_mixes_nothing() {
        let mut login = facts(true).answer(LOGIN, RouteKind::Login, 200, &[], "{}");
        assert!(matches!(mixed_types(&login), Judgement::NotRun(_)));
        login.exchanges[0].site.variant = NO_REFRESH.to_owned();
        assert!(matches!(mixed_types(&login), Judgement::NotApplicable(_)));
        assert!(
            matches!(reused(&login), Judgement::NotApplicable(why) if why == "the login brings no refresh token")
        );
        let tried = login.answer(MIXED_TYPES, RouteKind::Login, 401, &[], "{}");
        assert!(!matches!(mixed_types(&tried), Judgement::NotApplicable(_)));
    }
}
