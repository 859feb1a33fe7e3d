//! One worker: a thread with its runtime, and what its runners share.
//!
//! Open model without a dispatcher: one runner is the leader and waits for the next arrival. Before it sends, it
//! makes another runner the leader: an idle one, or a new one up to the limit of connections. At the limit nobody
//! leads, and the first runner to be free takes what is due. So connections grow on demand, and the moment an
//! arrival is due never depends on an answer.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{Notify, watch};

use super::job::{Credentials, Job, Model, Times};
use super::lines::{Lines, Sharing};
use super::random::Random;
use super::recorder::{Recorder, WorkerSecond};
use super::runner::Runner;
use super::schedule::{Arrival, Schedule};
use super::timer::Timer;
use super::vigil::Vigil;
use crate::auth::Renewed;

/// Bytes read at once. A larger buffer saves system calls with large bodies; one serves a whole worker.
const SCRATCH: usize = 64 * 1024;

/// What a worker says.
pub(super) enum Report {
    Second(Box<WorkerSecond>),
    Done(Box<WorkerTally>),
    Failed(std::io::Error),
}

pub(super) struct WorkerTally {
    pub(super) recorder: Recorder,
    /// Requests begun, the warm-up's included.
    pub(super) begun: u64,
    pub(super) cpu: Duration,
    pub(super) peak_connections: u64,
    pub(super) interrupted: bool,
}

/// What a worker is told.
pub(super) struct Orders {
    pub(super) index: usize,
    pub(super) job: Arc<Job>,
    pub(super) times: Times,
    pub(super) credentials: Credentials,
    /// Ends when nobody waits for the results any more.
    pub(super) renewals: UnboundedReceiver<Renewed>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) reports: UnboundedSender<Report>,
}

/// A runner that waits for its turn.
#[derive(Default)]
pub(super) struct Seat {
    called: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// What the runners of one worker share.
pub(super) struct Worker {
    pub(super) index: usize,
    pub(super) job: Arc<Job>,
    pub(super) times: Times,
    pub(super) credentials: RefCell<Credentials>,
    pub(super) recorder: RefCell<Recorder>,
    pub(super) scratch: RefCell<Vec<u8>>,
    pub(super) uuids: RefCell<Random>,
    /// HTTP/2 connections and how they are shared, where the load goes over HTTP/2.
    pub(super) lines: Lines,
    pub(super) sharing: Option<Sharing>,
    counter: Cell<u64>,
    in_flight: Cell<u64>,
    open: Cell<u64>,
    peak: Cell<u64>,
    quiet: Notify,
    timer: Timer,
    pub(super) vigil: Vigil,
    choice: RefCell<Random>,
    schedule: RefCell<Option<Schedule>>,
    next: Cell<Option<Arrival>>,
    led: Cell<bool>,
    idle: RefCell<Vec<Rc<Seat>>>,
    runners: Cell<usize>,
    limit: usize,
    /// The last moment at which an arrival may have been due with every connection busy.
    starved: Cell<Instant>,
}

/// Runs a worker on the calling thread.
pub(super) fn run(orders: Orders) {
    let reports = orders.reports.clone();
    // A worker that nobody listens to has nothing left to say.
    let _ = reports.send(match work(orders) {
        Ok(tally) => Report::Done(Box::new(tally)),
        Err(error) => Report::Failed(error),
    });
}

fn work(orders: Orders) -> std::io::Result<WorkerTally> {
    // Sleeps of some microseconds end on time; the kernel allows itself fifty more otherwise.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // How many tasks run before sockets and timers are looked at again: the default, 61, lets arrivals wait.
        .event_interval(16)
        .build_local(tokio::runtime::LocalOptions::default())?;
    runtime.block_on(lead(orders))
}

async fn lead(orders: Orders) -> std::io::Result<WorkerTally> {
    let Orders { index, job, times, credentials, mut renewals, mut stop, reports } = orders;
    let (schedule, limit) = match &job.model {
        Model::Open { schedules, connections } => {
            (schedules.get(index).cloned(), job.share(*connections, index))
        }
        Model::Closed { .. } => (None, 0),
    };
    // A runner of the open model is a connection's worth over HTTP/1.1, a stream's over HTTP/2.
    let sharing =
        job.streams().map(|streams| Sharing { streams, most: if limit == 0 { usize::MAX } else { limit } });
    let limit = sharing.as_ref().map_or(limit, |sharing| limit.saturating_mul(sharing.streams));
    let worker = Rc::new(Worker {
        index,
        times,
        credentials: RefCell::new(credentials),
        recorder: RefCell::new(Recorder::new(job.routes.len(), times.begin, job.duration)),
        scratch: RefCell::new(vec![0; SCRATCH]),
        uuids: RefCell::new(Random::new(rand::random(), 0)),
        lines: Lines::default(),
        sharing,
        counter: Cell::new(0),
        in_flight: Cell::new(0),
        open: Cell::new(0),
        peak: Cell::new(0),
        quiet: Notify::new(),
        timer: Timer::new()?,
        vigil: Vigil::new(times.epoch),
        choice: RefCell::new(Random::new(job.seed, (index as u64) << 32 | 1)),
        schedule: RefCell::new(schedule),
        next: Cell::new(None),
        led: Cell::new(false),
        idle: RefCell::new(Vec::new()),
        runners: Cell::new(0),
        limit,
        starved: Cell::new(times.epoch),
        job,
    });
    worker.start();
    let closed = matches!(worker.job.model, Model::Closed { .. });
    let keeper = worker.clone();
    let under_way = move || closed.then(|| keeper.in_flight.get());
    let keeper = worker.clone();
    tokio::task::spawn_local(async move { keeper.vigil.keep(under_way).await });

    let mut cpu_before = None;
    let mut interrupted = false;
    let mut renewing = true;
    let mut wake = times.begin;
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(wake.into()) => {}
            // A stop that can no longer come is no stop.
            () = async { if stop.wait_for(|stop| *stop).await.is_err() { pending().await } } => interrupted = true,
            renewed = renewals.recv(), if renewing => match renewed {
                Some(renewed) => worker.renew(&renewed),
                None => (interrupted, renewing) = (true, false),
            },
        }
        let now = Instant::now();
        if now >= times.begin && cpu_before.is_none() {
            cpu_before = Some((thread_cpu(), worker.vigil.idle()));
        }
        worker.report_seconds(now, &reports);
        if interrupted || now >= times.end {
            break;
        }
        let second = now.saturating_duration_since(times.begin).as_secs() + 1;
        wake = if now < times.begin {
            times.begin
        } else {
            (times.begin + Duration::from_secs(second)).min(times.end)
        };
    }
    let cpu = cpu_before.map_or(Duration::ZERO, |(cpu, idle)| {
        thread_cpu().saturating_sub(cpu).saturating_sub(worker.vigil.idle().saturating_sub(idle))
    });
    if !interrupted {
        interrupted = worker.drain(&mut stop).await;
    }
    worker.report_last_second(&reports);
    let times = worker.times;
    Ok(WorkerTally {
        recorder: worker.recorder.replace(Recorder::new(0, times.begin, Duration::ZERO)),
        begun: worker.counter.get(),
        cpu,
        peak_connections: worker.peak.get(),
        interrupted,
    })
}

/// CPU time of the calling thread.
fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

impl Worker {
    fn start(self: &Rc<Self>) {
        match &self.job.model {
            Model::Open { .. } => {
                self.draw();
                self.led.set(true);
                self.spawn_leader();
            }
            Model::Closed { users, .. } => {
                let most = users.highest().round() as usize;
                for user in (self.index..most).step_by(self.job.workers) {
                    tokio::task::spawn_local(Runner::new(self.clone()).run_closed(user));
                }
            }
        }
    }

    fn spawn_leader(self: &Rc<Self>) {
        self.runners.set(self.runners.get() + 1);
        tokio::task::spawn_local(Runner::new(self.clone()).run_open());
    }

    /// Puts the next arrival of the schedule into its place.
    fn draw(&self) {
        self.next.set(self.schedule.borrow_mut().as_mut().and_then(Iterator::next));
    }

    /// Item choices of the open model come in the order of the arrivals.
    pub(super) fn choice(&self) -> &RefCell<Random> {
        &self.choice
    }

    /// Waits for an arrival that is this runner's; with it, the time it is then. `None` when there are no more.
    /// `leads` says that the runner is the leader already.
    pub(super) async fn arrival(
        self: &Rc<Self>,
        seat: &Rc<Seat>,
        mut leads: bool,
    ) -> Option<(Arrival, Instant)> {
        let mut now = Instant::now();
        if !leads {
            let next = self.due(now)?;
            if !self.led.get() {
                self.starved.set(now);
            }
            if let Some(arrival) = next {
                self.take_up(arrival, now);
                return Some((arrival, now));
            }
            leads = !self.led.replace(true);
        }
        if !leads {
            seat.called.set(false);
            self.idle.borrow_mut().push(seat.clone());
            poll_fn(|cx| {
                if seat.called.get() {
                    return Poll::Ready(());
                }
                let mut waker = seat.waker.borrow_mut();
                match &mut *waker {
                    Some(waker) => waker.clone_from(cx.waker()),
                    None => *waker = Some(cx.waker().clone()),
                }
                Poll::Pending
            })
            .await;
        }
        loop {
            let Some(next) = self.next.get() else {
                self.call_next();
                return None;
            };
            // A runner that came free may have taken it meanwhile: then there is another to wait for.
            now = self.timer.wait_until(self.times.epoch + next.at, &self.vigil).await;
            // Whoever leads was free when it was due: it is sent even if the timer fired a little after the end.
            if let Some(arrival) = self.next.get().filter(|next| self.times.epoch + next.at <= now) {
                self.take_up(arrival, now);
                self.call_next();
                return Some((arrival, now));
            }
        }
    }

    /// The next arrival, if it is due (`Some(Some)`) or not yet (`Some(None)`); `None` when there are no more.
    fn due(&self, now: Instant) -> Option<Option<Arrival>> {
        if now >= self.times.end {
            return None;
        }
        let next = self.next.get()?;
        Some((self.times.epoch + next.at <= now).then_some(next))
    }

    fn take_up(&self, arrival: Arrival, now: Instant) {
        self.vigil.worked();
        self.draw();
        if arrival.measured {
            let intended = self.times.epoch + arrival.at;
            let waited = intended <= self.starved.get();
            self.recorder.borrow_mut().take_up(now.saturating_duration_since(intended), waited);
        }
    }

    /// Makes another runner the leader.
    fn call_next(self: &Rc<Self>) {
        if let Some(seat) = self.idle.borrow_mut().pop() {
            seat.called.set(true);
            if let Some(waker) = &*seat.waker.borrow() {
                waker.wake_by_ref();
            }
        } else if self.runners.get() < self.limit && self.next.get().is_some() {
            self.spawn_leader();
        } else {
            self.led.set(false);
        }
    }

    /// A number no other request of this load has.
    pub(super) fn count(&self) -> u64 {
        let count = self.counter.get();
        self.counter.set(count + 1);
        self.job.first + count * self.job.workers as u64 + self.index as u64
    }

    /// Counts a request under way.
    pub(super) fn begin_request(&self) {
        self.in_flight.set(self.in_flight.get() + 1);
    }

    /// Counts it as ended.
    pub(super) fn end_request(&self) {
        self.in_flight.set(self.in_flight.get().saturating_sub(1));
        if self.in_flight.get() == 0 {
            self.quiet.notify_one();
        }
    }

    /// Counts a connection that was opened.
    pub(super) fn connected(&self) {
        self.open.set(self.open.get() + 1);
        self.peak.set(self.peak.get().max(self.open.get()));
    }

    /// Counts a connection that was closed.
    pub(super) fn disconnected(&self) {
        self.open.set(self.open.get().saturating_sub(1));
    }

    fn renew(&self, renewed: &Renewed) {
        if let Some(lines) = self.credentials.borrow_mut().get_mut(renewed.auth.0) {
            lines.renew(renewed.user, &renewed.credential);
        }
    }

    fn report_seconds(&self, now: Instant, reports: &UnboundedSender<Report>) {
        let mut recorder = self.recorder.borrow_mut();
        recorder.roll(now, self.in_flight.get(), &mut |second| {
            let _ = reports.send(Report::Second(Box::new(second)));
        });
    }

    fn report_last_second(&self, reports: &UnboundedSender<Report>) {
        if Instant::now() < self.times.begin {
            return;
        }
        let second = self.recorder.borrow_mut().close_second(self.in_flight.get());
        let _ = reports.send(Report::Second(Box::new(second)));
    }

    /// Waits for the requests under way; whether it was stopped instead.
    async fn drain(&self, stop: &mut watch::Receiver<bool>) -> bool {
        // Every request gives up at `drained` by itself; the second more is for the runners to say so.
        let deadline = tokio::time::sleep_until((self.times.drained + Duration::from_secs(1)).into());
        let quiet = async {
            while self.in_flight.get() > 0 {
                self.quiet.notified().await;
            }
        };
        tokio::select! {
            () = quiet => false,
            () = deadline => false,
            () = async { if stop.wait_for(|stop| *stop).await.is_err() { pending().await } } => true,
        }
    }
}
