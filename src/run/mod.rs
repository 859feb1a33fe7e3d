//! One run from plan to record: stacks, tokens, audit, load. Says what it does through one channel of events.
//!
//! A stack that does not start, refuses a login or dies is a failure of that stack: it stands in the record with its
//! reason and the other stacks are still measured. The record on disk is replaced after every step.

mod audit;
mod blocks;
mod descriptors;
mod discover;
mod early;
mod empty;
mod event;
mod finish;
mod folder;
mod host;
mod load;
mod parallel;
mod series;
mod start;
mod turns;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use hdrhistogram::Histogram;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

pub use self::blocks::time as blocks_time;
use self::blocks::{Lane, Ready};
pub use self::early::abort;
use self::early::{Early, NOT_LOADED};
pub use self::event::Event;
pub use self::folder::clear;
use self::load::Site;
use crate::audit::{Audited, Policy, Selection};
use crate::auth::Wallet;
use crate::engine::SecondTally;
use crate::plan::{BlocksPlan, Plan, Role};
use crate::record::hlog::HistogramLog;
use crate::record::store::StoreError;
use crate::record::{BlocksRecord, EndedEarly, Record};
use crate::secret::Redactor;
use crate::stack::Running;
use crate::wire::{self, Limits, Request};

/// What the second name of a stack that is compared with itself ends with.
const AGAIN: &str = " again";

/// What a run may be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder for this run's files; it is created.
    pub folder: PathBuf,
    /// Stacks to try; empty: all.
    pub only: Vec<String>,
    /// Whether to audit, when the scenario does not switch the audit off.
    pub audit: bool,
    /// The checks of the audit.
    pub checks: Selection,
    /// What is accepted, heeded and known of its findings.
    pub policy: Policy,
    /// Whether to send the load.
    pub load: bool,
    /// Whether to compare the one stack with itself: what differs then is the noise of the method.
    pub itself: bool,
    /// Whether all stacks get their load at once instead of in turn.
    pub parallel: bool,
}

impl Options {
    /// Whether this stack of the scenario is tried.
    pub fn tries(&self, stack: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == stack)
    }
}

/// A run that came to its end, one way or another.
#[derive(Debug)]
pub struct Finished {
    /// What was measured.
    pub record: Record,
    /// Whether it was stopped by the user.
    pub interrupted: bool,
    /// Why the run proves less than it should: stacks that failed, a generator that was the limit.
    pub invalid: Vec<String>,
    /// Why the record on disk is not the one in here.
    pub unsaved: Option<StoreError>,
}

/// Why a stack's part ended before its end.
enum Broken {
    /// By the user.
    Interrupted,
    /// By a gate that is lost.
    Decided,
    /// By the stack or its tokens.
    Failed(String),
}

impl Broken {
    fn because(error: &dyn std::error::Error) -> Self {
        Broken::Failed(error.to_string())
    }
}

/// Runs a plan. Whatever happens on the way, every process that was started has ended when this returns.
///
/// # Errors
/// A folder that cannot be made: then nothing was started.
pub async fn run(
    plan: &Plan,
    options: &Options,
    events: UnboundedSender<Event>,
    stop: watch::Receiver<bool>,
) -> Result<Finished, StoreError> {
    folder::create(&options.folder)?;
    let record = empty::record(plan, options);
    let mut trial = Trial {
        plan,
        options,
        events,
        stop,
        log: None,
        began: Instant::now(),
        record,
        redactor: Wallet::default().redactor(plan),
        unsaved: None,
        interrupted: false,
        audited: Vec::new(),
        dev: None,
        held: None,
        early: Early::of(plan).filter(|_| options.load && !options.itself && !options.parallel),
    };
    if let Some(short) = options.load.then(|| descriptors::make_room(&plan.load)).flatten() {
        trial.warn(short);
    }
    trial.begin_log();
    trial.save();
    let mut running = trial.start_all().await;
    let cut = trial.cut(running.len());
    let mut ready = Vec::new();
    let mut lanes = Vec::new();
    for (at, stack) in running.iter_mut().enumerate() {
        if trial.interrupted {
            break;
        }
        let name = plan.stacks[stack.id.0].name.clone();
        let whole = cut.is_none() && !options.parallel;
        if let Some((position, values, wallet)) = trial.measure(stack, &name, whole).await {
            lanes.push(Lane::new(plan, &name, position, ready.len()));
            ready.push(Ready { running: at, values, wallet });
        }
        trial.save();
    }
    if options.parallel && !trial.interrupted {
        trial.all_at_once(&mut running, &mut ready, lanes).await;
    } else if let Some(cut) = cut.filter(|_| !trial.interrupted) {
        if options.itself {
            lanes.extend(trial.again(ready.len()));
        }
        trial.take_turns(&cut, &mut running, &mut ready, lanes).await;
        trial.save();
    }
    trial.conclude_audit();
    for warning in trial.options.policy.apply(&mut trial.record) {
        trial.warn(warning);
    }
    for accept in &mut trial.record.accepted {
        for text in [&mut accept.reason, &mut accept.owner].into_iter().chain(&mut accept.ticket) {
            *text = trial.redactor.scrub(text);
        }
    }
    for stack in running.into_iter().rev() {
        stack.stop().await;
    }
    folder::scrub_logs(&options.folder, &trial.redactor);
    Ok(trial.finish())
}

struct Trial<'a> {
    plan: &'a Plan,
    options: &'a Options,
    events: UnboundedSender<Event>,
    stop: watch::Receiver<bool>,
    log: Option<Arc<Mutex<HistogramLog>>>,
    began: Instant,
    record: Record,
    redactor: Redactor,
    unsaved: Option<StoreError>,
    interrupted: bool,
    audited: Vec<Audited>,
    /// Name and credentials of the dev stack, once it was audited.
    dev: Option<(String, Wallet)>,
    /// The seconds of a block, for the load they are a part of; `None` where nobody joins them.
    held: Option<Vec<(SecondTally, Histogram<u64>)>>,
    /// The gates that the load may be ended for.
    early: Option<Early>,
}

impl Trial<'_> {
    fn say(&self, event: Event) {
        // A listener that has gone away is no reason to stop measuring.
        let _ = self.events.send(event);
    }

    fn warn(&mut self, text: String) {
        self.say(Event::Warning(text.clone()));
        self.record.warnings.push(text);
    }

    fn begin_log(&mut self) {
        match HistogramLog::create(&self.options.folder, self.record.started) {
            Ok(log) => self.log = Some(Arc::new(Mutex::new(log))),
            Err(error) => self.warn(format!("no histogram log will be written: {error}")),
        }
    }

    /// Keeps the record as it stands. A full disk is said once; the run goes on and the old record stays.
    fn save(&mut self) {
        match self.record.write(&self.options.folder) {
            Ok(_) => self.unsaved = None,
            Err(error) => {
                if self.unsaved.is_none() {
                    self.say(Event::Warning(error.to_string()));
                }
                self.unsaved = Some(error);
            }
        }
    }

    fn fail(&mut self, stack: &str, reason: String) {
        let reason = self.redactor.scrub(&reason);
        if let Some(record) = self.record.stacks.iter_mut().find(|record| record.name == stack) {
            record.failure = Some(reason);
        }
    }

    /// How the load is cut into blocks where stacks take turns; `None` where each gets it in one piece.
    fn cut(&mut self, running: usize) -> Option<BlocksPlan> {
        if self.options.parallel {
            self.record.load.summary.push_str(", on all stacks at once");
            return None;
        }
        let taking_turns = running > 1 || self.options.itself;
        let cut = self.plan.load.blocks.filter(|cut| self.options.load && (taking_turns || cut.asked));
        if let Some(cut) = &cut {
            let blocks = BlocksRecord::of(cut);
            self.record.load.summary = format!("{}, {}", self.record.load.summary, blocks.summary());
            self.record.load.blocks = Some(blocks);
        }
        cut
    }

    /// The lane that loads the one stack that is ready once more, as if it were another.
    fn again(&mut self, ready: usize) -> Option<Lane> {
        let first = self.record.stacks.first().filter(|_| ready == 1)?;
        let mut second = first.clone();
        second.name.push_str(AGAIN);
        let lane = Lane::new(self.plan, &second.name, self.record.stacks.len(), 0);
        self.record.stacks.push(second);
        Some(lane)
    }

    /// Tokens and audit of one stack, and its load where it gets that in one piece. Otherwise: where it stands in the
    /// record, and what its load needs.
    async fn measure(
        &mut self,
        running: &mut Running,
        name: &str,
        whole: bool,
    ) -> Option<(usize, BTreeMap<String, String>, Wallet)> {
        let position = self.record.stacks.iter().position(|record| record.name == name)?;
        self.record.stacks[position].url = running.endpoint.url.to_string();
        self.record.stacks[position].startup_s = running.startup.map(|d| d.as_secs_f64());
        let outcome = match self.ready(running, name, position).await {
            Ok((values, wallet)) if !whole => return Some((position, values, wallet)),
            Ok(_) if !self.options.load => {
                self.record.stacks[position].failure = None;
                Ok(())
            }
            Ok(_) if self.record.ended_early.is_some() => Err(Broken::Failed(NOT_LOADED.to_owned())),
            Ok((values, mut wallet)) => {
                let (values, wallet) = (&values, &mut wallet);
                self.load(&mut Site { running, name, position, values, wallet }).await
            }
            Err(broken) => Err(broken),
        };
        match outcome {
            Ok(()) | Err(Broken::Decided) => {}
            Err(Broken::Interrupted) => {
                self.interrupted = true;
                self.fail(name, "interrupted before its end".into());
            }
            Err(Broken::Failed(reason)) => self.fail(name, reason),
        }
        None
    }

    async fn ready(
        &mut self,
        running: &mut Running,
        name: &str,
        position: usize,
    ) -> Result<(BTreeMap<String, String>, Wallet), Broken> {
        let server = wire::fetch(&running.endpoint, &Request::get("/"), Limits::default()).await;
        self.record.stacks[position].server = server.ok().and_then(|response| response.header("server"));
        let wallet = self.tokens(running, name).await?;
        self.redactor = self.redactor.clone().joined(wallet.redactor(self.plan));
        for warning in &wallet.warnings {
            self.record.stacks[position].warnings.push(self.redactor.scrub(warning));
        }
        let values = self.values(running, &wallet).await?;
        if self.options.audit && self.plan.audit.is_some() {
            self.audit(running, name, &values, &wallet).await?;
            if self.plan.stacks[running.id.0].role == Role::Dev {
                self.dev = Some((name.to_owned(), wallet.clone()));
            }
            self.save();
        }
        Ok((values, wallet))
    }

    async fn tokens(&self, running: &Running, name: &str) -> Result<Wallet, Broken> {
        let say = |done: usize, total: usize| {
            self.say(Event::Tokens { stack: name.to_owned(), done, total });
        };
        or_stopped(self.stop.clone(), Wallet::obtain(self.plan, &running.endpoint, &say))
            .await
            .ok_or(Broken::Interrupted)?
            .map_err(|error| Broken::because(&error))
    }

    async fn values(&self, running: &Running, wallet: &Wallet) -> Result<BTreeMap<String, String>, Broken> {
        let found = discover::discover(self.plan, &running.endpoint, &running.values, wallet);
        or_stopped(self.stop.clone(), found).await.ok_or(Broken::Interrupted)?.map_err(Broken::Failed)
    }

    /// Notes the gate that a stack's load is ended for, and says it.
    fn decided(&mut self, stack: &str, gate: String) {
        self.say(Event::Warning(format!("{stack}: the gate `{gate}` is lost, so the load ends here")));
        self.record.ended_early = Some(EndedEarly { gate, stack: stack.to_owned() });
    }
}

/// The future's output, or `None` when the user stops the run first; the future is then dropped.
async fn or_stopped<F: Future>(mut stop: watch::Receiver<bool>, future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        Ok(_) = stop.wait_for(|stopped| *stopped) => None,
        output = future => Some(output),
    }
}
