//! The scenario's routes, asked for as scripts of other sites do.

use crate::audit::collect::routes;
use crate::audit::exchange::{Purpose, Site};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, nonsense};
use crate::plan::{RouteKind, RoutePlan};
use crate::secret::ExposeSecret;
use crate::wire::Request;

pub const FOREIGN: Purpose = Purpose::Own("cors-foreign");
pub const NULL: Purpose = Purpose::Own("cors-null");
pub const AFFIX: Purpose = Purpose::Own("cors-affix");
pub const PREFLIGHT: Purpose = Purpose::Own("cors-preflight");

/// Of one route of each of these kinds all is asked.
const KINDS: [RouteKind; 4] = [RouteKind::Protected, RouteKind::Json, RouteKind::Html, RouteKind::Static];
/// Of so many routes, those with them, the rest is asked: any one may have a policy of its own.
const MOST: usize = 20;

pub static ORIGINS: Probe = Probe {
    name: "origins",
    consent: Consent::Active,
    about: "up to 20 routes with the Origin of an unknown site and of nobody (null); one route of each kind also with those of \
            sites named like this one, and a preflight of it",
    most: 2 * MOST + 5 * KINDS.len(),
    lacks: |input| routes::of(input).is_empty().then_some("the scenario has no GET route"),
    send: |prober| Box::pin(send(prober)),
};

async fn send(prober: &mut Prober<'_>) {
    let input = prober.input;
    let routes = routes::of(input);
    let firsts: Vec<&RoutePlan> =
        KINDS.iter().filter_map(|kind| routes.iter().find(|route| route.kind == *kind)).copied().collect();
    let is_first = |route: &RoutePlan| firsts.iter().any(|first| std::ptr::eq(*first, route));
    let others = routes.iter().copied().filter(|route| !is_first(route));
    for route in firsts.iter().copied().chain(others).take(MOST) {
        let Some(mut request) = routes::request(input, route, 0) else { continue };
        let credential = route.auth.and_then(|auth| input.wallet.get(auth, 0));
        for (name, value) in credential.iter().flat_map(|credential| &credential.headers) {
            request.headers.push((name.clone(), value.expose_secret().to_owned()));
        }
        let authenticated = credential.is_some();
        let foreign = format!("https://{}.invalid", nonsense());
        ask(prober, FOREIGN, route, &request, &foreign, authenticated).await;
        ask(prober, NULL, route, &request, "null", authenticated).await;
        if !is_first(route) {
            continue;
        }
        for origin in alike(&input.endpoint.host, input.endpoint.tls.is_some()) {
            ask(prober, AFFIX, route, &request, &origin, authenticated).await;
        }
        let mut preflight = Request { method: "OPTIONS".to_owned(), ..request };
        preflight.headers.retain(|(name, _)| {
            !name.eq_ignore_ascii_case("authorization") && !name.eq_ignore_ascii_case("cookie")
        });
        preflight.headers.push(("Access-Control-Request-Method".to_owned(), "DELETE".to_owned()));
        preflight.headers.push(("Access-Control-Request-Headers".to_owned(), "authorization".to_owned()));
        ask(prober, PREFLIGHT, route, &preflight, &foreign, false).await;
    }
}

/// Origins that a careless pattern takes for this host's.
fn alike(host: &str, https: bool) -> Vec<String> {
    let (name, port) = host.rsplit_once(':').map_or((host, ""), |(name, port)| (name, port));
    let port = if port.is_empty() { String::new() } else { format!(":{port}") };
    let mut alike = vec![
        format!("https://{name}.{}.invalid", nonsense()),
        format!("https://not{name}{port}"),
        format!("https://evil.{name}{port}"),
    ];
    if https {
        alike.push(format!("http://{host}"));
    }
    alike
}

async fn ask(
    prober: &mut Prober<'_>,
    purpose: Purpose,
    route: &RoutePlan,
    request: &Request,
    origin: &str,
    authenticated: bool,
) {
    let mut request = request.clone();
    request.headers.push(("Origin".to_owned(), origin.to_owned()));
    let site = Site::of(
        route,
        format!("Origin: {}", if origin.contains(".invalid") { "of another site" } else { origin }),
        authenticated,
    );
    prober.send(purpose, site, request).await;
}
