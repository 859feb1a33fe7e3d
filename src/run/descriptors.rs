//! Room for connections: the limit of open files.

use crate::plan::{LoadPlan, ModelPlan, SeriesPlan};

/// Descriptors that are not connections of the load: logs, pipes of the stacks, timers, logins.
const SPARE: u64 = 128;

/// Raises the soft limit of open files to the hard one, for this process and the stacks it starts: all stacks get the
/// same. The warning, when the load's connections do not fit all the same.
pub(super) fn make_room(load: &LoadPlan) -> Option<String> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        // Refused, the old limit stays, which the warning then names.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
    short_of(wanted(load), getrlimit(Resource::Nofile).current)
}

/// Connections the load may have open at once, or the largest of a series.
fn wanted(load: &LoadPlan) -> u64 {
    if let Some(SeriesPlan::Sweep(sweep)) = &load.series {
        return sweep.levels.iter().copied().max().unwrap_or(0).into();
    }
    match &load.model {
        ModelPlan::Open { connections, .. } => *connections as u64,
        ModelPlan::Closed { profile, .. } => {
            profile.stages.iter().map(|(level, _)| *level).fold(profile.start, f64::max).round() as u64
        }
    }
}

fn short_of(connections: u64, limit: Option<u64>) -> Option<String> {
    let limit = limit.filter(|limit| *limit < connections + SPARE)?;
    Some(format!(
        "the load may want {connections} connections, but this process may open {limit} files (`ulimit -Hn`), some of \
         which it needs itself; connections beyond that fail as `local`: raise the hard limit, or use fewer"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_too_low_is_said_and_no_other() {
        assert_eq!(short_of(10_000, None), None);
        assert_eq!(short_of(10_000, Some(10_128)), None);
        let said = short_of(10_000, Some(10_127)).unwrap();
        assert!(said.contains("10000 connections") && said.contains("10127 files"), "{said}");
    }
}
