//! The run in one sentence or two, and whether it can be trusted.

use super::{Document, finding, foreign, series};
use crate::audit::{self, Mode};
use crate::capacity;
use crate::compare::{ALL_ROUTES, Comparison, Metric, Stall, Standing, quantity};
use crate::gate::{GateOutcome, Verdict};
use crate::record::{Outcome, Record, StackRecord, UNMEASURED};

impl Document<'_> {
    /// The whole run's verdict: `Unknown` beats `Pass`, `Fail` beats both. A whole run passes without gates, and with
    /// gates that were skipped.
    pub fn status(&self) -> Verdict {
        let holds = |gate: &GateOutcome| matches!(gate.verdict, Verdict::Pass | Verdict::Skipped);
        if self.failed() {
            Verdict::Fail
        } else if self.doubts().is_empty() && self.gates.iter().all(holds) {
            Verdict::Pass
        } else {
            Verdict::Unknown
        }
    }

    /// [`Document::status`] in a word for programs: `no gates` where no gate said anything and nothing speaks against the run.
    pub fn status_word(&self) -> &'static str {
        match self.status() {
            Verdict::Pass | Verdict::Skipped if !self.is_judged() => "no gates",
            status => status.name(),
        }
    }

    /// Whether any gate said something of this run: a pass without one is no verdict on the stacks.
    pub fn is_judged(&self) -> bool {
        self.gates.iter().any(|gate| gate.verdict != Verdict::Skipped)
    }

    /// Whether there was a load to measure.
    pub fn has_load(&self) -> bool {
        self.record.load.model != "none"
    }

    /// Whether each stack got several loads, so that its figures are those of a load of its own.
    pub fn is_series(&self) -> bool {
        matches!(self.record.load.model.as_str(), "search" | "sweep")
    }

    /// Whether requests have an intended start: users who wait have none.
    pub(super) fn has_arrivals(&self) -> bool {
        matches!(self.record.load.model.as_str(), "open" | "search")
    }

    /// What a reader must know of the stacks' figures beside each other.
    pub(super) fn basis(&self) -> &'static str {
        match self.record.load.model.as_str() {
            "search" => "all routes together, each stack at the highest rate that it kept",
            "sweep" => "all routes together, each stack with the users that gave the most good answers",
            _ => "all routes together",
        }
    }

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

    /// What the run says, in a few plain sentences: doubts, speed, gates, audit.
    pub fn verdict(&self) -> String {
        let mut parts = self.doubts();
        parts.extend(self.speed());
        let audit = self.audit_sentence();
        if parts.is_empty() && audit.is_none() {
            parts.push("Nothing was measured.".to_owned());
        }
        parts.push(self.gates_sentence());
        parts.extend(audit);
        parts.join(" ")
    }

    /// How fast the stacks are, in a sentence for each comparison; of a single stack, on its own.
    pub(super) fn speed(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if self.is_series() {
            parts.extend(
                series::searches(self.record).map(|(_, stack, capacity)| series::story(stack, capacity)),
            );
            parts.extend(series::beside(self.record));
            parts.extend(series::sweeps(self.record).map(|(_, stack, sweep)| series::best(stack, sweep)));
        } else if self.comparisons.is_empty() {
            parts.extend(self.record.stacks.iter().filter_map(alone));
        } else if self.comparisons.len() > BESIDE {
            parts.extend(ranking(&self.record.stacks));
        } else {
            parts.extend(self.comparisons.iter().filter_map(|comparison| beside(self.record, comparison)));
        }
        parts
    }

    /// How many gates pass, fail or can't be judged.
    pub(super) fn gates_sentence(&self) -> String {
        let of = |verdict| self.gates.iter().filter(|gate| gate.verdict == verdict).count();
        let (failed, unknown, skipped) = (of(Verdict::Fail), of(Verdict::Unknown), of(Verdict::Skipped));
        let judged = self.gates.len() - skipped;
        let left = match (skipped, judged) {
            (0, _) => String::new(),
            (1, 0) => format!(" The gate was skipped{}.", self.why_skipped()),
            (n, 0) => format!(" All {n} gates were skipped{}.", self.why_skipped()),
            (1, _) => format!(" 1 gate was skipped{}.", self.why_skipped()),
            (n, _) => format!(" {n} gates were skipped{}.", self.why_skipped()),
        };
        let said = match (judged, failed, unknown) {
            (0, ..) if skipped > 0 => return left.trim_start().to_owned(),
            (0, ..) => "No gates to judge.".to_owned(),
            (1, 0, 0) => "The gate passes.".to_owned(),
            (1, 0, _) => "The gate can't be judged.".to_owned(),
            (1, ..) => "The gate failed.".to_owned(),
            (_, 0, 0) => format!("All {judged} gates pass."),
            (_, 0, unknown) => format!("{unknown} of {judged} gates can't be judged."),
            (_, failed, 0) => format!("{failed} of {judged} gates failed."),
            (_, failed, unknown) => format!("{failed} of {judged} gates failed, {unknown} can't be judged."),
        };
        said + &left
    }

    /// The reason that all skipped gates have, after a colon; nothing where they have several.
    fn why_skipped(&self) -> String {
        let mut reasons =
            self.gates.iter().filter(|gate| gate.verdict == Verdict::Skipped).map(|gate| &gate.reason);
        match reasons.next() {
            Some(first) if reasons.all(|other| other == first) => format!(": {}", sentence(first)),
            _ => String::new(),
        }
    }

    fn audit_sentence(&self) -> Option<String> {
        let stacks = finding::stacks(self.record);
        if stacks.is_empty() {
            return None;
        }
        let parts: Vec<String> = stacks
            .iter()
            .map(|stack| {
                let found = finding::tally(self.record, stack).unwrap_or_else(|| "nothing".to_owned());
                format!("{found} on {}", foreign::line(stack, 40))
            })
            .collect();
        Some(format!("The audit found {}.", parts.join("; ")))
    }
}

/// Comparisons that a verdict tells one by one; more are a ranking.
const BESIDE: usize = 2;
/// Share of the measured p99 from which the generator's own lateness is worth a word.
const LATE: f64 = 0.1;
/// Longest reason in a verdict.
const REASON: usize = 600;

/// The first line of a reason without its full stop. One too long for a verdict ends with a whole sentence or clause.
fn sentence(text: &str) -> String {
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

fn alone(stack: &StackRecord) -> Option<String> {
    let median = Metric::P50.of(stack, &stack.total)?;
    let tail = [Metric::P99, Metric::P95, Metric::P90]
        .into_iter()
        .find_map(|metric| {
            Some(format!(", {} {}", metric.name(), metric.show(metric.of(stack, &stack.total)?)))
        })
        .unwrap_or_default();
    let errors = Metric::Errors.of(stack, &stack.total).map(quantity::percent).unwrap_or_default();
    Some(format!(
        "{} gave {} good answers at {}/s: median {}{tail}, {errors} errors.",
        foreign::line(&stack.name, 40),
        quantity::count(stack.total.response.count),
        quantity::rate(stack.total.throughput_rps),
        quantity::latency(median),
    ))
}

/// Many stacks by their median, the fastest first.
fn ranking(stacks: &[StackRecord]) -> Option<String> {
    let median =
        |stack: &StackRecord| Some((foreign::line(&stack.name, 40), Metric::P50.of(stack, &stack.total)?));
    let mut ranked: Vec<(String, f64)> = stacks.iter().filter_map(median).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let told: Vec<String> =
        ranked.iter().map(|(name, ms)| format!("{name} {}", quantity::latency(*ms))).collect();
    (!told.is_empty()).then(|| format!("The median response times: {}.", told.join(", ")))
}

fn beside(record: &Record, comparison: &Comparison) -> Option<String> {
    let row = comparison.row(ALL_ROUTES, Metric::P50)?;
    let (a, b, ratio) = (row.first?, row.second?, row.ratio?);
    let (first, second) = (foreign::line(&comparison.first, 40), foreign::line(&comparison.second, 40));
    let numbers = format!("median {} against {}", quantity::latency(b), quantity::latency(a));
    let mut text = match row.improved() {
        None if let Some(Standing::Unclear { .. }) = row.standing() => {
            let between = row
                .interval()
                .map(|of| format!(", ratio {} to {}", quantity::ratio(of.low), quantity::ratio(of.high)));
            let between = between.unwrap_or_default();
            format!("Whether {second} is as fast as {first} is not clear ({numbers}{between})")
        }
        None if let Some(Standing::Same) = row.standing() => {
            let margin = quantity::percent(comparison.margin);
            format!("{second} is as fast as {first}, within {margin} ({numbers})")
        }
        // One load each and no blocks: the next run may well say the opposite.
        _ if row.standing().is_none() => {
            format!(
                "{second}'s median is {} that of {first} ({} against {}; without blocks nothing says how sure)",
                quantity::ratio(ratio),
                quantity::latency(b),
                quantity::latency(a)
            )
        }
        None => format!("{second} is as fast as {first} ({numbers})"),
        Some(faster) => {
            let (word, times) = if faster { ("faster", 1.0 / ratio) } else { ("slower", ratio) };
            let sure = row
                .interval()
                .map(|of| if faster { (1.0 / of.high, 1.0 / of.low) } else { (of.low, of.high) });
            let sure = sure.map(|(low, high)| {
                format!("95 % confidence {} to {}; ", quantity::ratio(low), quantity::ratio(high))
            });
            let sure = sure.unwrap_or_default();
            format!("{second} is {} {word} than {first} ({sure}{numbers})", quantity::ratio(times))
        }
    };
    let errors = comparison.row(ALL_ROUTES, Metric::Errors).and_then(|row| Some((row.first?, row.second?)));
    if let Some((before, after)) = errors.filter(|(before, after)| *before > 0.0 || *after > 0.0) {
        text.push_str(&format!(
            "; errors {} against {}",
            quantity::percent(after),
            quantity::percent(before)
        ));
    }
    let cost = comparison.row(ALL_ROUTES, Metric::CpuPer1k).and_then(|row| row.ratio);
    if let Some(cost) = cost {
        text.push_str(&format!("; {} the CPU for each request", quantity::ratio(cost)));
    }
    text.push('.');
    let slow = record.stacks.iter().find(|stack| stack.name == comparison.first);
    if let Some(stall) = slow.and_then(|stack| Stall::of(record, &stack.total)) {
        text.push_str(&format!(
            " Most of {first}'s time is a stall of its server before the last byte ({}, split-write).",
            quantity::latency(stall.service - stall.first_byte)
        ));
    }
    Some(text)
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
    use crate::report::fixture;

    #[test]
    fn a_lead_that_is_a_stall_is_called_one() {
        let mut record = fixture::two_stacks();
        assert!(!Document::of(&record).verdict().contains("stall"));
        let total = &mut record.stacks[0].total;
        (total.first_byte.p50_ms, total.service.p50_ms) = (Some(1.2), Some(45.9));
        let said = Document::of(&record).verdict();
        assert!(
            said.contains("Most of dev's time is a stall of its server before the last byte (44.7 ms"),
            "{said}"
        );
    }

    #[test]
    fn says_speed_gates_and_audit() {
        let record = fixture::two_stacks();
        let text = Document::of(&record).verdict();
        // No blocks, no verdict on speed.
        assert!(text.starts_with("prod's median is 0.20x that of dev"), "{text}");
        assert!(!text.contains("faster"), "{text}");
        for part in [
            "nothing says how sure",
            "errors 0% against",
            "gates failed",
            "1 high, 1 low on dev; 1 medium on prod",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
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

    #[test]
    fn many_stacks_are_ranked() {
        let mut record = fixture::two_stacks();
        for name in ["canary", "old"] {
            let stack = record.stacks[1].clone();
            record.stacks.push(StackRecord { name: name.into(), ..stack });
        }
        let said = Document::of(&record).verdict();
        assert!(said.starts_with("The median response times: prod 9."), "{said}");
        assert!(said.contains("ms, dev 45.") && !said.contains("faster"), "{said}");
    }

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
    fn one_doubt_is_no_pass() {
        let mut record = fixture::two_stacks();
        record.gates.clear();
        assert_eq!(Document::of(&record).status(), Verdict::Pass);
        assert!(Document::of(&record).verdict().contains(" No gates to judge."));
        assert_eq!(Document::of(&record).status_word(), "no gates");
        record.stacks[1].generator.saturated = true;
        assert_eq!(Document::of(&record).status(), Verdict::Unknown);
        assert_eq!(Document::of(&fixture::two_stacks()).status(), Verdict::Fail);
    }

    #[test]
    fn an_empty_record_says_so() {
        let mut record = fixture::two_stacks();
        (record.stacks, record.gates, record.audit) = Default::default();
        assert_eq!(Document::of(&record).verdict(), "Nothing was measured. No gates to judge.");
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

    #[test]
    fn skipped_gates_are_said_and_hold_nothing_up() {
        let mut record = fixture::one_stack();
        record.gates = ["dev: errors < 1%", "prod: errors < 1%"]
            .map(|text| crate::record::GateText { text: text.into(), line: 1 })
            .to_vec();
        record.left_out = vec!["dev".into()];
        let document = Document::of(&record);
        assert!(document.status() == Verdict::Pass && document.is_judged());
        assert_eq!(document.status_word(), "pass");
        let text = document.verdict();
        assert!(
            text.contains("The gate passes. 1 gate was skipped: dev was left out of this run."),
            "{text}"
        );
        record.gates.truncate(1);
        let document = Document::of(&record);
        assert!(document.status() == Verdict::Pass && !document.is_judged());
        assert_eq!(document.status_word(), "no gates");
        assert!(document.verdict().contains("The gate was skipped: dev was left out of this run."));
    }
}
