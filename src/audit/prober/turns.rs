//! How often a stack is asked.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// To a target that is not on this machine: five requests a second.
pub(super) const PAUSE: Duration = Duration::from_millis(200);

/// The pause after a request to this address.
pub(super) fn pause(address: IpAddr) -> Duration {
    if address.is_loopback() { Duration::ZERO } else { PAUSE }
}

/// When the next request may begin. Those who share one ask together no more often than one of them would alone.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<Option<Instant>>>);

impl Turns {
    pub(super) fn take(&self, pause: Duration) -> Instant {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let at = next.map_or(now, |next| next.max(now));
        *next = Some(at + pause);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_asked_slowly() {
        assert_eq!(pause("127.0.0.1".parse().unwrap()), Duration::ZERO);
        assert_eq!(pause("::1".parse().unwrap()), Duration::ZERO);
        assert_eq!(pause("192.0.2.1".parse().unwrap()), Duration::from_millis(200));
    }

    #[test]
    fn those_who_ask_together_ask_no_more_often() {
        let turns = Turns::default();
        let first = turns.take(PAUSE);
        let second = turns.clone().take(PAUSE);
        assert_eq!((second - first, turns.take(PAUSE) - second), (PAUSE, PAUSE));
    }
}
