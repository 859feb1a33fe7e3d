//! A load from a few lines of scenario, without stacks, tokens or reports around it.

use std::collections::BTreeMap;
use std::path::Path;

use shakedown::auth::Wallet;
use shakedown::engine::{EngineError, Event, LoadInput, LoadTally, load};
use shakedown::plan::Plan;
use shakedown::wire::Endpoint;
use tokio::sync::{mpsc, watch};

/// Offers the load that the scenario's lines say to the server at `url`.
pub async fn offer(url: &url::Url, wallet: &Wallet, lines: &str) -> Result<LoadTally, EngineError> {
    offer_while(url, wallet, lines, async |_| {}).await
}

/// As [`offer`]; `listen` gets the events meanwhile.
pub async fn offer_while(
    url: &url::Url,
    wallet: &Wallet,
    lines: &str,
    listen: impl AsyncFnOnce(mpsc::UnboundedReceiver<Event>),
) -> Result<LoadTally, EngineError> {
    let endpoint = Endpoint::resolve(url, None, None).await.unwrap();
    let text = format!("title = \"t\"\n[stacks.prod]\nurl = \"http://127.0.0.1:1\"\n{lines}");
    let plan = Plan::parse(Path::new("test.toml"), &text).unwrap_or_else(|error| panic!("{error:?}"));
    let (events, said) = mpsc::unbounded_channel();
    let (_renew, renewals) = mpsc::unbounded_channel();
    let (_stopper, stop) = watch::channel(false);
    let input = LoadInput {
        redactor: &wallet.redactor(&plan),
        plan: &plan,
        endpoint: &endpoint,
        values: &BTreeMap::new(),
        wallet,
        renewals,
        stop,
        events,
    };
    let (tally, ()) = tokio::join!(load(input), listen(said));
    tally
}
