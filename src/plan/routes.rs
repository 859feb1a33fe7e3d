//! Routes and flows: every request, with its names resolved and its templates compiled.

use std::borrow::Cow;
use std::time::Duration;

use super::auths::Populations;
use super::check::Check;
use super::variables::Names;
use super::{AuthId, AuthPlan, BodyPlan, ExpectPlan, FeederPlan, PopulationId, RouteId, Template};
use crate::scenario::model::{Flow, Route, RouteKind};
use crate::scenario::{Document, Place, without_secrets};

/// A value to look up on each stack.
#[derive(Debug, Clone)]
pub struct DiscoverPlan {
    /// Its name in templates.
    pub name: String,
    /// Path to fetch.
    pub path: String,
    /// Auth to fetch it with.
    pub auth: Option<AuthId>,
    /// Where the value stands.
    pub from: ExtractPlan,
}

/// One request, checked.
#[derive(Debug, Clone)]
pub struct RoutePlan {
    /// `name`, or `flow/step`.
    pub name: String,
    /// Method, upper case as written.
    pub method: Cow<'static, str>,
    /// Path and query.
    pub path: Template,
    /// The path as written in the scenario, braces included, without secrets.
    pub written: String,
    /// Auth.
    pub auth: Option<AuthId>,
    /// Whose columns `{{user.*}}` are: the auth's population, else the first.
    pub population: PopulationId,
    /// What it is.
    pub kind: RouteKind,
    /// Extra headers in order.
    pub headers: Vec<(String, Template)>,
    /// Body, with the Content-Type to send unless `headers` has one.
    pub body: Option<BodyPlan>,
    /// Time-out of the whole request.
    pub timeout: Duration,
    /// Redirects to follow on the same stack.
    pub follow: u8,
    /// What the answer must be.
    pub expect: ExpectPlan,
    /// Values to take from the answer: slot in [`super::Scope::extracted`] and where it stands.
    pub extract: Vec<(usize, ExtractPlan)>,
    /// Line (1-based) in the scenario file.
    pub line: usize,
}

/// Where a value stands in an answer.
#[derive(Debug, Clone)]
pub enum ExtractPlan {
    /// First value of a JSONPath; strings without quotes.
    Json(serde_json_path::JsonPath),
    /// First line of a header (name in lower case).
    Header(String),
    /// First group of a pattern, or the whole match.
    Regex(regex::bytes::Regex),
}

/// What one arrival is: a lone route, or the steps of a flow.
#[derive(Debug, Clone)]
pub struct Item {
    /// Name of the route or flow.
    pub name: String,
    /// Share among the items; at least 1.
    pub weight: u32,
    /// Requests in order; at least one.
    pub steps: Vec<RouteId>,
    /// Pause between steps.
    pub think: Duration,
    /// How many values its steps extract (length of [`super::Scope::extracted`]).
    pub slots: usize,
}

/// More hops than this are a loop.
const MOST_REDIRECTS: u8 = 10;

const METHODS: [(&str, &str); 7] = [
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
    ("head", "HEAD"),
    ("options", "OPTIONS"),
];

/// What routes refer to.
pub(super) struct Scenery<'a> {
    pub document: &'a Document,
    pub auths: &'a [AuthPlan],
    pub populations: &'a Populations,
    pub feeders: &'a [FeederPlan],
    /// Names of the values every stack has.
    pub stack_names: &'a [String],
    /// Names only some stacks have, with one that lacks it.
    pub partial: &'a [(String, String)],
    pub timeout: Duration,
}

/// A step's surroundings: its flow and what the flow's steps extracted so far.
struct Surroundings<'a> {
    flow: Option<(&'a Flow, &'a Place)>,
    slots: Vec<String>,
}

impl Check<'_> {
    /// Every request, and what one arrival may be.
    pub fn routes(&mut self, scenery: &Scenery<'_>) -> (Vec<RoutePlan>, Vec<Item>) {
        let document = scenery.document;
        let scenario = &document.scenario;
        let (mut routes, mut items) = (Vec::new(), Vec::<Item>::new());
        if scenario.routes.is_empty() && scenario.flows.is_empty() {
            let help = "add `[[routes]]` with `name = \"home\"` and `get = \"/\"`";
            self.mistakes.at(0..0, "there is nothing to request: no routes and no flows", help);
        }
        for (position, route) in scenario.routes.iter().enumerate() {
            let place = document.root.key("routes").item(position);
            let mut surroundings = Surroundings { flow: None, slots: Vec::new() };
            self.item_name(&route.name, place, &items);
            if let Some(extract) = place.get("extract") {
                let help = "make it a step of a flow: `[[flows]]` with `steps = [...]`";
                self.wrong_key(extract, "a lone route has no later step to use `extract`", help);
            }
            let plan = self.route(route, place, &mut surroundings, scenery);
            let weight = self.weight(route.weight, place);
            routes.push(plan);
            let steps = vec![RouteId(routes.len() - 1)];
            items.push(Item { name: route.name.clone(), weight, steps, think: Duration::ZERO, slots: 0 });
        }
        for (position, flow) in scenario.flows.iter().enumerate() {
            let place = document.root.key("flows").item(position);
            self.item_name(&flow.name, place, &items);
            let item = self.flow(flow, place, scenery, &mut routes);
            items.push(item);
        }
        (routes, items)
    }

    fn flow(
        &mut self,
        flow: &Flow,
        place: &Place,
        scenery: &Scenery<'_>,
        routes: &mut Vec<RoutePlan>,
    ) -> Item {
        let mut surroundings = Surroundings { flow: Some((flow, place)), slots: Vec::new() };
        if flow.steps.is_empty() {
            let message = format!("flow `{}` has no steps", flow.name);
            self.wrong(place.key("steps"), message, "add `{ name = \"list\", get = \"/\" }`");
        }
        if let Some(auth) = &flow.auth {
            let names = scenery.auths.iter().map(|auth| auth.name.as_str());
            self.lookup(auth, names, place.key("auth"), "auth");
        }
        let first = routes.len();
        for (position, step) in flow.steps.iter().enumerate() {
            let place = place.key("steps").item(position);
            if step.name.is_empty() {
                self.wrong(place, "this step has no `name`", "add `name = \"…\"`");
            }
            self.name(&step.name, place.key("name"), "a step");
            if !step.name.is_empty() && flow.steps[..position].iter().any(|other| other.name == step.name) {
                let message = format!("flow `{}` has two steps `{}`", flow.name, step.name);
                self.wrong(place.key("name"), message, "give each step its own name");
            }
            if let Some(weight) = place.get("weight") {
                self.wrong_key(
                    weight,
                    "a step has no weight",
                    "give the flow a `weight`; its steps run in order",
                );
            }
            routes.push(self.route(step, place, &mut surroundings, scenery));
        }
        Item {
            name: flow.name.clone(),
            weight: self.weight(flow.weight, place),
            steps: (first..routes.len()).map(RouteId).collect(),
            think: self.duration(flow.think.as_deref(), place.key("think"), Duration::ZERO),
            slots: surroundings.slots.len(),
        }
    }

    fn route(
        &mut self,
        route: &Route,
        place: &Place,
        surroundings: &mut Surroundings<'_>,
        scenery: &Scenery<'_>,
    ) -> RoutePlan {
        let auth = self.auth_of(route, place, surroundings, scenery);
        let named =
            route.auth.as_ref().or_else(|| surroundings.flow.and_then(|(flow, _)| flow.auth.as_ref()));
        let unknown_auth = named.is_some() && auth.is_none();
        let population = auth.map_or(PopulationId(0), |id| scenery.auths[id.0].population);
        let slots = surroundings.slots.clone();
        let names = Names {
            user: if unknown_auth { None } else { scenery.populations.columns(population) },
            feeders: scenery.feeders,
            extracted: &slots,
            stack: scenery.stack_names,
            partial: scenery.partial,
        };
        let (method, path_key, path) = self.method(route, place);
        let with_auth = auth.is_some();
        let kind = route.kind.unwrap_or(match path {
            _ if with_auth => RouteKind::Protected,
            path if path.starts_with("/static/") => RouteKind::Static,
            _ => RouteKind::Html,
        });
        if !path.is_empty() {
            self.request_target(path, place.key(path_key));
        }
        let headers = route.headers.iter().map(|(name, text)| {
            let place = place.key("headers").key(name);
            self.header_name(name, place, true);
            if text.contains(['\r', '\n', '\0']) {
                self.wrong(place, "a header's value has one line", "leave line breaks out");
            }
            (name.clone(), self.template(text, place, &names))
        });
        let headers = headers.collect();
        if route.follow.is_some_and(|hops| hops > MOST_REDIRECTS) {
            self.wrong(place.key("follow"), "too many redirects to follow", "write a number from 0 to 10");
        }
        let body = route.body.as_ref().and_then(|body| self.body(body, place.key("body"), &names));
        let expect = self.expect(route.expect.as_ref(), place.key("expect"), &names, with_auth);
        RoutePlan {
            name: match surroundings.flow {
                Some((flow, _)) => format!("{}/{}", flow.name, route.name),
                None => route.name.clone(),
            },
            method,
            path: self.template(path, place.key(path_key), &names),
            written: without_secrets(path),
            auth,
            population,
            kind,
            headers,
            body,
            timeout: self.positive_duration(route.timeout.as_deref(), place.key("timeout"), scenery.timeout),
            follow: route.follow.unwrap_or(0),
            expect,
            extract: self.extracts(route, place.key("extract"), surroundings),
            line: scenery.document.line(place),
        }
    }

    fn auth_of(
        &mut self,
        route: &Route,
        place: &Place,
        surroundings: &Surroundings<'_>,
        scenery: &Scenery<'_>,
    ) -> Option<AuthId> {
        let names = scenery.auths.iter().map(|auth| auth.name.as_str());
        match (&route.auth, surroundings.flow) {
            (Some(name), _) => self.lookup(name, names, place.key("auth"), "auth").map(AuthId),
            // An unknown name is the flow's own mistake.
            (None, Some((flow, _))) => {
                let name = flow.auth.as_deref()?;
                names.into_iter().position(|known| known == name).map(AuthId)
            }
            (None, None) => None,
        }
    }

    /// Method, the key the path was written in, and the path.
    fn method<'r>(&mut self, route: &'r Route, place: &Place) -> (Cow<'static, str>, &'static str, &'r str) {
        let paths = [
            &route.get,
            &route.post,
            &route.put,
            &route.patch,
            &route.delete,
            &route.head,
            &route.options,
            &route.method,
        ];
        let keys = METHODS.iter().map(|(key, _)| *key).chain(["method"]);
        let written: Vec<&str> =
            keys.zip(paths).filter(|(_, path)| path.is_some()).map(|(key, _)| key).collect();
        let choices = "`get`, `post`, `put`, `patch`, `delete`, `head`, `options`, or `method` with `path`";
        if route.path.is_none() || !written.is_empty() {
            self.exactly_one(&written, choices, place, "a request");
        }
        if let Some((method, path)) = route.method.as_deref().map(|m| (m, route.path.as_deref())) {
            if !super::check::is_token(method) {
                self.wrong(place.key("method"), format!("`{method}` is no method"), "for example `PROPFIND`");
            }
            if path.is_none() {
                self.wrong_key(place.key("method"), "`method` goes with `path`", "add `path = \"/…\"`");
            }
            return (method.to_owned().into(), "path", path.unwrap_or_default());
        }
        if route.path.is_some() {
            let help = "write `get = \"/…\"`, or add `method`";
            self.wrong_key(place.key("path"), "`path` goes with `method`", help);
        }
        let found = METHODS
            .iter()
            .zip(paths)
            .find_map(|((key, method), path)| Some((*key, *method, path.as_deref()?)));
        let (key, method, path) = found.unwrap_or(("get", "GET", ""));
        (method.into(), key, path)
    }

    fn extracts(
        &mut self,
        route: &Route,
        place: &Place,
        surroundings: &mut Surroundings<'_>,
    ) -> Vec<(usize, super::ExtractPlan)> {
        let mut plans = Vec::new();
        for (name, extract) in &route.extract {
            let place = place.key(name);
            let plain =
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            if !plain || matches!(name.as_str(), "uuid" | "counter") {
                let message = format!("`{name}` cannot be a value's name");
                self.wrong_key(
                    place,
                    message,
                    "use letters, digits, `-` and `_`; `uuid` and `counter` are taken",
                );
            }
            let slot = surroundings.slots.iter().position(|known| known == name).unwrap_or_else(|| {
                surroundings.slots.push(name.clone());
                surroundings.slots.len() - 1
            });
            plans.extend(self.extract(extract, place).map(|plan| (slot, plan)));
        }
        plans
    }

    fn item_name(&mut self, name: &str, place: &Place, items: &[Item]) {
        if name.is_empty() {
            return self.wrong(place, "this has no `name`", "add `name = \"…\"`: results and gates use it");
        }
        self.name(name, place.key("name"), "a route or flow");
        if items.iter().any(|item| item.name == name) {
            let message = format!("the name `{name}` is used twice");
            self.wrong(place.key("name"), message, "give each route and flow its own name");
        }
    }

    fn weight(&mut self, weight: Option<u32>, place: &Place) -> u32 {
        match weight {
            Some(0) => {
                let help = "write 1 or more, or take it out of the file";
                self.wrong(place.key("weight"), "with weight 0 it would never be chosen", help);
                1
            }
            Some(weight) if weight > 1_000_000 => {
                self.wrong(
                    place.key("weight"),
                    "the weight is too large",
                    "weights are shares: 1 to 1000000",
                );
                1
            }
            weight => weight.unwrap_or(1),
        }
    }
}
