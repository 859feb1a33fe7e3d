//! The scenario's own GETs, as they stand.

use crate::audit::AuditInput;
use crate::audit::exchange::{Purpose, Site};
use crate::plan::{BodyContent, RouteKind, RoutePlan, Scope, Template};
use crate::secret::ExposeSecret;
use crate::wire::{Request, Response};

use super::session_auth::SessionAuth;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, get, site};

/// What the scenario asks for anyway.
pub static ROUTES: Probe = Probe {
    name: "routes",
    consent: Consent::None,
    about: "each GET route of the scenario as its first user asks for it, pages two times more, and login pages",
    most: ROUTES_MOST,
    lacks: |_| None,
    send: |prober| Box::pin(send(prober)),
};

/// How often a page is fetched again, to see what changes (nonces).
const REPEATS: usize = 2;
/// Pages that are fetched again: a nonce that does not change shows on the first ones.
const PAGES: usize = 20;
/// Most routes that are looked at.
const MOST: usize = 200;
/// Those, their repeats, and a few login pages.
const ROUTES_MOST: usize = MOST + PAGES * REPEATS + 20;

/// GETs whose address is known beforehand: lone routes and first steps of flows. A logout is left out: it would
/// end the sessions that the other routes use.
pub fn of<'a>(input: &AuditInput<'a>) -> Vec<&'a RoutePlan> {
    let first = input.plan.items.iter().filter_map(|item| item.steps.first());
    let mut seen = std::collections::HashSet::new();
    first
        .filter(|id| seen.insert(**id))
        .filter_map(|id| input.plan.routes.get(id.0))
        .filter(|route| route.method == "GET" && route.kind != RouteKind::Logout)
        .take(MOST)
        .collect()
}

async fn send(prober: &mut Prober<'_>) {
    let input = prober.input;
    let mut pages = 0;
    for route in of(input) {
        let Some((request, authenticated)) = with_credential(input, route) else { continue };
        let site = Site::of(route, "", authenticated);
        let answer = prober.send(Purpose::Rest, site.clone(), request.clone()).await;
        if pages < PAGES && answer.as_ref().is_some_and(is_page) {
            pages += 1;
            for _ in 0..REPEATS {
                prober.send(Purpose::Repeat, site.clone(), request.clone()).await;
            }
        }
    }
    for auth in SessionAuth::all(input.plan) {
        let place = site(&format!("login page of {}", auth.name), RouteKind::Login);
        prober.send(Purpose::LoginPage, place, get(auth.login)).await;
    }
}

fn is_page(answer: &Response) -> bool {
    let html = |value: String| value.trim_start().to_ascii_lowercase().starts_with("text/html");
    (200..300).contains(&answer.status) && answer.header("content-type").is_some_and(html)
}

/// The route as its first user asks for it, and whether there was a credential to send.
fn with_credential(input: &AuditInput<'_>, route: &RoutePlan) -> Option<(Request, bool)> {
    let mut request = request(input, route, 0)?;
    let credential = route.auth.and_then(|auth| input.wallet.get(auth, 0));
    if let Some(credential) = credential {
        for (name, value) in &credential.headers {
            request.headers.push((name.clone(), value.expose_secret().to_owned()));
        }
    }
    Some((request, credential.is_some()))
}

/// The route as one of its users asks for it, without a credential; `None` when the stack lacks a value.
pub fn request(input: &AuditInput<'_>, route: &RoutePlan, user: usize) -> Option<Request> {
    step(input, route, user, &[])
}

/// The same for a step of a flow, with the values that earlier steps took from their answers.
pub fn step(input: &AuditInput<'_>, route: &RoutePlan, user: usize, extracted: &[String]) -> Option<Request> {
    let nobody: &[String] = &[];
    let population = input.plan.populations.get(route.population.0);
    let user = population.and_then(|population| population.users.get(user));
    let first = |rows: &Vec<Vec<String>>| rows.iter().take(1).cloned().collect();
    let feeders: Vec<Vec<Vec<String>>> =
        input.plan.feeders.iter().map(|feeder| first(&feeder.rows)).collect();
    let scope = Scope {
        user: user.map_or(nobody, |user| user.values.as_slice()),
        feeders: &feeders,
        extracted,
        counter: 0,
        random: uuid::Uuid::new_v4().as_u128(),
    };
    let text = |template: &Template| Some(template.bind(input.values).ok()?.to_text(&scope));
    let mut request = Request { method: route.method.clone().into_owned(), ..get(text(&route.path)?) };
    if route.kind == RouteKind::Static {
        request.headers.push(("Accept-Encoding".to_owned(), "gzip".to_owned()));
    }
    if let Some(body) = &route.body {
        request.headers.push(("Content-Type".to_owned(), body.content_type.to_owned()));
        request.body = match &body.content {
            BodyContent::Fixed(bytes) => bytes.clone(),
            BodyContent::Template(template) => text(template)?.into_bytes(),
            BodyContent::Form(fields) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    form.append_pair(name, &text(value)?);
                }
                form.finish().into_bytes()
            }
        };
    }
    for (name, value) in &route.headers {
        let value = text(value)?;
        request.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        request.headers.push((name.clone(), value));
    }
    Some(request)
}
