//! A load from beginning to end: starts the workers, merges what they report, says what happens.

use std::collections::BTreeMap;
use std::future::pending;
use std::iter::Peekable;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::credentials::CredentialLines;
use super::job::{Credentials, Job, Model, Times};
use super::recorder::{MAX_SAMPLES, WorkerSecond};
use super::schedule::Schedule;
use super::worker::{self, Orders, Report, WorkerTally};
use super::{
    Counts, EngineError, Event, GeneratorTally, Latencies, LoadInput, LoadTally, RouteTally, SecondTally,
    Spread, histogram,
};
use crate::auth::Renewed;
use crate::secret::Redactor;
use crate::wire::printable;

/// Time for the threads to get ready before the first arrival.
const LEAD_IN: Duration = Duration::from_millis(10);

/// Runs warm-up and measured part on one stack.
///
/// Requests under way at the end of the measured part get until their time-out, but at most five seconds more;
/// those that then have no answer count as timed out. A stop ends it at once: requests under way are not counted.
///
/// # Errors
/// As [`EngineError`]; a stack that fails is no error but counted.
pub async fn load(input: LoadInput<'_>) -> Result<LoadTally, EngineError> {
    let job = Arc::new(Job::new(&input)?);
    let LoadInput { wallet, mut renewals, stop, events, redactor, .. } = input;
    let mut renewed_secrets: Vec<String> = Vec::new();
    let credentials: Credentials =
        wallet.credentials.iter().map(|users| CredentialLines::new(users)).collect();

    let times = Times::new(Instant::now() + LEAD_IN, &job);
    let (reports, mut reported) = unbounded_channel();
    let mut threads = Vec::new();
    let mut tell: Vec<UnboundedSender<Renewed>> = Vec::new();
    for index in 0..job.workers {
        let (sender, renewals) = unbounded_channel();
        tell.push(sender);
        let orders = Orders {
            index,
            job: job.clone(),
            times,
            credentials: credentials.clone(),
            renewals,
            stop: stop.clone(),
            reports: reports.clone(),
        };
        let thread = std::thread::Builder::new().name(format!("load-{index}"));
        threads.push(thread.spawn(move || worker::run(orders))?);
    }
    drop((reports, credentials));

    if !job.warmup.is_zero() {
        // Nobody may be listening to the events; the load goes on all the same.
        let _ = events.send(Event::WarmUp { duration: job.warmup });
    }
    let mut seconds = Seconds::new(&job, events.clone());
    let mut done: Vec<WorkerTally> = Vec::new();
    let mut measuring = false;
    let mut renewing = true;
    while done.len() < job.workers {
        tokio::select! {
            report = reported.recv() => match report {
                Some(Report::Second(second)) => seconds.add(&second),
                Some(Report::Done(tally)) => done.push(*tally),
                Some(Report::Failed(error)) => return Err(error.into()),
                None => return Err(std::io::Error::other("a worker thread ended too early").into()),
            },
            () = tokio::time::sleep_until(times.begin.into()), if !measuring => {
                measuring = true;
                let _ = events.send(Event::Measuring { duration: job.duration });
            }
            renewed = async {
                match renewals.recv().await {
                    Some(renewed) => renewed,
                    None => pending().await,
                }
            }, if renewing => {
                renewed_secrets.extend(renewed.credential.secrets());
                // A worker that is done takes no more.
                renewing = tell.iter().any(|worker| worker.send(renewed.clone()).is_ok());
            }
        }
    }
    let ended = Instant::now();
    for thread in threads {
        // A worker that said it is done has nothing left to fail at.
        let _ = thread.join();
    }

    let interrupted = done.iter().any(|tally| tally.interrupted);
    let wall = if interrupted {
        ended.saturating_duration_since(times.begin).min(job.duration)
    } else {
        job.duration
    };
    let redactor = redactor.clone().joined(Redactor::new(renewed_secrets));
    Ok(merge(&job, done, seconds.finish(), wall, interrupted, &redactor))
}

fn merge(
    job: &Job,
    done: Vec<WorkerTally>,
    seconds: Vec<SecondTally>,
    wall: Duration,
    interrupted: bool,
    redactor: &Redactor,
) -> LoadTally {
    let mut routes: Vec<RouteTally> = (0..job.routes.len())
        .map(|_| RouteTally { counts: Counts::default(), latencies: Latencies::default() })
        .collect();
    let mut generator = GeneratorTally {
        schedule_lag: histogram(),
        cpu_s: 0.0,
        wall_s: wall.as_secs_f64(),
        threads: job.workers,
        queued: 0,
        unsent: 0,
        peak_connections: 0,
    };
    let mut taken = 0;
    let mut begun = 0;
    let mut samples = Vec::new();
    let mut sightings = Vec::new();
    let mut leaks = Vec::new();
    for tally in done {
        let mut recorder = tally.recorder;
        recorder.add_to(&mut routes);
        // Same bounds at the bottom, and the sum resizes itself: adding cannot fail.
        let _ = generator.schedule_lag.add(&recorder.schedule_lag);
        generator.cpu_s += tally.cpu.as_secs_f64();
        generator.queued += recorder.queued;
        generator.peak_connections += tally.peak_connections;
        taken += recorder.taken;
        begun = tally.begun.max(begun);
        samples.extend(recorder.samples);
        sightings.extend(recorder.sightings);
        leaks.extend(recorder.leaks);
    }
    if let Model::Open { schedules, .. } = &job.model {
        let end = job.warmup + wall;
        let due = schedules
            .iter()
            .flat_map(|schedule| schedule.clone())
            .filter(|arrival| arrival.measured && arrival.at <= end)
            .count() as u64;
        generator.unsent = due.saturating_sub(taken);
    }
    samples.sort_by_key(|sample| (sample.route, sample.class));
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    samples.retain_mut(|sample| {
        let count = counts.entry((sample.route, sample.class)).or_default();
        *count += 1;
        sample.message = printable(&redactor.scrub(&sample.message), 400);
        *count <= MAX_SAMPLES
    });
    for leak in &mut leaks {
        leak.words = printable(&redactor.scrub(&leak.words), 400);
    }
    let next = job.first + begun * job.workers as u64;
    LoadTally { routes, seconds, generator, samples, sightings, leaks, interrupted, next }
}

/// A second that not all workers have reported yet.
struct OpenSecond {
    reports: usize,
    tally: SecondTally,
    response: Histogram<u64>,
    taken: u64,
}

/// Seconds as the workers report them, merged and said in order.
struct Seconds {
    open: BTreeMap<u32, OpenSecond>,
    closed: Vec<SecondTally>,
    workers: usize,
    wanted: Option<Wanted>,
    events: UnboundedSender<Event>,
}

impl Seconds {
    fn new(job: &Job, events: UnboundedSender<Event>) -> Self {
        let wanted = match &job.model {
            Model::Open { schedules, .. } => Some(Wanted::new(schedules, job.warmup)),
            Model::Closed { .. } => None,
        };
        Seconds { open: BTreeMap::new(), closed: Vec::new(), workers: job.workers, wanted, events }
    }

    fn add(&mut self, report: &WorkerSecond) {
        let open = self.open.entry(report.second).or_insert_with(|| OpenSecond {
            reports: 0,
            tally: SecondTally {
                second: report.second,
                wanted: 0,
                counts: Counts::default(),
                response: Spread::default(),
                in_flight: 0,
                backlog: 0,
            },
            response: histogram(),
            taken: 0,
        });
        open.reports += 1;
        open.tally.wanted += report.begun;
        open.tally.counts.add(&report.counts);
        // Same bounds at the bottom, and the sum resizes itself: adding cannot fail.
        let _ = open.response.add(&report.response);
        open.tally.in_flight += report.in_flight;
        open.taken += report.taken;
        while self.open.first_key_value().is_some_and(|(_, open)| open.reports >= self.workers) {
            self.close_first();
        }
    }

    fn close_first(&mut self) {
        let Some((_, OpenSecond { tally: mut second, response, taken, .. })) = self.open.pop_first() else {
            return;
        };
        second.response = Spread::of(&response);
        if let Some(wanted) = &mut self.wanted {
            let before = wanted.due;
            wanted.up_to(second.second);
            second.wanted = wanted.due - before;
            second.backlog = wanted.due.saturating_sub(taken);
        }
        let event = Event::Second { tally: Box::new(second.clone()), response: Box::new(response) };
        let _ = self.events.send(event);
        self.closed.push(second);
    }

    /// What there is, the seconds some worker did not end included.
    fn finish(mut self) -> Vec<SecondTally> {
        while !self.open.is_empty() {
            self.close_first();
        }
        self.closed
    }
}

/// Counts the arrivals the schedules want. Runs through the same schedules as the workers, so that the workers
/// need not look ahead.
struct Wanted {
    schedules: Vec<Peekable<Schedule>>,
    begin: Duration,
    due: u64,
}

impl Wanted {
    fn new(schedules: &[Schedule], begin: Duration) -> Self {
        Wanted { schedules: schedules.iter().map(|s| s.clone().peekable()).collect(), begin, due: 0 }
    }

    /// Counts on to the end of a second.
    fn up_to(&mut self, second: u32) {
        let end = self.begin + Duration::from_secs(u64::from(second) + 1);
        for schedule in &mut self.schedules {
            while let Some(arrival) = schedule.next_if(|arrival| arrival.at < end) {
                self.due += u64::from(arrival.measured);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorder::{Outcome, Recorder};
    use super::*;

    #[test]
    fn an_hour_of_samples_takes_no_more_room_than_a_minute() {
        let begin = Instant::now();
        let mut recorder = Recorder::new(1, begin, Duration::from_secs(3_600));
        let (events, mut said) = unbounded_channel();
        let mut seconds =
            Seconds { open: BTreeMap::new(), closed: Vec::new(), workers: 1, wanted: None, events };
        let mut room = Vec::new();
        for second in 0..3_600_u64 {
            for n in 0..1_000_u64 {
                let intended = begin + Duration::from_micros(second * 1_000_000 + n * 1_000);
                // From 50 us to 50 ms, all within the first minute.
                let done = intended + Duration::from_micros(50 + (second * 7 + n * 50) % 50_000);
                recorder.record(
                    0,
                    &Outcome {
                        intended,
                        begun: intended,
                        sent: intended,
                        first_byte: done,
                        done,
                        status: Some(200),
                        received: 1,
                        transmitted: 1,
                        opened: 0,
                        error: None,
                    },
                );
            }
            let over = begin + Duration::from_secs(second + 1);
            recorder.roll(over, 0, &mut |second| seconds.add(&second));
            while said.try_recv().is_ok() {}
            room.push(recorder.room_taken());
        }
        assert_eq!(seconds.closed.iter().map(|second| second.counts.requests).sum::<u64>(), 3_599_000);
        assert!(seconds.open.is_empty());
        assert_eq!(room[60], room[3_598]);
        // What a second leaves: counts, no histogram.
        assert!(size_of::<SecondTally>() < 512, "{}", size_of::<SecondTally>());
    }
}
