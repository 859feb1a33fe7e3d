//! CPU and memory of a process tree over time, from the process table.

use std::collections::BTreeMap;
use std::time::Instant;

use super::Sample;
use super::table::Entry;

/// Adds up a tree's CPU time so that it never goes down, whoever ends in between.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    began: Option<(Instant, u64)>,
    /// The tree at the last look, by id and start time.
    seen: BTreeMap<(i32, u64), Entry>,
    /// Time of processes that ended and that no living member accounts for.
    lost: u64,
    highest: u64,
}

impl Sampler {
    /// The tree now. The first call is where the CPU time counts from.
    pub(super) fn sample(&mut self, tree: &[Entry]) -> Sample {
        let total = self.total_ticks(tree);
        let now = Instant::now();
        let (start, base) = *self.began.get_or_insert((now, total));
        let alive = tree.iter().filter(|entry| !entry.zombie);
        let pages: u64 = alive.clone().map(|entry| entry.rss_pages).sum();
        Sample {
            at_s: now.duration_since(start).as_secs_f64(),
            cpu_s: (total - base) as f64 / rustix::param::clock_ticks_per_second() as f64,
            rss_bytes: pages * rustix::param::page_size() as u64,
            processes: u32::try_from(alive.count()).unwrap_or(u32::MAX),
        }
    }

    /// Ticks of the tree since its processes began: of the living, of the children they waited for, and of
    /// those that ended unaccounted for (orphans, and children of a process that ignores SIGCHLD).
    fn total_ticks(&mut self, tree: &[Entry]) -> u64 {
        let now: BTreeMap<(i32, u64), Entry> = tree.iter().map(|e| ((e.pid, e.started), *e)).collect();
        let mut owed: BTreeMap<(i32, u64), u64> = BTreeMap::new();
        for (key, gone) in self.seen.iter().filter(|(key, _)| !now.contains_key(key)) {
            let ticks = gone.own_ticks + gone.children_ticks;
            match self.surviving_ancestor(*key, &now) {
                Some(ancestor) => *owed.entry(ancestor).or_default() += ticks,
                None => self.lost += ticks,
            }
        }
        for (key, ticks) in owed {
            let before = self.seen.get(&key).map_or(0, |e| e.children_ticks);
            let after = now.get(&key).map_or(0, |e| e.children_ticks);
            self.lost += ticks.saturating_sub(after.saturating_sub(before));
        }
        let living: u64 = now.values().map(|e| e.own_ticks + e.children_ticks).sum();
        self.seen = now;
        // The table is not read in one instant: a child may be counted as neither living nor waited for.
        self.highest = self.highest.max(living + self.lost);
        self.highest
    }

    fn surviving_ancestor(&self, from: (i32, u64), now: &BTreeMap<(i32, u64), Entry>) -> Option<(i32, u64)> {
        let mut key = from;
        for _ in 0..self.seen.len() {
            let parent = self.seen.get(&key)?.parent;
            key = *self.seen.keys().find(|(pid, _)| *pid == parent)?;
            if now.contains_key(&key) {
                return Some(key);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(pid: i32, parent: i32, own_ticks: u64, children_ticks: u64) -> Entry {
        Entry { pid, parent, group: 10, zombie: false, own_ticks, children_ticks, started: 1, rss_pages: 2 }
    }

    #[test]
    fn a_child_that_was_waited_for_counts_once() {
        let mut sampler = Sampler::default();
        assert_eq!(sampler.total_ticks(&[entry(10, 1, 5, 0), entry(11, 10, 7, 0)]), 12);
        assert_eq!(sampler.total_ticks(&[entry(10, 1, 5, 9)]), 14);
    }

    #[test]
    fn a_child_nobody_accounts_for_is_kept() {
        let mut sampler = Sampler::default();
        sampler.total_ticks(&[entry(10, 1, 5, 0), entry(11, 10, 7, 0), entry(12, 11, 3, 0)]);
        // Both ended, their parent ignores SIGCHLD.
        assert_eq!(sampler.total_ticks(&[entry(10, 1, 6, 0)]), 16);
        assert_eq!(sampler.total_ticks(&[entry(10, 1, 8, 0)]), 18);
    }

    #[test]
    fn an_orphan_is_kept_and_the_sum_never_falls() {
        let mut sampler = Sampler::default();
        sampler.total_ticks(&[entry(10, 1, 5, 0), entry(12, 1, 3, 0)]);
        assert_eq!(sampler.total_ticks(&[entry(10, 1, 5, 0)]), 8);
        assert_eq!(sampler.total_ticks(&[]), 8);
    }

    #[test]
    fn the_first_sample_is_zero_and_zombies_hold_no_memory() {
        let mut sampler = Sampler::default();
        let first = sampler.sample(&[entry(10, 1, 500, 0)]);
        assert_eq!((first.at_s, first.cpu_s, first.processes), (0.0, 0.0, 1));
        let zombie = Entry { zombie: true, rss_pages: 0, ..entry(11, 10, 100, 0) };
        let second = sampler.sample(&[entry(10, 1, 500, 0), zombie]);
        assert_eq!(second.processes, 1);
        assert!(second.cpu_s > 0.0);
        assert_eq!(second.rss_bytes, 2 * rustix::param::page_size() as u64);
    }
}
