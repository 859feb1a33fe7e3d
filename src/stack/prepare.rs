//! Preparation steps: each runs once per content of its inputs.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::process::{Launch, Processes};
use super::stamp::stamp;
use super::values::Values;
use super::{Say, StackError, program};
use crate::plan::{Plan, Prepare};
use crate::wire::rounded;

/// How long a step may take that sets no time-out.
const TIMEOUT: Duration = Duration::from_secs(600);
/// Between two looks at a step, or at a lock.
const LOOK: Duration = Duration::from_millis(20);

/// A wait for the lock that long is told.
const PATIENCE: Duration = Duration::from_millis(500);

/// The right to change the state folder: other runs wait for it.
pub(super) struct StateLock(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

impl StateLock {
    /// Makes the state folder where it is missing and waits for the lock.
    pub(super) async fn take(state: &Path, say: Say<'_>) -> Result<Self, StackError> {
        let io = |what: &str| {
            let what = format!("{what} {}", state.display());
            move |error| StackError::Io { what, error }
        };
        std::fs::create_dir_all(state).map_err(io("create"))?;
        let ignore = state.join(".gitignore");
        if !ignore.exists() {
            // What is generated here, keys among it, must not end up in a commit.
            std::fs::write(&ignore, "*\n").map_err(io("write to"))?;
        }
        let file = File::create(state.join("lock")).map_err(io("write to"))?;
        let began = Instant::now();
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(StateLock(file)),
                Err(std::fs::TryLockError::WouldBlock) => {
                    // A process that is being started holds it for a moment too, until it has become another program.
                    if !told && began.elapsed() > PATIENCE {
                        say("waiting for another run that uses the same state folder");
                        told = true;
                    }
                    tokio::time::sleep(LOOK).await;
                }
                Err(std::fs::TryLockError::Error(error)) => return Err(io("lock")(error)),
            }
        }
    }
}

/// Runs those of the steps that are not stamped. `owner` is the stack they belong to, if one.
/// The caller holds the lock.
pub(super) async fn run(
    plan: &Plan,
    steps: &[Prepare],
    owner: Option<&str>,
    values: &mut Values,
    say: Say<'_>,
) -> Result<(), StackError> {
    for step in steps {
        let step = Step::render(plan, step, owner, values)?;
        if step.is_done()? {
            continue;
        }
        let began = Instant::now();
        say(&format!("prepare: {}", step.name));
        step.run(plan).await?;
        say(&format!("prepare: {} done in {:.1} s", step.name, began.elapsed().as_secs_f64()));
    }
    Ok(())
}

/// A step with its values put in.
struct Step<'a> {
    step: &'a Prepare,
    /// `STACK: NAME`, or the name alone.
    name: String,
    command: Vec<String>,
    folder: PathBuf,
    environment: std::collections::BTreeMap<String, String>,
    inputs: Vec<PathBuf>,
    creates: Vec<PathBuf>,
    timeout: Duration,
    stamp: PathBuf,
    log: PathBuf,
}

impl<'a> Step<'a> {
    fn render(
        plan: &Plan,
        step: &'a Prepare,
        owner: Option<&str>,
        values: &mut Values,
    ) -> Result<Self, StackError> {
        let name = owner.map_or_else(|| step.name.clone(), |owner| format!("{owner}: {}", step.name));
        let failed = |reason: String| failure(&name, reason, String::new());
        let base = super::values::folder(plan)
            .map_err(|error| StackError::Io { what: "the working folder".into(), error })?;
        let mut render = |text: &str| values.render(text).map_err(failed);
        let mut paths = |texts: &[String]| {
            texts.iter().map(|text| Ok(base.join(render(text)?))).collect::<Result<Vec<_>, StackError>>()
        };
        let (inputs, creates) = (paths(&step.inputs)?, paths(&step.creates)?);
        let folder =
            step.cwd.as_deref().map(&mut render).transpose()?.map_or(base.clone(), |cwd| base.join(cwd));
        let command = step.run.iter().map(|word| render(word)).collect::<Result<Vec<_>, _>>()?;
        let environment = step
            .env
            .iter()
            .map(|(key, value)| Ok((key.clone(), render(value)?)))
            .collect::<Result<_, StackError>>()?;
        let timeout = match step.timeout.as_deref() {
            None => TIMEOUT,
            Some(text) => text
                .parse::<jiff::SignedDuration>()
                .map_err(|_| failed(format!("its time-out `{text}` is no duration")))?
                .unsigned_abs(),
        };
        let file = file_name(&name);
        Ok(Step {
            stamp: plan.state.join("stamps").join(&file),
            log: plan.state.join(format!("prepare-{file}.log")),
            step,
            name,
            command,
            folder,
            environment,
            inputs,
            creates,
            timeout,
        })
    }

    fn hash(&self) -> Result<String, StackError> {
        stamp(&self.command, &self.folder, &self.environment, &self.inputs).map_err(|(path, error)| {
            failure(
                &self.name,
                format!("its input {} cannot be read: {error}", path.display()),
                String::new(),
            )
        })
    }

    fn is_done(&self) -> Result<bool, StackError> {
        let hash = self.hash()?;
        let stamped = std::fs::read_to_string(&self.stamp).is_ok_and(|text| text.trim() == hash);
        Ok(stamped && self.creates.iter().all(|path| path.exists()))
    }

    async fn run(&self, plan: &Plan) -> Result<(), StackError> {
        let failed =
            |reason: String, log: String| failure(&self.name, reason, super::redactor(plan).scrub(&log));
        let Some(word) = self.command.first() else {
            return Err(failed("it has no command".into(), String::new()));
        };
        let path = self.environment.get("PATH").map(std::ffi::OsStr::new);
        let program =
            program::find(word, &self.folder, path).ok_or_else(|| program::missing(word, &plan.requires))?;
        // Of a step that fails half way nothing may pass for done.
        let hash = self.hash()?;
        let _ = std::fs::remove_file(&self.stamp);

        let mut processes = Processes::new()?;
        let launch = Launch {
            name: self.step.name.clone(),
            program,
            arguments: self.command[1..].to_vec(),
            folder: self.folder.clone(),
            environment: self.environment.clone().into_iter().collect(),
            log: self.log.clone(),
            append: false,
        };
        processes.launch(launch).map_err(|reason| failed(reason, String::new()))?;
        let deadline = Instant::now() + self.timeout;
        let outcome = loop {
            match processes.outcome() {
                Some(outcome) => break outcome,
                None if Instant::now() >= deadline => {
                    break Err(format!("took longer than {}", rounded(self.timeout)));
                }
                None => tokio::time::sleep(LOOK).await,
            }
        };
        let log = processes.log_tail(None);
        processes.stop().await;
        outcome.map_err(|reason| failed(reason, log.clone()))?;
        if let Some(path) = self.creates.iter().find(|path| !path.exists()) {
            return Err(failed(format!("ended well but did not make {}", path.display()), log));
        }
        self.write_stamp(&hash)
    }

    fn write_stamp(&self, hash: &str) -> Result<(), StackError> {
        let write = || {
            self.stamp.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&self.stamp, format!("{hash}\n"))
        };
        write().map_err(|error| StackError::Io { what: format!("write {}", self.stamp.display()), error })
    }
}

fn failure(step: &str, reason: String, log: String) -> StackError {
    StackError::Prepare { step: step.to_owned(), reason, log }
}

/// A name that is safe as a file's.
pub(super) fn file_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '.' => out.push(c),
            _ if out.ends_with('-') => {}
            _ => out.push('-'),
        }
    }
    out.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain() {
        assert_eq!(file_name("prod: make venv"), "prod-make-venv");
        assert_eq!(file_name("../../etc/passwd"), "etc-passwd");
    }
}
