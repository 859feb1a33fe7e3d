//! Sends what probes ask for, one request after the other, within the limits of good manners.

mod beside;
mod budget;
mod bytes;
mod handshake;
mod patience;
mod requests;
#[cfg(test)]
mod samples;
mod turns;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::AuditInput;
use super::curl::Origin;
use super::exchange::{Exchange, Purpose, Site};
use super::probe::{Probe, Unsent};
use super::scene::Target;
use crate::wire::{Endpoint, Limits, Request, Response, fetch};
pub(super) use beside::all;
pub use beside::{Noise, Quiet};
use budget::{AT_ITS_LIMIT, BYTES, Budget, LONGEST};
pub use bytes::Message;
use patience::{LIMITED, Next, Patience, REFUSED_BY_LIMIT, WAITS};
pub use requests::{get, nonsense, post, post_json, site};
pub use turns::Turns;
use turns::{PAUSE, pause};

/// Time and bytes of one answer.
const LIMITS: Limits = Limits { timeout: Duration::from_secs(10), body: 256 * 1024 };

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
    budget: Budget,
    patience: Patience,
    turns: Turns,
}

impl<'i> Prober<'i> {
    pub(super) fn new(input: &'i AuditInput<'i>) -> Self {
        Prober {
            input,
            exchanges: Vec::new(),
            declared: None,
            seconds: Vec::new(),
            over: None,
            refused: None,
            budget: Budget::new(),
            patience: Patience { waits: None, pause: pause(input.endpoint.address.ip()) },
            turns: Turns::default(),
        }
    }

    /// Takes turns with others who ask the same stack.
    pub(super) fn among(mut self, turns: &Turns) -> Self {
        self.turns = turns.clone();
        self
    }

    /// Waits for limits on requests.
    pub(super) fn patient(mut self) -> Self {
        self.patience.waits = Some(WAITS);
        self
    }

    /// From here on what a limit refuses stays refused: what comes is about limits.
    pub(super) fn wait_no_more(&mut self) {
        self.patience.waits = None;
    }

    /// Runs a probe; why it was not sent, or not as a whole.
    pub(super) async fn run(&mut self, probe: &Probe) -> Option<Unsent> {
        self.budget.allow(probe.most);
        self.refused = None;
        if let Some(reason) = self.given_up() {
            return Some(Unsent::Refused(reason));
        }
        (probe.send)(self).await;
        self.refused.take().or_else(|| self.given_up().map(Unsent::Refused))
    }

    /// Why nothing more is sent to this stack.
    pub(super) fn given_up(&self) -> Option<String> {
        self.budget.given_up()
    }

    /// Allows so many requests: for what is no probe.
    pub(super) fn allow(&mut self, most: usize) {
        self.budget.allow(most);
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
        self.budget.heard(&answer);
        let wait = match self.patience.after(&site, &request, &answer) {
            Next::Again(wait) => wait,
            kept => {
                if matches!(kept, Next::Refused) {
                    self.refused = Some(Unsent::Limited(REFUSED_BY_LIMIT.into()));
                }
                return Some(Exchange::new(purpose, site, request, answer));
            }
        };
        self.exchanges.push(Exchange::new(LIMITED, site.clone(), request.clone(), answer));
        self.budget.spend(request.body.len());
        sleep(wait).await;
        let answer = fetch(self.input.endpoint, &request, LIMITS).await;
        self.budget.heard(&answer);
        if answer.as_ref().is_ok_and(|answer| answer.status == 429) {
            self.refused = Some(Unsent::Limited(REFUSED_BY_LIMIT.into()));
        }
        Some(Exchange::new(purpose, site, request, answer))
    }

    /// Sends to another address than the stack's, one that the scenario names, and keeps what comes.
    pub async fn send_to(&mut self, endpoint: &Endpoint, purpose: Purpose, site: Site, request: Request) {
        if self.turn(request.body.len()).await.is_some() {
            let answer = fetch(endpoint, &request, LIMITS).await;
            let exchange = Exchange::new(purpose, site, request, answer);
            self.exchanges.push(exchange.elsewhere(Origin::new(endpoint, None)));
        }
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
        if !self.budget.take(1) {
            self.refuse(AT_ITS_LIMIT);
            return None;
        }
        self.budget.spend(bytes);
        sleep_until(self.turns.take(self.patience.pause)).await;
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
