//! What of the scenario probes aim at: protected routes, each with a user's genuine credential.

use super::AuditInput;
use super::collect::routes;
use super::exchange::Site;
use super::prober::get;
use crate::auth::Credential;
use crate::plan::{AuthPlan, RouteKind, RoutePlan, User};
use crate::scenario::model::Auth;
use crate::secret::ExposeSecret;
use crate::wire::Request;

/// A route that only a credential opens.
pub struct Target<'a> {
    /// The route.
    pub route: &'a RoutePlan,
    /// Its auth.
    pub auth: &'a AuthPlan,
    /// The user whose credential it is.
    pub user: &'a User,
    /// That user's genuine credential.
    pub credential: &'a Credential,
    /// The user's request without any credential.
    pub bare: Request,
}

impl Target<'_> {
    /// The request with the genuine credential.
    #[must_use]
    pub fn genuine(&self) -> Request {
        let mut request = self.bare.clone();
        for (name, value) in &self.credential.headers {
            request.headers.push((name.clone(), value.expose_secret().to_owned()));
        }
        request
    }

    /// The request with another value in the header that carries the credential: `Authorization: Bearer {token}`.
    /// `None` when the credential is no single header with a scheme.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Option<Request> {
        let (name, scheme, _) = self.parts()?;
        let mut request = self.bare.clone();
        request.headers.push((name.to_owned(), format!("{scheme} {token}")));
        Some(request)
    }

    /// The genuine token: what follows the scheme in a credential of a single header.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.parts().map(|(_, _, token)| token)
    }

    /// Name, scheme and token of a credential that is one header and no cookie.
    fn parts(&self) -> Option<(&str, &str, &str)> {
        let [(name, value)] = self.credential.headers.as_slice() else { return None };
        let (scheme, token) = value.expose_secret().split_once(' ')?;
        (!name.eq_ignore_ascii_case("cookie")).then_some((name.as_str(), scheme, token))
    }

    /// Where an exchange on it belongs; `what` says what was different: `alg none`.
    #[must_use]
    pub fn site(&self, what: &str, authenticated: bool) -> Site {
        Site::of(self.route, what, authenticated)
    }
}

/// The protected GET routes, each as the user at this position of its auth asks for it.
pub fn protected<'a>(input: &AuditInput<'a>, user: usize) -> Vec<Target<'a>> {
    routes::of(input)
        .into_iter()
        .filter(|route| route.kind != RouteKind::Static)
        .filter_map(|route| {
            let id = route.auth?;
            let auth = input.plan.auths.get(id.0)?;
            Some(Target {
                route,
                auth,
                user: input.plan.populations.get(auth.population.0)?.users.get(user)?,
                credential: input.wallet.get(id, user)?,
                bare: routes::request(input, route, user)?,
            })
        })
        .collect()
}

/// The first protected route of each auth, as this user asks for it: what is true of one is true of the auth.
pub fn one_of_each_auth<'a>(input: &AuditInput<'a>, user: usize) -> Vec<Target<'a>> {
    let mut known = std::collections::HashSet::new();
    let mut targets = protected(input, user);
    targets.retain(|target| known.insert(target.auth.name.as_str()));
    targets
}

/// Where users log in.
#[derive(Debug, Clone, Copy)]
pub struct Entrance<'a> {
    /// The auth it is of.
    pub auth: &'a AuthPlan,
    /// Its path.
    pub path: &'a str,
    /// Whether it takes a form; else JSON.
    pub form: bool,
}

/// The logins of the scenario: token endpoints that take a name and a password, and login forms.
pub fn entrances<'a>(input: &AuditInput<'a>) -> Vec<Entrance<'a>> {
    let entrance = |auth: &'a AuthPlan| {
        let (path, form) = match &auth.auth {
            Auth::DrfToken { obtain, .. } | Auth::Jwt { obtain, .. } => (obtain, false),
            Auth::Session { login, .. } => (login, true),
            _ => return None,
        };
        Some(Entrance { auth, path, form })
    };
    let mut found: Vec<Entrance<'a>> = input.plan.auths.iter().filter_map(entrance).collect();
    let mut known = std::collections::HashSet::new();
    found.retain(|entrance| known.insert(entrance.path));
    found
}

/// The first public page, else the first public route of an API, else the root, without a credential.
pub fn front(input: &AuditInput<'_>) -> Request {
    let routes = routes::of(input);
    let first = |kind: RouteKind| {
        let public = routes.iter().filter(|route| route.kind == kind && route.auth.is_none());
        public.into_iter().find_map(|route| routes::request(input, route, 0))
    };
    first(RouteKind::Html).or_else(|| first(RouteKind::Json)).unwrap_or_else(|| get("/"))
}
