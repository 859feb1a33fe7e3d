//! The search: which rate to try next, given what was seen so far. Holds no clock and sends nothing.
//!
//! The rates that were tried, each with its votes, are the whole state. The *upper* end is the lowest rate that most of
//! its probes failed at, the *lower* end the highest one below it that most of its probes passed. Without an upper end
//! the ramp goes on; with both the space between is halved in the logarithm of the rate until it is narrow enough; then
//! both ends are tried again until enough probes agree. A probe that contradicts an earlier one moves an end, and the
//! search goes on from there by the same rules: one lucky or unlucky probe costs time, not the answer.

use crate::plan::SearchPlan;
use crate::record::{Ending, Phase, ProbeVerdict};

/// So often a rate is tried that gave no verdict, before the search gives up on it.
const TRIES: u32 = 3;

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Try this rate.
    Probe {
        /// Requests a second.
        rate: f64,
        /// What for.
        phase: Phase,
    },
    /// The answer is known, or as much of it as there will be.
    Done(Finding),
}

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// Highest rate that holds, confirmed.
    pub lower: Option<f64>,
    /// Lowest rate above it that fails, confirmed.
    pub upper: Option<f64>,
    /// How it ended.
    pub ending: Ending,
}

/// A rate and its votes.
#[derive(Debug, Clone, Copy)]
struct Point {
    rate: f64,
    passes: u32,
    fails: u32,
    undecided: u32,
    limited: u32,
}

impl Point {
    fn passed(&self) -> bool {
        self.passes > self.fails
    }

    fn failed(&self) -> bool {
        self.fails > self.passes
    }

    fn tied(&self) -> bool {
        self.passes == self.fails && self.passes > 0
    }

    /// Tried in vain as often as is tried.
    fn hopeless(&self) -> bool {
        self.undecided + self.limited >= TRIES
    }
}

/// A search under way.
#[derive(Debug, Clone)]
pub struct Search<'a> {
    plan: &'a SearchPlan,
    /// By rate.
    points: Vec<Point>,
    made: u32,
}

impl<'a> Search<'a> {
    /// Nothing tried yet.
    pub fn new(plan: &'a SearchPlan) -> Self {
        Search { plan, points: Vec::new(), made: 0 }
    }

    /// Probes made so far.
    pub fn made(&self) -> u32 {
        self.made
    }

    /// The space in which the answer lies, as far as is known: a rate that held, one that failed.
    pub fn bracket(&self) -> (Option<f64>, Option<f64>) {
        let upper = self.upper();
        (self.lower(upper).map(|point| point.rate), upper.map(|point| point.rate))
    }

    /// Takes a probe's verdict.
    pub fn heard(&mut self, rate: f64, verdict: ProbeVerdict) {
        self.made += 1;
        let at = self.points.partition_point(|point| point.rate < rate);
        if self.points.get(at).is_none_or(|point| point.rate != rate) {
            self.points.insert(at, Point { rate, passes: 0, fails: 0, undecided: 0, limited: 0 });
        }
        let point = &mut self.points[at];
        match verdict {
            ProbeVerdict::Pass => point.passes += 1,
            ProbeVerdict::Fail => point.fails += 1,
            ProbeVerdict::GeneratorLimit => point.limited += 1,
            ProbeVerdict::Undecided | ProbeVerdict::Measured => point.undecided += 1,
        }
    }

    /// What to do next.
    pub fn next(&self) -> Next {
        if self.made >= self.plan.most_probes() {
            return Next::Done(self.stopped(Ending::ProbesUsedUp));
        }
        // A draw says nothing: the next probe of that rate does.
        if let Some(point) = self.points.iter().find(|point| point.tied()) {
            return self.attempt(point.rate, Phase::Confirmation);
        }
        let upper = self.upper();
        let lower = self.lower(upper);
        match (lower, upper) {
            (None, None) => self.attempt(self.plan.from, Phase::Ramp),
            (None, Some(upper)) if upper.rate <= self.plan.from => {
                self.confirmed(None, Some(upper), Ending::BelowRange)
            }
            (None, Some(_)) => self.attempt(self.plan.from, Phase::Ramp),
            (Some(lower), None) if lower.rate >= self.plan.to => {
                self.confirmed(Some(lower), None, Ending::AboveRange)
            }
            (Some(lower), None) => {
                let rate = round(lower.rate * self.plan.step);
                // No last step so short that it would be within the answer's own precision.
                let last = rate * (1.0 + self.plan.precision) >= self.plan.to;
                self.attempt(if last { self.plan.to } else { rate }, Phase::Ramp)
            }
            (Some(lower), Some(upper)) if upper.rate > lower.rate * (1.0 + self.plan.precision) => {
                let middle = round((lower.rate * upper.rate).sqrt());
                if middle > lower.rate && middle < upper.rate {
                    self.attempt(middle, Phase::Bisection)
                } else {
                    self.confirmed(Some(lower), Some(upper), Ending::Found)
                }
            }
            (Some(lower), Some(upper)) => self.confirmed(Some(lower), Some(upper), Ending::Found),
        }
    }

    /// What is known when the search ends before its end.
    pub fn stopped(&self, ending: Ending) -> Finding {
        let upper = self.upper();
        let lower = self.lower(upper);
        let enough = |votes: u32| votes >= self.plan.needed();
        Finding {
            lower: lower.filter(|point| enough(point.passes)).map(|point| point.rate),
            upper: upper.filter(|point| enough(point.fails)).map(|point| point.rate),
            ending,
        }
    }

    fn upper(&self) -> Option<&Point> {
        self.points.iter().find(|point| point.failed())
    }

    fn lower(&self, upper: Option<&Point>) -> Option<&Point> {
        let limit = upper.map_or(f64::INFINITY, |point| point.rate);
        self.points.iter().rfind(|point| point.passed() && point.rate < limit)
    }

    /// Tries a rate, unless it was tried in vain too often.
    fn attempt(&self, rate: f64, phase: Phase) -> Next {
        let point = self.points.iter().find(|point| point.rate == rate);
        match point.filter(|point| point.hopeless()) {
            None => Next::Probe { rate, phase },
            // What stands at the lower end is confirmed before it is said to be the least the stack carries.
            Some(point) if point.limited > 0 => match self.lower(self.upper()).filter(|p| !p.hopeless()) {
                Some(lower) if lower.passes < self.plan.needed() => {
                    Next::Probe { rate: lower.rate, phase: Phase::Confirmation }
                }
                _ => Next::Done(self.stopped(Ending::GeneratorLimit)),
            },
            Some(_) => Next::Done(self.stopped(Ending::Undecided)),
        }
    }

    /// The answer, once enough probes agree at each end.
    fn confirmed(&self, lower: Option<&Point>, upper: Option<&Point>, ending: Ending) -> Next {
        let needed = self.plan.needed();
        let open = [lower.map(|point| (point, point.passes)), upper.map(|point| (point, point.fails))];
        match open.into_iter().flatten().find(|(_, votes)| *votes < needed) {
            Some((point, _)) => self.attempt(point.rate, Phase::Confirmation),
            None => Next::Done(self.stopped(ending)),
        }
    }
}

/// Four significant digits: rates a person can read, far finer than any precision that may be asked for.
fn round(rate: f64) -> f64 {
    let scale = 10_f64.powi(3 - rate.log10().floor() as i32);
    let rounded = (rate * scale).round() / scale;
    if rounded.is_finite() { rounded } else { rate }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(from: f64, to: f64) -> SearchPlan {
        SearchPlan { objective: Vec::new(), from, to, step: 2.0, precision: 0.05, confirm: 1, budget: None }
    }

    /// Runs a search against a stack that says what it says.
    fn run(
        plan: &SearchPlan,
        mut says: impl FnMut(f64, u32) -> ProbeVerdict,
    ) -> (Finding, Vec<(f64, Phase)>) {
        let mut search = Search::new(plan);
        let mut made = Vec::new();
        loop {
            match search.next() {
                Next::Done(finding) => return (finding, made),
                Next::Probe { rate, phase } => {
                    let verdict = says(rate, search.made());
                    search.heard(rate, verdict);
                    made.push((rate, phase));
                    assert!(made.len() <= plan.most_probes() as usize, "{made:?}");
                }
            }
        }
    }

    fn capacity(of: f64) -> impl FnMut(f64, u32) -> ProbeVerdict {
        move |rate, _| if rate <= of { ProbeVerdict::Pass } else { ProbeVerdict::Fail }
    }

    #[test]
    fn ramp_then_bisection_then_confirmation() {
        let plan = plan(100.0, 5_000.0);
        let (found, made) = run(&plan, capacity(500.0));
        assert_eq!(found.ending, Ending::Found);
        let (lower, upper) = (found.lower.unwrap(), found.upper.unwrap());
        assert!(lower <= 500.0 && upper > 500.0 && upper <= lower * 1.05, "{found:?}");
        let phases: Vec<Phase> = made.iter().map(|(_, phase)| *phase).collect();
        assert_eq!(&phases[..4], [Phase::Ramp; 4], "100, 200, 400, 800");
        assert_eq!(&made[phases.len() - 2..], [(lower, Phase::Confirmation), (upper, Phase::Confirmation)]);
        assert!(phases[4..phases.len() - 2].iter().all(|phase| *phase == Phase::Bisection), "{phases:?}");
        assert!(made.len() as u32 <= plan.usual_probes(), "{} of {}", made.len(), plan.usual_probes());
    }

    #[test]
    fn the_ends_of_the_range_are_answers_too() {
        let plan = plan(100.0, 1_000.0);
        let (found, made) = run(&plan, capacity(1e9));
        assert_eq!(found, Finding { lower: Some(1_000.0), upper: None, ending: Ending::AboveRange });
        let rates: Vec<f64> = made.iter().map(|(rate, _)| *rate).collect();
        assert_eq!(rates, [100.0, 200.0, 400.0, 800.0, 1_000.0, 1_000.0]);
        let (found, made) = run(&plan, capacity(0.0));
        assert_eq!(found, Finding { lower: None, upper: Some(100.0), ending: Ending::BelowRange });
        assert_eq!(made.len(), 2);
    }

    #[test]
    fn a_generator_at_its_limit_makes_no_capacity() {
        let says =
            |rate: f64, _| if rate > 500.0 { ProbeVerdict::GeneratorLimit } else { ProbeVerdict::Pass };
        let (found, made) = run(&plan(100.0, 5_000.0), says);
        assert_eq!(found, Finding { lower: Some(400.0), upper: None, ending: Ending::GeneratorLimit });
        assert_eq!(made.iter().filter(|(rate, _)| *rate == 800.0).count(), 3, "a busy moment is no limit");
        assert_eq!(made.last(), Some(&(400.0, Phase::Confirmation)));
    }

    #[test]
    fn one_busy_moment_of_the_generator_is_got_over() {
        let mut truth = capacity(500.0);
        let says = |rate, made| if made == 2 { ProbeVerdict::GeneratorLimit } else { truth(rate, made) };
        let (found, _) = run(&plan(100.0, 5_000.0), says);
        assert_eq!(found.ending, Ending::Found);
    }

    #[test]
    fn what_cannot_be_judged_ends_it_with_what_is_known() {
        let says = |rate: f64, _| if rate > 500.0 { ProbeVerdict::Undecided } else { ProbeVerdict::Pass };
        let (found, _) = run(&plan(100.0, 5_000.0), says);
        assert_eq!(found, Finding { lower: None, upper: None, ending: Ending::Undecided });
    }

    #[test]
    fn an_unlucky_probe_is_outvoted() {
        for unlucky in 0..12 {
            let mut truth = capacity(500.0);
            let says = |rate, made| match (truth(rate, made), made == unlucky) {
                (verdict, false) => verdict,
                (ProbeVerdict::Pass, true) => ProbeVerdict::Fail,
                (_, true) => ProbeVerdict::Pass,
            };
            let (found, made) = run(&plan(100.0, 5_000.0), says);
            assert_eq!(found.ending, Ending::Found, "{unlucky}: {made:?}");
            assert!(
                found.lower.unwrap() <= 500.0 && found.upper.unwrap() > 500.0,
                "{unlucky}: {found:?} {made:?}"
            );
        }
    }

    #[test]
    fn stopped_early_it_says_only_what_is_confirmed() {
        let plan = plan(100.0, 5_000.0);
        let mut search = Search::new(&plan);
        for rate in [100.0, 200.0] {
            search.heard(rate, ProbeVerdict::Pass);
        }
        search.heard(400.0, ProbeVerdict::Fail);
        assert_eq!(search.bracket(), (Some(200.0), Some(400.0)));
        let nothing = Finding { lower: None, upper: None, ending: Ending::TimeUp };
        assert_eq!(search.stopped(Ending::TimeUp), nothing, "one probe each is no confirmation");
        search.heard(200.0, ProbeVerdict::Pass);
        assert_eq!(search.stopped(Ending::TimeUp).lower, Some(200.0));
    }

    proptest! {
        #[test]
        fn any_capacity_is_found_within_the_precision(
            from in 1.0..1_000.0_f64, span in 1.01..10_000.0_f64, at in 0.0..1.2_f64, step in 1.1..10.0_f64,
            precision in 0.01..0.5_f64, confirm in 0..4_u32,
        ) {
            let (from, to) = (round(from), round(from * span) + 1.0);
            let truth = from * (to / from).powf(at);
            let plan = SearchPlan { objective: Vec::new(), from, to, step, precision, confirm, budget: None };
            let (found, made) = run(&plan, capacity(truth));
            prop_assert!(made.iter().all(|(rate, _)| (from..=to).contains(rate)));
            match found.ending {
                Ending::Found => {
                    let (lower, upper) = (found.lower.unwrap(), found.upper.unwrap());
                    prop_assert!(lower <= truth && truth < upper, "{found:?}");
                    prop_assert!(upper <= lower * (1.0 + precision) * 1.002, "{found:?}");
                }
                Ending::AboveRange => prop_assert!(truth >= to),
                Ending::BelowRange => prop_assert!(truth < from),
                other => prop_assert!(false, "{other:?}"),
            }
            prop_assert!(made.len() as u32 <= plan.usual_probes() + 1, "{} of {}", made.len(), plan.usual_probes());
        }

        /// Whatever it is told, it ends, within the stated number of probes, and claims no more than it saw.
        #[test]
        fn any_answers_end_it(says in proptest::collection::vec(0..4_u8, 200), confirm in 0..3_u32) {
            let plan = SearchPlan { confirm, ..plan(10.0, 1_000.0) };
            let mut seen: Vec<(f64, ProbeVerdict)> = Vec::new();
            let (found, made) = run(&plan, |rate, made| {
                let verdict = match says[made as usize] {
                    0 => ProbeVerdict::Pass,
                    1 => ProbeVerdict::Fail,
                    2 => ProbeVerdict::Undecided,
                    _ => ProbeVerdict::GeneratorLimit,
                };
                seen.push((rate, verdict));
                verdict
            });
            prop_assert!(made.len() as u32 <= plan.most_probes());
            let votes = |rate, verdict| seen.iter().filter(|s| **s == (rate, verdict)).count() as u32;
            if let Some(lower) = found.lower {
                prop_assert!(votes(lower, ProbeVerdict::Pass) > confirm);
            }
            if let Some(upper) = found.upper {
                prop_assert!(votes(upper, ProbeVerdict::Fail) > confirm);
                prop_assert!(found.lower.is_none_or(|lower| lower < upper));
            }
        }
    }
}
