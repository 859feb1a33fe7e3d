//! A series of loads on one stack: every probe of a search, every level of a sweep.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GeneratorRecord, RouteRecord};

/// A search for the highest rate that keeps an objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityRecord {
    /// What had to hold, as written.
    pub objective: Vec<String>,
    /// Lowest rate that could be tried. Unit: requests a second.
    pub from: f64,
    /// Highest rate that could be tried. Unit: requests a second.
    pub to: f64,
    /// How far the ends of the answer were allowed to be apart. Unit: share, 0 to 1.
    pub precision: f64,
    /// Probes that had to agree at each end. Unit: count.
    pub needed: u32,
    /// Highest rate that kept the objective, confirmed; absent when none did. Unit: requests a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// Lowest rate above it that did not keep it, confirmed; absent when none was found. Unit: requests a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
    /// How the search ended.
    pub ending: Ending,
    /// Every probe, in the order they were made.
    pub probes: Vec<ProbeRecord>,
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Both ends are confirmed and near each other.
    Found,
    /// The highest rate of the range keeps the objective.
    AboveRange,
    /// The lowest rate of the range does not keep it.
    BelowRange,
    /// The generator could not send faster: the capacity is that or more.
    GeneratorLimit,
    /// Probes that could not be judged stood in the way.
    Undecided,
    /// Probes contradicted each other until none was left.
    ProbesUsedUp,
    /// The time for the search was up.
    TimeUp,
    /// It was stopped, or the stack ended.
    Interrupted,
}

/// A sweep over numbers of users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SweepRecord {
    /// Every level, in the order they were tried.
    pub probes: Vec<ProbeRecord>,
}

/// What a probe is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// From rate to rate by the step.
    Ramp,
    /// Between a rate that held and one that did not.
    Bisection,
    /// A rate tried before, once more.
    Confirmation,
    /// A level of a sweep.
    Level,
}

impl Phase {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Ramp => "ramp",
            Phase::Bisection => "bisection",
            Phase::Confirmation => "confirmation",
            Phase::Level => "level",
        }
    }
}

/// What a probe says of its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeVerdict {
    /// The objective held.
    Pass,
    /// It did not.
    Fail,
    /// Too few answers to say.
    Undecided,
    /// The generator was the limit, so nothing is said of the stack.
    GeneratorLimit,
    /// Nothing was asked: a level of a sweep.
    Measured,
}

impl ProbeVerdict {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            ProbeVerdict::Pass => "holds",
            ProbeVerdict::Fail => "fails",
            ProbeVerdict::Undecided => "undecided",
            ProbeVerdict::GeneratorLimit => "generator limit",
            ProbeVerdict::Measured => "measured",
        }
    }
}

/// One load of a series, all routes together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeRecord {
    /// What was wanted; a flow counts as one. Unit: requests a second (search) or users (sweep).
    pub level: f64,
    /// What it was for.
    pub phase: Phase,
    /// Measured time. Unit: seconds.
    pub wall_s: f64,
    /// Requests that ended. Unit: count.
    pub requests: u64,
    /// Of those, failed; the generator's own failures left out. Unit: count.
    pub errors: u64,
    /// Good answers over the measured time. Unit: requests a second.
    pub reached_rps: f64,
    /// Median response time; absent when it could not be estimated, as all the others. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// 90th percentile. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90_ms: Option<f64>,
    /// 95th percentile. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<f64>,
    /// 99th percentile. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// 99.9th percentile. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p999_ms: Option<f64>,
    /// Mean response time. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_ms: Option<f64>,
    /// Largest response time. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<f64>,
    /// Arrivals that waited for a connection. Unit: count.
    pub queued: u64,
    /// Arrivals never sent. Unit: count.
    pub unsent: u64,
    /// What it says of its rate.
    pub verdict: ProbeVerdict,
    /// Why, in words.
    pub reason: String,
}

impl ProbeRecord {
    /// The figures of one load, not judged yet.
    pub fn of(
        level: f64,
        phase: Phase,
        wall_s: f64,
        total: &RouteRecord,
        generator: &GeneratorRecord,
    ) -> Self {
        let response = &total.response;
        ProbeRecord {
            level,
            phase,
            wall_s,
            requests: total.requests,
            errors: total.error_count(),
            reached_rps: if wall_s > 0.0 { response.count as f64 / wall_s } else { 0.0 },
            p50_ms: response.p50_ms,
            p90_ms: response.p90_ms,
            p95_ms: response.p95_ms,
            p99_ms: response.p99_ms,
            p999_ms: response.p999_ms,
            mean_ms: response.mean_ms,
            max_ms: response.max_ms,
            queued: generator.queued,
            unsent: generator.unsent,
            verdict: ProbeVerdict::Measured,
            reason: String::new(),
        }
    }

    /// Share of requests that failed, 0 to 1; `None` without requests.
    pub fn error_rate(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.errors as f64 / self.requests as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;
    use crate::report::fixture;

    #[test]
    fn records_with_and_without_a_series_are_read() {
        let again = |record: &Record| -> Record {
            serde_json::from_str(&serde_json::to_string(record).unwrap()).unwrap()
        };
        let found = again(&fixture::searched()).stacks[1].capacity.clone().unwrap();
        assert_eq!((found.lower, found.upper, found.ending), (Some(490.0), Some(512.0), Ending::Found));
        let levels = |record: &Record| -> Vec<(f64, ProbeVerdict)> {
            let sweep = record.stacks[1].sweep.as_ref().unwrap();
            sweep.probes.iter().map(|probe| (probe.level, probe.verdict)).collect()
        };
        let swept = fixture::swept();
        assert_eq!(levels(&again(&swept)), levels(&swept));
        // What older programs wrote, and what they can read: no word of a series where there was none.
        let text = serde_json::to_string(&fixture::two_stacks()).unwrap();
        assert!(!text.contains("\"capacity\"") && !text.contains("\"sweep\""));
        assert!(serde_json::from_str::<Record>(&text).unwrap().stacks[0].capacity.is_none());
    }
}
