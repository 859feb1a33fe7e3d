//! `audit.lock`: the checks that a project's gates heed, so that a new or changed check turns no pipeline red by surprise.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::catalogue;

/// Ids with the revision of the rule that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock(BTreeMap<String, u32>);

impl Lock {
    /// Every check there is now.
    #[must_use]
    pub fn of_catalogue() -> Self {
        Lock(catalogue().map(|check| (check.id.to_owned(), check.revision)).collect())
    }

    /// Reads lines of an id and a revision; `#` begins a comment.
    ///
    /// # Errors
    /// The first line that is neither, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut checks = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let read = line.split_once(char::is_whitespace);
            match read.and_then(|(id, revision)| Some((id, revision.trim().parse().ok()?))) {
                Some((id, revision)) => checks.insert(id.to_owned(), revision),
                None => return Err(format!("line {}: `{line}` is no id and revision", number + 1)),
            };
        }
        Ok(Lock(checks))
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = "# Checks that the audit's gates heed, with the revision of their rule: `shakedown audit lock`.\n".to_owned();
        for (id, revision) in &self.0 {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{id} {revision}");
        }
        out
    }

    /// Whether gates heed a check of this revision.
    #[must_use]
    pub fn has(&self, check: &str, revision: u32) -> bool {
        self.0.get(check) == Some(&revision)
    }

    /// Ids that no check has any more.
    #[must_use]
    pub fn gone(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).filter(|id| super::find(id).is_none()).collect()
    }

    /// What another lock has that this one has not, or has in another revision; then what it has no more.
    #[must_use]
    pub fn changes(&self, other: &Lock) -> Vec<String> {
        let added = other.0.iter().filter_map(|(id, revision)| match self.0.get(id) {
            None => Some(format!("+ {id} {revision}")),
            Some(before) if before != revision => Some(format!("~ {id} {before} -> {revision}")),
            Some(_) => None,
        });
        let gone = self.0.keys().filter(|id| !other.0.contains_key(*id)).map(|id| format!("- {id}"));
        added.chain(gone).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written() {
        let lock = Lock::of_catalogue();
        assert_eq!(Lock::parse(&lock.text()), Ok(lock.clone()));
        assert!(
            lock.has("HDR-HSTS", super::super::find("HDR-HSTS").unwrap().revision) && lock.gone().is_empty()
        );
        assert_eq!(Lock::parse("A 1\nB\n"), Err("line 2: `B` is no id and revision".into()));
    }

    #[test]
    fn changes_are_told() {
        let old = Lock::parse("A 1 # first\nB 1\nC 1\n").unwrap();
        let new = Lock::parse("\nA 1\nB 2\nD 1").unwrap();
        assert_eq!(old.changes(&new), ["~ B 1 -> 2", "+ D 1", "- C"]);
        assert!(old.gone().contains(&"A") && !old.has("B", 2));
    }
}
