//! Requests side by side.

use std::cell::{Cell, RefCell};
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::budget::AT_ITS_LIMIT;
use super::{LIMITS, Prober};
use crate::audit::exchange::{Exchange, Purpose, Site};
use crate::wire::{Request, fetch};

/// Between two requests of a quiet client.
const QUIET: Duration = Duration::from_millis(10);

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

impl Prober<'_> {
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
            self.budget.heard(&answer);
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
        if !self.budget.take(most) {
            return self.refuse(AT_ITS_LIMIT);
        }
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
            self.budget.heard(&answer);
            self.exchanges.push(Exchange::new(purpose, site.clone(), request, answer));
        }
    }
}

/// Runs futures side by side; their results in their order.
pub(in crate::audit) async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
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
