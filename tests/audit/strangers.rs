//! Stacks that are no Django, each as small as what it shows.

use std::collections::{BTreeMap, BTreeSet};

use shakedown::audit::Selection;
use shakedown::auth::Wallet;
use shakedown::record::{CheckOutcome, Outcome};
use shakedown::wire::Endpoint;

use crate::of;
use crate::site::{plan, run};
use crate::support::{App, header, response};

/// The checks' outcomes for a scenario about a server, which is asked with consent.
async fn audited(app: &App, routes: &str, checks: &str) -> Vec<CheckOutcome> {
    let url = app.url();
    let plan = plan(url.as_str().trim_end_matches('/'), "audit = { active = true }", routes);
    let endpoint = Endpoint::resolve(&url, None, None).await.unwrap();
    let wallet = Wallet::obtain(&plan, &endpoint, &|_, _| {}).await.unwrap();
    run(&plan, &endpoint, &BTreeMap::new(), &wallet, &Selection::parse(checks).unwrap()).await
}

fn path(request: &str) -> &str {
    request.split_whitespace().nth(1).unwrap()
}

fn routes(count: usize) -> String {
    let route = |n| format!("[[routes]]\nname = \"r{n}\"\nget = \"/r{n}/\"\n");
    let load = "[load]\nmodel = \"open\"\nrate = 1\nduration = \"1s\"\n";
    (0..count).map(route).chain([load.to_owned()]).collect()
}

#[tokio::test]
async fn a_route_that_echoes_the_origin_alone_is_found() {
    for (value, id) in [("https://", "CORS-REFLECT"), ("null", "CORS-NULL")] {
        let app = App::start(move |request| {
            let origin = header(request, "origin").filter(|origin| origin.starts_with(value));
            let allowed = origin.filter(|_| path(request) == "/r17/").map_or(String::new(), |origin| {
                format!("Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n")
            });
            response(200, &format!("Content-Type: text/html\r\n{allowed}"), "hello")
        })
        .await;
        let outcomes = audited(&app, &routes(25), "CORS-*").await;
        let found = of(&outcomes, id);
        assert_eq!(found.outcome, Outcome::Fail, "{}", found.summary);
        assert!(found.places[0].route.starts_with("r17: "), "{}", found.places[0].route);
        let asked = app.requests();
        let others = asked.iter().filter(|request| header(request, "origin") == Some("null"));
        let others: BTreeSet<&str> = others.map(|request| path(request)).collect();
        assert_eq!(others.len(), 20);
    }
}
