//! Requests that a polite client would not send. None carries a credential, none changes anything.

use crate::audit::AuditInput;
use crate::audit::exchange::{Purpose, Site};
use crate::plan::{RouteKind, RoutePlan};
use crate::wire::Request;

use super::{Sender, get, nonsense, post, probe, routes};

/// Beyond the 8 KiB that nginx and gunicorn allow.
const LONG_HEADER: usize = 9 * 1024;
/// Beyond the 1 MiB that nginx allows.
const LARGE_BODY: usize = 2 * 1024 * 1024 + 1;
/// A method nobody has: it cannot change anything anywhere.
const METHOD: &str = "SHAKEDOWN";

pub(super) async fn send(input: &AuditInput<'_>, sender: &mut Sender<'_>) {
    let routes = routes::of(input);
    not_found(input, &routes, sender).await;
    wrong_method(input, &routes, sender).await;
    let (site, page) = front(input, &routes);

    let mut long = page.clone();
    long.headers.push(("X-Shakedown-Padding".to_owned(), "x".repeat(LONG_HEADER)));
    sender.send(Purpose::LongHeader, renamed(&site, "header line of 9 KiB"), long).await;

    let large = post("/", &[("padding", &"x".repeat(LARGE_BODY))]);
    sender.send(Purpose::LargeBody, renamed(&site, "body of 2 MiB"), large).await;

    let mut foreign = page;
    foreign.headers.insert(0, ("Host".to_owned(), format!("{}.invalid", nonsense())));
    sender.send(Purpose::ForeignHost, renamed(&site, "foreign Host"), foreign).await;
}

/// A path nobody has, wherever another part of the stack may answer.
async fn not_found(input: &AuditInput<'_>, routes: &[&RoutePlan], sender: &mut Sender<'_>) {
    let site = probe("unknown path", RouteKind::Html);
    sender.send(Purpose::NotFound, site, get(format!("/{}/", nonsense()))).await;
    if routes.iter().any(|route| route.written.starts_with("/api/")) {
        let site = probe("unknown path of the API", RouteKind::Json);
        sender.send(Purpose::NotFound, site, get(format!("/api/{}/", nonsense()))).await;
    }
    if let Some(file) = first(input, routes, |kind| kind == RouteKind::Static)
        && let Some((folder, _)) = file.target.split('?').next().unwrap_or_default().rsplit_once('/')
    {
        let site = probe("unknown static file", RouteKind::Static);
        sender.send(Purpose::NotFound, site, get(format!("{folder}/{}.css", nonsense()))).await;
    }
}

async fn wrong_method(input: &AuditInput<'_>, routes: &[&RoutePlan], sender: &mut Sender<'_>) {
    for wanted in [RouteKind::Html, RouteKind::Json, RouteKind::Static] {
        if let Some(request) = first(input, routes, |kind| kind == wanted) {
            let site = probe(&format!("method {METHOD}"), wanted);
            let request = Request { method: METHOD.to_owned(), ..request };
            sender.send(Purpose::WrongMethod, site, request).await;
        }
    }
}

/// The first public page, else the root.
fn front(input: &AuditInput<'_>, routes: &[&RoutePlan]) -> (Site, Request) {
    let request = first(input, routes, |kind| kind == RouteKind::Html).unwrap_or_else(|| get("/"));
    (probe("front page", RouteKind::Html), request)
}

fn renamed(site: &Site, name: &str) -> Site {
    Site { name: name.to_owned(), ..site.clone() }
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
