//! Sends what probes ask for, one request after the other, within the limits of good manners.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::AuditInput;
use super::curl::Origin;
use super::exchange::{ByHand, Exchange, Purpose, Site, TlsTrace};
use super::probe::{Probe, Unsent};
use super::scene::Target;
use crate::plan::RouteKind;
use crate::wire::hello::{self, Offer};
use crate::wire::{
    self, AGENT, Endpoint, Failure, FailureKind, Limits, Pace, Request, Response, converse, drip, fetch,
};

/// To a target that is not on this machine: five requests a second.
const PAUSE: Duration = Duration::from_millis(200);
/// Time and bytes of one answer.
const LIMITS: Limits = Limits { timeout: Duration::from_secs(10), body: 256 * 1024 };
/// A stack that was silent that often in a row is not asked again.
const SILENT: u32 = 5;
/// No probe begins to send later than this after the first.
const LONGEST: Duration = Duration::from_secs(300);
/// Between two requests of a quiet client.
const QUIET: Duration = Duration::from_millis(10);
/// What was refused by a limit on requests, and asked again later.
const LIMITED: Purpose = Purpose::Own("limited");
/// The wait for a limit that does not say how long, and the longest one.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
/// So many such waits, and none after them.
const WAITS: u32 = 20;
const REFUSED_BY_LIMIT: &str = "the stack's limit on requests refused some of it (429)";
/// Most bytes of requests to one stack.
const BYTES: usize = 64 * 1024 * 1024;

/// Sends to one stack and keeps what comes. Each request has a connection of its own.
pub struct Prober<'i> {
    /// The stack, its routes and credentials.
    pub input: &'i AuditInput<'i>,
    pub(super) exchanges: Vec<Exchange>,
    /// What the project's own deployment checks say.
    pub(super) declared: Option<BTreeMap<String, String>>,
    /// Position of an exchange and the seconds that it came after what it is measured from.
    pub(super) seconds: Vec<(usize, f64)>,
    /// Says when the load is over that this goes on beside.
    pub(super) over: Option<watch::Receiver<bool>>,
    /// Why the probe at hand could not be sent as a whole.
    refused: Option<Unsent>,
    /// The requests that the probe at hand may still send.
    left: usize,
    bytes: usize,
    pause: Duration,
    /// Waits for limits on requests that are left; `None`: what a limit refuses is an answer like any other.
    waits: Option<u32>,
    next: Turns,
    deadline: Instant,
    silent: u32,
}

impl<'i> Prober<'i> {
    pub(super) fn new(input: &'i AuditInput<'i>) -> Self {
        let now = Instant::now();
        Prober {
            input,
            exchanges: Vec::new(),
            declared: None,
            seconds: Vec::new(),
            over: None,
            refused: None,
            left: 0,
            bytes: BYTES,
            pause: pause(input.endpoint.address.ip()),
            waits: None,
            next: Turns::default(),
            deadline: now + LONGEST,
            silent: 0,
        }
    }

    /// Takes turns with others who ask the same stack.
    pub(super) fn among(mut self, turns: &Turns) -> Self {
        self.next = turns.clone();
        self
    }

    /// Runs a probe; why it was not sent, or not as a whole.
    pub(super) async fn run(&mut self, probe: &Probe) -> Option<Unsent> {
        self.left = probe.most;
        self.refused = None;
        if let Some(reason) = self.given_up() {
            return Some(Unsent::Refused(reason));
        }
        (probe.send)(self).await;
        self.refused.take().or_else(|| self.given_up().map(Unsent::Refused))
    }

    /// Why nothing more is sent to this stack.
    pub(super) fn given_up(&self) -> Option<String> {
        if self.silent >= SILENT {
            return Some(format!("{SILENT} requests in a row got no answer"));
        }
        if self.bytes == 0 {
            return Some(format!("{} MiB were sent", BYTES >> 20));
        }
        (Instant::now() >= self.deadline).then(|| format!("the audit took {} s", LONGEST.as_secs()))
    }

    /// Allows so many requests: for what is no probe.
    pub(super) fn allow(&mut self, most: usize) {
        self.left = most;
    }

    /// Says why the probe at hand cannot be sent: its checks did not run.
    pub fn refuse(&mut self, reason: impl Into<String>) {
        self.refused.get_or_insert(Unsent::Refused(reason.into()));
    }

    /// Says what the probe at hand lacks: its checks do not apply.
    pub fn lack(&mut self, reason: impl Into<String>) {
        self.refused.get_or_insert(Unsent::Lacking(reason.into()));
    }

    /// Sends and keeps; the answer, if one came.
    pub async fn send(&mut self, purpose: Purpose, site: Site, request: Request) -> Option<Response> {
        let exchange = self.ask(purpose, site, request).await?;
        let answer = exchange.answer.clone().ok();
        self.exchanges.push(exchange);
        answer
    }

    /// Sends without keeping: the caller has to see what it was first.
    pub async fn ask(&mut self, purpose: Purpose, site: Site, request: Request) -> Option<Exchange> {
        self.turn(request.body.len()).await?;
        let answer = fetch(self.input.endpoint, &request, LIMITS).await;
        self.heard(&answer);
        let Some(wait) = self.limit(&site, &request, &answer) else {
            return Some(Exchange::new(purpose, site, request, answer));
        };
        self.exchanges.push(Exchange::new(LIMITED, site.clone(), request.clone(), answer));
        self.bytes = self.bytes.saturating_sub(request.body.len());
        tokio::time::sleep(wait).await;
        let answer = fetch(self.input.endpoint, &request, LIMITS).await;
        self.heard(&answer);
        if answer.as_ref().is_ok_and(|answer| answer.status == 429) {
            self.refused = Some(Unsent::Limited(REFUSED_BY_LIMIT.into()));
        }
        Some(Exchange::new(purpose, site, request, answer))
    }

    /// How long to wait before a request is sent again that a limit on requests refused. From the first one on, this asks
    /// as slowly as another machine would be asked, and half as fast from each further one on. Refused logins are what some rows are about.
    fn limit(
        &mut self,
        site: &Site,
        request: &Request,
        answer: &Result<Response, Failure>,
    ) -> Option<Duration> {
        let answer = answer.as_ref().ok().filter(|answer| matches!(answer.status, 429 | 503))?;
        if site.kind == RouteKind::Login && request.method == "POST" {
            return None;
        }
        let Some(left) = self.waits?.checked_sub(1) else {
            if answer.status == 429 {
                self.refused = Some(Unsent::Limited(REFUSED_BY_LIMIT.into()));
            }
            return None;
        };
        self.waits = Some(left);
        self.pause = (self.pause * 2).clamp(PAUSE, WAIT.0);
        let said = answer.header("retry-after").and_then(|said| said.trim().parse().ok());
        Some(said.map_or(WAIT.0, Duration::from_secs).min(WAIT.1))
    }

    /// From here on what a limit refuses stays refused: what comes is about limits.
    pub(super) fn wait_no_more(&mut self) {
        self.waits = None;
    }

    /// Waits for limits on requests.
    pub(super) fn patient(self) -> Self {
        Prober { waits: Some(WAITS), ..self }
    }

    /// Sends to another address than the stack's, one that the scenario names, and keeps what comes.
    pub async fn send_to(&mut self, endpoint: &Endpoint, purpose: Purpose, site: Site, request: Request) {
        if self.turn(request.body.len()).await.is_some() {
            let answer = fetch(endpoint, &request, LIMITS).await;
            let exchange = Exchange::new(purpose, site, request, answer);
            self.exchanges.push(exchange.elsewhere(Origin::new(endpoint, None)));
        }
    }

    /// Sends messages as they are on one connection of their own, and keeps what comes: the request says what each
    /// stands for. The answers that came.
    pub async fn send_by_hand(
        &mut self,
        site: &Site,
        messages: Vec<(Purpose, Request, Vec<u8>)>,
    ) -> Vec<Response> {
        let size = messages.iter().map(|(_, _, bytes)| bytes.len()).sum();
        for _ in &messages {
            if self.turn(size).await.is_none() {
                return Vec::new();
            }
        }
        let bytes: Vec<Vec<u8>> = messages.iter().map(|(_, _, bytes)| bytes.clone()).collect();
        let answers = converse(self.input.endpoint, &bytes, LIMITS).await;
        let mut came = Vec::new();
        for (answer, (purpose, request, bytes)) in answers.into_iter().zip(messages) {
            self.heard(&answer);
            came.extend(answer.as_ref().ok().cloned());
            let exchange = Exchange::new(purpose, site.clone(), request, answer);
            self.exchanges.push(exchange.by_hand(ByHand { bytes, ..ByHand::default() }));
        }
        came
    }

    /// Sends requests at the same time, each on a connection of its own, and keeps what comes.
    pub async fn send_at_once(&mut self, purpose: Purpose, site: &Site, requests: Vec<Request>) {
        for request in &requests {
            if self.turn(request.body.len()).await.is_none() {
                return;
            }
        }
        let endpoint = self.input.endpoint;
        let answers = all(requests.iter().map(|request| fetch(endpoint, request, LIMITS))).await;
        for (request, answer) in requests.into_iter().zip(answers) {
            self.heard(&answer);
            self.exchanges.push(Exchange::new(purpose, site.clone(), request, answer));
        }
    }

    /// Sends one request again and again, `times` at most, while others go on in `lanes`, each lane one after the other, and
    /// keeps all of them. Of the others it keeps no bodies. For stacks on this machine only.
    pub async fn send_beside(&mut self, quiet: Quiet<'_>, noise: Option<Noise<'_>>) {
        if self.given_up().is_some() {
            return;
        }
        let most = quiet.times + noise.as_ref().map_or(0, |noise| noise.most);
        if self.left < most {
            return self.refuse("it came to its limit of requests");
        }
        self.left -= most;
        let endpoint = self.input.endpoint;
        let over = Cell::new(false);
        let heard = RefCell::new(Vec::new());
        let begun = Instant::now();
        let watching = async {
            for _ in 0..quiet.times {
                let answer = fetch(endpoint, quiet.request, LIMITS).await;
                heard.borrow_mut().push((quiet.purpose, quiet.site, quiet.request.clone(), answer));
                if begun.elapsed() > quiet.longest {
                    break;
                }
                tokio::time::sleep(QUIET).await;
            }
            over.set(true);
        };
        let room = Cell::new(noise.as_ref().map_or(0, |noise| noise.most));
        let noises = noise.into_iter().flat_map(|noise| vec![noise; noise.lanes]);
        let lanes = noises.map(|noise| {
            let (over, room, heard) = (&over, &room, &heard);
            async move {
                while !over.get() && room.get() > 0 {
                    room.set(room.get() - 1);
                    let request = (noise.request)();
                    let answer = fetch(endpoint, &request, LIMITS).await.map(|mut answer| {
                        answer.body.clear();
                        answer
                    });
                    heard.borrow_mut().push((noise.purpose, noise.site, request, answer));
                }
            }
        });
        tokio::join!(watching, all(lanes));
        for (purpose, site, request, answer) in heard.into_inner() {
            self.heard(&answer);
            self.exchanges.push(Exchange::new(purpose, site.clone(), request, answer));
        }
    }

    /// Sends the start of a message at once and its rest slowly, and keeps how that ended. Meanwhile `beside` is
    /// asked for, and kept too.
    pub async fn send_slowly(
        &mut self,
        purpose: Purpose,
        site: Site,
        request: Request,
        message: Message<'_>,
        beside: Option<(Purpose, Site, Request)>,
    ) {
        if self.turn(message.start.len()).await.is_none() {
            return;
        }
        let endpoint = self.input.endpoint;
        let witness = async {
            match &beside {
                Some((_, _, request)) => {
                    // The server has begun to read the slow one by then, or it has not, and nothing is proven.
                    tokio::time::sleep(message.pace.pause).await;
                    Some(fetch(endpoint, request, LIMITS).await)
                }
                None => None,
            }
        };
        let (dripped, seen) = tokio::join!(drip(endpoint, message.start, message.pace, LIMITS), witness);
        // The scenario has asked for this wait.
        self.deadline += dripped.open;
        let by_hand = ByHand {
            bytes: message.start.to_vec(),
            open: dripped.open,
            longest: message.pace.longest,
            tls: None,
        };
        self.exchanges.push(Exchange::new(purpose, site, request, dripped.answer).by_hand(by_hand));
        if let Some(((purpose, site, request), answer)) = beside.zip(seen) {
            self.exchanges.push(Exchange::new(purpose, site, request, answer));
        }
    }

    /// Shakes hands as a browser does, sends nothing, and keeps what showed. Two connections: one that goes on whatever the
    /// certificate is, and one that does not.
    pub async fn shake_hands(&mut self, purpose: Purpose, site: Site) {
        if self.turn(0).await.is_some() {
            let seen = wire::handshake(self.input.endpoint, LIMITS).await;
            let trace = seen.map(|seen| Some(TlsTrace::Whole { seen: seen?, at: SystemTime::now() }));
            self.keep_handshake(purpose, site, trace);
        }
    }

    /// Offers one version of TLS and some suites, and keeps what the server makes of it.
    pub async fn offer(&mut self, purpose: Purpose, site: Site, offer: Offer<'static>) {
        if self.turn(0).await.is_some() {
            let reply = hello::offer(self.input.endpoint, offer, LIMITS).await;
            let Offer { version, suites } = offer;
            self.keep_handshake(
                purpose,
                site,
                reply.map(|reply| Some(TlsTrace::Offer { version, suites, reply })),
            );
        }
    }

    fn keep_handshake(&mut self, purpose: Purpose, site: Site, trace: Result<Option<TlsTrace>, Failure>) {
        let (tls, failure) = match trace {
            Ok(None) => return,
            Ok(tls) => {
                let message = "nothing was asked: the handshake is what was looked at".to_owned();
                (tls, Failure { kind: FailureKind::Tls, message })
            }
            Err(failure) => (None, failure),
        };
        let answer = Err(failure);
        self.heard(&answer);
        let exchange = Exchange::new(purpose, site, Request::default(), answer);
        self.exchanges.push(match tls {
            Some(tls) => exchange.by_hand(ByHand { tls: Some(tls), ..ByHand::default() }),
            None => exchange,
        });
    }

    fn heard(&mut self, answer: &Result<Response, Failure>) {
        self.silent = match answer {
            // A reset is an answer to some of the probes.
            Err(failure) if matches!(failure.kind, FailureKind::Timeout | FailureKind::Connect) => {
                self.silent + 1
            }
            _ => 0,
        };
    }

    /// Sends the genuine request of a target, and keeps it as a control.
    pub async fn control(&mut self, target: &Target<'_>) -> Option<Response> {
        self.send(Purpose::Control, target.site("genuine", true), target.genuine()).await
    }

    /// Keeps what [`Prober::ask`] brought.
    pub fn keep(&mut self, exchange: Exchange) {
        self.exchanges.push(exchange);
    }

    /// Sends and keeps, with the seconds since that moment at which it was sent.
    pub async fn send_since(
        &mut self,
        since: Instant,
        purpose: Purpose,
        site: Site,
        request: Request,
    ) -> Option<Response> {
        let seconds = since.elapsed().as_secs_f64();
        let exchange = self.ask(purpose, site, request).await?;
        let answer = exchange.answer.clone().ok();
        self.seconds.push((self.exchanges.len(), seconds));
        self.exchanges.push(exchange);
        answer
    }

    /// Whether the load is over that this goes on beside.
    pub fn is_over(&self) -> bool {
        self.over.as_ref().is_some_and(|over| *over.borrow())
    }

    /// Waits until one more request of so many bytes may be sent; `None`: none may.
    async fn turn(&mut self, bytes: usize) -> Option<()> {
        if self.given_up().is_some() || self.is_over() {
            return None;
        }
        if self.left == 0 {
            self.refuse("it came to its limit of requests");
            return None;
        }
        self.left -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
        sleep_until(self.next.take(self.pause)).await;
        Some(())
    }
}

/// What is sent beyond what the probes say, and where all of it ends.
pub(super) fn manners(again: usize) -> String {
    format!(
        "what a limit on requests refuses (429, 503) once more, {WAITS} times in all; {again} times more the active probes of each check \
         that fails, LOGIN rows apart; nothing after {} s, slow messages apart, or {} MiB of bodies; and to another machine {} requests a second",
        LONGEST.as_secs(),
        BYTES >> 20,
        1000 / PAUSE.as_millis()
    )
}

/// When the next request may begin. Those who share one ask together no more often than one of them would alone.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<Option<Instant>>>);

impl Turns {
    fn take(&self, pause: Duration) -> Instant {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let at = next.map_or(now, |next| next.max(now));
        *next = Some(at + pause);
        at
    }
}

/// One client who asks again and again.
#[derive(Debug, Clone, Copy)]
pub struct Quiet<'q> {
    /// Why.
    pub purpose: Purpose,
    /// Where it belongs.
    pub site: &'q Site,
    /// What is asked.
    pub request: &'q Request,
    /// How often.
    pub times: usize,
    /// No request begins later than this after the first.
    pub longest: Duration,
}

/// Others who ask meanwhile.
#[derive(Clone, Copy)]
pub struct Noise<'n> {
    /// Why.
    pub purpose: Purpose,
    /// Where it belongs.
    pub site: &'n Site,
    /// Makes each request.
    pub request: &'n dyn Fn() -> Request,
    /// So many at once.
    pub lanes: usize,
    /// Most requests.
    pub most: usize,
}

/// A message that is sent slowly.
#[derive(Debug, Clone, Copy)]
pub struct Message<'m> {
    /// What is sent at once.
    pub start: &'m [u8],
    /// The rest.
    pub pace: Pace,
}

/// Runs futures side by side; their results in their order.
pub(super) async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        let mut done = true;
        for (future, result) in running.iter_mut().filter(|(_, result)| result.is_none()) {
            match future.as_mut().poll(cx) {
                Poll::Ready(output) => *result = Some(output),
                Poll::Pending => done = false,
            }
        }
        if done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, result)| result).collect()
}

fn pause(address: std::net::IpAddr) -> Duration {
    if address.is_loopback() { Duration::ZERO } else { PAUSE }
}

/// A GET as a browser sends it.
pub fn get(target: impl Into<String>) -> Request {
    Request { headers: polite(), ..Request::get(target) }
}

/// A POST of a form.
pub fn post(target: impl Into<String>, fields: &[(&str, &str)]) -> Request {
    let mut headers = polite();
    headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    Request { method: "POST".to_owned(), target: target.into(), headers, body: form.finish().into_bytes() }
}

/// A POST of JSON.
pub fn post_json(target: impl Into<String>, body: &serde_json::Value) -> Request {
    let mut headers = polite();
    headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    let body = body.to_string().into_bytes();
    Request { method: "POST".to_owned(), target: target.into(), headers, body }
}

fn polite() -> Vec<(String, String)> {
    vec![
        ("User-Agent".to_owned(), AGENT.to_owned()),
        ("Accept".to_owned(), "text/html,application/json;q=0.9,*/*;q=0.8".to_owned()),
    ]
}

/// A word that no server knows.
pub fn nonsense() -> String {
    // A letter first: `shakedown-1` is a password of the scenarios here, and would be taken out of the name.
    format!("shakedown-x{}", uuid::Uuid::new_v4().simple())
}

/// Where a request of a probe belongs that is no route of the scenario.
pub fn site(name: &str, kind: RouteKind) -> Site {
    Site { name: name.to_owned(), variant: String::new(), kind, line: None, authenticated: false }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{Read, Write};
    use std::net::SocketAddr;

    use super::*;
    use crate::audit::probe::Consent;
    use crate::auth::Wallet;
    use crate::plan::{Plan, StackId};
    use crate::secret::Redactor;

    static EIGHT: Probe = Probe {
        name: "eight",
        consent: Consent::None,
        about: "",
        most: 3,
        lacks: |_| None,
        send: |prober| {
            Box::pin(async move {
                for _ in 0..8 {
                    prober.send(Purpose::Rest, site("home", RouteKind::Html), get("/")).await;
                }
            })
        },
    };

    /// Runs a probe against a port that nobody listens on.
    async fn silence(probe: &Probe) -> (usize, Option<Unsent>) {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (statuses, unsent) = ask(closed, probe).await;
        (statuses.len(), unsent)
    }

    /// Runs a patient probe against an address: the statuses of its answers.
    async fn ask(closed: SocketAddr, probe: &Probe) -> (Vec<Option<u16>>, Option<Unsent>) {
        let text = format!(
            "title = \"t\"\n[stacks.a]\nurl = \"http://{closed}\"\n[[routes]]\nname = \"home\"\nget = \"/\"\n"
        );
        let plan = Plan::parse(std::path::Path::new("s.toml"), &text).unwrap();
        let url = format!("http://{closed}").parse().unwrap();
        let endpoint = Endpoint { url, address: closed, host: closed.to_string(), tls: None, http2: None };
        let (wallet, redactor, values) = (Wallet::default(), Redactor::default(), BTreeMap::new());
        let input = AuditInput {
            plan: &plan,
            stack: StackId(0),
            endpoint: &endpoint,
            values: &values,
            wallet: &wallet,
            redactor: &redactor,
            earlier: None,
        };
        let mut prober = Prober::new(&input).patient();
        let unsent = prober.run(probe).await;
        let status = |exchange: &Exchange| Some(exchange.answer.as_ref().ok()?.status);
        (prober.exchanges.iter().map(status).collect(), unsent)
    }

    #[test]
    fn other_machines_are_asked_slowly() {
        assert_eq!(pause("127.0.0.1".parse().unwrap()), Duration::ZERO);
        assert_eq!(pause("::1".parse().unwrap()), Duration::ZERO);
        assert_eq!(pause("192.0.2.1".parse().unwrap()), Duration::from_millis(200));
    }

    #[test]
    fn those_who_ask_together_ask_no_more_often() {
        let turns = Turns::default();
        let first = turns.take(PAUSE);
        let second = turns.clone().take(PAUSE);
        assert_eq!((second - first, turns.take(PAUSE) - second), (PAUSE, PAUSE));
    }

    #[tokio::test]
    async fn a_probe_sends_no_more_than_it_says() {
        let (sent, unsent) = silence(&EIGHT).await;
        assert_eq!(sent, 3);
        assert_eq!(unsent, Some(Unsent::Refused("it came to its limit of requests".into())));
    }

    #[tokio::test]
    async fn a_stack_that_is_silent_is_left_alone() {
        let (sent, unsent) = silence(&Probe { most: 100, ..EIGHT }).await;
        assert_eq!(sent, SILENT as usize);
        assert_eq!(unsent, Some(Unsent::Refused("5 requests in a row got no answer".into())));
    }

    #[tokio::test]
    async fn what_a_limit_refuses_is_asked_again() {
        let once = Probe {
            send: |prober| {
                Box::pin(async move {
                    prober.send(Purpose::Rest, site("home", RouteKind::Html), get("/")).await;
                })
            },
            ..EIGHT
        };
        let limited = Some(Unsent::Limited(REFUSED_BY_LIMIT.into()));
        for (statuses, unsent) in [([429, 200], None), ([503, 404], None), ([429, 429], limited)] {
            let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = server.local_addr().unwrap();
            let answering = std::thread::spawn(move || {
                for status in statuses {
                    let (mut stream, _) = server.accept().unwrap();
                    let _ = stream.read(&mut [0; 4096]).unwrap();
                    let head = format!("HTTP/1.1 {status} x\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
                    stream.write_all(head.as_bytes()).unwrap();
                }
            });
            assert_eq!(ask(address, &once).await, (statuses.map(Some).to_vec(), unsent));
            answering.join().unwrap();
        }
    }
}
