//! How many TLS handshakes are spared.

use super::no_load;
use super::trials::{Trial, When};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, site};
use crate::audit::scene::front;
use crate::plan::RouteKind;

/// A request by a connection of its own.
pub const CONNECTED: Purpose = Purpose::Own("load-tls-resume");

/// The first cannot resume anything.
const TIMES: usize = 8;
/// Fewer tell nothing of a share.
const FEWEST: usize = 4;

static PROBE: Probe = Probe {
    name: "load-tls-resume",
    consent: Consent::None,
    about: "after the load: the first public page eight times, each by a new connection that offers the TLS session of one before",
    most: TIMES,
    lacks: |input| input.endpoint.tls.is_none().then_some("the stack does not answer over https"),
    send: |_| Box::pin(async {}),
};

pub const RESUMPTION: Trial =
    Trial { probe: &PROBE, when: When::Afterwards, send: |prober| Box::pin(send(prober)) };

async fn send(prober: &mut Prober<'_>) {
    let request = front(prober.input);
    for turn in 1..=TIMES {
        let mut place = site("connections", RouteKind::Html);
        place.variant = format!("connection {turn}");
        prober.send(CONNECTED, place, request.clone()).await;
    }
}

pub fn share(facts: &Facts) -> Judgement {
    if facts.load.is_none() {
        return no_load();
    }
    let connected: Vec<(usize, bool)> =
        facts.of(CONNECTED).skip(1).map(|(index, _, answer)| (index, answer.resumed)).collect();
    let (of, resumed) = (connected.len(), connected.iter().filter(|(_, resumed)| *resumed).count());
    if of < FEWEST {
        return Judgement::NotRun(format!(
            "{of} connections after the first, and {FEWEST} are needed to tell"
        ));
    }
    let mut observations = Vec::new();
    if resumed == 0
        && let Some((index, _)) = connected.last()
    {
        let detail = format!(
            "none of {of} connections took up the TLS session of one before: each costs a whole handshake"
        );
        observations.push(Observation::new(Level::Warn, *index, "resumption", detail));
    }
    Judgement::Judged { places: of, observations }
}
