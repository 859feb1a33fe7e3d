//! A limit on wrong passwords: for each name, and for how many names one address tries. A right password clears the name's
//! count, so that users who log in often never meet it. Production only.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::bounded::Bounded;

/// Wrong passwords of one name in a window.
const TRIES: usize = 8;
/// Names that one address may fail in, in a window.
const NAMES: usize = 18;
const WINDOW: Duration = Duration::from_secs(60);
/// Names and addresses that are kept.
const KEPT: usize = 10_000;

struct Count {
    since: Instant,
    tries: usize,
    names: BTreeSet<String>,
}

/// Counts of wrong passwords.
pub(super) struct Lockout {
    by_name: Mutex<Bounded<String, Count>>,
    by_address: Mutex<Bounded<String, Count>>,
}

impl Lockout {
    pub(super) fn new() -> Self {
        Lockout { by_name: Mutex::new(Bounded::new(KEPT)), by_address: Mutex::new(Bounded::new(KEPT)) }
    }

    /// How long this name, or this address in another name, has to wait.
    pub(super) fn wait(&self, name: &str, address: Option<&str>, now: Instant) -> Option<Duration> {
        let by_name = waits(&self.by_name, name, now, |count| count.tries >= TRIES);
        let by_address = address.and_then(|address| {
            waits(&self.by_address, address, now, |count| {
                count.names.len() >= NAMES && !count.names.contains(name)
            })
        });
        by_name.or(by_address)
    }

    /// Counts a try before it is known whether its password is right: tries at the same time all count.
    pub(super) fn count(&self, name: &str, address: Option<&str>, now: Instant) {
        add(&self.by_name, name, now, |count| count.tries += 1);
        if let Some(address) = address {
            add(&self.by_address, address, now, |count| {
                if count.names.len() < NAMES {
                    count.names.insert(name.to_owned());
                }
            });
        }
    }

    /// The password was right.
    pub(super) fn clear(&self, name: &str, address: Option<&str>) {
        let mut counts = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&name.to_owned()) {
            count.tries = 0;
        }
        drop(counts);
        let mut counts = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = address.and_then(|address| counts.get_mut(&address.to_owned())) {
            count.names.remove(name);
        }
    }
}

fn waits(
    counts: &Mutex<Bounded<String, Count>>,
    key: &str,
    now: Instant,
    full: impl Fn(&Count) -> bool,
) -> Option<Duration> {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    let count = counts.get_mut(&key.to_owned())?;
    let gone = now.duration_since(count.since);
    (gone < WINDOW && full(count)).then(|| WINDOW - gone)
}

fn add(counts: &Mutex<Bounded<String, Count>>, key: &str, now: Instant, with: impl Fn(&mut Count)) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = || Count { since: now, tries: 0, names: BTreeSet::new() };
    match counts.get_mut(&key.to_owned()) {
        Some(count) => {
            if now.duration_since(count.since) >= WINDOW {
                *count = fresh();
            }
            with(count);
        }
        None => {
            let mut count = fresh();
            with(&mut count);
            counts.insert(key.to_owned(), count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_locked_until_its_window_ends() {
        let (lockout, start) = (Lockout::new(), Instant::now());
        for _ in 0..TRIES {
            assert_eq!(lockout.wait("a", Some("x"), start), None);
            lockout.count("a", Some("x"), start);
        }
        assert_eq!(
            lockout.wait("a", Some("y"), start + Duration::from_secs(20)),
            Some(Duration::from_secs(40))
        );
        assert_eq!(lockout.wait("b", Some("x"), start), None);
        assert_eq!(lockout.wait("a", Some("x"), start + WINDOW), None);
    }

    #[test]
    fn a_right_password_clears_the_name() {
        let (lockout, start) = (Lockout::new(), Instant::now());
        for _ in 0..100 {
            assert_eq!(lockout.wait("a", Some("x"), start), None);
            lockout.count("a", Some("x"), start);
            lockout.clear("a", Some("x"));
        }
    }

    #[test]
    fn an_address_may_fail_in_some_names_only() {
        let (lockout, start) = (Lockout::new(), Instant::now());
        for n in 0..NAMES {
            let name = format!("n{n}");
            assert_eq!(lockout.wait(&name, Some("x"), start), None);
            lockout.count(&name, Some("x"), start);
        }
        assert!(lockout.wait("another", Some("x"), start).is_some());
        assert_eq!(lockout.wait("n0", Some("x"), start), None, "one of its own");
        assert_eq!(lockout.wait("another", Some("y"), start), None);
    }
}
