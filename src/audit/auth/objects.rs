//! Another user's object: the scenario's own flow as one user, its reading step as another.

use crate::audit::collect::routes;
use crate::audit::exchange::{Purpose, Site};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::Prober;
use crate::engine::extract;
use crate::plan::{Item, RoutePlan};
use crate::secret::{ExposeSecret, SecretString};
use crate::wire::Request;

pub const OTHER_USER: Purpose = Purpose::Own("auth-other-user");
/// Flows that are tried.
const FLOWS: usize = 5;

pub static OBJECTS: Probe = Probe {
    name: "auth-objects",
    consent: Consent::Active,
    about: "the scenario's own flows once as the first user; each reading step of an object also as the second user",
    most: 60,
    lacks: |input| {
        let flow = input.plan.items.iter().any(|item| item.steps.len() > 1 && item.slots > 0);
        (!flow).then_some("the scenario has no flow that makes an object and reads it")
    },
    send: |prober| {
        Box::pin(async move {
            let plan = prober.input.plan;
            for flow in plan.items.iter().filter(|item| item.steps.len() > 1 && item.slots > 0).take(FLOWS) {
                walk(prober, flow).await;
            }
        })
    },
};

/// One flow from its first step to its last; an answer without the values that later steps need ends it.
async fn walk(prober: &mut Prober<'_>, flow: &Item) {
    let input = prober.input;
    let mut slots = vec![String::new(); flow.slots];
    let mut made = false;
    for route in flow.steps.iter().filter_map(|id| input.plan.routes.get(id.0)) {
        let Some(bare) = routes::step(input, route, 0, &slots) else { return };
        let Some(own) = with_credential(prober, route, bare.clone(), 0) else { return };
        let site = |variant: &str| Site::of(route, variant, true);
        // The first user's own reading is the control of the second user's.
        let Some(exchange) = prober.ask(Purpose::Control, site("as its owner"), own.clone()).await else {
            return;
        };
        let Ok(answer) = exchange.answer.clone() else { return };
        if made && route.method == "GET" {
            prober.keep(exchange);
            if let Some(foreign) = with_credential(prober, route, bare, 1) {
                prober.send(OTHER_USER, site("as another user"), foreign).await;
                prober.send(Purpose::Control, site("as its owner"), own).await;
            }
        }
        for (slot, from) in &route.extract {
            let (Some(value), Some(place)) = (extract(from, &answer), slots.get_mut(*slot)) else { return };
            *place = value;
            made = true;
        }
    }
}

fn with_credential(
    prober: &Prober<'_>,
    route: &RoutePlan,
    mut request: Request,
    user: usize,
) -> Option<Request> {
    let credential = prober.input.wallet.get(route.auth?, user)?;
    let mut add = |headers: &[(String, SecretString)]| {
        request
            .headers
            .extend(headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned())));
    };
    add(&credential.headers);
    if !matches!(&*route.method, "GET" | "HEAD" | "OPTIONS") {
        add(&credential.unsafe_headers);
    }
    Some(request)
}
