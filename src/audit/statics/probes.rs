//! Static files asked for in other ways than the scenario does, and pages with a word of ours.

use crate::audit::AuditInput;
use crate::audit::collect::routes;
use crate::audit::exchange::{Purpose, Site};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, nonsense};
use crate::plan::{RouteKind, RoutePlan};
use crate::secret::ExposeSecret;
use crate::wire::Request;

pub const IDENTITY: Purpose = Purpose::Own("static-identity");
pub const ENCODED: Purpose = Purpose::Own("static-encoded");
pub const CONDITIONAL: Purpose = Purpose::Own("static-conditional");
pub const RANGE: Purpose = Purpose::Own("static-range");
pub const RANGES: Purpose = Purpose::Own("static-ranges");
pub const PAGE: Purpose = Purpose::Own("page-reflection");
pub const PAGE_ENCODED: Purpose = Purpose::Own("page-reflection-encoded");

/// Static files and pages that are looked at.
const FILES: usize = 5;
/// Parts asked for at once.
pub const PARTS: usize = 1000;

fn of_kind<'a>(input: &AuditInput<'a>, wanted: fn(RouteKind) -> bool) -> Vec<(&'a RoutePlan, Request)> {
    routes::of(input)
        .into_iter()
        .filter(|route| wanted(route.kind))
        .filter_map(|route| Some((route, routes::request(input, route, 0)?)))
        .take(FILES)
        .collect()
}

fn is_static(kind: RouteKind) -> bool {
    kind == RouteKind::Static
}

fn lacks(input: &AuditInput<'_>) -> Option<&'static str> {
    of_kind(input, is_static).is_empty().then_some("the scenario has no static route")
}

fn site(route: &RoutePlan, variant: &str) -> Site {
    Site::of(route, variant, false)
}

/// The request with this header in place of any of its name.
fn with(request: &Request, name: &str, value: &str) -> Request {
    let mut request = request.clone();
    request.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    request.headers.push((name.to_owned(), value.to_owned()));
    request
}

pub static STATICS: Probe = Probe {
    name: "statics",
    consent: Consent::Active,
    about: "up to five static files: as they are, with gzip, br and zstd offered, with their validators, and a range of each",
    most: 5 * FILES,
    lacks,
    send: |prober| Box::pin(send(prober)),
};

async fn send(prober: &mut Prober<'_>) {
    for (route, request) in of_kind(prober.input, is_static) {
        let plain = with(&request, "Accept-Encoding", "identity");
        let Some(answer) = prober.send(IDENTITY, site(route, "not encoded"), plain.clone()).await else {
            continue;
        };
        let offered = with(&request, "Accept-Encoding", "gzip, br, zstd");
        prober.send(ENCODED, site(route, "encodings offered"), offered).await;
        for (sent, back) in [("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")] {
            if let Some(validator) = answer.header(sent).filter(|value| !value.chars().any(char::is_control))
            {
                prober.send(CONDITIONAL, site(route, back), with(&plain, back, &validator)).await;
            }
        }
        prober.send(RANGE, site(route, "bytes=0-99"), with(&plain, "Range", "bytes=0-99")).await;
    }
}

pub static MANY_RANGES: Probe = Probe {
    name: "ranges",
    consent: Consent::Guarded,
    about: "one static file in a thousand ranges of one byte",
    most: 1,
    lacks,
    send: |prober| {
        Box::pin(async move {
            if let Some((route, request)) = of_kind(prober.input, is_static).into_iter().next() {
                let parts: Vec<String> = (0..PARTS).map(|n| format!("{0}-{0}", 2 * n)).collect();
                let request = with(&request, "Range", &format!("bytes={}", parts.join(",")));
                let request = with(&request, "Accept-Encoding", "identity");
                prober.send(RANGES, site(route, "a thousand ranges"), request).await;
            }
        })
    },
};

pub static PAGES: Probe = Probe {
    name: "reflection",
    consent: Consent::Active,
    about: "up to five pages with a word of our own in the query, twice as they are and once with gzip offered",
    most: 3 * FILES,
    lacks: |_| None,
    send: |prober| {
        Box::pin(async move {
            let input = prober.input;
            let page =
                |kind: RouteKind| matches!(kind, RouteKind::Html | RouteKind::Protected | RouteKind::Login);
            for (route, mut request) in of_kind(input, page) {
                let credential = route.auth.and_then(|auth| input.wallet.get(auth, 0));
                for (name, value) in credential.iter().flat_map(|credential| &credential.headers) {
                    request.headers.push((name.clone(), value.expose_secret().to_owned()));
                }
                let separator = if request.target.contains('?') { '&' } else { '?' };
                request.target = format!("{}{separator}q={}", request.target, nonsense());
                let plain = with(&request, "Accept-Encoding", "identity");
                for _ in 0..2 {
                    prober.send(PAGE, site(route, "a word in the query"), plain.clone()).await;
                }
                let offered = with(&request, "Accept-Encoding", "gzip");
                prober.send(PAGE_ENCODED, site(route, "a word in the query, gzip offered"), offered).await;
            }
        })
    },
};
