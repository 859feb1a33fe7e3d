//! A check: one entry of the catalogue, judged by a pure function.

use super::collect::ROUTES;
use super::exchange::Facts;
use super::probe::{Consent, Probe};
use crate::record::{Confidence, Severity};

/// What a check judges, and so when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What the scenario's own routes answer.
    Passive,
    /// What probes brought that need the user's consent.
    Active,
    /// Every answer of the load.
    UnderLoad,
    /// Two stacks beside each other: production, and the dev stack of the same scenario.
    TwoTargets,
}

impl Mode {
    /// As documents and reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Mode::Passive => "passive",
            Mode::Active => "active",
            Mode::UnderLoad => "under load",
            Mode::TwoTargets => "two targets",
        }
    }
}

/// One entry of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// `HDR-HSTS`.
    pub id: &'static str,
    /// Raised when the rule changes what it finds.
    pub revision: u32,
    /// In a few words: `HTTP Strict Transport Security`.
    pub title: &'static str,
    /// How bad a failure is.
    pub severity: Severity,
    /// What it judges.
    pub mode: Mode,
    /// What has to be sent for it; probes that checks share are sent once.
    pub probes: &'static [&'static Probe],
    /// Whether the start of the answer's body belongs to the evidence.
    pub shows_body: bool,
    /// Whether a failure says that the stack let somebody in, or took a credential, that it should refuse.
    pub lets_in: bool,
    /// What passes, warns and fails.
    pub rule: &'static str,
    /// Id of the recipe that mends it: `R-HSTS`; empty where there is nothing to mend.
    pub fix: &'static str,
    /// CWE, ASVS (`v5.0.0-3.4.1`), RFC, Django check ids.
    pub references: &'static [&'static str],
    /// Judges one stack.
    pub judge: fn(&Facts) -> Judgement,
}

impl Check {
    /// What most rows share: passive, first revision, judged on the scenario's own routes. The test of the catalogue
    /// refuses a row that does not state the rest.
    pub const ROW: Check = Check {
        id: "",
        revision: 1,
        title: "",
        severity: Severity::Info,
        mode: Mode::Passive,
        probes: &[&ROUTES],
        shows_body: false,
        lets_in: false,
        rule: "",
        fix: "",
        references: &[],
        judge: |_| Judgement::NotRun(String::new()),
    };

    /// A row like this one, under its own name.
    #[must_use]
    pub const fn of(
        self,
        id: &'static str,
        title: &'static str,
        severity: Severity,
        judge: fn(&Facts) -> Judgement,
    ) -> Check {
        Check { id, title, severity, judge, ..self }
    }

    /// The consent without which it cannot say more than that it did not run.
    #[must_use]
    pub fn consent(&self) -> Consent {
        let of_probes = self.probes.iter().map(|probe| probe.consent).max().unwrap_or(Consent::None);
        if matches!(self.mode, Mode::Active | Mode::TwoTargets) { of_probes } else { Consent::None }
    }
}

/// How an observation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Not as it should be, mildly: reported at most as low.
    Warn,
    /// The rule is broken.
    Fail,
}

/// Something seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// How it counts.
    pub level: Level,
    /// Position of the exchange that shows it; absent when several do.
    pub exchange: Option<usize>,
    /// What it is about, stable between runs: a header's, directive's or cookie's name.
    pub subject: String,
    /// What was seen, quoting what triggered it. Never a secret's value.
    pub detail: String,
    /// How sure.
    pub confidence: Confidence,
}

impl Observation {
    /// An observation that is certain.
    pub fn new(level: Level, exchange: usize, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Observation {
            level,
            exchange: Some(exchange),
            subject: subject.into(),
            detail: detail.into(),
            confidence: Confidence::Certain,
        }
    }
}

/// What a check says of a stack.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// It looked at so many places, and saw this. No observation: pass.
    Judged {
        /// Places looked at; at least one.
        places: usize,
        /// What was seen.
        observations: Vec<Observation>,
    },
    /// The rule does not apply: the reason.
    NotApplicable(String),
    /// It could not run: the reason.
    NotRun(String),
    /// Its control failed: the reason.
    Inconclusive(String),
}

impl Judgement {
    /// Judged when there were places to look at, else not applicable for the given reason.
    pub fn of(places: usize, observations: Vec<Observation>, otherwise: &str) -> Self {
        if places == 0 {
            Judgement::NotApplicable(otherwise.to_owned())
        } else {
            Judgement::Judged { places, observations }
        }
    }
}
