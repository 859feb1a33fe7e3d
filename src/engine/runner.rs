//! One runner: a connection, and the requests it carries one after the other.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use super::job::{Job, Model};
use super::judge::{Body, Intake, Room, judge};
use super::random::Random;
use super::recorder::Outcome;
use super::redirect;
use super::request::{CompiledRoute, Turn};
use super::worker::{Seat, Worker};
use super::{ErrorClass, ErrorSample};
use crate::plan::{Item, RouteId, Scope};
use crate::wire::{Connection, Exchanged, Failure, FailureKind, printable};

/// First and longest pause of a virtual user whose requests do not get through.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

pub(super) struct Runner {
    worker: Rc<Worker>,
    connection: Option<Connection>,
    deadline: Deadline,
    request: Vec<u8>,
    spare: Vec<u8>,
    body: Body,
    extracted: Vec<String>,
}

/// How a request went.
enum Ending {
    Good,
    /// An answer that was not as expected, or a request that could not be rendered.
    Bad,
    /// No answer.
    Broken,
}

/// What a request adds up over redirects and retries.
struct Effort {
    sent: Option<Instant>,
    status: Option<u16>,
    received: u64,
    transmitted: u64,
    opened: u64,
}

impl Runner {
    pub(super) fn new(worker: Rc<Worker>) -> Self {
        let deadline = Deadline::new(worker.times.drained);
        Runner {
            worker,
            connection: None,
            deadline,
            request: Vec::new(),
            spare: Vec::new(),
            body: Body::default(),
            extracted: Vec::new(),
        }
    }

    /// Takes arrivals until there are no more. Begins as the leader.
    pub(super) async fn run_open(mut self) {
        let job = self.worker.job.clone();
        let seat = Rc::new(Seat::default());
        let mut leads = true;
        while let Some((arrival, now)) = self.worker.arrival(&seat, leads).await {
            leads = false;
            let Some(item) = job.choose(&mut self.worker.choice().borrow_mut()) else { return };
            let intended = self.worker.times.epoch + arrival.at;
            self.run_item(&job, item, arrival.number, intended, now, arrival.measured).await;
        }
    }

    /// Is a virtual user: asks, waits, asks again while the profile wants it.
    pub(super) async fn run_closed(mut self, user: usize) {
        let job = self.worker.job.clone();
        let Model::Closed { users, think } = &job.model else { return };
        let times = self.worker.times;
        let mut random = Random::new(job.seed, (user as u64) << 32 | 2);
        let mut pause = BACK_OFF.0;
        tokio::time::sleep_until(times.epoch.into()).await;
        loop {
            let now = Instant::now();
            if now >= times.end {
                return;
            }
            let wanted = if now < times.begin {
                // Half a user is none yet: levels are rounded.
                if users.first_level() >= user as f64 + 0.5 { Some(now) } else { Some(times.begin) }
            } else {
                let second = now.saturating_duration_since(times.begin).as_secs_f64();
                users
                    .next_at_least(user as f64 + 0.5, second)
                    .map(|s| times.begin + Duration::from_secs_f64(s))
            };
            match wanted {
                None => return,
                Some(at) if at > now => {
                    self.disconnect();
                    // A timer may fire a little early against a rounded second: never spin on it.
                    let at = at.max(now + Duration::from_millis(1));
                    tokio::time::sleep_until(at.into()).await;
                    continue;
                }
                Some(_) => {}
            }
            let measured = now >= times.begin;
            if measured {
                self.worker.recorder.borrow_mut().begin_iteration();
            }
            let Some(item) = job.choose(&mut random) else { return };
            if self.run_item(&job, item, user as u64, now, now, measured).await {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(BACK_OFF.1);
            } else {
                pause = BACK_OFF.0;
            }
            if !think.is_zero() {
                tokio::time::sleep(*think).await;
            }
        }
    }

    /// Runs an item's steps; whether it ended because no answer came.
    async fn run_item(
        &mut self,
        job: &Job,
        item: &Item,
        number: u64,
        mut intended: Instant,
        mut now: Instant,
        measured: bool,
    ) -> bool {
        self.extracted.iter_mut().for_each(String::clear);
        self.extracted.resize_with(item.slots, String::new);
        for (i, step) in item.steps.iter().enumerate() {
            if i > 0 {
                if !item.think.is_zero() {
                    tokio::time::sleep_until((now + item.think).into()).await;
                }
                intended = now + item.think;
                now = Instant::now();
                if now >= self.worker.times.end {
                    return false;
                }
            }
            self.worker.begin_request();
            let (ending, done) = self.ask(job, *step, number, intended, now, measured).await;
            self.worker.end_request();
            now = done;
            match ending {
                Ending::Good => {}
                Ending::Bad => return false,
                Ending::Broken => return true,
            }
        }
        false
    }

    /// Sends one request of the plan, follows redirects, judges and counts.
    async fn ask(
        &mut self,
        job: &Job,
        id: RouteId,
        number: u64,
        intended: Instant,
        begun: Instant,
        measured: bool,
    ) -> (Ending, Instant) {
        let Some(route) = job.route(id) else { return (Ending::Bad, begun) };
        let mut effort = Effort { sent: None, status: None, received: 0, transmitted: 0, opened: 0 };
        let asked = self.exchange_all(job, route, id, number, begun, &mut effort).await;
        let (ending, first_byte, done, error) = match asked {
            Ok((exchanged, None)) => (Ending::Good, exchanged.first_byte, exchanged.done, None),
            Ok((exchanged, Some((class, message)))) => {
                (Ending::Bad, exchanged.first_byte, exchanged.done, Some((class, message)))
            }
            Err((ending, class, message)) => {
                let now = Instant::now();
                (ending, now, now, Some((class, message)))
            }
        };
        if measured {
            let mut recorder = self.worker.recorder.borrow_mut();
            let class = error.as_ref().map(|(class, _)| *class);
            recorder.record(
                id.0,
                &Outcome {
                    intended,
                    begun,
                    sent: effort.sent.unwrap_or(begun),
                    first_byte,
                    done,
                    status: effort.status,
                    received: effort.received,
                    transmitted: effort.transmitted,
                    opened: effort.opened,
                    error: class,
                },
            );
            if let Some((class, message)) = error
                && recorder.room(id.0).has_room(class)
            {
                let user = job.user(route, number).map(|(_, user)| user.name.clone());
                recorder.keep_sample(ErrorSample { route: id.0, class, user, message });
            }
        }
        (ending, done)
    }

    #[allow(clippy::type_complexity, reason = "three ways to end, each with what is known of it")]
    async fn exchange_all(
        &mut self,
        job: &Job,
        route: &CompiledRoute,
        id: RouteId,
        number: u64,
        begun: Instant,
        effort: &mut Effort,
    ) -> Result<(Exchanged, Option<(ErrorClass, String)>), (Ending, ErrorClass, String)> {
        let (user_index, user) = match job.user(route, number) {
            Some((index, user)) => (index, Some(user)),
            None => (0, None),
        };
        let counter = self.worker.count();
        let random = self.worker.uuids.borrow_mut().wide();
        self.deadline.set((begun + route.plan.timeout).min(self.worker.times.drained));
        let mut target: Option<String> = None;
        let mut get = false;
        let mut follow = route.plan.follow;
        loop {
            let scope = Scope {
                user: user.map_or(&[], |user| user.values.as_slice()),
                feeders: &job.feeders,
                extracted: &self.extracted,
                counter,
                random,
            };
            let turn = Turn { target: target.as_deref(), get };
            {
                let credentials = self.worker.credentials.borrow();
                let credential = route.plan.auth.and_then(|auth| credentials.get(auth.0)?.get(user_index));
                route
                    .render(turn, &scope, credential, &mut self.request, &mut self.spare)
                    .map_err(|why| (Ending::Bad, ErrorClass::Local, why.to_owned()))?;
            }
            let head_request = route.method(turn) == "HEAD";
            let sending = Sending {
                worker: &self.worker,
                connection: &mut self.connection,
                deadline: &mut self.deadline,
                request: &self.request,
                body: &mut self.body,
                keep: route.needs_body.then_some(&route.plan.expect.status),
                timeout: route.plan.timeout,
                begun,
            };
            let exchanged = match sending.exchange(job, head_request, effort).await {
                Ok(exchanged) => exchanged,
                Err(failure) => {
                    self.disconnect();
                    return Err((Ending::Broken, class_of(failure.kind), failure.message));
                }
            };
            let Some(connection) = &self.connection else {
                return Err((Ending::Broken, ErrorClass::Local, "the connection is gone".to_owned()));
            };
            let head = connection.head();
            effort.status = Some(head.status);
            let next = if follow > 0 {
                let path = self.request.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
                redirect::follow(head, &job.endpoint, path, route.method(turn))
            } else {
                None
            };
            let verdict = match next {
                Some(_) => Ok(None),
                None => {
                    let recorder = self.worker.recorder.borrow();
                    judge(route, head, &self.body, &scope, &recorder.room(id.0)).map(Some)
                }
            };
            if !exchanged.reusable || job.new_connections {
                self.disconnect();
            }
            match (verdict, next) {
                (Ok(None), Some(next)) => {
                    follow -= 1;
                    get |= next.get;
                    target = Some(next.target);
                }
                (Ok(found), _) => {
                    if let Some(found) = found {
                        found.store(&mut self.extracted);
                    }
                    return Ok((exchanged, None));
                }
                (Err(fault), _) => return Ok((exchanged, Some((fault.class, fault.message)))),
            }
        }
    }

    fn disconnect(&mut self) {
        if self.connection.take().is_some() {
            self.worker.disconnected();
        }
    }
}

/// One exchange: with what, on what, until when.
struct Sending<'a> {
    worker: &'a Worker,
    connection: &'a mut Option<Connection>,
    deadline: &'a mut Deadline,
    request: &'a [u8],
    body: &'a mut Body,
    keep: Option<&'a crate::plan::StatusRule>,
    timeout: Duration,
    begun: Instant,
}

impl Sending<'_> {
    async fn exchange(
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
            effort.transmitted += self.request.len() as u64;
            let mut intake = Intake { keep: self.keep, body: self.body };
            let exchanged = poll_fn(|cx| {
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
                None => return Err(self.timed_out("waiting for the answer")),
            }
        }
    }

    /// Drops a connection that the server closed while it was idle.
    async fn drop_stale(&mut self) {
        let Some(connection) = self.connection.as_mut() else { return };
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
        let deadline = &mut *self.deadline;
        let opened = poll_fn(|cx| match opening.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending if deadline.poll_passed(cx) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await;
        let connection = match opened {
            Some(result) => result?,
            None => return Err(self.timed_out("connecting")),
        };
        *self.connection = Some(connection);
        self.worker.connected();
        effort.opened += 1;
        Ok(())
    }

    fn timed_out(&self, doing: &str) -> Failure {
        let now = Instant::now();
        let message = if now >= self.worker.times.drained && now < self.begun + self.timeout {
            format!("no whole answer when the run had ended ({doing})")
        } else {
            format!("no whole answer within {:?} ({doing})", self.timeout)
        };
        Failure::new(FailureKind::Timeout, printable(&message, 200))
    }
}

fn class_of(kind: FailureKind) -> ErrorClass {
    match kind {
        FailureKind::Connect => ErrorClass::Connect,
        FailureKind::Tls => ErrorClass::Tls,
        FailureKind::Timeout => ErrorClass::Timeout,
        FailureKind::Reset => ErrorClass::Reset,
        FailureKind::Protocol => ErrorClass::Protocol,
        FailureKind::Local => ErrorClass::Local,
    }
}

/// A deadline that moves with every request while its timer stays: the timer is armed anew only when it fires
/// too early, once a time-out instead of once a request.
struct Deadline {
    sleep: Pin<Box<Sleep>>,
    armed: Instant,
    due: Instant,
}

impl Deadline {
    fn new(due: Instant) -> Self {
        Deadline { sleep: Box::pin(tokio::time::sleep_until(due.into())), armed: due, due }
    }

    fn set(&mut self, due: Instant) {
        self.due = due;
        if due < self.armed {
            self.arm();
        }
    }

    fn arm(&mut self) {
        self.armed = self.due;
        self.sleep.as_mut().reset(self.due.into());
    }

    /// Whether it has passed; else the task is woken when it does.
    fn poll_passed(&mut self, cx: &mut Context<'_>) -> bool {
        while self.sleep.as_mut().poll(cx).is_ready() {
            if Instant::now() >= self.due {
                return true;
            }
            self.arm();
        }
        false
    }
}
