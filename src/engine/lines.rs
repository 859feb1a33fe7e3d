//! The HTTP/2 connections of one worker. Its runners take streams on them: a connection is opened when none has a stream
//! free, and however many requests wait for that, each connection is opened once.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Instant;

use tokio::sync::Notify;

use super::exchange::{Effort, Sending, wait};
use super::job::Job;
use super::judge::Intake;
use super::worker::Worker;
use crate::wire::{Broken, Exchanged, Failure, FailureKind, Http2, Http2Stream, ResponseHead};

/// A connection, and how many of its streams are taken.
pub(super) struct Line {
    state: RefCell<State>,
    /// While it is opening: what is being done.
    doing: Cell<&'static str>,
    changed: Notify,
    taken: Cell<usize>,
    listed: Cell<bool>,
}

enum State {
    Opening,
    Open(Http2),
    Gone(Failure),
}

/// The connections.
#[derive(Default)]
pub(super) struct Lines {
    all: RefCell<Vec<Rc<Line>>>,
    /// Those with a stream free, the last one to be used next.
    free: RefCell<Vec<Rc<Line>>>,
}

/// One stream's place on a line; given back when dropped.
struct Place<'a> {
    line: Rc<Line>,
    lines: &'a Lines,
    streams: usize,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.line.taken.set(self.line.taken.get() - 1);
        self.lines.list(&self.line, self.streams);
    }
}

impl Line {
    fn room(&self, streams: usize) -> bool {
        let most = match &*self.state.borrow() {
            State::Opening => streams,
            State::Open(http2) => streams.min(http2.most_streams()),
            State::Gone(_) => 0,
        };
        self.taken.get() < most
    }

    fn is_opening(&self) -> bool {
        matches!(*self.state.borrow(), State::Opening)
    }

    /// Until it is open, or is not going to be.
    async fn opened(&self) {
        while self.is_opening() {
            self.changed.notified().await;
        }
    }

    /// Begins an exchange on a stream of its own.
    fn begin(&self, request: &[u8]) -> Result<Http2Stream, Broken> {
        let gone = |failure: &Failure| Broken { failure: failure.clone(), untouched: false };
        match &*self.state.borrow() {
            State::Open(http2) => http2.begin(request),
            State::Gone(failure) => Err(gone(failure)),
            State::Opening => Err(gone(&Failure::new(FailureKind::Local, "the connection is not open yet"))),
        }
    }
}

impl Lines {
    fn list(&self, line: &Rc<Line>, streams: usize) {
        if !line.listed.get() && line.room(streams) {
            line.listed.set(true);
            self.free.borrow_mut().push(line.clone());
        }
    }

    /// Takes a connection out: nothing new is begun on it.
    fn forget(&self, line: &Rc<Line>, why: Failure) {
        // Dropping the handle lets the connection end once its streams have.
        line.state.replace(State::Gone(why));
        line.changed.notify_waiters();
        let mut all = self.all.borrow_mut();
        if let Some(at) = all.iter().position(|other| Rc::ptr_eq(other, line)) {
            all.swap_remove(at);
        }
    }

    /// A place on a connection; whether the connection is a new one. Beyond `most` connections, which a server brings
    /// about that allows fewer streams than were asked for, a stream waits on the connection with the fewest.
    fn take(&self, worker: &Rc<Worker>, streams: usize, most: usize) -> (Place<'_>, bool) {
        let mut free = self.free.borrow_mut();
        let mut found = None;
        while let Some(line) = free.last() {
            if line.room(streams) {
                found = Some(line.clone());
                break;
            }
            line.listed.set(false);
            free.pop();
        }
        drop(free);
        let full = self.all.borrow().len() >= most;
        let fewest = || self.all.borrow().iter().min_by_key(|line| line.taken.get()).cloned();
        let (line, fresh) = match found.or_else(|| if full { fewest() } else { None }) {
            Some(line) => (line, false),
            None => (self.open(worker), true),
        };
        line.taken.set(line.taken.get() + 1);
        self.list(&line, streams);
        (Place { line, lines: self, streams }, fresh)
    }

    fn open(&self, worker: &Rc<Worker>) -> Rc<Line> {
        let line = Rc::new(Line {
            state: RefCell::new(State::Opening),
            doing: Cell::new("connecting"),
            changed: Notify::new(),
            taken: Cell::new(0),
            listed: Cell::new(false),
        });
        self.all.borrow_mut().push(line.clone());
        tokio::task::spawn_local(keep(worker.clone(), line.clone()));
        line
    }
}

/// Opens a connection and keeps it going to its end.
async fn keep(worker: Rc<Worker>, line: Rc<Line>) {
    // Boxed: a handshake's state is large, and most of the time a connection is not in one.
    match Box::pin(Http2::open(&worker.job.endpoint, &line.doing)).await {
        Err(failure) => worker.lines.forget(&line, failure),
        Ok((http2, driver)) => {
            // Nobody may be waiting any more; then the connection ends here.
            if matches!(*line.state.borrow(), State::Gone(_)) {
                return;
            }
            line.state.replace(State::Open(http2));
            line.changed.notify_waiters();
            worker.connected();
            driver.await;
            worker.disconnected();
            let why = "the server closed the connection before the whole answer";
            worker.lines.forget(&line, Failure::new(FailureKind::Reset, why));
        }
    }
}

/// How a worker uses its connections.
pub(super) struct Sharing {
    /// Streams of a connection.
    pub(super) streams: usize,
    /// Most connections of the worker.
    pub(super) most: usize,
}

impl Sending<'_> {
    /// Sends the request on a stream and takes the answer in.
    ///
    /// # Errors
    /// Why there is no whole answer.
    pub(super) async fn exchange_on_stream(
        self,
        worker: &Rc<Worker>,
        job: &Job,
        sharing: &Sharing,
        head: &mut ResponseHead,
        effort: &mut Effort,
    ) -> Result<Exchanged, Failure> {
        let mut retried = false;
        loop {
            let (place, fresh) = worker.lines.take(worker, sharing.streams, sharing.most);
            let line = &place.line;
            let mut sent = self.begun;
            if line.is_opening() {
                if wait(std::pin::pin!(line.opened()), self.deadline).await.is_none() {
                    let failure = self.timed_out(line.doing.get());
                    worker.lines.forget(line, failure.clone());
                    return Err(failure);
                }
                sent = Instant::now();
            }
            if let State::Gone(failure) = &*line.state.borrow() {
                return Err(failure.clone());
            }
            effort.opened += u64::from(fresh);
            effort.sent.get_or_insert(sent);
            self.body.reset();
            effort.transmitted += self.request.len() as u64;
            let exchanged = match line.begin(self.request) {
                Err(broken) => {
                    worker.lines.forget(line, broken.failure.clone());
                    Ok(Err(broken))
                }
                Ok(mut stream) => {
                    let mut intake = Intake { keep: self.keep, body: self.body };
                    let (deadline, vigil) = (&mut *self.deadline, &worker.vigil);
                    poll_fn(|cx| {
                        vigil.worked();
                        match stream.poll_exchange(cx, head, &mut intake) {
                            Poll::Ready(result) => Poll::Ready(Ok(result)),
                            Poll::Pending if deadline.poll_passed(cx) => Poll::Ready(Err(stream.doing())),
                            Poll::Pending => Poll::Pending,
                        }
                    })
                    .await
                }
            };
            if job.new_connections {
                let why = "each request has a connection of its own";
                worker.lines.forget(line, Failure::new(FailureKind::Local, why));
            }
            match exchanged {
                Ok(Ok(exchanged)) => {
                    effort.received += exchanged.received;
                    return Ok(exchanged);
                }
                // The server has not looked at it: once more, as browsers do.
                Ok(Err(broken)) if broken.untouched && !retried => retried = true,
                Ok(Err(broken)) => return Err(broken.failure),
                Err(doing) => return Err(self.timed_out(&doing)),
            }
        }
    }
}
