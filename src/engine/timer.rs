//! Waits that end on time. tokio's timer wheel turns once a millisecond, which is fifty arrivals at
//! 50,000/s; a timerfd in the reactor is precise to microseconds and costs nothing while it waits.

use std::io;
use std::time::{Duration, Instant};

use super::vigil::Vigil;

/// Shorter waits are spun: arming the timer would take longer.
const SPIN: Duration = Duration::from_micros(4);

/// One waiter at a time.
pub(super) struct Timer {
    #[cfg(target_os = "linux")]
    fd: tokio::io::unix::AsyncFd<rustix::fd::OwnedFd>,
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
        Ok(Timer { fd: tokio::io::unix::AsyncFd::with_interest(fd, tokio::io::Interest::READABLE)? })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Timer {})
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
            } else if self.sleep(left).await.is_err() {
                tokio::time::sleep(left).await;
            }
            now = Instant::now();
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
