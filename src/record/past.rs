//! Earlier runs, to hold a run against: records, and summaries that were committed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use jiff::Timestamp;

use super::number::impossible;
use super::store::{RECORD_FILE, StoreError};
use super::summary::{SUMMARY_VERSION, Summary};
use super::{LoadRecord, Machine, Record, Tool};

/// A run of the past.
#[derive(Debug, Clone)]
pub struct Past {
    /// What it is called in reports: its folder, its file, or what git was asked for.
    pub name: String,
    /// What is left of it.
    pub source: Source,
}

/// What is left of a run.
#[derive(Debug, Clone)]
pub enum Source {
    /// All of it.
    Record(Box<Record>),
    /// Its figures.
    Summary(Box<Summary>),
}

/// What decides whether figures of two runs are of one load.
#[derive(Debug, Clone, Copy)]
pub struct Load<'r> {
    /// Model, level, arrivals and connections in words.
    pub words: &'r str,
    /// Share of the requests that each route gets; empty where that is not known.
    pub shares: &'r BTreeMap<String, f64>,
}

impl<'r> From<&'r LoadRecord> for Load<'r> {
    fn from(load: &'r LoadRecord) -> Self {
        Load { words: &load.summary, shares: &load.shares }
    }
}

impl Past {
    /// When it began.
    pub fn started(&self) -> Timestamp {
        match &self.source {
            Source::Record(record) => record.started,
            Source::Summary(summary) => summary.started,
        }
    }

    /// The program that wrote it.
    pub fn tool(&self) -> &Tool {
        match &self.source {
            Source::Record(record) => &record.tool,
            Source::Summary(summary) => &summary.tool,
        }
    }

    /// The machine that its load came from.
    pub fn machine(&self) -> &Machine {
        match &self.source {
            Source::Record(record) => &record.machine,
            Source::Summary(summary) => &summary.machine,
        }
    }

    /// What it was loaded with.
    pub fn load(&self) -> Load<'_> {
        match &self.source {
            Source::Record(record) => Load::from(&record.load),
            Source::Summary(summary) => Load { words: &summary.load, shares: &summary.shares },
        }
    }

    /// Why it is not whole; `None` when it is.
    pub fn partial(&self) -> Option<&str> {
        match &self.source {
            Source::Record(record) => record.partial.as_deref(),
            Source::Summary(summary) => summary.partial.as_deref(),
        }
    }

    /// Reads what a reference names, the oldest first: a record or a summary, a folder of them, or, as `REF:PATH`, a
    /// file that git keeps.
    ///
    /// # Errors
    /// What is not there, or is neither record nor summary.
    pub fn read(reference: &str) -> Result<Vec<Past>, NoBaseline> {
        let path = Path::new(reference);
        if !path.exists()
            && let Some((revision, file)) = reference.split_once(':')
            && !revision.is_empty()
        {
            return Ok(vec![Past::parse(reference, &of_git(revision, file)?)?]);
        }
        if path.is_file() || path.join(RECORD_FILE).is_file() {
            return Ok(vec![Past::of_file(path)?]);
        }
        let runs = Past::of_folder(path)?;
        if runs.is_empty() {
            return Err(no_baseline(reference, "it holds no run and no summary"));
        }
        Ok(runs)
    }

    /// The runs and summaries of a folder, the oldest first.
    ///
    /// # Errors
    /// A folder that cannot be read, or one of them that is neither.
    pub fn of_folder(path: &Path) -> Result<Vec<Past>, NoBaseline> {
        let unread = |error: io::Error| no_baseline(path.display(), error);
        let mut runs = Vec::new();
        for entry in fs::read_dir(path).map_err(unread)? {
            let entry = entry.map_err(unread)?.path();
            let is_run = entry.join(RECORD_FILE).is_file();
            if is_run || entry.extension().is_some_and(|end| end == "json") {
                runs.push(Past::of_file(&entry)?);
            }
        }
        // A run that is there twice, as a record and as its summary, is one.
        runs.sort_by_key(|run| (run.started(), matches!(run.source, Source::Summary(_))));
        runs.dedup_by_key(|run| run.started());
        Ok(runs)
    }

    /// The runs other than this one, which may be among those it was accepted into: nothing differs from itself.
    pub fn beside<'p>(record: &Record, past: &'p [Past]) -> Vec<&'p Past> {
        past.iter().filter(|run| run.started() != record.started).collect()
    }

    fn of_file(path: &Path) -> Result<Past, NoBaseline> {
        let file = if path.is_dir() { path.join(RECORD_FILE) } else { path.to_path_buf() };
        let text = fs::read_to_string(&file).map_err(|error| no_baseline(file.display(), error))?;
        let past = Past::parse(&file.display().to_string(), &text)?;
        let named =
            if path.file_name().is_some_and(|name| name == RECORD_FILE) { path.parent() } else { Some(path) };
        let name = named.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        Ok(Past { name: name.unwrap_or(past.name), ..past })
    }

    fn parse(shown: &str, text: &str) -> Result<Past, NoBaseline> {
        let wrong = |error: serde_json::Error| no_baseline(shown, error);
        let value: serde_json::Value = serde_json::from_str(text).map_err(wrong)?;
        let source = match value.get("summary_version").map(serde_json::Value::as_u64) {
            None => {
                let record = Record::parse(shown, text).map_err(|error| match error {
                    StoreError::Format { path, message } => no_baseline(path, message),
                    StoreError::Impossible { path, what } => no_baseline(path, unmeasured(&what)),
                    newer => no_baseline(shown, newer),
                })?;
                Source::Record(Box::new(record))
            }
            Some(Some(found)) if found > u64::from(SUMMARY_VERSION) => {
                let message =
                    format!("it has summary version {found}, and this program reads up to {SUMMARY_VERSION}");
                return Err(no_baseline(shown, message));
            }
            Some(_) => {
                let summary: Summary = serde_json::from_value(value).map_err(wrong)?;
                if let Some(what) = impossible(&summary) {
                    return Err(no_baseline(shown, unmeasured(&what)));
                }
                Source::Summary(Box::new(summary))
            }
        };
        Ok(Past { name: shown.to_owned(), source })
    }
}

/// A baseline that cannot be read.
#[derive(Debug, Clone, thiserror::Error, miette::Diagnostic)]
#[error("no baseline in {reference}: {why}")]
#[diagnostic(help(
    "a baseline is a run's folder or its record.json, a summary, a folder of them, or REF:PATH for a file that git \
     keeps; `shakedown baseline accept RUN` writes one"
))]
pub struct NoBaseline {
    reference: String,
    why: String,
}

fn no_baseline(reference: impl ToString, why: impl ToString) -> NoBaseline {
    NoBaseline { reference: reference.to_string(), why: why.to_string() }
}

fn unmeasured(what: &str) -> String {
    format!("it holds what no run measured: {what}")
}

/// The text of a file as a commit has it.
fn of_git(revision: &str, file: &str) -> Result<String, NoBaseline> {
    let shown = format!("{revision}:{file}");
    let failed = |why: String| no_baseline(&shown, why);
    if revision.starts_with('-') {
        return Err(failed("git revisions do not begin with a dash".into()));
    }
    // A folder is no blob, and what stands in a blob is given as it is.
    let output = Command::new("git")
        .args(["cat-file", "blob", &shown])
        .output()
        .map_err(|error| failed(format!("git did not run: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("git has no such file: {}", said.lines().next().unwrap_or_default())));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("it is no text".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_run_a_summary_and_a_folder_of_both_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("second");
        fs::create_dir(&run).unwrap();
        fixture::two_stacks().write(&run).unwrap();
        let mut earlier = fixture::two_stacks();
        earlier.started = "2026-02-01T12:00:00Z".parse().unwrap();
        let summary = crate::report::summary::render(&crate::report::Document::of(&earlier));
        fs::write(folder.path().join("first.json"), summary).unwrap();
        fs::write(folder.path().join("notes.txt"), "not a run").unwrap();
        let names = |reference: &Path| -> Vec<String> {
            let runs = Past::read(reference.to_str().unwrap()).unwrap();
            runs.into_iter().map(|run| run.name).collect()
        };
        assert_eq!(names(folder.path()), ["first.json", "second"]);
        assert_eq!(names(&run), ["second"]);
        assert_eq!(names(&run.join("record.json")), ["second"]);
        let again = crate::report::summary::render(&crate::report::Document::of(&fixture::two_stacks()));
        fs::write(folder.path().join("again.json"), again).unwrap();
        assert_eq!(names(folder.path()), ["first.json", "second"], "a run and its summary are one");
        let runs = Past::read(folder.path().to_str().unwrap()).unwrap();
        let beside = |record: &Record| -> Vec<String> {
            Past::beside(record, &runs).iter().map(|run| run.name.clone()).collect()
        };
        assert_eq!(
            [beside(&fixture::two_stacks()), beside(&earlier)],
            [["first.json"], ["second"]],
            "not itself"
        );
        assert_eq!(names(&folder.path().join("first.json")), ["first.json"]);
    }

    #[test]
    fn what_is_no_run_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let said = |reference: &str| Past::read(reference).unwrap_err().to_string();
        assert!(said(folder.path().to_str().unwrap()).contains("holds no run"));
        assert!(said("/nowhere/at/all").contains("/nowhere/at/all"));
        assert!(said("--output=x:y").contains("do not begin with a dash"));
        for (text, why) in [
            (r#"{"summary_version": 99}"#, "summary version 99, and this program reads up to 1"),
            (r#"{"summary_version": "1"}"#, "expected u32"),
            (r#"{"version": 99}"#, "format version 99"),
            ("[]", "it has no `version`"),
            ("{", "EOF while parsing"),
        ] {
            let file = folder.path().join("s.json");
            fs::write(&file, text).unwrap();
            for reference in [&file, folder.path()] {
                let said = said(reference.to_str().unwrap());
                assert!(said.starts_with("no baseline in ") && said.contains(why), "{text}: {said}");
                assert!(said.contains("s.json"), "{said}");
            }
        }
    }
}
