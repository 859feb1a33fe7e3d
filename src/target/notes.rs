//! Notes, each with one owner, in memory.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::users::AccountId;

/// Notes that each account starts with.
const FIRST: usize = 5;
/// Notes an account may have; the oldest that it made itself goes when another comes.
const MOST: usize = 100;

/// A note as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Note {
    pub(super) id: u64,
    pub(super) owner: String,
    pub(super) title: String,
    pub(super) body: String,
}

/// Every account's notes.
pub(super) struct Notes {
    by_owner: Vec<Mutex<VecDeque<Note>>>,
    next: AtomicU64,
}

impl Notes {
    /// Five notes for each of these owners.
    pub(super) fn new<'a>(owners: impl Iterator<Item = &'a str>) -> Self {
        let mut next = 0;
        let by_owner = owners
            .map(|owner| {
                let notes = (1..=FIRST).map(|n| {
                    next += 1;
                    Note {
                        id: next,
                        owner: owner.to_owned(),
                        title: format!("Note {n} of {owner}"),
                        body: format!("What {owner} wanted to remember, part {n}."),
                    }
                });
                Mutex::new(notes.collect())
            })
            .collect();
        Notes { by_owner, next: AtomicU64::new(next + 1) }
    }

    pub(super) fn list(&self, owner: AccountId) -> Vec<Note> {
        self.of(owner).map(|notes| notes.iter().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn get(&self, owner: AccountId, id: u64) -> Option<Note> {
        self.of(owner)?.iter().find(|note| note.id == id).cloned()
    }

    /// Anybody's note.
    pub(super) fn any(&self, id: u64) -> Option<Note> {
        (0..self.by_owner.len()).find_map(|owner| self.get(AccountId(owner), id))
    }

    pub(super) fn create(&self, owner: AccountId, name: &str, title: String, body: String) -> Note {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let note = Note { id, owner: name.to_owned(), title, body };
        if let Some(mut notes) = self.of(owner) {
            if notes.len() >= MOST {
                notes.remove(FIRST);
            }
            notes.push_back(note.clone());
        }
        note
    }

    /// Whether there was such a note.
    pub(super) fn delete(&self, owner: AccountId, id: u64) -> bool {
        let Some(mut notes) = self.of(owner) else { return false };
        let before = notes.len();
        notes.retain(|note| note.id != id);
        notes.len() < before
    }

    fn of(&self, owner: AccountId) -> Option<MutexGuard<'_, VecDeque<Note>>> {
        Some(self.by_owner.get(owner.0)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: AccountId = AccountId(0);
    const B: AccountId = AccountId(1);

    #[test]
    fn nobody_sees_or_deletes_another_ones_notes() {
        let notes = Notes::new(["a", "b"].into_iter());
        let note = notes.create(A, "a", "t".into(), "b".into());
        assert_eq!(notes.get(B, note.id), None);
        assert!(!notes.delete(B, note.id));
        assert_eq!(notes.get(A, note.id), Some(note));
        assert!(notes.list(B).iter().all(|n| n.owner == "b"));
    }

    #[test]
    fn the_list_is_bounded_and_keeps_the_first_five() {
        let notes = Notes::new(["a"].into_iter());
        for _ in 0..3 * MOST {
            notes.create(A, "a", String::new(), String::new());
        }
        let list = notes.list(A);
        assert_eq!(list.len(), MOST);
        assert_eq!(list.iter().take(FIRST).map(|n| n.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }
}
