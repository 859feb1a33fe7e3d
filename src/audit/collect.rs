//! Collects what the checks judge. Sends the scenario's own GETs; anything else with consent only.

mod browser;
mod probes;
mod routes;
mod session;
mod session_auth;

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::AuditInput;
use super::exchange::{Exchange, Facts, Purpose, Site};
use crate::plan::{Profile, RouteKind};
use crate::wire::{Endpoint, FailureKind, Limits, Request, Response, fetch};
pub(super) use session_auth::SessionAuth;

/// To a target that is not on this machine: five requests a second.
const PAUSE: Duration = Duration::from_millis(200);
/// Time and bytes of one answer.
const LIMITS: Limits = Limits { timeout: Duration::from_secs(10), body: 256 * 1024 };
/// A stack that was silent that often in a row is not asked again.
const SILENT: u32 = 5;
/// The audit of one stack ends by then, with what it has.
const LONGEST: Duration = Duration::from_secs(300);

/// Sends what the stack's scenario allows.
pub(super) async fn collect(input: &AuditInput<'_>, say: &(dyn Fn(&str) + Send + Sync)) -> Option<Facts> {
    let stack = input.plan.stacks.get(input.stack.0)?;
    let mut sender = Sender::new(input.endpoint);
    let name = &stack.name;
    say(&format!("audit of {} routes", routes::of(input).len()));
    routes::send(input, &mut sender).await;
    if stack.active_audit {
        say("active probes");
        probes::send(input, &mut sender).await;
        session::send(input, &mut sender, say).await;
    }
    if let Some(why) = sender.given_up() {
        say(&format!("{name}: the audit gave up early: {why}"));
    }
    let sessions: Vec<SessionAuth<'_>> = SessionAuth::all(input.plan).collect();
    let names = |of: fn(&SessionAuth<'_>) -> String, default: &str| {
        let mut names: Vec<String> = sessions.iter().map(of).collect();
        if names.is_empty() {
            names.push(default.to_owned());
        }
        names.sort();
        names.dedup();
        names
    };
    Some(Facts {
        stack: name.clone(),
        role: stack.role,
        profile: input.plan.audit.unwrap_or(Profile::Baseline),
        https: input.endpoint.tls.is_some(),
        active: stack.active_audit,
        host: input.endpoint.host.clone(),
        session_cookies: names(|auth| auth.session_cookie.to_owned(), "sessionid"),
        csrf_cookies: names(|auth| auth.csrf_cookie.to_owned(), "csrftoken"),
        has_session: !sessions.is_empty(),
        exchanges: sender.exchanges,
    })
}

/// Sends one request after the other, each on a connection of its own, and keeps what came.
struct Sender<'a> {
    endpoint: &'a Endpoint,
    exchanges: Vec<Exchange>,
    pause: Duration,
    next: Instant,
    deadline: Instant,
    silent: u32,
}

impl<'a> Sender<'a> {
    fn new(endpoint: &'a Endpoint) -> Self {
        let pause = if endpoint.address.ip().is_loopback() { Duration::ZERO } else { PAUSE };
        let now = Instant::now();
        Sender { endpoint, exchanges: Vec::new(), pause, next: now, deadline: now + LONGEST, silent: 0 }
    }

    /// Why nothing more is sent.
    fn given_up(&self) -> Option<String> {
        if self.silent >= SILENT {
            return Some(format!("{SILENT} requests in a row got no answer"));
        }
        (Instant::now() >= self.deadline).then(|| format!("it took {} s", LONGEST.as_secs()))
    }

    /// Sends and keeps; the answer, if one came.
    async fn send(&mut self, purpose: Purpose, site: Site, request: Request) -> Option<Response> {
        let exchange = self.ask(purpose, site, request).await?;
        let answer = exchange.answer.clone().ok();
        self.exchanges.push(exchange);
        answer
    }

    /// Sends without keeping: the caller has to see what it was first.
    async fn ask(&mut self, purpose: Purpose, site: Site, request: Request) -> Option<Exchange> {
        if self.given_up().is_some() {
            return None;
        }
        sleep_until(self.next).await;
        self.next = Instant::now() + self.pause;
        let answer = fetch(self.endpoint, &request, LIMITS).await;
        self.silent = match &answer {
            // A reset is an answer to some of the probes.
            Err(failure) if matches!(failure.kind, FailureKind::Timeout | FailureKind::Connect) => {
                self.silent + 1
            }
            _ => 0,
        };
        Some(Exchange { purpose, site, request, answer })
    }

    fn keep(&mut self, exchange: Exchange) {
        self.exchanges.push(exchange);
    }
}

/// A GET as a browser sends it.
fn get(target: impl Into<String>) -> Request {
    Request { method: "GET".to_owned(), target: target.into(), headers: polite(), body: Vec::new() }
}

/// A POST of a form.
fn post(target: impl Into<String>, fields: &[(&str, &str)]) -> Request {
    let mut headers = polite();
    headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    Request { method: "POST".to_owned(), target: target.into(), headers, body: form.finish().into_bytes() }
}

fn polite() -> Vec<(String, String)> {
    vec![
        ("User-Agent".to_owned(), concat!("shakedown/", env!("CARGO_PKG_VERSION")).to_owned()),
        ("Accept".to_owned(), "text/html,application/json;q=0.9,*/*;q=0.8".to_owned()),
    ]
}

/// A word that no server knows.
fn nonsense() -> String {
    format!("shakedown-{}", uuid::Uuid::new_v4().simple())
}

fn probe(name: &str, kind: RouteKind) -> Site {
    Site { name: name.to_owned(), kind, line: None, authenticated: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(address: &str) -> Endpoint {
        let url: url::Url = format!("http://{address}").parse().unwrap();
        Endpoint { url, address: address.parse().unwrap(), host: address.to_owned(), tls: None }
    }

    #[test]
    fn other_machines_are_asked_slowly() {
        assert_eq!(Sender::new(&endpoint("127.0.0.1:80")).pause, Duration::ZERO);
        assert_eq!(Sender::new(&endpoint("[::1]:80")).pause, Duration::ZERO);
        assert_eq!(Sender::new(&endpoint("192.0.2.1:80")).pause, Duration::from_millis(200));
    }

    #[tokio::test]
    async fn a_stack_that_is_silent_is_left_alone() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let endpoint = endpoint(&closed.to_string());
        let mut sender = Sender::new(&endpoint);
        for _ in 0..2 * SILENT {
            sender.send(Purpose::Rest, probe("home", RouteKind::Html), get("/")).await;
        }
        assert_eq!(sender.exchanges.len(), SILENT as usize);
        assert_eq!(sender.given_up().as_deref(), Some("5 requests in a row got no answer"));
    }
}
