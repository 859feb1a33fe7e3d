//! Waits that end on time. tokio's timer wheel turns once a millisecond, which is fifty arrivals at
//! 50,000/s; a timerfd in the reactor is precise to microseconds and costs nothing while it waits. Waking the thread
//! takes some more, on a virtual machine tens of them: so the timer is set to fire by as much earlier as it was late
//! before, and the rest is waited for awake.

use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

use super::vigil::Vigil;

/// Shorter waits are spun: arming the timer would take longer.
const SPIN: Duration = Duration::from_micros(4);
/// More than this no timer is set early: whatever made it later was no matter of waking up.
const MOST_EARLY: Duration = Duration::from_micros(60);

/// One waiter at a time.
pub(super) struct Timer {
    #[cfg(target_os = "linux")]
    fd: tokio::io::unix::AsyncFd<rustix::fd::OwnedFd>,
    early: Early,
}

/// How much too late a timer wakes the thread, as learnt from its last times: up quickly, down slowly, so that nine
/// of ten are not later.
#[derive(Default)]
struct Early(Cell<u32>);

impl Early {
    fn learn(&self, late: Duration) {
        let (late, known) = (late.min(MOST_EARLY).subsec_nanos(), self.0.get());
        self.0.set(if late > known {
            known + (late - known).div_ceil(4)
        } else {
            known - (known - late) / 32
        });
    }

    fn time(&self) -> Duration {
        Duration::from_nanos(self.0.get().into())
    }
}

impl Timer {
    #[cfg(target_os = "linux")]
    #[expect(
        deprecated,
        reason = "its successor is unsafe for the sake of types that close their descriptor early; an OwnedFd does not"
    )]
    pub(super) fn new() -> io::Result<Self> {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        let fd = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        let fd = tokio::io::unix::AsyncFd::with_interest(fd, tokio::io::Interest::READABLE)?;
        Ok(Timer { fd, early: Early::default() })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Timer { early: Early::default() })
    }

    /// Waits until `at`; returns the time it then is.
    pub(super) async fn wait_until(&self, at: Instant, vigil: &Vigil) -> Instant {
        let mut now = Instant::now();
        vigil.begin(now);
        loop {
            let left = at.saturating_duration_since(now);
            if left.is_zero() {
                return now;
            }
            if vigil.waits_awake(now, left) {
                now = vigil.look().await;
                continue;
            }
            if left < SPIN {
                std::hint::spin_loop();
                now = Instant::now();
            } else {
                let until = if vigil.rests(now) { at } else { at - self.early.time() };
                let left = until.saturating_duration_since(now);
                if self.sleep(left).await.is_err() {
                    tokio::time::sleep(left).await;
                }
                now = Instant::now();
                self.early.learn(now.saturating_duration_since(until));
            }
            vigil.begin(now);
        }
    }

    /// May end early: the caller looks at the clock.
    #[cfg(target_os = "linux")]
    async fn sleep(&self, left: Duration) -> io::Result<()> {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let value = Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        let once = Itimerspec { it_interval: zero, it_value: value };
        // Arming it again also takes back an expiry that was never read, so it needs no read of its own.
        timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &once)?;
        self.fd.readable().await?.clear_ready();
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    async fn sleep(&self, left: Duration) -> io::Result<()> {
        tokio::time::sleep(left).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_is_set_early_by_what_it_was_late() {
        let early = Early::default();
        let micros = Duration::from_micros;
        (0..200).for_each(|n| early.learn(micros(if n % 10 == 9 { 30 } else { 20 })));
        assert!((micros(20)..=micros(30)).contains(&early.time()), "{:?}", early.time());
        (0..20).for_each(|_| early.learn(Duration::from_millis(5)));
        assert!(early.time() <= MOST_EARLY && early.time() > micros(50));
        (0..400).for_each(|_| early.learn(Duration::ZERO));
        assert!(early.time() < micros(1), "{:?}", early.time());
    }
}
