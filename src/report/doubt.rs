//! Why a run can't be trusted whole: it is partial, a stack failed or gave no good answer, the generator was the limit.

use super::{Document, foreign};
use crate::audit::{self, Mode};
use crate::capacity;
use crate::compare::quantity;
use crate::record::{Outcome, StackRecord, UNMEASURED};

/// Share of the measured p99 from which the generator's own lateness is worth a word.
const LATE: f64 = 0.1;
/// Longest reason in a sentence.
const REASON: usize = 600;

impl Document<'_> {
    /// Why the run can't be trusted whole: it is partial, a stack failed or gave no good answer, the generator was the
    /// limit.
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts: Vec<String> = Vec::new();
        // That stacks failed is said with their reasons.
        let failed = self.record.stacks.iter().any(|stack| stack.failure.is_some());
        let told = |partial: &&String| failed && partial.starts_with(UNMEASURED);
        if let Some(partial) = self.record.partial.as_ref().filter(|partial| !told(partial)) {
            doubts.push(format!("The record is partial: {}.", sentence(partial)));
        }
        doubts.extend(failures(&self.record.stacks));
        for stack in &self.record.stacks {
            let name = foreign::line(&stack.name, 40);
            if stack.generator.saturated {
                doubts.push(format!("On {name} the generator was the limit, not the stack."));
            }
            doubts.extend(fruitless(stack));
            if let Some(doubt) = stack.capacity.as_ref().and_then(capacity::doubt) {
                doubts.push(format!("The search on {name} has no whole answer: {doubt}."));
            }
        }
        doubts.extend(self.blind_audits());
        doubts
    }

    /// Audits that judged nothing although they have checks that need no consent: the stack gave no answer to look at.
    fn blind_audits(&self) -> impl Iterator<Item = String> + '_ {
        let judged = |outcome: Outcome| {
            matches!(outcome, Outcome::Pass | Outcome::Info | Outcome::Warn | Outcome::Fail)
        };
        self.record.stacks.iter().filter(|stack| stack.failure.is_none()).filter_map(move |stack| {
            let mut of_stack = self.record.audit.iter().filter(|seen| seen.stack == stack.name);
            if of_stack.clone().any(|seen| judged(seen.outcome)) {
                return None;
            }
            let passive = |id: &str| audit::find(id).is_some_and(|check| check.mode == Mode::Passive);
            let unseen = of_stack.find(|seen| seen.outcome == Outcome::NotRun && passive(&seen.check))?;
            let why = foreign::line(&unseen.summary, 120);
            Some(format!("The audit of {} saw no answer to judge: {why}.", foreign::line(&stack.name, 40)))
        })
    }

    /// Stacks that were loaded and gave no good answer at all, each in a sentence.
    pub fn fruitless(&self) -> impl Iterator<Item = String> + '_ {
        self.record.stacks.iter().filter_map(fruitless)
    }

    /// Where the generator sent so late that the tail of an open model may be its own, in a sentence for each stack.
    pub(super) fn lateness(&self) -> Vec<String> {
        let open = self.has_arrivals();
        let late = |stack: &StackRecord| {
            let (lag, tail) = (stack.generator.schedule_lag.p99_ms?, stack.total.response.p99_ms?);
            (lag >= LATE * tail).then(|| {
                format!(
                    "On {} the generator sent {} late at p99, which is {:.0}% of the p99 of {} that it measured from the \
                     intended start: a part of that tail may be its own",
                    foreign::line(&stack.name, 40),
                    quantity::latency(lag),
                    lag / tail * 100.0,
                    quantity::latency(tail),
                )
            })
        };
        self.record.stacks.iter().filter(|_| open).filter_map(late).collect()
    }
}

/// The first line of a reason without its full stop. One too long for a verdict ends with a whole sentence or clause.
pub(super) fn sentence(text: &str) -> String {
    let line = quantity::first_line(text);
    let mut said = foreign::line(line, REASON);
    if line.chars().count() > REASON
        && let Some(end) = said.rfind([';', '.'])
    {
        said.truncate(end);
    }
    said.trim_end_matches('.').to_owned()
}

/// The stacks that were not measured whole, those of one reason in one sentence.
fn failures(stacks: &[StackRecord]) -> Vec<String> {
    let mut told: Vec<(String, &'static str, Vec<String>)> = Vec::new();
    for stack in stacks {
        let (Some(failure), Some(unmeasured)) = (&stack.failure, stack.unmeasured()) else { continue };
        let reason = sentence(failure);
        match told.iter_mut().find(|(said, how, _)| *said == reason && *how == unmeasured) {
            Some((_, _, names)) => names.push(foreign::line(&stack.name, 40)),
            None => told.push((reason, unmeasured, vec![foreign::line(&stack.name, 40)])),
        }
    }
    let say = |(reason, unmeasured, names): (String, &str, Vec<String>)| match names.as_slice() {
        // What the start says of a stack begins with its name.
        [name] => match reason.strip_prefix(&format!("stack `{name}` ")) {
            Some(rest) => format!("{name} {rest}."),
            None => format!("{name} {unmeasured}: {reason}."),
        },
        names => {
            let unmeasured = unmeasured.replacen("was", "were", 1);
            format!("{} {unmeasured}: {reason}.", names.join(", "))
        }
    };
    told.into_iter().map(say).collect()
}

/// A stack that was loaded and answered nothing as it should: nothing was measured of it but failures.
fn fruitless(stack: &StackRecord) -> Option<String> {
    let name = foreign::line(&stack.name, 40);
    let loads = stack.capacity.as_ref().map(|capacity| &capacity.probes);
    if let Some(probes) = loads.or(stack.sweep.as_ref().map(|sweep| &sweep.probes)) {
        let requests: u64 = probes.iter().map(|probe| probe.requests).sum();
        let none = requests > 0 && probes.iter().all(|probe| probe.p50_ms.is_none());
        return none.then(|| no_good_answer(requests, &name));
    }
    let none = stack.total.requests > 0 && stack.total.response.count == 0;
    none.then(|| no_good_answer(stack.total.requests, &name))
}

fn no_good_answer(requests: u64, name: &str) -> String {
    match requests {
        1 => format!("The one request to {name} got no good answer."),
        n => format!("None of {} requests to {name} got a good answer.", quantity::count(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Verdict;
    use crate::report::fixture;

    #[test]
    fn doubts_come_first() {
        let record = fixture::partial();
        let document = Document::of(&record);
        assert!(document.verdict().starts_with("The record is partial: interrupted while loading `prod`."));
        let record = fixture::failed_stack();
        let document = Document::of(&record);
        assert!(
            document
                .verdict()
                .starts_with("prod did not become ready within 30 s: GET /healthz answers 502.")
        );
        assert_eq!(document.doubts().len(), 1);
    }

    #[test]
    fn a_reason_is_said_once_and_whole() {
        let mut record = fixture::failed_stack();
        record.partial = Some(format!("{UNMEASURED}: prod"));
        let advice =
            "; set LONG or, where that is no use, do the other thing that the long text says".repeat(3);
        for stack in &mut record.stacks {
            let empty = fixture::failed_stack().stacks.remove(1);
            *stack = crate::record::StackRecord { name: stack.name.clone(), ..empty };
            stack.failure = Some(format!("`python3` is not installed{advice}"));
        }
        let doubts = Document::of(&record).doubts();
        assert_eq!(doubts, [format!("dev, prod were not measured: `python3` is not installed{advice}.")]);
        record.stacks[1].failure = Some("A sentence. ".repeat(200));
        let doubts = Document::of(&record).doubts();
        assert!(doubts[1].ends_with("A sentence. A sentence.") && doubts[1].len() < 700, "{doubts:?}");
    }

    #[test]
    fn an_audit_that_saw_no_answer_makes_the_run_unknown() {
        let mut record = fixture::one_stack();
        record.gates.clear();
        assert_eq!(Document::of(&record).status(), Verdict::Pass);
        for seen in &mut record.audit {
            (seen.outcome, seen.summary) = (Outcome::NotRun, "no whole answer within 10 s".into());
        }
        let document = Document::of(&record);
        assert!(
            document.doubts()[0].starts_with("The audit of prod saw no answer to judge: no whole answer")
        );
        assert_eq!(document.status(), Verdict::Unknown);
    }

    /// Production answered, but never as it should.
    fn all_failed() -> crate::record::Record {
        let mut record = fixture::two_stacks();
        let total = &mut record.stacks[1].total;
        total.response = Default::default();
        total.errors = [("status".into(), total.requests)].into();
        record
    }

    #[test]
    fn no_good_answer_at_all_is_no_pass() {
        let mut record = all_failed();
        record.gates.clear();
        let document = Document::of(&record);
        assert_eq!(document.status(), Verdict::Unknown);
        assert!(document.verdict().starts_with("None of 4,000 requests to prod got a good answer."));
        assert_eq!(document.verdict().matches("good answer").count(), 1, "{}", document.verdict());
        record.gates = vec![crate::record::GateText { text: "dev: errors < 99%".into(), line: 1 }];
        let document = Document::of(&record);
        assert_eq!(document.gates[0].verdict, Verdict::Pass);
        assert_eq!(document.status(), Verdict::Unknown, "the gate that passes is not about it");
        record.gates[0].text = "prod: errors < 1%".into();
        assert_eq!(Document::of(&record).status(), Verdict::Fail);
    }

    #[test]
    fn a_search_without_a_good_answer_is_no_pass() {
        let mut record = fixture::searched();
        record.gates.clear();
        assert_eq!(Document::of(&record).status(), Verdict::Pass);
        for probe in &mut record.stacks[0].capacity.as_mut().unwrap().probes {
            probe.p50_ms = None;
        }
        let document = Document::of(&record);
        assert_eq!(document.status(), Verdict::Unknown);
        assert!(document.verdict().contains("requests to dev got a good answer"), "{}", document.verdict());
    }
}
