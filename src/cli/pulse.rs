//! The load under way in one line: time left, errors, rate, response times now and over the last seconds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::compare::quantity;
use crate::engine::{ErrorClass, SecondTally};

/// Seconds in the sparkline.
const SPARK: usize = 12;
/// Good answers in a second from which its own percentiles say something.
const ENOUGH: u64 = 100;

/// The load under way.
pub(super) struct Pulse {
    /// Which stack it is on.
    pub stack: String,
    /// Warm-up or the measured part.
    pub phase: &'static str,
    began: Instant,
    /// How long it takes; absent for one that comes in blocks.
    duration: Option<Duration>,
    errors: [u64; ErrorClass::ALL.len()],
    /// Seconds that its seconds last: less than one in a short block.
    second: f64,
    rate: u64,
    wanted: u64,
    /// Response times of the last seconds, as many as give enough answers.
    now: Histogram<u64>,
    /// 99th percentile by second, the last few.
    tails: VecDeque<u64>,
}

impl Pulse {
    /// A load that begins now.
    pub fn new(stack: String, phase: &'static str, duration: Option<Duration>) -> Self {
        Pulse {
            stack,
            phase,
            began: Instant::now(),
            duration,
            errors: [0; ErrorClass::ALL.len()],
            second: 1.0,
            rate: 0,
            wanted: 0,
            now: crate::engine::histogram(),
            tails: VecDeque::with_capacity(SPARK),
        }
    }

    /// The share of its time gone by; 0 of one in blocks.
    pub fn share(&self) -> f64 {
        self.duration
            .map_or(0.0, |duration| self.began.elapsed().as_secs_f64() / duration.as_secs_f64().max(1e-9))
    }

    /// A stretch of load begins, which may be shorter than a second.
    pub fn lasts(&mut self, stretch: Duration) {
        if !stretch.is_zero() {
            self.second = stretch.as_secs_f64().min(1.0);
        }
    }

    /// A second is over.
    pub fn add(&mut self, tally: &SecondTally, response: &Histogram<u64>) {
        for (sum, n) in self.errors.iter_mut().zip(tally.counts.errors) {
            *sum += n;
        }
        let a_second = |n: u64| (n as f64 / self.second).round() as u64;
        (self.rate, self.wanted) = (a_second(tally.counts.requests), a_second(tally.wanted));
        if self.now.len() >= ENOUGH {
            self.now.reset();
        }
        // Same bounds, self-resizing: adding cannot fail.
        let _ = self.now.add(response);
        if self.tails.len() == SPARK {
            self.tails.pop_front();
        }
        if !response.is_empty() {
            self.tails.push_back(response.value_at_quantile(0.99));
        }
    }

    /// The fullest line that fits; time and errors come first and are never left out.
    pub fn line(&self, room: usize) -> String {
        let errors: u64 = self.errors.iter().sum();
        let classes: Vec<String> = ErrorClass::ALL
            .iter()
            .zip(self.errors)
            .filter(|(_, n)| *n > 0)
            .map(|(class, n)| format!("{n} {}", class.name()))
            .collect();
        let classes = if errors > 0 { format!(" ({})", classes.join(", ")) } else { String::new() };
        let left = self.duration.map_or_else(String::new, |duration| {
            let seconds = duration.saturating_sub(self.began.elapsed()).as_secs_f64().ceil();
            format!("{seconds:.0} s left, ")
        });
        let head = format!("{left}{errors} errors");
        let rate = format!(", {} req/s ({} arrivals)", self.rate, self.wanted);
        let short = format!(", {}/s", self.rate);
        let at = |quantile| {
            let known = !self.now.is_empty();
            let ms = self.now.value_at_quantile(quantile) as f64 / 1e6;
            if known { quantity::latency(ms) } else { "–".to_owned() }
        };
        let (median, tail) = (format!(", p50 {}", at(0.5)), format!(", p99 {}", at(0.99)));
        let spark = if self.tails.len() > 1 { format!(" {}", spark(&self.tails)) } else { String::new() };
        let fullest = [
            format!("{head}{classes}{rate}{median}{tail}{spark}"),
            format!("{head}{classes}{rate}{median}{tail}"),
            format!("{head}{classes}{short}{median}{tail}"),
            format!("{head}{short}{median}{tail}"),
            format!("{head}{short}{tail}"),
        ];
        let fits = |text: &String| text.chars().count() <= room;
        let [.., shortest] = &fullest;
        fullest.iter().find(|text| fits(text)).unwrap_or(shortest).clone()
    }
}

/// Values as bars of eighths, the highest full.
fn spark(values: &VecDeque<u64>) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    values.iter().map(|value| BARS[((*value as f64 / most * 8.0).ceil() as usize).clamp(1, 8) - 1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{self, Counts, Spread};

    fn second(requests: u64, failed: u64, ms: u64) -> (SecondTally, Histogram<u64>) {
        let mut errors = [0; ErrorClass::ALL.len()];
        errors[ErrorClass::Status as usize] = failed;
        let counts = Counts { requests, errors, ..Counts::default() };
        let mut response = engine::histogram();
        response.record_n(ms * 1_000_000, requests - failed).unwrap();
        let spread = Spread::default();
        let tally =
            SecondTally { second: 0, wanted: requests, counts, response: spread, in_flight: 0, backlog: 0 };
        (tally, response)
    }

    fn pulse(seconds: &[(u64, u64, u64)]) -> Pulse {
        let mut pulse = Pulse::new("prod".into(), "measuring", Some(Duration::ZERO));
        for (requests, failed, ms) in seconds {
            let (tally, response) = second(*requests, *failed, *ms);
            pulse.add(&tally, &response);
        }
        pulse
    }

    #[test]
    fn a_load_reads_in_one_line() {
        assert_eq!(pulse(&[]).line(100), "0 s left, 0 errors, 0 req/s (0 arrivals), p50 –, p99 –");
        let line = pulse(&[(200, 0, 8), (200, 2, 2)]).line(120);
        let said = line.split(" ms ").last().unwrap();
        assert!(
            line.starts_with("0 s left, 2 errors (2 status), 200 req/s (200 arrivals), p50 2.0"),
            "{line}"
        );
        assert_eq!(said, "█▂", "eight, then two milliseconds: {line}");
    }

    #[test]
    fn what_matters_stays_where_room_is_short() {
        let pulse = pulse(&[(200, 0, 8), (200, 2, 2)]);
        for room in [120, 80, 70, 60, 10] {
            let line = pulse.line(room);
            assert!(line.starts_with("0 s left, 2 errors") && line.contains("p99 2.0"), "{room}: {line}");
            assert!(room < 60 || line.chars().count() <= room, "{room}: {line}");
        }
    }

    #[test]
    fn a_load_in_blocks_has_no_time_of_its_own() {
        let line = Pulse::new("prod".into(), "measuring", None).line(100);
        assert!(line.starts_with("0 errors, 0 req/s"), "{line}");
    }

    #[test]
    fn a_block_of_half_a_second_counts_double() {
        let mut pulse = pulse(&[]);
        pulse.lasts(Duration::from_millis(500));
        let (tally, response) = second(100, 0, 2);
        pulse.add(&tally, &response);
        assert!(pulse.line(120).contains(", 200 req/s (200 arrivals)"), "{}", pulse.line(120));
    }

    #[test]
    fn few_answers_are_gathered_over_seconds() {
        let pulse = pulse(&[(50, 0, 8), (50, 0, 2)]);
        assert_eq!(pulse.now.len(), 100);
    }
}
