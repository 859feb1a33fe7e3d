//! One runner: a connection, and the requests it carries one after the other.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::exchange::{Deadline, Effort, Sending};
use super::job::{Item, Job, Model};
use super::judge::{Body, Fault, Room, judge_body, judge_head};
use super::random::Random;
use super::recorder::Outcome;
use super::redirect;
use super::request::{CompiledRoute, Turn};
use super::worker::{Seat, Worker};
use super::{ErrorClass, ErrorSample, Leak, Sighting};
use crate::plan::{RouteId, Scope};
use crate::wire::{Connection, Exchanged, FailureKind, ResponseHead};

/// First and longest pause of a virtual user whose requests do not get through.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Most bytes of a body that are kept of an answer.
const SIGHTED: usize = 8 * 1024;

pub(super) struct Runner {
    worker: Rc<Worker>,
    connection: Option<Connection>,
    deadline: Deadline,
    request: Vec<u8>,
    spare: Vec<u8>,
    body: Body,
    /// Head of the last answer over HTTP/2.
    head: ResponseHead,
    /// Route whose expectations of status and headers the connection's last answer met.
    met: Option<RouteId>,
    extracted: Vec<String>,
    /// Whether the connection carries no further request.
    spent: bool,
}

/// How a request went.
enum Ending {
    Good,
    /// An answer that was not as expected, or a request that could not be rendered.
    Bad,
    /// No answer.
    Broken,
}

/// How a request ended: with an answer, good or not, or without.
enum Asked {
    Answer(Exchanged, Option<Fault>),
    None(Ending, Fault),
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
            head: ResponseHead::default(),
            met: None,
            extracted: Vec::new(),
            spent: false,
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
        // The profile is not asked before this moment: it wants the user until then.
        let mut wanted_until = times.epoch;
        tokio::time::sleep_until(times.epoch.into()).await;
        loop {
            let now = Instant::now();
            if now >= times.end {
                return;
            }
            let wanted = if now < wanted_until {
                Some(now)
            } else if now < times.begin {
                // Half a user is none yet: levels are rounded.
                if users.first_level() >= user as f64 + 0.5 { Some(now) } else { Some(times.begin) }
            } else {
                let second = now.saturating_duration_since(times.begin).as_secs_f64();
                let level = user as f64 + 0.5;
                let at = |s: f64| times.begin + Duration::from_secs_f64(s);
                let from = users.next_at_least(level, second);
                wanted_until = match from {
                    Some(from) if from <= second => users.next_below(level, second).map_or(times.end, at),
                    _ => now,
                };
                from.map(at)
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
        self.extracted.resize_with(item.slots as usize, String::new);
        for (i, step) in job.steps(item).iter().enumerate() {
            if i > 0 {
                if !item.think().is_zero() {
                    tokio::time::sleep_until((now + item.think()).into()).await;
                }
                intended = now + item.think();
                now = Instant::now();
                if now >= self.worker.times.end {
                    return false;
                }
            }
            self.worker.begin_request();
            let (ending, done) = self.ask(job, *step, number, intended, now, measured).await;
            self.worker.end_request();
            self.worker.vigil.answered(done);
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
        let mut effort = Effort::default();
        let asked = self.exchange_all(job, route, id, number, begun, &mut effort).await;
        let (ending, first_byte, done, fault) = match asked {
            Asked::Answer(at, fault) => {
                let ending = if fault.is_none() { Ending::Good } else { Ending::Bad };
                (ending, at.first_byte, at.done, fault)
            }
            Asked::None(ending, fault) => {
                let now = Instant::now();
                (ending, now, now, Some(fault))
            }
        };
        if measured {
            let mut recorder = self.worker.recorder.borrow_mut();
            let class = fault.as_ref().map(|fault| fault.class);
            let kept = recorder.record(
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
            if let Some(nth) = kept {
                let user = job.user(route, number);
                recorder.sightings.push(self.sighting(id.0, user, nth));
            }
            if let Some(fault) = fault.as_ref().filter(|fault| fault.leak)
                && recorder.has_room_for_leak(id.0)
            {
                let user = job.user(route, number);
                let words = fault.message.clone();
                recorder.leaks.push(Leak { sighting: self.sighting(id.0, user, 0), words });
            }
            if let Some(Fault { class, message, .. }) = fault
                && recorder.room(id.0).has_room(class)
            {
                let user = job.user(route, number).and_then(|user| job.name(route, user));
                recorder.keep_sample(ErrorSample { route: id.0, class, user, message });
            }
        }
        self.drop_spent();
        (ending, done)
    }

    async fn exchange_all(
        &mut self,
        job: &Job,
        route: &CompiledRoute,
        id: RouteId,
        number: u64,
        begun: Instant,
        effort: &mut Effort,
    ) -> Asked {
        let user = job.user(route, number);
        let counter = self.worker.count();
        let random = self.worker.uuids.borrow_mut().wide();
        self.deadline.set((begun + route.timeout).min(self.worker.times.drained));
        let mut target: Option<String> = None;
        let mut get = false;
        let mut follow = route.follow;
        loop {
            let scope = Scope {
                user: user.map_or(&[], |user| job.values(route, user)),
                feeders: &job.feeders,
                extracted: &self.extracted,
                counter,
                random,
            };
            let turn = Turn { target: target.as_deref(), get };
            {
                let credentials = self.worker.credentials.borrow();
                let lines = route.auth.zip(user).and_then(|(auth, user)| credentials.get(auth.0)?.of(user));
                if let Err(why) = route.render(turn, &scope, lines, &mut self.request, &mut self.spare) {
                    return Asked::None(Ending::Bad, Fault::new(ErrorClass::Local, why));
                }
            }
            let head_request = route.method(turn) == "HEAD";
            let sending = Sending {
                worker: &self.worker,
                connection: &mut self.connection,
                deadline: &mut self.deadline,
                request: &self.request,
                held_at: route.held_at(&self.request),
                body: &mut self.body,
                keep: route.needs_body.then_some(&route.expect.status),
                timeout: route.timeout,
                begun,
            };
            let exchanged = match &self.worker.sharing {
                None => sending.exchange(job, head_request, effort).await,
                Some(sharing) => {
                    let streaming =
                        sending.exchange_on_stream(&self.worker, job, sharing, &mut self.head, effort);
                    Box::pin(streaming).await
                }
            };
            let exchanged = match exchanged {
                Ok(exchanged) => exchanged,
                Err(failure) => {
                    self.disconnect();
                    let fault = Fault::new(class_of(failure.kind), failure.message);
                    return Asked::None(Ending::Broken, fault);
                }
            };
            let head = self.connection.as_ref().map_or(&self.head, Connection::head);
            effort.status = Some(head.status);
            let next = if follow > 0 {
                let path = self.request.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
                redirect::follow(head, &job.endpoint, path, route.method(turn))
            } else {
                None
            };
            // The same head on the same route means the same: nearly all are, under load.
            let met =
                self.met.take() == Some(id) && self.connection.as_ref().is_some_and(Connection::head_repeats);
            let verdict = match next {
                Some(_) => Ok(None),
                None => {
                    let recorder = self.worker.recorder.borrow();
                    let room = recorder.room(id.0);
                    let judged = if met { Ok(()) } else { judge_head(route, head, &room) };
                    judged.and_then(|()| {
                        self.met = Some(id);
                        judge_body(route, head, &self.body, &scope, &room).map(Some)
                    })
                }
            };
            // Dropped once it has been looked at, or before the redirect is followed.
            self.spent = !exchanged.reusable || job.new_connections;
            match (verdict, next) {
                (Ok(None), Some(next)) => {
                    self.drop_spent();
                    follow -= 1;
                    get |= next.get;
                    target = Some(next.target);
                }
                (Ok(found), _) => {
                    if let Some(found) = found {
                        found.store(&mut self.extracted);
                    }
                    return Asked::Answer(exchanged, None);
                }
                (Err(fault), _) => return Asked::Answer(exchanged, Some(fault)),
            }
        }
    }

    /// The answer that the connection has just received, to be looked at later.
    fn sighting(&self, route: usize, user: Option<usize>, nth: u64) -> Sighting {
        let head = self.connection.as_ref().map_or(&self.head, Connection::head).headers.raw();
        let asked = self.request.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
        Sighting {
            route,
            user,
            nth,
            asked: asked.to_vec(),
            head: head.to_vec(),
            body: self.body.start(SIGHTED).to_vec(),
        }
    }

    fn drop_spent(&mut self) {
        if std::mem::take(&mut self.spent) {
            self.disconnect();
        }
    }

    fn disconnect(&mut self) {
        if self.connection.take().is_some() {
            self.worker.disconnected();
        }
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
