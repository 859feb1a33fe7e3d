//! Sessions of people who logged in with the form.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::bounded::Bounded;
use super::users::AccountId;
use super::{Fault, Faults, random};

const SESSIONS: usize = 10_000;
/// How ids begin that every target makes.
const SHARED: &str = "shared";

/// Session ids and whose they are.
pub(super) struct Sessions {
    open: Mutex<Bounded<String, AccountId>>,
    low_entropy: bool,
    /// Every target with the fault makes the same ids, and knows them all.
    shared: bool,
}

impl Sessions {
    pub(super) fn new(faults: &Faults) -> Self {
        let (low_entropy, shared) = (faults.has(Fault::SessionLowEntropy), faults.has(Fault::SharedSessions));
        Sessions { open: Mutex::new(Bounded::new(SESSIONS)), low_entropy, shared }
    }

    /// Opens a session; `keep` is an id to use instead of a new one (session fixation).
    pub(super) fn open(&self, account: AccountId, keep: Option<&str>) -> String {
        let id = match keep {
            Some(id) => id.to_owned(),
            None if self.shared => format!("{SHARED}{:026}", account.0),
            None if self.low_entropy => random::digits(8),
            None => random::alphanumeric(32),
        };
        self.lock().insert(id.clone(), account);
        id
    }

    pub(super) fn find(&self, id: &str) -> Option<AccountId> {
        if self.shared {
            return id.strip_prefix(SHARED)?.parse().ok().map(AccountId);
        }
        self.lock().get(id).copied()
    }

    pub(super) fn close(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, Bounded<String, AccountId>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_session_is_nobody() {
        let sessions = Sessions::new(&Faults::default());
        let id = sessions.open(AccountId(3), None);
        assert_eq!(id.len(), 32);
        assert_eq!(sessions.find(&id), Some(AccountId(3)));
        sessions.close(&id);
        assert_eq!(sessions.find(&id), None);
    }
}
