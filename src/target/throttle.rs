//! A limit on logins for each user name, right passwords counted too.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::bounded::Bounded;

const NAMES: usize = 10_000;
const WINDOW: Duration = Duration::from_secs(60);

struct Count {
    since: Instant,
    logins: u32,
}

/// Logins a minute for each user name.
pub(super) struct Throttle {
    limit: Option<u32>,
    seen: Mutex<Bounded<String, Count>>,
}

impl Throttle {
    pub(super) fn new(limit: Option<u32>) -> Self {
        Throttle { limit, seen: Mutex::new(Bounded::new(NAMES)) }
    }

    /// Counts a login of this name at this time; refused with the time to wait when there were too many.
    pub(super) fn count(&self, name: &str, now: Instant) -> Result<(), Duration> {
        let Some(limit) = self.limit else { return Ok(()) };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get_mut(name) {
            Some(count) if now.duration_since(count.since) < WINDOW => {
                if count.logins >= limit {
                    return Err(WINDOW - now.duration_since(count.since));
                }
                count.logins += 1;
            }
            Some(count) => *count = Count { since: now, logins: 1 },
            None => seen.insert(name.to_owned(), Count { since: now, logins: 1 }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_above_the_limit_until_the_window_ends() {
        let throttle = Throttle::new(Some(2));
        let start = Instant::now();
        assert!(throttle.count("a", start).is_ok());
        assert!(throttle.count("a", start).is_ok());
        assert_eq!(throttle.count("a", start + Duration::from_secs(20)), Err(Duration::from_secs(40)));
        assert!(throttle.count("b", start).is_ok());
        assert!(throttle.count("a", start + WINDOW).is_ok());
    }
}
