//! Requests that a polite client would not send. None carries a credential, none changes anything.

use super::routes;
use crate::audit::AuditInput;
use crate::audit::exchange::Purpose;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, get, nonsense, post, site};
use crate::audit::scene;
use crate::plan::{RouteKind, RoutePlan};
use crate::wire::Request;

/// Requests that no route of the scenario expects.
pub static MISFITS: Probe = Probe {
    name: "misfits",
    consent: Consent::Active,
    about: "GETs of unknown paths (site, API, static), a method nobody has on one route of each kind, a header line of \
            9 KiB, a body of 2 MiB, a foreign Host; none with a credential",
    most: 9,
    lacks: |_| None,
    send: |prober| Box::pin(send(prober)),
};

/// Beyond the 8 KiB that nginx and gunicorn allow.
const LONG_HEADER: usize = 9 * 1024;
/// Beyond the 1 MiB that nginx allows.
const LARGE_BODY: usize = 2 * 1024 * 1024 + 1;
/// A method nobody has: it cannot change anything anywhere.
const METHOD: &str = "SHAKEDOWN";

async fn send(prober: &mut Prober<'_>) {
    let input = prober.input;
    let routes = routes::of(input);
    not_found(input, &routes, prober).await;
    wrong_method(input, &routes, prober).await;
    let page = scene::front(input);
    let place = |name: &str| site(name, RouteKind::Html);

    let mut long = page.clone();
    long.headers.push(("X-Shakedown-Padding".to_owned(), "x".repeat(LONG_HEADER)));
    prober.send(Purpose::LongHeader, place("header line of 9 KiB"), long).await;

    let large = post("/", &[("padding", &"x".repeat(LARGE_BODY))]);
    prober.send(Purpose::LargeBody, place("body of 2 MiB"), large).await;

    let mut foreign = page;
    foreign.headers.insert(0, ("Host".to_owned(), format!("{}.invalid", nonsense())));
    prober.send(Purpose::ForeignHost, place("foreign Host"), foreign).await;
}

/// A path nobody has, wherever another part of the stack may answer.
async fn not_found(input: &AuditInput<'_>, routes: &[&RoutePlan], prober: &mut Prober<'_>) {
    let place = site("unknown path", RouteKind::Html);
    prober.send(Purpose::NotFound, place, get(format!("/{}/", nonsense()))).await;
    if routes.iter().any(|route| route.written.starts_with("/api/")) {
        let place = site("unknown path of the API", RouteKind::Json);
        prober.send(Purpose::NotFound, place, get(format!("/api/{}/", nonsense()))).await;
    }
    if let Some(file) = first(input, routes, |kind| kind == RouteKind::Static)
        && let Some((folder, _)) = file.target.split('?').next().unwrap_or_default().rsplit_once('/')
    {
        let place = site("unknown static file", RouteKind::Static);
        prober.send(Purpose::NotFound, place, get(format!("{folder}/{}.css", nonsense()))).await;
    }
}

async fn wrong_method(input: &AuditInput<'_>, routes: &[&RoutePlan], prober: &mut Prober<'_>) {
    for wanted in [RouteKind::Html, RouteKind::Json, RouteKind::Static] {
        if let Some(request) = first(input, routes, |kind| kind == wanted) {
            let place = site(&format!("method {METHOD}"), wanted);
            let request = Request { method: METHOD.to_owned(), ..request };
            prober.send(Purpose::WrongMethod, place, request).await;
        }
    }
}

fn first(
    input: &AuditInput<'_>,
    routes: &[&RoutePlan],
    wanted: impl Fn(RouteKind) -> bool,
) -> Option<Request> {
    routes
        .iter()
        .filter(|route| wanted(route.kind) && route.auth.is_none())
        .find_map(|route| routes::request(input, route, 0))
}
