//! One exchange on a runner's connection: opened when there is none, once more when the server had closed it.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use super::job::Job;
use super::judge::{Body, Intake};
use super::worker::Worker;
use crate::plan::StatusRule;
use crate::wire::{Connection, Exchanged, Failure, FailureKind};

/// A connection that was used so shortly before is not looked at: nothing could have come of it yet, and if the
/// server did close it, the request goes out once more.
const FRESH: Duration = Duration::from_micros(200);

/// So long a body waits for a 100 (Continue); then it goes out all the same (RFC 9110 10.1.1).
const PATIENCE: Duration = Duration::from_secs(1);

/// What a request adds up over redirects and retries.
#[derive(Default)]
pub(super) struct Effort {
    pub(super) sent: Option<Instant>,
    pub(super) status: Option<u16>,
    pub(super) received: u64,
    pub(super) transmitted: u64,
    pub(super) opened: u64,
}

/// One exchange: with what, on what, until when.
pub(super) struct Sending<'a> {
    pub(super) worker: &'a Worker,
    pub(super) connection: &'a mut Option<Connection>,
    pub(super) deadline: &'a mut Deadline,
    pub(super) request: &'a [u8],
    /// Length of the head, where the body waits for a 100 (Continue).
    pub(super) held_at: Option<usize>,
    pub(super) body: &'a mut Body,
    pub(super) keep: Option<&'a StatusRule>,
    pub(super) timeout: Duration,
    pub(super) begun: Instant,
}

impl Sending<'_> {
    /// Sends the request and takes the answer in.
    ///
    /// # Errors
    /// Why there is no whole answer.
    pub(super) async fn exchange(
        mut self,
        job: &Job,
        head_request: bool,
        effort: &mut Effort,
    ) -> Result<Exchanged, Failure> {
        self.drop_stale().await;
        let mut retried = false;
        loop {
            if self.connection.is_none() {
                self.connect(job, effort).await?;
                effort.sent.get_or_insert_with(Instant::now);
            }
            effort.sent.get_or_insert(self.begun);
            let (connection, deadline, scratch) =
                (&mut *self.connection, &mut *self.deadline, &self.worker.scratch);
            let Some(connection) = connection.as_mut() else {
                return Err(Failure::new(FailureKind::Local, "the connection is gone"));
            };
            let used = connection.served() > 0;
            self.body.reset();
            connection.begin(head_request);
            let mut patience = self.held_at.map(|head| {
                connection.hold_body(head);
                Box::pin(tokio::time::sleep(PATIENCE))
            });
            effort.transmitted += self.request.len() as u64;
            let mut intake = Intake { keep: self.keep, body: self.body };
            let vigil = &self.worker.vigil;
            let exchanged = poll_fn(|cx| {
                vigil.worked();
                if patience.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready()) {
                    patience = None;
                    connection.go_ahead();
                }
                let mut scratch = scratch.borrow_mut();
                match connection.poll_exchange(cx, self.request, &mut scratch, &mut intake) {
                    Poll::Ready(result) => Poll::Ready(Some(result)),
                    Poll::Pending if deadline.poll_passed(cx) => Poll::Ready(None),
                    Poll::Pending => Poll::Pending,
                }
            })
            .await;
            match exchanged {
                Some(Ok(exchanged)) => {
                    effort.received += exchanged.received;
                    return Ok(exchanged);
                }
                // The server closed it while it was idle, which is its right: once more, as browsers do.
                Some(Err(broken)) if broken.untouched && used && !retried => {
                    retried = true;
                    *self.connection = None;
                    self.worker.disconnected();
                }
                Some(Err(broken)) => return Err(broken.failure),
                None => {
                    let doing = match connection.received() {
                        0 => "waiting for the answer".to_owned(),
                        n => format!("reading the answer, {n} bytes so far"),
                    };
                    return Err(self.timed_out(&doing));
                }
            }
        }
    }

    /// Drops a connection that the server closed while it was idle.
    async fn drop_stale(&mut self) {
        let Some(connection) = self.connection.as_mut() else { return };
        if connection.last_used().is_some_and(|used| self.begun.saturating_duration_since(used) < FRESH) {
            return;
        }
        let scratch: &RefCell<Vec<u8>> = &self.worker.scratch;
        let stale = poll_fn(|cx| Poll::Ready(connection.is_stale(cx, &mut scratch.borrow_mut()))).await;
        if stale {
            *self.connection = None;
            self.worker.disconnected();
        }
    }

    async fn connect(&mut self, job: &Job, effort: &mut Effort) -> Result<(), Failure> {
        // Boxed: a handshake's state is large, and most of the time a runner is not in one.
        let mut opening = Box::pin(Connection::open(&job.endpoint));
        let opened = wait(opening.as_mut(), self.deadline).await;
        let connection = match opened {
            Some(result) => result?,
            None => return Err(self.timed_out("connecting")),
        };
        *self.connection = Some(connection);
        self.worker.connected();
        effort.opened += 1;
        Ok(())
    }

    pub(super) fn timed_out(&self, doing: &str) -> Failure {
        let now = Instant::now();
        let message = if now >= self.worker.times.drained && now < self.begun + self.timeout {
            format!("no whole answer when the run had ended ({doing})")
        } else {
            format!("no whole answer within {:?} ({doing})", self.timeout)
        };
        Failure::new(FailureKind::Timeout, message)
    }
}

/// What a future gives, or `None` when the deadline passes first.
pub(super) async fn wait<T>(
    mut future: Pin<&mut impl Future<Output = T>>,
    deadline: &mut Deadline,
) -> Option<T> {
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending if deadline.poll_passed(cx) => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// A deadline that moves with every request while its timer stays: the timer is armed anew only when it fires
/// too early, once a time-out instead of once a request.
pub(super) struct Deadline {
    sleep: Pin<Box<Sleep>>,
    armed: Instant,
    due: Instant,
    /// Whether the timer knows whom to wake. That stays so until it fires: the task is always the same.
    watched: bool,
}

impl Deadline {
    pub(super) fn new(due: Instant) -> Self {
        Deadline { sleep: Box::pin(tokio::time::sleep_until(due.into())), armed: due, due, watched: false }
    }

    pub(super) fn set(&mut self, due: Instant) {
        self.due = due;
        if due < self.armed {
            self.arm();
        }
    }

    fn arm(&mut self) {
        self.armed = self.due;
        self.watched = false;
        self.sleep.as_mut().reset(self.due.into());
    }

    /// Whether it has passed; else the task is woken when it does.
    pub(super) fn poll_passed(&mut self, cx: &mut Context<'_>) -> bool {
        if self.watched && !self.sleep.is_elapsed() {
            return false;
        }
        while self.sleep.as_mut().poll(cx).is_ready() {
            if Instant::now() >= self.due {
                return true;
            }
            self.arm();
        }
        self.watched = true;
        false
    }
}
