//! A run from the command line: progress while it goes on, the reports and the exit code at its end.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use miette::Diagnostic as _;
use tokio::sync::{mpsc, watch};

use super::progress::Progress;
use super::{Exit, Failed, look, say};
use crate::gate::Verdict;
use crate::plan::Plan;
use crate::record::past::Past;
use crate::record::store::RECORD_FILE;
use crate::report::terminal;
use crate::report::{self, Document, Format, foreign, github};
use crate::run::{self, Finished, Options};

/// Where a run's files go, which they are, and how much is said.
#[derive(Debug, clap::Args)]
pub(super) struct Output {
    /// Folder for the record and the reports [default: reports/SCENARIO/TIME].
    #[arg(long, visible_alias = "output", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Reports to write beside report.html and report.md, separated by commas: junit, sarif, json, …
    #[arg(long, short, value_enum, value_delimiter = ',', value_name = "FORMAT")]
    format: Vec<Format>,
    /// Print nothing but errors and the gates that fail (and the summary, with --json).
    #[arg(long, short)]
    quiet: bool,
    /// Print the summary as JSON on standard output instead of as text.
    #[arg(long)]
    json: bool,
}

impl Output {
    /// The folder that was asked for, or one of its own for a run that starts now.
    pub(super) fn folder(&self, slug: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| default_folder(slug))
    }

    /// What is written: the two reports for people, and what was asked for.
    fn formats(&self) -> Vec<Format> {
        let mut formats = vec![Format::Html, Format::Md];
        formats.extend(self.format.iter().filter(|format| !matches!(format, Format::Html | Format::Md)));
        formats
    }
}

/// Runs a plan to its end; gates on a baseline are judged by these runs, where there are any.
pub(super) fn run(
    plan: &Plan,
    options: &Options,
    output: &Output,
    past: Option<&[Past]>,
) -> Result<Exit, Failed> {
    ready_folder(&options.folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Failed::internal(miette::miette!("no runtime: {error}")))?;
    let finished = runtime.block_on(drive(plan, options, output.quiet))?;
    // Blocking leftovers (a slow name look-up) must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(conclude(output, &options.folder, &finished, past))
}

/// Refuses a folder that is a file, and takes out what an earlier run left there: a folder holds one run.
fn ready_folder(folder: &Path) -> Result<(), Failed> {
    if let Some(file) = folder.ancestors().find(|path| path.is_file()) {
        return Err(Failed::usage(miette::miette!(
            help = "give the folder for the run's files: `--out DIR`",
            "`{}` is a file",
            file.display()
        )));
    }
    if folder.join(RECORD_FILE).is_file() {
        report::clear(folder).map_err(Failed::internal)?;
        run::clear(folder).map_err(Failed::internal)?;
    }
    Ok(())
}

/// Refuses the name of a stack that the scenario does not have.
pub(super) fn check_names(plan: &Plan, wanted: &[String]) -> Result<(), Failed> {
    let known: Vec<&str> = plan.stacks.iter().map(|stack| stack.name.as_str()).collect();
    match wanted.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Failed::usage(miette::miette!(
            help = format!("the scenario has: {}", known.join(", ")),
            "no stack is called `{name}`"
        ))),
    }
}

/// A folder of its own for a run that starts now.
fn default_folder(slug: &str) -> PathBuf {
    let time = Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
    let parent = Path::new("reports").join(slug);
    let mut folder = parent.join(&time);
    // Two runs within a second must not share a folder.
    let mut n = 2;
    while folder.exists() {
        folder = parent.join(format!("{time}-{n}"));
        n += 1;
    }
    folder
}

async fn drive(plan: &Plan, options: &Options, quiet: bool) -> Result<Finished, Failed> {
    let (events, mut heard) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let signals = tokio::spawn(stop_on_signal(stop));
    let mut progress = Progress::new(quiet);
    let trial = run::run(plan, options, events, stopped);
    tokio::pin!(trial);
    let finished = loop {
        tokio::select! {
            finished = &mut trial => break finished,
            Some(event) = heard.recv() => progress.show(event),
        }
    };
    while let Ok(event) = heard.try_recv() {
        progress.show(event);
    }
    progress.finish();
    signals.abort();
    finished.map_err(Failed::internal)
}

/// The first Ctrl-C, TERM or HUP ends the run in order, which takes a few seconds at most; later ones change nothing.
async fn stop_on_signal(stop: watch::Sender<bool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    anstream::eprintln!("stopping: ending the load and the stacks, keeping what was measured");
    let _ = stop.send(true);
}

/// Annotations, and the step's summary, where the run is a step of GitHub Actions.
fn tell_github(document: &Document<'_>) {
    if say::in_github() {
        // Standard output may be a program's.
        anstream::eprint!("{}", github::annotations(document));
    }
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return };
    let appended = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .and_then(|mut file| file.write_all(github::step_summary(document).as_bytes()));
    if let Err(error) = appended {
        anstream::eprintln!("no step summary was written: {}: {error}", Path::new(&path).display());
    }
}

/// The gates that decide the exit code of a run without a table of gates, one line each.
fn broken_gates(document: &Document<'_>) -> Vec<String> {
    let told = document.gates.iter().filter_map(|gate| {
        let what = match gate.verdict {
            Verdict::Fail => "gate failed",
            Verdict::Unknown => "gate can't be judged",
            Verdict::Pass | Verdict::Skipped => return None,
        };
        Some(format!("{what}: {} — {}", foreign::line(&gate.text, 200), foreign::line(&gate.reason, 600)))
    });
    told.collect()
}

fn conclude(output: &Output, folder: &Path, finished: &Finished, past: Option<&[Past]>) -> Exit {
    let document = Document::against(&finished.record, past);
    let written = report::write(&document, &output.formats(), folder);
    let page = written.is_ok().then_some(folder);
    let trouble: Vec<String> = [written.err(), finished.unsaved.clone()]
        .into_iter()
        .flatten()
        .map(|error| match error.help() {
            Some(help) => format!("{error}; {help}"),
            None => error.to_string(),
        })
        .collect();
    if output.json {
        say::raw(&Format::Json.render(&document));
    } else if !output.quiet {
        let look = look::of_stdout(page);
        if document.is_void() && !finished.invalid.is_empty() {
            say::out(&terminal::void(&document, &look));
        } else {
            say::out(&terminal::render(&document, &look));
        }
    }
    for reason in &trouble {
        say::err(&format!("error: {reason}"));
    }
    if output.quiet {
        broken_gates(&document).iter().for_each(|gate| say::err(gate));
    }
    tell_github(&document);
    let status = document.status();
    let fruitless = document.fruitless().filter(|_| status == Verdict::Unknown);
    for reason in finished.invalid.iter().cloned().chain(fruitless) {
        say::err(&format!("invalid run: {}", foreign::block(&reason, 4096)));
    }
    if finished.interrupted {
        Exit::Interrupted
    } else if !trouble.is_empty() {
        Exit::Invalid
    } else {
        match status {
            // A gate fails only on what was measured: as `gate` says of the record.
            Verdict::Fail => Exit::GateFailed,
            Verdict::Pass | Verdict::Skipped if finished.invalid.is_empty() => Exit::Pass,
            _ => Exit::Invalid,
        }
    }
}
