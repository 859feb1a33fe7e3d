//! Probes against small servers.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::{Prober, get, site};
use crate::audit::AuditInput;
use crate::audit::exchange::{Exchange, Purpose};
use crate::audit::probe::{Consent, Probe, Unsent};
use crate::auth::Wallet;
use crate::plan::{Plan, RouteKind, StackId};
use crate::secret::Redactor;
use crate::wire::Endpoint;

/// Sends eight requests and is allowed three.
pub static EIGHT: Probe = Probe {
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
pub async fn silence(probe: &Probe) -> (usize, Option<Unsent>) {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (statuses, unsent) = ask(closed, probe).await;
    (statuses.len(), unsent)
}

/// Runs a patient probe against an address: the statuses of its answers.
pub async fn ask(closed: SocketAddr, probe: &Probe) -> (Vec<Option<u16>>, Option<Unsent>) {
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
