//! What a child process cost: user and system time of the whole process, as the kernel accounts for it.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use nix::sys::resource::{Usage, UsageWho, getrusage};

use crate::Failure;

/// A child that ended.
pub struct Ended {
    pub output: Output,
    pub cpu: Duration,
    pub wall: Duration,
}

/// Runs a command to its end, with one of the exit codes that are `fine`. No other child may end meanwhile.
pub fn run(command: &mut Command, fine: &[i32]) -> Result<Ended, Failure> {
    let before = cpu(&getrusage(UsageWho::RUSAGE_CHILDREN)?);
    let begun = Instant::now();
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let wall = begun.elapsed();
    let cpu = cpu(&getrusage(UsageWho::RUSAGE_CHILDREN)?) - before;
    if !output.status.code().is_some_and(|code| fine.contains(&code)) {
        return Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(Ended { output, cpu, wall })
}

fn cpu(usage: &Usage) -> Duration {
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    Duration::from_micros(u64::try_from(micros(usage.user_time()) + micros(usage.system_time())).unwrap_or(0))
}
