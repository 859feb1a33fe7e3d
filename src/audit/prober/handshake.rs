//! Handshakes of TLS that nothing is asked after.

use std::time::SystemTime;

use super::{LIMITS, Prober};
use crate::audit::exchange::{ByHand, Exchange, Purpose, Site, TlsTrace};
use crate::wire::hello::{self, Offer};
use crate::wire::{self, Failure, FailureKind, Request};

impl Prober<'_> {
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
        self.budget.heard(&answer);
        let exchange = Exchange::new(purpose, site, Request::default(), answer);
        self.exchanges.push(match tls {
            Some(tls) => exchange.by_hand(ByHand { tls: Some(tls), ..ByHand::default() }),
            None => exchange,
        });
    }
}
