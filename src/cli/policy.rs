//! `shakedown audit lock` and `shakedown audit baseline`: the files beside a scenario that its audit gates go by.

use std::path::Path;

use super::{Exit, Failed};
use crate::audit::{Baseline, Lock};
use crate::plan::{AuditFile, Plan};
use crate::record::{Record, store};

/// Takes every check of the catalogue into the lock, and says what changed.
pub(super) fn lock(scenario: &Path) -> Result<Exit, Failed> {
    let plan = Plan::read(scenario).map_err(Failed::usage)?;
    let file = named(plan.audit_lock.as_ref(), "lock", "audit.lock")?;
    // What is no lock is replaced by one.
    let before = std::fs::read_to_string(&file.path).ok().and_then(|text| Lock::parse(&text).ok());
    let lock = Lock::of_catalogue();
    store::replace(&file.path, lock.text().as_bytes()).map_err(Failed::internal)?;
    let changes = before.map(|before| before.changes(&lock));
    for change in changes.iter().flatten() {
        anstream::println!("{change}");
    }
    let told = if changes.is_some_and(|changes| changes.is_empty()) { "as before" } else { "written" };
    anstream::println!("{}: {told}", file.path.display());
    Ok(Exit::Pass)
}

/// Takes the findings of a record for known.
pub(super) fn baseline(scenario: &Path, record: &Path) -> Result<Exit, Failed> {
    let plan = Plan::read(scenario).map_err(Failed::usage)?;
    let file = named(plan.audit_baseline.as_ref(), "baseline", "audit-baseline.json")?;
    let record = Record::read(record).map_err(Failed::usage)?;
    if record.audit.is_empty() {
        return Err(Failed::usage(miette::miette!(
            help = "give the record of a run whose audit came to its end",
            "the record has no audit"
        )));
    }
    let before = std::fs::read_to_string(&file.path).ok().and_then(|text| Baseline::parse(&text).ok());
    let found = Baseline::of(&record);
    let baseline = match &before {
        Some(before) => found.with_unseen(before, &record),
        None => found,
    };
    store::replace(&file.path, baseline.text().as_bytes()).map_err(Failed::internal)?;
    let (known, before) = (&baseline.findings, before.map(|before| before.findings).unwrap_or_default());
    let new = known.iter().filter(|entry| !before.contains(entry)).count();
    let gone = before.iter().filter(|entry| !known.contains(entry)).count();
    anstream::println!("{}: {} known, {new} new, {gone} gone", file.path.display(), known.len());
    Ok(Exit::Pass)
}

fn named<'p>(file: Option<&'p AuditFile>, key: &str, example: &str) -> Result<&'p AuditFile, Failed> {
    file.ok_or_else(|| {
        Failed::usage(miette::miette!(
            help = format!("add `{key} = \"{example}\"` to [audit]"),
            "the scenario names no {key}"
        ))
    })
}
