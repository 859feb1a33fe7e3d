//! Requests by plain http, to servers behind the proxy, and logins that lead elsewhere.

use std::net::{IpAddr, SocketAddr};

use crate::audit::AuditInput;
use crate::audit::collect::SessionAuth;
use crate::audit::exchange::Purpose;
use crate::audit::login::visitor::visitors;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, get, nonsense, post_json, site};
use crate::audit::scene;
use crate::plan::{RouteKind, StackPlan};
use crate::wire::Endpoint;

pub const REDIRECT: Purpose = Purpose::Own("net-redirect");
pub const API: Purpose = Purpose::Own("net-redirect-api");
pub const NEXT: Purpose = Purpose::Own("net-next");
pub const BACKEND: Purpose = Purpose::Own("net-backend");

fn stack<'i>(input: &AuditInput<'i>) -> Option<&'i StackPlan> {
    input.plan.stacks.get(input.stack.0)
}

/// A text of the stack with its values.
fn rendered(input: &AuditInput<'_>, text: &str) -> String {
    let mut out = text.to_owned();
    for (name, value) in input.values {
        out = out.replace(&format!("{{{{{name}}}}}"), value).replace(&format!("{{{{ {name} }}}}"), value);
    }
    out
}

/// The port of plain http beside https.
fn plain_port(input: &AuditInput<'_>) -> Option<u16> {
    match stack(input)?.plain_port.as_deref() {
        Some(port) => rendered(input, port).parse().ok(),
        None => (input.endpoint.address.port() == 443).then_some(80),
    }
}

/// The stack's host by plain http.
fn plain(input: &AuditInput<'_>) -> Option<Endpoint> {
    let port = plain_port(input)?;
    let name = super::name(&input.endpoint.host);
    let host = if port == 80 { name.to_owned() } else { format!("{name}:{port}") };
    let address = SocketAddr::new(input.endpoint.address.ip(), port);
    let mut url = input.endpoint.url.clone();
    url.set_scheme("http").ok()?;
    url.set_port(Some(port)).ok()?;
    Some(Endpoint { url, address, host, tls: None, http2: None })
}

pub static PLAIN: Probe = Probe {
    name: "net-plain",
    consent: Consent::Active,
    about: "by plain http: GET / and an empty POST to the first login, or to the root; no credential",
    most: 2,
    lacks: |input| {
        if input.endpoint.tls.is_none() {
            return Some("the stack itself is plain http");
        }
        plain_port(input).is_none().then_some(
            "https is not on 443: name the port of plain http, `plain_port` in [stacks.NAME.audit]",
        )
    },
    send: |prober| {
        Box::pin(async move {
            let Some(endpoint) = plain(prober.input) else { return };
            let place = site("plain http", RouteKind::Html);
            prober.send_to(&endpoint, REDIRECT, place, get("/")).await;
            let entrances = scene::entrances(prober.input);
            let path = entrances.iter().find(|entrance| !entrance.form).map_or("/", |entrance| entrance.path);
            let request = post_json(path, &serde_json::json!({}));
            prober.send_to(&endpoint, API, site("POST by plain http", RouteKind::Json), request).await;
        })
    },
};

pub static OPEN_REDIRECT: Probe = Probe {
    name: "net-open-redirect",
    consent: Consent::Active,
    about: "logins by the form with a `next` on another site: //…, https:…, /\\…",
    most: 8,
    lacks: |input| {
        SessionAuth::all(input.plan).next().is_none().then_some("the scenario has no session login")
    },
    send: |prober| Box::pin(open_redirect(prober)),
};

async fn open_redirect(prober: &mut Prober<'_>) {
    let found = visitors(prober.input, false).into_iter().find(|visitor| visitor.entrance.form);
    let Some(mut visitor) = found else {
        return prober.refuse("no user of the session login has a password");
    };
    let elsewhere = format!("{}.invalid", nonsense());
    for (variant, next) in [
        ("//host", format!("//{elsewhere}/")),
        ("https:host", format!("https:{elsewhere}")),
        ("/\\host", format!("/\\{elsewhere}/")),
    ] {
        visitor.arrive(prober).await;
        let mut request = visitor.login_to(&visitor.user.name, visitor.password(), Some(&next));
        let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        request.target = format!("{}?next={query}", request.target);
        prober.send(NEXT, visitor.site(variant), request).await;
    }
}

pub static BACKENDS: Probe = Probe {
    name: "net-backends",
    consent: Consent::Guarded,
    about: "GET / of each of the stack's `backends` that is not a loopback address",
    most: 10,
    lacks: |input| {
        let none = stack(input).is_none_or(|stack| stack.backends.is_empty());
        none.then_some("the scenario lists no application servers: `backends` in [stacks.NAME.audit]")
    },
    send: |prober| {
        Box::pin(async move {
            let mut open = 0;
            for backend in stack(prober.input).map_or(&[][..], |stack| &stack.backends) {
                let host = rendered(prober.input, backend);
                let Ok(mut addresses) = tokio::net::lookup_host(&host).await else {
                    prober.refuse(format!("`{host}` can't be resolved"));
                    continue;
                };
                let reachable = |address: &SocketAddr| !loopback(address.ip());
                let Some(address) = addresses.find(reachable) else { continue };
                let Ok(url) = format!("http://{host}/").parse() else { continue };
                let endpoint = Endpoint { url, address, host: host.clone(), tls: None, http2: None };
                open += 1;
                prober
                    .send_to(&endpoint, BACKEND, site(&format!("backend {host}"), RouteKind::Html), get("/"))
                    .await;
            }
            if open == 0 {
                prober.lack("the listed application servers listen on this machine's loopback only");
            }
        })
    },
};

fn loopback(address: IpAddr) -> bool {
    address.is_loopback()
}
