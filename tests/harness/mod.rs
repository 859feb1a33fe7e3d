//! Drives the built binary with a scenario of its own in a folder of its own.

#![allow(dead_code, reason = "each test file uses its own part of the harness")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use shakedown::record::Record;
use tempfile::TempDir;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_shakedown");

/// A scenario file in a folder of its own.
pub struct Trial {
    folder: TempDir,
}

impl Trial {
    /// Writes the scenario.
    pub fn new(scenario: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("trial.toml"), scenario).unwrap();
        Trial { folder }
    }

    /// The scenario file.
    pub fn scenario(&self) -> PathBuf {
        self.folder.path().join("trial.toml")
    }

    /// Where the run's files go.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// A file beside the scenario.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `shakedown run` on it, not started yet.
    pub fn command(&self) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("run").arg(self.scenario()).arg("--out").arg(self.out()).env("NO_COLOR", "1");
        command
    }

    /// Runs it to its end.
    pub fn run(&self, extra: &[&str]) -> Ended {
        on_a_calm_machine(|| {
            let mut command = self.command();
            command.args(extra);
            command
        })
    }

    /// Starts it with stderr piped.
    pub fn spawn(&self) -> Child {
        self.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The record it left.
    pub fn record(&self) -> Record {
        Record::read(&self.out()).unwrap()
    }
}

/// Runs a command to its end, and again, twice at most, when the machine was too busy to keep the schedule: such a run
/// calls itself invalid, and rightly, which proves nothing about what the test asks.
pub fn on_a_calm_machine(command: impl Fn() -> Command) -> Ended {
    let mut ended = Ended::of(command().output().unwrap());
    for _ in 0..2 {
        if ended.code != 3 || !ended.stderr.contains("the generator was the limit") {
            break;
        }
        ended = Ended::of(command().output().unwrap());
    }
    ended
}

/// How a run ended.
pub struct Ended {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// From a finished process.
    pub fn of(output: Output) -> Self {
        Ended {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Panics with everything that was said unless the code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// An embedded target that runs until dropped.
pub struct Target {
    child: Child,
    /// Its base URL.
    pub url: String,
}

impl Target {
    /// Starts one; `tls` is the folder for its certificates.
    pub fn start(profile: &str, tls: Option<&Path>, arguments: &[&str]) -> Self {
        Target::start_with(profile, tls, arguments, &[])
    }

    /// Starts one with further arguments and environment.
    pub fn start_with(profile: &str, tls: Option<&Path>, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(BINARY);
        command
            .args(["target", "--profile", profile, "--port", "0"])
            .args(arguments)
            .envs(env.iter().copied());
        if let Some(folder) = tls {
            command.arg("--tls-dir").arg(folder);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let url = line.strip_prefix("listening on ").unwrap().to_owned();
        Target { child, url }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Reads a child's stderr until a line holds the text; gives back the reader for the rest.
pub fn wait_for_line(child: &mut Child, text: &str) -> BufReader<std::process::ChildStderr> {
    let mut reader = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "`{text}` never came; stderr was:\n{seen}");
        seen.push_str(&line);
        if line.contains(text) {
            return reader;
        }
    }
}

/// Whether a process is there and no zombie.
pub fn alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
    })
}
