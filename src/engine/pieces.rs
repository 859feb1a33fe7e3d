//! The hot path's pieces, each to be called alone: what the benches measure. Nothing else uses it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::credentials::CredentialLines;
use super::job::{Credentials, Job, Model, Times};
use super::judge::{Body, Intake, judge_body, judge_head};
use super::random::Random;
use super::recorder::{Outcome, Recorder};
use super::request::{CompiledRoute, Turn};
use super::schedule::Schedule;
use super::{EngineError, LoadInput};
use crate::plan::{RouteId, Scope};
use crate::wire::{ParseError, ResponseParser, Sink, Step};

/// The memory of one worker with one runner, and no connection.
pub struct Pieces {
    job: Job,
    credentials: Credentials,
    schedule: Option<Schedule>,
    recorder: Recorder,
    parser: ResponseParser,
    body: Body,
    request: Vec<u8>,
    spare: Vec<u8>,
    random: Random,
    now: Instant,
    number: u64,
    route: RouteId,
}

impl Pieces {
    /// Compiles what `input` asks for.
    ///
    /// # Errors
    /// As [`super::load()`].
    pub fn new(input: &LoadInput<'_>) -> Result<Pieces, EngineError> {
        let job = Job::new(input)?;
        let schedule = match &job.model {
            Model::Open { schedules, .. } => schedules.first().cloned(),
            Model::Closed { .. } => None,
        };
        let now = Instant::now();
        let times = Times::new(now, &job);
        Ok(Pieces {
            credentials: input.wallet.credentials.iter().map(|users| CredentialLines::new(users)).collect(),
            recorder: Recorder::new(job.routes.len(), times.begin, job.duration),
            random: Random::new(job.seed, 1),
            parser: ResponseParser::default(),
            body: Body::default(),
            request: Vec::new(),
            spare: Vec::new(),
            schedule,
            now,
            number: 0,
            route: RouteId(0),
            job,
        })
    }

    /// The next arrival of the schedule; how far it is from the beginning.
    pub fn schedule(&mut self) -> Option<Duration> {
        self.schedule.as_mut()?.next().map(|arrival| arrival.at)
    }

    /// Draws a route by weight and renders its request for the next user; its length in bytes.
    pub fn render(&mut self) -> usize {
        self.number += 1;
        let drawn = self.job.choose(&mut self.random).and_then(|item| self.job.steps(item).first());
        self.route = drawn.copied().unwrap_or(RouteId(0));
        let Some(route) = self.job.route(self.route) else { return 0 };
        let user = self.job.user(route, self.number);
        let credential = route.auth.zip(user).and_then(|(auth, user)| self.credentials.get(auth.0)?.of(user));
        let scope = scope(&self.job, route, self.number);
        match route.render(Turn::default(), &scope, credential, &mut self.request, &mut self.spare) {
            Ok(()) => self.request.len(),
            Err(_) => 0,
        }
    }

    /// Reads an answer; bytes that were used.
    ///
    /// # Errors
    /// It is no answer.
    pub fn parse(&mut self, answer: &[u8]) -> Result<usize, ParseError> {
        self.parser.begin(false);
        self.body.reset();
        let keep = self.job.route(self.route).filter(|route| route.needs_body);
        let mut intake = Intake { keep: keep.map(|route| &route.expect.status), body: &mut self.body };
        let mut used = 0;
        loop {
            let (n, step) = self.parser.advance(answer.get(used..).unwrap_or_default())?;
            used += n;
            match step {
                Step::Head => intake.head(self.parser.head()),
                Step::Body(bytes) => intake.body(bytes),
                Step::More | Step::End => return Ok(used),
            }
        }
    }

    /// Judges the answer that was read last by the route that was rendered last; whether it is as expected.
    pub fn judge(&self) -> bool {
        let Some(route) = self.job.route(self.route) else { return false };
        let scope = scope(&self.job, route, self.number);
        let (head, room) = (self.parser.head(), self.recorder.room(self.route.0));
        judge_head(route, head, &room)
            .and_then(|()| judge_body(route, head, &self.body, &scope, &room))
            .is_ok()
    }

    /// Records an answer after so many nanoseconds.
    pub fn record(&mut self, nanos: u64) {
        let done = self.now + Duration::from_nanos(nanos);
        let outcome = Outcome {
            intended: self.now,
            begun: self.now,
            sent: self.now,
            first_byte: done,
            done,
            status: Some(200),
            received: 350,
            transmitted: 120,
            opened: 0,
            error: None,
        };
        self.recorder.record(self.route.0, black_box(&outcome));
    }

    /// The pieces of a request, one after the other. What joins them is not in it: runner, exchange, connection and
    /// runtime, the system calls and the waits.
    ///
    /// # Errors
    /// As [`Pieces::parse`].
    pub fn request(&mut self, answer: &[u8]) -> Result<bool, ParseError> {
        self.schedule();
        self.render();
        self.parse(answer)?;
        let good = self.judge();
        // From 100 us to 400 us, in no order.
        self.record(100_000 + self.number * 7_919 % 300_000);
        Ok(good)
    }
}

fn scope<'a>(job: &'a Job, route: &CompiledRoute, number: u64) -> Scope<'a> {
    let user = job.user(route, number).map_or(&[][..], |user| job.values(route, user));
    Scope { user, feeders: &job.feeders, extracted: &[], counter: number, random: 1 }
}
