//! Methods that the routes do not have.

use crate::audit::AuditInput;
use crate::audit::collect::routes;
use crate::audit::exchange::{Purpose, Site};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{get, nonsense, site};
use crate::plan::{RouteKind, RoutePlan};
use crate::wire::Request;

pub const TRACED: Purpose = Purpose::Own("http-trace");
pub const METHOD: Purpose = Purpose::Own("http-method");
/// The same route by GET, before and after.
pub const BY_GET: Purpose = Purpose::Own("http-by-get");

/// Name of the header whose value TRACE must not repeat.
pub const TRACE_HEADER: &str = "X-Shakedown";

pub static TRACE: Probe = Probe {
    name: "http-trace",
    consent: Consent::Active,
    about: "TRACE / with a header of our own",
    most: 1,
    lacks: |_| None,
    send: |prober| {
        Box::pin(async move {
            let mut request = Request { method: "TRACE".to_owned(), ..get("/") };
            request.headers.push((TRACE_HEADER.to_owned(), nonsense()));
            prober.send(TRACED, site("TRACE", RouteKind::Html), request).await;
        })
    },
};

pub static METHODS: Probe = Probe {
    name: "http-methods",
    consent: Consent::Guarded,
    about: "PUT, DELETE, PATCH and CONNECT without a body or a credential on a public route of each kind, between two GETs",
    most: 18,
    lacks: |input| public(input).is_empty().then_some("the scenario has no public GET route"),
    send: |prober| {
        Box::pin(async move {
            for (route, request) in public(prober.input) {
                let at = |variant: &str| Site::of(route, variant, false);
                prober.send(BY_GET, at("before"), request.clone()).await;
                for method in ["PUT", "DELETE", "PATCH", "CONNECT"] {
                    let request = Request { method: method.to_owned(), ..request.clone() };
                    prober.send(METHOD, at(method), request).await;
                }
                prober.send(BY_GET, at("after"), request).await;
            }
        })
    },
};

/// A public route of each kind, as its first user asks for it.
fn public<'i>(input: &AuditInput<'i>) -> Vec<(&'i RoutePlan, Request)> {
    let routes = routes::of(input);
    let kinds = [RouteKind::Html, RouteKind::Json, RouteKind::Static];
    let first = |kind: RouteKind| {
        routes
            .iter()
            .filter(|route| route.kind == kind && route.auth.is_none())
            .find_map(|route| Some((*route, routes::request(input, route, 0)?)))
    };
    kinds.into_iter().filter_map(first).collect()
}
