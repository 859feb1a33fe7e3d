//! Numbers that no run can have measured. A file that holds one was changed since, or is damaged.

use serde::Serialize;
use serde_json::{Map, Value};

use super::LatencyRecord;
use crate::wire::is_odd;

/// Above it counts are not exact, and their sums may not fit.
const MOST: f64 = 9_007_199_254_740_992.0;
/// Longest key that is shown, in characters.
const KEY: usize = 40;

/// Where a record or summary holds such a number, and why it is one: `stacks[1].total.response.p99_ms is -3.0, and nothing
/// measured is below zero`.
pub(super) fn impossible(file: &impl Serialize) -> Option<String> {
    let (place, why) = find(&serde_json::to_value(file).ok()?)?;
    Some(format!("{} {why}", place.trim_start_matches('.')))
}

fn find(value: &Value) -> Option<(String, String)> {
    match value {
        Value::Number(number) => {
            let of = number.as_f64()?;
            let why = if of < 0.0 {
                "nothing measured is below zero"
            } else if of > MOST {
                "nothing measured is so much"
            } else {
                return None;
            };
            Some((String::new(), format!("is {number}, and {why}")))
        }
        Value::Array(items) => items.iter().enumerate().find_map(|(at, item)| {
            let (below, why) = find(item)?;
            Some((format!("[{at}]{below}"), why))
        }),
        Value::Object(fields) => fields
            .iter()
            .find_map(|(key, item)| {
                let (below, why) = find(item)?;
                let key: String = key.chars().filter(|c| !is_odd(*c)).take(KEY).collect();
                Some((format!(".{key}{below}"), why))
            })
            .or_else(|| more_errors_than_requests(fields))
            .or_else(|| damaged_histogram(fields)),
        _ => None,
    }
}

/// Errors, by class or in one number, are requests that failed.
fn more_errors_than_requests(fields: &Map<String, Value>) -> Option<(String, String)> {
    let requests = fields.get("requests")?.as_u64()?;
    let errors: u128 = match fields.get("errors")? {
        Value::Object(classes) => classes.values().filter_map(Value::as_u64).map(u128::from).sum(),
        number => number.as_u64()?.into(),
    };
    (errors > requests.into())
        .then(|| (".errors".to_owned(), format!("are {errors}, of {requests} requests")))
}

/// A histogram beside the numbers that were read off it.
fn damaged_histogram(fields: &Map<String, Value>) -> Option<(String, String)> {
    let histogram = fields.get("histogram")?.as_str()?.to_owned();
    let count = fields.get("count")?.as_u64()?;
    let latency = LatencyRecord { count, histogram, ..LatencyRecord::default() };
    (!latency.histogram.is_empty() && latency.decode().is_none()).then(|| {
        (".histogram".to_owned(), "is damaged, or does not hold the samples of its `count`".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn what_a_run_writes_can_be() {
        for record in [
            fixture::two_stacks(),
            fixture::duet(),
            fixture::searched(),
            fixture::swept(),
            fixture::failed_stack(),
            fixture::hostile(),
        ] {
            assert_eq!(impossible(&record), None, "{}", record.title);
            let summary = crate::report::summary::summary(&crate::report::Document::of(&record));
            assert_eq!(impossible(&summary), None);
        }
    }

    #[test]
    fn what_cannot_be_is_named_with_its_place() {
        let mut record = fixture::duet();
        record.stacks[1].total.response.p99_ms = Some(-3.0);
        let said = impossible(&record).unwrap();
        assert_eq!(said, "stacks[1].total.response.p99_ms is -3.0, and nothing measured is below zero");
        let mut record = fixture::duet();
        record.stacks[0].blocks[3].total.requests = u64::MAX;
        let said = impossible(&record).unwrap();
        assert!(said.starts_with("stacks[0].blocks[3].total.requests is 18446744073709551615"), "{said}");
        let mut record = fixture::duet();
        record.stacks[0].routes[0].errors = [("\u{1b}a".into(), 600), ("b".into(), 400)].into();
        let said = impossible(&record).unwrap();
        assert_eq!(said, "stacks[0].routes[0].errors are 1000, of 900 requests");
        let mut record = fixture::duet();
        record.stacks[1].blocks[2].total.response.count += 1;
        let said = impossible(&record).unwrap();
        assert_eq!(
            said,
            "stacks[1].blocks[2].total.response.histogram is damaged, or does not hold the samples of its `count`"
        );
    }
}
