//! Gates that a load is ended for: `abort = true` in `[gates]`.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::engine::{ErrorClass, LoadTally, SecondTally, histogram};
use crate::expression::{Bound, Expression, Names, Subject, parse_names};
use crate::gate::{SoFar, can_be_lost, lost};
use crate::plan::{GateLine, ModelPlan, Plan};

/// How a stack's failure begins where the load had ended for another's gate before its turn.
pub(super) const NOT_LOADED: &str = "not loaded: the load had ended early";
/// Share of the time after which a closed load's size is guessed, and how much faster than until then it may get.
const CLOSED: (f64, f64) = (0.25, 2.0);

/// The gates that can be lost, and what each stack's load has brought so far.
pub(super) struct Early {
    gates: Vec<(String, Subject, Bound)>,
    so_far: BTreeMap<String, Tally>,
}

struct Tally {
    requests: u64,
    errors: u64,
    response: Histogram<u64>,
    /// Measured time of the blocks that are over.
    blocks: Duration,
}

/// The scenario's gates where it says `abort = true`, each with why it ends no load, if so.
pub fn abort(plan: &Plan) -> Vec<(&GateLine, Option<&'static str>)> {
    let gates = plan.gates.iter().filter(|_| plan.abort);
    gates.map(|gate| (gate, watched(plan, gate).err())).collect()
}

/// What has to hold for a gate that can end the load; why there is nothing.
fn watched(plan: &Plan, gate: &GateLine) -> Result<(Subject, Bound), &'static str> {
    let stacks: Vec<&str> = plan.stacks.iter().map(|stack| stack.name.as_str()).collect();
    let routes: Vec<&str> = plan.routes.iter().map(|route| route.name.as_str()).collect();
    let alone = stacks.len() == 1 && plan.load.blocks.is_some_and(|blocks| !blocks.asked);
    match parse_names(&gate.text, Names { stacks: &stacks, routes: &routes, checked: true }) {
        _ if plan.load.series.is_some() => Err("a search and a sweep go on to their end"),
        Ok(Expression::Level(_, bound)) if !can_be_lost(bound) => Err("what is to come can mend it"),
        Ok(Expression::Level(Subject { route: Some(_), .. }, _)) if plan.load.blocks.is_none() => {
            Err("routes are looked at after each block, and this load is in one piece")
        }
        Ok(Expression::Level(Subject { route: Some(_), .. }, _)) if alone => {
            Err("routes are looked at after each block: set `blocks` in [load]")
        }
        Ok(Expression::Level(subject, bound)) => Ok((subject, bound)),
        Ok(Expression::Audit(..) | Expression::NewFindings(..)) => Err("findings do not wait for the load"),
        Ok(Expression::Ratio(..) | Expression::Past(..)) => Err("a ratio needs the whole load"),
        Err(_) => Err("it can't be read"),
    }
}

impl Early {
    /// `None` where the scenario does not ask for it, or has no gate that can be lost.
    pub(super) fn of(plan: &Plan) -> Option<Early> {
        let of = |gate: &GateLine| {
            watched(plan, gate).ok().map(|(subject, bound)| (gate.text.clone(), subject, bound))
        };
        let gates: Vec<_> = plan.gates.iter().filter(|_| plan.abort).filter_map(of).collect();
        (!gates.is_empty()).then(|| Early { gates, so_far: BTreeMap::new() })
    }

    /// Takes in a second of a stack's load.
    pub(super) fn add(&mut self, stack: &str, tally: &SecondTally, response: &Histogram<u64>) {
        let sum = self.so_far.entry(stack.to_owned()).or_insert_with(|| Tally {
            requests: 0,
            errors: 0,
            response: histogram(),
            blocks: Duration::ZERO,
        });
        sum.requests += tally.counts.requests;
        sum.errors += errors(&tally.counts.errors);
        // Both have the bounds of `histogram()`: adding cannot fail.
        let _ = sum.response.add(response);
    }

    /// A block of a stack is over.
    pub(super) fn block(&mut self, stack: &str, length: Duration) {
        if let Some(sum) = self.so_far.get_mut(stack) {
            sum.blocks += length;
        }
    }

    /// The gate on a stack as a whole that is lost, this long into its load (or into the block under way).
    pub(super) fn lost(&self, plan: &Plan, stack: &str, under_way: Duration) -> Option<&str> {
        let sum = self.so_far.get(stack)?;
        let over = sum.blocks + under_way;
        self.gates
            .iter()
            .filter(|(_, subject, _)| subject.route.is_none() && concerns(subject, stack))
            .find(|(.., bound)| {
                most(plan, None, sum.requests, over).is_some_and(|most| {
                    let (requests, errors) = (sum.requests, sum.errors);
                    lost(*bound, SoFar { requests, errors, response: &sum.response, most })
                })
            })
            .map(|(text, ..)| text.as_str())
    }

    /// The gate on a stack's route that is lost, after so much of its load.
    pub(super) fn lost_route(&self, plan: &Plan, stack: &str, load: &LoadTally) -> Option<&str> {
        let over = Duration::from_secs_f64(load.generator.wall_s.max(0.0));
        let of_route = |name: &str| plan.routes.iter().position(|route| route.name == name);
        self.gates
            .iter()
            .filter(|(_, subject, _)| concerns(subject, stack))
            .find(|(_, subject, bound)| {
                let Some(at) = subject.route.as_deref().and_then(of_route) else { return false };
                let Some(route) = load.routes.get(at) else { return false };
                most(plan, Some(at), route.counts.requests, over).is_some_and(|most| {
                    let (requests, errors) = (route.counts.requests, errors(&route.counts.errors));
                    lost(*bound, SoFar { requests, errors, response: &route.latencies.response, most })
                })
            })
            .map(|(text, ..)| text.as_str())
    }
}

fn concerns(subject: &Subject, stack: &str) -> bool {
    subject.stack.as_deref().is_none_or(|name| name == stack)
}

fn errors(by_class: &[u64]) -> u64 {
    let classes = ErrorClass::ALL.iter().zip(by_class);
    classes.filter(|(class, _)| **class != ErrorClass::Local).map(|(_, n)| n).sum()
}

/// Requests that the whole load on a stack comes to at most, all of them or a route's; `None` as long as nobody can know.
/// Arrivals are planned; how often a route is drawn, and by Poisson's law the arrivals, swing, and six standard deviations
/// are added for that. A closed load has no plan: it is taken to become twice as fast as it was.
fn most(plan: &Plan, route: Option<usize>, requests: u64, over: Duration) -> Option<f64> {
    match &plan.load.model {
        ModelPlan::Open { profile, .. } => {
            let mut level = profile.start;
            let mut arrivals = 0.0;
            for (target, duration) in &profile.stages {
                arrivals += (level + target) / 2.0 * duration.as_secs_f64();
                level = *target;
            }
            let weights: f64 = plan.items.iter().map(|item| f64::from(item.weight)).sum();
            let each = |power: i32| -> f64 {
                let items = plan.items.iter().map(|item| {
                    let steps = item.steps.iter().filter(|step| route.is_none_or(|at| step.0 == at)).count();
                    f64::from(item.weight) * (steps as f64).powi(power)
                });
                items.sum::<f64>() / weights.max(1.0)
            };
            Some(arrivals * each(1) + 6.0 * (arrivals * each(2)).sqrt() + 10.0)
        }
        ModelPlan::Closed { profile, .. } => {
            let (least, faster) = CLOSED;
            let share = over.as_secs_f64() / profile.duration().as_secs_f64();
            (share >= least).then(|| requests as f64 * (1.0 + faster * (1.0 / share.min(1.0) - 1.0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(load: &str) -> Plan {
        let text = format!(
            "title = \"t\"\n[stacks.dev]\nurl = \"http://127.0.0.1:9\"\n\
             [[routes]]\nname = \"home\"\nget = \"/\"\nweight = 3\n[[routes]]\nname = \"other\"\nget = \"/o\"\n\
             [load]\n{load}\n[gates]\nabort = true\npass = [\"dev: errors < 1%\", \"/other: p99 < 1s\"]\n"
        );
        Plan::parse(std::path::Path::new("s.toml"), &text).unwrap()
    }

    #[test]
    fn a_gate_that_ends_no_load_says_why() {
        let whys = |plan: &Plan| abort(plan).into_iter().map(|(_, why)| why).collect::<Vec<_>>();
        let alone = plan("rate = 100\nduration = \"100s\"");
        assert_eq!(whys(&alone)[0], None);
        assert!(whys(&alone)[1].is_some_and(|why| why.contains("set `blocks` in [load]")));
        assert_eq!(whys(&plan("rate = 100\nduration = \"100s\"\nblocks = 10")), [None, None]);
        let search = plan("model = \"search\"\nobjective = [\"p99 < 1s\"]\nduration = \"20s\"");
        assert!(whys(&search).iter().all(Option::is_some));
    }

    #[test]
    fn an_open_load_comes_to_what_is_planned_and_a_little() {
        let plan = plan("rate = 100\nduration = \"100s\"");
        let most = |route| most(&plan, route, 0, Duration::ZERO).unwrap();
        assert!((10_000.0..10_700.0).contains(&most(None)), "{}", most(None));
        assert!((2_500.0..2_850.0).contains(&most(Some(1))), "{}", most(Some(1)));
    }

    #[test]
    fn a_closed_load_is_guessed_at_and_not_too_soon() {
        let plan = plan("model = \"closed\"\nusers = 2\nduration = \"40s\"");
        let most = |requests, over| most(&plan, None, requests, Duration::from_secs(over));
        assert_eq!(most(1_000, 9), None);
        assert_eq!(most(1_000, 10), Some(7_000.0));
        assert_eq!(most(1_000, 40), Some(1_000.0));
    }
}
