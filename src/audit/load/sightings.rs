//! What a load brings into the facts of a stack.

use std::sync::Arc;
use std::time::Duration;

use super::{Company, KEPT, LEAKED, Strangers, Trials};
use crate::audit::exchange::{Exchange, Facts, Purpose, Site};
use crate::auth::Wallet;
use crate::engine::{LoadTally, Sighting};
use crate::plan::{AuthId, Plan};
use crate::wire::{MAX_HEADERS, Request, Response};

/// What a load showed of a stack.
#[derive(Debug, Clone, Default)]
pub struct UnderLoad {
    /// Requests that ended.
    pub requests: u64,
    /// Answers whose owner was looked at.
    pub owned: u64,
    /// Answers that named another user.
    pub leaked: u64,
    /// Position of the exchange and of the user who asked, for those that were kept.
    pub askers: Vec<(usize, usize)>,
    /// The tokens that were issued for the run: auth, user, token.
    pub tokens: Vec<(String, String, String)>,
    /// Strangers who asked, and those of them who got no answer; `None`: none was sent.
    pub strangers: Option<(usize, usize)>,
    /// Position of an exchange and the seconds that it came after what it is measured from.
    pub seconds: Vec<(usize, f64)>,
    /// How many logins the scenario says the stack lets through, and in what time.
    pub login_limit: Option<(u32, Duration)>,
    /// The stack as it was asked when the load was over.
    pub after: Option<Arc<Facts>>,
}

/// What a load brings: its figures, and what was asked beside it and after it.
pub struct Brought<'a> {
    /// What was sent.
    pub plan: &'a Plan,
    /// What came of it.
    pub tally: &'a LoadTally,
    /// The credentials.
    pub wallet: &'a Wallet,
    /// What was sent beside it and afterwards.
    pub company: Company,
    /// The stack as it was asked when the load was over.
    pub after: Option<Arc<Facts>>,
}

impl UnderLoad {
    /// Puts a load into the facts.
    pub fn join(brought: Brought<'_>, facts: &mut Facts) {
        let Brought { plan, tally, wallet, company, after } = brought;
        let Company { strangers, trials } = company;
        let (tokens, login_limit) = (tokens(plan, wallet), plan.login_limit);
        let mut load = UnderLoad { after, tokens, login_limit, ..UnderLoad::default() };
        if let Some(Strangers { sent, unanswered, exchanges }) = strangers {
            load.strangers = Some((sent, unanswered));
            facts.exchanges.extend(exchanges);
        }
        let Trials { exchanges, seconds, unsent } = trials;
        let first = facts.exchanges.len();
        load.seconds = seconds.into_iter().map(|(position, seconds)| (first + position, seconds)).collect();
        facts.exchanges.extend(exchanges);
        facts.unsent.extend(unsent);
        for (route, result) in plan.routes.iter().zip(&tally.routes) {
            load.requests += result.counts.requests;
            load.leaked += result.counts.leaks;
            if route.expect.owner.is_some() {
                load.owned += result.latencies.response.len() + result.counts.leaks;
            }
        }
        for leak in &tally.leaks {
            let variant = format!("under load: {}", leak.words);
            facts.exchanges.extend(exchange(plan, &leak.sighting, LEAKED, variant));
        }
        for sighting in &tally.sightings {
            let variant = format!("under load, answer {}", sighting.nth);
            let Some(exchange) = exchange(plan, sighting, KEPT, variant) else { continue };
            load.askers.extend(sighting.user.map(|user| (facts.exchanges.len(), user)));
            facts.exchanges.push(exchange);
        }
        facts.load = Some(load);
    }

    /// How long after what it is measured from an exchange was sent.
    pub fn seconds_of(&self, exchange: usize) -> Option<f64> {
        self.seconds.iter().find(|(position, _)| *position == exchange).map(|(_, seconds)| *seconds)
    }

    /// Who asked for an exchange.
    pub fn asker(&self, exchange: usize) -> Option<usize> {
        self.askers.iter().find(|(position, _)| *position == exchange).map(|(_, user)| *user)
    }
}

/// Tokens that follow a scheme in a header.
fn tokens(plan: &Plan, wallet: &Wallet) -> Vec<(String, String, String)> {
    use crate::secret::ExposeSecret as _;
    let mut tokens = Vec::new();
    for (position, auth) in plan.auths.iter().enumerate() {
        let users = plan.populations.get(auth.population.0).map_or(&[][..], |group| group.users.as_slice());
        for (index, user) in users.iter().enumerate() {
            let Some(credential) = wallet.get(AuthId(position), index) else { continue };
            let [(name, value)] = credential.headers.as_slice() else { continue };
            let token = value.expose_secret().split_once(' ').map(|(_, token)| token.to_owned());
            if let Some(token) = token.filter(|_| !name.eq_ignore_ascii_case("cookie")) {
                tokens.push((auth.name.clone(), user.name.clone(), token));
            }
        }
    }
    tokens
}

/// An answer as an exchange; `None` when it came over a connection that is gone.
fn exchange(plan: &Plan, sighting: &Sighting, purpose: Purpose, variant: String) -> Option<Exchange> {
    let route = plan.routes.get(sighting.route)?;
    let answer = response(&sighting.head, &sighting.body)?;
    let asked = String::from_utf8_lossy(&sighting.asked).into_owned();
    let mut words = asked.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let site = Site::of(route, variant, route.auth.is_some());
    let request = Request { method, target, ..Request::default() };
    Some(Exchange::new(purpose, site, request, Ok(answer)))
}

/// The answer of a head and the beginning of a body.
fn response(head: &[u8], body: &[u8]) -> Option<Response> {
    // A head of HTTP/2 as its bytes would be in HTTP/1.1.
    let rewritten = head.strip_prefix(b"HTTP/2 ").map(|rest| [b"HTTP/1.1 ", rest].concat());
    let head = rewritten.as_deref().unwrap_or(head);
    let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut lines);
    let config = httparse::ParserConfig::default();
    config.clone().parse_response(&mut parsed, head).ok().filter(httparse::Status::is_complete)?;
    Some(Response {
        status: parsed.code?,
        reason: parsed.reason.unwrap_or_default().to_owned(),
        minor_version: parsed.version.unwrap_or(1),
        headers: parsed.headers.iter().map(|line| (line.name.to_owned(), line.value.to_vec())).collect(),
        head: head.to_vec(),
        body: body.to_vec(),
        body_length: body.len() as u64,
        ..Response::default()
    })
}
