//! The run in one sentence or two.

use super::doubt::sentence;
use super::{Document, finding, foreign};
use crate::gate::{GateOutcome, Verdict};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

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
