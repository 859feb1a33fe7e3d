//! `shakedown check`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Exit, Failed};
use crate::audit::Policy;
use crate::plan::{ModelPlan, Plan, SeriesPlan};
use crate::record::LoadRecord;

const EXAMPLES: &str = "\
Examples:
  shakedown check my.toml                   every mistake at once, with file, line and column
  shakedown check my.toml && shakedown run my.toml

Nothing is started and nothing is sent. Files that the scenario names (users, feeders, bodies) are read.
Into a pipe or a log, each mistake is one line: file:line:column: message (what would be right).
Exit codes: 0 the scenario is right, 2 it is not.";

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// Scenario file.
    file: PathBuf,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let plan = Plan::read(&args.file).map_err(Failed::usage)?;
    Policy::read(&plan).map_err(Failed::usage)?;
    let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
    anstream::print!("{}", summary(&plan, today));
    Ok(Exit::Pass)
}

/// What would run, one line for each part.
fn summary(plan: &Plan, today: Date) -> String {
    let mut out = String::new();
    let mut line = |what: &str, text: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{what:<8} {text}");
    };
    line("title", plan.title.clone());
    for stack in &plan.stacks {
        let started = match stack.start.len() {
            0 => "runs already".to_owned(),
            count => count_of(count, "process to start", "processes to start"),
        };
        let active = if stack.active_audit { ", active audit" } else { "" };
        line("stack", format!("{} {} ({started}{active})", stack.name, stack.url));
    }
    for auth in &plan.auths {
        let users = plan.populations.get(auth.population.0).map_or(0, |population| population.users.len());
        line("auth", format!("{} ({})", auth.name, count_of(users, "user", "users")));
    }
    let shares: u64 = plan.items.iter().map(|item| u64::from(item.weight)).sum();
    for item in &plan.items {
        let share = f64::from(item.weight) * 100.0 / shares.max(1) as f64;
        for (position, id) in item.steps.iter().enumerate() {
            let Some(route) = plan.routes.get(id.0) else { continue };
            let auth =
                route.auth.and_then(|id| plan.auths.get(id.0)).map(|auth| format!(" as {}", auth.name));
            let share = if position == 0 { format!(", {share:.1}%") } else { String::new() };
            let (name, method, path) = (&route.name, &route.method, &route.written);
            line("route", format!("{name}: {method} {path}{}{share}", auth.unwrap_or_default()));
        }
    }
    line("load", load(plan));
    if let Some(time) = series_time(plan) {
        line("time", time);
    }
    let audit = plan.audit.map_or("off".to_owned(), |profile| format!("{profile:?}").to_lowercase());
    line("audit", audit);
    for accept in &plan.accepts {
        let stack = accept.stack.as_ref().map(|stack| format!(" on {stack}")).unwrap_or_default();
        let over = if accept.until < today { ": over, its findings count again" } else { "" };
        line("accept", format!("{}{stack} until {} ({}){over}", accept.check, accept.until, accept.owner));
    }
    line("gates", plan.gates.len().to_string());
    for (gate, why) in crate::run::abort(plan) {
        let text = &gate.text;
        line("abort", why.map_or_else(|| text.clone(), |why| format!("not by `{text}`: {why}")));
    }
    out
}

/// How long a series takes, told before it is started.
fn series_time(plan: &Plan) -> Option<String> {
    let (usual, most) = plan.load.series_time()?;
    let minutes = |time: Duration| match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    };
    let loads = match plan.load.series.as_ref()? {
        SeriesPlan::Search(search) => {
            format!("usually about {}, at most {} probes", search.usual_probes(), search.most_probes())
        }
        SeriesPlan::Sweep(sweep) => count_of(sweep.levels.len(), "load", "loads"),
    };
    Some(format!("{loads} for each stack: about {}, at most {}", minutes(usual), minutes(most)))
}

fn load(plan: &Plan) -> String {
    if plan.load.series.is_some() {
        return LoadRecord::of(&plan.load, &plan.items, &plan.stacks, &[]).summary;
    }
    let (what, unit, profile) = match &plan.load.model {
        ModelPlan::Open { profile, .. } => ("open", "requests/s", profile),
        ModelPlan::Closed { profile, .. } => ("closed", "users", profile),
    };
    let peak = profile.stages.iter().map(|(target, _)| *target).fold(profile.start, f64::max);
    let level = if profile.stages.len() == 1 && profile.stages[0].0 == profile.start {
        format!("{peak} {unit}")
    } else {
        format!("up to {peak} {unit} in {}", count_of(profile.stages.len(), "stage", "stages"))
    };
    let threads = count_of(plan.load.threads, "thread", "threads");
    format!(
        "{what}, {level} for {:?} {}, {threads}",
        plan.load.duration(),
        match plan.load.warmup {
            Duration::ZERO => "without warm-up".to_owned(),
            warmup => format!("after {warmup:?} of warm-up"),
        }
    )
}

fn count_of(count: usize, one: &str, several: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {several}") }
}
