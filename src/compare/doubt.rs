//! Why a comparison proves less than it seems to: the generator, the machine, the tokens, the errors.

use super::quantity::{latency, percent};
use crate::record::{BlockRecord, NOT_RENEWED, RouteRecord, StackRecord};

/// Stolen time above which figures are partly the host's, and above which they are mostly noise.
const STOLEN: (f64, f64) = (0.10, 0.25);
/// Difference of stolen time, or of clocks, that one stack's blocks may have over the other's.
const UNEVEN: f64 = 0.05;
/// Share of a stack's blocks that may have been sent late.
const LATE: f64 = 0.2;
/// Share of requests that may fail before failing quickly makes a stack look quick.
const FAILING: f64 = 0.01;

/// How much a doubt takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The figures stand, but no verdict should rest on them alone.
    Weak,
    /// The figures are not those of the stacks.
    Invalid,
}

impl Weight {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Weight::Weak => "weak",
            Weight::Invalid => "invalid",
        }
    }
}

/// What a doubt comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// What the stack does not answer for: the generator, the machine, another load.
    Conditions,
    /// Requests that were refused or failed, which an error rate counts.
    Failures,
}

/// A reason against a comparison. A gate that rests on it is unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubt {
    /// How much it takes away.
    pub weight: Weight,
    /// What it comes from.
    pub cause: Cause,
    /// The route whose figures it is about; absent when it is about all of them.
    pub route: Option<String>,
    /// In words.
    pub reason: String,
}

/// The doubts about two stacks beside each other.
pub fn doubts(first: &StackRecord, second: &StackRecord) -> Vec<Doubt> {
    let mut found: Vec<Doubt> = [first, second].into_iter().flat_map(own).collect();
    found.extend(stolen(first, second));
    found.extend(uneven_clocks(first, second));
    found
}

/// The doubts about one stack, whatever stands beside it.
pub fn doubts_of_one(stack: &StackRecord) -> Vec<Doubt> {
    let mut found = own(stack);
    let share = stolen_from(stack).filter(|share| *share > STOLEN.0);
    found.extend(share.map(|share| doubt(weight_of_stolen(share), stolen_of_all(share))));
    found
}

fn own(stack: &StackRecord) -> Vec<Doubt> {
    let mut found: Vec<Doubt> =
        [saturated(stack), late_blocks(stack), expired(stack)].into_iter().flatten().collect();
    found.extend(fast_errors(stack));
    found
}

/// One about all figures, from what the stack does not answer for.
pub(super) fn doubt(weight: Weight, reason: String) -> Doubt {
    Doubt { weight, cause: Cause::Conditions, route: None, reason }
}

fn of_failures(weight: Weight, route: Option<String>, reason: String) -> Doubt {
    Doubt { weight, cause: Cause::Failures, route, reason }
}

fn saturated(stack: &StackRecord) -> Option<Doubt> {
    let reason = || format!("on {} the generator was the limit, not the stack", stack.name);
    stack.generator.saturated.then(|| doubt(Weight::Invalid, reason()))
}

fn late_blocks(stack: &StackRecord) -> Option<Doubt> {
    let late = stack.blocks.iter().filter(|block| block.generator.saturated).count();
    let many = late as f64 > LATE * stack.blocks.len() as f64;
    // That all of it was late is said already.
    (many && !stack.generator.saturated).then(|| {
        let blocks = stack.blocks.len();
        doubt(Weight::Weak, format!("in {late} of {blocks} blocks on {} the generator was late", stack.name))
    })
}

/// Tokens that ended midway: refusals in the last third of the blocks where the first had none.
fn expired(stack: &StackRecord) -> Option<Doubt> {
    if stack.warnings.iter().any(|warning| warning.starts_with(NOT_RENEWED)) {
        let refused = stack.total.statuses.get(&401).is_some_and(|n| *n > 0);
        return refused.then(|| {
            let reason = format!("{} would not renew tokens and refused requests", stack.name);
            of_failures(Weight::Invalid, None, reason)
        });
    }
    let third = stack.blocks.len() / 3;
    let refused = |blocks: &[BlockRecord]| {
        let requests: u64 = blocks.iter().map(|block| block.total.requests).sum();
        let of = |block: &BlockRecord| block.total.statuses.get(&401).copied().unwrap_or(0);
        blocks.iter().map(of).sum::<u64>() as f64 / requests.max(1) as f64
    };
    let (early, late) =
        (refused(&stack.blocks[..third]), refused(&stack.blocks[stack.blocks.len() - third..]));
    (early == 0.0 && late > FAILING).then(|| {
        let reason = format!(
            "tokens ended midway: {} refused {} of the later requests and none before",
            stack.name,
            percent(late)
        );
        of_failures(Weight::Invalid, None, reason)
    })
}

/// Errors that are many and come much faster than answers.
pub(super) struct FastErrors {
    /// Share of the requests that failed.
    pub(super) rate: f64,
    /// Median time of those, and of a good answer, in milliseconds.
    pub(super) failed: f64,
    pub(super) good: f64,
}

impl FastErrors {
    pub(super) fn of(route: &RouteRecord) -> Option<Self> {
        let (rate, failed, good) = (route.error_rate()?, route.failed.p50_ms?, route.response.p50_ms?);
        (rate > FAILING && failed < good / 2.0).then_some(FastErrors { rate, failed, good })
    }
}

fn fast_errors(stack: &StackRecord) -> Vec<Doubt> {
    let quick = |route: &RouteRecord| {
        let FastErrors { rate, failed, good } = FastErrors::of(route)?;
        Some(format!(
            "{} of the requests to {} failed, in {} where a good answer took {}",
            percent(rate),
            stack.name,
            latency(failed),
            latency(good)
        ))
    };
    let all = quick(&stack.total).map(|reason| of_failures(Weight::Weak, None, reason));
    let routes = stack
        .routes
        .iter()
        .filter_map(|route| Some(of_failures(Weight::Weak, Some(route.name.clone()), quick(route)?)));
    all.into_iter().chain(routes).collect()
}

fn stolen_from(stack: &StackRecord) -> Option<f64> {
    mean(stack.blocks.iter().map(|block| block.machine.stolen))
}

fn stolen_of_all(share: f64) -> String {
    format!("other guests of the host took {} of the processors' time", percent(share))
}

fn weight_of_stolen(share: f64) -> Weight {
    if share > STOLEN.1 { Weight::Invalid } else { Weight::Weak }
}

fn stolen(first: &StackRecord, second: &StackRecord) -> Option<Doubt> {
    let (a, b) = (stolen_from(first)?, stolen_from(second)?);
    let most = a.max(b);
    let weight = weight_of_stolen(most);
    if weight == Weight::Invalid {
        return Some(doubt(weight, stolen_of_all(most)));
    }
    (most > STOLEN.0 || (a - b).abs() > UNEVEN).then(|| {
        let reason =
            format!("{} from {} and {} from {}", stolen_of_all(a), first.name, percent(b), second.name);
        doubt(weight, reason)
    })
}

fn uneven_clocks(first: &StackRecord, second: &StackRecord) -> Option<Doubt> {
    let of = |stack: &StackRecord| mean(stack.blocks.iter().map(|block| block.machine.mhz));
    let (a, b) = (of(first)?, of(second)?);
    ((a / b - 1.0).abs() > UNEVEN).then(|| {
        let reason = format!(
            "the processors ran at {a:.0} MHz under {} and at {b:.0} MHz under {}",
            first.name, second.name
        );
        doubt(Weight::Weak, reason)
    })
}

/// The mean of all; `None` where one is not known.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;
    use crate::report::fixture::{self, spoilt};

    fn found(change: impl Fn(&mut Record)) -> Vec<(Weight, Option<String>, String)> {
        let mut record = fixture::duet();
        // Its own doubt: errors of one route that come faster than answers.
        record.stacks[0].routes[1].errors.clear();
        change(&mut record);
        let doubts = doubts(&record.stacks[0], &record.stacks[1]);
        doubts.into_iter().map(|doubt| (doubt.weight, doubt.route, doubt.reason)).collect()
    }

    fn only(change: impl Fn(&mut Record)) -> (Weight, String) {
        let mut found = found(change);
        assert_eq!(found.len(), 1, "{found:?}");
        let (weight, _, reason) = found.remove(0);
        (weight, reason)
    }

    #[test]
    fn a_sound_comparison_has_none() {
        assert_eq!(found(|_| ()), []);
    }

    #[test]
    fn the_generator_and_the_host_are_watched() {
        let (weight, reason) = only(|record| record.stacks[1].generator.saturated = true);
        assert_eq!(
            (weight, reason.as_str()),
            (Weight::Invalid, "on prod the generator was the limit, not the stack")
        );
        let (weight, reason) = only(|record| {
            record.stacks[0].blocks.iter_mut().take(5).for_each(|block| block.generator.saturated = true);
        });
        assert_eq!(
            (weight, reason.as_str()),
            (Weight::Weak, "in 5 of 20 blocks on dev the generator was late")
        );
        let steal = |share: f64| move |record: &mut Record| spoilt::stolen(record, share);
        assert_eq!(only(steal(0.3)).0, Weight::Invalid);
        assert_eq!(only(steal(0.08)).0, Weight::Weak, "more than from the other");
        assert_eq!(found(steal(0.04)), []);
        let (weight, reason) = only(|record| {
            record.stacks[0].blocks.iter_mut().for_each(|block| block.machine.mhz = Some(3_000.0));
        });
        assert!(weight == Weight::Weak && reason.contains("3000 MHz under dev"), "{reason}");
        let unknown = |record: &mut Record| {
            for stack in &mut record.stacks {
                stack.blocks.iter_mut().for_each(|block| block.machine = Default::default());
            }
        };
        assert_eq!(found(unknown), [], "what the system does not tell is no doubt");
    }

    #[test]
    fn tokens_that_end_midway_are_seen() {
        let refuse = |from: usize| {
            move |record: &mut Record| {
                for block in &mut record.stacks[1].blocks[from..] {
                    block.total.statuses.insert(401, 100);
                }
            }
        };
        let (weight, reason) = only(refuse(12));
        assert_eq!(weight, Weight::Invalid);
        assert!(reason.starts_with("tokens ended midway: prod refused 50%"), "{reason}");
        assert_eq!(found(refuse(0)), [], "refused from the start on: that is no token's end");
    }

    #[test]
    fn fast_errors_put_their_route_in_doubt() {
        let mut record = fixture::duet();
        let found = doubts(&record.stacks[0], &record.stacks[1]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].weight, found[0].route.as_deref()), (Weight::Weak, Some("note-create")));
        spoilt::fast_errors(&mut record);
        assert_eq!(doubts(&record.stacks[0], &record.stacks[1]).len(), 2, "and all of it when they are many");
    }
}
