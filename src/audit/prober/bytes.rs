//! Messages that are sent as they are, byte by byte: at once or slowly.

use super::{LIMITS, Prober};
use crate::audit::exchange::{ByHand, Exchange, Purpose, Site};
use crate::wire::{Pace, Request, Response, converse, drip, fetch};

/// A message that is sent slowly.
#[derive(Debug, Clone, Copy)]
pub struct Message<'m> {
    /// What is sent at once.
    pub start: &'m [u8],
    /// The rest.
    pub pace: Pace,
}

impl Prober<'_> {
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
            self.budget.heard(&answer);
            came.extend(answer.as_ref().ok().cloned());
            let exchange = Exchange::new(purpose, site.clone(), request, answer);
            self.exchanges.push(exchange.by_hand(ByHand { bytes, ..ByHand::default() }));
        }
        came
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
        self.budget.put_off(dripped.open);
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
}
