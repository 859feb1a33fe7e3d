//! The process table: what `/proc` says of each process, and which processes belong to a stack.

use std::collections::BTreeSet;

/// One process, as `/proc/PID/stat` has it. Times are in clock ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) pid: i32,
    pub(super) parent: i32,
    pub(super) group: i32,
    /// Ended, but not waited for yet.
    pub(super) zombie: bool,
    /// User and system time of its own.
    pub(super) own_ticks: u64,
    /// User and system time of the children it has waited for.
    pub(super) children_ticks: u64,
    /// When it started; together with the id it names a process for good.
    pub(super) started: u64,
    pub(super) rss_pages: u64,
}

/// Every process there is.
pub(super) fn scan() -> Vec<Entry> {
    let Ok(folder) = std::fs::read_dir("/proc") else { return Vec::new() };
    folder
        .flatten()
        .filter(|entry| entry.file_name().as_encoded_bytes().first().is_some_and(u8::is_ascii_digit))
        .filter_map(|entry| parse(&std::fs::read(entry.path().join("stat")).ok()?))
        .collect()
}

/// The members of these process groups and all descendants of their leaders.
pub(super) fn tree(entries: &[Entry], groups: &[i32]) -> Vec<Entry> {
    let mut members: BTreeSet<i32> = entries
        .iter()
        .filter(|e| groups.contains(&e.group) || groups.contains(&e.pid))
        .map(|e| e.pid)
        .collect();
    loop {
        let before = members.len();
        members.extend(
            entries.iter().filter(|e| members.contains(&e.parent)).map(|e| e.pid).collect::<Vec<_>>(),
        );
        if members.len() == before {
            return entries.iter().filter(|e| members.contains(&e.pid)).copied().collect();
        }
    }
}

/// proc_pid_stat(5). The name in parentheses may hold anything, so the fields are counted from its end.
fn parse(stat: &[u8]) -> Option<Entry> {
    let text = String::from_utf8_lossy(stat);
    let (head, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Entry {
        pid: head.split_once(' ')?.0.parse().ok()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        zombie: matches!(*fields.first()?, "Z" | "X" | "x"),
        own_ticks: number(14)? + number(15)?,
        children_ticks: number(16)? + number(17)?,
        started: number(22)?,
        rss_pages: number(24)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_does_not_shift_the_fields() {
        let stat =
            b"42 (a) S 1 ) (b\n) R 7 40 40 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1 0 999 1000 256 184467";
        let entry = parse(stat).unwrap();
        assert_eq!((entry.pid, entry.parent, entry.group, entry.zombie), (42, 7, 40, false));
        assert_eq!(
            (entry.own_ticks, entry.children_ticks, entry.started, entry.rss_pages),
            (30, 70, 999, 256)
        );
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"42 (cut) R 7"), None);
    }

    #[test]
    fn this_process_is_in_the_table() {
        let own = i32::try_from(std::process::id()).unwrap();
        let entries = scan();
        let entry = entries.iter().find(|e| e.pid == own).unwrap();
        assert!(entry.rss_pages > 0 && !entry.zombie);
    }

    #[test]
    fn the_tree_is_groups_and_descendants() {
        let entry = |pid, parent, group| Entry {
            pid,
            parent,
            group,
            zombie: false,
            own_ticks: 0,
            children_ticks: 0,
            started: 0,
            rss_pages: 0,
        };
        // 10 leads the group; 11 left it but descends from it; 12 was orphaned but stayed in the group.
        let entries = [
            entry(13, 11, 11),
            entry(1, 0, 1),
            entry(10, 1, 10),
            entry(11, 10, 11),
            entry(12, 1, 10),
            entry(20, 1, 20),
        ];
        let pids: Vec<i32> = tree(&entries, &[10]).iter().map(|e| e.pid).collect();
        assert_eq!(pids, [13, 10, 11, 12]);
    }
}
