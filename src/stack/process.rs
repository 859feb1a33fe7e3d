//! The processes of one stack: each leads its own group, and no way out leaves one behind.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus};

use super::log;
use super::sampler::Sampler;
use super::table::{self, Entry};
use super::warden::Warden;
use super::{Sample, StackError};

/// From TERM to KILL.
const GRACE: Duration = Duration::from_secs(5);
/// From TERM to KILL where nobody can be made to wait long: on a panic or an early return.
const SHORT_GRACE: Duration = Duration::from_secs(1);
/// How long the system may take to end a killed process.
const DEATH: Duration = Duration::from_secs(2);
/// Between two looks at whether they are gone.
const LOOK: Duration = Duration::from_millis(10);

/// What to run, everything rendered.
pub(super) struct Launch {
    pub(super) name: String,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) folder: PathBuf,
    pub(super) environment: Vec<(String, String)>,
    pub(super) log: PathBuf,
    /// Whether an older log is kept and added to.
    pub(super) append: bool,
}

/// Processes that run. Dropping it ends them.
pub(super) struct Processes {
    members: Vec<Member>,
    warden: Warden,
    sampler: Sampler,
}

struct Member {
    name: String,
    /// Not waited for before its group is gone: until then its id, which names the group, is nobody else's.
    child: Child,
    log: PathBuf,
    log_from: u64,
}

impl Processes {
    /// None yet.
    pub(super) fn new() -> Result<Self, StackError> {
        let warden =
            Warden::post().map_err(|error| StackError::Io { what: "start /bin/sh".into(), error })?;
        Ok(Processes { members: Vec::new(), warden, sampler: Sampler::default() })
    }

    /// Starts one more.
    ///
    /// # Errors
    /// In words, why it could not be started.
    pub(super) fn launch(&mut self, launch: Launch) -> Result<(), String> {
        let Launch { name, program, arguments, folder, environment, log, append } = launch;
        if !folder.is_dir() {
            return Err(format!("cannot run `{name}`: its folder {} does not exist", folder.display()));
        }
        let (output, log_from) =
            open_log(&log, append).map_err(|e| format!("cannot write {}: {e}", log.display()))?;
        let errors = output.try_clone().map_err(|e| format!("cannot write {}: {e}", log.display()))?;
        let child = Command::new(&program)
            .args(arguments)
            .current_dir(folder)
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|error| match error.kind() {
                // The file was found, so what is missing is what its first line names.
                std::io::ErrorKind::NotFound => {
                    format!("cannot run `{}`: the interpreter it names is missing", program.display())
                }
                _ => format!("cannot run `{}`: {error}", program.display()),
            })?;
        self.warden.watch(child.id());
        self.members.push(Member { name, child, log, log_from });
        Ok(())
    }

    /// The first that has ended: its name and its status in words.
    pub(super) fn died(&self) -> Option<(&str, String)> {
        self.members.iter().find_map(|member| Some((member.name.as_str(), words(&member.ended()?))))
    }

    /// Whether the first has ended, and whether it said that all went well.
    pub(super) fn outcome(&self) -> Option<Result<(), String>> {
        let status = self.members.first()?.ended()?;
        Some(if status.exit_status() == Some(0) { Ok(()) } else { Err(words(&status)) })
    }

    /// The last lines of what was written since the start: of the process with this name, or of all.
    pub(super) fn log_tail(&self, name: Option<&str>) -> String {
        let mut shown = Vec::new();
        for member in self.members.iter().filter(|m| name.is_none_or(|name| name == m.name)) {
            let text = log::tail(&member.log, member.log_from);
            if !text.is_empty() {
                shown.push(format!("--- {} ---\n{text}", member.log.display()));
            }
        }
        shown.join("\n")
    }

    /// CPU and memory of all of them and their descendants.
    pub(super) fn sample(&mut self) -> Sample {
        let tree = self.tree();
        self.sampler.sample(&tree)
    }

    /// Ends them all and waits until they are gone.
    pub(super) async fn stop(mut self) {
        let known = self.terminate();
        let deadline = Instant::now() + GRACE;
        while !self.living(&known).is_empty() && Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
        self.finish(&known);
    }

    fn groups(&self) -> Vec<i32> {
        self.members.iter().filter_map(|member| i32::try_from(member.child.id()).ok()).collect()
    }

    fn tree(&self) -> Vec<Entry> {
        table::tree(&table::scan(), &self.groups())
    }

    /// Asks every group to end, the last started first. Returns the tree as it was.
    fn terminate(&self) -> BTreeSet<(i32, u64)> {
        let known = self.tree().iter().map(|e| (e.pid, e.started)).collect();
        for member in self.members.iter().rev() {
            // The group may have ended by itself: nothing to do then.
            let _ = rustix::process::kill_process_group(Pid::from_child(&member.child), Signal::TERM);
        }
        known
    }

    /// Who of the tree still lives, those included that have left it since.
    fn living(&self, known: &BTreeSet<(i32, u64)>) -> Vec<Entry> {
        let entries = table::scan();
        let mut living = table::tree(&entries, &self.groups());
        let left: Vec<Entry> = entries
            .into_iter()
            .filter(|e| known.contains(&(e.pid, e.started)) && !living.contains(e))
            .collect();
        living.extend(left);
        living.retain(|e| !e.zombie);
        living
    }

    /// Kills who still lives, and buries everyone.
    fn finish(&mut self, known: &BTreeSet<(i32, u64)>) {
        let deadline = Instant::now() + DEATH;
        loop {
            let living = self.living(known);
            if living.is_empty() || Instant::now() >= deadline {
                break;
            }
            for pid in living.iter().filter_map(|e| Pid::from_raw(e.pid)) {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
            std::thread::sleep(LOOK);
        }
        self.warden.dismiss();
        for mut member in self.members.drain(..) {
            // Not `wait`: a process stuck in the kernel must not hold us up.
            let _ = member.child.try_wait();
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        if self.members.is_empty() {
            self.warden.dismiss();
            return;
        }
        let known = self.terminate();
        let deadline = Instant::now() + SHORT_GRACE;
        while !self.living(&known).is_empty() && Instant::now() < deadline {
            std::thread::sleep(LOOK);
        }
        self.finish(&known);
    }
}

impl Member {
    /// Its status once it has ended; it stays a zombie.
    fn ended(&self) -> Option<WaitIdStatus> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        rustix::process::waitid(WaitId::Pid(Pid::from_child(&self.child)), options).ok().flatten()
    }
}

/// Opens a log and says where this start's output begins in it.
fn open_log(path: &Path, append: bool) -> std::io::Result<(File, u64)> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if !append {
        File::create(path)?;
    }
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let from = file.metadata()?.len();
    Ok((file, from))
}

fn words(status: &WaitIdStatus) -> String {
    if let Some(code) = status.exit_status() {
        return format!("exited with status {code}");
    }
    match status.terminating_signal() {
        Some(9) => "was killed (SIGKILL; out of memory?)".to_owned(),
        Some(signal) => match signal_name(signal) {
            Some(name) => format!("was ended by {name}"),
            None => format!("was ended by signal {signal}"),
        },
        None => "ended".to_owned(),
    }
}

fn signal_name(number: i32) -> Option<&'static str> {
    let names = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::TERM, "SIGTERM"),
    ];
    names.into_iter().find(|(signal, _)| signal.as_raw() == number).map(|(_, name)| name)
}
