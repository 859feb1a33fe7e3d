//! Staying awake while the next event is near.
//!
//! A thread that sleeps for ten microseconds pays two context switches for it, and the server pays for waking it: with
//! answers that dense, sleeping costs both sides more than looking again (docs/performance.md has the figures). So a
//! worker that gets an answer every few microseconds looks for the next one before it sleeps, and one whose next
//! arrival is that near waits for it awake, which a timer cannot do to the microsecond. At low rates it always sleeps,
//! and when others want the core, it lets them have it.
//!
//! With many users of the closed model under way there is a third way, cheaper than both: a nap by the clock, so short
//! that no response time is measured more than an eighth of the mean too long, and the mean itself not a sixteenth. The
//! server wakes nobody then, and several answers are there when the nap ends, as with a network card that gathers
//! packets for one interrupt.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Answers are dense when they come in less than this on average; so long the worker then looks for the next.
const DENSE: Duration = Duration::from_micros(50);
/// An arrival that is due within this time is waited for awake.
const NEAR: Duration = Duration::from_micros(100);
/// A nap is this part of the time a request takes at most.
const NAP_PART: u64 = 8;
/// A shorter nap costs more than the answers it gathers save.
const LEAST_NAP: Duration = Duration::from_micros(12);
/// A longer one saves no more.
const MOST_NAP: Duration = Duration::from_micros(40);
/// A look that takes this long was interrupted: somebody else wants the core.
const PREEMPTED: Duration = Duration::from_micros(500);
/// So long nobody stays awake then.
const REST: Duration = Duration::from_millis(20);

/// Whether a worker stays awake, and what that cost.
pub(super) struct Vigil {
    /// When the last answer was complete.
    last: Cell<Instant>,
    /// Mean time between answers in nanoseconds, the last few counting most.
    gap: Cell<u64>,
    /// Rises with everything a worker does beside looking.
    work: Cell<u64>,
    seen: Cell<(u64, Instant)>,
    rest_until: Cell<Instant>,
    idle: Cell<Duration>,
    asleep: Cell<bool>,
    call: Notify,
}

impl Vigil {
    pub(super) fn new(now: Instant) -> Self {
        Vigil {
            last: Cell::new(now),
            gap: Cell::new(u64::MAX >> 8),
            work: Cell::new(0),
            seen: Cell::new((0, now)),
            rest_until: Cell::new(now),
            idle: Cell::new(Duration::ZERO),
            asleep: Cell::new(false),
            call: Notify::new(),
        }
    }

    /// Looking begins.
    pub(super) fn begin(&self, now: Instant) {
        self.seen.set((self.work.get(), now));
    }

    /// Something was done beside looking.
    pub(super) fn worked(&self) {
        self.work.set(self.work.get().wrapping_add(1));
    }

    /// An answer is complete.
    pub(super) fn answered(&self, now: Instant) {
        let gap = now.saturating_duration_since(self.last.replace(now)).as_nanos().min(1_000_000) as u64;
        self.gap.set((self.gap.get().min(1_000_000) * 7 + gap) / 8);
        if self.asleep.get() && self.dense() {
            self.asleep.set(false);
            self.call.notify_one();
        }
    }

    fn dense(&self) -> bool {
        self.gap.get() < DENSE.as_nanos() as u64
    }

    /// Whether to wait awake for a moment that is so far away.
    pub(super) fn waits_awake(&self, now: Instant, left: Duration) -> bool {
        left < NEAR && !self.rests(now)
    }

    /// Whether it lets others have the core.
    pub(super) fn rests(&self, now: Instant) -> bool {
        now < self.rest_until.get()
    }

    /// Time spent looking while there was nothing to do: not work, so not what makes a generator busy.
    pub(super) fn idle(&self) -> Duration {
        self.idle.get()
    }

    /// Lets everything run that is ready, looks for what came, and tells the time after that.
    pub(super) async fn look(&self) -> Instant {
        tokio::task::yield_now().await;
        let now = Instant::now();
        let work = self.work.get();
        let (seen, since) = self.seen.replace((work, now));
        let took = now.saturating_duration_since(since);
        if seen == work {
            if took > PREEMPTED {
                self.rest_until.set(now + REST);
            } else {
                self.idle.set(self.idle.get() + took);
            }
        }
        now
    }

    /// How long to sleep by the clock, when so many requests are under way. Requests under way times the gap between
    /// answers is what a request takes (Little's law).
    fn nap(&self, under_way: u64) -> Option<Duration> {
        let nap = Duration::from_nanos(under_way.saturating_mul(self.gap.get()) / NAP_PART).min(MOST_NAP);
        (nap >= LEAST_NAP).then_some(nap)
    }

    /// Sleeps by the clock, and begins to look again; what came meanwhile waited for the clock.
    fn sleep(&self, nap: Duration) {
        let before = Instant::now();
        std::thread::sleep(nap);
        let after = Instant::now();
        if after.saturating_duration_since(before) > nap + PREEMPTED {
            self.rest_until.set(after + REST);
        }
        self.begin(after);
    }

    /// Stays awake, or naps, while answers are dense. `under_way` tells how many requests are, where each user waits for
    /// an answer; an arrival of the open model must not wait for a nap to end.
    pub(super) async fn keep(&self, under_way: impl Fn() -> Option<u64>) {
        loop {
            self.asleep.set(true);
            self.call.notified().await;
            let mut now = self.last.get();
            self.begin(now);
            while self.dense()
                && now >= self.rest_until.get()
                && now.saturating_duration_since(self.last.get()) < DENSE
            {
                let before = self.work.get();
                now = self.look().await;
                // A generator that is the slower side always finds something, and so never naps.
                if self.work.get() == before
                    && let Some(nap) = under_way().and_then(|requests| self.nap(requests))
                {
                    self.sleep(nap);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers_every(vigil: &Vigil, from: Instant, gap: Duration, count: u32) -> Instant {
        (1..=count).fold(from, |_, n| {
            let at = from + gap * n;
            vigil.answered(at);
            at
        })
    }

    #[test]
    fn dense_answers_keep_it_awake_and_sparse_ones_do_not() {
        let start = Instant::now();
        let vigil = Vigil::new(start);
        assert!(!vigil.dense());
        let at = answers_every(&vigil, start, Duration::from_micros(20), 100);
        assert!(vigil.dense());
        // A burst each millisecond is dense only while it lasts.
        let at = answers_every(&vigil, at, Duration::from_millis(1), 1);
        assert!(!vigil.dense());
        answers_every(&vigil, at, Duration::from_micros(200), 100);
        assert!(!vigil.dense());
    }

    #[test]
    fn only_near_moments_are_waited_for_awake() {
        let now = Instant::now();
        let vigil = Vigil::new(now);
        assert!(vigil.waits_awake(now, Duration::from_micros(99)));
        assert!(!vigil.waits_awake(now, Duration::from_micros(100)));
        vigil.rest_until.set(now + REST);
        assert!(!vigil.waits_awake(now, Duration::from_micros(10)));
        assert!(vigil.waits_awake(now + REST, Duration::from_micros(10)));
    }

    #[test]
    fn a_nap_is_a_small_part_of_a_response_time() {
        let start = Instant::now();
        let vigil = Vigil::new(start);
        answers_every(&vigil, start, Duration::from_micros(8), 100);
        let nap = vigil.nap(50).unwrap();
        assert!(nap <= Duration::from_micros(8 * 50) / NAP_PART as u32, "{nap:?}");
        assert_eq!(vigil.nap(500), Some(MOST_NAP));
        assert_eq!(vigil.nap(10), None, "of a response time of 80 us a nap would be too large a part");
    }

    #[test]
    fn a_nap_is_no_work_and_not_idle_either() {
        let start = Instant::now();
        let vigil = Vigil::new(start);
        let nap = Duration::from_millis(20);
        vigil.sleep(nap);
        assert!(start.elapsed() >= nap);
        assert_eq!((vigil.idle(), vigil.work.get()), (Duration::ZERO, 0));
    }

    #[tokio::test]
    async fn looking_counts_as_idle_only_when_nothing_was_done() {
        let start = Instant::now();
        let vigil = Vigil::new(start);
        // One of these looks may be interrupted on a busy machine, but not a thousand.
        for _ in 0..1000 {
            vigil.rest_until.set(start);
            vigil.begin(Instant::now());
            vigil.look().await;
        }
        let idle = vigil.idle();
        assert!(!idle.is_zero() && idle <= start.elapsed());
        for _ in 0..1000 {
            vigil.begin(Instant::now());
            vigil.worked();
            vigil.look().await;
        }
        assert_eq!(vigil.idle(), idle);
    }

    #[tokio::test]
    async fn an_interrupted_look_lets_others_have_the_core() {
        let now = Instant::now();
        let vigil = Vigil::new(now);
        vigil.begin(now.checked_sub(2 * PREEMPTED).unwrap());
        let after = vigil.look().await;
        assert_eq!(vigil.idle(), Duration::ZERO);
        assert!(!vigil.waits_awake(after, Duration::ZERO));
    }
}
